using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>
/// An X.509 certificate, kept as the octets that came and taken apart when it is first asked for something.
/// </summary>
/// <remarks>
/// RFC 5280 4.1, of any version 1 to 3:
/// <code>
/// Certificate ::= SEQUENCE { tbsCertificate TBSCertificate, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// TBSCertificate ::= SEQUENCE { version [0] EXPLICIT INTEGER DEFAULT v1, serialNumber INTEGER, signature AlgorithmIdentifier,
///   issuer Name, validity SEQUENCE { notBefore Time, notAfter Time }, subject Name, subjectPublicKeyInfo SubjectPublicKeyInfo,
///   issuerUniqueID [1] IMPLICIT BIT STRING OPTIONAL, subjectUniqueID [2] IMPLICIT BIT STRING OPTIONAL,
///   extensions [3] EXPLICIT Extensions OPTIONAL }
/// </code>
/// RFC 4210 5.2.3 calls it CMPCertificate. Every property may throw <c>CmpMessage.Malformed</c>.
/// </remarks>
public sealed record Certificate : CarriedStructure
{
    private CertificateFields? _fields;

    private Certificate(ReadOnlyMemory<byte> encoded) => Encoded = encoded;

    /// <summary>Version 1, 2 or 3.</summary>
    public int Version => Fields.Version;

    /// <summary>The serial number: content octets of the INTEGER, big-endian, two's complement.</summary>
    public ReadOnlyMemory<byte> SerialNumber => Fields.SerialNumber;

    /// <summary>Who issued it.</summary>
    public Name Issuer => Fields.Issuer;

    /// <summary>Whose key it certifies.</summary>
    public Name Subject => Fields.Subject;

    /// <summary>Since when it is valid.</summary>
    public DateTimeOffset NotBefore => Fields.NotBefore;

    /// <summary>Until when it is valid.</summary>
    public DateTimeOffset NotAfter => Fields.NotAfter;

    /// <summary>The key.</summary>
    public SubjectPublicKeyInfo PublicKey => Fields.PublicKey;

    /// <summary>The extensions, in their order.</summary>
    public IReadOnlyList<Extension> Extensions => Fields.Extensions;

    /// <summary>The algorithm of the issuer's signature.</summary>
    public AlgorithmIdentifier SignatureAlgorithm => Fields.SignatureAlgorithm;

    /// <summary>The issuer's signature.</summary>
    public ReadOnlyMemory<byte> Signature => Fields.Signature;

    /// <summary>What the issuer signed, as it came.</summary>
    public ReadOnlyMemory<byte> TbsCertificate => Fields.Tbs;

    /// <summary>Whether subject and issuer are the same name.</summary>
    public bool IsSelfIssued => Subject.IsSameAs(Issuer);

