using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>Which CRL is asked for, named in one way; with none the server's current one.</summary>
/// <remarks>RFC 9483 4.3.4: a distribution point where its name is known, else the issuer.</remarks>
public sealed record CrlRequest
{
    /// <summary>A certificate whose status is of interest: its first distribution point, else its issuer.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>The CRL at hand: only a newer one is wanted.</summary>
    public CertificateList? Crl { get; init; }

    /// <summary>Who issues the CRL.</summary>
    public Name? Issuer { get; init; }

    /// <summary>The address of a distribution point.</summary>
    public string? DistributionPoint { get; init; }

    /// <summary>The thisUpdate of the CRL at hand, where that is not here itself; only a newer one is wanted.</summary>
    public DateTimeOffset? ThisUpdate { get; init; }

    /// <summary>What the request says; <see langword="null"/> where it names no CRL.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.Crl</c>: it names one in two ways; <c>CmpArgument.Name</c>; <c>CmpMessage.Malformed</c>.</exception>
    internal CrlStatus? Status()
    {
        int ways = (Certificate is null ? 0 : 1) + (Crl is null ? 0 : 1) + (Issuer is null ? 0 : 1) + (DistributionPoint is null ? 0 : 1);
        if (ways > 1)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Crl", "A CRL is asked for in one way: by a certificate, by the CRL at hand, by its issuer, or by its distribution point.");
        CrlSource? source = Certificate is { } certificate ? Of(certificate)
            : Crl is { } crl ? (crl.IssuingDistributionPoint?.DistributionPoint is { } point ? new CrlSource(point) : ByIssuer(crl.Issuer))
            : Issuer is { } issuer ? ByIssuer(issuer)
            : DistributionPoint is { } address ? new CrlSource(new DistributionPointName([GeneralName.FromText(GeneralNameType.Uri, address)]))
            : null;
        return source is null ? null : new CrlStatus(source, Crl?.ThisUpdate ?? ThisUpdate);
    }

    private static CrlSource ByIssuer(Name issuer) => new([GeneralName.FromName(issuer)]);

    /// <summary>RFC 5280 4.2.1.13: a distribution point has a name, or the issuer of its CRL, or both.</summary>
    private static CrlSource Of(Certificate certificate)
    {
        if (certificate.Extension(Oids.CrlDistributionPoints) is not { } extension)
            return ByIssuer(certificate.Issuer);
        foreach ((DistributionPointName? name, IReadOnlyList<GeneralName> issuer) in Asn1Reader.Decode(extension.Value, null, (ref Asn1Reader reader) => reader.ReadFilledList(ReadPoint)))
        {
            if (name is not null)
                return new CrlSource(name);
            if (issuer.Count > 0)
                return new CrlSource(issuer);
        }
        return ByIssuer(certificate.Issuer);
    }

    private static (DistributionPointName? Name, IReadOnlyList<GeneralName> Issuer) ReadPoint(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        inner.TryReadExplicit(0, DistributionPointName.Read, out DistributionPointName? name);
        if (inner.IsNext(Tags.Primitive(1)))
            inner.ReadEncoded();
        IReadOnlyList<GeneralName> issuer = inner.IsNext(Tags.Constructed(2)) ? inner.ReadFilledList(GeneralName.Read, Tags.Constructed(2)) : [];
        inner.ThrowIfNotEmpty();
        return (name, issuer);
    }
}
