using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpTcpListener"/> listens, and what it bears.</summary>
public sealed record TcpListenerSettings : ConnectionListenerSettings
{
    /// <summary>
    /// The one style that is understood; <see langword="null"/> for both, each answered in itself. What comes in the other style is answered by an error of the old
    /// one: RFC 2510 knows no other, and a client of version 10 knows by it whom it speaks to (draft-ietf-pkix-cmp-tcp-00 2.4).
    /// </summary>
    public TcpMessageStyle? Style { get; init; }
}
