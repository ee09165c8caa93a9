using System;
using System.Formats.Asn1;
using System.IO;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace Cmp.Tests.Cryptography;

public class KemTests
{
    public static TheoryData<string> Words => new("ML-KEM-512", "ML-KEM-768", "ML-KEM-1024");

    [Theory]
    [MemberData(nameof(Words))]
    public void What_was_encapsulated_for_a_key_it_opens_and_no_other_does(string word)
    {
        using PrivateKey key = TestKeys.Open(word), other = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        Assert.Equal(word, key.Algorithm.Name);
        Assert.False(key.CanSign || key.CanAgree || key.CanBeAttached);
        Assert.True(key.CanDecapsulate && Kem.IsSupported(key.PublicKey.Algorithm));
        using KemEncapsulation encapsulation = Kem.Encapsulate(key.PublicKey);
        byte[] secret = key.Decapsulate(encapsulation.Ciphertext);
        Assert.Equal(32, secret.Length);
        Assert.Equal(encapsulation.CopySecret(), secret);
        Assert.NotEqual(secret, other.Decapsulate(encapsulation.Ciphertext));
        using KemEncapsulation again = Kem.Encapsulate(key.PublicKey);
        Assert.NotEqual(secret, again.CopySecret());
    }

    [Theory]
    [MemberData(nameof(Words))]
    public void A_key_comes_back_from_each_of_its_three_forms(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        (byte[] seed, byte[] expanded) = Both(key);
        using KemEncapsulation encapsulation = Kem.Encapsulate(key.PublicKey);
        foreach (Action<AsnWriter> form in new Action<AsnWriter>[]
        {
            w => w.WriteOctetString(seed, new Asn1Tag(TagClass.ContextSpecific, 0)),
            w => w.WriteOctetString(expanded),
            w => WriteBoth(w, seed, expanded),
        })
        {
            using PrivateKey read = PrivateKey.FromPkcs8(Envelope(key, form));
            read.EnsureFits(key.PublicKey);
            Assert.Equal(encapsulation.CopySecret(), read.Decapsulate(encapsulation.Ciphertext));
            using PrivateKey again = PrivateKey.FromPkcs8(read.ExportPkcs8());
            again.EnsureFits(key.PublicKey);
        }
    }

