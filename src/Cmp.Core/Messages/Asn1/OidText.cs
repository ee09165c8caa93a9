using System;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Cmp.Messages.Asn1;

/// <summary>Object identifiers as text, from octets of anybody.</summary>
internal static class OidText
{
    /// <summary>More octets than any identifier that is in use has; the decoder takes no more either.</summary>
    private const int MaxOctets = 64;

    /// <summary>The dots of an identifier.</summary>
    /// <param name="content">The content octets.</param>
    /// <returns>Dotted decimal; <see langword="null"/> where they are none.</returns>
    internal static string? Of(ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty || content.Length > MaxOctets || content[content.Length - 1] >= 0x80)
            return null;
        var text = new StringBuilder(content.Length * 3);
        BigInteger arc = BigInteger.Zero;
        bool isFirst = true, isBeginning = true;
        foreach (byte octet in content)
        {
            if (isBeginning && octet == 0x80)
                return null; // X.690 8.19.2: no leading zeros
            arc = (arc << 7) | (octet & 0x7F);
            isBeginning = octet < 0x80;
            if (!isBeginning)
                continue;
            if (isFirst)
            {
                int root = arc < 40 ? 0 : arc < 80 ? 1 : 2;
                text.Append(root);
                arc -= 40 * root;
            }
            text.Append('.').Append(arc.ToString(CultureInfo.InvariantCulture));
            arc = BigInteger.Zero;
            isFirst = false;
        }
        return text.ToString();
    }
}
