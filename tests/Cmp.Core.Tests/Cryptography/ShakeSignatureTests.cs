using System;
using System.Linq;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>RSASSA-PSS and ECDSA with SHAKE (RFC 8692). OpenSSL 3.0 has neither: here they are checked step by step, SHAKE by .NET and the rest by hand.</summary>
public class ShakeSignatureTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("what is signed");

    [Theory]
    [InlineData("RSA_2048", "SHAKE128", Oids.RsassaPssShake128)]
    [InlineData("RSA_2048", "shake-256", Oids.RsassaPssShake256)]
    [InlineData("ECDSA_P256", "SHAKE128", Oids.EcdsaWithShake128)]
    [InlineData("ECDSA_P256", "SHAKE256", Oids.EcdsaWithShake256)]
    [InlineData("ECDSA_P384", "SHAKE256", Oids.EcdsaWithShake256)]
    [InlineData("ECDSA_P521", "SHAKE128", Oids.EcdsaWithShake128)]
    [InlineData("ECDSA_brainpoolP512r1", "SHAKE256", Oids.EcdsaWithShake256)]
    public void A_key_signs_with_SHAKE_and_nothing_else_passes(string word, string hash, string oid)
    {
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key, hash, pss: true);
        Assert.Equal(oid, algorithm.Oid);
        Assert.Null(algorithm.Parameters);
        byte[] signature = key.Sign(Data, algorithm);
        Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, signature));
        Assert.False(SignatureAlgorithms.Verify(algorithm, key.PublicKey, (byte[])[.. Data, 0], signature));
        Assert.False(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, signature.Take(signature.Length - 1).ToArray()));
        Assert.False(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, (byte[])[.. signature, .. signature]));
        signature[signature.Length - 1] ^= 1;
        Assert.False(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, signature));
        signature[signature.Length - 1] ^= 1;

        // RFC 8692 3: parameters are absent; the other SHAKE is another algorithm
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(AlgorithmIdentifier.WithNull(oid), key.PublicKey, Data, signature));
        string other = oid switch { Oids.RsassaPssShake128 => Oids.RsassaPssShake256, Oids.RsassaPssShake256 => Oids.RsassaPssShake128, Oids.EcdsaWithShake128 => Oids.EcdsaWithShake256, _ => Oids.EcdsaWithShake128 };
        Assert.False(SignatureAlgorithms.Verify(new AlgorithmIdentifier(other), key.PublicKey, Data, signature));
    }

    [Fact]
    public void Rule21_PKCS1_has_no_SHAKE()
    {
        using PrivateKey key = TestKeys.Open("RSA_2048");
        Expect.Error("CmpKey.HashAlgorithm", () => SignatureAlgorithms.For(key, "SHAKE128"));
    }

    /// <summary>id-RSASSA-PSS names SHAKE with parameters that RFC 8692 does not have: its mask would be MGF1.</summary>
    [Fact]
    public void SHAKE_in_the_parameters_of_PSS_is_a_typed_error()
    {
        using PrivateKey key = TestKeys.Open("RSA_2048");
        byte[] signature = key.Sign(Data, new AlgorithmIdentifier(Oids.RsassaPssShake128));
        var odd = new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Shake128, 32).Encoded);
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(odd, key.PublicKey, Data, signature));
    }

    [Fact]
    public void Rule67_A_key_for_PSS_with_one_SHAKE_signs_and_verifies_nothing_else()
    {
        using PrivateKey any = TestKeys.Open("RSA_2048");
        byte[] pkcs1 = Pkcs8.Read(any.ExportPkcs8(), (_, inner) => inner).ToArray();
        using PrivateKey only = PrivateKey.FromPkcs8(Pkcs8.Write(new AlgorithmIdentifier(Oids.RsassaPssShake128), pkcs1));
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(only);
        Assert.Equal(Oids.RsassaPssShake128, algorithm.Oid);
        only.EnsureFits(any.PublicKey);
        any.EnsureFits(only.PublicKey);
        Assert.Equal("RSA_2048", only.Algorithm.Name);
        Expect.Error("CmpKey.HashAlgorithm", () => SignatureAlgorithms.For(only, "SHA256"));
        AlgorithmIdentifier sha256 = SignatureAlgorithms.For(any, pss: true);
        Assert.False(SignatureAlgorithms.Verify(sha256, only.PublicKey, Data, any.Sign(Data, sha256)));
        Expect.Error("CmpKey.SignatureAlgorithm", () => only.Sign(Data, sha256));
        using PrivateKey shortKey = PrivateKey.FromPkcs8(Short());
        var path = new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.RsassaPssShake128), shortKey.PublicKey.Key);
        Expect.Error("CmpTrust.Algorithm", () => AlgorithmPolicy.Default.Check(algorithm, path));
        AlgorithmPolicy.Default.Check(algorithm, only.PublicKey);
    }

