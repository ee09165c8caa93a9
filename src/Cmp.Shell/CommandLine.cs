using System;
using System.IO;
using System.Management.Automation.Language;
using System.Text;
using System.Text.RegularExpressions;

namespace Cmp.Shell;

/// <summary>Turns the process's arguments into the commands that they mean.</summary>
internal static partial class CommandLine
{
    public const string Usage = """
        Runs a PowerShell script on PowerShell's own engine, where no PowerShell is installed.

          Cmp.Shell [-File] <script.ps1> [arguments]
          Cmp.Shell -Command <commands> [more of them]

        The module Cmp is found in output/ of the repository. The commands of PowerShell's
        modules Utility and Management (Write-Host, Get-Item, Select-Object ...) are not there.
        """;

    /// <summary>Reads the arguments as <c>pwsh</c> does.</summary>
    /// <param name="args">The arguments.</param>
    /// <returns>Commands that give the host the exit code that <c>pwsh</c> would have, or <see langword="null"/> where the arguments do not say what to run.</returns>
    /// <exception cref="FileNotFoundException">There is no such script.</exception>
    public static string? ToCommands(ReadOnlySpan<string> args)
    {
        if (args.Length > 1 && IsOption(args[0], "-Command", "-c"))
            return string.Join(' ', args[1..]!) + "\nif (-not $?) { $Host.SetShouldExit(1) }";
        if (args.Length > 1 && IsOption(args[0], "-File", "-f"))
            return Call(args[1], args[2..]);
        return args.Length > 0 && !args[0].StartsWith('-') ? Call(args[0], args[1..]) : null;
    }

    private static bool IsOption(string arg, string name, string shortName) =>
        arg.Equals(name, StringComparison.OrdinalIgnoreCase) || arg.Equals(shortName, StringComparison.OrdinalIgnoreCase);

    private static string Call(string file, ReadOnlySpan<string> args)
    {
        if (!File.Exists(file) || !Path.GetExtension(file).Equals(".ps1", StringComparison.OrdinalIgnoreCase))
            throw new FileNotFoundException($"There is no script '{file}'.");
        var call = new StringBuilder("& ").Append(Quote(Path.GetFullPath(file)));
        foreach (string arg in args)
        {
            Match name = ParameterName.Match(arg);
            call.Append(' ').Append(name.Value);
            if (name.Length < arg.Length || arg.Length == 0)
                call.Append(name.Value.EndsWith(':') && bool.TryParse(arg.AsSpan(name.Length).TrimStart('$'), out bool value) ? $"${value}" : Quote(arg[name.Length..]));
        }
        // $LASTEXITCODE alone may be that of a program which the script ran; an exit here would lose a table that is still being measured
        return call.Append("\nif (-not $?) { if ($LASTEXITCODE) { $Host.SetShouldExit($LASTEXITCODE) } else { $Host.SetShouldExit(1) } }").ToString();
    }

    private static string Quote(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    // -Name, -Name: and what stands before the value in -Name:value
    [GeneratedRegex(@"^-[\p{L}_?]\w*(:|$)")]
    private static partial Regex ParameterName { get; }
}
