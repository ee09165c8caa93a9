#if NET
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace Cmp.State;

/// <summary>Whether nobody but root can change what is at a path, nor put something else there.</summary>
/// <remarks>statx(2): its structure is the same on all platforms of Linux. Members of a file's group are whom root let be that.</remarks>
internal static class RootsAlone
{
    // AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_MODE | STATX_UID
    private const int CurrentFolder = -100, NoFollow = 0x100;
    private const uint TypeModeAndOwner = 0x1 | 0x2 | 0x8;
    private const int StructureSize = 256, OwnerAt = 20, ModeAt = 28;
    private const int TypeMask = 0xF000, Link = 0xA000, Folder = 0x4000, Sticky = 0x200, OthersWrite = 0x2;
    private const int MaxLinks = 16;

    /// <summary>Looks at a path, each folder above it, and where links lead.</summary>
    /// <param name="path">A full path.</param>
    /// <returns>What others may change; <see langword="null"/> where there is nothing, or the system does not say.</returns>
    internal static string? Find(string path) => Find(path, 0, []);

    private static string? Find(string path, int links, HashSet<string> seen)
    {
        for (string? current = path; current is not null && seen.Add(current); current = Path.GetDirectoryName(current))
        {
            if (Look(current) is not var (owner, mode))
                continue; // what is not there yet is in a folder that is
            bool isLink = (mode & TypeMask) == Link;
            // in a folder such as /tmp nobody renames what is root's
            bool isShared = (mode & TypeMask) == Folder && (mode & Sticky) != 0;
            if (owner != 0 || (!isLink && !isShared && (mode & OthersWrite) != 0))
                return current;
            if (isLink && (links == MaxLinks || Find(Path.GetFullPath(new FileInfo(current).LinkTarget ?? current, Path.GetDirectoryName(current)!), links + 1, seen) is not null))
                return current;
        }
        return null;
    }

    private static (uint Owner, int Mode)? Look(string path)
    {
        var octets = new byte[StructureSize];
        try
        {
            return statx(CurrentFolder, path, NoFollow, TypeModeAndOwner, octets) == 0 ? (BitConverter.ToUInt32(octets, OwnerAt), BitConverter.ToUInt16(octets, ModeAt)) : null;
        }
        catch (EntryPointNotFoundException)
        {
            return null; // an old C library
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);
}
#endif
