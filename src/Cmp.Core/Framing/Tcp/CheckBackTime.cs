using System;

namespace Cmp.Framing;

/// <summary>
/// What a time-to-check-back means. RFC 2510 5.2 has it as seconds since 1970, the drafts of version 10 as seconds from now, and servers and clients
/// mix them up; whatever comes ends in a time at which it makes sense to ask.
/// </summary>
public static class CheckBackTime
{
    /// <summary>From here on a number that should be a span is taken for a time: it is one of 1995, and as a span 25 years.</summary>
    private const uint EarliestEpoch = 0x30000000;

    /// <summary>Up to here a number that should be a time is taken for a span: as a time it is one of 1973.</summary>
    private const uint LongestSpan = 100_000_000;

    /// <summary>A server is not asked more often, whatever it says.</summary>
    public static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    /// <summary>Where what it says is over: its clock goes wrong, so nobody knows when it is ready.</summary>
    public static readonly TimeSpan Unknown = TimeSpan.FromSeconds(10);

    /// <summary>It is asked at least so often: a time in 2106 is no reason to wait for it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>A time is no older than that when it comes, unless a clock goes wrong.</summary>
    private static readonly TimeSpan LongestWay = TimeSpan.FromMinutes(1);

    private static readonly DateTimeOffset Epoch = new(1970, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>When to ask.</summary>
    /// <param name="value">The number that came.</param>
    /// <param name="style">The style of the message that it came in.</param>
    /// <param name="now">The time.</param>
    /// <returns>A time between <see cref="Shortest"/> and <see cref="Longest"/> from now.</returns>
    public static DateTimeOffset Read(uint value, TcpMessageStyle style, DateTimeOffset now)
    {
        TimeSpan wait = TimeOf(value, style) is { } time ? time - now : TimeSpan.FromSeconds(value);
        if (wait < -LongestWay)
            wait = Unknown;
        return now + (wait < Shortest ? Shortest : wait > Longest ? Longest : wait);
    }

    /// <summary>The time that a number stands for, where it is no span.</summary>
    /// <param name="value">The number that came.</param>
    /// <param name="style">The style of the message that it came in.</param>
    /// <returns>The time, in UTC; <see langword="null"/> where the number is seconds from when it was said.</returns>
    public static DateTimeOffset? TimeOf(uint value, TcpMessageStyle style) =>
        (style == TcpMessageStyle.Rfc2510 ? value > LongestSpan : value >= EarliestEpoch) ? Epoch.AddSeconds(value) : null;

    /// <summary>The number that says when to ask.</summary>
    /// <param name="notBefore">When.</param>
    /// <param name="style">The style of the message that it goes in.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whole seconds, so that nobody asks too early.</returns>
    public static uint Write(DateTimeOffset notBefore, TcpMessageStyle style, DateTimeOffset now)
    {
        double seconds = Math.Ceiling((notBefore - (style == TcpMessageStyle.Rfc2510 ? Epoch : now)).TotalSeconds);
        return seconds <= 0 ? 0 : seconds >= uint.MaxValue ? uint.MaxValue : (uint)seconds;
    }
}
