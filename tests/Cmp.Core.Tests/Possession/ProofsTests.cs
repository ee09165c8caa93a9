using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Possession;

/// <summary>RFC 9810 5.2.8.4: which keys give which proof.</summary>
public class ProofsTests
{
    private const KeyProofs Encrypted = KeyProofs.EncryptedCertificate | KeyProofs.ChallengeResponse;

    public static TheoryData<string, KeyProofs, KeyProofs> Table => new()
    {
        { "RSA_2048", KeyProofs.Signature | Encrypted | KeyProofs.EncryptedKey, KeyProofs.Signature | Encrypted | KeyProofs.EncryptedKey },
        { "ECDSA_P384", KeyProofs.Signature | Encrypted | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, KeyProofs.Signature | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey },
        { "X25519", Encrypted | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, KeyProofs.KeyAgreement | KeyProofs.EncryptedKey },
        { "X448", Encrypted | KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, KeyProofs.KeyAgreement | KeyProofs.EncryptedKey },
        { "ML-KEM-768", Encrypted | KeyProofs.EncryptedKey, KeyProofs.EncryptedKey },
        { "Ed25519", KeyProofs.Signature, KeyProofs.Signature },
        { "ML-DSA-44", KeyProofs.Signature, KeyProofs.Signature },
        { "SLH-DSA-SHA2-128f", KeyProofs.Signature, KeyProofs.Signature },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void A_kind_of_key_gives_the_proofs_that_its_mathematics_and_the_version_have(string word, KeyProofs now, KeyProofs before)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Parse(word);
        Assert.Equal(now, Proofs.Of(algorithm));
        Assert.Equal(before, Proofs.Of(algorithm, pvno: 2));
    }

    [Fact]
    public void Every_kind_of_key_has_a_row_and_a_default()
    {
        foreach (KeyAlgorithm algorithm in KeyAlgorithm.All)
        {
            KeyProofs proof = Proofs.DefaultOf(Proofs.Of(algorithm));
            Assert.Equal(algorithm.CanSign ? KeyProofs.Signature : KeyProofs.EncryptedCertificate, proof);
            Assert.NotEqual(KeyProofs.None, Proofs.Of(algorithm, pvno: 2));
        }
        Assert.Equal(KeyProofs.KeyAgreement, Proofs.DefaultOf(Proofs.Of(KeyAlgorithm.Parse("X25519"), pvno: 2)));
        Assert.Equal(KeyProofs.None, Proofs.DefaultOf(KeyProofs.None));
    }

    [Fact]
    public void Keys_of_a_group_agree_or_are_sent()
    {
        using PrivateKey key = KeyAgreementTests.Dh(hasOrder: true, 0x1234567);
        Assert.Equal(KeyProofs.KeyAgreement | KeyProofs.EncryptedKey, Proofs.Of(key));
        Assert.Equal(KeyProofs.KeyAgreement, Proofs.DefaultOf(Proofs.Of(key)));
    }

    [Fact]
    public void An_RSA_key_that_is_for_PSS_only_signs_only()
    {
        SubjectPublicKeyInfo rsa = new(AlgorithmIdentifier.WithNull(Oids.RsaEncryption), new byte[] { 0x30, 6, 2, 1, 3, 2, 1, 3 });
        Assert.Equal(Proofs.Of(KeyAlgorithm.Parse("RSA_2048")), Proofs.Of(rsa));
        Assert.Equal(KeyProofs.Signature, Proofs.Of(rsa with { Algorithm = new AlgorithmIdentifier(Oids.RsassaPss) }));
    }

    [Theory]
    [InlineData("X25519", KeyProofs.Signature, 3, "does not prove")]
    [InlineData("Ed25519", KeyProofs.EncryptedCertificate, 3, "does not prove")]
    [InlineData("Ed25519", KeyProofs.EncryptedKey, 3, "does not prove")]
    [InlineData("ML-KEM-512", KeyProofs.KeyAgreement, 3, "does not prove")]
    [InlineData("ML-KEM-512", KeyProofs.EncryptedCertificate, 2, "Before pvno 3")]
    [InlineData("X448", KeyProofs.ChallengeResponse, 2, "Before pvno 3")]
    public void Rule14_What_a_key_cannot_prove_is_said_before_any_traffic(string word, KeyProofs proof, int pvno, string why)
    {
        using PrivateKey key = TestKeys.Open(word);
        CmpException e = Expect.Error("CmpPossession.Unsupported", () => Proofs.Ensure(key, proof, pvno));
        Assert.Equal(CmpErrorKind.Argument, e.Kind);
        Assert.Contains(why, e.Message, System.StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X25519", KeyProofs.KeyAgreement, 2)]
    [InlineData("X25519", KeyProofs.EncryptedCertificate, 3)]
    [InlineData("ML-KEM-512", KeyProofs.ChallengeResponse, 3)]
    [InlineData("Ed448", KeyProofs.Signature, 2)]
    public void What_a_key_can_prove_is_let_through(string word, KeyProofs proof, int pvno)
    {
        using PrivateKey key = TestKeys.Open(word);
        Proofs.Ensure(key, proof, pvno);
        Assert.Equal(pvno == 3, Proofs.NeedsPvno3(key.PublicKey, proof));
    }
}