    /// <summary>The subject key identifier, or <see langword="null"/> (RFC 5280 4.2.1.2).</summary>
    public ReadOnlyMemory<byte>? SubjectKeyIdentifier =>
        Extension(Oids.SubjectKeyIdentifier) is { } extension
            ? Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadOctetString())
            : (ReadOnlyMemory<byte>?)null;

    /// <summary>The key identifier in the authority key identifier, or <see langword="null"/> (RFC 5280 4.2.1.1).</summary>
    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier =>
        Extension(Oids.AuthorityKeyIdentifier) is { } extension ? CertificateExtensions.ReadAuthorityKeyIdentifier(extension) : null;

    /// <summary>The key usage, or <see langword="null"/> where the extension is absent and every usage is allowed (RFC 5280 4.2.1.3).</summary>
    public KeyUsages? KeyUsage =>
        Extension(Oids.KeyUsage) is { } extension ? CertificateExtensions.ReadKeyUsage(extension) : null;

    /// <summary>The extended key usages, or <see langword="null"/> where the extension is absent (RFC 5280 4.2.1.12).</summary>
    public IReadOnlyList<string>? EnhancedKeyUsage =>
        Extension(Oids.ExtendedKeyUsage) is { } extension ? CertificateExtensions.ReadEnhancedKeyUsage(extension) : null;

    /// <summary>Whether basicConstraints says that it is a CA's (RFC 5280 4.2.1.9); false where the extension is absent.</summary>
    public bool IsCA => BasicConstraints.IsCA;

    /// <summary>The pathLenConstraint, or <see langword="null"/>.</summary>
    public int? PathLength => BasicConstraints.PathLength;

    /// <summary>The subject alternative names; empty where there are none (RFC 5280 4.2.1.6).</summary>
    public IReadOnlyList<GeneralName> SubjectAltNames =>
        Extension(Oids.SubjectAltName) is { } extension ? GeneralName.DecodeList(extension.Value) : [];

    /// <summary>The hash of its octets by SHA-1, as Windows names certificates: 40 hexadecimal digits.</summary>
    public string Thumbprint
    {
        get
        {
            using var sha1 = System.Security.Cryptography.SHA1.Create();
            return Hex.Of(sha1.ComputeHash(Encoded.ToArray()));
        }
    }

    private (bool IsCA, int? PathLength) BasicConstraints =>
        Extension(Oids.BasicConstraints) is { } extension
            ? Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) =>
            {
                Asn1Reader inner = reader.ReadSequence();
                bool isCA = inner.IsNext(Asn1Tag.Boolean) && inner.ReadBoolean();
                int? pathLength = inner.HasData ? inner.ReadInt32() : null;
                inner.ThrowIfNotEmpty();
                if (pathLength < 0)
                    throw inner.Malformed("a negative pathLenConstraint");
                return (isCA, pathLength);
            })
            : (false, null);

    private CertificateFields Fields => _fields ??= Asn1Reader.Decode(Encoded, null, CertificateFields.Read);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The certificate; its inside is read later.</returns>
    public static Certificate Read(ref Asn1Reader reader)
    {
        reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return new Certificate(encoded);
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The certificate; its inside is read later.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static Certificate Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>The certificate that .NET holds.</summary>
    /// <param name="certificate">It.</param>
    /// <returns>The same octets.</returns>
    public static Certificate From(X509Certificate2 certificate) => Decode(certificate.RawData);

    /// <summary>The first extension of a kind.</summary>
    /// <param name="oid">Which kind, dotted decimal.</param>
    /// <returns>The extension, or <see langword="null"/>.</returns>
    public Extension? Extension(string oid)
    {
        foreach (Extension extension in Extensions)
        {
            if (extension.Oid == oid)
                return extension;
        }
        return null;
    }

    /// <summary>Whether both are the same octets.</summary>
    /// <param name="other">The other.</param>
    /// <returns>True where they are.</returns>
    public bool IsSameAs(Certificate other) => Encoded.Span.SequenceEqual(other.Encoded.Span);

    /// <inheritdoc/>
    protected override string? Describe() => Subject.ToString();

    private sealed class CertificateFields
    {
        internal int Version { get; private init; }

        internal ReadOnlyMemory<byte> SerialNumber { get; private init; }

        internal required Name Issuer { get; init; }

        internal required Name Subject { get; init; }

        internal DateTimeOffset NotBefore { get; private init; }

        internal DateTimeOffset NotAfter { get; private init; }

        internal required SubjectPublicKeyInfo PublicKey { get; init; }

        internal required IReadOnlyList<Extension> Extensions { get; init; }

        internal required AlgorithmIdentifier SignatureAlgorithm { get; init; }

        internal ReadOnlyMemory<byte> Signature { get; private init; }

        internal ReadOnlyMemory<byte> Tbs { get; private init; }

        internal static CertificateFields Read(ref Asn1Reader reader)
        {
            Asn1Reader outer = reader.ReadSequence();
            Asn1Reader tbs = outer.ReadSequence(out ReadOnlyMemory<byte> tbsEncoded);
            tbs.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadInt32(), out int version);
            if (version is < 0 or > 2)
                throw tbs.Malformed($"a certificate of version {version + 1L}");
            ReadOnlyMemory<byte> serial = tbs.ReadIntegerContent();
            AlgorithmIdentifier inner = AlgorithmIdentifier.Read(ref tbs);
            Name issuer = Name.Read(ref tbs);
            Asn1Reader validity = tbs.ReadSequence();
            DateTimeOffset notBefore = validity.ReadTime();
            DateTimeOffset notAfter = validity.ReadTime();
            validity.ThrowIfNotEmpty();
            Name subject = Name.Read(ref tbs);
            SubjectPublicKeyInfo publicKey = SubjectPublicKeyInfo.Read(ref tbs);
            if (tbs.IsNext(Tags.Primitive(1)))
                tbs.ReadEncoded();
            if (tbs.IsNext(Tags.Primitive(2)))
                tbs.ReadEncoded();
            tbs.TryReadExplicit(3, (ref Asn1Reader r) => r.ReadFilledList(Pkix.Extension.Read), out IReadOnlyList<Extension>? extensions);
            tbs.ThrowIfNotEmpty();
            CertificateExtensions.ThrowIfTwice(ref tbs, extensions ?? [], "a certificate");
            AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref outer);
            if (!algorithm.Encoded.Span.SequenceEqual(inner.Encoded.Span))
                throw outer.Malformed("a certificate whose two signature algorithms differ (RFC 5280 4.1.1.2)");
            ReadOnlyMemory<byte> signature = outer.ReadBitStringOctets();
            outer.ThrowIfNotEmpty();
            return new CertificateFields
            {
                Version = version + 1,
                SerialNumber = serial,
                Issuer = issuer,
                NotBefore = notBefore,
                NotAfter = notAfter,
                Subject = subject,
                PublicKey = publicKey,
                Extensions = extensions ?? [],
                SignatureAlgorithm = algorithm,
                Signature = signature,
                Tbs = tbsEncoded,
            };
        }
    }
}
