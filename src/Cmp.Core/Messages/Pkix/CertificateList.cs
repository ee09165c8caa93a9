using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Numerics;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>
/// A CRL, kept as the octets that came and taken apart when it is first asked for something; its entries only when they are asked for.
/// </summary>
/// <remarks>
/// RFC 5280 5.1:
/// <code>
/// CertificateList ::= SEQUENCE { tbsCertList TBSCertList, signatureAlgorithm AlgorithmIdentifier, signatureValue BIT STRING }
/// TBSCertList ::= SEQUENCE { version INTEGER { v2(1) } OPTIONAL, signature AlgorithmIdentifier, issuer Name, thisUpdate Time, nextUpdate Time OPTIONAL,
///   revokedCertificates SEQUENCE OF SEQUENCE { userCertificate INTEGER, revocationDate Time, crlEntryExtensions Extensions OPTIONAL } OPTIONAL,
///   crlExtensions [0] EXPLICIT Extensions OPTIONAL }
/// </code>
/// Every property may throw <c>CmpMessage.Malformed</c>.
/// </remarks>
public sealed record CertificateList : CarriedStructure
{
    private readonly CmpLimits _limits;
    private CrlFields? _fields;
    private IReadOnlyList<RevokedCertificate>? _entries;

    private CertificateList(ReadOnlyMemory<byte> encoded, CmpLimits limits)
    {
        Encoded = encoded;
        _limits = limits;
    }

    /// <summary>Version 1 or 2.</summary>
    public int Version => Fields.Version;

    /// <summary>Who issued it.</summary>
    public Name Issuer => Fields.Issuer;

    /// <summary>When it was made.</summary>
    public DateTimeOffset ThisUpdate => Fields.ThisUpdate;

    /// <summary>When the next one comes at the latest; <see langword="null"/> where nothing is said.</summary>
    public DateTimeOffset? NextUpdate => Fields.NextUpdate;

    /// <summary>The extensions, in their order.</summary>
    public IReadOnlyList<Extension> Extensions => Fields.Extensions;

    /// <summary>The algorithm of the issuer's signature.</summary>
    public AlgorithmIdentifier SignatureAlgorithm => Fields.SignatureAlgorithm;

    /// <summary>The issuer's signature.</summary>
    public ReadOnlyMemory<byte> Signature => Fields.Signature;

    /// <summary>What the issuer signed, as it came.</summary>
    public ReadOnlyMemory<byte> TbsCertList => Fields.Tbs;

    /// <summary>The cRLNumber, or <see langword="null"/> (RFC 5280 5.2.3).</summary>
    public BigInteger? Number => ReadNumber(Oids.CrlNumber);

    /// <summary>The cRLNumber of the CRL that this delta CRL continues; <see langword="null"/> where it is a whole one (RFC 5280 5.2.4).</summary>
    public BigInteger? BaseNumber => ReadNumber(Oids.DeltaCrlIndicator);

    /// <summary>The key identifier in the authority key identifier, or <see langword="null"/> (RFC 5280 5.2.1).</summary>
    public ReadOnlyMemory<byte>? AuthorityKeyIdentifier =>
        Extension(Oids.AuthorityKeyIdentifier) is { } extension ? CertificateExtensions.ReadAuthorityKeyIdentifier(extension) : null;

    /// <summary>What it covers; <see langword="null"/>: all that its issuer issued.</summary>
    public IssuingDistributionPoint? IssuingDistributionPoint =>
        Extension(Oids.IssuingDistributionPoint) is { } extension ? Asn1Reader.Decode(extension.Value, null, Pkix.IssuingDistributionPoint.Read) : null;

    /// <summary>The entries, in their order; made when they are first asked for, at most <see cref="CmpLimits.MaxCrlEntries"/>.</summary>
    public IReadOnlyList<RevokedCertificate> Entries => _entries ??= ReadEntries();

