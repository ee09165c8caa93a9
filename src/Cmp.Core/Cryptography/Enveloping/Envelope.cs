using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Seals contents for one recipient, and opens them: EnvelopedData as CMP has it (RFC 9810 5.2.2, RFC 9483 4.1.6, RFC 9481 4).</summary>
/// <remarks>
/// Who sends something to be opened learns nothing from what comes of it: whatever keeps it shut is one error, what a key of PKCS #1 v1.5 holds is never said,
/// and a content is decrypted even where its key was not opened. What the sender knows anyway, such as an algorithm, has errors of its own, before any
/// key is used.
/// </remarks>
public static class Envelope
{
    /// <summary>Seals a content.</summary>
    /// <param name="content">The content; the caller clears it.</param>
    /// <param name="contentType">What it is, dotted decimal.</param>
    /// <param name="recipient">For whom.</param>
    /// <param name="options">How; <see langword="null"/>: <see cref="EnvelopeOptions.Default"/>.</param>
    /// <returns>The envelope, with exactly one recipient.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>, <c>CmpEnvelope.Iterations</c>: the options name what is not there; <c>CmpProtection.PublicKey</c>: the recipient's key is
    /// none of its kind; <c>CmpMessage.Malformed</c>: it does not decode.</exception>
    public static EnvelopedData Seal(ReadOnlyMemory<byte> content, string contentType, EnvelopeRecipient recipient, EnvelopeOptions? options = null)
    {
        options ??= EnvelopeOptions.Default;
        CbcCipher cipher = options.ContentEncryption is Oids.Aes128Cbc or Oids.Aes192Cbc or Oids.Aes256Cbc
            ? CbcCipher.Find(options.ContentEncryption)!
            : throw EnvelopeErrors.Algorithm($"contents are encrypted by AES in CBC mode, not by {Oids.NameOf(options.ContentEncryption)}.");
        byte[] key = Secrets.Random(cipher.KeyBytes), iv = Secrets.Random(cipher.BlockBytes);
        try
        {
            RecipientInfo info = recipient.Seal(key, cipher, options);
            var encrypted = new EncryptedContentInfo(contentType, ContentCipher.Write(cipher, iv), cipher.Encrypt(key, iv, content));
            return new EnvelopedData(new List<RecipientInfo> { info }, encrypted);
        }
        finally
        {
            Secrets.Clear(key);
        }
    }

    /// <summary>Opens an envelope.</summary>
    /// <param name="envelopedData">An EnvelopedData as a SEQUENCE, whole.</param>
    /// <param name="key">With what.</param>
    /// <param name="limits">The bounds that hold.</param>
    /// <param name="originators">Certificates of those who may have sealed it with keys of their own; <see langword="null"/>: none.</param>
    /// <returns>The content, to be disposed of.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: it does not decode; else as of <see cref="Open(EnvelopedData, EnvelopeKey, CmpLimits, IReadOnlyList{Certificate}?)"/>.</exception>
    public static OpenedEnvelope Open(ReadOnlyMemory<byte> envelopedData, EnvelopeKey key, CmpLimits limits, IReadOnlyList<Certificate>? originators = null) =>
        Open(EnvelopedData.Decode(envelopedData, new DecodeOptions(limits)), key, limits, originators);

    /// <summary>Opens an envelope.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="key">With what.</param>
    /// <param name="limits">The bounds that hold.</param>
    /// <param name="originators">Certificates of those who may have sealed it with keys of their own; <see langword="null"/>: none.</param>
    /// <returns>The content, to be disposed of.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpEnvelope.NotOpened</c>: it is for somebody else, or for several, or it was changed; <c>CmpEnvelope.Algorithm</c>: it names an algorithm that is not
    /// opened here; <c>CmpEnvelope.Iterations</c>: a key of a password would cost too much; <c>CmpEnvelope.Originator</c>: the key that it was sealed with is
    /// not at hand; <c>CmpProtection.PublicKey</c>: that key is no point of its curve, or one that everybody knows the secret of; <c>CmpMessage.Malformed</c>:
    /// parameters within do not decode; <c>CmpKey.…</c>: our key cannot be used, whatever the envelope holds.
    /// </exception>
    public static OpenedEnvelope Open(EnvelopedData envelope, EnvelopeKey key, CmpLimits limits, IReadOnlyList<Certificate>? originators = null)
    {
        EncryptedContentInfo content = envelope.EncryptedContentInfo;
        (CbcCipher cipher, byte[] iv) = ContentCipher.Read(content.ContentEncryptionAlgorithm);
        // RFC 9810 5.2.2: exactly one
        if (envelope.RecipientInfos.Count != 1 || content.EncryptedContent is not { } ciphertext)
            throw EnvelopeErrors.NotOpened();
        byte[]? contentKey = (envelope.RecipientInfos[0], key) switch
        {
            (KeyTransRecipientInfo transport, { PrivateKey.Algorithm.Family: KeyFamily.Rsa }) when key.IsNamedBy(transport.Rid) =>
                TransportRecipient.Open(transport, key.PrivateKey, cipher),
            (KeyAgreeRecipientInfo agreement, { PrivateKey.Algorithm.Family: KeyFamily.EllipticCurve or KeyFamily.Montgomery }) =>
                AgreementRecipient.Open(agreement, key, cipher, originators ?? []),
            (KemRecipientInfo kem, { PrivateKey.CanDecapsulate: true }) when key.IsNamedBy(kem.Rid) =>
                KemRecipient.Open(kem, key.PrivateKey, cipher),
            (PasswordRecipientInfo byPassword, { Password: { } password }) =>
                PasswordRecipient.Open(byPassword, password, cipher, limits),
            _ => throw EnvelopeErrors.NotOpened(),
        };
        return new OpenedEnvelope(content.ContentType, ContentCipher.Open(cipher, iv, contentKey, ciphertext));
    }
}
