using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>What root or SYSTEM runs by itself, and reads: whoever can change that is root.</summary>
public static class ComputersPaths
{
    /// <summary>Refuses what others than root can change; on Windows what lies in a profile.</summary>
    /// <param name="paths">Full paths: files, and folders with all that is in them.</param>
    /// <param name="profiles">The folder of the profiles of Windows; <see langword="null"/> elsewhere.</param>
    /// <exception cref="CmpException"><c>CmpRenewal.Unsafe</c>, <c>CmpStore.AccessDenied</c>.</exception>
    public static void Ensure(IEnumerable<string> paths, string? profiles)
    {
        if (paths.Select(path => profiles is null ? FindWeak(path) : StateHome.IsWithin(path.Replace('/', '\\'), profiles) ? path : null).FirstOrDefault(weak => weak is not null) is not { } weak)
            return;
        throw new CmpException(CmpErrorKind.Store, "CmpRenewal.Unsafe", $"Others than {(profiles is null ? "root" : "SYSTEM")} may change '{PeerText.Escape(weak)}', and would have what they like run by it.")
        {
            RecommendedAction = profiles is null
                ? "Install PowerShell and the module for all users, as root, and begin with root's own home: 'sudo -i'. Or use -Scope CurrentUser."
                : "Install PowerShell and the module for all users (Install-PSResource Cmp -Scope AllUsers). Or use -Scope CurrentUser.",
        };
    }

    private static string? FindWeak(string path)
    {
#if NET
        if (!RuntimeInformation.IsOSPlatform(OSPlatform.Linux))
            return null;
        try
        {
            IEnumerable<string> within = Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path, "*", SearchOption.AllDirectories) : [];
            return within.Prepend(path).Select(RootsAlone.Find).FirstOrDefault(weak => weak is not null);
        }
        catch (System.Exception e) when (e is IOException or System.UnauthorizedAccessException)
        {
            throw FileErrors.Unreadable(path, e);
        }
#else
        return null; // .NET Framework is on Windows only
#endif
    }
}
