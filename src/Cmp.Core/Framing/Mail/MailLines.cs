using System;

namespace Cmp.Framing;

/// <summary>Goes through the lines of a mail. A line ends with CRLF, or with LF alone, as files on Unix have it.</summary>
internal ref struct MailLines(ReadOnlySpan<byte> octets)
{
    private readonly ReadOnlySpan<byte> _octets = octets;

    /// <summary>Where the next line begins.</summary>
    internal int Next { get; private set; }

    /// <summary>Where the line that was read last begins.</summary>
    internal int Start { get; private set; }

    /// <summary>Whether the line that was read last has an end, and not only the octets have.</summary>
    internal bool HasEnded { get; private set; }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line, without its end.</param>
    /// <returns>Whether there was one.</returns>
    internal bool Read(out ReadOnlySpan<byte> line)
    {
        line = default;
        if (Next == _octets.Length)
            return false;
        Start = Next;
        ReadOnlySpan<byte> rest = _octets.Slice(Next);
        int end = rest.IndexOf((byte)'\n');
        HasEnded = end >= 0;
        line = HasEnded ? rest.Slice(0, end) : rest;
        Next += HasEnded ? end + 1 : rest.Length;
        if (HasEnded && line.Length > 0 && line[line.Length - 1] == '\r')
            line = line.Slice(0, line.Length - 1);
        return true;
    }
}
