using System;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>A certificate that was issued, and what became of it. It is changed under the lock of its register.</summary>
/// <param name="certificate">It.</param>
/// <param name="number">Its place in the order of issue.</param>
internal sealed class RegisteredCertificate(Certificate certificate, long number)
{
    internal Certificate Certificate { get; } = certificate;

    internal long Number { get; } = number;

    /// <summary>It counts as refused unless it is confirmed by then; <see langword="null"/>: it is confirmed.</summary>
    internal DateTimeOffset? Deadline { get; set; }

    /// <summary>Whether it left encrypted, and nobody has shown yet that he could open it: only who has the key has it.</summary>
    internal bool IsUnproven { get; set; }

    /// <summary>Whether its owner wants it not to be published.</summary>
    internal bool IsUnpublished { get; init; }

    /// <summary>Whether its owner refused it.</summary>
    internal bool IsDiscarded { get; set; }

    /// <summary>That it is revoked, or held; <see langword="null"/> where it is not.</summary>
    internal CertificateRevocation? Revocation { get; set; }

    /// <summary>When it will be revoked, as was announced; <see langword="null"/> where nothing was. It is not kept: nothing but words comes of it.</summary>
    internal DateTimeOffset? WillBeRevokedAt { get; set; }

    /// <summary>Whether it was issued for good, or can still be; it may be revoked.</summary>
    internal bool IsIssued(DateTimeOffset now) => !IsDiscarded && !IsUnproven && (Deadline is not { } deadline || now <= deadline);

    internal bool IsGood(DateTimeOffset now) => Revocation is null && IsIssued(now);
}
