using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>For whom something is encrypted: who has a private key, or who knows a password. What the key can decides how (RFC 9483 4.1.6).</summary>
public abstract record EnvelopeRecipient
{
    private protected EnvelopeRecipient()
    {
    }

    /// <summary>The owner of a certificate.</summary>
    /// <param name="certificate">The certificate, of somebody who was found to be trusted.</param>
    /// <returns>The recipient, named by subject key identifier or else by issuer and serial number.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Recipient</c>: its key encrypts nothing and agrees on nothing, or must not by its key usage;
    /// <c>CmpMessage.Malformed</c>: the certificate cannot be read.</exception>
    public static EnvelopeRecipient Of(Certificate certificate)
    {
        EnvelopeRecipient recipient = Of(certificate.PublicKey, RecipientIdentifier.Of(certificate));
        KeyUsages needed = Agrees(certificate.PublicKey) ? KeyUsages.KeyAgreement : KeyUsages.KeyEncipherment;
        if (certificate.KeyUsage is { } usage && (usage & needed) == 0)
        {
            string word = needed == KeyUsages.KeyAgreement ? "keyAgreement" : "keyEncipherment";
            throw EnvelopeErrors.Recipient($"the certificate of {PeerText.Escape(certificate.Subject.ToString(), 200)} is not for {word} (RFC 5280 4.2.1.3).");
        }
        return recipient;
    }

    /// <summary>The owner of a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="rid">What the envelope calls him, as RFC 9810 5.2.8.3.1 has it where there is no certificate yet: the empty name with the certReqId.</param>
    /// <returns>The recipient.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Recipient</c>: the key encrypts nothing and agrees on nothing; <c>CmpMessage.Malformed</c>: its curve cannot be read.</exception>
    public static EnvelopeRecipient Of(SubjectPublicKeyInfo key, RecipientIdentifier rid)
    {
        if (key.Algorithm.Oid == Oids.RsaEncryption)
            return new TransportRecipient(key, rid);
        if (Kem.IsSupported(key.Algorithm))
            return new KemRecipient(key, rid);
        if (Agrees(key))
            return new AgreementRecipient(key, rid);
        throw EnvelopeErrors.Recipient($"a key of {Oids.NameOf(key.Algorithm.Oid)} neither encrypts nor agrees on keys.");
    }

    /// <summary>Who knows a password.</summary>
    /// <param name="password">Its octets; the caller clears them after use.</param>
    /// <returns>The recipient.</returns>
    public static EnvelopeRecipient OfPassword(ReadOnlyMemory<byte> password) => new PasswordRecipient(password);

    /// <summary>What kind of recipient it is; never more.</summary>
    /// <returns>The name of the type.</returns>
    public sealed override string ToString() => GetType().Name;

    /// <summary>Encrypts the key of a content.</summary>
    internal abstract RecipientInfo Seal(byte[] contentKey, CbcCipher content, EnvelopeOptions options);

    private static bool Agrees(SubjectPublicKeyInfo key) =>
        key.Algorithm.Oid is Oids.X25519 or Oids.X448
        || (key.Algorithm.Oid == Oids.EcPublicKey && EcCurve.Find(KeyAlgorithm.CurveOid(key.Algorithm)) is not null);
}
