using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>Says by CRLs whether the certificates of a valid path are revoked: RFC 5280 6.3, offline and bounded (rules 29, 69 and 73).</summary>
/// <remarks>
/// A CRL counts where it is whole (delta CRLs are passed over), covers the certificate by its issuing distribution point, holds no critical extension that is
/// unknown here, and is signed by the certificate's issuer, or by another key of the same name, or by the CRL issuer that the certificate names; those have a
/// path to the same anchor and the key usage cRLSign. Good is a certificate that CRLs in force cover for all reasons and do not name. One that is named is
/// revoked, be the CRL in force or not: revocations are for ever, but for holds, and who can play old CRLs to us must not gain by it.
/// </remarks>
/// <param name="source">The CRLs.</param>
/// <param name="candidates">Certificates among which issuers of CRLs are looked for besides those of the path, of any origin.</param>
/// <param name="options">The time, the algorithms that are believed, the bounds.</param>
public sealed class RevocationChecker(ICrlSource source, IEnumerable<Certificate> candidates, PathOptions options)
{
    /// <summary>ReasonFlags without unused(0).</summary>
    private const uint AllReasons = 0x1FE;

    private static readonly HashSet<string> Understood =
    [
        Oids.AuthorityKeyIdentifier, Oids.IssuerAltName, Oids.CrlNumber, Oids.DeltaCrlIndicator, Oids.IssuingDistributionPoint, Oids.FreshestCrl, Oids.AuthorityInfoAccess,
    ];

    private readonly List<Certificate> _candidates = [.. candidates];
    private int _checks;

    /// <summary>Finds a path as <see cref="PathBuilder.Build"/> does, of which no certificate is revoked.</summary>
    /// <param name="leaf">The certificate in question.</param>
    /// <param name="anchors">Who is trusted.</param>
    /// <param name="withLeaf">Whether it is asked about that certificate too, or about its issuers only.</param>
    /// <returns>The path, and what is known of it.</returns>
    /// <exception cref="CmpException"><c>CmpTrust.Revoked</c>, and what <see cref="PathBuilder.Build"/> throws.</exception>
    internal (CertificatePath Path, RevocationReport Report) Build(Certificate leaf, IEnumerable<Certificate> anchors, bool withLeaf = true)
    {
        var missing = new List<Uri>();
        RevocationReport report = RevocationReport.Nothing;
        try
        {
            CertificatePath path = PathBuilder.Build(leaf, anchors, _candidates, options with
            {
                FurtherCheck = found =>
                {
                    report = Check(found, withLeaf);
                    report.ThrowIfRevoked();
                    missing.AddRange(report.Missing.Where(location => !missing.Contains(location)));
                    // another path may do without
                    report.ThrowIfMissing();
                },
            });
            return (path, report);
        }
        catch (CmpException) when (missing.Count > 0)
        {
            throw new CrlsMissingException([.. missing.Take(options.Limits.MaxCrlFetches)]);
        }
    }

    /// <summary>Asks about the certificates of a path, which is valid otherwise.</summary>
    /// <param name="path">The path.</param>
    /// <param name="withLeaf">Whether its first certificate is asked about too.</param>
    /// <returns>What is known.</returns>
    public RevocationReport Check(CertificatePath path, bool withLeaf = true)
    {
        var found = new List<CertificateRevocation>();
        var named = new List<Uri>();
        for (int i = withLeaf ? 0 : 1; i < path.Certificates.Count - 1; i++)
        {
            CertificateRevocation one = Check(path.Certificates[i], path.Certificates[i + 1], path.Anchor);
            found.Add(one);
            if (one.Status == RevocationStatus.Unknown)
                named.AddRange(Locations(path.Certificates[i]).Where(location => !named.Contains(location)).Take(options.Limits.MaxCrlFetches - named.Count));
        }
        // those that were tried count too: else a certificate that names many has them all fetched, so many at a time
        return new RevocationReport(found, [.. named.Where(source.CanFetch)]);
    }

    /// <summary>Asks about one certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuer">Its issuer, as the path has it.</param>
    /// <param name="anchor">The anchor of the path, under which other issuers of CRLs must be.</param>
    /// <returns>What is known.</returns>
    public CertificateRevocation Check(Certificate certificate, Certificate issuer, Certificate anchor)
    {
        IReadOnlyList<CrlDistributionPoint> points = Points(certificate);
        uint covered = 0;
        DateTimeOffset? until = null;
        string? why = null;
        foreach (CertificateList crl in source.Crls)
        {
            try
            {
                if (!IsFor(crl, certificate, points))
                    continue;
                string? flaw = Flaw(crl, certificate, points) ?? (IsSigned(crl, issuer, anchor) ? null : "the CRL is signed by nobody who may sign it");
                if (flaw is not null)
                {
                    why = flaw;
                    continue;
                }
                bool isInForce = crl.ThisUpdate <= options.Time && crl.NextUpdate is { } next && options.Time <= next;
                if (crl.Find(certificate.SerialNumber, certificate.Issuer) is { } entry && IsRevoked(entry, isInForce))
                    return new CertificateRevocation(certificate, RevocationStatus.Revoked) { Why = Describe(entry) };
                if (!isInForce)
                {
                    why = crl.NextUpdate is { } end ? $"the CRL is in force from {crl.ThisUpdate:u} to {end:u} only" : "the CRL does not say until when it is in force";
                    continue;
                }
                covered |= (crl.IssuingDistributionPoint?.OnlySomeReasons ?? AllReasons) & AllReasons;
                until = until < crl.NextUpdate ? until : crl.NextUpdate;
            }
            catch (CmpException)
            {
                why = "the CRL does not decode";
            }
        }
        if (covered == AllReasons)
            return new CertificateRevocation(certificate, RevocationStatus.Good) { ValidUntil = until };
        return new CertificateRevocation(certificate, RevocationStatus.Unknown) { Why = covered != 0 ? "the CRLs cover some reasons only" : why ?? "no CRL of its issuer is at hand" };
    }

