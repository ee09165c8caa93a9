using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Who has a key that agrees on secrets: a key made for this once agrees with it, and what is derived from that wraps the key of the content (RFC 5753, RFC 8418).</summary>
internal sealed record AgreementRecipient(SubjectPublicKeyInfo Key, RecipientIdentifier Rid) : EnvelopeRecipient
{
    internal override RecipientInfo Seal(byte[] contentKey, CbcCipher content, EnvelopeOptions options)
    {
        KeyAlgorithm algorithm = KeyAlgorithm.Of(Key);
        AgreementScheme scheme = AgreementScheme.For(options.Digest ?? DigestFor(algorithm), options.Hkdf ?? algorithm.Curve is null);
        KeyWrap wrap = KeyWrap.AesFor(content);
        using PrivateKey once = PrivateKey.Generate(algorithm);
        byte[] secret = once.Agree(Key);
        byte[]? kek = null;
        try
        {
            kek = scheme.Derive(secret, wrap, options.Ukm);
            // RFC 5753 3.1.1: the recipient knows the curve
            var originator = new SubjectPublicKeyInfo(new AlgorithmIdentifier(Key.Algorithm.Oid), once.PublicKey.Key);
            return new KeyAgreeRecipientInfo(
                new OriginatorIdentifierOrKey(originator),
                options.Ukm,
                new AlgorithmIdentifier(scheme.Oid, wrap.Identifier.Encoded),
                new List<RecipientEncryptedKey> { new(new KeyAgreeRecipientIdentifier(Rid), wrap.Wrap(kek, contentKey)) });
        }
        finally
        {
            Secrets.Clear(secret);
            Secrets.Clear(kek);
        }
    }

    /// <summary>Opens the key of a content.</summary>
    /// <param name="recipient">The recipient.</param>
    /// <param name="key">The key.</param>
    /// <param name="content">What the key of the content is for.</param>
    /// <param name="originators">Certificates of those who may have sealed it with a key of their own.</param>
    /// <returns>The key, or <see langword="null"/>.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.Algorithm</c>, <c>CmpEnvelope.NotOpened</c>, <c>CmpEnvelope.Originator</c>, <c>CmpKey.Agreement</c>, <c>CmpProtection.PublicKey</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static byte[]? Open(KeyAgreeRecipientInfo recipient, EnvelopeKey key, CbcCipher content, IReadOnlyList<Certificate> originators)
    {
        AgreementScheme scheme = AgreementScheme.Of(recipient.KeyEncryptionAlgorithm.Oid);
        KeyWrap wrap = KeyWrap.Aes(AlgorithmIdentifier.Decode(recipient.KeyEncryptionAlgorithm.Parameters ?? default));
        if (recipient.RecipientEncryptedKeys.Count != 1 || (key.Certificate is { } certificate && !recipient.RecipientEncryptedKeys[0].Rid.Names(certificate)))
            throw EnvelopeErrors.NotOpened();
        PrivateKey ours = key.PrivateKey!;
        SubjectPublicKeyInfo theirs = OriginatorOf(recipient.Originator, originators);
        if (theirs.Algorithm.Oid == ours.PublicKey.Algorithm.Oid && theirs.Algorithm.HasNoParameters)
            theirs = new SubjectPublicKeyInfo(ours.PublicKey.Algorithm, theirs.Key);
        // a key of another curve was made for somebody else; a curve that is not said shows by its length
        if (!ours.PublicKey.Algorithm.IsSameAs(theirs.Algorithm) || theirs.Key.Length != ours.PublicKey.Key.Length)
            throw EnvelopeErrors.NotOpened();
        byte[] secret = ours.Agree(theirs);
        byte[]? kek = null;
        try
        {
            kek = scheme.Derive(secret, wrap, recipient.Ukm);
            return wrap.Unwrap(kek, recipient.RecipientEncryptedKeys[0].EncryptedKey, content.KeyBytes);
        }
        finally
        {
            Secrets.Clear(secret);
            Secrets.Clear(kek);
        }
    }

    private static string DigestFor(KeyAlgorithm algorithm) => algorithm.Set is { } set
        ? set.Oid == Oids.X448 ? Oids.Sha512 : Oids.Sha256
        : algorithm.Curve!.Bits switch { <= 256 => Oids.Sha256, <= 384 => Oids.Sha384, _ => Oids.Sha512 };

    private static SubjectPublicKeyInfo OriginatorOf(OriginatorIdentifierOrKey originator, IReadOnlyList<Certificate> certificates)
    {
        if (originator.OriginatorKey is { } key)
            return key;
        foreach (Certificate certificate in certificates)
        {
            if (originator.Certificate!.Names(certificate))
                return certificate.PublicKey;
        }
        throw new CmpException(CmpErrorKind.Protection, "CmpEnvelope.Originator", "What is encrypted was sealed with the key of a certificate that is not at hand.")
        {
            RecommendedAction = "Ask the operator of the CA for keys that are made for one use (RFC 5753 3.1.1), or for its certificate.",
        };
    }
}
