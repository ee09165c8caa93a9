using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Which answer belongs to which question: transactionID, nonces, old answers, other certificates.</summary>
public class MatchingTests
{
    private static Reply WithId(ReadOnlyMemory<byte>? id) => new() { Header = header => header with { TransactionId = id } };

    private static Reply WithNonce(ReadOnlyMemory<byte>? nonce) => new() { Header = header => header with { RecipNonce = nonce } };

    [Fact]
    public void Rule25_Another_transactionID_is_a_mismatch()
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.TransactionId", scene.Fails(scene.Good(), WithId(new byte[16])).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule25_A_missing_transactionID_is_a_mismatch()
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.TransactionId", scene.Fails(scene.Good(), WithId(null)).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule25_An_error_of_another_transaction_is_not_the_answer_but_its_words_are_told()
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Peer.Error(FailInfo.BadRequest, "not you"), WithId(null)));
        Assert.Equal("CmpTransaction.TransactionId", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transaction, error.Kind);
        Assert.Equal("The server answered ir by error with status rejection (badRequest): \"not you\". The answer belongs to another transaction.", error.Message);
        Assert.Equal(FailInfo.BadRequest, error.FailInfo);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule26_The_nonce_of_another_message_is_a_mismatch()
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(scene.Good(), WithNonce(new byte[16])).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule26_A_missing_nonce_is_a_mismatch()
    {
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(scene.Good(), WithNonce(null)).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule26_An_error_with_another_nonce_is_not_the_answer_but_its_words_are_told()
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Peer.Error(FailInfo.BadAlg), WithNonce(new byte[16])));
        Assert.Equal("CmpTransaction.RecipNonce", error.ErrorId);
        Assert.True(error.IsAuthenticated);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule26_The_final_answer_to_polling_may_repeat_the_nonce_of_the_delayed_request(bool byError)
    {
        Scene scene = new Scene().ToPolling(byError);
        ReadOnlyMemory<byte> delayed = scene.AllSent[0].Header.SenderNonce!.Value;
        Assert.IsType<TransactionStep.Wait>(scene.Answer(Scene.PollRep(1, byError ? -1 : 0)));
        scene.Resume();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(scene.Good(), WithNonce(delayed)));
    }

    [Fact]
    public void Rule26_The_delayed_pkiConf_may_repeat_the_nonce_of_certConf()
    {
        Scene scene = new Scene().ToCertConf();
        ReadOnlyMemory<byte> delayed = scene.Sent.Header.SenderNonce!.Value;
        scene.Answer(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)));
        Assert.Equal(PkiBodyType.PollReq, scene.Sent.Body.Type);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent(), WithNonce(delayed)));
        Assert.True(scene.Transaction.Confirmed);
    }

    [Fact]
    public void Rule26_A_pollRep_or_another_waiting_may_not_repeat_it()
    {
        Scene scene = new Scene().ToPolling();
        ReadOnlyMemory<byte> delayed = scene.AllSent[0].Header.SenderNonce!.Value;
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(Scene.PollRep(1), WithNonce(delayed)).ErrorId);
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting), WithNonce(delayed)).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule26_The_nonce_of_a_request_that_was_answered_is_good_no_more()
    {
        Scene scene = new Scene().ToPolling();
        ReadOnlyMemory<byte> delayed = scene.AllSent[0].Header.SenderNonce!.Value;
        scene.Answer(scene.Good());
        scene.Accept();
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(new PkiConfirmContent(), WithNonce(delayed)).ErrorId);
    }

    [Fact]
    public void Rule75_An_answer_to_another_transaction_changes_nothing()
    {
        Scene other = new Scene().Start();
        Scene scene = new Scene().Start();
        Assert.Equal("CmpTransaction.TransactionId", scene.Fails(other.Octets(other.Good())).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule75_A_signed_answer_of_another_signer_to_another_transaction_does_not_bind_this_one()
    {
        MadeCertificate second = Peer.Shared.Issuing.Issue("CN=Second Server", Shape.Server);
        Scene other = new Scene { Kind = ProtectionKind.Signature }.Start();
        Scene scene = new Scene { Kind = ProtectionKind.Signature }.Start();
        scene.Fails(other.Octets(other.Good(), new Reply { Protector = Peer.Signature(second), ExtraCerts = [second.Certificate, Peer.Shared.Issuing.Certificate], Header = From(second) }));
        Assert.Null(scene.Transaction.KnownSigner);
        scene.StillTakesTheGoodAnswer();
        Assert.Equal(Peer.Shared.Signer.Certificate.Thumbprint, scene.Transaction.KnownSigner!.Certificate.Thumbprint);
    }

    [Fact]
    public void Rule75_A_replayed_answer_changes_nothing()
    {
        Scene scene = new Scene().Start();
        ReadOnlyMemory<byte> waiting = scene.Octets(Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting));
        scene.Receive(waiting);
        Assert.Equal(PkiBodyType.PollReq, scene.Sent.Body.Type);
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(waiting).ErrorId);
        ReadOnlyMemory<byte> pollRep = scene.Octets(Scene.PollRep(7));
        Assert.IsType<TransactionStep.Wait>(scene.Receive(pollRep));
        scene.Resume();
        Assert.Equal("CmpTransaction.RecipNonce", scene.Fails(pollRep).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule75_Swapped_caPubs_break_the_protection(ProtectionKind kind)
    {
        MadeCertificate evil = MadeCertificate.Root("CN=Evil Root");
        Scene scene = new Scene { Kind = kind }.Start();
        CertRepMessage good = scene.Good() with { CaPubs = [Peer.Shared.Root.Certificate] };
        CmpException error = scene.Fails(good, new Reply { Message = message => message with { Body = good with { CaPubs = [evil.Certificate] } } });
        Assert.Equal("CmpProtection.Invalid", error.ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule75_Swapped_extraCerts_change_neither_what_is_issued_nor_who_is_believed(ProtectionKind kind)
    {
        MadeCertificate evil = MadeCertificate.Root("CN=Evil Root");
        MadeCertificate impostor = evil.Issue("CN=Test Server", Shape.Server);
        // the client knows the true ones; in extraCerts there are only those of the attacker
        Scene scene = new Scene { Kind = kind, Trust = trust => trust with { Untrusted = [Peer.Shared.Signer.Certificate, Peer.Shared.Issuing.Certificate] } }.Start();
        CertRepMessage good = scene.Good();
        Assert.IsType<TransactionStep.Decide>(scene.Answer(good, new Reply { ExtraCerts = [impostor.Certificate, evil.Certificate] }));
        Assert.Equal(good.Responses[0].CertifiedKeyPair!.Certificate!.Thumbprint, scene.Transaction.Issued!.Certificate.Thumbprint);
        Assert.Equal(kind == ProtectionKind.Signature ? Peer.Shared.Signer.Certificate.Thumbprint : null, scene.Transaction.KnownSigner?.Certificate.Thumbprint);
    }

    [Fact]
    public void Rule75_Swapped_extraCerts_without_the_signer_only_hide_it()
    {
        Scene scene = new Scene { Kind = ProtectionKind.Signature }.Start();
        MadeCertificate impostor = MadeCertificate.Root("CN=Evil Root").Issue("CN=Test Server", Shape.Server);
        Assert.Equal("CmpProtection.NoSigner", scene.Fails(scene.Good(), new Reply { ExtraCerts = [impostor.Certificate] }).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    private static Func<PkiHeader, PkiHeader> From(MadeCertificate signer) =>
        header => header with { Sender = GeneralName.FromName(signer.Certificate.Subject) };
}
