namespace Cmp;

/// <summary>Bounds on everything that a peer sends. Checked before anything is allocated or derived for it.</summary>
/// <remarks>Sources: rules 18, 38, 56, 64, 69 and 70; RFC 4211 4.4 and RFC 9045 for iteration counts.</remarks>
public sealed record CmpLimits
{
    /// <summary>The limits that hold where nothing else is said.</summary>
    public static CmpLimits Default { get; } = new();

    /// <summary>Octets of one answer, 1 MiB.</summary>
    public int MaxResponseBytes { get; init; } = 1 << 20;

    /// <summary>Levels of constructed ASN.1 values, and of messages within messages.</summary>
    public int MaxDepth { get; init; } = 32;

    /// <summary>Elements of one SEQUENCE OF or SET OF.</summary>
    public int MaxElements { get; init; } = 10_000;

    /// <summary>Entries of one CRL that are looked at.</summary>
    public int MaxCrlEntries { get; init; } = 1_000_000;

    /// <summary>Octets of a CRL that is fetched, 16 MiB.</summary>
    public int MaxCrlBytes { get; init; } = 1 << 24;

    /// <summary>CRLs that are fetched for one path.</summary>
    public int MaxCrlFetches { get; init; } = 10;

    /// <summary>Octets of a salt of PasswordBasedMac or PBKDF2, of a nonce of AES-GMAC, of a value or a customization string of KMAC.</summary>
    public int MaxSaltBytes { get; init; } = 1024;

    /// <summary>Fewest iterations of PasswordBasedMac that are accepted (RFC 4211 4.4).</summary>
    public int MinPbmIterations { get; init; } = 100;

    /// <summary>Most iterations of PasswordBasedMac that are accepted.</summary>
    public int MaxPbmIterations { get; init; } = 100_000;

    /// <summary>Most iterations of PBKDF2 that are accepted.</summary>
    public int MaxPbkdf2Iterations { get; init; } = 2_000_000;

    /// <summary>Fewest octets of a key that a peer may have derived for a MAC: it could choose one that is soon guessed.</summary>
    public int MinDerivedKeyBytes { get; init; } = 16;

    /// <summary>Most octets of such a key (rule 18).</summary>
    public int MaxDerivedKeyBytes { get; init; } = 1024;

    /// <summary>Certificates in a path, the anchor included.</summary>
    public int MaxPathLength { get; init; } = 10;

    /// <summary>Certificates that are looked at as candidates for a path.</summary>
    public int MaxPathCandidates { get; init; } = 100;

    /// <summary>Signatures that are verified while one path is looked for.</summary>
    public int MaxSignatureChecks { get; init; } = 1000;

    /// <summary>Keys of one answer that are opened where a CA gives back those that it had kept.</summary>
    public int MaxRecoveredKeys { get; init; } = 100;

    /// <summary>Bits of an RSA modulus, or of another public key's octets times eight.</summary>
    public int MaxPublicKeyBits { get; init; } = 16_384;

    /// <summary>Characters of one text of a peer that are shown.</summary>
    public int MaxTextLength { get; init; } = 2048;

    /// <summary>Texts of a peer that are shown from one message.</summary>
    public int MaxTexts { get; init; } = 20;
}
