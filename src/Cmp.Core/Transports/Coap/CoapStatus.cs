using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>The CoAP codes that stand for the statuses of HTTP, so that one handler serves both roads.</summary>
internal static class CoapStatus
{
    /// <summary>The code for a status.</summary>
    /// <param name="status">200 to 599; <see langword="null"/> for 200.</param>
    /// <returns>Of the same class; 2.04 for all that went well (RFC 7252 5.8.2). <see langword="null"/> where there is none.</returns>
    public static CoapCode? Of(int? status) => status switch
    {
        null => CoapCode.Changed,
        >= 200 and < 300 => CoapCode.Changed,
        401 => CoapCode.Unauthorized,
        403 => CoapCode.Forbidden,
        404 or 410 => CoapCode.NotFound,
        405 => CoapCode.MethodNotAllowed,
        406 => CoapCode.NotAcceptable,
        412 => CoapCode.PreconditionFailed,
        413 => CoapCode.RequestEntityTooLarge,
        415 => CoapCode.UnsupportedContentFormat,
        429 => CoapCode.TooManyRequests,
        >= 400 and < 500 => CoapCode.BadRequest,
        501 => CoapCode.NotImplemented,
        502 => CoapCode.BadGateway,
        503 => CoapCode.ServiceUnavailable,
        504 => CoapCode.GatewayTimeout,
        >= 500 and < 600 => CoapCode.InternalServerError,
        _ => null,
    };
}
