using System;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Cryptography.Enveloping;

/// <summary>A way to seal an envelope, by the words of the tests, and the key that opens it.</summary>
/// <param name="Word">As in <c>KARI P-256 SHA-256</c>.</param>
/// <param name="Algorithm">The kind of key; <see langword="null"/>: a password.</param>
/// <param name="Options">How it is sealed.</param>
internal sealed record Sealed(string Word, string? Algorithm, EnvelopeOptions Options)
{
    internal static readonly byte[] Password = Encoding.ASCII.GetBytes("a secret of both");

    internal static readonly byte[] Content = Encoding.ASCII.GetBytes("what nobody else may read, in more than one block");

    private static readonly MadeCertificate Root = MadeCertificate.Root();

    internal static readonly Sealed[] All =
    [
        new("KTRI PKCS#1", "RSA_2048", new EnvelopeOptions { Pkcs1 = true }),
        new("KTRI OAEP SHA-1", "RSA_2048", new EnvelopeOptions { Digest = Oids.Sha1 }),
        new("KTRI OAEP SHA-256", "RSA_2048", new EnvelopeOptions()),
        new("KTRI OAEP SHA-384", "RSA_2048", new EnvelopeOptions { Digest = Oids.Sha384 }),
        new("KTRI OAEP SHA-512", "RSA_2048", new EnvelopeOptions { Digest = Oids.Sha512 }),
        new("KARI P-256 SHA-1", "ECDSA_P256", new EnvelopeOptions { Digest = Oids.Sha1 }),
        new("KARI P-256 SHA-256", "ECDSA_P256", new EnvelopeOptions()),
        new("KARI P-384", "ECDSA_P384", new EnvelopeOptions()),
        new("KARI P-521", "ECDSA_P521", new EnvelopeOptions()),
        new("KARI brainpoolP256r1", "ECDSA_brainpoolP256r1", new EnvelopeOptions()),
        new("KARI X25519", "X25519", new EnvelopeOptions()),
        new("KARI X25519 X9.63", "X25519", new EnvelopeOptions { Hkdf = false }),
        new("KARI X448", "X448", new EnvelopeOptions()),
        new("KARI X448 X9.63", "X448", new EnvelopeOptions { Hkdf = false }),
        new("PWRI AES wrap", null, new EnvelopeOptions { Iterations = 1000 }),
        new("PWRI PWRI-KEK", null, new EnvelopeOptions { Iterations = 1000, PwriKek = true }),
        new("KEMRI 512", "ML-KEM-512", new EnvelopeOptions()),
        new("KEMRI 768", "ML-KEM-768", new EnvelopeOptions()),
        new("KEMRI 1024", "ML-KEM-1024", new EnvelopeOptions()),
    ];

    internal static Sealed By(string word) => All.Single(way => way.Word == word);

    internal static TheoryData<string> Words
    {
        get
        {
            var words = new TheoryData<string>();
            foreach (Sealed way in All)
                words.Add(way.Word);
            return words;
        }
    }

    /// <summary>A certificate of the key for everything.</summary>
    internal static Certificate Certify(PrivateKey key, KeyUsages? usage = null) =>
        Root.Certify(key.PublicKey, "CN=Recipient", new Shape { KeyUsage = usage, NotBefore = DateTimeOffset.UtcNow.AddDays(-1), NotAfter = DateTimeOffset.UtcNow.AddDays(30) });

    /// <summary>Seals, and gives what opens it: the key with its certificate, or the password.</summary>
    internal (EnvelopedData Envelope, EnvelopeKey Key) Seal(byte[]? content = null, EnvelopeOptions? options = null)
    {
        if (Algorithm is null)
            return (Envelope.Seal(content ?? Content, Oids.Data, EnvelopeRecipient.OfPassword(Password), options ?? Options), EnvelopeKey.OfPassword(Password));
        PrivateKey key = TestKeys.Open(Algorithm);
        Certificate certificate = Certify(key);
        return (Envelope.Seal(content ?? Content, Oids.Data, EnvelopeRecipient.Of(certificate), options ?? Options), EnvelopeKey.Of(key, certificate));
    }

    /// <summary>Something of the same kind that opens nothing of it.</summary>
    internal EnvelopeKey Other() => Algorithm is null ? EnvelopeKey.OfPassword(Encoding.ASCII.GetBytes("another secret")) : EnvelopeKey.Of(PrivateKey.Generate(KeyAlgorithm.Parse(Algorithm)));

    /// <summary>An envelope that is not opened, by the one error and its one text.</summary>
    internal static void ExpectShut(EnvelopedData envelope, EnvelopeKey key)
    {
        CmpException e = Expect.Error("CmpEnvelope.NotOpened", () => Envelope.Open(envelope.Encoded, key, CmpLimits.Default).Dispose());
        Assert.Equal("What is encrypted was not opened: it is not for this key or password alone, or it was changed.", e.Message);
        Assert.Null(e.InnerException);
        Assert.True(e.Octets.IsEmpty);
    }

    internal static void ExpectOpen(EnvelopedData envelope, EnvelopeKey key, byte[]? content = null)
    {
        using OpenedEnvelope opened = Envelope.Open(envelope.Encoded, key, CmpLimits.Default);
        Assert.Equal(Oids.Data, opened.ContentType);
        Assert.Equal(content ?? Content, opened.Content.ToArray());
    }
}
