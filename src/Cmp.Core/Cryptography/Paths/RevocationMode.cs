namespace Cmp.Cryptography.Paths;

/// <summary>How far it is asked whether certificates are revoked (rule 69).</summary>
public enum RevocationMode
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By the CRLs that are at hand; nothing is fetched.</summary>
    Offline,

    /// <summary>By those, and by what the distribution points of a valid path have, over http and https.</summary>
    Online,
}
