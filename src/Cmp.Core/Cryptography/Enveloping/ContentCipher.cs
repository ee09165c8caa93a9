using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>The cipher of a content, with its initialization vector, as it stands in messages (RFC 3565 4.1, RFC 3370 5.1).</summary>
internal static class ContentCipher
{
    /// <summary>Reads one.</summary>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>: another cipher; <c>CmpMessage.Malformed</c>: no initialization vector.</exception>
    internal static (CbcCipher Cipher, byte[] Iv) Read(AlgorithmIdentifier algorithm)
    {
        CbcCipher cipher = CbcCipher.Find(algorithm.Oid) ?? throw EnvelopeErrors.Algorithm($"it is encrypted by {Oids.NameOf(algorithm.Oid)}.");
        return (cipher, Asn1Reader.Decode(algorithm.Parameters ?? default, null, (ref Asn1Reader reader) =>
        {
            byte[] iv = reader.ReadOctetString().ToArray();
            return iv.Length == cipher.BlockBytes ? iv : throw reader.Malformed($"an initialization vector of {iv.Length} octets");
        }));
    }

    internal static AlgorithmIdentifier Write(CbcCipher cipher, byte[] iv)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(iv);
        return new AlgorithmIdentifier(cipher.Oid, writer.Encode());
    }

    /// <summary>Decrypts a content whose key was opened or, so that it takes as long, was not.</summary>
    /// <param name="cipher">The cipher.</param>
    /// <param name="iv">Its initialization vector.</param>
    /// <param name="key">The key, which is cleared here; <see langword="null"/>: it was not opened.</param>
    /// <param name="ciphertext">The content.</param>
    /// <returns>The content, which the caller clears.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.NotOpened</c>.</exception>
    internal static byte[] Open(CbcCipher cipher, byte[] iv, byte[]? key, ReadOnlyMemory<byte> ciphertext)
    {
        byte[] used = key ?? Secrets.Random(cipher.KeyBytes);
        byte[]? content = null;
        try
        {
            content = cipher.Decrypt(used, iv, ciphertext);
        }
        catch (System.Security.Cryptography.CryptographicException)
        {
            // a key that the cipher calls weak
        }
        finally
        {
            Secrets.Clear(used);
        }
        if (key is not null && content is not null)
            return content;
        Secrets.Clear(content);
        throw EnvelopeErrors.NotOpened();
    }
}
