using System;

namespace Cmp.Transports;

/// <summary>What a listener bears that takes connections.</summary>
public abstract record ConnectionListenerSettings : NetworkListenerSettings
{
    private protected ConnectionListenerSettings()
    {
    }

    /// <summary>Connections that are open at once; more are told that the server is busy where that can be said (over HTTP by 503), and closed.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How long a new connection may take to begin its first request, TLS included; how long a request may take from its first octet until it is whole; how long an answer may take to be sent.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a kept connection may be silent between requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The time, by which a client is told when to ask again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;
}
