using System;
using System.Formats.Asn1;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Possession;

/// <summary>
/// The proof by the private key itself, enveloped for the CA (encryptedKey, from pvno 3 on). Beside it stands whose it is, or somebody could send what he took from
/// another one. RFC 9810 wants it only where the CA is to keep the key.
/// </summary>
/// <remarks>RFC 4211 4.2 and 4.2.1, RFC 9810 5.2.8.3.1.</remarks>
public static class EncryptedKeyProof
{
    /// <summary>Makes the proof.</summary>
    /// <param name="key">The key that is to be certified; it must be exportable.</param>
    /// <param name="ca">For whom: the CA's certificate.</param>
    /// <param name="identifier">Whose key it is: the sender of the message, as a rule.</param>
    /// <param name="options">How it is encrypted.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>; <c>CmpEnvelope.…</c>: the CA's key is not one to encrypt for.</exception>
    public static PopoPrivKey Create(PrivateKey key, EnvelopeRecipient ca, GeneralName identifier, EnvelopeOptions? options = null) => Create(key, ca, null, identifier, options);

    /// <summary>Makes the proof with a text in the place of a name.</summary>
    /// <param name="key">The key that is to be certified; it must be exportable.</param>
    /// <param name="ca">For whom: the CA's certificate.</param>
    /// <param name="identifier">Whose key it is: a text that both sides know, such as the reference of a secret.</param>
    /// <param name="options">How it is encrypted.</param>
    /// <returns>The proof.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>; <c>CmpEnvelope.…</c>: the CA's key is not one to encrypt for.</exception>
    public static PopoPrivKey Create(PrivateKey key, EnvelopeRecipient ca, string identifier, EnvelopeOptions? options = null) => Create(key, ca, identifier, null, options);

    /// <summary>Opens the proof, as a CA does.</summary>
    /// <param name="proof">The proof.</param>
    /// <param name="ca">The CA's key.</param>
    /// <param name="asked">The public key of the request.</param>
    /// <param name="owner">Whose the key must say that it is; <see langword="null"/>: it must only say so of somebody.</param>
    /// <param name="limits">The bounds.</param>
    /// <returns>The private key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpPossession.EncryptedKey</c>: one error for whatever speaks against it, for the sender must not learn what was in an envelope
    /// that he may have taken from another one; <c>CmpEnvelope.…</c>: what is refused before any key is used; <c>CmpMessage.Malformed</c>: no EnvelopedData.</exception>
    public static PrivateKey Open(PopoPrivKey proof, EnvelopeKey ca, SubjectPublicKeyInfo asked, KeyOwner? owner, CmpLimits limits) =>
        Judge(proof, ca, asked, owner, limits, out PrivateKey? key) == SentKeyResult.Right ? key! : throw SentKey.Refused();

    /// <summary>As <see cref="Open"/>, for who opened it himself.</summary>
    internal static SentKeyResult Judge(PopoPrivKey proof, EnvelopeKey ca, SubjectPublicKeyInfo asked, KeyOwner? owner, CmpLimits limits, out PrivateKey? key)
    {
        key = null;
        return proof.EnvelopedData is { } enveloped ? Judge(enveloped, ca, asked, content => content is { Text: null, Name: null } ? SentKeyResult.NoOwner
            : owner?.Has(content) == false ? SentKeyResult.AnotherOwner
            : SentKeyResult.Right, limits, out key) : SentKeyResult.NoKey;
    }

    /// <summary>A private key with whose it is, in an envelope: the proof, or a key for the archive.</summary>
    internal static SentKeyResult Judge(ReadOnlyMemory<byte> enveloped, EnvelopeKey ca, SubjectPublicKeyInfo asked, Func<EncKeyWithId, SentKeyResult> judge, CmpLimits limits, out PrivateKey? key) =>
        SentKey.Open(() => Envelope.Open(enveloped, ca, limits), envelope =>
        {
            if (envelope.ContentType != Oids.EncKeyWithId)
                return (SentKeyResult.NoKey, default);
            EncKeyWithId content = envelope.Read(EncKeyWithId.Read, limits);
            return (judge(content), content.PrivateKeyInfo);
        }, asked, out key);

    private static PopoPrivKey Create(PrivateKey key, EnvelopeRecipient ca, string? text, GeneralName? name, EnvelopeOptions? options)
    {
        byte[] pkcs8 = key.ExportPkcs8();
        byte[]? content = null;
        try
        {
            content = Pkcs8.Encode(pkcs8.Length + (name?.Encoded.Length ?? (4 * text!.Length)) + 32, new EncKeyWithId(pkcs8, text, name).Write);
            return PopoPrivKey.OfEnvelopedData(SentKey.IsForAgreement(key), Envelope.Seal(content, Oids.EncKeyWithId, ca, options).Encoded);
        }
        finally
        {
            Secrets.Clear(pkcs8);
            Secrets.Clear(content);
        }
    }
}
