using System;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using Cmp.Tests;

namespace Cmp.Module.Tests.Harness;

/// <summary>What package.ps1 makes of a module: of the one in output/, or of one that a test lays out.</summary>
public sealed class PackedModule : IDisposable
{
    private readonly TestFolder _folder = new();

    /// <summary>Packs the module in output/.</summary>
    public PackedModule() => Pack(Repository.ModuleFolder, Folder).AssertSucceeded();

    /// <summary>Where the packages are.</summary>
    public string Folder => _folder.PathOf("output");

    /// <summary>The lists that the build made: which files of the module are from which package.</summary>
    public static string[] Packages { get; } = Directory.GetFiles(Repository.GetPath("output/packages"));

    /// <summary>Packs a module.</summary>
    /// <param name="module">Its folder.</param>
    /// <param name="output">Where the packages go.</param>
    /// <param name="packages">Lists as the build makes them; its own if <see langword="null"/>.</param>
    /// <param name="sign">A script block, in PowerShell.</param>
    /// <returns>What came of it: the paths of what was made.</returns>
    public static Invocation Pack(string module, string output, string[]? packages = null, string sign = "$null")
    {
        using var session = new ModuleSession(import: false);
        session["script"] = Repository.GetPath("package.ps1");
        session["module"] = module;
        session["output"] = output;
        session["packages"] = packages ?? Packages;
        return session.Invoke($"& $script -ModuleFolder $module -OutputFolder $output -Packages $packages -Sign {sign}");
    }

    /// <summary>The path of a package.</summary>
    /// <param name="extension">As <c>nupkg</c>.</param>
    /// <returns>The path.</returns>
    public string PathOf(string extension) => Directory.GetFiles(Folder, "*." + extension).Single();

    /// <summary>Reads a zip.</summary>
    /// <param name="path">Its path.</param>
    /// <returns>The octets of its entries, by name.</returns>
    public static SortedDictionary<string, byte[]> Unpack(string path)
    {
        using ZipArchive zip = ZipFile.OpenRead(path);
        var entries = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            using Stream stream = entry.Open();
            using var octets = new MemoryStream();
            stream.CopyTo(octets);
            entries.Add(entry.FullName, octets.ToArray());
        }
        return entries;
    }

    /// <summary>Removes them.</summary>
    public void Dispose() => _folder.Dispose();
}
