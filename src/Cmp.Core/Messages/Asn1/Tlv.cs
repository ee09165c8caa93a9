using System;

namespace Cmp.Messages.Asn1;

/// <summary>Puts tag and length before octets that stay as they are, where a writer would look into them or copy them twice.</summary>
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
}
