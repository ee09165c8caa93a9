using System;
using System.IO;

namespace Cmp.State;

/// <summary>What state and secrets are read from: files that are no links, in folders that nobody else may write to.</summary>
/// <remarks>On Unix the mode says so, as for ssh; on Windows the profile's access list does, and for the computer's folder its owner.</remarks>
internal static class FileSafety
{
#if NET
    private const UnixFileMode OthersWrite = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
    private const UnixFileMode OthersRead = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode All = Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
#endif

    /// <summary>Whether there is a file; unlike <see cref="File.Exists(string)"/> it does not overlook what another user has.</summary>
    /// <exception cref="CmpException"><c>CmpStore.AccessDenied</c>.</exception>
    internal static bool Exists(string path) => Is(path, () => _ = File.GetAttributes(path));

    /// <summary>Refuses a file that others could have put there.</summary>
    /// <returns>Whether there is one.</returns>
    /// <exception cref="CmpException"><c>CmpState.Unsafe</c>; <c>CmpStore.AccessDenied</c>.</exception>
    internal static bool Ensure(string path, bool isSecret, bool isForAll) => Is(path, () => Check(path, isSecret, isForAll));

    private static bool Is(string path, Action look)
    {
        try
        {
            look();
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

    private static void Check(string path, bool isSecret, bool isForAll)
    {
        _ = File.GetAttributes(path);
        if (AtomicFile.IsLink(path))
            throw Unsafe($"'{PeerText.Escape(path)}' is a link, and what must be the owner's is not read through links.", "Put the file itself there, or name it.");
        string folder = Path.GetDirectoryName(path)!;
        if (StateHome.IsWindows)
        {
            if (isForAll && !MachineFolder.IsSafe(folder))
                throw Unsafe($"'{PeerText.Escape(folder)}' or the folder above it belongs to somebody who is no administrator, or others may write to it.", "Look at its files, then make the administrators its owner, and take from others the right to write.");
            return;
        }
#if NET
        UnixFileMode refused = isSecret ? OthersWrite | OthersRead : OthersWrite;
        if ((File.GetUnixFileMode(path) & refused) != 0)
            throw Unsafe($"Others than its owner may {(isSecret ? "read or write" : "write")} '{PeerText.Escape(path)}'.", $"Look at the file, then take that right away with chmod {(isSecret ? "600" : "go-w")}.");
        if ((File.GetUnixFileMode(folder) & OthersWrite) != 0)
            throw Unsafe($"Others than its owner may write to '{PeerText.Escape(folder)}'.", "Look at its files, then take that right away with chmod go-w.");
#endif
    }

    internal static void MakeFolder(string path, bool isForAll)
    {
        if (StateHome.IsWindows && isForAll)
        {
            MachineFolder.Make(path);
            return;
        }
#if NET
        if (!StateHome.IsWindows)
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
