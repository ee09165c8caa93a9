namespace Cmp;

/// <summary>Whether a private key may leave the place where it is kept.</summary>
public enum KeyExportPolicy
{
    /// <summary>It stays. A key that goes to a file is exportable by nature all the same.</summary>
    NonExportable,

    /// <summary>It may be exported.</summary>
    Exportable,
}
