using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.InfoTypes;

/// <summary>Which CRLs are meant: those of a distribution point, or those of an issuer.</summary>
/// <remarks>
/// RFC 9810 5.3.19.17, EXPLICIT TAGS:
/// <code>CRLSource ::= CHOICE { dpn [0] DistributionPointName, issuer [1] GeneralNames }</code>
/// </remarks>
public sealed record CrlSource : Asn1Structure
{
    /// <summary>Names a distribution point, as a certificate's cRLDistributionPoints does.</summary>
    /// <param name="dpn">The point.</param>
    public CrlSource(DistributionPointName dpn) => Dpn = dpn;

    /// <summary>Names an issuer of CRLs.</summary>
    /// <param name="issuer">Its names, a directoryName as a rule.</param>
    public CrlSource(IReadOnlyList<GeneralName> issuer) => Issuer = issuer;

    /// <summary>The distribution point; <see langword="null"/> where an issuer is named.</summary>
    public DistributionPointName? Dpn { get; }

    /// <summary>The names of the issuer; empty where a distribution point is named.</summary>
    public IReadOnlyList<GeneralName> Issuer { get; } = [];

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The source.</returns>
    public static CrlSource Read(ref Asn1Reader reader)
    {
        ReadOnlyMemory<byte> encoded = reader.PeekEncoded();
        if (reader.TryReadExplicit(0, DistributionPointName.Read, out DistributionPointName? dpn))
            return new CrlSource(dpn!) { Encoded = encoded };
        if (!reader.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadFilledList(GeneralName.Read), out IReadOnlyList<GeneralName>? issuer))
            throw reader.Malformed("a CRLSource that is neither");
        return new CrlSource(issuer!) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Dpn?.ToString() ?? (Issuer.Count > 0 ? Issuer[0].ToString() : null);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        if (Dpn is null)
            writer.WriteExplicitList(1, Issuer, evenIfEmpty: true);
        else
            writer.WriteExplicit(0, Dpn);
    }
}
