using System;
using System.Formats.Asn1;
using System.IO;
using System.Linq;
using System.Numerics;
using System.Text;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Keys;

public sealed class KeyFileTests
{
    private const string Text = "pass wörd €";

    public static TheoryData<string, string> Algorithms => new()
    {
        { "RSA_2048", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048" },
        { "ECDSA_P256", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256" },
        { "ECDSA_P384", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384" },
        { "ECDSA_P521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521" },
    };

    [SkippableTheory]
    [MemberData(nameof(Algorithms))]
    public void Reads_the_key_files_of_OpenSSL(string algorithm, string options)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do($"genpkey {options} -out pkcs8.pem");
        openssl.Do("pkey -in pkcs8.pem -outform DER -out pkcs8.der");
        openssl.Do("pkey -in pkcs8.pem -traditional -out traditional.pem");
        openssl.Do("pkey -in pkcs8.pem -traditional -outform DER -out traditional.der");
        openssl.Do("req -new -x509 -key pkcs8.pem -subj /CN=x -out certificate.pem");
        openssl.Write("both.pem", [.. openssl.Read("certificate.pem"), .. openssl.Read("pkcs8.pem")]);
        openssl.Write("utf16.pem", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Encoding.ASCII.GetString(openssl.Read("pkcs8.pem")).Replace("\n", "\r\n"))]);
        byte[] expected = PublicKeyOf(openssl, "pkcs8.pem", null);
        foreach (string file in new[] { "pkcs8.pem", "pkcs8.der", "traditional.pem", "traditional.der", "both.pem", "utf16.pem" })
        {
            using PrivateKey key = KeyFile.Read(openssl.PathOf(file));
            Assert.Equal(algorithm, key.Algorithm.Name);
            Assert.True(expected.AsSpan().SequenceEqual(key.PublicKey.Encoded.Span), file);
            key.EnsureFits(key.PublicKey);
        }
    }

