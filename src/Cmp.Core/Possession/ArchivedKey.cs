using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>A private key that goes to the CA with its request, for the CA to keep. It proves nothing: the request has its own proof beside it.</summary>
/// <remarks>RFC 4211 6.4, RFC 9810 5.2.8.3.1.</remarks>
public static class ArchivedKey
{
    /// <summary>Encrypts a key for the CA.</summary>
    /// <param name="key">The key; it must be exportable.</param>
    /// <param name="ca">The CA's certificate, which was found to be trusted.</param>
    /// <param name="owner">Whose key it is; <see langword="null"/>: it is not said.</param>
    /// <param name="pvno">The version of the message: from 3 on an EnvelopedData with id-ct-encKeyWithID, before that an EncryptedValue, for which the CA's key must be RSA.</param>
    /// <returns>The options of the control pkiArchiveOptions.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>: the key stays where it is; <c>CmpEnvelope.Recipient</c>: nothing is encrypted to the CA's key, or not in
    /// this version; <c>CmpProtection.PublicKey</c>: that key is none of its kind.</exception>
    public static PkiArchiveOptions Create(PrivateKey key, Certificate ca, GeneralName? owner, int pvno)
    {
        byte[] pkcs8 = key.ExportPkcs8();
        byte[]? content = null;
        try
        {
            if (pvno < 3)
            {
                // RFC 2510 and RFC 4210 demand DES-EDE3 only; servers of the one know nothing else
                EncryptedValue value = EncryptedValues.Seal(pkcs8, ca.PublicKey, pvno < 2 ? Oids.DesEde3Cbc : Oids.Aes256Cbc);
                return new PkiArchiveOptions(new EncryptedKey(value with { IntendedAlg = key.PublicKey.Algorithm }));
            }
            content = Pkcs8.Encode(pkcs8.Length + (owner?.Encoded.Length ?? 0) + 32, new EncKeyWithId(pkcs8, null, owner).Write);
            return new PkiArchiveOptions(new EncryptedKey(Envelope.Seal(content, Oids.EncKeyWithId, EnvelopeRecipient.Of(ca)).Encoded));
        }
        finally
        {
            Secrets.Clear(pkcs8);
            Secrets.Clear(content);
        }
    }

    /// <summary>What is said where the CA makes the key.</summary>
    /// <returns>archiveRemGenPrivKey, TRUE.</returns>
    public static PkiArchiveOptions OfCentralKey() => new(archiveRemGenPrivKey: true);
}
