using System.IO;

namespace Cmp.State;

/// <summary>What makes a file of ours a secret, besides its folder: what lies in it, and who may open it.</summary>
internal interface ISecretProtection
{
    /// <summary>The octets as they lie in the file; the caller clears those that it gave.</summary>
    byte[] Protect(byte[] octets);

    /// <summary>The octets that <see cref="Protect"/> got; the caller clears them.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">They are somebody else's, or damaged.</exception>
    byte[] Unprotect(byte[] octets);

    /// <summary>Makes a new file that nobody else may read, from its beginning.</summary>
    FileStream Create(string path);
}
