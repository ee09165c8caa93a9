namespace Cmp.Framing;

/// <summary>The options of CoAP that matter to CMP, by their numbers (RFC 7252 5.10, 7641, 7959), and what each may be.</summary>
public static class CoapOptionNumber
{
    /// <summary>If-Match, critical.</summary>
    public const int IfMatch = 1;

    /// <summary>Uri-Host, critical: the host of the URI, where it is not the address that the request goes to.</summary>
    public const int UriHost = 3;

    /// <summary>ETag: which version of a resource a response shows.</summary>
    public const int ETag = 4;

    /// <summary>If-None-Match, critical.</summary>
    public const int IfNoneMatch = 5;

    /// <summary>Observe: in a request 0 to register and 1 to deregister, in a response a number that grows (RFC 7641 2).</summary>
    public const int Observe = 6;

    /// <summary>Uri-Port, critical.</summary>
    public const int UriPort = 7;

    /// <summary>Location-Path.</summary>
    public const int LocationPath = 8;

    /// <summary>Uri-Path, critical: one segment of the path.</summary>
    public const int UriPath = 11;

    /// <summary>Content-Format: what the payload is (<see cref="CoapContentFormat"/>).</summary>
    public const int ContentFormat = 12;

    /// <summary>Max-Age: how many seconds a response is fresh, 60 where it does not say; of 5.03, when to try again.</summary>
    public const int MaxAge = 14;

    /// <summary>Uri-Query, critical: one argument of the query.</summary>
    public const int UriQuery = 15;

    /// <summary>Accept, critical: what the response is to be.</summary>
    public const int Accept = 17;

    /// <summary>Location-Query.</summary>
    public const int LocationQuery = 20;

    /// <summary>Block2, critical: which block of the response this is, or is asked for (RFC 7959 2.1).</summary>
    public const int Block2 = 23;

    /// <summary>Block1, critical: which block of the request this is (RFC 7959 2.1).</summary>
    public const int Block1 = 27;

    /// <summary>Size2: how long the whole response is (RFC 7959 4).</summary>
    public const int Size2 = 28;

    /// <summary>Proxy-Uri, critical.</summary>
    public const int ProxyUri = 35;

    /// <summary>Proxy-Scheme, critical.</summary>
    public const int ProxyScheme = 39;

    /// <summary>Size1: how long the whole request is, or may be (RFC 7959 4).</summary>
    public const int Size1 = 60;

    /// <summary>Request-Tag: tells block-wise requests of one client to one resource apart (RFC 9175 3.2).</summary>
    public const int RequestTag = 292;

    /// <summary>The octets that the value of an option may have, and whether the option may come more than once. Of numbers that are not in the table anything goes.</summary>
    /// <param name="number">The number of an option.</param>
    /// <returns>Its rule.</returns>
    internal static (int Min, int Max, bool Repeats) Rule(int number) => number switch
    {
        IfMatch or RequestTag => (0, 8, true),
        UriHost or ProxyScheme => (1, 255, false),
        ETag => (1, 8, true),
        IfNoneMatch => (0, 0, false),
        Observe or Block1 or Block2 => (0, 3, false),
        UriPort or ContentFormat or Accept => (0, 2, false),
        LocationPath or UriPath or UriQuery or LocationQuery => (0, 255, true),
        MaxAge or Size1 or Size2 => (0, 4, false),
        ProxyUri => (1, 1034, false),
        _ => (0, CoapMessage.MaxOptionBytes, true),
    };
}
