using System;
using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>What is at hand to check messages with. All of it may be missing: what cannot be checked then says so.</summary>
public sealed record CheckSettings
{
    /// <summary>The secret that both sides share, and the reference that names it; an empty reference stands for any. It stays the caller's.</summary>
    public SharedSecret? Secret { get; init; }

    /// <summary>
    /// The private key of one of both sides: for DHBasedMac and KemBasedMac, for proofs by key agreement, and to open what came encrypted for it. It stays the caller's.
    /// </summary>
    public PrivateKey? Key { get; init; }

    /// <summary>Who is trusted: CAs, or signers themselves.</summary>
    public IReadOnlyList<Certificate> Anchors { get; init; } = [];

    /// <summary>Certificates that are at hand besides those in the messages: of signers, of CAs between, of what was issued. Nobody is trusted by them.</summary>
    public IReadOnlyList<Certificate> Certificates { get; init; } = [];

    /// <summary>CRLs by which signers are checked; where there are none, nothing is said of revocation.</summary>
    public IReadOnlyList<CertificateList> Crls { get; init; } = [];

    /// <summary>When certificates must be valid; <see langword="null"/>: at the messageTime of the message, and now where it has none.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Which algorithms are believed in paths; in messages weak ones are said, not refused.</summary>
    public AlgorithmPolicy Algorithms { get; init; } = AlgorithmPolicy.Default;

    /// <summary>Whether two errors of others in PBMAC1 are read as they are meant (rule 22).</summary>
    public bool Lenient { get; init; }

    /// <summary>The bounds.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default;
}
