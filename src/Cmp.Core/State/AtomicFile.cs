using System;
using System.IO;

namespace Cmp.State;

/// <summary>
/// A file that comes to be whole or not at all. Its octets go to a new file in the same folder, are flushed to the disk, and take the
/// place of the target by one rename (rules 45 and 71).
/// </summary>
/// <remarks>
/// The new file is created, never opened, so that no link is followed; with a secret in it its mode is 0600 from the beginning (on Windows
/// it inherits the folder's access list). A target that is a link is refused: following it would write elsewhere, replacing it would break it.
/// </remarks>
public sealed class AtomicFile : IDisposable
{
    private const string Staged = ".tmp";
    private const int GuidLength = 32;

    private readonly bool _durable;
    private bool _isStaged = true;

    private AtomicFile(string path, string stagedPath, bool durable)
    {
        Path = path;
        StagedPath = stagedPath;
        _durable = durable;
    }

    /// <summary>Where the octets go.</summary>
    public string Path { get; }

    /// <summary>Where they are until <see cref="Commit"/>.</summary>
    public string StagedPath { get; }

    /// <summary>Writes a file whole or not at all.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="octets">What.</param>
    /// <param name="isSecret">Whether nobody but the owner may read it.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <param name="durable">Whether it is on the disk when this returns; else it is whole all the same, but a loss of power may undo it.</param>
    /// <exception cref="CmpException"><c>CmpStore.Exists</c>, <c>CmpStore.NotFound</c> (the folder), <c>CmpStore.AccessDenied</c>, <c>CmpStore.Link</c>, <c>CmpStore.Unwritable</c>.</exception>
    public static void Write(string path, byte[] octets, bool isSecret, bool overwrite, bool durable = true)
    {
        using AtomicFile file = Stage(path, octets, isSecret, durable);
        file.Commit(overwrite);
    }

    /// <summary>The same, replacing what is there, with a file that all may read and nobody but its owner may write, whatever the umask is.</summary>
    /// <exception cref="CmpException">As <see cref="Write"/>.</exception>
    internal static void WriteForAll(string path, byte[] octets, bool durable)
    {
        using AtomicFile file = Stage(path, octets, CreateForAll, durable);
        file.Commit(overwrite: true);
    }

    /// <summary>Writes the octets beside their target, on the disk and complete, so that little can fail later.</summary>
    /// <param name="path">The target.</param>
    /// <param name="octets">What.</param>
    /// <param name="isSecret">Whether nobody but the owner may read it.</param>
    /// <param name="durable">Whether it is on the disk when this returns, and at its place when <see cref="Commit"/> does.</param>
    /// <returns>The staged file; disposing of it without <see cref="Commit"/> removes it.</returns>
    /// <exception cref="CmpException">As <see cref="Write"/>.</exception>
    public static AtomicFile Stage(string path, byte[] octets, bool isSecret, bool durable = true) => Stage(path, octets, staged => CreateNew(staged, isSecret), durable);

    /// <summary>The same with a file that somebody else makes.</summary>
    internal static AtomicFile Stage(string path, byte[] octets, Func<string, FileStream> create, bool durable)
    {
        string target = FullPath(path);
        string folder = System.IO.Path.GetDirectoryName(target) ?? throw FileErrors.Folder(target);
        var file = new AtomicFile(target, System.IO.Path.Combine(folder, $".{System.IO.Path.GetFileName(target)}.{Guid.NewGuid():N}{Staged}"), durable);
        try
        {
            using FileStream stream = create(file.StagedPath);
            stream.Write(octets, 0, octets.Length);
            stream.Flush(flushToDisk: durable);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            file.Dispose();
            throw FileErrors.Unwritable(target, e);
        }
        return file;
    }

