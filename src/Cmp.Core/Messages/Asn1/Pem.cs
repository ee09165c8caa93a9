using System;
using System.Collections.Generic;
using System.Text;

namespace Cmp.Messages.Asn1;

/// <summary>One block of a PEM text (RFC 7468).</summary>
/// <param name="label">What it holds.</param>
/// <param name="octets">Its octets.</param>
/// <param name="hasHeaders">Whether lines with a colon stood before them.</param>
public sealed class PemBlock(string label, byte[] octets, bool hasHeaders = false)
{
    /// <summary>What it holds, as in <c>CERTIFICATE</c> or <c>PRIVATE KEY</c>.</summary>
    public string Label { get; } = label;

    /// <summary>The octets; whoever reads a key clears them.</summary>
    public byte[] Octets { get; } = octets;

    /// <summary>Whether RFC 1421's headers stood before the octets, as those that OpenSSL encrypts its oldest key format with do.</summary>
    public bool HasHeaders { get; } = hasHeaders;
}

/// <summary>Reads and writes PEM (RFC 7468). It goes by octets, not strings, so that keys can be cleared from memory.</summary>
public static class Pem
{
    private const int CharactersOfLine = 64;
    private const string Dashes = "-----";
    private const string Begin = "-----BEGIN ";
    private const string End = "-----END ";

    /// <summary>Whether octets look like PEM: a text with a line that begins a block.</summary>
    /// <param name="octets">ASCII, UTF-8 or, with its mark, UTF-16 as Windows PowerShell writes it.</param>
    /// <returns>True where there is such a line.</returns>
    public static bool IsPem(byte[] octets)
    {
        char[] text = TextOf(octets);
        bool found = IndexOf(text, Begin, 0, text.Length) >= 0;
        Array.Clear(text, 0, text.Length);
        return found;
    }

    /// <summary>Reads all blocks; what stands around them does not count.</summary>
    /// <param name="octets">ASCII, UTF-8 or, with its mark, UTF-16 as Windows PowerShell writes it.</param>
    /// <returns>The blocks, in their order.</returns>
    /// <exception cref="FormatException">A block that does not end, or that is no base64.</exception>
    public static IReadOnlyList<PemBlock> Read(byte[] octets)
    {
        char[] text = TextOf(octets);
        try
        {
            var blocks = new List<PemBlock>();
            for (int at = IndexOf(text, Begin, 0, text.Length); at >= 0; at = IndexOf(text, Begin, at, text.Length))
                blocks.Add(ReadBlock(text, ref at));
            return blocks;
        }
        finally
        {
            Array.Clear(text, 0, text.Length);
        }
    }

    /// <summary>Writes one block, lines of 64 characters ended by LF.</summary>
    /// <param name="label">What it holds.</param>
    /// <param name="octets">Its octets.</param>
    /// <returns>ASCII.</returns>
    public static byte[] Write(string label, byte[] octets)
    {
        var base64 = new char[(octets.Length + 2) / 3 * 4];
        Convert.ToBase64CharArray(octets, 0, octets.Length, base64, 0);
        byte[] begin = Encoding.ASCII.GetBytes(Begin + label + Dashes + "\n");
        byte[] end = Encoding.ASCII.GetBytes(End + label + Dashes + "\n");
        int lines = (base64.Length + CharactersOfLine - 1) / CharactersOfLine;
        var pem = new byte[begin.Length + base64.Length + lines + end.Length];
        begin.CopyTo(pem, 0);
        int to = begin.Length;
        for (int from = 0; from < base64.Length; from += CharactersOfLine)
        {
            to += Encoding.ASCII.GetBytes(base64, from, Math.Min(CharactersOfLine, base64.Length - from), pem, to);
            pem[to++] = (byte)'\n';
        }
        end.CopyTo(pem, to);
        Array.Clear(base64, 0, base64.Length);
        return pem;
    }

    private static PemBlock ReadBlock(char[] text, ref int at)
    {
        int labelStart = at + Begin.Length;
        int labelEnd = IndexOf(text, Dashes, labelStart, text.Length);
        if (labelEnd < 0)
            throw new FormatException("A line that begins a PEM block does not end.");
        var label = new string(text, labelStart, labelEnd - labelStart);
        int start = labelEnd + Dashes.Length;
        int end = IndexOf(text, End + label + Dashes, start, text.Length);
        int next = IndexOf(text, Begin, start, text.Length);
        if (end < 0 || (next >= 0 && next < end))
            throw new FormatException("A PEM block does not end.");
        at = end;
        bool hasHeaders = false;
        for (int colon = Array.IndexOf(text, ':', start, end - start); colon >= 0; colon = Array.IndexOf(text, ':', start, end - start))
        {
            hasHeaders = true;
            int lineEnd = Array.IndexOf(text, '\n', colon, end - colon);
            start = lineEnd < 0 ? end : lineEnd + 1;
        }
        return new PemBlock(label, Convert.FromBase64CharArray(text, start, end - start), hasHeaders);
    }

    private static int IndexOf(char[] text, string what, int start, int end) =>
        text.AsSpan(start, end - start).IndexOf(what.AsSpan()) is var index and >= 0 ? start + index : -1;

    private static char[] TextOf(byte[] octets)
    {
        bool isUtf16 = octets.Length >= 2 && octets[0] == 0xFF && octets[1] == 0xFE;
        return (isUtf16 ? Encoding.Unicode : Encoding.UTF8).GetChars(octets);
    }
}
