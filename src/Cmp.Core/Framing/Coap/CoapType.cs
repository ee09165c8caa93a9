namespace Cmp.Framing;

/// <summary>How a CoAP message wants to be treated by who gets it (RFC 7252 3); the numbers are those of the wire.</summary>
public enum CoapType
{
    /// <summary>It is sent again until it is acknowledged: CON.</summary>
    Confirmable,

    /// <summary>It is sent once, and not acknowledged: NON.</summary>
    NonConfirmable,

    /// <summary>It acknowledges a confirmable message, and may carry the answer to it: ACK.</summary>
    Acknowledgement,

    /// <summary>It says that a message came and could not be understood: RST.</summary>
    Reset,
}
