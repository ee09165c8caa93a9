using System;
using System.Buffers.Binary;
using System.Globalization;

namespace Cmp.Framing;

/// <summary>
/// What every road carries in the end: the DER of exactly one PKIMessage (RFC 9811 3.1, RFC 9483 6.4.1, RFC 9482 2.2). Seen from
/// here that is one SEQUENCE of definite length with nothing behind it (rule 56); what stands in it is the decoder's.
/// </summary>
public static class MessageOctets
{
    private const byte Sequence = 0x30;
    private const int ShownOctets = 64;

    /// <summary>Reads the length of a whole message from its first octets.</summary>
    /// <param name="start">What has arrived so far.</param>
    /// <param name="maxBytes">The most octets that are borne.</param>
    /// <returns>The octets of the message, its outer tag and length included; 0 while too few have arrived to tell.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: no SEQUENCE, an indefinite length, one of more than four octets;
    /// <c>CmpMessage.TooLarge</c>: more than <paramref name="maxBytes"/>.</exception>
    public static int ReadLength(ReadOnlySpan<byte> start, int maxBytes)
    {
        if (start.IsEmpty)
            return 0;
        if (start[0] != Sequence)
            throw Malformed("What came is no CMP message: it begins with octet 0x" + start[0].ToString("X2", CultureInfo.InvariantCulture) + ", not with a SEQUENCE.", start);
        if (start.Length < 2)
            return 0;
        int lengthOctets = start[1] & 0x7F;
        if (start[1] < 0x80)
            return Bounded(2L + lengthOctets, maxBytes, start);
        if (lengthOctets == 0)
            throw Malformed("The message has an indefinite length, which DER does not know.", start);
        if (lengthOctets > 4)
            throw Malformed("The message claims a length of " + lengthOctets.ToString(CultureInfo.InvariantCulture) + " octets of digits; none is that long.", start);
        if (start.Length < 2 + lengthOctets)
            return 0;
        Span<byte> digits = stackalloc byte[4];
        digits.Clear();
        start.Slice(2, lengthOctets).CopyTo(digits.Slice(4 - lengthOctets));
        return Bounded(2L + lengthOctets + BinaryPrimitives.ReadUInt32BigEndian(digits), maxBytes, start);
    }

    /// <summary>Makes sure that octets are one whole message and nothing else.</summary>
    /// <param name="octets">The octets; none at all are no message.</param>
    /// <param name="maxBytes">The most octets that are borne.</param>
    /// <exception cref="CmpException">As for <see cref="ReadLength"/>; also <c>CmpMessage.Malformed</c> where octets are missing or left over.</exception>
    public static void Verify(ReadOnlySpan<byte> octets, int maxBytes)
    {
        int length = ReadLength(octets, maxBytes);
        if (length == 0)
            throw Truncated(octets);
        if (length != octets.Length)
            throw LengthMismatch(length, octets.Length, octets);
    }

    /// <summary>The error for octets that are not as many as the outer length says.</summary>
    /// <param name="length">What the message says.</param>
    /// <param name="actual">What there is, or what the road says there is.</param>
    /// <param name="start">The first octets.</param>
    /// <returns><c>CmpMessage.Malformed</c>.</returns>
    internal static CmpException LengthMismatch(long length, long actual, ReadOnlySpan<byte> start) => Malformed(
        (actual > length ? "Octets follow the message: it has " : "The message is cut off: it has ")
        + length.ToString(CultureInfo.InvariantCulture) + " octets, and there are " + actual.ToString(CultureInfo.InvariantCulture) + ".", start);

    /// <summary>The error for octets that end before they say how many they are.</summary>
    /// <param name="octets">All that came.</param>
    /// <returns><c>CmpMessage.Malformed</c>.</returns>
    internal static CmpException Truncated(ReadOnlySpan<byte> octets) =>
        Malformed("The message is cut off after " + octets.Length.ToString(CultureInfo.InvariantCulture) + " octets.", octets);

    /// <summary>The error for a message that is longer than is borne.</summary>
    /// <param name="length">How long it is or says to be.</param>
    /// <param name="maxBytes">The most octets that are borne.</param>
    /// <param name="start">The first octets; may be empty.</param>
    /// <returns><c>CmpMessage.TooLarge</c>.</returns>
    internal static CmpException TooLarge(long length, int maxBytes, ReadOnlySpan<byte> start) => new(CmpErrorKind.Malformed, "CmpMessage.TooLarge",
        "The message says to be " + length.ToString(CultureInfo.InvariantCulture) + " octets long; " + maxBytes.ToString(CultureInfo.InvariantCulture) + " are allowed.")
    {
        RecommendedAction = "Where the server is right to answer so much, raise MaxResponseBytes.",
        Octets = Shown(start),
    };

    private static int Bounded(long length, int maxBytes, ReadOnlySpan<byte> start) =>
        length <= maxBytes ? (int)length : throw TooLarge(length, maxBytes, start);

    private static CmpException Malformed(string message, ReadOnlySpan<byte> start) =>
        new(CmpErrorKind.Malformed, "CmpMessage.Malformed", message) { Octets = Shown(start) };

    private static byte[] Shown(ReadOnlySpan<byte> start) => start.Slice(0, Math.Min(start.Length, ShownOctets)).ToArray();
}
