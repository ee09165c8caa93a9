using System;
using System.IO;

namespace Cmp.State;

/// <summary>What state is read from: files that are no links, in folders that nobody else may write to.</summary>
/// <remarks>On Windows the profile's access list says so; on Unix the mode does, as for ssh.</remarks>
internal static class FileSafety
{
#if NET
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode All = Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
#endif

    /// <summary>Refuses a file that others could have put there.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="CmpException"><c>CmpState.Unsafe</c>; <c>CmpStore.AccessDenied</c>.</exception>
    internal static bool Ensure(string path, bool isSecret)
    {
        try
        {
            Check(path, isSecret);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unreadable(path, e);
        }
    }

    private static void Check(string path, bool isSecret)
    {
        _ = File.GetAttributes(path);
        if (AtomicFile.IsLink(path))
            throw Unsafe($"'{PeerText.Escape(path)}' is a link, and state is not read through links.", "Remove the link.");
#if NET
        if (OperatingSystem.IsWindows())
            return;
        UnixFileMode refused = isSecret ? OthersWrite | OthersRead : OthersWrite;
        if ((File.GetUnixFileMode(path) & refused) != 0)
            throw Unsafe($"Others than its owner may {(isSecret ? "read or write" : "write")} '{PeerText.Escape(path)}'.", $"Look at the file, then take that right away with chmod {(isSecret ? "600" : "go-w")}.");
        string folder = Path.GetDirectoryName(path)!;
        if ((File.GetUnixFileMode(folder) & OthersWrite) != 0)
            throw Unsafe($"Others than its owner may write to '{PeerText.Escape(folder)}'.", "Look at its files, then take that right away with chmod go-w.");
#endif
    }

    internal static void MakeFolder(string path, bool isForAll)
    {
#if NET
        if (!OperatingSystem.IsWindows())
        {
            if (!Directory.Exists(path))
                Directory.CreateDirectory(path, isForAll ? All : Owner);
            return;
        }
#endif
        Directory.CreateDirectory(path);
    }

    private static CmpException Unsafe(string message, string action) => new(CmpErrorKind.Store, "CmpState.Unsafe", message) { RecommendedAction = action };
}
