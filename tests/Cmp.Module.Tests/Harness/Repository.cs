using System;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;

namespace Cmp.Module.Tests.Harness;

/// <summary>Where things lie.</summary>
public static class Repository
{
    /// <summary>The folder with <c>Cmp.slnx</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The packed module, <c>output/Cmp/&lt;version&gt;</c>.</summary>
    public static string ModuleFolder { get; } = Directory.GetDirectories(GetPath("output/Cmp")).Single();

    /// <summary>The packed module's manifest.</summary>
    public static string Manifest { get; } = Path.Combine(ModuleFolder, "Cmp.psd1");

    /// <summary>The assemblies for PowerShell 7.</summary>
    public static string CoreEditionFolder { get; } = Path.Combine(ModuleFolder, "bin", "net8.0");

    /// <summary>The assemblies for Windows PowerShell.</summary>
    public static string DesktopEditionFolder { get; } = Path.Combine(ModuleFolder, "bin", "desktop");

    /// <summary>A path below the root.</summary>
    /// <param name="relative">With slashes.</param>
    /// <returns>The whole path.</returns>
    public static string GetPath(string relative) => Path.Combine(Root, relative);

    /// <summary>Reads strings from the packed manifest, without running it.</summary>
    /// <param name="key">A key of its tables.</param>
    /// <returns>The strings.</returns>
    public static string[] GetManifestStrings(string key)
    {
        Ast manifest = Parser.ParseFile(Manifest, out _, out _);
        StatementAst value = manifest.FindAll(ast => ast is HashtableAst, searchNestedScriptBlocks: false)
            .Cast<HashtableAst>()
            .SelectMany(table => table.KeyValuePairs)
            .Single(pair => pair.Item1.Extent.Text == key).Item2;
        return [.. value.FindAll(ast => ast is StringConstantExpressionAst, searchNestedScriptBlocks: false).Cast<StringConstantExpressionAst>().Select(text => text.Value)];
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Cmp.slnx")))
                return folder.FullName;
        }
        throw new DirectoryNotFoundException("The tests do not lie in the repository.");
    }
}
