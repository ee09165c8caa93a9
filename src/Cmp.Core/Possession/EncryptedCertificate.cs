using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// The proof by an encrypted certificate: the CA encrypts it for the key that it is for, and who can name its hash in certConf has the key (encrCert). The CA shows the
/// certificate to nobody before that.
/// </summary>
/// <remarks>RFC 9810 5.2.8.3.2 and 5.3.4.</remarks>
public static class EncryptedCertificate
{
    /// <summary>Encrypts a certificate for its own key.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="pvno">The version of the message: from 3 on an EnvelopedData, before that an EncryptedValue, which only RSA has.</param>
    /// <param name="options">How it is encrypted from pvno 3 on.</param>
    /// <returns>What stands in encryptedCert.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.Unsupported</c>: there is no way to encrypt for such a key, or not in this version; <c>CmpEnvelope.…</c>,
    /// <c>CmpProtection.PublicKey</c>: the key is none of its kind.</exception>
    public static EncryptedKey Create(Certificate certificate, int pvno, EnvelopeOptions? options = null)
    {
        if (!Proofs.Of(certificate.PublicKey, pvno).HasFlag(KeyProofs.EncryptedCertificate))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpPossession.Unsupported", $"Nothing is encrypted for a key of {KeyAlgorithm.Of(certificate.PublicKey)} in pvno {pvno}.")
            {
                RecommendedAction = "Speak pvno 3, or prove possession another way.",
            };
        }
        // the key usage is for what comes after: here the key only shows that it is there
        return pvno >= 3
            ? new EncryptedKey(Envelope.Seal(certificate.Encoded, Oids.Data, EnvelopeRecipient.Of(certificate.PublicKey, RecipientIdentifier.Of(certificate)), options).Encoded)
            : new EncryptedKey(EncryptedValues.Seal(certificate.Encoded, certificate.PublicKey));
    }

    /// <summary>Opens an encrypted certificate. Whom the envelope names is not looked at: it is the certificate that is still inside.</summary>
    /// <param name="encrypted">What stands in encryptedCert.</param>
    /// <param name="key">The private key of the request.</param>
    /// <param name="limits">The bounds.</param>
    /// <param name="allowEncryptedValue">Whether the form before pvno 3 is taken.</param>
    /// <returns>The certificate, which is for that key.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.NotOpened</c>: it is for another key, or was changed; <c>CmpEnvelope.EncryptedValue</c>: the old form, which is not taken;
    /// other <c>CmpEnvelope.…</c>: what is refused before any key is used; <c>CmpPossession.WrongCertificate</c>: it is for another key.</exception>
    public static Certificate Open(EncryptedKey encrypted, PrivateKey key, CmpLimits limits, bool allowEncryptedValue)
    {
        using var envelopeKey = EnvelopeKey.Of(key);
        using OpenedEnvelope opened = EncryptedKeys.Open(encrypted, envelopeKey, limits, allowEncryptedValue);
        Certificate certificate = opened.Read((ref Asn1Reader reader) =>
        {
            // a copy, for what was opened is cleared
            Certificate copy = Certificate.Decode(reader.ReadEncoded().ToArray(), reader.Options);
            _ = copy.PublicKey; // it is read when it is first asked for something
            return copy;
        }, limits);
        return certificate.PublicKey.IsSameAs(key.PublicKey)
            ? certificate
            : throw new CmpException(CmpErrorKind.Trust, "CmpPossession.WrongCertificate", $"The certificate that came encrypted, {certificate}, is for another key than the one that was to be certified.") { Octets = certificate.Encoded };
    }
}
