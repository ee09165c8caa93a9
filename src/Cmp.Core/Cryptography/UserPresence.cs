using System;

namespace Cmp.Cryptography;

/// <summary>Whether there is a user who could be asked for a PIN. A service, SYSTEM and a host without a screen have none: there a key that asks is an error at once, and nothing hangs.</summary>
public static class UserPresence
{
    /// <summary>Whether nobody can be asked. The process finds out itself; a host that knows better says so.</summary>
    public static bool IsAbsent { get; set; } = !Environment.UserInteractive;
}
