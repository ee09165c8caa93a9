using System;
using Cmp.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>RSA keys that open what was encrypted for them, by both back ends and by the program that others wrote.</summary>
public class DecryptionTests
{
    private static readonly byte[] Data = Secrets.Random(40);

    /// <summary>The words of openssl for the ways, and the parameters of ours.</summary>
    public static TheoryData<string, string?, string?> Ways => new()
    {
        { "rsa_padding_mode:pkcs1", null, null },
        { "rsa_padding_mode:oaep", Oids.Sha1, Oids.Sha1 },
        { "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha224", Oids.Sha224, Oids.Sha224 },
        { "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256", Oids.Sha256, Oids.Sha256 },
        { "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha384", Oids.Sha384, Oids.Sha384 },
        { "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha512", Oids.Sha512, Oids.Sha512 },
        { "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha1", Oids.Sha256, Oids.Sha1 },
        { "rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_oaep_label:0102", Oids.Sha256, Oids.Sha256 },
    };

    [SkippableTheory]
    [MemberData(nameof(Ways))]
    public void OpenSSL_decrypts_what_we_encrypt_and_we_what_it_encrypts(string options, string? digest, string? mask)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = TestKeys.Open("RSA_2048");
        RsaEncryption encryption = Of(options, digest, mask);
        openssl.Write("data", Data);
        openssl.WritePem("key.pem", "PRIVATE KEY", key.ExportPkcs8());
        openssl.WritePem("public.pem", "PUBLIC KEY", key.PublicKey.Encoded.ToArray());