    /// <summary>Waits until a file that somebody else wrote is on the disk, and its name in its folder.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    internal static void Flush(string path)
    {
        // one that is open for reading only is not flushed
        using (var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete))
            stream.Flush(flushToDisk: true);
#if NET
        if (!OperatingSystem.IsWindows())
            FolderSync.Run(System.IO.Path.GetDirectoryName(path)!);
#endif
    }

    /// <summary>Finds out whether <see cref="Write"/> would succeed, by creating and removing an empty file beside the target.</summary>
    /// <param name="path">The target.</param>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="CmpException">As <see cref="Write"/>.</exception>
    public static void EnsureWritable(string path, bool overwrite)
    {
        EnsureReplaceable(FullPath(path), overwrite);
        Stage(path, [], isSecret: true).Dispose();
    }

    /// <summary>Removes what processes left beside a target that died before they could put it in its place.</summary>
    /// <param name="path">The target; nobody else may be writing it.</param>
    public static void Sweep(string path)
    {
        string target = FullPath(path);
        try
        {
            if (System.IO.Path.GetDirectoryName(target) is not { } folder || !Directory.Exists(folder))
                return;
            string prefix = $".{System.IO.Path.GetFileName(target)}.";
            foreach (string staged in Directory.GetFiles(folder, ".*.tmp"))
            {
                if (IsStaged(System.IO.Path.GetFileName(staged), prefix))
                    File.Delete(staged);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // what cannot be removed is in nobody's way
        }
    }

    /// <summary>Whether a name is one that <see cref="Stage(string, byte[], bool, bool)"/> gives: files of others, and of targets whose names begin alike, have other ones.</summary>
    private static bool IsStaged(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && name.Length == prefix.Length + GuidLength + Staged.Length && name.EndsWith(Staged, StringComparison.Ordinal)
        && Guid.TryParseExact(name.Substring(prefix.Length, GuidLength), "N", out _);

    /// <summary>Puts the file in its place. What was there is replaced at once, or stays as it was.</summary>
    /// <param name="overwrite">Whether a file that is there may be replaced.</param>
    /// <exception cref="CmpException">As <see cref="Write"/>.</exception>
    public void Commit(bool overwrite)
    {
        EnsureReplaceable(Path, overwrite);
        try
        {
            Rename(overwrite);
            _isStaged = false;
#if NET
            if (_durable && !OperatingSystem.IsWindows())
                FolderSync.Run(System.IO.Path.GetDirectoryName(Path)!);
#endif
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw !overwrite && File.Exists(Path) ? FileErrors.Exists(Path) : FileErrors.Unwritable(Path, e);
        }
    }

    /// <summary>Lets those read it who may read the file that it takes the place of, as far as the owner of both allowed it; only on Linux.</summary>
    internal void KeepGroup()
    {
#if NET
        try
        {
            FileGroup.HandOn(Path, StagedPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(Path, e);
        }
#endif
    }

    /// <summary>Removes the staged file where it was not committed.</summary>
    public void Dispose()
    {
        if (!_isStaged)
            return;
        _isStaged = false;
        try
        {
            File.Delete(StagedPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // the folder went away or was locked meanwhile: the error that brought us here says more
        }
    }

    private static string FullPath(string path)
    {
        try
        {
            return System.IO.Path.GetFullPath(path);
        }
        catch (Exception e) when (e is ArgumentException or IOException or NotSupportedException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }

    private static void EnsureReplaceable(string path, bool overwrite)
    {
        if (IsLink(path))
            throw FileErrors.Link(path);
        if (Directory.Exists(path))
            throw FileErrors.Folder(path);
        if (!overwrite && File.Exists(path))
            throw FileErrors.Exists(path);
    }

    /// <summary>Whether a link stands at a path.</summary>
    internal static bool IsLink(string path)
    {
#if NET
        return new FileInfo(path).LinkTarget is not null;
#else
        try
        {
            return (File.GetAttributes(path) & FileAttributes.ReparsePoint) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
#endif
    }

#if NET
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes a new file, following no link.</summary>
    internal static FileStream CreateNew(string path, bool isSecret) => CreateNew(path, isSecret ? OwnersAlone : null);

    private static FileStream CreateForAll(string path) => CreateNew(path, OwnersAlone | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

    private static FileStream CreateNew(string path, UnixFileMode? mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (mode is not null && !OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        return new FileStream(path, options);
    }
#else
    /// <summary>Makes a new file, following no link.</summary>
    internal static FileStream CreateNew(string path, bool isSecret) => new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);

    private static FileStream CreateForAll(string path) => CreateNew(path, isSecret: false);
#endif

    /// <summary>Opens a file that nobody else has open so, making it where it is not there; for locks. It may be deleted while it is open, on Windows too.</summary>
    internal static FileStream OpenAlone(string path)
    {
#if NET
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
#else
        return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Delete, 1);
#endif
    }

    private void Rename(bool overwrite)
    {
#if NET
        File.Move(StagedPath, Path, overwrite);
#else
        if (overwrite && File.Exists(Path))
            File.Replace(StagedPath, Path, null);
        else
            File.Move(StagedPath, Path);
#endif
    }
}
