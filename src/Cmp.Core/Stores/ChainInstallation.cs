namespace Cmp.Stores;

/// <summary>Which certificates of issuers go into stores with a new certificate, into those of the user or computer that its own store is of.</summary>
public enum ChainInstallation
{
    /// <summary>None.</summary>
    None,

    /// <summary>Those between the certificate and its root, into the store <c>CA</c>: nobody is trusted for that.</summary>
    Intermediate,

    /// <summary>The root too, into the store <c>Root</c>, if it is one that was given as a trust anchor: from then on all programs trust it.</summary>
    WithRoot,
}
