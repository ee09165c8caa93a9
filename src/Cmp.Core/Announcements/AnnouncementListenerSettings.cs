using System;
using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Announcements;

/// <summary>Where pushed announcements are listened for, and what is borne of those who push.</summary>
public sealed record AnnouncementListenerSettings
{
    /// <summary>
    /// Where: <c>http://</c>, <c>https://</c> (each with the port of its scheme where none is named) or <c>tcp://</c> (829), and a port of 0 for any that is free.
    /// <c>localhost</c> is both addresses of the loopback, <c>0.0.0.0</c> and <c>[::]</c> are all addresses of their kind, and another name is what it resolves to of this machine's
    /// addresses. A path other than <c>/</c> is the only one that is answered, with a slash at its end or without; TCP-Messages have none.
    /// </summary>
    public required Uri Uri { get; init; }

    /// <summary>The certificate with its private key to speak TLS with, for <c>https://</c> and only for that. It stays the caller's.</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>Takes pushes with the media types of older drafts (rule 54).</summary>
    public bool Lenient { get; init; }

    /// <summary>Octets of one push, 1 MiB; more is refused by 413.</summary>
    public int MaxPushBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Connections that are open at once; more are told that we are busy where that can be said, and closed. Each holds one push in memory at most, as far as it has come.</summary>
    public int MaxConnections { get; init; } = 64;

    /// <summary>How long a new connection may take to begin, TLS included, and a push from its first octet to its last: whoever sends an octet now and then is cut off.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a kept connection may be silent between pushes.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Pushes that are here and not answered yet, at once; more are refused by 503. They are judged and emitted one after the other.</summary>
    public int MaxWaiting { get; init; } = 32;

    /// <summary>
    /// Pushes that are looked into, a minute; a batch counts for as many as it carries. After a minute of quiet that many may come at once. More are refused by 503, with the time to
    /// wait. This bounds the work that others can cause, together with the bounds of what is judged.
    /// </summary>
    public int MaxPushesPerMinute { get; init; } = 600;

    /// <summary>Refused pushes that are told of one by one, a minute; more are counted, and the number is told with the next one, or at the end.</summary>
    public int MaxRefusalsPerMinute { get; init; } = 120;

    /// <summary>A time that only grows.</summary>
    internal Func<TimeSpan> Clock { get; init; } = () => TimeSpan.FromSeconds(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency);

    /// <summary>Refuses what cannot hold.</summary>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>.</exception>
    internal void Check()
    {
        if (MaxPushBytes <= 0 || MaxConnections <= 0 || MaxWaiting <= 0 || MaxPushesPerMinute <= 0 || MaxRefusalsPerMinute <= 0 || RequestTimeout <= TimeSpan.Zero || IdleTimeout <= TimeSpan.Zero)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "Times, sizes and counts of a listener must be positive.");
    }
}
