namespace Cmp.Framing;

/// <summary>How a TCP-Message is laid out.</summary>
public enum TcpMessageStyle
{
    /// <summary>Version 10: length, version, flags, type, value (draft-ietf-pkix-cmp-tcp-00, draft-ietf-pkix-cmp-transport-protocols-00 to -11).</summary>
    Version10,

    /// <summary>The old style: length, flag, value (RFC 2510 5.2). It knows no version, no close flag, and errors only as text.</summary>
    Rfc2510,
}
