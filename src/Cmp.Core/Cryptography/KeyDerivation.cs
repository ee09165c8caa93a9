using System;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Makes a key of a secret that two parties agreed on: HKDF (RFC 5869), KDF2 and KDF3 (ANSI X9.44), as RFC 9629 5 and RFC 9690 name them.</summary>
public static class KeyDerivation
{
    /// <summary>Octets that may be derived, whatever a peer asks for.</summary>
    public const int MaxLength = 1024;

    /// <summary>Derives a key.</summary>
    /// <param name="kdf">HKDF without parameters, or KDF2 or KDF3 with their digest.</param>
    /// <param name="secret">The secret.</param>
    /// <param name="length">Octets of the key, from 1 to <see cref="MaxLength"/>.</param>
    /// <param name="info">What the key is bound to.</param>
    /// <returns>The key; the caller clears it.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: the function, its digest or the length are not supported. PBKDF2 is among
    /// them: it has no place for what the key is bound to; <c>CmpMessage.Malformed</c>: its parameters do not decode.</exception>
    public static byte[] Derive(AlgorithmIdentifier kdf, ReadOnlyMemory<byte> secret, int length, ReadOnlyMemory<byte> info)
    {
        if (length is < 1 or > MaxLength)
            throw Digests.Unsupported($"A key of {length} octets is not derived: the bounds are 1 and {MaxLength}.");
        switch (kdf.Oid)
        {
            case Oids.HkdfWithSha256 or Oids.HkdfWithSha384 or Oids.HkdfWithSha512 when kdf.Parameters is not null:
                throw Digests.Unsupported($"{Oids.NameOf(kdf.Oid)} comes with parameters (RFC 8619 2).");
            case Oids.HkdfWithSha256:
                return Hkdf(Oids.Sha256, secret, length, info, default);
            case Oids.HkdfWithSha384:
                return Hkdf(Oids.Sha384, secret, length, info, default);
            case Oids.HkdfWithSha512:
                return Hkdf(Oids.Sha512, secret, length, info, default);
            case Oids.Kdf2 or Oids.Kdf3:
                return Kdf(DigestOf(kdf), secret, length, info, counterFirst: kdf.Oid == Oids.Kdf3);
            default:
                throw Digests.Unsupported($"Keys are not derived by {Oids.NameOf(kdf.Oid)} here.");
        }
    }

    private static string DigestOf(AlgorithmIdentifier kdf)
    {
        AlgorithmIdentifier digest = Asn1Reader.Decode(kdf.Parameters ?? ReadOnlyMemory<byte>.Empty, null, AlgorithmIdentifier.Read);
        return digest.HasNoParameters && digest.Oid is Oids.Sha256 or Oids.Sha384 or Oids.Sha512
            ? digest.Oid
            : throw Digests.Unsupported($"{Oids.NameOf(kdf.Oid)} with {Oids.NameOf(digest.Oid)} is not supported.");
    }

    /// <summary>The function of ANSI X9.63, which is KDF2 with any digest (SEC 1 3.6.1, RFC 5753 7.1.4).</summary>
    internal static byte[] X963(string digest, ReadOnlyMemory<byte> secret, int length, ReadOnlyMemory<byte> info) => Kdf(digest, secret, length, info, counterFirst: false);

    /// <summary>HKDF; no salt stands for as many zeros as the digest is long (RFC 5869 2.2).</summary>
    internal static byte[] Hkdf(string digest, ReadOnlyMemory<byte> secret, int length, ReadOnlyMemory<byte> info, ReadOnlyMemory<byte> salt)
    {
        ICryptoBackEnd backEnd = BackEnd.For(CryptoOperation.Hmac, digest);
        int size = Digests.Length(digest);
        byte[] extracted = backEnd.Hmac(digest, salt.IsEmpty ? new byte[size] : salt, secret);
        return Blocks(size, length, (previous, counter) =>
        {
            // T(n) = HMAC(PRK, T(n-1) || info || n)
            var input = new byte[previous.Length + info.Length + 1];
            previous.CopyTo(input, 0);
            info.Span.CopyTo(input.AsSpan(previous.Length));
            input[input.Length - 1] = (byte)counter;
            byte[] block = backEnd.Hmac(digest, extracted, input);
            Secrets.Clear(input);
            return block;
        }, extracted);
    }

    /// <summary>KDF2 digests secret, counter and info, KDF3 counter, secret and info; the counter has 32 bits and begins at 1.</summary>
    private static byte[] Kdf(string digest, ReadOnlyMemory<byte> secret, int length, ReadOnlyMemory<byte> info, bool counterFirst)
    {
        var input = new byte[secret.Length + 4 + info.Length];
        int counterAt = counterFirst ? 0 : secret.Length;
        secret.Span.CopyTo(input.AsSpan(counterFirst ? 4 : 0));
        info.Span.CopyTo(input.AsSpan(4 + secret.Length));
        return Blocks(Digests.Length(digest), length, (_, counter) =>
        {
            input[counterAt + 2] = (byte)(counter >> 8);
            input[counterAt + 3] = (byte)counter;
            return Digests.Compute(digest, input);
        }, input);
    }

    /// <summary>Joins blocks of a size to a length, and clears all of them and what they were made of.</summary>
    private static byte[] Blocks(int size, int length, Func<byte[], int, byte[]> next, byte[] source)
    {
        var key = new byte[length];
        byte[] block = [];
        try
        {
            for (int at = 0, counter = 1; at < length; at += size, counter++)
            {
                byte[] made = next(block, counter);
                Secrets.Clear(block);
                block = made;
                block.AsSpan(0, Math.Min(size, length - at)).CopyTo(key.AsSpan(at));
            }
            return key;
        }
        finally
        {
            Secrets.Clear(block);
            Secrets.Clear(source);
        }
    }
}
