using System;
using System.Text;

namespace Cmp.Framing;

/// <summary>
/// The request line and the header fields of an HTTP/1.x request, as far as a listener for CMP must know them (RFC 9112).
/// It is strict where being generous lets two readers see two requests: line ends, folding, blanks before a colon, lengths.
/// </summary>
public sealed class HttpRequestHead
{
    private const int MaxFields = 100;

    private HttpRequestHead(string method, string target, int minorVersion)
    {
        Method = method;
        Target = target;
        MinorVersion = minorVersion;
    }

    /// <summary>The method, as <c>POST</c>.</summary>
    public string Method { get; }

    /// <summary>The path and query that are asked for, as they were written; of an absolute form without scheme and host.</summary>
    public string Target { get; }

    /// <summary>0 for HTTP/1.0, 1 for HTTP/1.1.</summary>
    public int MinorVersion { get; }

    /// <summary>The value of Content-Length, or <see langword="null"/>.</summary>
    public long? ContentLength { get; private set; }

    /// <summary>Whether there is a Transfer-Encoding.</summary>
    public bool HasTransferEncoding { get; private set; }

    /// <summary>The value of Content-Type, or <see langword="null"/>.</summary>
    public string? ContentType { get; private set; }

    /// <summary>Whether the body is encoded otherwise than as it is.</summary>
    public bool HasContentEncoding { get; private set; }

    /// <summary>Whether the connection is to be kept after the answer.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>Whether the client waits for <c>100 Continue</c> before it sends the body.</summary>
    public bool ExpectsContinue { get; private set; }

    /// <summary>Whether a request can begin so: with a letter of a method, or an empty line that is passed over.</summary>
    /// <param name="octet">The first octet.</param>
    /// <returns>Whether it can.</returns>
    public static bool MayBegin(byte octet) => octet is (byte)'\r' or (byte)'\n' || IsTokenOctet(octet);

    /// <summary>Where the head ends.</summary>
    /// <param name="octets">What has arrived.</param>
    /// <returns>The octets of the head, its empty line included; -1 while it is not complete.</returns>
    public static int FindEnd(ReadOnlySpan<byte> octets)
    {
        int end = octets.IndexOf("\r\n\r\n"u8);
        return end < 0 ? -1 : end + 4;
    }

    /// <summary>Reads a head.</summary>
    /// <param name="octets">The head, its empty line included.</param>
    /// <param name="head">What stands in it; <see langword="null"/> where it is refused.</param>
    /// <returns>0, or the HTTP status that refuses it: 400, 417 or 505.</returns>
    public static int Parse(ReadOnlySpan<byte> octets, out HttpRequestHead? head)
    {
        head = null;
        int lineEnd = octets.IndexOf("\r\n"u8);
        if (lineEnd < 0)
            return 400;
        int status = ParseRequestLine(octets.Slice(0, lineEnd), out HttpRequestHead? parsed);
        if (status != 0)
            return status;
        octets = octets.Slice(lineEnd + 2);
        bool close = false, keep = false;
        int hosts = 0;
        for (int fields = 0; ; fields++)
        {
            lineEnd = octets.IndexOf("\r\n"u8);
            if (lineEnd == 0)
                break;
            if (lineEnd < 0 || fields == MaxFields)
                return 400;
            ReadOnlySpan<byte> line = octets.Slice(0, lineEnd);
            octets = octets.Slice(lineEnd + 2);
            int colon = line.IndexOf((byte)':');
            if (colon <= 0)
                return 400;
            ReadOnlySpan<byte> name = line.Slice(0, colon);
            ReadOnlySpan<byte> value = TrimBlanks(line.Slice(colon + 1));
            if (!IsToken(name) || !IsFieldValue(value))
                return 400;
            if (Is(name, "content-length"u8))
            {
                if (parsed!.ContentLength is not null || !TryParseLength(value, out long length))
                    return 400;
                parsed.ContentLength = length;
            }
            else if (Is(name, "content-type"u8))
            {
                if (parsed!.ContentType is not null)
                    return 400;
                parsed.ContentType = Is(value, "application/pkixcmp"u8) ? CmpMediaType.Pkixcmp : ToText(value);
            }
            else if (Is(name, "host"u8))
            {
                hosts++;
            }
            else if (Is(name, "connection"u8))
            {
                close |= HasToken(value, "close"u8);
                keep |= HasToken(value, "keep-alive"u8);
            }
            else if (Is(name, "transfer-encoding"u8))
            {
                parsed!.HasTransferEncoding = true;
            }
            else if (Is(name, "content-encoding"u8))
            {
                parsed!.HasContentEncoding = !Is(value, "identity"u8);
            }
            else if (Is(name, "expect"u8))
            {
                if (!Is(value, "100-continue"u8))
                    return 417;
                parsed!.ExpectsContinue = parsed.MinorVersion > 0;
            }
        }
        // RFC 9112 3.2: HTTP/1.1 without exactly one Host is a bad request; 6.3: both ways to say a length are an attack
        if (hosts > 1 || (hosts == 0 && parsed!.MinorVersion > 0) || (parsed!.HasTransferEncoding && parsed.ContentLength is not null))
            return 400;
        parsed.KeepAlive = !close && (parsed.MinorVersion > 0 || keep);
        head = parsed;
        return 0;
    }

