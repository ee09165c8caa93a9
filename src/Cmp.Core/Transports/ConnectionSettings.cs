using System;

namespace Cmp.Transports;

/// <summary>How a server is reached over a network.</summary>
public abstract record ConnectionSettings : TransportSettings
{
    internal const int DefaultConnections = 64;
    internal static readonly TimeSpan DefaultConnectTimeout = TimeSpan.FromSeconds(15);

    private protected ConnectionSettings()
    {
    }

    /// <summary>How long a connection may take to be made, and TLS or DTLS to be agreed on.</summary>
    public TimeSpan ConnectTimeout { get; init; } = DefaultConnectTimeout;

    /// <summary>Connections that are open at once; more exchanges wait for one. Over CoAP each is a port of its own, with one request after the other (RFC 7252 4.7).</summary>
    public int MaxConnections { get; init; } = DefaultConnections;

    /// <inheritdoc/>
    internal override void Check()
    {
        base.Check();
        if (ConnectTimeout <= TimeSpan.Zero || MaxConnections <= 0)
            throw Invalid("Times, sizes and counts of a connection must be positive.");
    }
}
