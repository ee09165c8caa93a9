using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Who has an RSA key: the key of the content is encrypted for it (RFC 5652 6.2.1).</summary>
internal sealed record TransportRecipient(SubjectPublicKeyInfo Key, RecipientIdentifier Rid) : EnvelopeRecipient
{
    internal override RecipientInfo Seal(byte[] contentKey, CbcCipher content, EnvelopeOptions options)
    {
        RsaEncryption encryption = options.Pkcs1 ? RsaEncryption.Pkcs1 : RsaEncryption.Oaep(options.Digest ?? Oids.Sha256);
        AlgorithmIdentifier algorithm = encryption.ToIdentifier();
        // the options may name any digest
        ReadEncryption(algorithm);
        return new KeyTransRecipientInfo(Rid, algorithm, encryption.Encrypt(Key, contentKey));
    }

    /// <summary>Opens the key of a content.</summary>
    /// <returns>The key, or <see langword="null"/>; by PKCS #1 v1.5 always one, which may be nobody's.</returns>
    internal static byte[]? Open(KeyTransRecipientInfo recipient, PrivateKey key, CbcCipher content)
    {
        RsaEncryption encryption = ReadEncryption(recipient.KeyEncryptionAlgorithm);
        return Open(encryption, recipient.EncryptedKey, key, content);
    }

    internal static byte[]? Open(RsaEncryption encryption, ReadOnlyMemory<byte> ciphertext, PrivateKey key, CbcCipher content)
    {
        if (!encryption.IsOaep)
            return key.DecryptKey(ciphertext, content.KeyBytes);
        key.EnsureDecrypts(encryption);
        byte[]? opened = key.TryDecrypt(encryption, ciphertext);
        if (opened?.Length == content.KeyBytes)
            return opened;
        Secrets.Clear(opened);
        return null;
    }

    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>; <c>CmpMessage.Malformed</c>.</exception>
    internal static RsaEncryption ReadEncryption(AlgorithmIdentifier algorithm)
    {
        try
        {
            return RsaEncryption.Of(algorithm);
        }
        catch (CmpException e) when (e.ErrorId == "CmpProtection.Algorithm")
        {
            throw EnvelopeErrors.Algorithm(e.Message, e);
        }
    }
}
