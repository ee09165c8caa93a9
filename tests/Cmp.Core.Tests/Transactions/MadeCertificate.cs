using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Transactions;

/// <summary>What a certificate of a test says besides its name and its key.</summary>
internal sealed record Shape
{
    internal static Shape CA { get; } = new() { IsCA = true, KeyUsage = KeyUsages.KeyCertSign | KeyUsages.CrlSign | KeyUsages.DigitalSignature };

    internal static Shape Leaf { get; } = new() { KeyUsage = KeyUsages.DigitalSignature };

    /// <summary>Who signs messages for a CA, by the extended key usage cmcRA.</summary>
    internal static Shape Server { get; } = Leaf with { Purposes = [Oids.CmcRA] };

    internal bool IsCA { get; init; }

    internal KeyUsages? KeyUsage { get; init; }

    internal IReadOnlyList<string> Purposes { get; init; } = [];

    internal IReadOnlyList<Extension> Extensions { get; init; } = [];

    internal DateTimeOffset NotBefore { get; init; } = Peer.Now.AddDays(-30);

    internal DateTimeOffset NotAfter { get; init; } = Peer.Now.AddDays(300);

    internal bool HasKeyIdentifier { get; init; } = true;

    /// <summary>The key; <see langword="null"/>: a new one.</summary>
    internal PrivateKey? Key { get; init; }

    /// <summary>The algorithm that the signature claims, where nobody looks at the signature.</summary>
    internal AlgorithmIdentifier? ClaimedAlgorithm { get; init; }
}

/// <summary>A certificate with its key, put together octet by octet, so that it may say what no CA would.</summary>
internal sealed class MadeCertificate
{
    private MadeCertificate(Certificate certificate, PrivateKey key)
    {
        Certificate = certificate;
        Key = key;
    }

    internal Certificate Certificate { get; }

    internal PrivateKey Key { get; }

    /// <summary>A new key; Mono has no ECDSA of its own, so there BouncyCastle's back end makes it.</summary>
    internal static PrivateKey NewKey() => PrivateKey.Generate(KeyAlgorithm.Parse(Mono.IsRunning ? "ECDSA_P384" : "ECDSA_P256"));

    internal static MadeCertificate Root(string name = "CN=Test Root", Shape? shape = null)
    {
        Shape said = shape ?? Shape.CA;
        PrivateKey key = said.Key ?? NewKey();
        return new MadeCertificate(Write(Name.Parse(name), key.PublicKey, Name.Parse(name), key, said), key);
    }

    internal MadeCertificate Issue(string name, Shape? shape = null)
    {
        PrivateKey key = shape?.Key ?? NewKey();
        return new MadeCertificate(Certify(key.PublicKey, name, shape), key);
    }

    internal Certificate Certify(SubjectPublicKeyInfo publicKey, string name, Shape? shape = null) =>
        Write(Name.Parse(name), publicKey, Certificate.Subject, Key, shape ?? Shape.Leaf);

    /// <summary>A PKCS #10 request, signed by its key.</summary>
    internal static CertificationRequest Pkcs10(PrivateKey key, string subject, params Extension[] extensions)
    {
        byte[] info = Encode(writer =>
        {
            writer.WriteInteger(0);
            Name.Parse(subject).Write(writer);
            key.PublicKey.Write(writer);
            using (writer.PushSetOf(Tags.Constructed(0)))
            {
                if (extensions.Length > 0)
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Oids.ExtensionRequest);
                        using (writer.PushSetOf())
                            writer.WriteList(extensions);
                    }
                }
            }
        });
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(key);
        return CertificationRequest.Decode(Signed(info, algorithm, key.Sign(info, algorithm)));
    }

    internal static Extension Unknown(string oid, bool critical = false) => new(oid, critical, new byte[] { 5, 0 });

    private static Certificate Write(Name subject, SubjectPublicKeyInfo publicKey, Name issuer, PrivateKey issuerKey, Shape shape)
    {
        AlgorithmIdentifier algorithm = shape.ClaimedAlgorithm ?? SignatureAlgorithms.For(issuerKey);
        byte[] tbs = Encode(writer =>
        {
            using (writer.PushSequence(Tags.Constructed(0)))
                writer.WriteInteger(2);
            byte[] serial = Secrets.Random(8);
            serial[0] = 1;
            writer.WriteInteger(serial);
            algorithm.Write(writer);
            issuer.Write(writer);
            using (writer.PushSequence())
            {
                writer.WriteUtcTime(shape.NotBefore);
                writer.WriteUtcTime(shape.NotAfter);
            }
            subject.Write(writer);
            publicKey.Write(writer);
            using (writer.PushSequence(Tags.Constructed(3)))
                writer.WriteList(Extensions(publicKey, shape).ToList());
        });
        byte[] signature = shape.ClaimedAlgorithm is null ? issuerKey.Sign(tbs, algorithm) : new byte[64];
        return Certificate.Decode(Signed(tbs, algorithm, signature));
    }

    private static IEnumerable<Extension> Extensions(SubjectPublicKeyInfo publicKey, Shape shape)
    {
        if (shape.IsCA)
            yield return new Extension(Oids.BasicConstraints, true, Encode(writer => writer.WriteBoolean(true)));
        if (shape.KeyUsage is { } usage)
            yield return CertificateExtensions.KeyUsage(usage);
        if (shape.Purposes.Count > 0)
            yield return CertificateExtensions.EnhancedKeyUsage(shape.Purposes);
        if (shape.HasKeyIdentifier)
        {
            var writer = new AsnWriter(AsnEncodingRules.DER);
            writer.WriteOctetString(Digests.Compute(Oids.Sha256, publicKey.Key).AsSpan(0, 20));
            yield return new Extension(Oids.SubjectKeyIdentifier, false, writer.Encode());
        }
        foreach (Extension extension in shape.Extensions)
            yield return extension;
    }

    private static byte[] Signed(byte[] content, AlgorithmIdentifier algorithm, byte[] signature) => Encode(writer =>
    {
        writer.WriteEncodedValue(content);
        algorithm.Write(writer);
        writer.WriteBitString(signature);
    });

    private static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            write(writer);
        return writer.Encode();
    }
}
