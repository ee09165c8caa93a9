using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Framing;

/// <summary>What one text said of CMP over HTTP: what of a message stands in a body, and what that is called. All have POST, and the answer in the body of the response.</summary>
/// <remarks>
/// RFC 2510 5.4; draft-ietf-pkix-cmp-http-00; draft-ietf-pkix-cmp-transport-protocols-00 to -05 (3 or 4), -06 (4) to -20 (3); RFC 6712 3; RFC 9811 3.
/// These types differ between texts, so neither a type nor the year of a server says how its answers are framed: that is seen from their octets (<see cref="HttpBody"/>).
/// </remarks>
public sealed record HttpDialect
{
    private static readonly HttpDialect[] Table =
    [
        // that "application/pkixcmp-poll" MAY be handled alike (RFC 9811 4) is what -Lenient is for
        new(HttpGeneration.Rfc9811, framing: null, CmpMediaType.Pkixcmp),
        new(HttpGeneration.Rfc6712, framing: null, CmpMediaType.Pkixcmp),
        new(HttpGeneration.Rfc2510, framing: null, CmpMediaType.Pkixcmp, CmpMediaType.XPkixcmp),
        new(HttpGeneration.CmpHttp00, TcpMessageStyle.Rfc2510, CmpMediaType.PkixcmpPoll) { WantsNoCache = true },
        new(HttpGeneration.Transport00, TcpMessageStyle.Version10, CmpMediaType.Pkixcmp, CmpMediaType.XPkixcmp) { WantsNoCache = true },
        new(HttpGeneration.Transport02, TcpMessageStyle.Version10, CmpMediaType.PkixcmpPoll, CmpMediaType.XPkixcmpPoll) { WantsNoCache = true },
        new(HttpGeneration.Transport05, TcpMessageStyle.Version10, CmpMediaType.Pkixcmp, CmpMediaType.PkixcmpPoll) { WantsNoCache = true },
        new(HttpGeneration.Transport06, framing: null, CmpMediaType.Pkixcmp, CmpMediaType.PkixcmpPoll) { WantsNoCache = true },
    ];

    private HttpDialect(HttpGeneration generation, TcpMessageStyle? framing, string mediaType, params string[] alsoAccepted)
    {
        Generation = generation;
        Framing = framing;
        MediaType = mediaType;
        AlsoAccepted = alsoAccepted;
    }

    /// <summary>Every text's, in the order of <see cref="HttpGeneration"/>.</summary>
    public static IReadOnlyList<HttpDialect> All => Table;

    /// <summary>Which text it is.</summary>
    public HttpGeneration Generation { get; }

    /// <summary>The style of the TCP-Message that a body is; <see langword="null"/> where it is the DER of a PKIMessage with nothing around it.</summary>
    public TcpMessageStyle? Framing { get; }

    /// <summary>The media type of requests and answers; one of <see cref="CmpMediaType"/>.</summary>
    public string MediaType { get; }

    /// <summary>The media types that its implementations MAY send and take, too.</summary>
    public IReadOnlyList<string> AlsoAccepted { get; }

    /// <summary>Whether it wants <c>Cache-Control: no-cache</c> in requests and answers, and <c>Pragma: no-cache</c> with HTTP/1.0. RFC 6712 dropped that: answers to POST are not kept.</summary>
    public bool WantsNoCache { get; private init; }

    /// <summary>What a text said.</summary>
    /// <param name="generation">Which text.</param>
    /// <returns>Its way.</returns>
    public static HttpDialect Of(HttpGeneration generation) => Table[(int)generation];

    /// <summary>Whether a media type is one that this text has.</summary>
    /// <param name="mediaType">One of <see cref="CmpMediaType"/>.</param>
    /// <returns>Whether it is.</returns>
    public bool Has(string mediaType) => mediaType == MediaType || AlsoAccepted.Contains(mediaType, StringComparer.Ordinal);
}
