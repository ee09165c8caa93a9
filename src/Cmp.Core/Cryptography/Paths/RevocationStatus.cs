namespace Cmp.Cryptography.Paths;

/// <summary>What CRLs say of a certificate.</summary>
public enum RevocationStatus
{
    /// <summary>A CRL in force covers it and does not name it.</summary>
    Good,

    /// <summary>It is revoked, or on hold.</summary>
    Revoked,

    /// <summary>No CRL at hand says.</summary>
    Unknown,
}
