using System;
using System.Globalization;

namespace Cmp.Framing;

/// <summary>The value of Block1 and Block2: which block of a body a message carries or asks for (RFC 7959 2.2).</summary>
/// <param name="Number">NUM: the number of the block, from 0, less than 2^20.</param>
/// <param name="HasMore">M: whether others follow it.</param>
/// <param name="Exponent">SZX: 0 to 6 for blocks of 16 to 1024 octets.</param>
public readonly record struct CoapBlock(int Number, bool HasMore, int Exponent)
{
    /// <summary>The greatest number that a block can have.</summary>
    public const int MaxNumber = (1 << 20) - 1;

    /// <summary>The exponent of the largest blocks, 1024 octets.</summary>
    public const int MaxExponent = 6;

    /// <summary>The octets of each block but the last.</summary>
    public int Size => 1 << (Exponent + 4);

    /// <summary>Where the block begins in its body.</summary>
    public long Offset => (long)Number << (Exponent + 4);

    /// <summary>Reads a value.</summary>
    /// <param name="option">A Block1 or Block2 option.</param>
    /// <returns>The block; <see langword="null"/> where it has more than three octets, or the reserved exponent 7.</returns>
    public static CoapBlock? Read(CoapOption option)
    {
        if (option.Value.Length > 3)
            return null;
        uint value = option.ToNumber()!.Value;
        return (value & 7) > MaxExponent ? null : new CoapBlock((int)(value >> 4), (value & 8) != 0, (int)(value & 7));
    }

    /// <summary>The exponent of the largest blocks that are no larger than a size.</summary>
    /// <param name="size">Octets, 16 or more.</param>
    /// <returns>0 to 6.</returns>
    public static int ExponentOf(int size)
    {
        int exponent = MaxExponent;
        while (exponent > 0 && 1 << (exponent + 4) > size)
            exponent--;
        return exponent;
    }

    /// <summary>The option with this value.</summary>
    /// <param name="number"><see cref="CoapOptionNumber.Block1"/> or <see cref="CoapOptionNumber.Block2"/>.</param>
    /// <returns>The option.</returns>
    /// <exception cref="ArgumentOutOfRangeException">No block has that number or size.</exception>
    public CoapOption ToOption(int number)
    {
        if (Number is < 0 or > MaxNumber || Exponent is < 0 or > MaxExponent)
            throw new ArgumentOutOfRangeException(nameof(number), ToString());
        return CoapOption.Of(number, ((uint)Number << 4) | (HasMore ? 8u : 0u) | (uint)Exponent);
    }

    /// <summary>Number, whether there is more, and size, as RFC 7959 writes it.</summary>
    /// <returns>As in <c>0/1/1024</c>.</returns>
    public override string ToString() =>
        Number.ToString(CultureInfo.InvariantCulture) + (HasMore ? "/1/" : "/0/") + Size.ToString(CultureInfo.InvariantCulture);
}
