using System;
using System.IO;
using System.Runtime.InteropServices;

namespace Cmp.Scheduling;

/// <summary>Which scheduler this computer has.</summary>
public static class RenewalSchedulers
{
    /// <summary>The scheduler: that of tasks on Windows, systemd on Linux.</summary>
    /// <returns>It.</returns>
    /// <exception cref="CmpException"><c>CmpPlatform.NotSupported</c>.</exception>
    public static IRenewalScheduler ForThisComputer()
    {
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
            return new WindowsScheduler(new ScheduleService());
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Linux))
            return new SystemdScheduler(UserUnits(), "/etc/systemd/system", new Systemctl());
        throw new CmpException(CmpErrorKind.Platform, "CmpPlatform.NotSupported", "Renewals are registered with the task scheduler of Windows or with systemd on Linux, and this is neither.")
        {
            RecommendedAction = "Have what this computer uses run 'Update-CmpCertificate -Name *' each day.",
        };
    }

    /// <summary>systemd.unit(5): $XDG_CONFIG_HOME/systemd/user, else ~/.config/systemd/user.</summary>
    private static string UserUnits()
    {
        string? home = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(home) || !Path.IsPathRooted(home))
        {
            string? user = Environment.GetEnvironmentVariable("HOME");
            home = Path.Combine(string.IsNullOrEmpty(user) ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) : user, ".config");
        }
        return Path.Combine(home, "systemd", "user");
    }
}
