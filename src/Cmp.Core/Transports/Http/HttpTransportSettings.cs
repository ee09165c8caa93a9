using System;
using System.Collections.Generic;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// How a CMP server is reached over HTTP (RFC 9811, RFC 9483 6.1): at an address of the scheme <c>http</c> or <c>https</c>, where TCP-Messages go in the bodies <c>http+tcp</c> or
/// <c>https+tcp</c>. Its path and query are sent exactly as <see cref="System.Uri.OriginalString"/> has them (rule 60).
/// </summary>
public sealed record HttpTransportSettings : ConnectionSettings
{
    /// <summary>
    /// Fills an empty path by <c>/.well-known/cmp[/p/<see cref="WellKnownName"/>]/&lt;operation label&gt;</c> (RFC 9811 3.4);
    /// else an empty path is sent as <c>/</c>.
    /// </summary>
    public bool WellKnown { get; init; }

    /// <summary>The name of a CA or certificate profile in the well-known path, not escaped; <see langword="null"/> for none.</summary>
    public string? WellKnownName { get; init; }

    /// <summary>Whether connections are kept.</summary>
    public KeepAliveMode KeepAlive { get; init; } = KeepAliveMode.Prefer;

    /// <summary>HTTP 1.0, 1.1 or 2.0. 2.0 exists on .NET only; over https it is negotiated and falls back to 1.1, over http it needs a server that expects it.</summary>
    public Version HttpVersion { get; init; } = System.Net.HttpVersion.Version11;

    /// <summary>
    /// The text whose way is spoken; it must be one with TCP-Messages where the scheme says so, and without them elsewhere. <see langword="null"/> for
    /// <see cref="HttpGeneration.Rfc9811"/>; with TCP-Messages for <see cref="HttpGeneration.Transport02"/>, which all later texts remember, or, where the old
    /// style is wanted, for <see cref="HttpGeneration.CmpHttp00"/>.
    /// </summary>
    public HttpGeneration? Generation { get; init; }

    /// <summary>
    /// The style of TCP-Messages, and no other one; <see langword="null"/> for that of the generation, and the old style with a server that answers
    /// version 10 by an error of the old style (rule 62).
    /// </summary>
    public TcpMessageStyle? TcpStyle { get; init; }

    /// <summary>
    /// Follows redirects (301, 302, 307 and 308: the message is posted again), at most 5 and never from https to http (RFC 9811 3.1). Another host than that of
    /// <see cref="Uri"/> is not shown <see cref="TlsClientCertificate"/>.
    /// </summary>
    public bool AllowRedirect { get; init; }

    /// <summary>Accepts the media types of older drafts, or none at all, and TCP-Messages where none are due, with a warning (rule 54).</summary>
    public bool Lenient { get; init; }

    /// <summary>
    /// The proxy; <see langword="null"/> for the one of the environment (http_proxy, https_proxy, all_proxy), else the system's, which are never used for the
    /// loopback.
    /// </summary>
    public Uri? Proxy { get; init; }

    /// <summary>What the proxy asks for; <see langword="null"/>: what the environment's address of it or the system says.</summary>
    public NetworkCredential? ProxyCredential { get; init; }

    /// <summary>
    /// Hosts that are reached without a proxy: a host name, a domain with or without a leading dot, an address, each with a port or without, or <c>*</c> for all.
    /// <see langword="null"/> for what the environment variable no_proxy says.
    /// </summary>
    public IReadOnlyList<string>? NoProxy { get; init; }

    /// <summary>
    /// The certificate that we show to a TLS server that asks, with its private key (RSA or ECDSA); or <see langword="null"/>. Intermediate certificates are
    /// sent along where the system finds them in its stores.
    /// </summary>
    public X509Certificate2? TlsClientCertificate { get; init; }

    /// <summary>The self-signed certificates that a TLS server's certificate must lead to; <see langword="null"/> for those of the system. They say nothing about CMP messages (rule 59).</summary>
    public IReadOnlyList<X509Certificate2>? TlsTrustAnchors { get; init; }

    /// <summary>The time, from which a server counts when it says when to ask again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;
}
