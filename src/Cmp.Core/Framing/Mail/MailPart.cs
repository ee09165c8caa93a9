using System;
using System.Collections.Generic;
using System.Text;

namespace Cmp.Framing;

/// <summary>A mail, or a part of one: a header and a body (RFC 2046 5.1).</summary>
/// <param name="Head">The header.</param>
/// <param name="Body">The body, as far as it is there.</param>
/// <param name="IsClosed">Whether it is known to be whole, since a boundary follows; that of a whole mail ends where its file ends.</param>
internal sealed record MailPart(MailHead Head, ReadOnlyMemory<byte> Body, bool IsClosed)
{
    private const int MaxParts = 100;
    private const int MaxDepth = 5;
    private const int MaxBoundaryLength = 70;

    /// <summary>What it is, in small letters; text where nothing is said (RFC 2045 5.2).</summary>
    internal string MediaType => Head.Mime("Content-Type")?.Value ?? "text/plain";

    /// <summary>Whether it has parts itself.</summary>
    internal bool HasParts => MediaType.StartsWith("multipart/", StringComparison.Ordinal);

    /// <summary>The name of the file that it is, or an empty text; nothing is ever called by it (rule 71).</summary>
    internal string FileName => NameIn("Content-Disposition", "filename", "filename*") ?? NameIn("Content-Type", "name", "name*") ?? string.Empty;

    /// <summary>Takes a mail apart into header and body.</summary>
    /// <param name="octets">The mail, as far as it is there.</param>
    /// <param name="isClosed">Whether it is known to be whole.</param>
    /// <returns>It; <see langword="null"/> where its header is not whole.</returns>
    /// <exception cref="CmpException"><c>CmpMail.Malformed</c>.</exception>
    internal static MailPart? Read(ReadOnlyMemory<byte> octets, bool isClosed)
    {
        int end = MailHead.FindEnd(octets.Span);
        if (end < 0 && octets.Length <= MailHead.MaxBytes && !isClosed)
            return null;
        int head = end < 0 ? octets.Length : end;
        return new MailPart(MailHead.Parse(octets.Span.Slice(0, head)), octets.Slice(head), isClosed);
    }

    /// <summary>The parts of it, and of those that have parts themselves, in their order.</summary>
    /// <param name="isClosed">Whether all of them are there.</param>
    /// <returns>What has no parts itself.</returns>
    /// <exception cref="CmpException"><c>CmpMail.Malformed</c>: no boundary, or more parts than are borne.</exception>
    internal IReadOnlyList<MailPart> Leaves(out bool isClosed)
    {
        var leaves = new List<MailPart>();
        isClosed = AddLeaves(leaves, 0);
        return leaves;
    }

    /// <summary>Its body as text, for people to see the beginning of; encodings are undone as far as they are known.</summary>
    internal string Text()
    {
        MailField? type = Head.Mime("Content-Type");
        string encoding = Head.Mime("Content-Transfer-Encoding")?.Value ?? string.Empty;
        byte[] octets = Body.ToArray();
        if (encoding == "base64")
            octets = FromBase64(octets);
        else if (encoding == "quoted-printable")
            octets = MailWords.QuotedPrintable(Encoding.GetEncoding("iso-8859-1").GetString(octets), isWord: false);
        string charset = type is not null && type.Parameters.TryGetValue("charset", out string? named) ? named : "utf-8";
        return MailWords.InCharset(charset, octets) ?? Encoding.GetEncoding("iso-8859-1").GetString(octets);
    }

    private string? NameIn(string name, params string[] parameters)
    {
        IReadOnlyDictionary<string, string>? said = Head.Mime(name)?.Parameters;
        foreach (string parameter in parameters)
        {
            if (said is not null && said.TryGetValue(parameter, out string? value))
                return value;
        }
        return null;
    }

    private static byte[] FromBase64(byte[] octets)
    {
        try
        {
            return MailBase64.Decode(octets).Octets.ToArray();
        }
        catch (CmpException)
        {
            return octets; // it is shown as it is
        }
    }

    private bool AddLeaves(List<MailPart> leaves, int depth)
    {
        MailField type = Head.Mime("Content-Type")!;
        if (!type.Parameters.TryGetValue("boundary", out string? boundary) || boundary.Length is 0 or > MaxBoundaryLength)
            throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Malformed", "The mail has parts, but no boundary between them.");
        if (depth == MaxDepth)
            throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Malformed", $"The mail has parts within parts, more than {MaxDepth} deep.");
        byte[] delimiter = Encoding.UTF8.GetBytes("--" + boundary);
        var lines = new MailLines(Body.Span);
        int start = -1;
        while (lines.Read(out ReadOnlySpan<byte> line))
        {
            if (!line.StartsWith(delimiter))
                continue;
            ReadOnlySpan<byte> rest = line.Slice(delimiter.Length);
            bool isLast = rest.StartsWith("--"u8);
            // a boundary may begin as another one does; without its line end nobody knows which this is
            if (!IsBlank(isLast ? rest.Slice(2) : rest) || (!isLast && !lines.HasEnded))
                continue;
            if (start >= 0)
                Add(leaves, Body.Slice(start, lines.Start - start), isClosed: true, depth);
            start = lines.Next;
            if (isLast)
                return true;
        }
        if (start >= 0)
            Add(leaves, Body.Slice(start), isClosed: false, depth);
        // a part around this one that has ended has ended it too (RFC 2046 5.1.2)
        return IsClosed;
    }

    private static void Add(List<MailPart> leaves, ReadOnlyMemory<byte> octets, bool isClosed, int depth)
    {
        if (Read(octets, isClosed) is not { } part)
            return;
        if (part.HasParts)
        {
            part.AddLeaves(leaves, depth + 1);
            return;
        }
        if (leaves.Count == MaxParts)
            throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Malformed", $"The mail has more than {MaxParts} parts.");
        leaves.Add(part);
    }

    private static bool IsBlank(ReadOnlySpan<byte> rest)
    {
        foreach (byte octet in rest)
        {
            if (octet is not ((byte)' ' or (byte)'\t'))
                return false;
        }
        return true;
    }
}
