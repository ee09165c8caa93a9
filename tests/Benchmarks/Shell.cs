using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>A program that runs PowerShell scripts: PowerShell itself, or our shell where it is not.</summary>
internal sealed class Shell
{
    private readonly string _file;
    private readonly string[] _arguments;

    private Shell(string name, string file, params string[] arguments)
    {
        Name = name;
        _file = file;
        _arguments = arguments;
    }

    /// <summary>PowerShell 7, or <see langword="null"/> where it is not found.</summary>
    internal static Shell? PowerShell { get; } = Programs.Find("pwsh") is { } file ? new Shell("pwsh", file, "-NoProfile", "-NonInteractive", "-File") : null;

    /// <summary>Ours, of the same configuration as this program.</summary>
    internal static Shell Own { get; } = new Shell("Cmp.Shell", Programs.Find("dotnet") ?? throw new InvalidOperationException("dotnet is not on the path."), OwnAssembly(), "-File");

    /// <summary>The module as it was built.</summary>
    internal static string Manifest { get; } = Directory.GetFiles(Path.Combine(Repository.Root, "output", "Cmp"), "Cmp.psd1", SearchOption.AllDirectories)[0];

    internal string Name { get; }

    /// <summary>Runs a script of this folder, and gives the lines that it wrote.</summary>
    internal string[] Run(string script, IEnumerable<string> arguments, Dictionary<string, string> environment, TimeSpan? timeout = null)
    {
        ProgramResult result = Programs.Run(_file, [.. _arguments, Path.Combine(AppContext.BaseDirectory, script), .. arguments], environment: environment, timeout: timeout);
        return result.ExitCode == 0 && result.Error.Length == 0
            ? result.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : throw new InvalidOperationException($"{script} failed in {Name}: {result.Text}{result.Error}");
    }

    /// <summary>Starts a script of this folder, for as long as the caller wants it.</summary>
    internal Process Start(string script, IEnumerable<string> arguments, Dictionary<string, string> environment) =>
        Process.Start(Programs.StartInfo(_file, [.. _arguments, Path.Combine(AppContext.BaseDirectory, script), .. arguments], environment))!;

    private static string OwnAssembly()
    {
        string framework = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string configuration = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory))!);
        return Path.Combine(Repository.Root, "src", "Cmp.Shell", "bin", configuration, framework, "Cmp.Shell.dll");
    }
}
