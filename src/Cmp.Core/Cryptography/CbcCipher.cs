using System;
using System.Security.Cryptography;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;

namespace Cmp.Cryptography;

/// <summary>A block cipher in CBC mode, padded as CMS pads (RFC 5652 6.3).</summary>
/// <param name="Oid">Its name on the wire.</param>
/// <param name="KeyBytes">Octets of its key.</param>
/// <param name="BlockBytes">Octets of a block, and of the initialization vector.</param>
internal sealed record CbcCipher(string Oid, int KeyBytes, int BlockBytes)
{
    private static readonly CbcCipher[] All =
    [
        new(Oids.Aes128Cbc, 16, 16),
        new(Oids.Aes192Cbc, 24, 16),
        new(Oids.Aes256Cbc, 32, 16),
        new(Oids.DesEde3Cbc, 24, 8),
    ];

    internal static CbcCipher? Find(string oid) => Array.Find(All, cipher => cipher.Oid == oid);

    internal byte[] Encrypt(byte[] key, byte[] iv, ReadOnlyMemory<byte> plaintext)
    {
        int padding = BlockBytes - plaintext.Length % BlockBytes;
        var padded = new byte[plaintext.Length + padding];
        plaintext.Span.CopyTo(padded);
        padded.AsSpan(plaintext.Length).Fill((byte)padding);
        try
        {
            using SymmetricAlgorithm cipher = Open(key, iv);
            using ICryptoTransform transform = cipher.CreateEncryptor();
            return transform.TransformFinalBlock(padded, 0, padded.Length);
        }
        finally
        {
            Secrets.Clear(padded);
        }
    }

    /// <summary>Decrypts; the padding is looked at without telling in time what it was.</summary>
    /// <returns>The plaintext, which the caller clears; <see langword="null"/> where the padding is none.</returns>
    internal byte[]? Decrypt(byte[] key, byte[] iv, ReadOnlyMemory<byte> ciphertext)
    {
        if (ciphertext.IsEmpty || ciphertext.Length % BlockBytes != 0)
            return null;
        using SymmetricAlgorithm cipher = Open(key, iv);
        using ICryptoTransform transform = cipher.CreateDecryptor();
        ArraySegment<byte> segment = ciphertext.AsSegment();
        byte[] padded = transform.TransformFinalBlock(segment.Array!, segment.Offset, segment.Count);
        int last = padded[padded.Length - 1];
        // -1 where it is zero or longer than a block
        int wrong = (last - 1 >> 31) | (BlockBytes - last >> 31);
        for (int i = 1; i <= BlockBytes; i++)
            wrong |= (padded[padded.Length - i] ^ last) & (i - last - 1 >> 31);
        // copied whether right or wrong
        byte[] plaintext = padded.AsSpan(0, padded.Length - Math.Min(last, BlockBytes)).ToArray();
        Secrets.Clear(padded);
        if (wrong == 0)
            return plaintext;
        Secrets.Clear(plaintext);
        return null;
    }

    private SymmetricAlgorithm Open(byte[] key, byte[] iv)
    {
        SymmetricAlgorithm cipher = Oid == Oids.DesEde3Cbc ? TripleDES.Create() : Aes.Create();
        cipher.Mode = CipherMode.CBC;
        cipher.Padding = PaddingMode.None;
        cipher.Key = key;
        cipher.IV = iv;
        return cipher;
    }
}
