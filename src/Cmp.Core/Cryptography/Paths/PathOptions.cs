using System;

namespace Cmp.Cryptography.Paths;

/// <summary>What a path must satisfy, and how much may be spent on finding it.</summary>
/// <param name="Time">When it must be valid.</param>
/// <param name="Policy">Which algorithms are believed; <see langword="null"/> for the default.</param>
/// <param name="Limits">Bounds on length, candidates and signature checks; <see langword="null"/> for the default.</param>
/// <param name="AllowExpiredLeaf">Whether the first certificate may have expired, or be valid only later: the user said so (rule 29). The rest may not.</param>
public sealed record PathOptions(DateTimeOffset Time, AlgorithmPolicy? Policy = null, CmpLimits? Limits = null, bool AllowExpiredLeaf = false)
{
    /// <summary>Which algorithms are believed.</summary>
    public AlgorithmPolicy Policy { get; init; } = Policy ?? AlgorithmPolicy.Default;

    /// <summary>Bounds on length, candidates and signature checks.</summary>
    public CmpLimits Limits { get; init; } = Limits ?? CmpLimits.Default;

    /// <summary>
    /// Looks at a path that is valid by RFC 5280 6.1, and refuses it by throwing a <see cref="CmpException"/>; the search then goes on.
    /// Here revocation is asked about: only for paths that are valid otherwise (rule 69).
    /// </summary>
    public Action<CertificatePath>? FurtherCheck { get; init; }
}
