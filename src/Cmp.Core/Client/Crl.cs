using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>A CRL that came from a server, and whether its issuer signed it.</summary>
/// <remarks>Every property but <see cref="RawData"/> and <see cref="Verified"/> may throw <c>CmpMessage.Malformed</c> where the server's CRL is none inside.</remarks>
public sealed record Crl
{
    private Crl(CertificateList value, CmpException? reason)
    {
        Value = value;
        Reason = reason;
    }

    /// <summary>The CRL itself.</summary>
    public CertificateList Value { get; }

    /// <summary>Who issued it.</summary>
    public Name Issuer => Value.Issuer;

    /// <summary>When it was made.</summary>
    public DateTimeOffset ThisUpdate => Value.ThisUpdate;

    /// <summary>When the next one comes at the latest; <see langword="null"/> where nothing is said.</summary>
    public DateTimeOffset? NextUpdate => Value.NextUpdate;

    /// <summary>Its number, or <see langword="null"/>.</summary>
    public BigInteger? Number => Value.Number;

    /// <summary>The certificates that are revoked.</summary>
    public IReadOnlyList<RevokedCertificate> Entries => Value.Entries;

    /// <summary>The octets.</summary>
    public ReadOnlyMemory<byte> RawData => Value.Encoded;

    /// <summary>Whether its issuer signed it, and leads to a trust anchor of the server.</summary>
    public bool Verified => Reason is null;

    /// <summary>Why it is not verified; <see langword="null"/> where it is.</summary>
    public CmpException? Reason { get; }

    /// <summary>Judges a CRL.</summary>
    /// <param name="crl">The CRL.</param>
    /// <param name="anchors">Who is trusted.</param>
    /// <param name="candidates">Certificates that may be its issuer's, or stand between it and an anchor.</param>
    /// <param name="now">The time.</param>
    /// <param name="limits">The bounds of looking for its issuer; <see langword="null"/> for the default.</param>
    /// <returns>The CRL with what was found.</returns>
    public static Crl Judge(CertificateList crl, IReadOnlyList<Certificate> anchors, IReadOnlyList<Certificate> candidates, DateTimeOffset now, CmpLimits? limits = null) =>
        new(crl, Verify(crl, anchors, candidates, now, limits ?? CmpLimits.Default));

    /// <summary>Who issued it and when.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Value.ToString();

    private static CmpException? Verify(CertificateList crl, IReadOnlyList<Certificate> anchors, IReadOnlyList<Certificate> candidates, DateTimeOffset now, CmpLimits limits)
    {
        CmpException? reason = null;
        try
        {
            Certificate[] known = [.. anchors, .. candidates];
            foreach (Certificate issuer in known.Where(candidate => IsNamed(candidate, crl)).Take(limits.MaxPathCandidates))
            {
                try
                {
                    AlgorithmPolicy.Default.Check(crl.SignatureAlgorithm, issuer.PublicKey);
                    if (!SignatureAlgorithms.Verify(crl.SignatureAlgorithm, issuer.PublicKey, crl.TbsCertList, crl.Signature, limits))
                        throw Refused("CmpTrust.CrlSignature", $"The signature of the CRL is not that of {issuer}.", crl);
                    // RFC 5280 6.3.3 (f)
                    if (issuer.KeyUsage is { } usage && (usage & KeyUsages.CrlSign) == 0)
                        throw Refused("CmpTrust.KeyUsage", $"The key usage of {issuer} lacks cRLSign.", crl);
                    PathBuilder.Build(issuer, anchors, candidates, new PathOptions(now, Limits: limits));
                    return null;
                }
                catch (CmpException e)
                {
                    reason = e;
                }
            }
            return reason ?? Refused("CmpTrust.NoPath", $"No certificate of the CRL's issuer {crl.Issuer} is at hand.", crl);
        }
        catch (CmpException e)
        {
            return e;
        }
    }

    private static bool IsNamed(Certificate candidate, CertificateList crl)
    {
        try
        {
            return candidate.Subject.IsSameAs(crl.Issuer);
        }
        catch (CmpException)
        {
            return false; // a certificate that does not decode is nobody's
        }
    }

    private static CmpException Refused(string errorId, string message, CertificateList crl) => new(CmpErrorKind.Trust, errorId, message) { Octets = crl.Encoded };
}
