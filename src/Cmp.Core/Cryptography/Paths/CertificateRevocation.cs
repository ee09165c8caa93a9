using System;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Paths;

/// <summary>What CRLs say of one certificate of a path.</summary>
/// <param name="Certificate">The certificate.</param>
/// <param name="Status">What they say.</param>
public sealed record CertificateRevocation(Certificate Certificate, RevocationStatus Status)
{
    /// <summary>Why it is not known, or why and since when it is revoked: half a sentence, escaped; <see langword="null"/> where it is good.</summary>
    public string? Why { get; init; }

    /// <summary>Until when a good one is known to be good: the nextUpdate that comes first.</summary>
    public DateTimeOffset? ValidUntil { get; init; }
}
