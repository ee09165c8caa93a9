#if NET
using System;
using System.Runtime.InteropServices;

namespace Cmp.State;

/// <summary>What Linux says of a file, which .NET does not: whose it is.</summary>
/// <param name="Owner">The user's number.</param>
/// <param name="Group">The group's number.</param>
/// <param name="Mode">Type and permissions.</param>
/// <remarks>statx(2); struct statx of linux/stat.h has stx_uid at 20, stx_gid at 24 and stx_mode at 28, on every architecture.</remarks>
internal readonly record struct FileStatus(uint Owner, uint Group, int Mode)
{
    // AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID | STATX_GID
    private const int CurrentFolder = -100, NoFollow = 0x100;
    private const uint TypeModeAndOwners = 0x1 | 0x2 | 0x8 | 0x10;
    private const int StructureSize = 256, OwnerAt = 20, GroupAt = 24, ModeAt = 28;

    /// <summary>Looks at a path; a link is looked at itself.</summary>
    /// <returns><see langword="null"/> where there is nothing, or a C library from before statx does not say.</returns>
    internal static FileStatus? Of(string path)
    {
        var octets = new byte[StructureSize];
        try
        {
            return statx(CurrentFolder, path, NoFollow, TypeModeAndOwners, octets) == 0
                ? new FileStatus(BitConverter.ToUInt32(octets, OwnerAt), BitConverter.ToUInt32(octets, GroupAt), BitConverter.ToUInt16(octets, ModeAt))
                : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);
}
#endif
