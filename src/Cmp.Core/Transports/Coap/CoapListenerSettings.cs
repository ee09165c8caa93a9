using System;
using System.Security.Cryptography.X509Certificates;

namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpCoapListener"/> listens, and what it bears.</summary>
public sealed record CoapListenerSettings : NetworkListenerSettings
{
    /// <summary>The port of the scheme <c>coap</c> (RFC 7252 6.1).</summary>
    public const int DefaultPort = 5683;

    /// <summary>The port of the scheme <c>coaps</c> (RFC 7252 6.2).</summary>
    public const int DefaultSecuredPort = 5684;

    /// <summary>The octets of a block that are preferred, 16 to 1024 by powers of two. A client that wants smaller ones gets them.</summary>
    public int BlockSize { get; init; } = 1024;

    /// <summary>Messages that are with the handler at once; more are answered by 5.03.</summary>
    public int MaxRequests { get; init; } = 256;

    /// <summary>Requests of which some blocks have come, at once. Where there are more, one that waits for its next block for some seconds gives way; else the new one is answered by 5.03.</summary>
    public int MaxUnfinished { get; init; } = 256;

    /// <summary>Octets of memory, for each of three things: requests that are not whole yet, answers that are fetched block by block, and what was said already and is said again to a message that comes again.</summary>
    public long MaxMemoryBytes { get; init; } = 1 << 24;

    /// <summary>Clients that may wait for announcements at once; 0: none are told, and GET of <c>…/ann</c> is answered by 4.04.</summary>
    public int MaxObservers { get; init; } = 64;

    /// <summary>How long a handler may take before its message is acknowledged, and the answer follows by itself (RFC 7252 5.2.2). Shorter than ACK_TIMEOUT, after which a client repeats itself.</summary>
    public TimeSpan AckDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a client that waits for announcements is remembered where it says nothing, and what it is told as the age that the latest one may have (RFC 7641 4.3.1).</summary>
    public TimeSpan ObserverLifetime { get; init; } = TimeSpan.FromDays(1);

    /// <summary>The certificate, with its private key (RSA or ECDSA), that is shown to clients: the listener then speaks DTLS 1.2 and nothing else. It stays the caller's. <see langword="null"/> for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>DTLS sessions that are there at once. Where there are more, the one that has been silent for longest gives way, if it has been for half a minute; else the new client hears nothing.</summary>
    public int MaxSessions { get; init; } = 256;

    /// <summary>DTLS handshakes that are under way at once, each in a thread of its own, a quarter of them with one address at most; more clients hear nothing, and ask again.</summary>
    public int MaxHandshakes { get; init; } = 32;

    /// <summary>How long a DTLS handshake may take.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The times of the message layer.</summary>
    public CoapTiming Timing { get; init; } = CoapTiming.Default;
}
