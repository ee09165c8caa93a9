using System.IO;
using System.Security.AccessControl;
using System.Security.Principal;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.State;

/// <summary>Who may read a file on Windows, where that is looked at: for secrets that others wrote, in the clear.</summary>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal static class FileReaders
{
    private const FileSystemRights Looked = FileSystemRights.ReadData | FileSystemRights.WriteData | FileSystemRights.AppendData
        | FileSystemRights.ChangePermissions | FileSystemRights.TakeOwnership;

    /// <summary>Whether nobody may read or write a file but whom we run as, its owner, SYSTEM and the administrators.</summary>
    internal static bool AreOwners(string path)
    {
        const AccessControlSections Sections = AccessControlSections.Access | AccessControlSections.Owner;
#if NET
        FileSecurity security = new FileInfo(path).GetAccessControl(Sections);
#else
        FileSecurity security = File.GetAccessControl(path, Sections);
#endif
        using WindowsIdentity self = WindowsIdentity.GetCurrent();
        IdentityReference? owner = security.GetOwner(typeof(SecurityIdentifier));
        foreach (FileSystemAccessRule rule in security.GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier)))
        {
            if (rule.AccessControlType == AccessControlType.Allow && (rule.FileSystemRights & Looked) != 0
                && rule.IdentityReference is SecurityIdentifier who && who != self.User && who != owner
                && !who.IsWellKnown(WellKnownSidType.LocalSystemSid) && !who.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid) && !who.IsWellKnown(WellKnownSidType.CreatorOwnerSid))
            {
                return false;
            }
        }
        return true;
    }
}