#if NET
    /// <summary>RFC 8017 9.1.2 with the mask of RFC 8692: SHAKE itself, as long as the rest of the block.</summary>
    [SkippableTheory]
    [InlineData(Oids.RsassaPssShake128, 32)]
    [InlineData(Oids.RsassaPssShake256, 64)]
    public void The_block_of_PSS_is_as_RFC_8692_builds_it(string oid, int digestBytes)
    {
        Skip.IfNot(Shake128.IsSupported, ".NET has no SHAKE here");
        using PrivateKey key = TestKeys.Open("RSA_2048");
        RsaPublicKey numbers = RsaPublicKey.Read(key.PublicKey);
        byte[] signature = key.Sign(Data, new AlgorithmIdentifier(oid));
        Assert.Equal(256, signature.Length);
        byte[] block = BigInteger.ModPow(Unsigned(signature), Unsigned(numbers.Exponent.Span), Unsigned(numbers.Modulus.Span)).ToByteArray(isUnsigned: true, isBigEndian: true);
        block = [.. new byte[256 - block.Length], .. block];

        Assert.Equal(0xBC, block[^1]);
        int maskedBytes = 256 - digestBytes - 1;
        byte[] hash = block[maskedBytes..^1];
        byte[] mask = Shake(hash, maskedBytes);
        byte[] unmasked = [.. block[..maskedBytes].Zip(mask, (masked, bits) => (byte)(masked ^ bits))];
        Assert.Equal(0, block[0] & 0x80);
        unmasked[0] &= 0x7F;
        Assert.All(unmasked[..(maskedBytes - digestBytes - 1)], octet => Assert.Equal(0, octet));
        Assert.Equal(1, unmasked[maskedBytes - digestBytes - 1]);
        byte[] salt = unmasked[^digestBytes..];
        Assert.Equal(hash, Shake([.. new byte[8], .. Shake(Data, digestBytes), .. salt], digestBytes));

        byte[] Shake(byte[] data, int length) => digestBytes == 32 ? Shake128.HashData(data, length) : Shake256.HashData(data, length);
        static BigInteger Unsigned(ReadOnlySpan<byte> number) => new(number, isUnsigned: true, isBigEndian: true);
    }

    [SkippableTheory]
    [InlineData(Oids.EcdsaWithShake128)]
    [InlineData(Oids.EcdsaWithShake256)]
    public void NET_verifies_ECDSA_over_its_own_SHAKE(string oid)
    {
        Skip.IfNot(Shake128.IsSupported, ".NET has no SHAKE here");
        foreach (string word in new[] { "ECDSA_P256", "ECDSA_P384", "ECDSA_P521" })
        {
            using PrivateKey key = TestKeys.Open(word);
            using ECDsa ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(key.PublicKey.Encoded.Span, out _);
            byte[] digest = oid == Oids.EcdsaWithShake128 ? Shake128.HashData(Data, 32) : Shake256.HashData(Data, 64);
            Assert.True(ecdsa.VerifyHash(digest, key.Sign(Data, new AlgorithmIdentifier(oid)), DSASignatureFormat.Rfc3279DerSequence));
        }
    }
#endif

    private static byte[] Short()
    {
        using RSA rsa = RSA.Create();
        rsa.KeySize = 1024;
        byte[] pkcs1 = RsaPrivateKey.Write(rsa.ExportParameters(includePrivateParameters: true));
        return Pkcs8.Write(AlgorithmIdentifier.WithNull(Oids.RsaEncryption), pkcs1);
    }
}
