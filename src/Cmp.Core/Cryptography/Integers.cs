using System;

namespace Cmp.Cryptography;

/// <summary>Unsigned big-endian numbers, as ASN.1 and cryptographic libraries exchange them: one cuts leading zeros, the others want them.</summary>
internal static class Integers
{
    /// <summary>The number without leading zeros; one octet remains of zero.</summary>
    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> number)
    {
        while (number.Length > 1 && number[0] == 0)
            number = number.Slice(1);
        return number;
    }

    /// <summary>The number with leading zeros up to a length.</summary>
    /// <returns>A new array, or <see langword="null"/> where the number is longer.</returns>
    internal static byte[]? Pad(ReadOnlySpan<byte> number, int length)
    {
        number = Trim(number);
        if (number.Length > length)
            return null;
        var padded = new byte[length];
        number.CopyTo(padded.AsSpan(length - number.Length));
        return padded;
    }
}
