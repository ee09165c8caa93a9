using System;
using System.IO;

namespace Cmp.Tests;

/// <summary>A folder of a test's own, gone with it.</summary>
public sealed class TestFolder : IDisposable
{
    /// <summary>Makes one that only this user can enter.</summary>
    public TestFolder() => Path = Directory.CreateTempSubdirectory("cmp-test-").FullName;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The path of a file in it.</summary>
    /// <param name="name">The file.</param>
    /// <returns>Its path; the file need not exist.</returns>
    public string PathOf(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Writes a file.</summary>
    /// <param name="name">The file.</param>
    /// <param name="text">What it holds.</param>
    /// <returns>Its path.</returns>
    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    /// <summary>Writes a file.</summary>
    /// <param name="name">The file.</param>
    /// <param name="octets">What it holds.</param>
    /// <returns>Its path.</returns>
    public string Write(string name, byte[] octets)
    {
        File.WriteAllBytes(PathOf(name), octets);
        return PathOf(name);
    }

    /// <summary>Removes the folder with all that is in it.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (IOException)
        {
            // a program that was ended a moment ago may still hold a file on Windows; the system's temporary folder is emptied anyway
        }
    }
}
