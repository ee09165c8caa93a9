using System.Security.Principal;

namespace Cmp.State;

/// <summary>Asks Windows, whose token counts where a thread acts for somebody else.</summary>
internal sealed class RunningAccount : IRunningAccount
{
    /// <summary>NT AUTHORITY\SYSTEM, by whatever name in each language.</summary>
    private const string LocalSystem = "S-1-5-18";

    internal static IRunningAccount Default { get; } = new RunningAccount();

    public string? Sid
    {
        get
        {
            if (!StateHome.IsWindows)
                return null;
            using WindowsIdentity identity = WindowsIdentity.GetCurrent();
            return identity.User?.Value;
        }
    }

    /// <summary>Whether an account is the computer itself, whose state and certificates are the computer's. LocalService and NetworkService have profiles of their own, and may not write to the computer's.</summary>
    internal static bool IsComputer(IRunningAccount account) => account.Sid == LocalSystem;
}
