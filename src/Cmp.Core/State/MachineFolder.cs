using System.IO;
using System.Linq;
using System.Security.AccessControl;
using System.Security.Principal;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.State;

/// <summary>The computer's folder on Windows. Any user may make folders in <c>%ProgramData%</c>, so who made ours is looked at.</summary>
#if NET
[SupportedOSPlatform("windows")]
#endif
internal static class MachineFolder
{
    private const InheritanceFlags Below = InheritanceFlags.ContainerInherit | InheritanceFlags.ObjectInherit;

    /// <summary>Makes the folder and the one above it, both for SYSTEM and the administrators to write and for all to read.</summary>
    internal static void Make(string path)
    {
        foreach (string folder in new[] { Path.GetDirectoryName(path)!, path })
        {
            if (Directory.Exists(folder))
                continue;
            var security = new DirectorySecurity();
            security.SetAccessRuleProtection(isProtected: true, preserveInheritance: false);
            Allow(security, WellKnownSidType.LocalSystemSid, FileSystemRights.FullControl);
            Allow(security, WellKnownSidType.BuiltinAdministratorsSid, FileSystemRights.FullControl);
            Allow(security, WellKnownSidType.BuiltinUsersSid, FileSystemRights.ReadAndExecute);
#if NET
            new DirectoryInfo(folder).Create(security);
#else
            Directory.CreateDirectory(folder, security);
#endif
        }
    }

    /// <summary>
    /// Whether the folder and the one above it belong to SYSTEM, the administrators or to whom we run as, for whoever owns a folder may write to it;
    /// and whether nobody else may change what is in the folder.
    /// </summary>
    internal static bool IsSafe(string path)
    {
        using WindowsIdentity self = WindowsIdentity.GetCurrent();
        foreach (string folder in new[] { Path.GetDirectoryName(path)!, path })
        {
            if (SecurityOf(folder).GetOwner(typeof(SecurityIdentifier)) is not SecurityIdentifier owner
                || !(owner.IsWellKnown(WellKnownSidType.LocalSystemSid) || owner.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid) || owner == self.User))
                return false;
        }
        return !FolderAccess.MayOthersChange(
            SecurityOf(path).GetAccessRules(includeExplicit: true, includeInherited: true, typeof(SecurityIdentifier))
                .OfType<FileSystemAccessRule>()
                .Where(rule => rule.AccessControlType == AccessControlType.Allow && (rule.PropagationFlags & PropagationFlags.InheritOnly) == 0)
                .Select(rule => (rule.IdentityReference.Value, (uint)rule.FileSystemRights)),
            self.User?.Value);
    }

    private static DirectorySecurity SecurityOf(string folder) =>
#if NET
        new DirectoryInfo(folder).GetAccessControl(AccessControlSections.Owner | AccessControlSections.Access);
#else
        Directory.GetAccessControl(folder, AccessControlSections.Owner | AccessControlSections.Access);
#endif

    private static void Allow(DirectorySecurity security, WellKnownSidType who, FileSystemRights rights) =>
        security.AddAccessRule(new FileSystemAccessRule(new SecurityIdentifier(who, null), rights, Below, PropagationFlags.None, AccessControlType.Allow));
}
