using System;
using System.Globalization;
using System.Text;

namespace Cmp.Framing;

/// <summary>Writes the status line and the header fields of an HTTP/1.1 response of a listener (RFC 9112). They are few and nearly always the same.</summary>
public static class HttpResponseHead
{
    /// <summary>The octets that a head needs at most.</summary>
    public const int MaxBytes = 320;

    private static CachedDate _date = new(0, []);

    /// <summary>Writes a head.</summary>
    /// <param name="destination">Where it goes; at least <see cref="MaxBytes"/>.</param>
    /// <param name="status">The HTTP status, 200 to 599.</param>
    /// <param name="bodyLength">Octets of the body, a CMP message; 0 for none.</param>
    /// <param name="mediaType">What the body is called: one of <see cref="CmpMediaType"/>.</param>
    /// <param name="keepAlive">Whether the connection is kept.</param>
    /// <param name="minorVersion">The HTTP/1 version of the request; 1.0 must be told that the connection is kept.</param>
    /// <param name="now">The time, for the Date field.</param>
    /// <param name="retryAfter">Seconds after which the client may ask again (RFC 9110 10.2.3); <see langword="null"/>: not said.</param>
    /// <returns>The octets written.</returns>
    public static int Write(Span<byte> destination, int status, int bodyLength, string mediaType, bool keepAlive, int minorVersion, DateTimeOffset now, int? retryAfter = null)
    {
        Span<byte> rest = destination;
        if (status == 200)
        {
            Put(ref rest, "HTTP/1.1 200 OK"u8);
        }
        else
        {
            Put(ref rest, "HTTP/1.1 "u8);
            Put(ref rest, status);
            Put(ref rest, " "u8);
            Put(ref rest, Phrase(status));
        }
        Put(ref rest, "\r\nDate: "u8);
        Put(ref rest, Date(now));
        if (bodyLength > 0)
        {
            Put(ref rest, "\r\nContent-Type: "u8);
            Put(ref rest, mediaType);
            Put(ref rest, "\r\nCache-Control: no-cache"u8);
            // what the drafts want towards HTTP/1.0 hurts nobody else there
            if (minorVersion == 0)
                Put(ref rest, "\r\nPragma: no-cache"u8);
        }
        // RFC 9110 8.6: 204 has no length
        if (status != 204)
        {
            Put(ref rest, "\r\nContent-Length: "u8);
            Put(ref rest, bodyLength);
        }
        if (status == 405)
            Put(ref rest, "\r\nAllow: POST"u8);
        if (retryAfter is { } seconds)
        {
            Put(ref rest, "\r\nRetry-After: "u8);
            Put(ref rest, seconds);
        }
        if (!keepAlive)
            Put(ref rest, "\r\nConnection: close"u8);
        else if (minorVersion == 0)
            Put(ref rest, "\r\nConnection: keep-alive"u8);
        Put(ref rest, "\r\n\r\n"u8);
        return destination.Length - rest.Length;
    }

    private static void Put(ref Span<byte> rest, ReadOnlySpan<byte> octets)
    {
        octets.CopyTo(rest);
        rest = rest.Slice(octets.Length);
    }

    private static void Put(ref Span<byte> rest, string ascii)
    {
        for (int i = 0; i < ascii.Length; i++)
            rest[i] = (byte)ascii[i];
        rest = rest.Slice(ascii.Length);
    }

    private static void Put(ref Span<byte> rest, int number)
    {
        int digits = 1;
        for (int n = number; n >= 10; n /= 10)
            digits++;
        for (int i = digits - 1; i >= 0; i--, number /= 10)
            rest[i] = (byte)('0' + (number % 10));
        rest = rest.Slice(digits);
    }

    /// <summary>The same text for all answers of one second.</summary>
    private static byte[] Date(DateTimeOffset now)
    {
        long second = now.UtcTicks / TimeSpan.TicksPerSecond;
        CachedDate cached = _date;
        if (cached.Second != second)
            _date = cached = new CachedDate(second, Encoding.ASCII.GetBytes(now.ToString("r", CultureInfo.InvariantCulture)));
        return cached.Text;
    }

    private static ReadOnlySpan<byte> Phrase(int status) => status switch
    {
        201 => "Created"u8,
        202 => "Accepted"u8,
        204 => "No Content"u8,
        400 => "Bad Request"u8,
        404 => "Not Found"u8,
        405 => "Method Not Allowed"u8,
        408 => "Request Timeout"u8,
        411 => "Length Required"u8,
        413 => "Content Too Large"u8,
        415 => "Unsupported Media Type"u8,
        417 => "Expectation Failed"u8,
        431 => "Request Header Fields Too Large"u8,
        500 => "Internal Server Error"u8,
        503 => "Service Unavailable"u8,
        505 => "HTTP Version Not Supported"u8,
        _ => default,
    };

    private sealed record CachedDate(long Second, byte[] Text);
}
