using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>The form before pvno 3, for servers that know no other: a symmetric key encrypted by RSA, and under it the value (RFC 4211 6.4).</summary>
public static class EncryptedValues
{
    /// <summary>Encrypts.</summary>
    /// <param name="content">What; the caller clears it.</param>
    /// <param name="key">The RSA key of who is to open it.</param>
    /// <param name="contentEncryption">The cipher, an OID: AES in CBC mode, or DES-EDE3 in CBC mode.</param>
    /// <returns>The value, with the symmetric key by PKCS #1 v1.5.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>: another cipher; <c>CmpEnvelope.Recipient</c>: the key is not RSA's.</exception>
    public static EncryptedValue Seal(ReadOnlyMemory<byte> content, SubjectPublicKeyInfo key, string contentEncryption = Oids.Aes256Cbc)
    {
        CbcCipher cipher = CbcCipher.Find(contentEncryption) ?? throw EnvelopeErrors.Algorithm($"nothing is encrypted by {Oids.NameOf(contentEncryption)}.");
        if (key.Algorithm.Oid != Oids.RsaEncryption)
            throw EnvelopeErrors.Recipient($"in the old form only RSA keys take keys in, none of {Oids.NameOf(key.Algorithm.Oid)}.");
        byte[] symmetric = Secrets.Random(cipher.KeyBytes), iv = Secrets.Random(cipher.BlockBytes);
        try
        {
            return new EncryptedValue(cipher.Encrypt(symmetric, iv, content))
            {
                SymmAlg = ContentCipher.Write(cipher, iv),
                EncSymmKey = RsaEncryption.Pkcs1.Encrypt(key, symmetric),
                KeyAlg = RsaEncryption.Pkcs1.ToIdentifier(),
            };
        }
        finally
        {
            Secrets.Clear(symmetric);
        }
    }

    /// <summary>Decrypts.</summary>
    /// <param name="value">The value.</param>
    /// <param name="key">The RSA key that it was encrypted for.</param>
    /// <param name="limits">The bounds that hold.</param>
    /// <returns>The octets, as id-data, to be disposed of. A value that was made for another key opens once in 256 to octets without meaning: <see cref="OpenedEnvelope.Read{T}"/>.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.NotOpened</c>, <c>CmpEnvelope.Algorithm</c>, <c>CmpMessage.Malformed</c>, <c>CmpKey.…</c>, as of <see cref="Envelope"/>.</exception>
    public static OpenedEnvelope Open(EncryptedValue value, PrivateKey key, CmpLimits limits)
    {
        if (value.SymmAlg is not { } symmetric || value.EncSymmKey is not { } encrypted)
            throw EnvelopeErrors.Algorithm("a value in the old form does not say its cipher, or has no key.");
        (CbcCipher cipher, byte[] iv) = ContentCipher.Read(symmetric);
        // some leave out what is always the same
        RsaEncryption encryption = value.KeyAlg is { } algorithm ? TransportRecipient.ReadEncryption(algorithm) : RsaEncryption.Pkcs1;
        if (key.Algorithm.Family != KeyFamily.Rsa || value.EncValue.Length > limits.MaxResponseBytes)
            throw EnvelopeErrors.NotOpened();
        return new OpenedEnvelope(Oids.Data, ContentCipher.Open(cipher, iv, TransportRecipient.Open(encryption, encrypted, key, cipher), value.EncValue));
    }
}
