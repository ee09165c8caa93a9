using System;

namespace Cmp.Messages.Asn1;

/// <summary>
/// Puts tag and length before octets that stay as they are, where a writer would look into them or copy them twice; and looks at values of one tag octet
/// where a reader would cost more than what is asked.
/// </summary>
internal static class Tlv
{
    /// <summary>One value with the shortest length.</summary>
    /// <param name="tag">The tag octet.</param>
    /// <param name="content">The content.</param>
    /// <param name="more">What follows in the content.</param>
    /// <returns>Tag, length and content.</returns>
    internal static byte[] Of(byte tag, ReadOnlySpan<byte> content, ReadOnlySpan<byte> more = default)
    {
        int length = content.Length + more.Length;
        int lengthOctets = length switch
        {
            < 0x80 => 0,
            < 0x100 => 1,
            < 0x10000 => 2,
            < 0x1000000 => 3,
            _ => 4,
        };
        var value = new byte[2 + lengthOctets + length];
        value[0] = tag;
        value[1] = (byte)(lengthOctets == 0 ? length : 0x80 | lengthOctets);
        for (int i = 0; i < lengthOctets; i++)
            value[2 + i] = (byte)(length >> (8 * (lengthOctets - 1 - i)));
        content.CopyTo(value.AsSpan(2 + lengthOctets));
        more.CopyTo(value.AsSpan(2 + lengthOctets + content.Length));
        return value;
    }

    /// <summary>Measures the value at the beginning of octets.</summary>
    /// <param name="octets">They may end anywhere.</param>
    /// <param name="header">Octets of tag and length.</param>
    /// <param name="length">Octets of the content.</param>
    /// <returns>False where there is no whole value with a tag of one octet and a definite length.</returns>
    internal static bool TryMeasure(ReadOnlySpan<byte> octets, out int header, out int length)
    {
        header = 2;
        length = 0;
        if (octets.Length < 2 || (octets[0] & 0x1F) == 0x1F)
            return false;
        length = octets[1];
        if (length >= 0x80)
        {
            int count = length & 0x7F;
            if (count is 0 or > 4 || octets.Length < 2 + count)
                return false;
            long longLength = 0;
            for (int i = 0; i < count; i++)
                longLength = (longLength << 8) | octets[2 + i];
            if (longLength > int.MaxValue)
                return false;
            header += count;
            length = (int)longLength;
        }
        return length <= octets.Length - header;
    }

    /// <summary>Takes the value at the beginning of octets off them.</summary>
    /// <param name="octets">They; afterwards what follows the value.</param>
    /// <param name="value">The value whole.</param>
    /// <returns>False as for <see cref="TryMeasure"/>.</returns>
    internal static bool TryTake(scoped ref ReadOnlySpan<byte> octets, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryMeasure(octets, out int header, out int length))
            return false;
        value = octets.Slice(0, header + length);
        octets = octets.Slice(header + length);
        return true;
    }

    /// <summary>The content of a value.</summary>
    /// <param name="value">The value whole.</param>
    /// <param name="tag">The tag octet that it must have.</param>
    /// <param name="content">The octets within.</param>
    /// <returns>False where it is none with this tag.</returns>
    internal static bool TryEnter(ReadOnlySpan<byte> value, byte tag, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (!TryMeasure(value, out int header, out int length) || value[0] != tag)
            return false;
        content = value.Slice(header, length);
        return true;
    }
}
