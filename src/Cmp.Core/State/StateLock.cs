using System;
using System.IO;

namespace Cmp.State;

/// <summary>A lock between processes on one thing of a <see cref="StateFolder"/>; it goes with its process, however that ends.</summary>
public sealed class StateLock : IDisposable
{
    private readonly FileStream _file;

    private StateLock(FileStream file) => _file = file;

    /// <summary>Takes the lock, or gives <see langword="null"/> where somebody else has it.</summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: the file of the lock cannot be made.</exception>
    internal static StateLock? Try(string path)
    {
        try
        {
            return new StateLock(AtomicFile.OpenAlone(path));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Unwritable(path, e);
        }
    }

    /// <summary>Lets go. The file stays for as long as there is something to lock.</summary>
    public void Dispose() => _file.Dispose();
}
