using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>RFC 9810 5.2.8.2: DHBasedMAC in the place of a signature.</summary>
public class DhBasedMacProofTests
{
    public static TheoryData<string> Kinds => new("X25519", "ECDSA_P384", "DH");

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Who_has_one_of_both_keys_verifies_it(string word)
    {
        using PrivateKey key = PossessionScene.Key(word), ca = PossessionScene.Another(word);
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        (CertRequest request, PopoSigningKey proof) = PossessionScene.Wire(PossessionScene.Request(key.PublicKey), DhBasedMacProof.Create(PossessionScene.Request(key.PublicKey), key, certificate));
        Assert.True(DhBasedMacProof.Is(proof));
        Assert.True(DhBasedMacProof.Verify(request, proof, ca, certificate));
        Assert.True(DhBasedMacProof.Verify(request, proof, key, certificate));
        Assert.False(DhBasedMacProof.Verify(PossessionScene.Request(key.PublicKey, "CN=another"), proof, ca, certificate));
        Assert.False(DhBasedMacProof.Verify(request, proof with { Signature = PossessionScene.Flip(proof.Signature) }, ca, certificate));
        Expect.Error("CmpProtection.Algorithm", () => SignatureProof.Verify(request, proof));
    }

    [Fact]
    public void Where_there_is_no_subject_the_input_is_covered()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey, subject: null);
        var input = new PopoSigningKeyInput(PossessionScene.Client, null, key.PublicKey);
        PopoSigningKey proof = DhBasedMacProof.Create(request, key, certificate, input: input);
        Assert.True(DhBasedMacProof.Verify(request, proof, ca, certificate));
        Assert.False(DhBasedMacProof.Verify(PossessionScene.Request(key.PublicKey), proof, ca, certificate));
        Assert.False(DhBasedMacProof.Verify(request, proof with { PoposkInput = input with { PublicKey = ca.PublicKey } }, ca, certificate));
    }

    [Fact]
    public void Rule68_SHA1_is_taken_only_where_it_is_allowed_and_a_signature_is_none_of_these()
    {
        using PrivateKey key = PossessionScene.Key("X25519"), ca = PossessionScene.Another("X25519"), signing = PossessionScene.Key("Ed25519");
        Certificate certificate = PossessionScene.Certify(ca.PublicKey);
        CertRequest request = PossessionScene.Request(key.PublicKey);
        PopoSigningKey proof = DhBasedMacProof.Create(request, key, certificate, new DhMacOptions { Owf = Oids.Sha1, Mac = Oids.HmacWithSha1 });
        Expect.Error("CmpProtection.Algorithm", () => DhBasedMacProof.Verify(request, proof, ca, certificate));
        Assert.True(DhBasedMacProof.Verify(request, proof, ca, certificate, allowSha1: true));
        PopoSigningKey signature = SignatureProof.Create(request, signing, SignatureAlgorithms.For(signing));
        Assert.False(DhBasedMacProof.Is(signature));
        Assert.False(DhBasedMacProof.Verify(request, signature, ca, certificate));
        Expect.Error("CmpPossession.Certificate", () => DhBasedMacProof.Create(request, key, PossessionScene.Certify(ca.PublicKey, KeyUsages.KeyEncipherment)));
    }
}
