using System;

namespace Cmp.Framing;

/// <summary>
/// The head of an HTTP/1.x message, request or response, as one reads it who only looks on (RFC 9112): generous, since whoever the message was meant for
/// took it already. It is for captures; a listener reads with <see cref="HttpRequestHead"/>, which refuses what two readers could see differently.
/// </summary>
/// <remarks>Nothing is copied: what stands here are slices of the head, the peer's and not escaped. Lines that are no fields are passed over, so are folded ones; lines may end with a line feed alone (2.2).</remarks>
internal readonly ref struct HttpHead
{
    /// <summary>The octets that a head may have; servers bear some 8000 to 64000.</summary>
    public const int MaxBytes = 1 << 16;

    private HttpHead(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, int status, ReadOnlySpan<byte> reason, ReadOnlySpan<byte> fields)
    {
        Method = method;
        Target = target;
        Status = status;
        Reason = reason;
        ReadOnlySpan<byte> transferEncoding = default;
        while (!fields.IsEmpty)
        {
            ReadOnlySpan<byte> line = NextLine(ref fields);
            int colon = line.IndexOf((byte)':');
            if (colon <= 0 || line[0] is (byte)' ' or (byte)'\t')
                continue;
            ReadOnlySpan<byte> name = HttpRequestHead.TrimBlanks(line.Slice(0, colon));
            // only names of these lengths are looked for
            switch (name.Length)
            {
                case 12 when HttpRequestHead.Is(name, "content-type"u8):
                    ContentType = HttpRequestHead.TrimBlanks(line.Slice(colon + 1));
                    break;
                case 14 when HttpRequestHead.Is(name, "content-length"u8):
                    if (!TryReadLength(HttpRequestHead.TrimBlanks(line.Slice(colon + 1)), out long length) || (ContentLength is { } other && other != length))
                        HasBadLength = true;
                    ContentLength ??= length;
                    break;
                case 16 when HttpRequestHead.Is(name, "content-encoding"u8):
                    ContentEncoding = HttpRequestHead.TrimBlanks(line.Slice(colon + 1));
                    break;
                case 17 when HttpRequestHead.Is(name, "transfer-encoding"u8):
                    transferEncoding = HttpRequestHead.TrimBlanks(line.Slice(colon + 1));
                    break;
            }
        }
        if (transferEncoding.IsEmpty)
            return;
        // RFC 9112 6.1 and 6.3: the last coding says how the body ends, and outdoes a length
        int comma = transferEncoding.LastIndexOf((byte)',');
        IsChunked = HttpRequestHead.Is(HttpRequestHead.TrimBlanks(transferEncoding.Slice(comma + 1)), "chunked"u8);
        TransferCoding = IsChunked ? transferEncoding.Slice(0, Math.Max(comma, 0)) : transferEncoding;
        ContentLength = null;
        HasBadLength = false;
    }

    /// <summary>The method of a request, as <c>POST</c>; empty in a response.</summary>
    public ReadOnlySpan<byte> Method { get; }

    /// <summary>What is asked for, as it was written; empty in a response.</summary>
    public ReadOnlySpan<byte> Target { get; }

    /// <summary>The status of a response, 100 to 999; 0 in a request.</summary>
    public int Status { get; }

    /// <summary>The words beside the status; often empty.</summary>
    public ReadOnlySpan<byte> Reason { get; }

    /// <summary>The value of Content-Length where it counts: <see langword="null"/> beside a Transfer-Encoding.</summary>
    public long? ContentLength { get; }

    /// <summary>Whether Content-Length is no number, or says two: nobody knows where the body ends.</summary>
    public bool HasBadLength { get; }

    /// <summary>Whether the body comes in chunks.</summary>
    public bool IsChunked { get; }

    /// <summary>What Transfer-Encoding names beside the chunks, in the order of encoding; mostly nothing.</summary>
    public ReadOnlySpan<byte> TransferCoding { get; }

    /// <summary>The value of Content-Type; empty where there is none.</summary>
    public ReadOnlySpan<byte> ContentType { get; }

    /// <summary>The value of Content-Encoding; empty where there is none.</summary>
    public ReadOnlySpan<byte> ContentEncoding { get; }

    /// <summary>Where a head ends.</summary>
    /// <param name="octets">What has arrived.</param>
    /// <param name="seen">How many of the octets were looked at before; set to how many need not be looked at again.</param>
    /// <returns>The octets of the head, its empty line included; -1 while it is not complete.</returns>
    public static int FindEnd(ReadOnlySpan<byte> octets, ref int seen)
    {
        int place = seen;
        while (true)
        {
            int feed = octets.Slice(place).IndexOf((byte)'\n');
            if (feed < 0)
            {
                seen = octets.Length;
                return -1;
            }
            int next = place + feed + 1;
            if (next < octets.Length && octets[next] == '\n')
                return next + 1;
            if (next + 1 < octets.Length && octets[next] == '\r' && octets[next + 1] == '\n')
                return next + 2;
            if (next >= octets.Length - 1 && (next == octets.Length || octets[next] == '\r'))
            {
                // the line feed itself is looked at again, with what follows it
                seen = next - 1;
                return -1;
            }
            place = next;
        }
    }

    /// <summary>Whether a request can begin so: with a method that is common, and a blank. Whether it does says its first line (<see cref="IsFirstLine"/>).</summary>
    /// <param name="octets">The first octets.</param>
    /// <returns>Whether it can; <see langword="null"/> where too few have arrived to tell.</returns>
    public static bool? BeginsRequest(ReadOnlySpan<byte> octets)
    {
        ReadOnlySpan<byte> methods = "GET POST HEAD PUT CONNECT OPTIONS DELETE PATCH TRACE PROPFIND "u8;
        while (!methods.IsEmpty)
        {
            int length = methods.IndexOf((byte)' ') + 1;
            ReadOnlySpan<byte> method = methods.Slice(0, length);
            methods = methods.Slice(length);
            if (octets.StartsWith(method))
                return octets.Length == length ? null : octets[length] is > (byte)' ' and < 0x7F;
            if (octets.Length < length && method.StartsWith(octets))
                return null;
        }
        return false;
    }

    /// <summary>Whether a line is the first one of a message.</summary>
    /// <param name="line">The line, with or without its end.</param>
    /// <param name="isRequest">Whether of a request.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsFirstLine(ReadOnlySpan<byte> line, bool isRequest)
    {
        line = NextLine(ref line);
        return isRequest ? TryReadRequestLine(line, out _, out _) : TryReadStatusLine(line, out _, out _);
    }

    /// <summary>Whether a response begins so: <c>HTTP/1.</c>, a digit, a blank and three digits.</summary>
    /// <param name="octets">The first octets.</param>
    /// <returns>Whether it does; <see langword="null"/> where too few have arrived to tell.</returns>
    public static bool? BeginsResponse(ReadOnlySpan<byte> octets)
    {
        ReadOnlySpan<byte> pattern = "HTTP/1.0 000"u8;
        int length = Math.Min(octets.Length, pattern.Length);
        for (int i = 0; i < length; i++)
        {
            if (pattern[i] == '0' ? !HttpRequestHead.IsDigit(octets[i]) : octets[i] != pattern[i])
                return false;
        }
        return octets.Length < pattern.Length ? null : true;
    }

    /// <summary>Reads a head.</summary>
    /// <param name="octets">The head, its empty line included.</param>
    /// <param name="isRequest">Whether it is one of a request.</param>
    /// <param name="head">What stands in it.</param>
    /// <returns>Whether its first line is one.</returns>
    public static bool TryRead(ReadOnlySpan<byte> octets, bool isRequest, out HttpHead head)
    {
        head = default;
        ReadOnlySpan<byte> fields = octets;
        ReadOnlySpan<byte> line = NextLine(ref fields);
        if (isRequest)
        {
            if (!TryReadRequestLine(line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target))
                return false;
            head = new HttpHead(method, target, 0, default, fields);
            return true;
        }
        if (!TryReadStatusLine(line, out int status, out ReadOnlySpan<byte> reason))
            return false;
        head = new HttpHead(default, default, status, reason, fields);
        return true;
    }

    private static bool TryReadStatusLine(ReadOnlySpan<byte> line, out int status, out ReadOnlySpan<byte> reason)
    {
        reason = default;
        status = 0;
        if (BeginsResponse(line) != true || (line.Length > 12 && line[12] != ' '))
            return false;
        status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        reason = HttpRequestHead.TrimBlanks(line.Slice(12));
        return status >= 100;
    }

    private static bool TryReadRequestLine(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> method, out ReadOnlySpan<byte> target)
    {
        method = target = default;
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first + 1 || line.Length - last != 9 || !line.Slice(last + 1).StartsWith("HTTP/1."u8) || !HttpRequestHead.IsDigit(line[line.Length - 1]))
            return false;
        method = line.Slice(0, first);
        target = HttpRequestHead.TrimBlanks(line.Slice(first, last - first));
        return !target.IsEmpty && target.IndexOf((byte)' ') < 0 && HttpRequestHead.IsToken(method);
    }

    /// <summary>A number, or the same number several times (RFC 9110 8.6).</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> value, out long length)
    {
        length = -1;
        while (true)
        {
            int comma = value.IndexOf((byte)',');
            if (!HttpRequestHead.TryParseLength(HttpRequestHead.TrimBlanks(comma < 0 ? value : value.Slice(0, comma)), out long number) || (length >= 0 && length != number))
            {
                length = 0;
                return false;
            }
            length = number;
            if (comma < 0)
                return true;
            value = value.Slice(comma + 1);
        }
    }

    private static ReadOnlySpan<byte> NextLine(scoped ref ReadOnlySpan<byte> rest)
    {
        int feed = rest.IndexOf((byte)'\n');
        ReadOnlySpan<byte> line = feed < 0 ? rest : rest.Slice(0, feed);
        rest = feed < 0 ? default : rest.Slice(feed + 1);
        return WithoutReturn(line);
    }

    private static ReadOnlySpan<byte> WithoutReturn(ReadOnlySpan<byte> line) =>
        !line.IsEmpty && line[line.Length - 1] == '\r' ? line.Slice(0, line.Length - 1) : line;
}
