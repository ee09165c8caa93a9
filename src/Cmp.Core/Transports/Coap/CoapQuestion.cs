using System;
using System.Collections.Generic;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What is asked of a CoAP server, however many blocks that takes.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Address">Uri-Host, Uri-Path and Uri-Query.</param>
internal sealed record CoapQuestion(CoapCode Method, IReadOnlyList<CoapOption> Address)
{
    /// <summary>The body; may be empty.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>What the body is; <see langword="null"/> where there is none.</summary>
    public int? ContentFormat { get; init; }

    /// <summary>What the response is to be, or <see langword="null"/>.</summary>
    public int? Accept { get; init; }

    /// <summary>The largest blocks that are sent and asked for, as an exponent: 6 for 1024 octets.</summary>
    public int Exponent { get; init; } = CoapBlock.MaxExponent;

    /// <summary>Octets that the body of the response may have.</summary>
    public required int MaxResponseBytes { get; init; }

    /// <summary>How long it may take.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>Who is asked, for people.</summary>
    public required string Server { get; init; }

    /// <summary>The options of one of its requests.</summary>
    /// <param name="hasBody">Whether the request carries the body or a block of it.</param>
    /// <param name="more">What else it has.</param>
    /// <returns>The options.</returns>
    public IReadOnlyList<CoapOption> Options(bool hasBody, params CoapOption[] more)
    {
        List<CoapOption> options = [.. Address];
        if (hasBody && ContentFormat is { } format)
            options.Add(CoapOption.Of(CoapOptionNumber.ContentFormat, (uint)format));
        if (Accept is { } accept)
            options.Add(CoapOption.Of(CoapOptionNumber.Accept, (uint)accept));
        options.AddRange(more);
        return options;
    }
}
