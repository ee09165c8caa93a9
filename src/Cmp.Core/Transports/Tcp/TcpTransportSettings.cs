using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>How a CMP server is reached by TCP-Messages (draft-ietf-pkix-cmp-transport-protocols-06 3, RFC 2510 5.2): at <c>tcp://host[:829]</c>. There are no paths.</summary>
public sealed record TcpTransportSettings : ConnectionSettings
{
    /// <summary>The port that is meant where an address names none.</summary>
    public const int DefaultPort = 829;

    /// <summary>
    /// The style that is spoken; <see langword="null"/> for version 10 first, and the old style with a server that answers that by an error of the old style.
    /// </summary>
    public TcpMessageStyle? Style { get; init; }

    /// <summary>
    /// Whether connections are kept. <see cref="KeepAliveMode.No"/> asks the server to close after each answer. The old style has no word for either,
    /// so there a connection is kept for <see cref="KeepAliveMode.Require"/> only.
    /// </summary>
    public KeepAliveMode KeepAlive { get; init; } = KeepAliveMode.Prefer;

    /// <summary>The time, by which it is reckoned when a server is to be asked again.</summary>
    internal Func<DateTimeOffset> Clock { get; init; } = () => DateTimeOffset.UtcNow;
}
