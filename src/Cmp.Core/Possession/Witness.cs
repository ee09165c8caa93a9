using System;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;

namespace Cmp.Possession;

/// <summary>The digest of a number that a challenge hides.</summary>
/// <remarks>
/// RFC 9810 5.2.8.3.3 and appendix F do not say which octets of the number are hashed. Ours are those of the content of the INTEGER; others hash the number without a
/// sign, or four octets.
/// </remarks>
public static class Witness
{
    /// <summary>Computes it.</summary>
    /// <param name="digest">By which digest, dotted decimal.</param>
    /// <param name="number">Of which number.</param>
    /// <returns>The digest of the content octets of the INTEGER.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static byte[] Of(string digest, BigInteger number) => Digests.Compute(digest, ContentOf(number));

    /// <summary>Whether a digest is that of a number, in any of the ways that are known.</summary>
    /// <param name="witness">The digest.</param>
    /// <param name="digest">By which digest, dotted decimal.</param>
    /// <param name="number">The number.</param>
    /// <returns>True where it is.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static bool Fits(ReadOnlyMemory<byte> witness, string digest, BigInteger number)
    {
        byte[] content = ContentOf(number);
        byte[] magnitude = [.. content.SkipWhile(octet => octet == 0)];
        byte[] fixedWidth = [.. Enumerable.Repeat((byte)0, Math.Max(0, 4 - magnitude.Length)), .. magnitude];
        return Is(content) || Is(magnitude) || Is(fixedWidth);

        bool Is(byte[] octets) => Secrets.FixedTimeEquals(Digests.Compute(digest, octets), witness.Span);
    }

    private static byte[] ContentOf(BigInteger number)
    {
        byte[] content = number.ToByteArray();
        Array.Reverse(content);
        return content;
    }
}
