using System;
using System.Globalization;

namespace Cmp.Messages.Asn1;

/// <summary>Octets as hexadecimal digits: the form in which names and serial numbers of peers may enter file names and texts (rule 71).</summary>
public static class Hex
{
    /// <summary>Two upper-case digits an octet.</summary>
    /// <param name="octets">The octets.</param>
    /// <returns>The digits.</returns>
    public static string Of(ReadOnlySpan<byte> octets)
    {
        const string Digits = "0123456789ABCDEF";
        var text = new char[octets.Length * 2];
        for (int i = 0; i < octets.Length; i++)
        {
            text[2 * i] = Digits[octets[i] >> 4];
            text[2 * i + 1] = Digits[octets[i] & 15];
        }
        return new string(text);
    }

    /// <summary>Reads digits; blanks, colons and hyphens between them do not count.</summary>
    /// <param name="text">The digits.</param>
    /// <returns>The octets.</returns>
    /// <exception cref="FormatException">The text holds something else, or half an octet.</exception>
    public static byte[] Parse(string text)
    {
        string digits = text.Replace(" ", string.Empty).Replace(":", string.Empty).Replace("-", string.Empty);
        if (digits.Length % 2 != 0)
            throw new FormatException("An odd number of hexadecimal digits.");
        var octets = new byte[digits.Length / 2];
        for (int i = 0; i < octets.Length; i++)
            octets[i] = byte.Parse(digits.Substring(2 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return octets;
    }
}
