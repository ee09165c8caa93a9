namespace Cmp.Inspection.Captures;

/// <summary>How a message travelled that was found in a capture.</summary>
public enum CaptureRoad
{
    /// <summary>As the body of HTTP (RFC 9811).</summary>
    Http,

    /// <summary>As a TCP-Message in the body of HTTP (draft-ietf-pkix-cmp-transport-protocols).</summary>
    HttpTcp,

    /// <summary>As a TCP-Message (RFC 2510 5.2, draft-ietf-pkix-cmp-transport-protocols).</summary>
    Tcp,

    /// <summary>Over CoAP (RFC 9482).</summary>
    Coap,
}
