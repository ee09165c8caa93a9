using System;
using System.IO;
using System.IO.Compression;

namespace Cmp.Framing;

/// <summary>Takes the content codings from a body (RFC 9110 8.4.1), for one who only looks on: our clients ask for none and take none (rule 72).</summary>
internal static class HttpCoding
{
    /// <summary>Codings of one body; more have only bombs.</summary>
    private const int MaxCodings = 3;

    /// <summary>Whether a body is as it is.</summary>
    /// <param name="codings">The value of Content-Encoding; empty for none.</param>
    /// <returns>Whether nothing has to be taken from it.</returns>
    public static bool IsNone(ReadOnlySpan<byte> codings) => codings.IsEmpty || HttpRequestHead.Is(codings, "identity"u8);

    /// <summary>Takes the codings from a body.</summary>
    /// <param name="codings">The value of Content-Encoding: gzip and deflate, in the order of encoding.</param>
    /// <param name="octets">The body, or its beginning.</param>
    /// <param name="maxBytes">The most octets that are borne.</param>
    /// <param name="body">What came out of it; beyond <paramref name="maxBytes"/> nothing.</param>
    /// <returns>Why that is not all, in one sentence, escaped; <see langword="null"/> where it is.</returns>
    public static string? Decode(string codings, ReadOnlyMemory<byte> octets, int maxBytes, out ReadOnlyMemory<byte> body)
    {
        body = octets;
        string[] names = codings.Split(',');
        if (names.Length > MaxCodings)
            return "It is encoded more than " + MaxCodings + " times.";
        for (int i = names.Length - 1; i >= 0; i--)
        {
            string name = names[i].Trim().ToLowerInvariant();
            if (name is "" or "identity")
                continue;
            if (name is not ("gzip" or "x-gzip" or "deflate"))
                return "It is encoded as " + PeerText.Escape(name, 40) + ", which is not read here.";
            if (Inflate(name == "deflate", body, maxBytes, out body) is { } defect)
                return defect;
        }
        return null;
    }

    private static string? Inflate(bool isDeflate, ReadOnlyMemory<byte> octets, int maxBytes, out ReadOnlyMemory<byte> body)
    {
        using var output = new MemoryStream();
        string? defect = null;
        try
        {
            using var input = new MemoryStream(octets.ToArray(), writable: false);
            using Stream inflated = isDeflate ? Deflate(input) : new GZipStream(input, CompressionMode.Decompress);
            byte[] piece = new byte[4096];
            int read;
            while ((read = inflated.Read(piece, 0, piece.Length)) > 0)
            {
                if (output.Length + read > maxBytes)
                {
                    body = default;
                    return "Decoded it is longer than the " + maxBytes + " octets that are read.";
                }
                output.Write(piece, 0, read);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            defect = "It is no " + (isDeflate ? "deflate" : "gzip") + ", though it says so.";
        }
        body = output.ToArray();
        return defect;
    }

    /// <summary>RFC 9110 8.4.1.2: deflate is zlib's format; some send it bare.</summary>
    private static DeflateStream Deflate(MemoryStream input)
    {
        int first = input.ReadByte(), second = input.ReadByte();
        if (second < 0 || (first & 0xF) != 8 || ((first << 8) | second) % 31 != 0 || (second & 0x20) != 0)
            input.Position = 0;
        return new DeflateStream(input, CompressionMode.Decompress);
    }
}
