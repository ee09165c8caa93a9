using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Whose requests a registration authority takes: by a secret that it shares with them, or by a certificate.</summary>
public sealed record RequesterTrust
{
    /// <summary>Secrets of requesters, each found by its reference; they stay the caller's.</summary>
    public IReadOnlyList<SharedSecret> Secrets { get; init; } = [];

    /// <summary>Who vouches for certificates of requesters, or such certificates themselves.</summary>
    public IReadOnlyList<Certificate> Anchors { get; init; } = [];

    /// <summary>Certificates that may stand in a path but are no anchors.</summary>
    public IReadOnlyList<Certificate> Untrusted { get; init; } = [];

    /// <summary>CRLs by which signers are checked; <see langword="null"/>: they are not.</summary>
    public ICrlSource? Crls { get; init; }

    /// <summary>Whether MACs with SHA-1 or HMAC-SHA1 are accepted (rule 68).</summary>
    public bool AllowPbmSha1 { get; init; }

    /// <summary>Which algorithms of signatures are accepted (rule 68).</summary>
    public AlgorithmPolicy Algorithms { get; init; } = AlgorithmPolicy.Default;

    /// <summary>The bounds.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default;
}
