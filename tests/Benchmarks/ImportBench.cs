using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Threading.Tasks;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>How long Import-Module takes in a fresh process, beside a module that is empty, and one that is empty but for its manifest, formats and types.</summary>
internal static class ImportBench
{
    private const int Rounds = 11;

    internal static Task RunAsync()
    {
        using var folder = new TestFolder();
        Peer[] modules =
        [
            new("Cmp", Shell.Manifest),
            new("an empty binary module", WriteEmpty(folder)),
            new("the same manifest, formats and types, an empty assembly", WriteSame(folder)),
        ];
        Console.WriteLine("| shell | module | import | above empty | over the same | CPU | BouncyCastle loaded |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (Shell shell in new[] { Shell.PowerShell, Shell.Own }.OfType<Shell>())
            Measure(shell, modules, folder);
        Console.WriteLine();
        Console.WriteLine($"Medians of {Rounds} rounds with least and greatest, each import in a process of its own, the modules in turn{(Shell.PowerShell is null ? "; there is no pwsh on this machine" : string.Empty)}.");
        return Task.CompletedTask;
    }

    private static void Measure(Shell shell, Peer[] modules, TestFolder folder)
    {
        var results = modules.Select(_ => new Result()).ToArray();
        // the first round brings files into the system's cache
        for (int round = -1; round < Rounds; round++)
        {
            (double Wall, double Cpu, bool HasBouncyCastle)[] once = [.. modules.Select(module => Import(shell, module, folder))];
            for (int i = 0; round >= 0 && i < modules.Length; i++)
                results[i].Add(once[i], once[1].Wall, once[2].Wall);
        }
        for (int i = 0; i < modules.Length; i++)
        {
            Result result = results[i];
            Console.WriteLine($"| {shell.Name} | {modules[i].Name} | {result.Wall.Show("0", " ms")} | {(i == 1 ? string.Empty : result.AboveEmpty.Show("0", " ms"))} | {(i == 2 ? string.Empty : result.OverSame.Show("0.00"))} | {result.Cpu.Show("0", " ms")} | {(result.HasBouncyCastle ? "yes" : "no")} |");
        }
    }

    private static (double Wall, double Cpu, bool HasBouncyCastle) Import(Shell shell, Peer module, TestFolder home)
    {
        string[] words = shell.Run("ImportBench.ps1", [module.Path], new Dictionary<string, string> { ["HOME"] = home.Path, ["CMP_HOME"] = home.Path })[^1].Split(' ');
        return (double.Parse(words[0], CultureInfo.InvariantCulture), double.Parse(words[1], CultureInfo.InvariantCulture), bool.Parse(words[2]));
    }

    private static string WriteEmpty(TestFolder folder)
    {
        string path = folder.PathOf("Empty.dll");
        var assembly = new PersistedAssemblyBuilder(new AssemblyName("Empty"), typeof(object).Assembly);
        assembly.DefineDynamicModule("Empty").DefineType("Empty.Nothing", TypeAttributes.Public).CreateType();
        assembly.Save(path);
        return path;
    }

    /// <summary>Our manifest with another root module; what it names besides lies beside it.</summary>
    private static string WriteSame(TestFolder folder)
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(Shell.Manifest)!, "*.ps1xml"))
            File.Copy(file, folder.PathOf(Path.GetFileName(file)));
        string manifest = File.ReadAllText(Shell.Manifest);
        string changed = manifest.Replace("'Cmp.psm1'", "'Empty.dll'", StringComparison.Ordinal);
        return changed != manifest ? folder.Write("Same.psd1", changed) : throw new InvalidOperationException("The manifest names another root module than Cmp.psm1.");
    }

    private sealed record Peer(string Name, string Path);

    private sealed class Result
    {
        internal Figures Wall { get; } = new();

        internal Figures Cpu { get; } = new();

        internal Figures AboveEmpty { get; } = new();

        internal Figures OverSame { get; } = new();

        internal bool HasBouncyCastle { get; private set; }

        internal void Add((double Wall, double Cpu, bool HasBouncyCastle) once, double empty, double same)
        {
            Wall.Add(once.Wall);
            Cpu.Add(once.Cpu);
            AboveEmpty.Add(once.Wall - empty);
            OverSame.Add(once.Wall / same);
            HasBouncyCastle |= once.HasBouncyCastle;
        }
    }
}
