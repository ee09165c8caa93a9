using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class KeyAlgorithmTests
{
    [Theory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P521")]
    [InlineData("Ed25519")]
    public void The_identifier_is_the_one_that_its_keys_have(string name)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Parse(name);
        using PrivateKey key = PrivateKey.Generate(algorithm);
        Assert.True(algorithm.ToIdentifier().IsSameAs(key.PublicKey.Algorithm));
    }

    [Fact]
    public void Each_algorithm_to_choose_from_has_an_identifier() => Assert.All(KeyAlgorithm.All, algorithm => Assert.NotEmpty(algorithm.ToIdentifier().Oid));

    [Theory]
    [InlineData("RSA_2048", "RSA_2048")]
    [InlineData("rsa_4096", "RSA_4096")]
    [InlineData("RSA", "RSA_3072")]
    [InlineData("RSA_2056", "RSA_2056")]
    [InlineData("RSA_8192", "RSA_8192")]
    [InlineData("ECDSA_P256", "ECDSA_P256")]
    [InlineData("ECDSA_nistP256", "ECDSA_P256")]
    [InlineData("ecdsa_nistp521", "ECDSA_P521")]
    [InlineData(" ECDSA_P384 ", "ECDSA_P384")]
    [InlineData("ECDSA_BRAINPOOLP384R1", "ECDSA_brainpoolP384r1")]
    [InlineData("ed25519", "Ed25519")]
    [InlineData("ml-dsa-65", "ML-DSA-65")]
    [InlineData("slh-dsa-shake-256F", "SLH-DSA-SHAKE-256f")]
    public void Words_name_algorithms(string word, string name) => Assert.Equal(name, KeyAlgorithm.Parse(word).Name);

    [Theory]
    [InlineData("")]
    [InlineData("RSA_1024")]
    [InlineData("RSA_2049")]
    [InlineData("RSA_8200")]
    [InlineData("RSA_-2048")]
    [InlineData("RSA_99999999999999999999")]
    [InlineData("ECDSA_P192")]
    [InlineData("ECDSA_brainpoolP256t1")]
    [InlineData("EdDSA")]
    [InlineData("ML-DSA-55")]
    [InlineData("SLH-DSA-SHA2-128")]
    [InlineData("\u001b[31mred")]
    public void An_unknown_word_lists_the_known_ones(string word)
    {
        CmpException e = Expect.Error("CmpKey.Algorithm", () => KeyAlgorithm.Parse(word));
        Assert.Equal(CmpErrorKind.Argument, e.Kind);
        Assert.All(KeyAlgorithm.All, known => Assert.Contains(known.Name, e.Message));
        Assert.DoesNotContain('\u001b', e.Message);
    }

    [Fact]
    public void All_are_made_and_known_again()
    {
        Assert.Equal(KeyAlgorithm.All.Count, KeyAlgorithm.All.Select(a => a.Name).Distinct().Count());
        foreach (KeyAlgorithm algorithm in KeyAlgorithm.All.Where(a => a.Name is not ("RSA_3072" or "RSA_4096")))
        {
            using PrivateKey key = PrivateKey.Generate(algorithm);
            Assert.Equal(algorithm, KeyAlgorithm.Of(key.PublicKey));
            Assert.Equal(algorithm, key.Algorithm);
            Assert.Equal(algorithm.Name + " private key", key.ToString());
        }
    }

    [Fact]
    public void A_key_of_an_unknown_algorithm_or_curve_is_a_typed_error()
    {
        Expect.Error("CmpKey.Algorithm", () => KeyAlgorithm.Of(new SubjectPublicKeyInfo(new AlgorithmIdentifier("1.3.101.109"), new byte[32])));
        byte[] secp256k1 = [6, 5, 0x2B, 0x81, 4, 0, 10];
        Expect.Error("CmpKey.Algorithm", () => KeyAlgorithm.Of(new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.EcPublicKey, secp256k1), new byte[65])));
        Expect.Error("CmpMessage.Malformed", () => KeyAlgorithm.Of(new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.EcPublicKey), new byte[65])));
    }

    [Fact]
    public void Rule68_A_short_RSA_key_is_read_and_never_made()
    {
        using var rsa = System.Security.Cryptography.RSA.Create();
        rsa.KeySize = 1024;
        using PrivateKey key = PrivateKey.Of(rsa);
        Assert.Equal("RSA_1024", key.Algorithm.Name);
        Expect.Error("CmpKey.Algorithm", () => PrivateKey.Generate(key.Algorithm));
    }
}
