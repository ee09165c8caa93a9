using System;
using System.Collections.Generic;
using System.IO;
#if NET
using System.Runtime.Versioning;
#endif

namespace Cmp.State;

/// <summary>
/// Where files of ours live that outlive the process: <c>$env:LOCALAPPDATA\Cmp</c>, for SYSTEM and for the computer <c>$env:ProgramData\Cmp</c>,
/// on Unix <c>~/.local/state/cmp</c> and <c>/var/lib/cmp</c>. The environment variable CMP_HOME names another folder; the computer's state is its
/// subfolder <c>machine</c> then.
/// </summary>
public static class StateHome
{
    /// <summary>The variable that names another folder.</summary>
    public const string Variable = "CMP_HOME";

    private const string UsersState = "XDG_STATE_HOME";

    /// <summary>The variables that say where state is; HOME is every process's own.</summary>
    public static IReadOnlyList<string> Variables => IsWindows ? [Variable] : [Variable, UsersState];

#if NET
    [SupportedOSPlatformGuard("windows")]
#endif
    internal static bool IsWindows => Environment.OSVersion.Platform == PlatformID.Win32NT;

    /// <summary>The folder of a scope; it need not exist.</summary>
    /// <param name="scope">Whose state.</param>
    /// <returns>A full path.</returns>
    /// <exception cref="CmpException"><c>CmpState.Home</c>: the environment names no folder that state could be in.</exception>
    public static string Of(StateScope scope)
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named)
            return Full(scope == StateScope.LocalMachine ? Path.Combine(named, "machine") : named);
        if (IsWindows)
        {
            bool isMachine = scope == StateScope.LocalMachine || RunningAccount.IsComputer(RunningAccount.Default);
            return Full(Path.Combine(Environment.GetFolderPath(isMachine ? Environment.SpecialFolder.CommonApplicationData : Environment.SpecialFolder.LocalApplicationData), "Cmp"));
        }
        return scope == StateScope.LocalMachine ? "/var/lib/cmp" : Full(Path.Combine(UserState(), "cmp"));
    }

    /// <summary>Whether a folder is the computer's on Windows, where SYSTEM keeps what is its own as well: any user may make folders and files in <c>%ProgramData%</c>.</summary>
    internal static bool IsComputers(string home) => IsWindows && IsWithin(home, Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData));

    /// <summary>Whether a folder is below another one, as Windows compares paths.</summary>
    internal static bool IsWithin(string home, string folder) =>
        folder.Length > 0 && home.StartsWith(folder.TrimEnd('\\', '/') + '\\', StringComparison.OrdinalIgnoreCase);

    /// <summary>The XDG base directory specification: XDG_STATE_HOME, else ~/.local/state.</summary>
    private static string UserState()
    {
        if (Environment.GetEnvironmentVariable(UsersState) is { Length: > 0 } state && Path.IsPathRooted(state))
            return state;
        string? home = Environment.GetEnvironmentVariable("HOME");
        if (string.IsNullOrEmpty(home))
            home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return string.IsNullOrEmpty(home) ? string.Empty : Path.Combine(home, ".local", "state");
    }

    private static string Full(string path) => Path.IsPathRooted(path)
        ? Path.GetFullPath(path)
        : throw new CmpException(CmpErrorKind.Store, "CmpState.Home", $"'{PeerText.Escape(path)}' is no full path of a folder that state could be kept in.")
        {
            RecommendedAction = $"Set {Variable} to the full path of a folder.",
        };
}
