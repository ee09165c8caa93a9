using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>The rules of RFC 5280 6.1 but the signatures, which <see cref="PathBuilder"/> has verified on its way.</summary>
internal static class PathValidator
{
    /// <summary>What is processed here, and what others process who use the certificate. Any other critical extension refuses the path (RFC 5280 4.2).</summary>
    private static readonly HashSet<string> Understood =
    [
        Oids.BasicConstraints,
        Oids.KeyUsage,
        Oids.NameConstraints,
        Oids.CertificatePolicies,
        Oids.PolicyMappings,
        Oids.PolicyConstraints,
        Oids.InhibitAnyPolicy,
        Oids.SubjectAltName,
        Oids.ExtendedKeyUsage,
        Oids.SubjectKeyIdentifier,
        Oids.AuthorityKeyIdentifier,
    ];

    /// <summary>Goes from the anchor to the leaf.</summary>
    /// <exception cref="CmpException"><c>CmpTrust.Expired</c>, <c>CmpTrust.NotYetValid</c>, <c>CmpTrust.PathInvalid</c>.</exception>
    internal static void Validate(CertificatePath path, PathOptions options)
    {
        IReadOnlyList<Certificate> certificates = path.Certificates;
        int last = certificates.Count - 1;
        var names = new List<NameConstraints>();
        var policies = new PolicyTracker(last);
        int intermediatesLeft = int.MaxValue;
        for (int i = last; i >= 0; i--)
        {
            Certificate certificate = certificates[i];
            bool isAnchor = i == last;
            bool isLeaf = i == 0;
            try
            {
                if (!isLeaf || !options.AllowExpiredLeaf)
                    CheckTime(certificate, options.Time);
                CheckExtensions(certificate);
                if (!isAnchor)
                {
                    if (isLeaf || !certificate.IsSelfIssued)
                        NameConstraints.CheckAll(names, certificate);
                    policies.Enter(certificate, isLeaf);
                }
                if (isLeaf)
                    break;
                CheckIssuer(certificate, isAnchor);
                CheckPathLength(certificate, isAnchor, ref intermediatesLeft);
                if (certificate.Extension(Oids.NameConstraints) is { } constraints)
                    names.Add(NameConstraints.Decode(constraints.Value));
                if (!isAnchor)
                    policies.Leave(certificate);
            }
            catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
            {
                throw Invalid(certificate, "it does not decode", e);
            }
        }
    }

    internal static CmpException Invalid(Certificate certificate, string why, Exception? inner = null) =>
        new(CmpErrorKind.Trust, "CmpTrust.PathInvalid", $"The certificate of {certificate} is not trusted: {why}.", inner) { Octets = certificate.Encoded };

    private static void CheckTime(Certificate certificate, DateTimeOffset time)
    {
        if (time > certificate.NotAfter)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.Expired", $"The certificate of {certificate} expired at {certificate.NotAfter:u}.") { Octets = certificate.Encoded };
        }
        if (time < certificate.NotBefore)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.NotYetValid", $"The certificate of {certificate} is valid only from {certificate.NotBefore:u}.")
            {
                Octets = certificate.Encoded,
                RecommendedAction = "See that this machine's clock is right.",
            };
        }
    }

    private static void CheckExtensions(Certificate certificate)
    {
        foreach (Extension extension in certificate.Extensions)
        {
            if (extension.Critical && !Understood.Contains(extension.Oid))
                throw Invalid(certificate, $"its critical extension {extension} is unknown");
        }
    }

    /// <summary>RFC 5280 6.1.4 (k) and (n).</summary>
    private static void CheckIssuer(Certificate certificate, bool isAnchor)
    {
        if (certificate.Version < 3 ? !isAnchor : !certificate.IsCA)
            throw Invalid(certificate, certificate.Version < 3 ? $"of version {certificate.Version} it may be an anchor only" : "it is not a CA's and so cannot have issued another");
        if (certificate.KeyUsage is { } usage && (usage & KeyUsages.KeyCertSign) == 0)
            throw Invalid(certificate, "its key usage lacks keyCertSign");
    }

    /// <summary>RFC 5280 6.1.4 (l) and (m): certificates between, self-issued ones and the leaf not counted.</summary>
    private static void CheckPathLength(Certificate certificate, bool isAnchor, ref int intermediatesLeft)
    {
        if (!isAnchor && !certificate.IsSelfIssued && intermediatesLeft-- <= 0)
            throw Invalid(certificate, "a CA above it allows no more CAs below (pathLenConstraint)");
        if (certificate.IsCA && certificate.PathLength is { } allowed)
        {
            if (allowed < 0)
                throw Invalid(certificate, "its pathLenConstraint is negative");
            intermediatesLeft = Math.Min(intermediatesLeft, allowed);
        }
    }
}
