using System;
using System.Formats.Asn1;

namespace Cmp.Messages.Asn1;

/// <summary>Tag and length of a value, read without throwing: for whoever decodes, and for whoever only looks.</summary>
internal readonly struct TlvHeader
{
    private static readonly Asn1Tag EndOfContents = new(UniversalTagNumber.EndOfContents);

    private TlvHeader(Asn1Tag tag, int headerLength, int length)
    {
        Tag = tag;
        HeaderLength = headerLength;
        Length = length;
    }

    /// <summary>The tag, and whether the value is constructed.</summary>
    internal Asn1Tag Tag { get; }

    /// <summary>Octets of tag and length.</summary>
    internal int HeaderLength { get; }

    /// <summary>Octets of the content.</summary>
    internal int Length { get; }

    /// <summary>Reads one.</summary>
    /// <param name="octets">The octets at hand, the tag first.</param>
    /// <param name="header">The header.</param>
    /// <param name="defect">What is wrong, as in "an indefinite length"; <see langword="null"/> where nothing is.</param>
    /// <returns>Whether the value is there whole.</returns>
    internal static bool TryRead(ReadOnlySpan<byte> octets, out TlvHeader header, out string? defect)
    {
        // one octet each: nearly all values
        if (octets.Length >= 2 && octets[0] != 0 && (octets[0] & 0x1F) != 0x1F && octets[1] < 0x80 && octets[1] <= octets.Length - 2)
        {
            header = new TlvHeader(new Asn1Tag((TagClass)(octets[0] & 0xC0), octets[0] & 0x1F, (octets[0] & 0x20) != 0), 2, octets[1]);
            defect = null;
            return true;
        }
        header = default;
        if (!Asn1Tag.TryDecode(octets, out Asn1Tag tag, out int offset))
        {
            defect = octets.IsEmpty ? "a value is missing" : "octets that are no tag";
            return false;
        }
        if (tag == EndOfContents)
        {
            defect = "an end of contents where a value should be";
            return false;
        }
        if (!TryReadLength(octets, ref offset, out int length, out _, out defect))
            return false;
        header = new TlvHeader(tag, offset, length);
        return true;
    }

    /// <summary>Reads a length (X.690 8.1.3, without the indefinite form), and refuses what reaches beyond the octets at hand before anybody uses it.</summary>
    /// <param name="octets">The octets at hand, the tag first.</param>
    /// <param name="offset">Where the length begins; where the content begins afterwards.</param>
    /// <param name="length">How many octets the content has.</param>
    /// <param name="isLong">Whether the length has more octets than it needs.</param>
    /// <param name="defect">What is wrong; <see langword="null"/> where nothing is.</param>
    /// <returns>Whether the value is there whole.</returns>
    internal static bool TryReadLength(ReadOnlySpan<byte> octets, ref int offset, out int length, out bool isLong, out string? defect)
    {
        length = 0;
        isLong = false;
        if (offset >= octets.Length)
            return Fail("a tag without a length", out defect);
        long content = octets[offset];
        if (content >= 0x80)
        {
            int count = octets[offset] & 0x7F;
            if (count == 0)
                return Fail("an indefinite length", out defect);
            if (count > 4)
                return Fail($"a length of {count} octets", out defect);
            if (count >= octets.Length - offset)
                return Fail("a length that is cut off", out defect);
            content = 0;
            for (int i = 1; i <= count; i++)
                content = (content << 8) | octets[offset + i];
            isLong = content < 0x80 || octets[offset + 1] == 0;
            offset += count;
        }
        offset++;
        if (content > octets.Length - offset)
            return Fail($"a value of {content} octets where {octets.Length - offset} are left", out defect);
        length = (int)content;
        defect = null;
        return true;
    }

    private static bool Fail(string what, out string? defect)
    {
        defect = what;
        return false;
    }
}
