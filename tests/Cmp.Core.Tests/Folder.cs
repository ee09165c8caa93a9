using System;
using System.IO;
using System.Linq;

namespace Cmp.Tests;

/// <summary>A folder of a test's own.</summary>
internal sealed class Folder : IDisposable
{
    private readonly string _path = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "cmp-" + Guid.NewGuid().ToString("N"))).FullName;

    internal string PathOf(string name) => Path.Combine(_path, name);

    internal string Write(string name, byte[] octets)
    {
        File.WriteAllBytes(PathOf(name), octets);
        return PathOf(name);
    }

    /// <summary>Copies a folder in it as a process would leave it that ended now: with all that is in that, but for locks.</summary>
    internal void Copy(string name, string copy)
    {
        foreach (string folder in Directory.GetDirectories(PathOf(name), "*", SearchOption.AllDirectories).Prepend(PathOf(name)))
            Directory.CreateDirectory(PathOf(copy) + folder.Substring(PathOf(name).Length));
        foreach (string file in Directory.GetFiles(PathOf(name), "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            File.Copy(file, PathOf(copy) + file.Substring(PathOf(name).Length));
    }

    internal string[] Files => Directory.GetFileSystemEntries(_path);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}
