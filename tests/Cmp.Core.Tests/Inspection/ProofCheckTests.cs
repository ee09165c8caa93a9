using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Text;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>Whether requests prove that their keys are there: each form, right and wrong.</summary>
public class ProofCheckTests
{
    private static readonly PrivateKey Key = MadeCertificate.NewKey();
    private static readonly PrivateKey Another = MadeCertificate.NewKey();

    private static MessageCheck Proof(PkiBody body, CheckSettings? settings = null) => CheckScene.Check(CheckScene.Mac(body), settings).Of(CheckKind.Proof);

    [Fact]
    public void A_signature_by_the_key_of_the_request_is_right()
    {
        MessageCheck check = Proof(CheckScene.Request(Key, certReqId: 5));
        Assert.Equal((CheckResult.Verified, 5, "CN=router7", "RFC 4211 4.1", "ir"), (check.Result, check.CertReqId, check.Subject, check.Section, check.Type));
        check = Proof(CheckScene.Request(Key, prover: Another));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("another key made it", check.Reason);
    }

    [Fact]
    public void Nothing_of_a_request_can_be_changed_under_its_proof()
    {
        PkiMessage message = CheckScene.Unprotected(CheckScene.Request(Key));
        CertRequest request = ((CertReqMessages)message.Body).Requests[0].CertReq;
        int at = Enumerable.Range(0, message.Encoded.Length).First(i => message.Encoded.Slice(i).Span.StartsWith(request.Encoded.Span));
        for (int i = at; i < at + request.Encoded.Length; i++)
        {
            if (CheckScene.Flip(message, i, i % 8) is { } changed)
                Assert.All(CheckScene.Check(changed).Where(check => check.Check == CheckKind.Proof), check => Assert.NotEqual(CheckResult.Verified, check.Result));
        }
    }

    [Fact]
    public void An_input_that_names_the_sender_is_right()
    {
        GeneralName sender = GeneralName.FromName(Name.FromCommonName(Peer.Reference));
        Assert.Equal(CheckResult.Verified, Proof(CheckScene.Request(Key, null, new PopoSigningKeyInput(sender, null, Key.PublicKey))).Result);
        MessageCheck check = Proof(CheckScene.Request(Key, null, new PopoSigningKeyInput(GeneralName.FromName(Name.Parse("CN=somebody")), null, Key.PublicKey)));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("CN=somebody", check.Reason);
        Assert.Equal(CheckResult.Failed, Proof(CheckScene.Request(Key, null, new PopoSigningKeyInput(sender, null, Key.PublicKey), Another)).Result);
    }

    [Fact]
    public void An_input_must_be_about_the_key_and_stand_alone()
    {
        GeneralName sender = GeneralName.FromName(Name.FromCommonName(Peer.Reference));
        MessageCheck check = Proof(CheckScene.Request(Key, "CN=router7", new PopoSigningKeyInput(sender, null, Key.PublicKey)));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("beside a subject", check.Reason);
        check = Proof(CheckScene.Request(Key, null, new PopoSigningKeyInput(sender, null, Another.PublicKey)));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("not the one of the request", check.Reason);
    }

    [Fact]
    public void A_publicKeyMAC_is_checked_under_the_secret()
    {
        using SharedSecret secret = Peer.Secret(), wrong = Peer.Secret("wrong horse");
        CertReqMessages request = CheckScene.Request(Key, null, new PopoSigningKeyInput(null, PublicKeyMac.Create(secret, Key.PublicKey, Peer.FewIterations), Key.PublicKey));
        Assert.Equal(CheckResult.Verified, Proof(request, new CheckSettings { Secret = secret }).Result);
        MessageCheck check = Proof(request, new CheckSettings { Secret = wrong });
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("publicKeyMAC is wrong", check.Reason);
        check = Proof(request);
        Assert.Equal(CheckResult.NotChecked, check.Result);
        Assert.Contains("was not given", check.Reason);
        // a MAC over another key
        CertReqMessages moved = CheckScene.Request(Key, null, new PopoSigningKeyInput(null, PublicKeyMac.Create(secret, Another.PublicKey, Peer.FewIterations), Key.PublicKey));
        Assert.Equal(CheckResult.Failed, Proof(moved, new CheckSettings { Secret = secret }).Result);
    }

    [Fact]
    public void A_signature_without_a_key_proves_nothing()
    {
        var request = new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router7") }, []);
        MessageCheck check = Proof(CheckScene.Request(request, SignatureProof.Create(request, Key, SignatureAlgorithms.For(Key))));
        Assert.Equal(CheckResult.Failed, check.Result);
        Assert.Contains("names no key", check.Reason);
    }

    [Fact]
    public void An_algorithm_that_is_not_known_is_said_to_be()
    {
        CertReqMsg request = CheckScene.Request(Key).Requests[0];
        MessageCheck check = Proof(new CertReqMessages(PkiBodyType.Ir, [request with { Popo = (PopoSigningKey)request.Popo! with { Algorithm = new AlgorithmIdentifier("1.2.3.4") } }]));
        Assert.Equal(CheckResult.NotChecked, check.Result);
    }