    private static int ParseRequestLine(ReadOnlySpan<byte> line, out HttpRequestHead? head)
    {
        head = null;
        int first = line.IndexOf((byte)' ');
        int last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last == first)
            return 400;
        ReadOnlySpan<byte> method = line.Slice(0, first);
        ReadOnlySpan<byte> target = line.Slice(first + 1, last - first - 1);
        ReadOnlySpan<byte> version = line.Slice(last + 1);
        if (!IsToken(method) || target.IsEmpty || version.Length != 8 || !version.StartsWith("HTTP/"u8) || version[6] != '.' || !IsDigit(version[5]) || !IsDigit(version[7]))
            return 400;
        if (version[5] != '1')
            return 505;
        foreach (byte octet in target)
        {
            if (octet is <= (byte)' ' or >= 0x7F)
                return 400;
        }
        if (target[0] != '/' && !TryStripAuthority(ref target) && !(target.Length == 1 && target[0] == '*'))
            return 400;
        head = new HttpRequestHead(method.SequenceEqual("POST"u8) ? "POST" : ToText(method), ToText(target), version[7] == '0' ? 0 : 1);
        return 0;
    }

    /// <summary>A server accepts the absolute form too (RFC 9112 3.2.2).</summary>
    private static bool TryStripAuthority(ref ReadOnlySpan<byte> target)
    {
        int scheme = target.IndexOf("://"u8);
        if (scheme < 0 || !(Is(target.Slice(0, scheme), "http"u8) || Is(target.Slice(0, scheme), "https"u8)))
            return false;
        ReadOnlySpan<byte> rest = target.Slice(scheme + 3);
        int path = rest.IndexOf((byte)'/');
        target = path < 0 ? "/"u8 : rest.Slice(path);
        return path != 0;
    }

    /// <summary>Reads the value of Content-Length: at most 18 digits and nothing else.</summary>
    internal static bool TryParseLength(ReadOnlySpan<byte> value, out long length)
    {
        length = 0;
        if (value.Length is 0 or > 18)
            return false;
        foreach (byte octet in value)
        {
            if (!IsDigit(octet))
                return false;
            length = (length * 10) + (octet - '0');
        }
        return true;
    }

    /// <summary>Whether a list with commas has a token, in whatever case.</summary>
    internal static bool HasToken(ReadOnlySpan<byte> list, ReadOnlySpan<byte> token)
    {
        while (true)
        {
            int comma = list.IndexOf((byte)',');
            if (Is(TrimBlanks(comma < 0 ? list : list.Slice(0, comma)), token))
                return true;
            if (comma < 0)
                return false;
            list = list.Slice(comma + 1);
        }
    }

    /// <summary>The value without blanks and tabs around it.</summary>
    internal static ReadOnlySpan<byte> TrimBlanks(ReadOnlySpan<byte> value)
    {
        while (!value.IsEmpty && value[0] is (byte)' ' or (byte)'\t')
            value = value.Slice(1);
        while (!value.IsEmpty && value[value.Length - 1] is (byte)' ' or (byte)'\t')
            value = value.Slice(0, value.Length - 1);
        return value;
    }

    /// <summary>Compares without case.</summary>
    internal static bool Is(ReadOnlySpan<byte> value, ReadOnlySpan<byte> lower)
    {
        if (value.Length != lower.Length)
            return false;
        for (int i = 0; i < value.Length; i++)
        {
            if ((value[i] is >= (byte)'A' and <= (byte)'Z' ? value[i] | 0x20 : value[i]) != lower[i])
                return false;
        }
        return true;
    }

    /// <summary>Whether an octet is a digit.</summary>
    internal static bool IsDigit(byte octet) => octet is >= (byte)'0' and <= (byte)'9';

    /// <summary>Whether there are only octets that a method or the name of a field may have.</summary>
    internal static bool IsToken(ReadOnlySpan<byte> name)
    {
        foreach (byte octet in name)
        {
            if (!IsTokenOctet(octet))
                return false;
        }
        return true;
    }

    private static bool IsTokenOctet(byte octet) => (octet | 0x20) is >= 'a' and <= 'z' || IsDigit(octet) || "!#$%&'*+-.^_`|~"u8.IndexOf(octet) >= 0;

    private static bool IsFieldValue(ReadOnlySpan<byte> value)
    {
        foreach (byte octet in value)
        {
            if (octet is < (byte)' ' and not (byte)'\t' or 0x7F)
                return false;
        }
        return true;
    }

    private static string ToText(ReadOnlySpan<byte> octets) => Encoding.ASCII.GetString(octets.ToArray());
}
