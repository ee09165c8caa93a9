using System.IO;
using System.Security.AccessControl;
using System.Security.Cryptography;
using System.Security.Principal;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.State;

/// <summary>A secret under Windows' data protection (DPAPI): bound to the user, or to the computer.</summary>
/// <remarks>
/// What is bound to the computer any of its processes can open (CRYPTPROTECT_LOCAL_MACHINE). Hence a list on the file lets nobody but SYSTEM and
/// the administrators read it; that list is there from the first moment, and nothing is inherited.
/// </remarks>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal sealed class DataProtection(bool isForAll) : ISecretProtection
{
    private DataProtectionScope Scope => isForAll ? DataProtectionScope.LocalMachine : DataProtectionScope.CurrentUser;

    /// <inheritdoc/>
    public byte[] Protect(byte[] octets) => ProtectedData.Protect(octets, null, Scope);

    /// <inheritdoc/>
    public byte[] Unprotect(byte[] octets) => ProtectedData.Unprotect(octets, null, Scope);

    /// <inheritdoc/>
    public FileStream Create(string path)
    {
        if (!isForAll)
            return AtomicFile.CreateNew(path, isSecret: true); // the profile's list says the rest
        var security = new FileSecurity();
        security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
        foreach (WellKnownSidType who in new[] { WellKnownSidType.LocalSystemSid, WellKnownSidType.BuiltinAdministratorsSid })
            security.AddAccessRule(new FileSystemAccessRule(new SecurityIdentifier(who, null), FileSystemRights.FullControl, AccessControlType.Allow));
        const int BufferSize = 4096;
#if NET
        return new FileInfo(path).Create(FileMode.CreateNew, FileSystemRights.Write, FileShare.None, BufferSize, FileOptions.None, security);
#else
        return new FileStream(path, FileMode.CreateNew, FileSystemRights.Write, FileShare.None, BufferSize, FileOptions.None, security);
#endif
    }
}
