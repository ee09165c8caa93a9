using System.Collections.Generic;
using System.Linq;

namespace Cmp.State;

/// <summary>What the access list of a folder of Windows says of who may change what is in it.</summary>
/// <remarks>Rights as winnt.h has them for folders: FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY, FILE_DELETE_CHILD, DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_ALL, GENERIC_WRITE.</remarks>
internal static class FolderAccess
{
    private const uint Changes = 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;

    /// <summary>SYSTEM, the administrators, the owner (who is looked at by himself), the installer of Windows.</summary>
    private static readonly HashSet<string> Trusted = ["S-1-5-18", "S-1-5-32-544", "S-1-3-4", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"];

    /// <summary>Whether accounts that are no administrators may put files there, or take some away.</summary>
    /// <param name="allowed">The entries that allow something in the folder itself: SID and rights.</param>
    /// <param name="self">The SID of who we run as.</param>
    internal static bool MayOthersChange(IEnumerable<(string Account, uint Rights)> allowed, string? self) =>
        allowed.Any(entry => (entry.Rights & Changes) != 0 && entry.Account != self && !Trusted.Contains(entry.Account));
}
