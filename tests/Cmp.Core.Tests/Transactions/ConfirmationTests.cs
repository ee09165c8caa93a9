using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Transactions;
using Xunit;

namespace Cmp.Tests.Transactions;

/// <summary>From the certificate to its confirmation.</summary>
public class ConfirmationTests
{
    private static readonly Reply Implicit = new() { Header = header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] } };

    private static TransactionSettings Explicitly(TransactionSettings settings) => settings with { ExplicitConfirm = true };

    private static TransactionSettings Unasked(TransactionSettings settings) => settings with { ImplicitConfirm = false };

    [Fact]
    public void Rule40_A_certificate_for_another_key_is_rejected_by_certConf_and_is_a_local_error()
    {
        Scene scene = new Scene().Start();
        using PrivateKey another = MadeCertificate.NewKey();
        scene.Answer(Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(another.PublicKey)));
        CertStatus status = scene.CertStatus;
        Assert.Equal(PkiStatus.Rejection, status.StatusInfo!.Status);
        Assert.Equal(FailInfo.IncorrectData, status.StatusInfo.FailInfo);
        CmpException error = scene.Fails(new PkiConfirmContent());
        Assert.Equal("CmpTransaction.WrongKey", error.ErrorId);
        Assert.Equal(CmpErrorKind.Trust, error.Kind);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("certConfirmed")]
    [InlineData("nothing")]
    public void Rule40_Whatever_comes_back_it_stays_that_error(string answer)
    {
        Scene scene = new Scene().Start();
        using PrivateKey another = MadeCertificate.NewKey();
        scene.Answer(Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(another.PublicKey)));
        TransactionStep step = answer switch
        {
            "error" => scene.Answer(Peer.Error()),
            "certConfirmed" => scene.Answer(Peer.Error(FailInfo.CertConfirmed)),
            _ => scene.Transaction.Unanswered(null, scene.Now),
        };
        Assert.Equal("CmpTransaction.WrongKey", Assert.IsType<TransactionStep.Failed>(step).Error.ErrorId);
        Assert.False(scene.Transaction.IsInDoubt);
    }

    [Theory]
    [InlineData((int)PkiBodyType.P10cr)]
    [InlineData((int)PkiBodyType.Kur)]
    public void Rule40_That_holds_for_every_kind_of_request(int request)
    {
        Scene scene = new Scene { Request = (PkiBodyType)request }.Start();
        using PrivateKey another = MadeCertificate.NewKey();
        scene.Answer(Peer.Response(scene.ResponseType, Peer.Shared.Certify(another.PublicKey)));
        Assert.Equal(FailInfo.IncorrectData, scene.CertStatus.StatusInfo!.FailInfo);
    }

    [Fact]
    public void Rule40_The_right_key_is_for_the_caller_to_decide_on() => new Scene().ToDecision();

    [Fact]
    public void Rule41_A_certificate_that_the_caller_refuses_is_rejected_by_certConf()
    {
        Scene scene = new Scene().ToDecision();
        scene.Refuse("too short");
        PkiStatusInfo status = scene.CertStatus.StatusInfo!;
        Assert.Equal(PkiStatus.Rejection, status.Status);
        Assert.Equal(["too short"], status.StatusString!.Texts);
        Assert.Equal("CmpTransaction.Refused", scene.Fails(new PkiConfirmContent()).ErrorId);
    }

    [Fact]
    public void Rule41_One_that_he_accepts_is_accepted_without_a_status()
    {
        Scene scene = new Scene().ToCertConf();
        Assert.Null(scene.CertStatus.StatusInfo);
        Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent()));
        Assert.True(scene.Transaction.Confirmed);
        Assert.Empty(scene.Transaction.Warnings);
    }

    public static TheoryData<string, string?, string> Algorithms() => new()
    {
        { "md5WithRsa", null, Oids.Md5 },
        { "sha1WithRsa", null, Oids.Sha1 },
        { "sha224WithRsa", null, Oids.Sha224 },
        { "sha256WithRsa", null, Oids.Sha256 },
        { "sha384WithRsa", null, Oids.Sha384 },
        { "sha512WithRsa", null, Oids.Sha512 },
        { "sha1WithEcdsa", null, Oids.Sha1 },
        { "sha224WithEcdsa", null, Oids.Sha224 },
        { "sha256WithEcdsa", null, Oids.Sha256 },
        { "sha384WithEcdsa", null, Oids.Sha384 },
        { "sha512WithEcdsa", null, Oids.Sha512 },
        { "rsassaPss", Oids.Sha256, Oids.Sha256 },
        { "rsassaPss", Oids.Sha384, Oids.Sha384 },
        { "rsassaPss", Oids.Sha512, Oids.Sha512 },
        { "rsassaPssShake128", null, Oids.Shake128 },
        { "rsassaPssShake256", null, Oids.Shake256 },
        { "ecdsaWithShake128", null, Oids.Shake128 },
        { "ecdsaWithShake256", null, Oids.Shake256 },
        { "ed25519", null, Oids.Sha512 },
        { "ed448", null, Oids.Shake256 },
    };

    private static AlgorithmIdentifier Algorithm(string name, string? pssDigest)
    {
        string oid = (string)typeof(Oids).GetFields().Single(field => string.Equals(field.Name, name, StringComparison.OrdinalIgnoreCase)).GetRawConstantValue()!;
        return pssDigest is null ? new AlgorithmIdentifier(oid) : new AlgorithmIdentifier(oid, RsassaPssParameters.Create(pssDigest, Digests.Length(pssDigest)).Encoded);
    }

    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Rule42_The_hash_is_the_one_that_the_certificates_signature_names(string name, string? pssDigest, string digest)
    {
        Scene scene = new Scene().ToCertConf(Shape.Leaf with { ClaimedAlgorithm = Algorithm(name, pssDigest) });
        Assert.Equal(Digests.Compute(digest, scene.Transaction.Issued!.Certificate.Encoded), scene.CertStatus.CertHash.ToArray());
        Assert.Null(scene.CertStatus.HashAlg);
        Assert.Equal(2, scene.Sent.Header.Pvno);
    }

    [Fact]
    public void Rule42_Ed448_has_64_octets_of_SHAKE256() =>
        Assert.Equal(64, new Scene().ToCertConf(Shape.Leaf with { ClaimedAlgorithm = new AlgorithmIdentifier(Oids.Ed448) }).CertStatus.CertHash.Length);

    /// <summary>ML-DSA and SLH-DSA of every kind, and what nobody knows.</summary>
    public static TheoryData<string> WithoutDigest => [.. ParameterSet.All.Where(set => set.Family is KeyFamily.MLDsa or KeyFamily.SlhDsa).Select(set => set.Oid), "1.2.3.4"];

    [Theory]
    [MemberData(nameof(WithoutDigest))]
    public void Rule42_Where_none_is_named_it_is_SHA256_with_hashAlg_and_version_3(string oid)
    {
        foreach (int? asked in new int?[] { null, 2, 3 })
        {
            Scene scene = new Scene { Settings = settings => settings with { Pvno = asked } }.ToCertConf(Shape.Leaf with { ClaimedAlgorithm = new AlgorithmIdentifier(oid) });
            Assert.Equal(Digests.Compute(Oids.Sha256, scene.Transaction.Issued!.Certificate.Encoded), scene.CertStatus.CertHash.ToArray());
            Assert.Equal(Oids.Sha256, scene.CertStatus.HashAlg!.Oid);
            Assert.Equal(3, scene.Sent.Header.Pvno);
            Assert.Equal(asked ?? 2, scene.AllSent[0].Header.Pvno);
            Assert.IsType<TransactionStep.Done>(scene.Answer(new PkiConfirmContent(), new Reply { Header = header => header with { Pvno = 3 } }));
        }
    }

    [Fact]
    public void Rule42_A_named_hash_that_is_not_known_or_not_readable_is_replaced_the_same_way()
    {
        const string Sha3 = "2.16.840.1.101.3.4.2.8";
        foreach (ReadOnlyMemory<byte> parameters in new[] { RsassaPssParameters.Create(Sha3, 32).Encoded, new byte[] { 2, 1, 0 } })
        {
            Scene scene = new Scene().ToCertConf(Shape.Leaf with { ClaimedAlgorithm = new AlgorithmIdentifier(Oids.RsassaPss, parameters) });
            Assert.Equal(Oids.Sha256, scene.CertStatus.HashAlg!.Oid);
            Assert.Equal(3, scene.Sent.Header.Pvno);
        }
    }

    [Fact]
    public void Rule42_A_rejection_has_the_hash_too()
    {
        Scene scene = new Scene().ToDecision();
        scene.Refuse();
        string digest = SignatureAlgorithms.DigestOid(scene.Transaction.Issued!.Certificate.SignatureAlgorithm)!;
        Assert.Equal(Digests.Compute(digest, scene.Transaction.Issued.Certificate.Encoded), scene.CertStatus.CertHash.ToArray());
    }

    [Fact]
    public void Rule43_Asked_for_and_granted_there_is_no_certConf()
    {
        Scene scene = new Scene().ToDecision(reply: Implicit);
        Assert.True(scene.Transaction.Issued!.ImplicitlyConfirmed);
        Assert.IsType<TransactionStep.Done>(scene.Accept());
        Assert.True(scene.Transaction.Confirmed);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule43_Asked_for_and_not_granted_there_is_one()
    {
        Scene scene = new Scene().ToDecision();
        Assert.False(scene.Transaction.Issued!.ImplicitlyConfirmed);
        Assert.IsType<TransactionStep.Send>(scene.Accept());
        Assert.False(scene.Transaction.Confirmed);
    }

    [Fact]
    public void Rule43_Granted_unasked_it_is_skipped()
    {
        Scene scene = new Scene { Settings = Unasked }.ToDecision(reply: Implicit);
        Assert.IsType<TransactionStep.Done>(scene.Accept());
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule43_Granted_unasked_it_is_sent_where_the_user_wants_it()
    {
        Scene scene = new Scene { Settings = Explicitly }.ToDecision(reply: Implicit);
        Assert.IsType<TransactionStep.Send>(scene.Accept());
        Assert.Equal(PkiBodyType.CertConf, scene.Sent.Body.Type);
    }

    [Fact]
    public void Rule43_Refusing_what_is_confirmed_implicitly_is_a_local_failure_only()
    {
        Scene scene = new Scene().ToDecision(reply: Implicit);
        Assert.Equal("CmpTransaction.Refused", Assert.IsType<TransactionStep.Failed>(scene.Refuse()).Error.ErrorId);
        Assert.False(scene.Transaction.Confirmed);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule43_So_is_a_certificate_for_another_key()
    {
        Scene scene = new Scene().Start();
        using PrivateKey another = MadeCertificate.NewKey();
        CmpException error = Assert.IsType<TransactionStep.Failed>(scene.Answer(Peer.Response(PkiBodyType.Ip, Peer.Shared.Certify(another.PublicKey)), Implicit)).Error;
        Assert.Equal("CmpTransaction.WrongKey", error.ErrorId);
        Assert.Single(scene.AllSent);
    }

    [Fact]
    public void Rule44_Without_pkiConf_the_certificate_is_good_and_the_warning_names_confirmWaitTime()
    {
        Scene scene = new Scene().ToDecision(reply: new Reply { Header = header => header with { GeneralInfo = [InfoTypeAndValue.ConfirmWaitTime(Peer.Now.AddMinutes(10))] } });
        scene.Accept();
        Assert.IsType<TransactionStep.Done>(scene.Transaction.Unanswered(new CmpException(CmpErrorKind.Timeout, "CmpTransport.Timeout", "No whole answer."), scene.Now));
        Assert.NotNull(scene.Transaction.Issued);
        Assert.False(scene.Transaction.Confirmed);
        string warning = Assert.Single(scene.Transaction.Warnings);
        Assert.Contains("No whole answer.", warning);
        Assert.Contains("2026-06-01 12:10:00Z", warning);
    }

    [Fact]
    public void Rule44_An_empty_answer_or_octets_that_are_no_message_are_no_pkiConf()
    {
        Scene scene = new Scene().ToCertConf();
        Assert.IsType<TransactionStep.Done>(scene.Transaction.Unanswered(null, scene.Now));
        Assert.False(scene.Transaction.Confirmed);

        scene = new Scene().ToCertConf();
        Assert.IsType<TransactionStep.Done>(scene.Receive(new byte[] { 0x30, 0 }, new RoadReport { StatusError = new CmpException(CmpErrorKind.Protocol, "CmpHttp.500", "HTTP status 500.") }));
        Assert.False(scene.Transaction.Confirmed);
        Assert.Contains("HTTP status 500.", Assert.Single(scene.Transaction.Warnings));
    }

    [Fact]
    public void Rule44_Before_the_certificate_no_answer_is_a_failure()
    {
        Scene scene = new Scene().Start();
        var error = new CmpException(CmpErrorKind.Transport, "CmpTransport.ConnectFailed", "no");
        Assert.Same(error, Assert.IsType<TransactionStep.Failed>(scene.Transaction.Unanswered(error, scene.Now)).Error);
        Assert.Equal("CmpTransport.NoAnswer", Assert.IsType<TransactionStep.Failed>(scene.Transaction.Unanswered(null, scene.Now)).Error.ErrorId);
    }

    [Fact]
    public void Rule44_An_authentic_error_in_answer_to_certConf_is_a_failure_that_leaves_the_certificate_in_doubt()
    {
        Scene scene = new Scene().ToCertConf();
        Assert.Equal("CmpServer.badCertId", scene.Fails(Peer.Error(FailInfo.BadCertId)).ErrorId);
        Assert.True(scene.Transaction.IsInDoubt);
    }

    [Fact]
    public void Rule44_So_is_one_that_the_user_believes_although_nobody_vouches_for_it()
    {
        Scene scene = new Scene { Trust = trust => trust with { AllowUnprotectedErrors = true } }.ToCertConf();
        Assert.Equal("CmpServer.badCertId", scene.Fails(Peer.Error(FailInfo.BadCertId), Reply.Unprotected).ErrorId);
        Assert.True(scene.Transaction.IsInDoubt);
    }

    [Fact]
    public void Rule44_An_error_before_that_leaves_no_doubt()
    {
        Scene scene = new Scene().Start();
        scene.Fails(Peer.Error(FailInfo.BadCertId));
        Assert.False(scene.Transaction.IsInDoubt);
    }

    [Fact]
    public void Rule44_certConfirmed_is_success()
    {
        Scene scene = new Scene().ToCertConf();
        Assert.IsType<TransactionStep.Done>(scene.Answer(Peer.Error(FailInfo.CertConfirmed)));
        Assert.True(scene.Transaction.Confirmed);
    }

    [Fact]
    public void Rule44_certConfirmed_that_nobody_vouches_for_is_not()
    {
        Scene scene = new Scene().ToCertConf();
        Assert.Equal("CmpProtection.UnauthenticatedAnswer", scene.Fails(Peer.Error(FailInfo.CertConfirmed), Reply.Unprotected).ErrorId);
        scene = new Scene { Trust = trust => trust with { AllowUnprotectedErrors = true } }.ToCertConf();
        Assert.Equal("CmpServer.certConfirmed", scene.Fails(Peer.Error(FailInfo.CertConfirmed), Reply.Unprotected).ErrorId);
    }
}