    private CrlFields Fields => _fields ??= Asn1Reader.Decode(Encoded, new DecodeOptions(_limits), CrlFields.Read);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The CRL; its inside is read later.</returns>
    public static CertificateList Read(ref Asn1Reader reader)
    {
        reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        return new CertificateList(encoded, reader.Options.Limits);
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The CRL; its inside is read later.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CertificateList Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <summary>The first extension of a kind.</summary>
    /// <param name="oid">Which kind, dotted decimal.</param>
    /// <returns>The extension, or <see langword="null"/>.</returns>
    public Extension? Extension(string oid) => CrlExtensions.Find(Extensions, oid);

    /// <summary>Looks for the entry of a certificate of this CRL's issuer, without making objects of the others.</summary>
    /// <param name="serialNumber">The serial number: content octets of the INTEGER.</param>
    /// <returns>The entry; <see langword="null"/> where the certificate is not in it.</returns>
    public RevokedCertificate? Find(ReadOnlyMemory<byte> serialNumber) => Find(serialNumber, Issuer);

    /// <summary>Looks for the entry of a certificate; one of another issuer can stand in an indirect CRL only.</summary>
    /// <param name="serialNumber">The serial number: content octets of the INTEGER.</param>
    /// <param name="certificateIssuer">Who issued the certificate.</param>
    /// <returns>The entry; <see langword="null"/> where the certificate is not in it.</returns>
    public RevokedCertificate? Find(ReadOnlyMemory<byte> serialNumber, Name certificateIssuer)
    {
        bool isIndirect = IssuingDistributionPoint is { IndirectCrl: true };
        return Asn1Reader.Decode(Fields.RevokedCertificates, new DecodeOptions(_limits), (ref Asn1Reader reader) =>
        {
            Asn1Reader entries = reader.ReadSequence();
            IReadOnlyList<GeneralName> issuer = [];
            RevokedCertificate? found = null;
            for (int count = 0; entries.HasData; count++)
            {
                ThrowIfMany(ref entries, count);
                Asn1Reader entry = entries;
                Asn1Reader inner = entries.ReadSequence();
                bool isThisNumber = inner.ReadIntegerContent().Span.SequenceEqual(serialNumber.Span);
                if (!isThisNumber && !isIndirect)
                    continue;
                RevokedCertificate revoked = RevokedCertificate.Read(ref entry);
                if (revoked.CertificateIssuer.Count > 0)
                    issuer = revoked.CertificateIssuer;
                if (isThisNumber && found is null && IsOf(issuer, certificateIssuer))
                    found = revoked with { CertificateIssuer = issuer };
            }
            return found;
        });
    }

    /// <inheritdoc/>
    protected override string? Describe() => $"CRL of {Issuer}";

    private IReadOnlyList<RevokedCertificate> ReadEntries() =>
        Asn1Reader.Decode(Fields.RevokedCertificates, new DecodeOptions(_limits), (ref Asn1Reader reader) =>
        {
            Asn1Reader entries = reader.ReadSequence();
            var list = new List<RevokedCertificate>();
            IReadOnlyList<GeneralName> issuer = [];
            while (entries.HasData)
            {
                ThrowIfMany(ref entries, list.Count);
                RevokedCertificate entry = RevokedCertificate.Read(ref entries);
                if (entry.CertificateIssuer.Count > 0)
                    issuer = entry.CertificateIssuer;
                else if (issuer.Count > 0)
                    entry = entry with { CertificateIssuer = issuer };
                list.Add(entry);
            }
            return (IReadOnlyList<RevokedCertificate>)list;
        });

    private BigInteger? ReadNumber(string oid) =>
        Extension(oid) is { } extension ? Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadInteger()) : null;

    private bool IsOf(IReadOnlyList<GeneralName> entryIssuer, Name certificateIssuer)
    {
        if (entryIssuer.Count == 0)
            return Issuer.IsSameAs(certificateIssuer);
        foreach (GeneralName name in entryIssuer)
        {
            if (name.DirectoryName is { } directoryName && directoryName.IsSameAs(certificateIssuer))
                return true;
        }
        return false;
    }

    private void ThrowIfMany(ref Asn1Reader reader, int count)
    {
        if (count == _limits.MaxCrlEntries)
            throw reader.Malformed($"more than {_limits.MaxCrlEntries} entries in a CRL");
    }

    private sealed class CrlFields
    {
        private static readonly byte[] NoEntries = [0x30, 0];

        internal int Version { get; private init; }

        internal required Name Issuer { get; init; }

        internal DateTimeOffset ThisUpdate { get; private init; }

        internal DateTimeOffset? NextUpdate { get; private init; }

        internal ReadOnlyMemory<byte> RevokedCertificates { get; private init; }

        internal required IReadOnlyList<Extension> Extensions { get; init; }

        internal required AlgorithmIdentifier SignatureAlgorithm { get; init; }

        internal ReadOnlyMemory<byte> Signature { get; private init; }

        internal ReadOnlyMemory<byte> Tbs { get; private init; }

        internal static CrlFields Read(ref Asn1Reader reader)
        {
            Asn1Reader outer = reader.ReadSequence();
            Asn1Reader tbs = outer.ReadSequence(out ReadOnlyMemory<byte> tbsEncoded);
            int version = tbs.IsNext(Asn1Tag.Integer) ? tbs.ReadInt32() : 0;
            if (version is < 0 or > 1)
                throw tbs.Malformed($"a CRL of version {version + 1L}");
            AlgorithmIdentifier inner = AlgorithmIdentifier.Read(ref tbs);
            Name issuer = Name.Read(ref tbs);
            DateTimeOffset thisUpdate = tbs.ReadTime();
            DateTimeOffset? nextUpdate = tbs.IsNext(Asn1Tag.UtcTime) || tbs.IsNext(Asn1Tag.GeneralizedTime) ? tbs.ReadTime() : null;
            ReadOnlyMemory<byte> revoked = NoEntries;
            if (tbs.IsNext(Asn1Tag.Sequence))
                tbs.ReadSequence(out revoked);
            tbs.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadFilledList(Pkix.Extension.Read), out IReadOnlyList<Extension>? extensions);
            tbs.ThrowIfNotEmpty();
            CertificateExtensions.ThrowIfTwice(ref tbs, extensions ?? [], "a CRL");
            AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref outer);
            if (!algorithm.Encoded.Span.SequenceEqual(inner.Encoded.Span))
                throw outer.Malformed("a CRL whose two signature algorithms differ (RFC 5280 5.1.1.2)");
            ReadOnlyMemory<byte> signature = outer.ReadBitStringOctets();
            outer.ThrowIfNotEmpty();
            return new CrlFields
            {
                Version = version + 1,
                Issuer = issuer,
                ThisUpdate = thisUpdate,
                NextUpdate = nextUpdate,
                RevokedCertificates = revoked,
                Extensions = extensions ?? [],
                SignatureAlgorithm = algorithm,
                Signature = signature,
                Tbs = tbsEncoded,
            };
        }
    }
}
