using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>A place where a certificate says that a CRL is found which covers it.</summary>
/// <remarks>
/// RFC 5280 4.2.1.13, IMPLICIT TAGS (distributionPoint is explicit: it is a CHOICE):
/// <code>
/// CRLDistributionPoints ::= SEQUENCE SIZE (1..MAX) OF DistributionPoint
/// DistributionPoint ::= SEQUENCE { distributionPoint [0] DistributionPointName OPTIONAL, reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] GeneralNames OPTIONAL }
/// </code>
/// </remarks>
public sealed record CrlDistributionPoint : Asn1Structure
{
    /// <summary>Where it is found; <see langword="null"/> where only <see cref="CrlIssuer"/> is said.</summary>
    public DistributionPointName? Name { get; init; }

    /// <summary>The reasons that the CRL there covers, as bits of ReasonFlags; <see langword="null"/>: all.</summary>
    public uint? Reasons { get; init; }

    /// <summary>Who issues the CRL, where it is not the issuer of the certificate; empty else.</summary>
    public IReadOnlyList<GeneralName> CrlIssuer { get; init; } = [];

    /// <summary>The points that a certificate names; empty where it names none.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>The points, in their order.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<CrlDistributionPoint> Of(Certificate certificate) =>
        certificate.Extension(Oids.CrlDistributionPoints) is { } extension
            ? Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadFilledList(Read))
            : [];

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The point.</returns>
    public static CrlDistributionPoint Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out System.ReadOnlyMemory<byte> encoded);
        inner.TryReadExplicit(0, DistributionPointName.Read, out DistributionPointName? name);
        uint? reasons = inner.IsNext(Tags.Primitive(1)) ? inner.ReadNamedBits(Tags.Primitive(1)) : null;
        IReadOnlyList<GeneralName> issuer = inner.IsNext(Tags.Constructed(2)) ? inner.ReadFilledList(GeneralName.Read, Tags.Constructed(2)) : [];
        inner.ThrowIfNotEmpty();
        return new CrlDistributionPoint { Name = name, Reasons = reasons, CrlIssuer = issuer, Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Name?.ToString();

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteExplicit(0, Name);
            if (Reasons is { } reasons)
                writer.WriteNamedBits(reasons, Tags.Primitive(1));
            if (CrlIssuer.Count > 0)
                writer.WriteList(CrlIssuer, Tags.Constructed(2));
        }
    }
}
