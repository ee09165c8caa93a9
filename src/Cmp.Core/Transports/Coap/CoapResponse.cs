using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What a CoAP server answered, put together of its blocks.</summary>
/// <param name="Code">How it went.</param>
/// <param name="Body">The body; may be empty.</param>
internal sealed record CoapResponse(CoapCode Code, ReadOnlyMemory<byte> Body)
{
    /// <summary>What the body is; <see langword="null"/> where the server does not say.</summary>
    public int? ContentFormat { get; init; }

    /// <summary>How long it is fresh, or of 5.03 when to ask again; 60 s where the server does not say (RFC 7252 5.10.5).</summary>
    public TimeSpan MaxAge { get; init; }

    /// <summary>Whether the server said that time itself.</summary>
    public bool HasMaxAge { get; init; }

    /// <summary>Of 4.13 how many octets a request may have (Size1, RFC 7959 4); <see langword="null"/> where the server does not say.</summary>
    public uint? MaxRequestBytes { get; init; }

    /// <summary>A response with a body, and the options of the message that began it.</summary>
    /// <param name="first">The message.</param>
    /// <param name="body">The whole body.</param>
    /// <returns>The response.</returns>
    public static CoapResponse Of(CoapMessage first, ReadOnlyMemory<byte> body) => new(first.Code, body)
    {
        ContentFormat = (int?)first.FindNumber(CoapOptionNumber.ContentFormat),
        MaxAge = TimeSpan.FromSeconds(first.FindNumber(CoapOptionNumber.MaxAge) ?? 60),
        MaxRequestBytes = first.Code == CoapCode.RequestEntityTooLarge ? first.FindNumber(CoapOptionNumber.Size1) : null,
        HasMaxAge = first.Has(CoapOptionNumber.MaxAge),
    };
}
