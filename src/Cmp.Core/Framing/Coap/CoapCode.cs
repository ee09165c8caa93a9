using System.Globalization;

namespace Cmp.Framing;

/// <summary>The code of a CoAP message: what it asks for, or how that went (RFC 7252 3 and 12.1). Three bits are its class, five its detail: <c>2.05</c>.</summary>
/// <param name="Value">The octet.</param>
public readonly record struct CoapCode(byte Value)
{
    /// <summary>0.00, of a message that is neither a request nor a response.</summary>
    public static CoapCode Empty => default;

    /// <summary>0.01.</summary>
    public static CoapCode Get => new(0x01);

    /// <summary>0.02, by which CMP messages travel (RFC 9482 2.3).</summary>
    public static CoapCode Post => new(0x02);

    /// <summary>0.03.</summary>
    public static CoapCode Put => new(0x03);

    /// <summary>0.04.</summary>
    public static CoapCode Delete => new(0x04);

    /// <summary>2.01.</summary>
    public static CoapCode Created => new(0x41);

    /// <summary>2.02.</summary>
    public static CoapCode Deleted => new(0x42);

    /// <summary>2.03.</summary>
    public static CoapCode Valid => new(0x43);

    /// <summary>2.04, of a POST that did what it was to do.</summary>
    public static CoapCode Changed => new(0x44);

    /// <summary>2.05, of a GET.</summary>
    public static CoapCode Content => new(0x45);

    /// <summary>2.31: the block came, the next one may (RFC 7959 2.9.1).</summary>
    public static CoapCode Continue => new(0x5F);

    /// <summary>4.00.</summary>
    public static CoapCode BadRequest => new(0x80);

    /// <summary>4.01.</summary>
    public static CoapCode Unauthorized => new(0x81);

    /// <summary>4.02: a critical option is not understood.</summary>
    public static CoapCode BadOption => new(0x82);

    /// <summary>4.03.</summary>
    public static CoapCode Forbidden => new(0x83);

    /// <summary>4.04.</summary>
    public static CoapCode NotFound => new(0x84);

    /// <summary>4.05.</summary>
    public static CoapCode MethodNotAllowed => new(0x85);

    /// <summary>4.06: the content format that is asked for is not there.</summary>
    public static CoapCode NotAcceptable => new(0x86);

    /// <summary>4.08: blocks are missing of the request (RFC 7959 2.9.2).</summary>
    public static CoapCode RequestEntityIncomplete => new(0x88);

    /// <summary>4.12.</summary>
    public static CoapCode PreconditionFailed => new(0x8C);

    /// <summary>4.13: the request, or one block of it, is too large (RFC 7959 2.9.3).</summary>
    public static CoapCode RequestEntityTooLarge => new(0x8D);

    /// <summary>4.15.</summary>
    public static CoapCode UnsupportedContentFormat => new(0x8F);

    /// <summary>4.29 (RFC 8516).</summary>
    public static CoapCode TooManyRequests => new(0x9D);

    /// <summary>5.00.</summary>
    public static CoapCode InternalServerError => new(0xA0);

    /// <summary>5.01.</summary>
    public static CoapCode NotImplemented => new(0xA1);

    /// <summary>5.02.</summary>
    public static CoapCode BadGateway => new(0xA2);

    /// <summary>5.03; Max-Age says when to try again.</summary>
    public static CoapCode ServiceUnavailable => new(0xA3);

    /// <summary>5.04.</summary>
    public static CoapCode GatewayTimeout => new(0xA4);

    /// <summary>5.05.</summary>
    public static CoapCode ProxyingNotSupported => new(0xA5);

    /// <summary>The first number, 0 to 7.</summary>
    public int Class => Value >> 5;

    /// <summary>The second number, 0 to 31.</summary>
    public int Detail => Value & 0x1F;

    /// <summary>Whether it asks for something.</summary>
    public bool IsRequest => Class == 0 && Value != 0;

    /// <summary>Whether it answers something.</summary>
    public bool IsResponse => Class is >= 2 and <= 5;

    /// <summary>Whether it says that what was asked for was done: 2.xx.</summary>
    public bool IsSuccess => Class == 2;

    /// <summary>Whether it is of a class that means nothing: 1, 6 and 7.</summary>
    public bool IsReserved => Class is 1 or 6 or 7;

    /// <summary>What the code is called, as in <c>Not Found</c>; empty for codes that this does not know.</summary>
    public string Phrase => Value switch
    {
        0x00 => "Empty",
        0x01 => "GET",
        0x02 => "POST",
        0x03 => "PUT",
        0x04 => "DELETE",
        0x41 => "Created",
        0x42 => "Deleted",
        0x43 => "Valid",
        0x44 => "Changed",
        0x45 => "Content",
        0x5F => "Continue",
        0x80 => "Bad Request",
        0x81 => "Unauthorized",
        0x82 => "Bad Option",
        0x83 => "Forbidden",
        0x84 => "Not Found",
        0x85 => "Method Not Allowed",
        0x86 => "Not Acceptable",
        0x88 => "Request Entity Incomplete",
        0x89 => "Conflict",
        0x8C => "Precondition Failed",
        0x8D => "Request Entity Too Large",
        0x8F => "Unsupported Content-Format",
        0x96 => "Unprocessable Entity",
        0x9D => "Too Many Requests",
        0xA0 => "Internal Server Error",
        0xA1 => "Not Implemented",
        0xA2 => "Bad Gateway",
        0xA3 => "Service Unavailable",
        0xA4 => "Gateway Timeout",
        0xA5 => "Proxying Not Supported",
        0xA8 => "Hop Limit Reached",
        _ => "",
    };

    /// <summary>The code as it is written.</summary>
    /// <returns>As in <c>4.04</c>.</returns>
    public override string ToString() => Class.ToString(CultureInfo.InvariantCulture) + "." + Detail.ToString("00", CultureInfo.InvariantCulture);
}
