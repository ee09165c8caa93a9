using System;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>That a certificate is revoked, or held, as its issuer's CRL says it.</summary>
/// <param name="At">Since when.</param>
/// <param name="Reason">Why; <see langword="null"/> where nobody said.</param>
/// <param name="InvalidityDate">Since when it is not to be relied on, where somebody said.</param>
internal sealed record CertificateRevocation(DateTimeOffset At, RevocationReason? Reason, DateTimeOffset? InvalidityDate);

/// <summary>What a transaction does to a certificate when its answer leaves.</summary>
/// <param name="SerialNumber">Which certificate.</param>
/// <param name="Revocation">What it is then; <see langword="null"/>: its hold is lifted.</param>
/// <param name="At">When it happened; <see langword="null"/> before.</param>
internal sealed record StatusChange(ReadOnlyMemory<byte> SerialNumber, CertificateRevocation? Revocation, DateTimeOffset? At = null)
{
    /// <summary>What it was before, for what cannot be kept has not happened.</summary>
    internal CertificateRevocation? Before { get; init; }
}
