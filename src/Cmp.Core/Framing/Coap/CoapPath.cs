using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Cmp.Framing;

/// <summary>Path and query of a <c>coap</c> URI, as text and as options: an option a segment, without percent signs (RFC 7252 6.4 and 6.5).</summary>
public static class CoapPath
{
    private const int MaxValueBytes = 255;

    /// <summary>Takes a path apart.</summary>
    /// <param name="path">Path and perhaps a query, percent-encoded, as in <c>/.well-known/cmp</c>; empty for none.</param>
    /// <returns>Uri-Path and Uri-Query options.</returns>
    /// <exception cref="FormatException">A percent sign without two hexadecimal digits, a segment of more than 255 octets, a segment <c>.</c> or <c>..</c>, more than a message holds, no slash at the beginning.</exception>
    public static IReadOnlyList<CoapOption> ToOptions(string path)
    {
        List<CoapOption> options = [];
        int question = path.IndexOf('?');
        string segments = question < 0 ? path : path.Substring(0, question);
        if (segments is not ("" or "/"))
        {
            if (segments[0] != '/')
                throw new FormatException("A path begins with a slash.");
            foreach (string segment in segments.Substring(1).Split('/'))
                options.Add(new CoapOption(CoapOptionNumber.UriPath, Decode(segment, isPath: true)));
        }
        if (question >= 0)
        {
            foreach (string argument in path.Substring(question + 1).Split('&'))
                options.Add(new CoapOption(CoapOptionNumber.UriQuery, Decode(argument, isPath: false)));
        }
        if (options.Count > CoapMessage.MaxOptions / 2)
            throw new FormatException("A path of so many segments has no place in a message.");
        return options;
    }

    /// <summary>Puts the path of a request together.</summary>
    /// <param name="message">The request.</param>
    /// <returns>The path and, where there is one, the query: percent-encoded where a character would mean something else, beginning with a slash. ASCII only, and fit to be shown.</returns>
    public static string TextOf(CoapMessage message)
    {
        var text = new StringBuilder();
        bool hasQuery = false;
        foreach (CoapOption option in message.Options)
        {
            if (option.Number == CoapOptionNumber.UriPath)
            {
                Encode(text.Append('/'), option.Value.Span, "-._~!$&'()*+,;=:@");
            }
            else if (option.Number == CoapOptionNumber.UriQuery)
            {
                if (text.Length == 0)
                    text.Append('/');
                Encode(text.Append(hasQuery ? '&' : '?'), option.Value.Span, "-._~!$'()*+,;=:@/?");
                hasQuery = true;
            }
        }
        return text.Length == 0 ? "/" : text.ToString();
    }

    private static byte[] Decode(string text, bool isPath)
    {
        List<byte> octets = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '%')
            {
                if (i + 2 >= text.Length || !byte.TryParse(text.Substring(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
                    throw new FormatException("A percent sign is not followed by two hexadecimal digits.");
                octets.Add(octet);
                i += 2;
            }
            else
            {
                bool isPair = char.IsHighSurrogate(text[i]) && i + 1 < text.Length;
                octets.AddRange(Encoding.UTF8.GetBytes(text.Substring(i, isPair ? 2 : 1)));
                i += isPair ? 1 : 0;
            }
        }
        if (octets.Count > MaxValueBytes)
            throw new FormatException("A segment is longer than 255 octets.");
        // RFC 7252 5.10.1
        if (isPath && ((octets.Count == 1 && octets[0] == '.') || (octets.Count == 2 && octets[0] == '.' && octets[1] == '.')))
            throw new FormatException("A path cannot go up or stay.");
        return [.. octets];
    }

    private static void Encode(StringBuilder text, ReadOnlySpan<byte> octets, string plain)
    {
        foreach (byte octet in octets)
        {
            char c = (char)octet;
            if (c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') || plain.IndexOf(c) >= 0)
                text.Append(c);
            else
                text.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }
    }
}
