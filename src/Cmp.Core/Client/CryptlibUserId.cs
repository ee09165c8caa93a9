using System;

namespace Cmp.Client;

/// <summary>
/// User IDs and passwords as cryptlib hands them out: three or four groups of five letters and digits, as in XXXXX-XXXXX-XXXXX. Each sign holds five bits;
/// the first octet of them is a checksum, the rest is what counts: 9 octets of three groups, 12 of four.
/// </summary>
/// <remarks>The signs are A to Z and 2 to 9 without I and O; the checksum is the low octet of one and the sum of the octets.</remarks>
public static class CryptlibUserId
{
    private const int GroupLength = 5;
    private const int BitsPerSign = 5;
    private const string Signs = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

    /// <summary>Decodes a user ID or a password.</summary>
    /// <param name="text">Its signs, in ASCII; small letters are as good as capital ones.</param>
    /// <param name="what">What it is, for the error.</param>
    /// <returns>The octets, which the caller clears where they are secret; <see langword="null"/> where the text has another form and stands for itself.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.UserId</c>: it has the form, but a sign that there is not, or the checksum is wrong.</exception>
    public static byte[]? Decode(ReadOnlySpan<byte> text, string what)
    {
        if (!HasForm(text))
            return null;
        var octets = new byte[text.Length];
        int bits = 0;
        foreach (byte letter in text)
        {
            if (letter == '-')
                continue;
            int value = Signs.IndexOf(char.ToUpperInvariant((char)letter));
            if (value < 0)
            {
                Cryptography.Secrets.Clear(octets);
                throw Mistyped(what);
            }
            // the five bits stand in the upper end of 13, so that they fall into one octet or two
            int spread = value << (8 + 3 - (bits % 8));
            octets[bits / 8] |= (byte)(spread >> 8);
            octets[(bits / 8) + 1] |= (byte)spread;
            bits += BitsPerSign;
        }
        byte[] decoded = octets.AsSpan(1, (bits + 7) / 8 - 1).ToArray();
        byte checksum = 1;
        foreach (byte octet in decoded)
            checksum += octet;
        bool isRight = checksum == octets[0];
        Cryptography.Secrets.Clear(octets);
        if (isRight)
            return decoded;
        Cryptography.Secrets.Clear(decoded);
        throw Mistyped(what);
    }

    private static bool HasForm(ReadOnlySpan<byte> text)
    {
        if ((text.Length + 1) % (GroupLength + 1) != 0 || (text.Length + 1) / (GroupLength + 1) is not (3 or 4))
            return false;
        for (int i = 0; i < text.Length; i++)
        {
            bool isBetween = i % (GroupLength + 1) == GroupLength;
            if (isBetween ? text[i] != '-' : text[i] is not (>= (byte)'A' and <= (byte)'Z' or >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9'))
                return false;
        }
        return true;
    }

    private static CmpException Mistyped(string what) =>
        new(CmpErrorKind.Argument, "CmpArgument.UserId", $"The {what} has the form of cryptlib's user IDs, but is none: a sign of it is mistyped.")
        {
            RecommendedAction = "Compare it with what the CA handed out; there is no I, O, 0 or 1 in it.",
        };
}
