using System;
using System.Linq;
using System.Management.Automation.Host;
using Cmp.Cryptography;

namespace Cmp.Commands;

/// <summary>Tells the keys whether there is a user to ask: none where the host says so, or is at the other end of a network.</summary>
internal static class HostPresence
{
    private static readonly bool IsNonInteractive = !Environment.UserInteractive || Environment.GetCommandLineArgs().Skip(1).Any(IsSwitch);

    /// <summary>Looks at the host of a command before it begins.</summary>
    internal static void Tell(PSHost host) => UserPresence.IsAbsent = IsNonInteractive || host.Name is "ServerRemoteHost" or "Default Host";

    /// <summary>Any beginning of -NonInteractive that is one for PowerShell.</summary>
    private static bool IsSwitch(string argument) =>
        argument.Length >= 5 && argument[0] is '-' or '/' && "NonInteractive".StartsWith(argument.Substring(1), StringComparison.OrdinalIgnoreCase);
}
