using System;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// The proof by the private key itself, in an EncryptedValue for the CA, as it was before pvno 3 (thisMessage, deprecated). It does not say whose key it is, so that whoever
/// takes one from another request can send it as his own: who accepts it has to know the sender.
/// </summary>
/// <remarks>RFC 4211 4.2: a BIT STRING that holds an EncryptedValue, which holds the PrivateKeyInfo.</remarks>
public static class ThisMessageProof
{
    /// <summary>Makes the proof.</summary>
    /// <param name="key">The key that is to be certified; it must be exportable.</param>
    /// <param name="ca">The CA's public key, of RSA.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>; <c>CmpEnvelope.…</c>: the CA's key is not one to encrypt for.</exception>
    public static PopoPrivKey Create(PrivateKey key, SubjectPublicKeyInfo ca)
    {
        byte[] pkcs8 = key.ExportPkcs8();
        try
        {
            return PopoPrivKey.OfEncryptedValue(SentKey.IsForAgreement(key), EncryptedValues.Seal(pkcs8, ca));
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }

    /// <summary>Opens the proof, as a CA does.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="ca">The CA's private key.</param>
    /// <param name="asked">The public key of the request.</param>
    /// <param name="limits">The bounds.</param>
    /// <returns>The private key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.EncryptedKey</c>: one error for whatever speaks against it; <c>CmpEnvelope.…</c>: what is refused before any key is
    /// used; <c>CmpMessage.Malformed</c>: no EncryptedValue.</exception>
    public static PrivateKey Open(PopoPrivKey proof, PrivateKey ca, SubjectPublicKeyInfo asked, CmpLimits limits) =>
        Judge(proof, ca, asked, limits, out PrivateKey? key) == SentKeyResult.Right ? key! : throw SentKey.Refused();

    /// <summary>As <see cref="Open"/>, for who opened it himself.</summary>
    internal static SentKeyResult Judge(PopoPrivKey proof, PrivateKey ca, SubjectPublicKeyInfo asked, CmpLimits limits, out PrivateKey? key)
    {
        key = null;
        if (proof.Kind != PopoPrivKeyKind.ThisMessage)
            return SentKeyResult.NoKey;
        return Judge(EncryptedValue.Decode(proof.Bits!.Value, new DecodeOptions(limits)), ca, asked, limits, out key);
    }

    /// <summary>A private key in the old form: the proof, or a key for the archive.</summary>
    internal static SentKeyResult Judge(EncryptedValue value, PrivateKey ca, SubjectPublicKeyInfo asked, CmpLimits limits, out PrivateKey? key) =>
        SentKey.Open(() => EncryptedValues.Open(value, ca, limits), envelope => (SentKeyResult.Right, envelope.Read((ref Asn1Reader reader) => reader.ReadEncoded(), limits)), asked, out key);
}
