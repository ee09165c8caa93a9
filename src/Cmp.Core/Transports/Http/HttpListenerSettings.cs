using System;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpHttpListener"/> listens, and what it bears.</summary>
public sealed record HttpListenerSettings
{
    /// <summary>The address; other machines reach the listener only where another one than the loopback's is named.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 picks a free one.</summary>
    public int Port { get; init; }

    /// <summary>The host that <see cref="CmpHttpListener.Uri"/> names, such as the one in the certificate; <see langword="null"/> for the address.</summary>
    public string? HostName { get; init; }

    /// <summary>Makes it https: a certificate with its private key, which on Windows must not be an ephemeral one. The caller disposes it.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Octets of a request's body; more is answered by 413.</summary>
    public int MaxRequestBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Octets of a request line and its header fields; more is answered by 431.</summary>
    public int MaxHeaderBytes { get; init; } = 16 * 1024;

    /// <summary>Connections that are open at once; more are answered by 503.</summary>
    public int MaxConnections { get; init; } = 256;

    /// <summary>How long a new connection may take to begin its first request, TLS included; how long a request may take from its first octet until it is whole; how long an answer may take to be sent.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a kept connection may be silent between requests.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Accepts requests with the media types of older drafts (rule 54).</summary>
    public bool Lenient { get; init; }

    /// <summary>
    /// Understands TCP-Messages as bodies, as drafts before RFC 6712 have them (<see cref="HttpDialect"/>): of both styles, under each of the four media types.
    /// An answer is framed as its question was, and has its media type; where the question is a PKIMessage as it is, so is the answer.
    /// </summary>
    public bool TcpMessages { get; init; }

    /// <summary>Answers requests by other methods than POST, such as announcements that are fetched by GET; it answers <see langword="null"/> for 405. <see langword="null"/> is 405 for all.</summary>
    public Func<HttpRequestHead, CancellationToken, Task<TransportReply?>>? OtherMethods { get; init; }

    /// <summary>Hears of what a handler threw; the peer is told 500 and nothing else. It must not throw.</summary>
    public Action<Exception>? HandlerFailed { get; init; }

    /// <summary>The time, by which a client is told when to ask again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;
}
