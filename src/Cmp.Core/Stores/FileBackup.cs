using System;
using System.IO;
using Cmp.Cryptography;
using Cmp.State;

namespace Cmp.Stores;

/// <summary>What stood in a file before it was replaced, kept in memory so that no copy of an old key lies about.</summary>
internal sealed class FileBackup
{
    private readonly string _path;
    private readonly byte[]? _octets;
#if NET
    private readonly UnixFileMode _mode;
#endif

    private FileBackup(string path)
    {
        _path = path;
        if (!File.Exists(path))
            return;
        _octets = BoundedFile.Read(path);
#if NET
        if (!OperatingSystem.IsWindows())
            _mode = File.GetUnixFileMode(path);
#endif
    }

    /// <summary>Remembers a file, or that there is none.</summary>
    /// <exception cref="CmpException"><c>CmpStore.Unreadable</c>: it is too large to have held keys or certificates; <c>CmpStore.AccessDenied</c>.</exception>
    internal static FileBackup Of(string path) => new(path);

    /// <summary>Puts back what there was.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>.</exception>
    internal void Restore()
    {
        try
        {
            if (_octets is null)
            {
                File.Delete(_path);
                return;
            }
            AtomicFile.Write(_path, _octets, isSecret: true, overwrite: true);
            Secrets.Clear(_octets);
#if NET
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(_path, _mode);
#endif
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(_path, e);
        }
    }
}
