using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>How a CMP server is reached by TCP-Messages (draft-ietf-pkix-cmp-transport-protocols-06 3, RFC 2510 5.2).</summary>
public sealed record TcpTransportSettings
{
    /// <summary>The port that is meant where an address names none.</summary>
    public const int DefaultPort = 829;

    internal const int DefaultConnections = 64;

    /// <summary>Where the server is: <c>tcp://host[:829]</c>. There are no paths.</summary>
    public required Uri Uri { get; init; }

    /// <summary>
    /// The style that is spoken; <see langword="null"/> for version 10 first, and the old style with a server that answers that by an error of the old style.
    /// </summary>
    public TcpMessageStyle? Style { get; init; }

    /// <summary>How long a connection may take to be made.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one round trip may take, from the first octet sent to the last received, a connection that has to be made or waited for included.</summary>
    public TimeSpan ExchangeTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Octets of one PKIMessage in an answer (rule 56).</summary>
    public int MaxResponseBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Connections that are open at once; more exchanges wait for one.</summary>
    public int MaxConnections { get; init; } = DefaultConnections;

    /// <summary>
    /// Whether connections are kept. <see cref="HttpKeepAlive.No"/> asks the server to close after each answer. The old style has no word for either,
    /// so there a connection is kept for <see cref="HttpKeepAlive.Require"/> only.
    /// </summary>
    public HttpKeepAlive KeepAlive { get; init; } = HttpKeepAlive.Prefer;

    /// <summary>The time, by which it is reckoned when a server is to be asked again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;

    /// <summary>The URI.</summary>
    /// <returns>The URI as written.</returns>
    public override string ToString() => PeerText.Escape(Uri.OriginalString);
}
