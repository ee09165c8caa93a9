using System;
using System.Globalization;
using System.Text;
using Cmp.Cryptography.BackEnds;

namespace Cmp.Cryptography;

/// <summary>The key of a PasswordBasedMac.</summary>
public static class PasswordBasedMacKey
{
    /// <summary>Derives BASEKEY: the digest of secret and salt, then of the digest, <paramref name="iterations"/> applications in all (RFC 4211 4.4).</summary>
    /// <param name="secret">The shared secret.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="owfOid">The digest.</param>
    /// <param name="iterations">How often it is applied, at least 1. The caller has held it and the salt against <see cref="CmpLimits"/> (rule 18).</param>
    /// <returns>The key, as long as the digest; the caller clears it.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>.</exception>
    public static byte[] Derive(ReadOnlySpan<byte> secret, ReadOnlyMemory<byte> salt, string owfOid, int iterations)
    {
        if (iterations < 1)
            throw new ArgumentOutOfRangeException(nameof(iterations));
        ICryptoBackEnd backEnd = BackEnd.For(CryptoOperation.IteratedDigest, owfOid);
        var first = new byte[secret.Length + salt.Length];
        try
        {
            secret.CopyTo(first);
            salt.Span.CopyTo(first.AsSpan(secret.Length));
            var key = new byte[Digests.Length(owfOid)];
            backEnd.IterateDigest(owfOid, first, iterations, key);
            return key;
        }
        finally
        {
            Secrets.Clear(first);
        }
    }

    /// <summary>
    /// Makes BASEKEY as long as a MAC needs it that takes keys of one size only: cut, or followed by the digests of "1" and BASEKEY, "2" and
    /// BASEKEY, and so on, the numbers in ASCII (RFC 9810 5.1.3.1). HMAC takes BASEKEY as it is.
    /// </summary>
    /// <param name="baseKey">BASEKEY; it is cleared.</param>
    /// <param name="owfOid">The digest.</param>
    /// <param name="length">Octets of the key.</param>
    /// <returns>The key; the caller clears it.</returns>
    public static byte[] Fit(byte[] baseKey, string owfOid, int length)
    {
        var key = new byte[length];
        byte[] part = (byte[])baseKey.Clone();
        for (int filled = 0, number = 1; filled < length; number++)
        {
            int take = Math.Min(part.Length, length - filled);
            Array.Copy(part, 0, key, filled, take);
            filled += take;
            Secrets.Clear(part);
            byte[] numbered = [.. Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)), .. baseKey];
            part = Digests.Compute(owfOid, numbered);
            Secrets.Clear(numbered);
        }
        Secrets.Clear(part);
        Secrets.Clear(baseKey);
        return key;
    }
}
