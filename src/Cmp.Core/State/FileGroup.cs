#if NET
using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Cmp.State;

/// <summary>Lets the group that may read a file read the one that takes its place too: a web server reads its renewed key as it read the old one.</summary>
/// <remarks>
/// Only on Linux, only what the owner of both allowed himself, and never more than reading. statx(2), chown(2), geteuid(2); struct statx of linux/stat.h has
/// stx_uid at 20 and stx_gid at 24, on every architecture.
/// </remarks>
internal static class FileGroup
{
    private const int CurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint WithOwner = 0x8 | 0x10;
    private const int StatxBytes = 256;
    private const int UserAt = 20;
    private const int GroupAt = 24;
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Hands it on.</summary>
    /// <param name="from">The file that is replaced.</param>
    /// <param name="to">The new file, its owner's alone still.</param>
    internal static void HandOn(string from, string to)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(from) || (File.GetUnixFileMode(from) & UnixFileMode.GroupRead) == 0)
            return;
        var status = new byte[StatxBytes];
        try
        {
            if (statx(CurrentFolder, from, NoFollow, WithOwner, status) != 0 || BitConverter.ToUInt32(status, UserAt) != geteuid())
                return;
            // first whose it is, then who may
            if (chown(to, Unchanged, BitConverter.ToUInt32(status, GroupAt)) == 0)
                File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }
        catch (EntryPointNotFoundException)
        {
            // a C library from before statx: the file stays its owner's alone
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] status);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint owner, uint group);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();
}
#endif
