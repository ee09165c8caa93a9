using System;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Versions: asking again in a higher one (RFC 9810 7, rule 77), and RFC 2510's protocol where it is asked for.</summary>
public class VersionTests
{
    private static readonly Reply In3 = new() { Header = header => header with { Pvno = 3 } };
    private static readonly Reply In1 = new() { Header = header => header with { Pvno = 1, RecipKid = header.SenderKid, SenderKid = null } };

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule77_The_request_is_made_again_in_the_version_that_an_authentic_refusal_names(ProtectionKind kind)
    {
        Scene scene = new Scene { Kind = kind }.Start();
        PkiMessage first = scene.Sent;
        TransactionStep.Send again = Assert.IsType<TransactionStep.Send>(scene.Answer(Peer.Error(FailInfo.UnsupportedVersion), In3));
        Assert.True(again.First);
        Assert.Equal([2, 3], scene.AllSent.Select(message => message.Header.Pvno));
        Assert.Equal(Hex.Of(first.Body.Encoded.Span), Hex.Of(scene.Sent.Body.Encoded.Span));
        Assert.NotNull(scene.Sent.Header.FindInfo(Oids.ImplicitConfirm));
        Assert.Null(scene.Sent.Header.RecipNonce);
        Assert.False(first.Header.SenderNonce!.Value.Span.SequenceEqual(scene.Sent.Header.SenderNonce!.Value.Span));

        // what follows stays in that version
        scene.ToDecision(reply: In3);
        scene.Accept();
        Assert.Equal(3, scene.Sent.Header.Pvno);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent(), In3));
    }

    [Fact]
    public void Rule77_Whom_nobody_vouches_for_negotiates_nothing_even_where_his_errors_count()
    {
        foreach (bool counts in new[] { false, true })
        {
            Scene scene = new Scene { Trust = trust => trust with { AllowUnprotectedErrors = counts } }.Start();
            CmpException error = scene.Fails(Peer.Error(FailInfo.UnsupportedVersion), Reply.Unprotected with { Header = header => header with { Pvno = 3 } });
            Assert.Equal(counts ? "CmpServer.unsupportedVersion" : "CmpProtection.UnauthenticatedAnswer", error.ErrorId);
            Assert.Single(scene.AllSent);
        }
    }

    [Fact]
    public void Rule77_It_is_asked_again_once()
    {
        Scene scene = new Scene().Start();
        scene.Answer(Peer.Error(FailInfo.UnsupportedVersion), In3);
        Assert.Equal("CmpServer.unsupportedVersion", scene.Fails(Peer.Error(FailInfo.UnsupportedVersion), In3).ErrorId);
        Assert.Equal(2, scene.AllSent.Count);
    }

    [Theory]
    [InlineData(2, 3)] // the user has fixed a version
    [InlineData(3, 2)] // what needed version 3 is not said in 2
    [InlineData(null, 4)] // nobody speaks it
    [InlineData(null, 2)] // it was spoken
    [InlineData(null, 1)] // RFC 9810 7.1.1: the transaction is aborted
    public void Rule77_Nothing_else_is_an_invitation(int? fixedVersion, int pvno)
    {
        Scene scene = new Scene { Settings = settings => settings with { Pvno = fixedVersion } }.Start();
        CmpException error = scene.Fails(Peer.Error(FailInfo.UnsupportedVersion), new Reply { Header = header => header with { Pvno = pvno } });
        Assert.Equal("CmpServer.unsupportedVersion", error.ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule77_A_confirmation_is_not_said_again_in_another_version()
    {
        Scene scene = new Scene().ToCertConf();
        Assert.Equal("CmpServer.unsupportedVersion", Assert.IsType<TransactionStep.Failed>(scene.Answer(Peer.Error(FailInfo.UnsupportedVersion), In3)).Error.ErrorId);
        Assert.True(scene.Transaction.IsInDoubt);
    }

    [Fact]
    public void A_negotiated_version_outlives_the_process()
    {
        Scene scene = new Scene().Start();
        scene.Answer(Peer.Error(FailInfo.UnsupportedVersion), In3);
        TransactionState state = scene.Transaction.Capture();
        var resumed = new EnrollmentTransaction(new TransactionSettings { Protector = Peer.Mac(), Credential = Peer.Secret(), Trust = new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] } }, state);
        var again = Assert.IsType<TransactionStep.Send>(resumed.Continue(Peer.Now));
        Assert.Equal(3, PkiMessage.Decode(again.Octets).Header.Pvno);
        var decide = resumed.Receive(Peer.Shared.Answer(PkiMessage.Decode(again.Octets), Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(scene.Key.PublicKey)), In3), Peer.Now);
        Assert.IsType<TransactionStep.Decide>(decide);
        Assert.Equal(3, PkiMessage.Decode(Assert.IsType<TransactionStep.Send>(resumed.Decide(null, Peer.Now)).Octets).Header.Pvno);
    }

    [Fact]
    public void Rule7_An_answer_of_cmp1999_that_is_not_gone_on_with_is_ended_in_cmp1999()
    {
        Scene scene = new Scene { Settings = settings => settings with { NotifyErrors = true } }.Start();
        var failed = Assert.IsType<TransactionStep.Failed>(scene.Answer(scene.Good(), In1));
        Assert.Equal("CmpTransaction.Version", failed.Error.ErrorId);
        PkiMessage notice = PkiMessage.Decode(failed.Notice!.Octets);
        Assert.Equal((1, PkiBodyType.Error), (notice.Header.Pvno, notice.Body.Type));
    }

    [Fact]
    public void Rule7_Version_3_is_spoken_where_the_request_needs_its_syntax_and_stays()
    {
        using PrivateKey key = MadeCertificate.NewKey();
        var asked = new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=a"), PublicKey = key.PublicKey }, []);
        PkiBody body = new CertReqMessages(PkiBodyType.Ir, [new CertReqMsg(asked, PopoPrivKey.OfAgreeMac(new PkMacValue(new AlgorithmIdentifier("1.3.6.1.5.5.7.6.3"), new byte[20])), [])]);
        TransactionSettings Settings(int? pvno) => new() { Protector = Peer.Mac(), Credential = Peer.Secret(), Trust = new TrustSettings(), Pvno = pvno };

        var transaction = new EnrollmentTransaction(Settings(null), body);
        PkiMessage first = Sent(transaction.Start(Peer.Now));
        Assert.Equal(3, first.Header.Pvno);
        PkiMessage poll = Sent(transaction.Receive(Peer.Shared.Answer(first, Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting), In3), Peer.Now));
        Assert.Equal((PkiBodyType.PollReq, 3), (poll.Body.Type, poll.Header.Pvno));
        Assert.Equal(3, Sent(new EnrollmentTransaction(Settings(2), body).Start(Peer.Now)).Header.Pvno);
        Assert.Equal("CmpArgument.ProtocolVersion", Assert.Throws<CmpException>(() => new EnrollmentTransaction(Settings(1), body).Start(Peer.Now)).ErrorId);

        static PkiMessage Sent(TransactionStep step) => PkiMessage.Decode(Assert.IsType<TransactionStep.Send>(step).Octets);
    }

    // cmp1999

    [Fact]
    public void Rule7_A_conf_stands_for_certConf_and_nothing_answers_it()
    {
        Scene scene = Cmp1999().Start();
        Assert.Empty(scene.Sent.Header.GeneralInfo);
        scene.ToDecision(reply: In1);
        var conf = Assert.IsType<TransactionStep.Send>(scene.Accept());
        Assert.True(conf.Last);
        Assert.IsType<PkiConfirmContent>(scene.Sent.Body);
        Assert.All(scene.AllSent, message => Assert.Equal(1, message.Header.Pvno));
        Assert.IsType<TransactionStep.Done>(scene.Transaction.Unanswered(null, scene.Now));
        Assert.True(scene.Transaction.Confirmed);
        Assert.Empty(scene.Transaction.Warnings);
    }

    [Fact]
    public void Rule44_A_conf_that_did_not_arrive_is_worth_a_warning()
    {
        Scene scene = Cmp1999().Start().ToDecision(reply: In1);
        scene.Accept();
        Assert.IsType<TransactionStep.Done>(scene.Transaction.Unanswered(new CmpException(CmpErrorKind.Transport, "CmpTransport.Reset", "broken"), scene.Now));
        Assert.False(scene.Transaction.Confirmed);
        Assert.Single(scene.Transaction.Warnings);
    }

    [Fact]
    public void A_certificate_is_refused_by_an_error_message_in_cmp1999()
    {
        Scene scene = Cmp1999().Start().ToDecision(reply: In1);
        scene.Refuse();
        var error = Assert.IsType<ErrorMsgContent>(scene.Sent.Body);
        Assert.Equal((PkiStatus.Rejection, FailInfo.IncorrectData), (error.Status.Status, error.Status.FailInfo));
        Assert.Equal("CmpTransaction.Refused", Assert.IsType<TransactionStep.Failed>(scene.Transaction.Unanswered(null, scene.Now)).Error.ErrorId);
        Assert.False(scene.Transaction.Confirmed);
    }

    [Fact]
    public void A_signature_that_names_no_hash_is_confirmed_without_one()
    {
        Scene scene = Cmp1999().Start().ToDecision(Shape.Leaf with { ClaimedAlgorithm = new AlgorithmIdentifier("2.16.840.1.101.3.4.3.17") }, In1);
        scene.Accept();
        Assert.IsType<PkiConfirmContent>(scene.Sent.Body);
        Assert.Equal(1, scene.Sent.Header.Pvno);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void There_is_no_polling_in_cmp1999(bool byError)
    {
        Scene scene = Cmp1999().Start();
        CmpException error = scene.Fails(byError ? new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)) : Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting), In1);
        Assert.Equal("CmpTransaction.Waiting", error.ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Implicit_confirmation_is_unknown_to_cmp1999_whatever_the_answer_says()
    {
        Scene scene = Cmp1999().Start();
        scene.ToDecision(reply: new Reply { Header = header => In1.Header(header) with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] } });
        scene.Accept();
        Assert.IsType<PkiConfirmContent>(scene.Sent.Body);
    }

    [Fact]
    public void Answers_of_later_versions_are_taken_all_the_same()
    {
        Scene scene = Cmp1999().Start().ToDecision();
        scene.Accept();
        Assert.Equal(1, scene.Sent.Header.Pvno);
    }

    [Theory]
    [InlineData(FailInfo.BadPOP | FailInfo.SystemFailure, "CmpServer.badPOP")]
    [InlineData(FailInfo.SystemFailure, "CmpServer.rejection")]
    public void Of_failInfo_cmp1999_has_the_bits_0_to_9(FailInfo sent, string errorId)
    {
        Scene scene = Cmp1999().Start();
        var error = Assert.IsType<CmpServerException>(scene.Fails(Peer.Error(sent) with { ErrorCode = -7 }, In1));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Equal(-7, error.ErrorCode);
        Assert.Equal(sent, error.FailInfo);
        // of what stands above them nothing is made
        Assert.DoesNotContain("Try again", error.RecommendedAction ?? string.Empty);
    }

    [Fact]
    public void Under_a_MAC_nobody_need_be_named()
    {
        Scene scene = Cmp1999(settings => settings with { NamesNobody = true }).Start();
        Assert.True(scene.Sent.Header.Sender.IsNullDn);
        Assert.True(scene.Sent.Header.Recipient.IsNullDn);
        Assert.Equal(Peer.Reference, System.Text.Encoding.UTF8.GetString(scene.Sent.Header.SenderKid!.Value.ToArray()));
        scene.ToDecision(reply: new Reply { Header = header => In1.Header(header) with { Sender = GeneralName.NullDn, Recipient = GeneralName.NullDn } });

        Scene named = Cmp1999(settings => settings with { NamesNobody = true, Recipient = Name.Parse("CN=CA") }).Start();
        Assert.Equal("CN=CA", named.Sent.Header.Recipient.DirectoryName!.ToString());
        Scene signed = new Scene { Kind = ProtectionKind.Signature, Settings = settings => settings with { NamesNobody = true } }.Start();
        Assert.False(signed.Sent.Header.Sender.IsNullDn);
    }

    private static Scene Cmp1999(Func<TransactionSettings, TransactionSettings>? more = null) => new() { Settings = settings => (more ?? (same => same))(settings with { Pvno = 1 }) };
}
