using System.IO;

namespace Cmp.State;

/// <summary>A secret as its octets, in a file that its owner alone may read: mode 0600.</summary>
internal sealed class OwnersAlone : ISecretProtection
{
    /// <summary>How this platform protects the secrets of a user, or of the computer.</summary>
    internal static ISecretProtection OrDataProtection(bool isForAll) =>
        StateHome.IsWindows ? new DataProtection(isForAll) : new OwnersAlone();

    /// <inheritdoc/>
    public byte[] Protect(byte[] octets) => (byte[])octets.Clone();

    /// <inheritdoc/>
    public byte[] Unprotect(byte[] octets) => (byte[])octets.Clone();

    /// <inheritdoc/>
    public FileStream Create(string path) => AtomicFile.CreateNew(path, isSecret: true);
}
