using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>Answers whose protection is missing or wrong.</summary>
public class UnauthenticatedAnswerTests
{
    private static readonly Reply WrongSecret = new() { Protector = Peer.Mac("another secret") };

    private static TrustSettings Allowed(TrustSettings trust) => trust with { AllowUnprotectedErrors = true };

    public static TheoryData<string> Negative() => ["error", "rejection"];

    private static PkiBody Body(string kind, Scene scene) => kind switch
    {
        "error" => new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadMessageCheck, "wrong MAC"), 7, new PkiFreeText(["ask the operator"])),
        "rejection" => Peer.Response(scene.ResponseType, null, info: PkiStatusInfo.Rejection(FailInfo.BadMessageCheck, "wrong MAC")),
        _ => new PkiConfirmContent(),
    };

    [Theory]
    [MemberData(nameof(Negative))]
    public void Rule33_An_unprotected_refusal_is_an_unauthenticated_answer_with_the_servers_words(string kind)
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Body(kind, scene), Reply.Unprotected));
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Equal(CmpErrorKind.Protection, error.Kind);
        Assert.False(error.IsAuthenticated);
        Assert.Equal(PkiStatus.Rejection, error.Status);
        Assert.Equal(FailInfo.BadMessageCheck, error.FailInfo);
        Assert.Equal(["wrong MAC"], error.StatusText);
        Assert.Null(error.InnerException);
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule33_What_the_server_said_and_why_nobody_vouches_for_it_are_told()
    {
        Scene scene = new Scene().Start();
        Assert.Equal(
            "The server answered ir by error with status rejection (badMessageCheck) and errorCode 7: \"wrong MAC; ask the operator\". Nobody vouches for this answer. It is not protected.",
            scene.Fails(Body("error", scene), Reply.Unprotected).Message);
        Assert.Equal(
            "The server answered ir by ip with status rejection (badMessageCheck): \"wrong MAC\". Nobody vouches for this answer. The MAC of the message is wrong: the server has another secret, or the message was changed on its way.",
            scene.Fails(Body("rejection", scene), WrongSecret).Message);
    }

    [Theory]
    [MemberData(nameof(Negative))]
    public void Rule33_A_badly_protected_refusal_says_what_is_wrong_with_it(string kind)
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Body(kind, scene), WrongSecret));
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.False(error.IsAuthenticated);
        Assert.Equal("CmpProtection.Invalid", Assert.IsType<CmpException>(error.InnerException).ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [MemberData(nameof(Negative))]
    public void Rule33_A_refusal_signed_by_who_is_not_trusted_is_unauthenticated(string kind)
    {
        MadeCertificate stranger = MadeCertificate.Root("CN=Test Server", Shape.Server);
        Scene scene = new Scene { Kind = ProtectionKind.Signature }.Start();
        CmpException error = scene.Fails(Body(kind, scene), new Reply { Protector = Peer.Signature(stranger), ExtraCerts = [stranger.Certificate] });
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.Equal("CmpTrust.NoPath", Assert.IsType<CmpException>(error.InnerException).ErrorId);
        Assert.Null(scene.Transaction.KnownSigner);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [MemberData(nameof(Negative))]
    public void Rule33_Where_the_user_allows_it_it_is_the_servers_answer(string kind)
    {
        foreach (Reply reply in new[] { Reply.Unprotected, WrongSecret })
        {
            Scene scene = new Scene { Trust = Allowed }.Start();
            CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Body(kind, scene), reply));
            Assert.Equal("CmpServer.badMessageCheck", error.ErrorId);
            Assert.Equal(CmpErrorKind.Server, error.Kind);
            Assert.False(error.IsAuthenticated);
            Assert.EndsWith("The answer is not authenticated.", error.Message);
            Assert.DoesNotContain("-AllowUnprotectedErrors", error.RecommendedAction);
        }
    }

    [Theory]
    [MemberData(nameof(Negative))]
    public void Rule33_An_authentic_refusal_is_the_servers_answer(string kind)
    {
        Scene scene = new Scene().Start();
        CmpServerException error = Assert.IsType<CmpServerException>(scene.Fails(Body(kind, scene)));
        Assert.Equal("CmpServer.badMessageCheck", error.ErrorId);
        Assert.True(error.IsAuthenticated);
        Assert.DoesNotContain("vouches", error.Message);
    }

    [Fact]
    public void Rule33_Even_where_allowed_it_must_belong_to_the_transaction()
    {
        Scene scene = new Scene { Trust = Allowed }.Start();
        CmpException error = scene.Fails(Peer.Error(), Reply.Unprotected with { Header = header => header with { TransactionId = new byte[16] } });
        Assert.Equal("CmpTransaction.TransactionId", error.ErrorId);
        error = scene.Fails(Peer.Error(), Reply.Unprotected with { Header = header => header with { RecipNonce = null } });
        Assert.Equal("CmpTransaction.RecipNonce", error.ErrorId);
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule33_A_pkiConf_without_protection_completes_nothing(bool badMac)
    {
        Scene scene = new Scene().ToCertConf();
        CmpException error = scene.Fails(new PkiConfirmContent(), badMac ? WrongSecret : Reply.Unprotected);
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", error.ErrorId);
        Assert.StartsWith("The server answered certConf by pkiconf. Nobody vouches for this answer.", error.Message);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.True(scene.Transaction.Confirmed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule33_Where_allowed_it_ends_the_transaction_but_confirms_nothing(bool badMac)
    {
        Scene scene = new Scene { Trust = Allowed }.ToCertConf();
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent(), badMac ? WrongSecret : Reply.Unprotected));
        Assert.False(scene.Transaction.Confirmed);
        Assert.Contains(scene.Transaction.Warnings, warning => warning.Contains("pkiConf is not protected"));
    }

    public static TheoryData<string> Positive() => ["ip", "waiting", "errorWaiting", "pollRep"];

    [Theory]
    [MemberData(nameof(Positive))]
    public void Rule33_A_positive_answer_without_protection_never_counts(string kind)
    {
        foreach (Reply reply in new[] { Reply.Unprotected, WrongSecret })
        {
            Scene scene = new Scene { Trust = Allowed };
            scene = kind == "pollRep" ? scene.ToPolling() : scene.Start();
            PkiBody body = kind switch
            {
                "ip" => scene.Good(),
                "waiting" => Peer.Response(PkiBodyType.Ip, null, PkiStatus.Waiting),
                "errorWaiting" => new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)),
                _ => Scene.PollRep(1),
            };
            CmpException error = scene.Fails(body, reply);
            Assert.Equal(reply == WrongSecret ? "CmpProtection.Invalid" : "CmpProtection.Missing", error.ErrorId);
            scene.StillTakesTheGoodAnswer();
        }
    }

    [Fact]
    public void Rule33_A_rejection_among_grants_is_no_rejection()
    {
        Scene scene = new Scene { Trust = Allowed }.Start();
        var mixed = new CertRepMessage(PkiBodyType.Ip, [scene.Good().Responses[0], new CertResponse(1, PkiStatusInfo.Rejection(FailInfo.BadAlg))]);
        Assert.Equal("CmpProtection.Missing", scene.Fails(mixed, Reply.Unprotected).ErrorId);
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule34_No_octet_of_a_response_can_be_changed(ProtectionKind kind)
    {
        Scene scene = new Scene { Kind = kind }.Start();
        AllChanged(scene, scene.Octets(scene.Good()), error => Assert.DoesNotContain("CmpServer", error.ErrorId));
        scene.StillTakesTheGoodAnswer();
    }

    [Theory]
    [InlineData(ProtectionKind.PasswordBasedMac)]
    [InlineData(ProtectionKind.Signature)]
    public void Rule34_No_octet_of_an_error_can_be_changed(ProtectionKind kind)
    {
        Scene scene = new Scene { Kind = kind }.Start();
        AllChanged(scene, scene.Octets(Peer.Error(FailInfo.BadAlg, "no")), error => Assert.False((error as CmpServerException)?.IsAuthenticated ?? false));
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule34_No_octet_of_a_pollRep_can_be_changed()
    {
        Scene scene = new Scene().ToPolling();
        AllChanged(scene, scene.Octets(Scene.PollRep(5, reason: "soon")), _ => { });
        scene.StillTakesTheGoodAnswer();
    }

    [Fact]
    public void Rule34_No_octet_of_a_pkiConf_can_be_changed_to_confirm()
    {
        ReadOnlyMemory<byte> Good(Scene scene) => scene.Octets(new PkiConfirmContent());
        int length = Good(new Scene().ToCertConf()).Length;
        for (int i = 0; i < length; i++)
        {
            // what is no message any more is no pkiConf: the certificate is there, and not confirmed (rule 44)
            Scene scene = new Scene().ToCertConf();
            TransactionStep step = scene.Receive(Changed(Good(scene), i, 1));
            Assert.True(step is TransactionStep.Failed or TransactionStep.Done);
            Assert.False(scene.Transaction.Confirmed);
        }
    }

    [Fact]
    public void Rule34_What_failed_left_neither_signer_nor_certificates_nor_kind()
    {
        MadeCertificate stranger = MadeCertificate.Root("CN=Test Server", Shape.Server);
        var verifier = new AnswerVerifier(new TrustSettings { Anchors = [Peer.Shared.Root.Certificate] }, Peer.Secret(), ProtectionKind.PasswordBasedMac);
        Scene scene = new Scene().Start();
        PkiMessage bad = PkiMessage.Decode(scene.Octets(scene.Good(), new Reply { Protector = Peer.Signature(stranger), ExtraCerts = [stranger.Certificate] }));
        Assert.Throws<CmpException>(() => verifier.Verify(bad, [], Peer.Now));
        Assert.Empty(verifier.SeenCertificates);
        Assert.Null(verifier.KnownSigner);
        PkiMessage good = PkiMessage.Decode(scene.Octets(scene.Good(), new Reply { ExtraCerts = [Peer.Shared.Issuing.Certificate] }));
        verifier.Accept(good, verifier.Verify(good, [], Peer.Now));
        Assert.Single(verifier.SeenCertificates);
    }

    /// <summary>Each octet of header, body and protection, one bit at each end of it.</summary>
    private static void AllChanged(Scene scene, ReadOnlyMemory<byte> good, Action<CmpException> check)
    {
        PkiMessage message = PkiMessage.Decode(good);
        int extraCerts = 0;
        foreach (Certificate certificate in message.ExtraCerts)
            extraCerts += certificate.Encoded.Length;
        // extraCerts are not protected (RFC 9483 3.3); their tag and lengths are few octets more
        int end = good.Length - extraCerts - (extraCerts > 0 ? 8 : 0);
        for (int i = 0; i < end; i++)
        {
            check(scene.Fails(Changed(good, i, 0x01)));
            check(scene.Fails(Changed(good, i, 0x80)));
        }
    }

    private static ReadOnlyMemory<byte> Changed(ReadOnlyMemory<byte> octets, int index, byte bits)
    {
        byte[] changed = octets.ToArray();
        changed[index] ^= bits;
        return changed;
    }
}