    [Fact]
    public void A_seed_with_the_key_of_another_one_and_a_key_that_was_changed_are_refused()
    {
        using PrivateKey key = TestKeys.Open("ML-KEM-512"), other = PrivateKey.Generate(KeyAlgorithm.Parse("ML-KEM-512"));
        (byte[] seed, byte[] expanded) = Both(key);
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Envelope(key, w => WriteBoth(w, seed, Both(other).Expanded))));
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Envelope(key, w => w.WriteOctetString(expanded.AsSpan(1)))));
        expanded[1000] ^= 1; // within the public key, whose digest stands behind it
        Expect.Error("CmpKey.Malformed", () => PrivateKey.FromPkcs8(Envelope(key, w => w.WriteOctetString(expanded))));
    }

    [Fact]
    public void Rule19_A_secret_half_of_another_key_is_found()
    {
        using PrivateKey key = TestKeys.Open("ML-KEM-512");
        (_, byte[] expanded) = Both(key);
        expanded[10] ^= 1; // of the secret vector, which nothing else speaks of
        using PrivateKey liar = PrivateKey.FromPkcs8(Envelope(key, w => w.WriteOctetString(expanded)));
        Expect.Error("CmpKey.Mismatch", () => liar.EnsureFits(key.PublicKey));
    }

    [Fact]
    public void A_ciphertext_of_a_wrong_length_is_a_typed_error_and_not_opened()
    {
        using PrivateKey key = TestKeys.Open("ML-KEM-768");
        foreach (int length in new[] { 0, 1, 1087, 1089, 1568, 100_000 })
            Assert.Equal(CmpErrorKind.Protection, Expect.Error("CmpProtection.Ciphertext", () => key.Decapsulate(new byte[length])).Kind);
        using PrivateKey signer = TestKeys.Open("ECDSA_P256");
        Expect.Error("CmpKey.Decapsulation", () => signer.Decapsulate(new byte[1088]));
    }

    [Fact]
    public void A_public_key_that_is_none_is_a_typed_error()
    {
        using PrivateKey key = TestKeys.Open("ML-KEM-768"), signer = TestKeys.Open("ECDSA_P256");
        Expect.Error("CmpProtection.Algorithm", () => Kem.Encapsulate(signer.PublicKey));
        Expect.Error("CmpMessage.Malformed", () => Kem.Encapsulate(key.PublicKey with { Key = key.PublicKey.Key.Slice(1) }));
        Expect.Error("CmpMessage.Malformed", () => Kem.Encapsulate(key.PublicKey with { Algorithm = AlgorithmIdentifier.WithNull(Oids.MLKem768) }));
        // FIPS 203 7.2: coefficients above 3328
        Expect.Error("CmpProtection.PublicKey", () => Kem.Encapsulate(key.PublicKey with { Key = Enumerable.Repeat((byte)0xFF, 1184).ToArray() }));
    }

    /// <summary>The mock CA of Siemens encapsulated for a key of ML-KEM-768 and wrapped a key under the secret (RFC 9629 3): that it unwraps proves the secret.</summary>
    [SkippableFact]
    public void A_secret_that_others_encapsulated_is_opened()
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        string folder = Path.Combine(Repository.Data!, "foreign");
        byte[] message = File.ReadAllBytes(Path.Combine(folder, "encrcert-mlkem.r.der"));
        int at = message.AsSpan().IndexOf(new byte[] { 0x04, 0x82, 0x04, 0x40 }); // an OCTET STRING of 1088 octets
        Assert.True(at > 0);
        using PrivateKey key = OpenSiemensKey(File.ReadAllText(Path.Combine(folder, "encrcert-mlkem.key.pem")));
        byte[] secret = key.Decapsulate(message.AsMemory(at + 4, 1088));

        var reader = new AsnReader(message.AsMemory(at + 4 + 1088), AsnEncodingRules.BER);
        AlgorithmIdentifier kdf = Asn1Reader.Decode(reader.ReadEncodedValue(), null, AlgorithmIdentifier.Read);
        var info = new AsnWriter(AsnEncodingRules.DER);
        Assert.True(reader.TryReadInt32(out int length));
        ReadOnlyMemory<byte> wrap = reader.ReadEncodedValue();
        using (info.PushSequence())
        {
            info.WriteEncodedValue(wrap.Span);
            info.WriteInteger(length);
        }
        var engine = new AesWrapEngine();
        engine.Init(false, new KeyParameter(KeyDerivation.Derive(kdf, secret, length, info.Encode())));
        byte[] wrapped = reader.ReadOctetString();
        Assert.Equal(wrapped.Length - 8, engine.Unwrap(wrapped, 0, wrapped.Length).Length);
        secret[0] ^= 1;
        engine.Init(false, new KeyParameter(KeyDerivation.Derive(kdf, secret, length, info.Encode())));
        Assert.Throws<InvalidCipherTextException>(() => engine.Unwrap(wrapped, 0, wrapped.Length));
    }

    /// <summary>Siemens writes the seed bare, as a draft of RFC 9935 had it.</summary>
    internal static PrivateKey OpenSiemensKey(string pem)
    {
        byte[] der = Convert.FromBase64String(string.Concat(pem.Split('\n').Where(line => !line.StartsWith("-", StringComparison.Ordinal))));
        AsnReader reader = new AsnReader(der, AsnEncodingRules.DER).ReadSequence();
        reader.ReadInteger();
        ReadOnlyMemory<byte> algorithm = reader.ReadEncodedValue();
        byte[] seed = reader.ReadOctetString();
        Assert.Equal(64, seed.Length);
        return PrivateKey.FromPkcs8(Envelope(algorithm, w => w.WriteOctetString(seed, new Asn1Tag(TagClass.ContextSpecific, 0))));
    }

    private static (byte[] Seed, byte[] Expanded) Both(PrivateKey key)
    {
        AsnReader reader = new AsnReader(key.ExportPkcs8(), AsnEncodingRules.DER).ReadSequence();
        reader.ReadInteger();
        reader.ReadSequence();
        AsnReader both = new AsnReader(reader.ReadOctetString(), AsnEncodingRules.DER).ReadSequence();
        return (both.ReadOctetString(), both.ReadOctetString());
    }

    private static void WriteBoth(AsnWriter writer, byte[] seed, byte[] expanded)
    {
        using (writer.PushSequence())
        {
            writer.WriteOctetString(seed);
            writer.WriteOctetString(expanded);
        }
    }

    private static byte[] Envelope(PrivateKey key, Action<AsnWriter> write) => Envelope(key.PublicKey.Algorithm.Encoded, write);

    private static byte[] Envelope(ReadOnlyMemory<byte> algorithm, Action<AsnWriter> write)
    {
        var inner = new AsnWriter(AsnEncodingRules.DER);
        write(inner);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(0);
            writer.WriteEncodedValue(algorithm.Span);
            writer.WriteOctetString(inner.Encode());
        }
        return writer.Encode();
    }
}