    [SkippableFact]
    public void Reads_a_curve_that_OpenSSL_names_before_the_key()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("ecparam -name prime256v1 -genkey -out key.pem");
        Assert.Contains("EC PARAMETERS", Encoding.ASCII.GetString(openssl.Read("key.pem")));
        using PrivateKey key = KeyFile.Read(openssl.PathOf("key.pem"));
        Assert.Equal("ECDSA_P256", key.Algorithm.Name);
    }

    [SkippableTheory]
    [InlineData("-v2 aes-256-cbc")]
    [InlineData("-v2 aes-128-cbc -v2prf hmacWithSHA1")]
    [InlineData("-v2 aes-192-cbc -v2prf hmacWithSHA224")]
    [InlineData("-v2 aes-256-cbc -v2prf hmacWithSHA384")]
    [InlineData("-v2 aes-256-cbc -v2prf hmacWithSHA512 -iter 100000")]
    [InlineData("-v2 des3")]
    [InlineData("-v1 PBE-SHA1-3DES")]
    [InlineData("-v1 PBE-SHA1-2DES")]
    [InlineData("-v1 PBE-SHA1-RC2-128 -provider legacy -provider default")]
    public void Reads_what_OpenSSL_encrypted(string encryption)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        string password = encryption.StartsWith("-v1", StringComparison.Ordinal) ? "password" : Text;
        openssl.Write("password", Encoding.UTF8.GetBytes(password));
        openssl.Do("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem");
        byte[] expected = PublicKeyOf(openssl, "plain.pem", null);
        foreach (string form in new[] { "PEM", "DER" })
        {
            openssl.Do($"pkcs8 -topk8 {encryption} -in plain.pem -outform {form} -passout file:password -out encrypted");
            using PrivateKey key = KeyFile.Read(openssl.PathOf("encrypted"), SecretText.Of(password));
            Assert.True(expected.AsSpan().SequenceEqual(key.PublicKey.Encoded.Span));
            Expect.Error("CmpKey.Password", () => KeyFile.Read(openssl.PathOf("encrypted"), SecretText.Of("another")));
            Expect.Error("CmpKey.PasswordRequired", () => KeyFile.Read(openssl.PathOf("encrypted")));
        }
    }

    [SkippableFact]
    public void A_wrong_password_is_called_so_also_when_its_padding_looks_right()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem");
        openssl.Do("pkcs8 -topk8 -v2 aes-256-cbc -iter 1 -in plain.pem -passout pass:right -out encrypted.pem");
        for (int i = 0; i < 1000; i++)
            Expect.Error("CmpKey.Password", () => KeyFile.Read(openssl.PathOf("encrypted.pem"), SecretText.Of($"wrong{i}")));
    }

    [SkippableTheory]
    [InlineData("RSA_2048")]
    [InlineData("ECDSA_P256")]
    [InlineData("ECDSA_P384")]
    [InlineData("ECDSA_P521")]
    [InlineData("ECDSA_brainpoolP256r1")]
    [InlineData("ECDSA_brainpoolP384r1")]
    [InlineData("ECDSA_brainpoolP512r1")]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    public void OpenSSL_reads_what_is_written(string algorithm)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse(algorithm));
        KeyFile.Write(openssl.PathOf("plain.pem"), key, password: null, overwrite: false);
        Assert.True(key.PublicKey.Encoded.Span.SequenceEqual(PublicKeyOf(openssl, "plain.pem", null)));
        openssl.Do("pkey -in plain.pem -check -noout");
    }

    [SkippableFact]
    public void OpenSSL_reads_what_is_written_encrypted()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Write("password", Encoding.UTF8.GetBytes(Text));
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        KeyFile.Write(openssl.PathOf("encrypted.pem"), key, SecretText.Of(Text), overwrite: false);
        Assert.True(key.PublicKey.Encoded.Span.SequenceEqual(PublicKeyOf(openssl, "encrypted.pem", "file:password")));
        Assert.NotEqual(0, openssl.Try("pkey -in encrypted.pem -noout -passin pass:another").ExitCode);
        string layout = openssl.Do("asn1parse -in encrypted.pem");
        foreach (string part in new[] { "PBES2", "PBKDF2", "hmacWithSHA256", "aes-256-cbc", ":0927C0" })
            Assert.Contains(part, layout);
        using PrivateKey again = KeyFile.Read(openssl.PathOf("encrypted.pem"), SecretText.Of(Text));
        Assert.True(again.PublicKey.IsSameAs(key.PublicKey));
    }

    [SkippableFact]
    public void Rule71_A_key_is_written_for_its_owner_alone_and_over_nothing()
    {
        using var folder = new Folder();
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        string path = folder.PathOf("key.pem");
        KeyFile.Write(path, key, password: null, overwrite: false);
        byte[] first = File.ReadAllBytes(path);
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        Expect.Error("CmpStore.Exists", () => KeyFile.Write(path, other, password: null, overwrite: false));
        Assert.Equal(first, File.ReadAllBytes(path));
        KeyFile.Write(path, other, password: null, overwrite: true);
        Assert.NotEqual(first, File.ReadAllBytes(path));
        UnixMode.OrSkip();
        Assert.Equal(UnixMode.OwnerOnly, UnixMode.Of(path));
    }

    [SkippableFact]
    public void A_key_of_an_unknown_kind_is_named()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out key.pem");
        Expect.Error("CmpKey.Algorithm", () => KeyFile.Read(openssl.PathOf("key.pem")));
    }

    [SkippableTheory]
    [InlineData("rsa -in plain.pem -traditional -aes128 -passout pass:x -out key", "OpenSSL")]
    [InlineData("pkcs8 -topk8 -in plain.pem -v1 PBE-MD5-DES -provider legacy -provider default -passout pass:x -out key", "Encryption by")]
    [InlineData("pkcs8 -topk8 -in plain.pem -scrypt -passout pass:x -out key", "key derivation")]
    public void An_encryption_of_an_unknown_kind_is_named_with_what_to_do(string command, string words)
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out plain.pem");
        openssl.Do(command);
        CmpException e = Expect.Error("CmpKey.Algorithm", () => KeyFile.Read(openssl.PathOf("key"), SecretText.Of("x")));
        Assert.Contains(words, e.Message);
        Assert.Contains("openssl pkcs8", e.RecommendedAction);
    }

    public static TheoryData<string, byte[]> Damaged => new()
    {
        { "empty", [] },
        { "text", Encoding.ASCII.GetBytes("This is no key.") },
        { "PEM without an end", Encoding.ASCII.GetBytes("-----BEGIN PRIVATE KEY-----\nMIIB\n") },
        { "PEM without a label's end", Encoding.ASCII.GetBytes("-----BEGIN PRIVATE KEY") },
        { "PEM within PEM", Encoding.ASCII.GetBytes("-----BEGIN PRIVATE KEY-----\nMIIB\n-----BEGIN X-----\n-----END PRIVATE KEY-----\n") },
        { "no base64", Encoding.ASCII.GetBytes("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n") },
        { "no DER", Pem.Write("PRIVATE KEY", [1, 2, 3]) },
        { "an empty SEQUENCE", [0x30, 0] },
        { "2 GB announced", [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 0x02] },
        { "an end without a beginning", [0x30, 0x80] },
        { "a deep nest", Nest(100) },
        { "an encrypted key of nothing", Pem.Write("ENCRYPTED PRIVATE KEY", [0x30, 0]) },
        { "an RSA key of nothing", Pem.Write("RSA PRIVATE KEY", [0x30, 3, 2, 1, 0]) },
        { "an EC key of nothing", Pem.Write("EC PRIVATE KEY", [0x30, 3, 2, 1, 1]) },
        { "a PFX of nothing", [0x30, 5, 2, 1, 3, 0x30, 0] },
        { "a key of OpenSSH", Pem.Write("OPENSSH PRIVATE KEY", [1, 2, 3]) },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Rule64_A_file_that_is_damaged_ends_in_one_error(string what, byte[] octets)
    {
        using var folder = new Folder();
        string path = folder.Write("key", octets);
        CmpException e = Assert.Throws<CmpException>(() => KeyFile.Read(path, SecretText.Of("secret")));
        Assert.True(e.ErrorId == "CmpKey.Unreadable", $"{what}: {e.ErrorId} {e.Message}");
        Assert.True(e.Octets.IsEmpty);
    }

    [SkippableFact]
    public void Rule64_A_file_that_is_cut_or_changed_anywhere_ends_in_one_error()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        using var folder = new Folder();
        openssl.Do("req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=x -out certificate.pem");
        openssl.Do("pkcs8 -topk8 -nocrypt -in key.pem -outform DER -out pkcs8");
        openssl.Do("pkcs8 -topk8 -iter 1 -in key.pem -outform DER -passout pass:secret -out encrypted");
        openssl.Do("pkcs12 -export -in certificate.pem -inkey key.pem -iter 1 -nomac -passout pass:secret -out pkcs12");
        var random = new Random(1);
        foreach (string form in new[] { "pkcs8", "encrypted", "pkcs12" })
        {
            byte[] whole = openssl.Read(form);
            for (int i = 0; i < 300; i++)
            {
                byte[] changed = whole.AsSpan(0, random.Next(2) == 0 ? random.Next(whole.Length) : whole.Length).ToArray();
                if (changed.Length > 0)
                    changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
                string path = folder.Write("key", changed);
                try
                {
                    KeyFile.Read(path, SecretText.Of("secret"), CmpLimits.Default with { MaxPbkdf2Iterations = 10_000 }).Dispose();
                }
                catch (CmpException e)
                {
                    Assert.StartsWith("CmpKey.", e.ErrorId, StringComparison.Ordinal);
                    Assert.DoesNotContain("secret", e.ToString());
                }
            }
        }
    }

    [Fact]
    public void What_is_not_there_is_named()
    {
        using var folder = new Folder();
        Expect.Error("CmpStore.NotFound", () => KeyFile.Read(folder.PathOf("none.pem")));
    }

    [SkippableFact]
    public void A_certificate_alone_is_no_key()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("req -new -x509 -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=x -out certificate.pem");
        Assert.Contains("no private key", Expect.Error("CmpKey.Unreadable", () => KeyFile.Read(openssl.PathOf("certificate.pem"))).Message);
    }

    public static TheoryData<string, string, string, string> Costs => new()
    {
        { "2000001", "16", "", "iteration count|2000001|2000000" },
        { "0", "16", "", "iteration count|0|" },
        { "-1", "16", "", "iteration count|-1|" },
        { "1099511627776", "16", "", "iteration count|1099511627776|" },
        { "1000", "1025", "", "salt|1025|1024" },
        { "1000", "16", "1025", "key length|1025|" },
        { "1000", "16", "16", "key length|16|32" },
    };

    [Theory]
    [MemberData(nameof(Costs))]
    public void Rule18_What_a_derivation_would_cost_is_known_before_it_begins(string iterations, string salt, string keyLength, string words)
    {
        using var folder = new Folder();
        byte[] file = Encrypted(BigInteger.Parse(iterations), int.Parse(salt), keyLength.Length == 0 ? null : int.Parse(keyLength));
        CmpException e = Expect.Error("CmpKey.Limit", () => KeyFile.Read(folder.Write("key", file), SecretText.Of("x")));
        foreach (string word in words.Split('|'))
            Assert.Contains(word, e.Message);
    }

    [Theory]
    [InlineData(1, 1024, 32)]
    [InlineData(1000, 0, null)]
    public void Rule18_What_is_within_the_bounds_is_derived(int iterations, int salt, int? keyLength)
    {
        using var folder = new Folder();
        Expect.Error("CmpKey.Password", () => KeyFile.Read(folder.Write("key", Encrypted(iterations, salt, keyLength)), SecretText.Of("x")));
    }

    [SkippableFact]
    public void Rule18_The_bound_is_2_000_000_iterations_and_can_be_set()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.Do("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out plain.pem");
        openssl.Do("pkcs8 -topk8 -v2 aes-256-cbc -iter 2000000 -in plain.pem -passout pass:x -out most.pem");
        KeyFile.Read(openssl.PathOf("most.pem"), SecretText.Of("x")).Dispose();
        openssl.Do("pkcs8 -topk8 -v2 aes-256-cbc -iter 1001 -in plain.pem -passout pass:x -out some.pem");
        KeyFile.Read(openssl.PathOf("some.pem"), SecretText.Of("x"), CmpLimits.Default with { MaxPbkdf2Iterations = 1001 }).Dispose();
        Expect.Error("CmpKey.Limit", () => KeyFile.Read(openssl.PathOf("some.pem"), SecretText.Of("x"), CmpLimits.Default with { MaxPbkdf2Iterations = 1000 }));
    }

    [Fact]
    public void Rule18_Many_keys_in_one_file_cost_no_more_than_a_few()
    {
        using var folder = new Folder();
        using PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        byte[] pem = KeyFile.ToPem(key, SecretText.Of("x"));
        CmpLimits limits = CmpLimits.Default with { MaxPbkdf2Iterations = 600_000 };
        KeyFile.Read(folder.Write("four.pem", Enumerable.Repeat(pem, 4).SelectMany(one => one).ToArray()), SecretText.Of("x"), limits).Dispose();
        Expect.Error("CmpKey.Limit", () => KeyFile.Read(folder.Write("five.pem", Enumerable.Repeat(pem, 5).SelectMany(one => one).ToArray()), SecretText.Of("x"), limits));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_file_of_nothing_but_beginnings_is_an_error(bool isIndefinite)
    {
        using var folder = new Folder();
        var octets = new byte[4 << 20];
        for (int i = 0; i < octets.Length; i += 2)
            (octets[i], octets[i + 1]) = (0x30, 0x80);
        if (!isIndefinite)
        {
            // SEQUENCE { 3, SEQUENCE { ... within lengths that fit
            byte[] inner = [];
            for (int i = 0; i < 5000; i++)
            {
                var writer = new AsnWriter(AsnEncodingRules.DER);
                using (writer.PushSequence())
                {
                    if (i == 4999)
                        writer.WriteInteger(3);
                    if (inner.Length > 0)
                        writer.WriteEncodedValue(inner);
                }
                inner = writer.Encode();
            }
            octets = inner;
        }
        CmpException error = Assert.ThrowsAny<CmpException>(() => KeyFile.Read(folder.Write("x.pfx", octets), SecretText.Of("x")));
        Assert.StartsWith("CmpKey.", error.ErrorId, StringComparison.Ordinal);
    }

    /// <summary>An EncryptedPrivateKeyInfo by PBES2 whose ciphertext means nothing.</summary>
    private static byte[] Encrypted(BigInteger iterations, int saltLength, int? keyLength)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier("1.2.840.113549.1.5.13");
                using (writer.PushSequence())
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier("1.2.840.113549.1.5.12");
                        using (writer.PushSequence())
                        {
                            writer.WriteOctetString(new byte[saltLength]);
                            writer.WriteInteger(iterations);
                            if (keyLength is { } length)
                                writer.WriteInteger(length);
                            AlgorithmIdentifier.WithNull(Oids.HmacWithSha256).Write(writer);
                        }
                    }
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier("2.16.840.1.101.3.4.1.42");
                        writer.WriteOctetString(new byte[16]);
                    }
                }
            }
            writer.WriteOctetString(new byte[160]);
        }
        return writer.Encode();
    }

    private static byte[] Nest(int depth)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        for (int i = 0; i < depth; i++)
            writer.PushSequence();
        writer.WriteNull();
        for (int i = 0; i < depth; i++)
            writer.PopSequence();
        return writer.Encode();
    }

    private static byte[] PublicKeyOf(OpenSslFolder openssl, string file, string? password)
    {
        openssl.Do($"pkey -in {file} {(password is null ? string.Empty : $"-passin {password}")} -pubout -outform DER -out public.der");
        return openssl.Read("public.der");
    }
}