    /// <summary>The addresses that a certificate gives for its CRLs, http and https only.</summary>
    internal static IEnumerable<Uri> Locations(Certificate certificate)
    {
        foreach (CrlDistributionPoint point in Points(certificate))
        {
            foreach (GeneralName name in point.Name?.FullName ?? [])
            {
                if (name.Type == GeneralNameType.Uri && Uri.TryCreate(name.Text(), UriKind.Absolute, out Uri? location)
                    && location.Scheme is "http" or "https" && location.Host.Length > 0 && location.UserInfo.Length == 0)
                {
                    yield return location;
                }
            }
        }
    }

    private static IReadOnlyList<CrlDistributionPoint> Points(Certificate certificate)
    {
        try
        {
            return CrlDistributionPoint.Of(certificate);
        }
        catch (CmpException)
        {
            return []; // what does not decode names no place
        }
    }

    /// <summary>Whether it is of the certificate's issuer, or of whom the certificate names for it (indirect CRLs).</summary>
    private static bool IsFor(CertificateList crl, Certificate certificate, IReadOnlyList<CrlDistributionPoint> points) =>
        crl.Issuer.IsSameAs(certificate.Issuer)
        || (crl.IssuingDistributionPoint is { IndirectCrl: true } && points.Any(point => point.CrlIssuer.Any(name => name.DirectoryName?.IsSameAs(crl.Issuer) == true)));

    /// <summary>Why a CRL says nothing of a certificate (RFC 5280 5.2 and 6.3.3 b); <see langword="null"/> where it does.</summary>
    private static string? Flaw(CertificateList crl, Certificate certificate, IReadOnlyList<CrlDistributionPoint> points)
    {
        if (crl.BaseNumber is not null)
            return "the CRL is a delta CRL, which is not read here";
        if (crl.Extensions.FirstOrDefault(extension => extension.Critical && !Understood.Contains(extension.Oid)) is { } unknown)
            return $"the CRL has the critical extension {unknown}, which is unknown here";
        if (crl.IssuingDistributionPoint is not { } scope)
            return null;
        if (scope.OnlyContainsAttributeCerts || (certificate.IsCA ? scope.OnlyContainsUserCerts : scope.OnlyContainsCACerts))
            return "the CRL covers other kinds of certificates";
        if (scope.DistributionPoint is { } place && !points.Any(point => point.Name is { } name ? name.IsSameAs(place) : point.CrlIssuer.Count > 0 && place.FullName.Any(one => point.CrlIssuer.Any(other => one.IsSameAs(other)))))
            return "the CRL is that of another distribution point";
        return null;
    }

    private static bool IsRevoked(RevokedCertificate entry, bool isInForce) =>
        entry.Reason != RevocationReason.RemoveFromCrl && (isInForce || entry.Reason != RevocationReason.CertificateHold);

    private static string Describe(RevokedCertificate entry) => $"since {entry.RevocationDate:u}{(entry.Reason is { } reason and not RevocationReason.Unspecified ? $", {reason}" : string.Empty)}";

    /// <summary>RFC 5280 6.3.3 f and g.</summary>
    private bool IsSigned(CertificateList crl, Certificate issuer, Certificate anchor)
    {
        IEnumerable<Certificate> others = new[] { anchor }.Concat(_candidates).Where(other => !other.IsSameAs(issuer));
        return (issuer.Subject.IsSameAs(crl.Issuer) && IsSignedBy(crl, issuer))
            || others.Any(other => IsNamed(other, crl.Issuer) && IsSignedBy(crl, other) && (other.IsSameAs(anchor) || IsUnder(other, anchor)));
    }

    private static bool IsNamed(Certificate certificate, Name name)
    {
        try
        {
            return certificate.Subject.IsSameAs(name);
        }
        catch (CmpException)
        {
            return false; // nobody's
        }
    }

    private bool IsSignedBy(CertificateList crl, Certificate signer)
    {
        if (++_checks > options.Limits.MaxSignatureChecks)
            return false;
        try
        {
            if (signer.KeyUsage is { } usage && (usage & KeyUsages.CrlSign) == 0)
                return false;
            options.Policy.Check(crl.SignatureAlgorithm, signer.PublicKey);
            return SignatureAlgorithms.Verify(crl.SignatureAlgorithm, signer.PublicKey, crl.TbsCertList, crl.Signature, options.Limits);
        }
        catch (CmpException)
        {
            return false; // too weak, or not known here
        }
    }

    private bool IsUnder(Certificate signer, Certificate anchor)
    {
        try
        {
            PathBuilder.Build(signer, [anchor], _candidates, options with { FurtherCheck = null, AllowExpiredLeaf = false });
            return true;
        }
        catch (CmpException)
        {
            return false;
        }
    }
}
