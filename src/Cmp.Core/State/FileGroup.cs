#if NET
using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Cmp.State;

/// <summary>Lets the group that may read a file read the one that takes its place too: a web server reads its renewed key as it read the old one.</summary>
/// <remarks>Only on Linux, only what the owner of both allowed himself, and never more than reading. chown(2), geteuid(2).</remarks>
internal static class FileGroup
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>Hands it on.</summary>
    /// <param name="from">The file that is replaced.</param>
    /// <param name="to">The new file, its owner's alone still.</param>
    internal static void HandOn(string from, string to)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(from) || (File.GetUnixFileMode(from) & UnixFileMode.GroupRead) == 0)
            return;
        if (FileStatus.Of(from) is not { } status || status.Owner != geteuid())
            return;
        // first whose it is, then who may
        if (chown(to, Unchanged, status.Group) == 0)
            File.SetUnixFileMode(to, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int chown([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint owner, uint group);

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();
}
#endif
