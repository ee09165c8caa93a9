using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Who has a key of ML-KEM: a secret is encapsulated for it, and what is derived from that wraps the key of the content (RFC 9629).</summary>
internal sealed record KemRecipient(SubjectPublicKeyInfo Key, RecipientIdentifier Rid) : EnvelopeRecipient
{
    internal override RecipientInfo Seal(byte[] contentKey, CbcCipher content, EnvelopeOptions options)
    {
        var kdf = new AlgorithmIdentifier((options.Digest ?? Oids.Sha256) switch
        {
            Oids.Sha256 => Oids.HkdfWithSha256,
            Oids.Sha384 => Oids.HkdfWithSha384,
            Oids.Sha512 => Oids.HkdfWithSha512,
            string other => throw EnvelopeErrors.Algorithm($"no key is derived by HKDF with {Oids.NameOf(other)}."),
        });
        KeyWrap wrap = KeyWrap.AesFor(content);
        using KemEncapsulation encapsulation = Kem.Encapsulate(Key);
        byte[] secret = encapsulation.CopySecret();
        byte[]? kek = null;
        try
        {
            kek = KeyDerivation.Derive(kdf, secret, wrap.KeyBytes, new CmsOriForKemOtherInfo(wrap.Identifier, wrap.KeyBytes, options.Ukm).Encoded);
            return new KemRecipientInfo(Rid, encapsulation.Algorithm, encapsulation.Ciphertext, kdf, wrap.KeyBytes, options.Ukm, wrap.Identifier, wrap.Wrap(kek, contentKey));
        }
        finally
        {
            Secrets.Clear(secret);
            Secrets.Clear(kek);
        }
    }

    /// <summary>Opens the key of a content.</summary>
    /// <returns>The key, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>, <c>CmpEnvelope.NotOpened</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static byte[]? Open(KemRecipientInfo recipient, PrivateKey key, CbcCipher content)
    {
        KeyWrap wrap = KeyWrap.Aes(recipient.Wrap);
        if (recipient.KekLength != wrap.KeyBytes)
            throw EnvelopeErrors.Algorithm($"a key of {recipient.KekLength} octets does not wrap by {Oids.NameOf(wrap.Identifier.Oid)} (RFC 9629 3).");
        if (recipient.Kem.Oid != key.PublicKey.Algorithm.Oid || recipient.Kemct.Length != key.Algorithm.Set!.CiphertextBytes)
            throw EnvelopeErrors.NotOpened();
        byte[] secret = key.Decapsulate(recipient.Kemct);
        byte[]? kek = null;
        try
        {
            kek = Derive(recipient, secret);
            return wrap.Unwrap(kek, recipient.EncryptedKey, content.KeyBytes);
        }
        finally
        {
            Secrets.Clear(secret);
            Secrets.Clear(kek);
        }
    }

    private static byte[] Derive(KemRecipientInfo recipient, byte[] secret)
    {
        try
        {
            return KeyDerivation.Derive(recipient.Kdf, secret, recipient.KekLength, recipient.OtherInfo.Encoded);
        }
        catch (CmpException e) when (e.ErrorId == "CmpProtection.Algorithm")
        {
            throw EnvelopeErrors.Algorithm(e.Message, e);
        }
    }
}
