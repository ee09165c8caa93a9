using System;
using System.Collections.Generic;
using System.Net;

namespace Cmp.Transports;

/// <summary>What a listener bears that takes connections.</summary>
public abstract record ConnectionListenerSettings : NetworkListenerSettings
{
    private protected ConnectionListenerSettings()
    {
    }

    /// <summary>Addresses that are listened on beside <see cref="NetworkListenerSettings.Address"/>, at the same port; none by default. The bounds are for all of them together.</summary>
    public IReadOnlyList<IPAddress> AlsoOn { get; init; } = [];

    /// <summary>Connections that are open at once; more are told that the server is busy where that can be said (over HTTP by 503), and closed.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How long a new connection may take to begin its first request, TLS included; how long a request may take from its first octet until it is whole; how long an answer may take to be sent.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a kept connection may be silent between requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Hears of each request that the listener refuses by itself, and of connections that it closes because there are too many, or for what was not TLS; not of what a
    /// handler answers. It is called by many at once where there are many, and must neither throw nor wait.
    /// </summary>
    public Action<ListenerRefusal>? Refused { get; init; }

    /// <summary>The time, by which a client is told when to ask again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;
}
