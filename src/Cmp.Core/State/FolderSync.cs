#if NET
using System.Runtime.InteropServices;

namespace Cmp.State;

/// <summary>Brings the names in a folder to the disk: on Unix a file that was renamed and flushed may still be missing after a loss of power.</summary>
/// <remarks>open(2), fsync(2), close(2). Where a file system cannot do it, the rename stands for itself, as everywhere else.</remarks>
internal static class FolderSync
{
    private const int ReadOnly = 0;

    internal static void Run(string folder)
    {
        int handle = open(folder, ReadOnly);
        if (handle < 0)
            return;
        _ = fsync(handle);
        _ = close(handle);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(int handle);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int handle);
}
#endif
