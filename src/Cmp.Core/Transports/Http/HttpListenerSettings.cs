using System;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpHttpListener"/> listens, and what it bears.</summary>
public sealed record HttpListenerSettings : ConnectionListenerSettings
{
    /// <summary>Makes it https: a certificate with its private key, which on Windows must not be an ephemeral one. The caller disposes it.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Octets of a request line and its header fields; more is answered by 431.</summary>
    public int MaxHeaderBytes { get; init; } = 16 * 1024;

    /// <summary>Accepts requests with the media types of older drafts (rule 54).</summary>
    public bool Lenient { get; init; }

    /// <summary>
    /// Understands TCP-Messages as bodies, as drafts before RFC 6712 have them (<see cref="HttpDialect"/>): of both styles, under each of the four media types.
    /// An answer is framed as its question was, and has its media type; where the question is a PKIMessage as it is, so is the answer.
    /// </summary>
    public bool TcpMessages { get; init; }

    /// <summary>Answers requests by other methods than POST, such as announcements that are fetched by GET; it answers <see langword="null"/> for 405. <see langword="null"/> is 405 for all.</summary>
    public Func<HttpRequestHead, CancellationToken, Task<TransportReply?>>? OtherMethods { get; init; }
}
