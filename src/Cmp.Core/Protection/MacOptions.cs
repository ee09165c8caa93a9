namespace Cmp.Protection;

/// <summary>How MACs under a shared secret are made: all but the salt, which each has of its own.</summary>
public abstract record MacOptions
{
    private protected MacOptions()
    {
    }

    /// <summary>The kind of protection.</summary>
    public abstract ProtectionKind Kind { get; }

    /// <summary>A MAC made so, with new salt and nonce.</summary>
    /// <returns>The MAC.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: it cannot be made so here.</exception>
    internal abstract SharedSecretMac New();

    private protected static CmpException Refused(string message) => new(CmpErrorKind.Argument, "CmpProtection.Algorithm", message);
}
