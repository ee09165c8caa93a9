using System;
using System.IO;
using Cmp.Cryptography;
using Cmp.Inspection;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Tests.Possession;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>agreeMAC, dhMAC and DHBasedMAC, of which only who has one of both keys can tell (RFC 4211 4.3).</summary>
public class AgreedProofCheckTests
{
    private static readonly PrivateKey Key = PossessionScene.Key("X25519");
    private static readonly PrivateKey Ca = PossessionScene.Another("X25519");
    private static readonly Certificate Certificate = PossessionScene.Certify(Ca.PublicKey);
    private static readonly CertRequest Request = PossessionScene.Request(Key.PublicKey);

    public static TheoryData<string> Ways => new("agreeMAC", "dhMAC", "DHBasedMAC");

    private static ProofOfPossession Prove(string way, CertRequest request, PrivateKey? key = null) => way switch
    {
        "agreeMAC" => AgreeMacProof.Create(request, key ?? Key, Certificate),
        "dhMAC" => DhMacProof.Create(request, key ?? Key, Certificate),
        _ => DhBasedMacProof.Create(request, key ?? Key, Certificate),
    };

    private static MessageCheck Proof(CertRequest request, ProofOfPossession proof, PrivateKey? key = null, params Certificate[] certificates) =>
        CheckScene.Check(CheckScene.Mac(CheckScene.Request(request, proof)), new CheckSettings { Key = key, Certificates = certificates }).Of(CheckKind.Proof);

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_key_of_either_side_tells_that_it_is_right(string way)
    {
        foreach (PrivateKey key in new[] { Key, Ca })
        {
            MessageCheck check = Proof(Request, Prove(way, Request), key, Certificate);
            Assert.Equal((CheckResult.Verified, true), (check.Result, check.Passed));
            Assert.Contains(Certificate.ToString(), check.Reason, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void One_that_was_made_for_another_request_is_wrong(string way)
    {
        CertRequest other = PossessionScene.Request(Key.PublicKey, "CN=another");
        Assert.Equal(CheckResult.Failed, Proof(Request, Prove(way, other), Ca, Certificate).Result);
        // the certificate of DHBasedMAC is not named, and may be the wrong one
        Assert.Equal(way == "DHBasedMAC" ? CheckResult.NotChecked : CheckResult.Failed, Proof(Request, Prove(way, other), Key, Certificate).Result);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Without_a_key_or_the_certificate_it_is_not_checked(string way)
    {
        ProofOfPossession proof = Prove(way, Request);
        Assert.Contains("neither was given", NotChecked(Proof(Request, proof, null, Certificate)), StringComparison.Ordinal);
        Assert.Contains("not at hand", NotChecked(Proof(Request, proof, Ca)), StringComparison.Ordinal);
        using PrivateKey x448 = PossessionScene.Key("X448");
        Assert.Contains("not at hand", NotChecked(Proof(Request, proof, x448, Certificate)), StringComparison.Ordinal);
        if (way != "DHBasedMAC")
            Assert.Contains("not at hand", NotChecked(Proof(Request, proof, Key, PossessionScene.Certify(Ca.PublicKey))), StringComparison.Ordinal);

        static string NotChecked(MessageCheck check)
        {
            Assert.Equal((CheckResult.NotChecked, false), (check.Result, check.Passed));
            return check.Reason;
        }
    }

    [Fact]
    public void What_proves_nothing_is_wrong_whatever_the_MAC_is()
    {
        var mac = (PopoPrivKey)Prove("agreeMAC", Request);
        Assert.Equal(CheckResult.Failed, Proof(PossessionScene.Request(Key.PublicKey, subject: null), mac, Ca, Certificate).Result);
        Assert.Equal(CheckResult.Failed, Proof(PossessionScene.Request(null), mac, Ca, Certificate).Result);
        Assert.Equal(CheckResult.Failed, Proof(Request, mac with { IsKeyAgreement = false }, Ca, Certificate).Result);
        PkMacValue value = mac.AgreeMac!;
        Assert.Equal(CheckResult.Failed, Proof(Request, PopoPrivKey.OfAgreeMac(value with { Value = new byte[] { 1 } }), Ca, Certificate).Result);
        // one that is not known may be right
        Assert.Equal(CheckResult.NotChecked, Proof(Request, PopoPrivKey.OfAgreeMac(value with { Algorithm = new AlgorithmIdentifier("1.2.3") }), Ca, Certificate).Result);
    }

    [Fact]
    public void SHA1_is_said()
    {
        using PrivateKey key = PossessionScene.Key("DH"), ca = PossessionScene.Another("DH");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        ReadOnlyMemory<byte> value = DhMacProof.Create(request, key, certificate).Bits!.Value;
        MessageCheck check = Proof(request, PopoPrivKey.OfAgreeMac(new PkMacValue(new AlgorithmIdentifier(Oids.DhPopSha1), value)), ca, certificate);
        Assert.Equal(CheckResult.Verified, check.Result);
        Assert.Contains("SHA-1", check.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_input_of_DHBasedMAC_names_the_sender_or_fails()
    {
        CertRequest request = PossessionScene.Request(Key.PublicKey, subject: null);
        foreach ((string name, CheckResult result) in new[] { (Peer.Reference, CheckResult.Verified), ("somebody", CheckResult.Failed) })
        {
            var input = new PopoSigningKeyInput(GeneralName.FromName(Name.FromCommonName(name)), null, Key.PublicKey);
            Assert.Equal(result, Proof(request, DhBasedMacProof.Create(request, Key, Certificate, input: input), Ca, Certificate).Result);
        }
    }

    /// <summary>What the tree shows of a MAC: the certificate that it was made for, and the MAC.</summary>
    [Theory]
    [InlineData("agreeMAC")]
    [InlineData("dhMAC")]
    public void The_tree_shows_what_the_MAC_was_made_for(string way)
    {
        using var writer = new StringWriter();
        MessageText.Write(writer, MessageTree.Read(CheckScene.Mac(CheckScene.Request(Request, Prove(way, Request))).Encoded));
        string text = writer.ToString();
        Assert.Contains("issuerAndSerial", text, StringComparison.Ordinal);
        Assert.Contains("hashValue", text, StringComparison.Ordinal);
    }
}
