namespace Cmp.Stores;

/// <summary>What becomes of a certificate that was renewed.</summary>
public enum OldCertificateAction
{
    /// <summary>It stays with its key, but no longer shows; only Windows' stores know this.</summary>
    Archive,

    /// <summary>It stays as it is.</summary>
    Keep,

    /// <summary>It is removed.</summary>
    Remove,
}
