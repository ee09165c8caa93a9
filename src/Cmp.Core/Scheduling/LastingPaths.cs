using System;
using System.Collections.Generic;
using System.IO;
using System.Text.RegularExpressions;

namespace Cmp.Scheduling;

/// <summary>Paths that an update does not take away: what is registered today is to run in years.</summary>
public static class LastingPaths
{
    /// <summary>Where a module is found whichever version of it there is.</summary>
    /// <param name="moduleBase">Its folder.</param>
    /// <param name="manifest">The name of its manifest.</param>
    /// <returns>The folder of its versions, of which PowerShell takes the newest; where it has none, its manifest.</returns>
    public static string OfModule(string moduleBase, string manifest)
    {
        string folder = moduleBase.TrimEnd(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar);
        return Version.TryParse(Path.GetFileName(folder), out _) && Path.GetDirectoryName(folder) is { } versions
            && string.Equals(Path.GetFileName(versions), Path.GetFileNameWithoutExtension(manifest), StringComparison.OrdinalIgnoreCase)
                ? versions
                : Path.Combine(moduleBase, manifest);
    }

    /// <summary>
    /// Folders where PowerShell may be, the best first: that of the session, unless it is a version's alone (a package of the Microsoft Store, a .NET
    /// tool, a revision of a snap), and on Windows that of Windows PowerShell, which is there always.
    /// </summary>
    /// <param name="home">The folder of this session's engine.</param>
    /// <param name="system">The system folder of Windows; <see langword="null"/> elsewhere.</param>
    /// <returns>Folders; there need not be anything in them.</returns>
    public static IEnumerable<string> OfPowerShell(string home, string? system)
    {
        string slashed = home.Replace('\\', '/');
        bool isVersions = slashed.IndexOf("/WindowsApps/", StringComparison.OrdinalIgnoreCase) >= 0 || slashed.Contains("/.store/");
        if (!isVersions)
            yield return Regex.Replace(home, "^(/snap/[^/]+/)[0-9]+/", "${1}current/");
        if (system is not null)
            yield return Path.Combine(system, "WindowsPowerShell", "v1.0");
    }
}
