using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Cryptography.Paths;

/// <summary>What CRLs say of a path.</summary>
/// <param name="Certificates">Of each certificate that was asked about; the anchor is none of them.</param>
/// <param name="Missing">Where CRLs could be fetched that would say more: http and https, a bounded number.</param>
public sealed record RevocationReport(IReadOnlyList<CertificateRevocation> Certificates, IReadOnlyList<Uri> Missing)
{
    /// <summary>Nobody was asked about.</summary>
    public static RevocationReport Nothing { get; } = new([], []);

    /// <summary>What is not known, a sentence a certificate, for people.</summary>
    public IReadOnlyList<string> Warnings => Certificates
        .Where(one => one.Status == RevocationStatus.Unknown)
        .Select(one => $"Whether the certificate of {one.Certificate} is revoked is not known: {one.Why}.")
        .ToList();

    /// <summary>Until when what is good is known to be good; <see langword="null"/> where nothing is.</summary>
    public DateTimeOffset? ValidUntil => Certificates.Min(one => one.ValidUntil);

    /// <summary>Refuses a path with a revoked certificate.</summary>
    /// <exception cref="CmpException"><c>CmpTrust.Revoked</c>.</exception>
    public void ThrowIfRevoked()
    {
        if (Certificates.FirstOrDefault(one => one.Status == RevocationStatus.Revoked) is { } revoked)
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.Revoked", $"The certificate of {revoked.Certificate} is revoked: {revoked.Why}.") { Octets = revoked.Certificate.Encoded };
    }

    /// <summary>Asks for the CRLs that would say more, before anything is concluded from their absence.</summary>
    /// <exception cref="CrlsMissingException">There are some.</exception>
    internal void ThrowIfMissing()
    {
        if (Missing.Count > 0)
            throw new CrlsMissingException(Missing);
    }
}
