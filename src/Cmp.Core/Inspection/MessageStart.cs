using System;

namespace Cmp.Inspection;

/// <summary>
/// Whether octets are a PKIMessage at all, be it a broken one: a SEQUENCE, in it the header's, in that the version and, as nothing else has it there, the
/// sender's context tag.
/// </summary>
internal static class MessageStart
{
    private const byte Sequence = 0x30;
    private const byte Integer = 0x02;
    private const int MaxVersionOctets = 2;
    private const int ShownOctets = 64;

    /// <summary>Whether they begin like a message.</summary>
    internal static bool IsMessage(ReadOnlySpan<byte> octets)
    {
        if (!Enter(ref octets, Sequence, out _) || !Enter(ref octets, Sequence, out _) || !Enter(ref octets, Integer, out long version) || version is 0 or > MaxVersionOctets)
            return false;
        // cut off before the sender: nobody can tell
        if (octets.Length <= version)
            return true;
        return octets[(int)version] is >= 0x80 and < 0xC0;
    }

    /// <summary>The header's octets of a message, which need not be whole behind it.</summary>
    /// <returns>Nothing where the header is not whole.</returns>
    internal static ReadOnlyMemory<byte> HeaderOf(ReadOnlyMemory<byte> octets)
    {
        ReadOnlySpan<byte> rest = octets.Span;
        if (!Enter(ref rest, Sequence, out _))
            return default;
        int from = octets.Length - rest.Length;
        return Enter(ref rest, Sequence, out long length) && length <= rest.Length ? octets.Slice(from, octets.Length - rest.Length - from + (int)length) : default;
    }

    /// <summary>The error for octets that are none.</summary>
    /// <param name="octets">They.</param>
    /// <param name="why">What is known besides, one or more sentences, escaped.</param>
    internal static CmpException NotAMessage(ReadOnlyMemory<byte> octets, string? why = null) =>
        new(CmpErrorKind.Malformed, "CmpMessage.NotAMessage", (octets.IsEmpty ? "There are no octets, and so no CMP message." : $"The {octets.Length} octets are no CMP message: they do not begin like one.") + (why is null ? string.Empty : " " + why))
        {
            RecommendedAction = "Give a message as DER, PEM, base64 or hexadecimal, a mail or a frame that carries it, a folder of -TracePath, or a capture.",
            Octets = octets.Slice(0, Math.Min(octets.Length, ShownOctets)),
        };

    /// <summary>Passes tag and length; an indefinite length, which is none, is as long as there are octets.</summary>
    private static bool Enter(ref ReadOnlySpan<byte> octets, byte tag, out long length)
    {
        length = 0;
        if (octets.Length < 2 || octets[0] != tag)
            return false;
        int digits = octets[1] & 0x7F;
        if (octets[1] < 0x80)
        {
            length = digits;
            digits = 0;
        }
        else if (digits == 0)
        {
            length = octets.Length;
        }
        else if (digits > 4 || octets.Length < 2 + digits)
        {
            return false;
        }
        for (int i = 0; i < digits; i++)
            length = (length << 8) | octets[2 + i];
        octets = octets.Slice(2 + digits);
        return true;
    }
}
