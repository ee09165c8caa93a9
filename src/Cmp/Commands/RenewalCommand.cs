using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Language;
using Cmp.Scheduling;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>What timers and tasks run: PowerShell without profile and without questions, this module, and Update-CmpCertificate. No secret is in it.</summary>
internal static class RenewalCommand
{
    /// <summary>The PowerShell of this session, else the one of Windows, or on the path: one that an update leaves where it is.</summary>
    /// <param name="home">The folder of this session's engine, <c>$PSHOME</c>.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="CmpException"><c>CmpRenewal.NoPowerShell</c>.</exception>
    internal static string Program(string home)
    {
        bool isWindows = Environment.OSVersion.Platform == PlatformID.Win32NT;
        string[] names = isWindows ? ["pwsh.exe", "powershell.exe"] : ["pwsh"];
        string[] path = (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split([System.IO.Path.PathSeparator], StringSplitOptions.RemoveEmptyEntries);
        return LastingPaths.OfPowerShell(Bits64(home), isWindows ? Environment.SystemDirectory : null).Concat(path).Where(System.IO.Path.IsPathRooted).SelectMany(folder => names.Select(name => System.IO.Path.Combine(folder, name))).FirstOrDefault(File.Exists)
            ?? throw new CmpException(CmpErrorKind.Platform, "CmpRenewal.NoPowerShell", "There is no PowerShell here that a timer or task could run.")
            {
                RecommendedAction = "Install PowerShell, or have another scheduler run 'Update-CmpCertificate -Name *' each day.",
            };
    }

    /// <summary>The arguments of that program.</summary>
    /// <param name="module">The manifest of this module, or the folder of its versions.</param>
    /// <param name="enrollment">The enrolment, or <see langword="null"/> for all.</param>
    /// <param name="randomDelay">Up to how long a renewal waits.</param>
    internal static IReadOnlyList<string> Arguments(string module, string? enrollment, TimeSpan randomDelay)
    {
        // what a scheduler runs has not the environment of a login: the enrolments would not be found, and nothing would be said
        string home = string.Concat(StateHome.Variables.Select(variable => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? $"[Environment]::SetEnvironmentVariable('{variable}', {Quoted(named)}); " : string.Empty));
        string name = enrollment is null ? CmpRenewal.All : WildcardPattern.ContainsWildcardCharacters(enrollment) ? WildcardPattern.Escape(enrollment) : enrollment;
        string delay = randomDelay > TimeSpan.Zero ? $" -RandomDelay {Quoted(randomDelay.ToString("c"))}" : string.Empty;
        // the exit code is that of the last command: 1 where a renewal failed
        string script = $"{home}Import-Module {Quoted(module)} -ErrorAction Stop; Update-CmpCertificate -Name {Quoted(name)}{delay} -Confirm:0";
        return ["-NoLogo", "-NoProfile", "-NonInteractive", .. Policy(), "-Command", script];
    }

    /// <summary>Where nothing else was said, Windows PowerShell runs no module that is a script; who registers this could, perhaps for himself or this once only. A policy of the domain stands over it.</summary>
    private static string[] Policy() => Environment.OSVersion.Platform == PlatformID.Win32NT ? ["-ExecutionPolicy", "RemoteSigned"] : [];

    /// <summary>The folder as a 64-bit process names it, which the task scheduler is.</summary>
    private static string Bits64(string home)
    {
        string bits32 = Environment.GetFolderPath(Environment.SpecialFolder.SystemX86);
        return Environment.Is64BitOperatingSystem && !Environment.Is64BitProcess && bits32.Length > 0 && home.StartsWith(bits32 + '\\', StringComparison.OrdinalIgnoreCase)
            ? Environment.GetFolderPath(Environment.SpecialFolder.System) + home.Substring(bits32.Length)
            : home;
    }

    /// <summary>A text as PowerShell reads it. What schedulers take for variables is not in it: <c>'50' + [char]37</c>.</summary>
    private static string Quoted(string text)
    {
        string quoted = "'" + CodeGeneration.EscapeSingleQuotedStringContent(text) + "'";
        return text.IndexOfAny(['%', '$']) < 0 ? quoted : $"({quoted.Replace("%", "' + [char]37 + '").Replace("$", "' + [char]36 + '")})";
    }
}
