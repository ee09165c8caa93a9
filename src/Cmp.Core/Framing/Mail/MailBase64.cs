using System;

namespace Cmp.Framing;

/// <summary>Base64 as mail has it (RFC 2045 6.8), read strictly: in lines of any length, with blanks, but with nothing else that is not of its alphabet, and with its padding.</summary>
internal static class MailBase64
{
    /// <summary>What it was read to.</summary>
    /// <param name="Octets">The octets of all whole groups.</param>
    /// <param name="IsPadded">Whether padding said that this is the end.</param>
    /// <param name="Left">Characters of a group that is not whole, 0 to 3.</param>
    internal readonly record struct Decoded(ReadOnlyMemory<byte> Octets, bool IsPadded, int Left);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text, or its beginning.</param>
    /// <returns>What it was read to.</returns>
    /// <exception cref="CmpException"><c>CmpMail.Malformed</c>: a character that does not belong there.</exception>
    internal static Decoded Decode(ReadOnlySpan<byte> text)
    {
        var octets = new byte[(text.Length / 4 * 3) + 3];
        int length = 0, group = 0, count = 0, padding = 0;
        for (int i = 0; i < text.Length; i++)
        {
            byte c = text[i];
            if (c is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                continue;
            if (c == '=' && padding < 2 && count + padding is 2 or 3)
            {
                padding++;
                continue;
            }
            int value = ValueOf(c);
            if (value < 0 || padding > 0)
            {
                throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Malformed", $"The base64 of the mail holds '{PeerText.Escape(((char)c).ToString())}' at position {i}, where it does not belong.")
                {
                    Octets = text.Slice(0, Math.Min(text.Length, 64)).ToArray(),
                };
            }
            group = (group << 6) | value;
            if (++count < 4)
                continue;
            octets[length++] = (byte)(group >> 16);
            octets[length++] = (byte)(group >> 8);
            octets[length++] = (byte)group;
            (group, count) = (0, 0);
        }
        bool isPadded = padding > 0 && count + padding == 4;
        if (isPadded)
        {
            group <<= 6 * padding;
            octets[length++] = (byte)(group >> 16);
            if (padding == 1)
                octets[length++] = (byte)(group >> 8);
        }
        return new Decoded(octets.AsMemory(0, length), isPadded, isPadded ? 0 : count);
    }

    private static int ValueOf(byte c) => c switch
    {
        >= (byte)'A' and <= (byte)'Z' => c - 'A',
        >= (byte)'a' and <= (byte)'z' => c - 'a' + 26,
        >= (byte)'0' and <= (byte)'9' => c - '0' + 52,
        (byte)'+' => 62,
        (byte)'/' => 63,
        _ => -1,
    };
}
