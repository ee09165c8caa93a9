using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Whether a certConf names what was issued (rule 42).</summary>
public class CertHashCheckTests
{
    private static readonly Certificate Issued = CheckScene.Pki.Client.Certificate;
    private static readonly Certificate Other = CheckScene.Pki.Signer.Certificate;

    /// <summary>The digest of our test certificates' signatures: Mono's keys are P-384, with SHA-256 all the same.</summary>
    private static string Digest => SignatureAlgorithms.DigestOid(Issued.SignatureAlgorithm)!;

    private static CertStatus Status(Certificate certificate, int certReqId = 0, PkiStatusInfo? status = null, string? digest = null, string? hashAlg = null) =>
        new(Digests.Compute(digest ?? hashAlg ?? Digest, certificate.Encoded), certReqId, status, hashAlg is null ? null : new AlgorithmIdentifier(hashAlg));

    private static MessageCheck Check(CertRepMessage? answer, CertStatus status, CheckSettings? settings = null, int pvno = 2)
    {
        var checker = new MessageChecker(settings);
        if (answer is not null)
            checker.Check(CheckScene.Mac(answer), Peer.Now);
        return checker.Check(CheckScene.Mac(new CertConfirmContent([status]), change: header => header with { Pvno = pvno }), Peer.Now).Of(CheckKind.CertHash);
    }

    private static CertRepMessage Ip(Certificate? certificate, int certReqId = 0) => Peer.Response(PkiBodyType.Ip, certificate, certReqId: certReqId);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_hash_of_what_was_issued_is_right_and_any_other_is_wrong(int pvno)
    {
        MessageCheck check = Check(Ip(Issued), Status(Issued), pvno: pvno);
        Assert.Equal((CheckResult.Verified, 0, "CN=Client, O=Cmp tests", "RFC 9810 5.3.18"), (check.Result, check.CertReqId, check.Subject, check.Section));
        check = Check(Ip(Issued), Status(Other), pvno: pvno);
        Assert.Equal(CheckResult.Failed, check.Result);
        byte[] changed = Status(Issued).CertHash.ToArray();
        changed[3] ^= 1;
        Assert.Equal(CheckResult.Failed, Check(Ip(Issued), Status(Issued) with { CertHash = changed }).Result);
        Assert.Equal(CheckResult.Failed, Check(Ip(Issued), Status(Issued) with { CertHash = Array.Empty<byte>() }).Result);
    }

    [Fact]
    public void HashAlg_says_which_digest_it_is()
    {
        Assert.Equal(CheckResult.Verified, Check(Ip(Issued), Status(Issued, hashAlg: Oids.Sha512), pvno: 3).Result);
        Assert.Equal(CheckResult.Failed, Check(Ip(Issued), Status(Issued, digest: Oids.Sha512)).Result);
        MessageCheck check = Check(Ip(Issued), Status(Issued) with { HashAlg = new AlgorithmIdentifier("1.2.3.4") });
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("1.2.3.4", check.Reason);
    }

    [Theory]
    [InlineData("Ed25519", Oids.Sha512)]
    [InlineData("Ed448", Oids.Shake256)]
    public void EdDSA_has_its_digest(string algorithm, string digest)
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        Certificate issued = MadeCertificate.Root("CN=Root", Shape.CA with { Key = key }).Certificate;
        Assert.Equal(CheckResult.Verified, Check(Ip(issued), Status(issued, digest: digest)).Result);
        Assert.Equal(CheckResult.Failed, Check(Ip(issued), Status(issued, digest: Oids.Sha256)).Result);
    }

    [Fact]
    public void ML_DSA_has_none_so_it_must_be_named()
    {
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ML-DSA-44"));
        Certificate issued = MadeCertificate.Root("CN=Root", Shape.CA with { Key = key }).Certificate;
        MessageCheck check = Check(Ip(issued), Status(issued, digest: Oids.Sha256));
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("implies none", check.Reason);
        Assert.Equal(CheckResult.Verified, Check(Ip(issued), Status(issued, hashAlg: Oids.Sha256), pvno: 3).Result);
    }

    [Fact]
    public void Each_request_has_its_own_certificate()
    {
        var answer = new CertRepMessage(PkiBodyType.Ip, [.. Ip(Issued, 0).Responses, .. Ip(Other, 1).Responses]);
        Assert.Equal(CheckResult.Verified, Check(answer, Status(Other, 1)).Result);
        MessageCheck check = Check(answer, Status(Issued, 1));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("issued for request 0", check.Reason);
        check = Check(answer, Status(Issued, 2));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("No certificate was issued for this request", check.Reason);
    }

    [Theory]
    [InlineData(0, -1)]
    [InlineData(-1, 0)]
    [InlineData(-1, -1)]
    public void Rule9_A_PKCS_10_has_no_number(int answered, int confirmed) =>
        Assert.Equal(CheckResult.Verified, Check(Peer.Response(PkiBodyType.Cp, Issued, certReqId: answered), Status(Issued, confirmed)).Result);

    [Fact]
    public void A_refusal_names_the_certificate_too()
    {
        MessageCheck check = Check(Ip(Issued), Status(Issued, status: PkiStatusInfo.Rejection(FailInfo.IncorrectData)));
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("refuses it", check.Reason);
        Assert.Equal(CheckResult.Failed, Check(Ip(Issued), Status(Other, status: PkiStatusInfo.Rejection(FailInfo.IncorrectData))).Result);
        Assert.Equal(CheckResult.Absent, CheckScene.Check(CheckScene.Mac(new CertConfirmContent([]))).Of(CheckKind.CertHash).Result);
    }

    [Fact]
    public void Without_the_answer_a_certificate_that_is_given_may_be_the_one()
    {
        MessageCheck check = Check(null, Status(Issued));
        Assert.Equal(CheckResult.NotChecked, check.Result);
        check = Check(null, Status(Issued), new CheckSettings { Certificates = [Other, Issued] });
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("not known", check.Reason);
        Assert.Equal(CheckResult.NotChecked, Check(null, Status(Issued), new CheckSettings { Certificates = [Other] }).Result);
    }

    [Fact]
    public void A_certificate_that_came_encrypted_is_not_opened()
    {
        var pair = new CertifiedKeyPair { EncryptedCert = new Cmp.Messages.Crmf.EncryptedKey(new Cmp.Messages.Crmf.EncryptedValue(new byte[] { 1 })).Encoded };
        MessageCheck check = Check(new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), pair)]), Status(Issued));
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("encrypted", check.Reason);
    }

    [Fact]
    public void What_another_transaction_issued_does_not_count()
    {
        var checker = new MessageChecker();
        checker.Check(CheckScene.Mac(Ip(Issued), change: header => header with { TransactionId = new byte[16] }), Peer.Now);
        Assert.Equal(CheckResult.NotChecked, checker.Check(CheckScene.Mac(new CertConfirmContent([Status(Issued)])), Peer.Now).Of(CheckKind.CertHash).Result);
    }
}
