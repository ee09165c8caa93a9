using System;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Tasks;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class SignatureAlgorithmsTests
{
    private static readonly byte[] Data = Encoding.ASCII.GetBytes("data");

    [Theory]
    [InlineData("RSA_2048", null, false, Oids.Sha256WithRsa)]
    [InlineData("RSA_2048", "SHA-512", false, Oids.Sha512WithRsa)]
    [InlineData("RSA_2048", "sha384", true, Oids.RsassaPss)]
    [InlineData("ECDSA_P256", null, false, Oids.Sha256WithEcdsa)]
    [InlineData("ECDSA_P256", null, true, Oids.Sha256WithEcdsa)]
    [InlineData("ECDSA_P384", null, false, Oids.Sha256WithEcdsa)]
    [InlineData("ECDSA_P521", "SHA512", false, Oids.Sha512WithEcdsa)]
    public void Rule21_SHA256_is_the_default(string word, string? hash, bool pss, string oid)
    {
        using PrivateKey key = TestKeys.Open(word);
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key, hash, pss);
        Assert.Equal(oid, algorithm.Oid);
        Assert.True(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, key.Sign(Data, algorithm)));
    }

    [Fact]
    public void Parameters_are_as_the_RFCs_want_them()
    {
        using PrivateKey rsa = TestKeys.Open("RSA_2048");
        using PrivateKey ec = TestKeys.Open("ECDSA_P256");
        Assert.Equal("300D06092A864886F70D01010B0500", Hex.Of(SignatureAlgorithms.For(rsa).Encoded.Span));
        Assert.Equal("300A06082A8648CE3D040302", Hex.Of(SignatureAlgorithms.For(ec).Encoded.Span));
        RsassaPssParameters pss = RsassaPssParameters.Decode(SignatureAlgorithms.For(rsa, "SHA384", pss: true).Parameters!.Value);
        Assert.Equal((Oids.Sha384, Oids.Sha384, 48), (pss.HashAlgorithm.Oid, pss.MaskHashAlgorithm.Oid, pss.SaltLength));
    }

    [Theory]
    [InlineData("MD5")]
    [InlineData("SHA3-256")]
    [InlineData("")]
    [InlineData("\u001b]0;x")]
    public void Rule21_An_unsupported_digest_is_a_local_error(string hash)
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        CmpException e = Expect.Error("CmpKey.HashAlgorithm", () => SignatureAlgorithms.For(key, hash));
        Assert.Equal(CmpErrorKind.Argument, e.Kind);
        Assert.DoesNotContain('\u001b', e.Message);
    }

    [Fact]
    public void Rule67_Key_and_algorithm_must_agree()
    {
        using PrivateKey rsa = TestKeys.Open("RSA_2048");
        using PrivateKey ec = TestKeys.Open("ECDSA_P256");
        AlgorithmIdentifier rsaAlgorithm = SignatureAlgorithms.For(rsa);
        AlgorithmIdentifier ecAlgorithm = SignatureAlgorithms.For(ec);
        byte[] rsaSignature = rsa.Sign(Data, rsaAlgorithm);
        Assert.True(SignatureAlgorithms.Verify(rsaAlgorithm, rsa.PublicKey, Data, rsaSignature));
        Assert.False(SignatureAlgorithms.Verify(ecAlgorithm, rsa.PublicKey, Data, rsaSignature));
        Assert.False(SignatureAlgorithms.Verify(rsaAlgorithm, ec.PublicKey, Data, rsaSignature));
        Assert.False(SignatureAlgorithms.Verify(AlgorithmIdentifier.WithNull(Oids.Sha512WithRsa), rsa.PublicKey, Data, rsaSignature));
        Assert.False(SignatureAlgorithms.Verify(SignatureAlgorithms.For(rsa, pss: true), rsa.PublicKey, Data, rsaSignature));
    }

    [Fact]
    public void Rule67_A_key_for_PSS_only_signs_and_verifies_nothing_else()
    {
        using PrivateKey any = TestKeys.Open("RSA_2048");
        byte[] pkcs1 = Pkcs8.Read(any.ExportPkcs8(), (_, inner) => inner).ToArray();
        using PrivateKey pssOnly = PrivateKey.FromPkcs8(Pkcs8.Write(new AlgorithmIdentifier(Oids.RsassaPss), pkcs1));
        Assert.Equal(Oids.RsassaPss, SignatureAlgorithms.For(pssOnly).Oid);
        pssOnly.EnsureFits(any.PublicKey);
        any.EnsureFits(pssOnly.PublicKey);
        byte[] pkcs1Signature = any.Sign(Data, SignatureAlgorithms.For(any));
        Assert.False(SignatureAlgorithms.Verify(SignatureAlgorithms.For(any), pssOnly.PublicKey, Data, pkcs1Signature));
        Expect.Error("CmpKey.SignatureAlgorithm", () => pssOnly.Sign(Data, SignatureAlgorithms.For(any)));

        // parameters in the key demand a digest (RFC 4055 3.3)
        using PrivateKey sha384Only = PrivateKey.FromPkcs8(Pkcs8.Write(new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha384, 48).Encoded), pkcs1));
        Expect.Error("CmpKey.HashAlgorithm", () => SignatureAlgorithms.For(sha384Only, "SHA256"));
        AlgorithmIdentifier sha384 = SignatureAlgorithms.For(sha384Only);
        Assert.Equal(Oids.Sha384, SignatureAlgorithms.DigestOid(sha384));
        Assert.True(SignatureAlgorithms.Verify(sha384, sha384Only.PublicKey, Data, sha384Only.Sign(Data, sha384)));
        AlgorithmIdentifier sha256 = SignatureAlgorithms.For(pssOnly);
        Assert.False(SignatureAlgorithms.Verify(sha256, sha384Only.PublicKey, Data, pssOnly.Sign(Data, sha256)));
    }

    [Fact]
    public void Other_parameters_of_PSS_are_a_typed_error()
    {
        using PrivateKey key = TestKeys.Open("RSA_2048");
        byte[] signature = key.Sign(Data, SignatureAlgorithms.For(key, pss: true));
        var sha256 = AlgorithmIdentifier.WithNull(Oids.Sha256);
        foreach (AlgorithmIdentifier other in new[]
        {
            new AlgorithmIdentifier(Oids.RsassaPss),
            new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha256, 20).Encoded),
            new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha256, 222).Encoded),
            new AlgorithmIdentifier(Oids.RsassaPss, new RsassaPssParameters(sha256, AlgorithmIdentifier.WithNull(Oids.Sha1), 32).Encoded),
            new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create("2.16.840.1.101.3.4.2.8", 32).Encoded),
        })
        {
            Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(other, key.PublicKey, Data, signature));
        }
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(AlgorithmIdentifier.WithNull(Oids.RsassaPss), key.PublicKey, Data, signature));
    }

    [Fact]
    public void Parameters_where_none_belong_are_a_typed_error_but_NULL_is_not()
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        byte[] signature = key.Sign(Data, SignatureAlgorithms.For(key));
        Assert.True(SignatureAlgorithms.Verify(AlgorithmIdentifier.WithNull(Oids.Sha256WithEcdsa), key.PublicKey, Data, signature));
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(new AlgorithmIdentifier(Oids.Sha256WithEcdsa, new byte[] { 2, 1, 1 }), key.PublicKey, Data, signature));
    }

    [Fact]
    public void What_is_not_supported_is_a_typed_error()
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        byte[] signature = key.Sign(Data, SignatureAlgorithms.For(key));
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(new AlgorithmIdentifier("1.2.3"), key.PublicKey, Data, signature));
        byte[] secp256k1 = [6, 5, 0x2B, 0x81, 4, 0, 10];
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(SignatureAlgorithms.For(key), new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.EcPublicKey, secp256k1), key.PublicKey.Key), Data, signature));
        byte[] compressed = [2, .. key.PublicKey.Key.Slice(1, 32).ToArray()];
        Expect.Error("CmpProtection.Algorithm", () => SignatureAlgorithms.Verify(SignatureAlgorithms.For(key), new SubjectPublicKeyInfo(key.PublicKey.Algorithm, compressed), Data, signature));
    }

    [Fact]
    public void Keys_that_are_none_are_malformed()
    {
        AlgorithmIdentifier ecdsa = new(Oids.Sha256WithEcdsa);
        AlgorithmIdentifier rsa = AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa);
        AlgorithmIdentifier rsaKey = AlgorithmIdentifier.WithNull(Oids.RsaEncryption);
        foreach ((AlgorithmIdentifier algorithm, SubjectPublicKeyInfo key) in new[]
        {
            (ecdsa, EcPublicKey.Write(EcCurve.All[0], new byte[64])),
            (ecdsa, EcPublicKey.Write(EcCurve.All[0], new byte[65])),
            (ecdsa, EcPublicKey.Write(EcCurve.All[1], [0])),
            (ecdsa, new SubjectPublicKeyInfo(new AlgorithmIdentifier(Oids.EcPublicKey), new byte[65])),
            (rsa, new SubjectPublicKeyInfo(rsaKey, new byte[] { 1, 2, 3 })),
            (rsa, new SubjectPublicKeyInfo(rsaKey, new byte[] { 0x30, 0 })),
            (rsa, new SubjectPublicKeyInfo(rsaKey, new byte[] { 0x30, 6, 2, 1, 0, 2, 1, 3 })),
            (rsa, new SubjectPublicKeyInfo(rsaKey, new byte[] { 0x30, 6, 2, 1, 0xFF, 2, 1, 3 })),
        })
        {
            Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(algorithm, key, Data, new byte[64]));
        }
    }

    [Theory]
    [InlineData(16_385, 3, 0)]
    [InlineData(2048, 33, 0)]
    [InlineData(4096, 3, 2048)]
    public void The_numbers_of_an_RSA_key_are_bounded_before_anybody_computes_with_them(int modulusBits, int exponentBytes, int limit)
    {
        var modulus = new byte[(modulusBits + 7) / 8];
        modulus.AsSpan().Fill(0xFF);
        modulus[0] = (byte)(0xFF >> (8 * modulus.Length - modulusBits));
        var exponent = new byte[exponentBytes];
        exponent.AsSpan().Fill(0xFF);
        SubjectPublicKeyInfo key = RsaPublicKey.Write(new RSAParameters { Modulus = modulus, Exponent = exponent });
        CmpLimits limits = limit == 0 ? CmpLimits.Default : CmpLimits.Default with { MaxPublicKeyBits = limit };
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.Verify(AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa), key, Data, new byte[modulus.Length], limits));
    }

    [Fact]
    public void Signatures_of_ECDSA_that_are_not_two_positive_numbers_are_wrong()
    {
        using PrivateKey key = TestKeys.Open("ECDSA_P256");
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        byte[] good = key.Sign(Data, algorithm);
        byte[] numbers = EcdsaSignature.ToP1363(good, 32)!;
        foreach (byte[] bad in new[]
        {
            numbers,
            [.. good, 0],
            good.Take(good.Length - 1).ToArray(),
            [0x30, 6, 2, 1, 0, 2, 1, 0],
            [0x30, 6, 2, 1, 1, 2, 1, 0xFF],
            EcdsaSignature.ToDer(new byte[64]),
            EcdsaSignature.ToDer([1, .. new byte[32], 1, .. new byte[32]]),
        })
        {
            Assert.False(SignatureAlgorithms.Verify(algorithm, key.PublicKey, Data, bad));
        }
    }

    [Theory]
    [InlineData(Oids.Sha1WithRsa, Oids.Sha1)]
    [InlineData(Oids.Md5WithRsa, Oids.Md5)]
    [InlineData(Oids.Sha256WithRsa, Oids.Sha256)]
    [InlineData(Oids.Sha384WithEcdsa, Oids.Sha384)]
    [InlineData(Oids.RsassaPssShake128, Oids.Shake128)]
    [InlineData(Oids.EcdsaWithShake256, Oids.Shake256)]
    [InlineData(Oids.Ed25519, Oids.Sha512)]
    [InlineData(Oids.Ed448, Oids.Shake256)]
    [InlineData("2.16.840.1.101.3.4.3.17", null)] // ML-DSA-44
    [InlineData("1.2.3", null)]
    public void Rule42_The_signature_algorithm_names_the_digest_of_certConf(string oid, string? digest) =>
        Assert.Equal(digest, SignatureAlgorithms.DigestOid(new AlgorithmIdentifier(oid)));

    [Fact]
    public void Rule42_The_parameters_of_PSS_name_it_too_even_odd_ones()
    {
        Assert.Equal(Oids.Sha384, SignatureAlgorithms.DigestOid(new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(Oids.Sha384, 20).Encoded)));
        Assert.Equal(Oids.Sha1, SignatureAlgorithms.DigestOid(new AlgorithmIdentifier(Oids.RsassaPss, new byte[] { 0x30, 0 })));
        Assert.Null(SignatureAlgorithms.DigestOid(new AlgorithmIdentifier(Oids.RsassaPss)));
        Expect.Error("CmpMessage.Malformed", () => SignatureAlgorithms.DigestOid(new AlgorithmIdentifier(Oids.RsassaPss, new byte[] { 0x30, 9 })));
    }

    [Fact]
    public void More_keys_than_stay_open_verify_on_many_threads()
    {
        (PrivateKey Key, byte[] Signature)[] signers = Enumerable.Range(0, 3 * VerifierCache.Capacity).Select(_ =>
        {
            PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
            return (key, key.Sign(Data, SignatureAlgorithms.For(key)));
        }).ToArray();
        var algorithm = new AlgorithmIdentifier(Oids.Sha256WithEcdsa);
        Parallel.For(0, 2000, i =>
        {
            int at = i % signers.Length;
            Assert.True(SignatureAlgorithms.Verify(algorithm, signers[at].Key.PublicKey, Data, signers[at].Signature));
            Assert.False(SignatureAlgorithms.Verify(algorithm, signers[at].Key.PublicKey, Data, signers[(at + 1) % signers.Length].Signature));
        });
    }
}
