using System;
using System.Net;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpTcpListener"/> listens, and what it bears.</summary>
public sealed record TcpListenerSettings
{
    /// <summary>The address; other machines reach the listener only where another one than the loopback's is named.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 picks a free one. That of the protocol is 829.</summary>
    public int Port { get; init; }

    /// <summary>The host that <see cref="CmpTcpListener.Uri"/> names; <see langword="null"/> for the address.</summary>
    public string? HostName { get; init; }

    /// <summary>
    /// The one style that is understood; <see langword="null"/> for both, each answered in itself. What comes in the other style is answered by an error of the old
    /// one: RFC 2510 knows no other, and a client of version 10 knows by it whom it speaks to (draft-ietf-pkix-cmp-tcp-00 2.4).
    /// </summary>
    public TcpMessageStyle? Style { get; init; }

    /// <summary>Octets of a PKIMessage in a request.</summary>
    public int MaxRequestBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Connections that are open at once; more are told that the server is busy, and closed.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How long a new connection may take to begin its first request; how long a request may take from its first octet until it is whole; how long an answer may take to be sent.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a connection may be silent between requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Hears of what a handler threw; the peer is told that the server failed, and nothing else. It must not throw.</summary>
    public Action<Exception>? HandlerFailed { get; init; }

    /// <summary>The time, by which a client is told when to ask again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;
}
