using System;
using System.Net;

namespace Cmp.Transports;

/// <summary>Where a listener on a network listens, and what it bears of each request.</summary>
public abstract record NetworkListenerSettings
{
    private protected NetworkListenerSettings()
    {
    }

    /// <summary>The address; other machines reach the listener only where another one than the loopback's is named.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 picks a free one.</summary>
    public int Port { get; init; }

    /// <summary>The host that <see cref="ICmpListener.Uri"/> names, such as the one in the certificate; <see langword="null"/> for the address.</summary>
    public string? HostName { get; init; }

    /// <summary>Octets of a message in a request; more is refused: over HTTP by 413, over CoAP by 4.13, in TCP-Messages by an errorMsgRep.</summary>
    public int MaxRequestBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Hears of what a handler threw; the peer is told that the server failed, and nothing else. It must not throw.</summary>
    public Action<Exception>? HandlerFailed { get; init; }
}