    [Fact]
    public void What_is_not_proven_here_says_so()
    {
        CertRequest request = CheckScene.Request(Key).Requests[0].CertReq;
        MessageCheck check = Proof(CheckScene.Request(request, new RaVerified()));
        Assert.Equal((CheckResult.NotChecked, false), (check.Result, check.Passed));
        Assert.Contains("CN=ref-1 says that the proof was checked", check.Reason);
        Assert.Equal(CheckResult.NotChecked, Proof(CheckScene.Request(request, null)).Result);
        foreach (bool agrees in new[] { false, true })
        {
            check = Proof(CheckScene.Request(request, PopoPrivKey.Later(agrees, SubsequentMessage.EncrCert)));
            Assert.Equal((CheckResult.Absent, agrees ? "RFC 4211 4.3" : "RFC 4211 4.2"), (check.Result, check.Section));
            Assert.Contains("encrypted", check.Reason);
            Assert.Contains("challenge", Proof(CheckScene.Request(request, PopoPrivKey.Later(agrees, SubsequentMessage.ChallengeResp))).Reason);
            Assert.Equal(CheckResult.NotChecked, Proof(CheckScene.Request(request, PopoPrivKey.Later(agrees, (SubsequentMessage)7))).Result);
            Assert.Equal(CheckResult.NotChecked, Proof(CheckScene.Request(request, PopoPrivKey.OfEncryptedValue(agrees, new EncryptedValue(new byte[] { 1 })))).Result);
        }
        Assert.Equal(CheckResult.NotChecked, Proof(CheckScene.Request(request, PopoPrivKey.OfAgreeMac(new PkMacValue(new AlgorithmIdentifier(Oids.Pbmac1), new byte[] { 1 })))).Result);
    }

    [Fact]
    public void A_request_without_a_key_has_nothing_to_prove()
    {
        var request = new CertRequest(0, new CertTemplate { Subject = Name.Parse("CN=router7") }, []);
        Assert.Equal((CheckResult.Absent, true), (Proof(CheckScene.Request(request, null)) is var check ? check.Result : default, check.Passed));
        Assert.Equal(CheckResult.Absent, Proof(new CertReqMessages(PkiBodyType.Krr, [new CertReqMsg(CheckScene.Request(Key).Requests[0].CertReq, null, [])])).Result);
    }

    [Fact]
    public void A_PKCS_10_request_proves_itself()
    {
        CertificationRequest request = MadeCertificate.Pkcs10(Key, "CN=router7");
        MessageCheck check = Proof(new P10crBody(request));
        Assert.Equal((CheckResult.Verified, "CN=router7", "RFC 2986 4.2", (int?)null), (check.Result, check.Subject, check.Section, check.CertReqId));
        byte[] changed = request.Encoded.ToArray();
        changed[changed.Length - 1] ^= 1;
        Assert.Equal(CheckResult.Failed, Proof(new P10crBody(CertificationRequest.Decode(changed))).Result);
    }

    [Fact]
    public void Each_request_of_a_message_has_its_answer()
    {
        CertReqMsg good = CheckScene.Request(Key, certReqId: 1).Requests[0], bad = CheckScene.Request(Key, certReqId: 2, prover: Another).Requests[0];
        MessageCheck[] checks = [.. CheckScene.Check(CheckScene.Mac(new CertReqMessages(PkiBodyType.Cr, [good, bad]))).Where(check => check.Check == CheckKind.Proof)];
        Assert.Equal([(1, CheckResult.Verified), (2, CheckResult.Failed)], checks.Select(check => (check.CertReqId!.Value, check.Result)));
        Assert.True(checks[0].Offset < checks[1].Offset);
    }

    /// <summary>RFC 9810 5.2.8.3.3 does not say which octets are hashed.</summary>
    [Theory]
    [InlineData("00ABCDEF")]
    [InlineData("ABCDEF")]
    public void A_number_is_held_against_the_witness_of_its_challenge(string hashed)
    {
        BigInteger number = 0xABCDEF;
        var challenge = new Challenge(AlgorithmIdentifier.WithNull(Oids.Sha256), Digests.Compute(Oids.Sha256, Hex.Parse(hashed)), new byte[] { 1 });
        var checker = new MessageChecker();
        checker.Check(CheckScene.Mac(new PopoDecKeyChallContent([challenge])), Peer.Now);
        MessageCheck Last(params BigInteger[] numbers) => checker.Check(CheckScene.Mac(new PopoDecKeyRespContent(numbers)), Peer.Now).Of(CheckKind.Proof);
        Assert.Equal(CheckResult.Verified, Last(number).Result);
        Assert.Equal(CheckResult.NotChecked, Last(number + 1).Result);
        Assert.Equal(CheckResult.Failed, Last(number, number).Result);
        Assert.Equal(CheckResult.NotChecked, Proof(new PopoDecKeyRespContent([number])).Result);
    }
}
