using System;

namespace Cmp.Commands;

/// <summary>The time that certificates are held against to tell whether they are due or have expired.</summary>
public static class DueClock
{
    /// <summary>Gives the time; tests put a later one in its place.</summary>
    internal static Func<DateTimeOffset> Source { get; set; } = () => DateTimeOffset.UtcNow;

    /// <summary>The time of now.</summary>
    public static DateTimeOffset Now => Source();
}
