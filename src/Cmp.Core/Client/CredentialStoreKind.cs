namespace Cmp.Client;

/// <summary>Where the secrets of a saved server are kept; its own file holds none.</summary>
public enum CredentialStoreKind
{
    /// <summary>The default vault of PowerShell's module Microsoft.PowerShell.SecretManagement.</summary>
    SecretManagement,

    /// <summary>A file that Windows' data protection encrypts for this user or computer.</summary>
    DataProtection,

    /// <summary>A file that its owner alone may read (0600); on Windows the same as <see cref="DataProtection"/>.</summary>
    File,
}
