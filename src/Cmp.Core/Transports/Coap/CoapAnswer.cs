using System;
using System.Text;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>Answers of a CoAP server, before they have a type, a Message ID and a token.</summary>
internal static class CoapAnswer
{
    /// <summary>An answer by its code alone, or with a sentence for who looks into the traffic (RFC 7252 5.5.2).</summary>
    /// <param name="code">The code.</param>
    /// <param name="diagnostic">The sentence, nothing of it the peer's; or <see langword="null"/>.</param>
    /// <returns>The answer.</returns>
    public static CoapMessage Of(CoapCode code, string? diagnostic = null) => new()
    {
        Type = CoapType.Acknowledgement,
        Code = code,
        Payload = diagnostic is null ? default : Encoding.UTF8.GetBytes(diagnostic),
    };

    /// <summary>An answer with a body.</summary>
    /// <param name="code">The code.</param>
    /// <param name="contentFormat">What the body is.</param>
    /// <param name="body">The body.</param>
    /// <returns>The answer.</returns>
    public static CoapMessage Of(CoapCode code, int contentFormat, ReadOnlyMemory<byte> body) => Of(code) with
    {
        Options = [CoapOption.Of(CoapOptionNumber.ContentFormat, (uint)contentFormat)],
        Payload = body,
    };

    /// <summary>4.13, with the size that would have been borne (RFC 7252 5.9.2.9).</summary>
    /// <param name="max">Octets.</param>
    /// <returns>The answer.</returns>
    public static CoapMessage TooLarge(int max) => Of(CoapCode.RequestEntityTooLarge) with { Options = [CoapOption.Of(CoapOptionNumber.Size1, (uint)max)] };

    /// <summary>5.03: there is no room now.</summary>
    /// <param name="retryAfter">Seconds after which another try is worth it.</param>
    /// <returns>The answer.</returns>
    public static CoapMessage Busy(int retryAfter) => Of(CoapCode.ServiceUnavailable) with { Options = [CoapOption.Of(CoapOptionNumber.MaxAge, (uint)retryAfter)] };
}