        openssl.Do($"pkeyutl -encrypt -pubin -inkey public.pem -in data -out theirs -pkeyopt {options}");
        Assert.Equal(Data, key.Decrypt(openssl.Read("theirs"), encryption.ToIdentifier()));
        openssl.Write("ours", PublicKeyEncryption.Encrypt(key.PublicKey, Data, encryption.ToIdentifier()));
        openssl.Do($"pkeyutl -decrypt -inkey key.pem -in ours -out opened -pkeyopt {options}");
        Assert.Equal(Data, openssl.Read("opened"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Both_back_ends_agree(string options, string? digest, string? mask)
    {
        using PrivateKey key = TestKeys.Open("RSA_2048"), other = PrivateKey.Generate(KeyAlgorithm.Parse("RSA_2048"));
        using PrivateKey slow = Pkcs8.Read(TestKeys.Pkcs8("RSA_2048"), BackEnd.BouncyCastle.Import);
        RsaEncryption encryption = Of(options, digest, mask);
        Assert.Equal(encryption with { Label = default }, RsaEncryption.Of(encryption.ToIdentifier()) with { Label = default });
        foreach (byte[] ciphertext in new[] { encryption.Encrypt(key.PublicKey, Data), BackEnd.BouncyCastle.Encrypt(key.PublicKey, encryption, Data) })
        {
            Assert.Equal(256, ciphertext.Length);
            Assert.Equal(Data, key.Decrypt(ciphertext, encryption.ToIdentifier()));
            Assert.Equal(Data, slow.Decrypt(ciphertext, encryption.ToIdentifier()));
            if (encryption.IsOaep)
                Expect.Error("CmpKey.NotDecrypted", () => other.Decrypt(ciphertext, encryption.ToIdentifier()));
            byte[] changed = (byte[])ciphertext.Clone();
            changed[100] ^= 1;
            foreach (PrivateKey with in new[] { key, slow })
            {
                if (encryption.IsOaep)
                    Expect.Error("CmpKey.NotDecrypted", () => with.Decrypt(changed, encryption.ToIdentifier()));
                Expect.Error("CmpKey.NotDecrypted", () => with.Decrypt(ciphertext.AsMemory(1), encryption.ToIdentifier()));
            }
        }
    }

    [SkippableFact]
    public void The_key_of_a_certificate_opens_what_was_encrypted_for_it()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        using PrivateKey key = TestKeys.Open("RSA_2048");
        using System.Security.Cryptography.X509Certificates.X509Certificate2 bare = TestCertificate.CertificateOf(key), bound = key.AttachTo(bare);
        using PrivateKey where = PrivateKey.Of(bound)!;
        foreach (RsaEncryption encryption in new[] { RsaEncryption.Pkcs1, RsaEncryption.Oaep(Oids.Sha256), new RsaEncryption(Oids.Sha256, Oids.Sha1) })
            Assert.Equal(Data, where.Decrypt(encryption.Encrypt(key.PublicKey, Data), encryption.ToIdentifier()));
        Assert.Equal(Data.AsSpan(0, 32).ToArray(), where.DecryptKey(RsaEncryption.Pkcs1.Encrypt(key.PublicKey, Data.AsSpan(0, 32).ToArray()), 32));
    }

    [Fact]
    public void Keys_that_do_not_decrypt_say_so()
    {
        foreach (string word in new[] { "ECDSA_P256", "Ed25519", "X25519", "ML-KEM-512" })
        {
            using PrivateKey key = TestKeys.Open(word);
            Assert.False(key.CanDecrypt);
            Expect.Error("CmpKey.Decryption", () => key.Decrypt(new byte[256], AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
            Expect.Error("CmpProtection.Algorithm", () => PublicKeyEncryption.Encrypt(key.PublicKey, Data, AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
        }
        using PrivateKey rsa = TestKeys.Open("RSA_2048");
        Assert.True(rsa.CanDecrypt);
        Expect.Error("CmpProtection.Algorithm", () => rsa.Decrypt(new byte[256], new AlgorithmIdentifier("1.2.3.4")));
        Expect.Error("CmpProtection.Algorithm", () => rsa.Decrypt(new byte[256], new AlgorithmIdentifier(Oids.RsaesOaep, RsaesOaepParams.Create(Oids.Md5).Encoded)));
        Expect.Error("CmpMessage.Malformed", () => rsa.Decrypt(new byte[256], new AlgorithmIdentifier(Oids.RsaesOaep, new byte[] { 4, 0 })));
        Expect.Error("CmpProtection.PublicKey", () => PublicKeyEncryption.Encrypt(rsa.PublicKey, new byte[256], AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
    }

    /// <summary>A key for RSASSA-PSS alone signs and does nothing else (RFC 4055 1.2).</summary>
    [Fact]
    public void A_key_for_signatures_alone_does_not_decrypt()
    {
        byte[] pkcs8 = Pkcs8.Read(TestKeys.Pkcs8("RSA_2048"), (_, inner) => Pkcs8.Write(new AlgorithmIdentifier(Oids.RsassaPss), inner.ToArray()));
        using PrivateKey key = PrivateKey.FromPkcs8(pkcs8);
        Assert.True(key.CanSign);
        Assert.False(key.CanDecrypt);
        Expect.Error("CmpKey.Decryption", () => key.Decrypt(new byte[256], AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
        Expect.Error("CmpProtection.Algorithm", () => PublicKeyEncryption.Encrypt(key.PublicKey, Data, AlgorithmIdentifier.WithNull(Oids.RsaEncryption)));
    }

    /// <summary>RFC 4055 4.1: defaults are left out, and what is left out is SHA-1.</summary>
    [Fact]
    public void Parameters_of_OAEP_survive_the_wire()
    {
        Assert.Equal(new byte[] { 0x30, 0 }, RsaesOaepParams.Create(Oids.Sha1).Encoded.ToArray());
        var parameters = new RsaesOaepParams(AlgorithmIdentifier.WithNull(Oids.Sha256), AlgorithmIdentifier.WithNull(Oids.Sha1), new byte[] { 1, 2 });
        RsaesOaepParams read = RsaesOaepParams.Decode(parameters.Encoded);
        Assert.Equal((Oids.Sha256, Oids.Sha1), (read.HashAlgorithm.Oid, read.MaskHashAlgorithm.Oid));
        Assert.Equal(new byte[] { 1, 2 }, read.Label.ToArray());
        read = RsaesOaepParams.Decode(new byte[] { 0x30, 0 });
        Assert.Equal((Oids.Sha1, Oids.Sha1, 0), (read.HashAlgorithm.Oid, read.MaskHashAlgorithm.Oid, read.Label.Length));
    }

    private static RsaEncryption Of(string options, string? digest, string? mask) =>
        digest is null ? RsaEncryption.Pkcs1 : new RsaEncryption(digest, mask, options.EndsWith("0102", StringComparison.Ordinal) ? new byte[] { 1, 2 } : default(ReadOnlyMemory<byte>));
}
