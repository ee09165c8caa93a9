using System;
using System.IO;

namespace Cmp.Tests;

/// <summary>A folder of a test's own.</summary>
internal sealed class Folder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("cmp-").FullName;

    internal string PathOf(string name) => Path.Combine(_path, name);

    internal string Write(string name, byte[] octets)
    {
        File.WriteAllBytes(PathOf(name), octets);
        return PathOf(name);
    }

    internal string[] Files => Directory.GetFileSystemEntries(_path);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
