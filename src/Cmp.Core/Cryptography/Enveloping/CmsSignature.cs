using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>Makes and verifies the signature of one signer of CMS: over attributes that hold the digest of the content (RFC 5652 5.4, RFC 8933).</summary>
internal static class CmsSignature
{
    private const int Shake256Bits = 512;

    /// <summary>Signs a content.</summary>
    /// <param name="content">What is signed, which the attributes name by its digest.</param>
    /// <param name="contentType">What it is.</param>
    /// <param name="key">The signer's key.</param>
    /// <param name="algorithm">How it signs.</param>
    /// <param name="sid">The name of the signer's certificate.</param>
    /// <param name="time">When; <see langword="null"/>: nothing is said.</param>
    /// <exception cref="CmpException"><c>CmpKey.…</c>.</exception>
    internal static SignerInfo Sign(ReadOnlyMemory<byte> content, string contentType, PrivateKey key, AlgorithmIdentifier algorithm, RecipientIdentifier sid, DateTimeOffset? time)
    {
        string digest = DigestFor(SignatureScheme.Of(algorithm));
        List<CmsAttribute> attributes = [CmsAttribute.ContentType(contentType), CmsAttribute.MessageDigest(Digests.Compute(digest, content))];
        if (time is { } signed)
            attributes.Add(CmsAttribute.SigningTime(signed));
        var set = new CmsAttributes(attributes);
        return new SignerInfo(sid, IdentifierOf(digest, algorithm), set, algorithm, key.Sign(set.Encoded, algorithm));
    }

    /// <summary>Why the attributes are not those of this content, or <see langword="null"/>. The signature over them is for <see cref="IsMadeBy"/>.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: a digest that is not known here.</exception>
    internal static string? Contradiction(SignerInfo signer, EncapsulatedContentInfo content)
    {
        if (signer.SignedAttrs is not { } attributes)
            return "its signature has no attributes";
        if (attributes.Single(Oids.ContentType)?.Value is not { } type || attributes.Single(Oids.MessageDigest)?.Value is not { } digest)
            return "the attributes of its signature do not name type and digest of the content, once each";
        if (!type.Span.SequenceEqual(CmsAttribute.ContentType(content.ContentType).Values[0].Span))
            return "its signature is over another type of content";
        byte[] computed = Digests.Compute(DigestOf(signer.DigestAlgorithm), content.Content!.Value);
        return Secrets.FixedTimeEquals(digest.Span, CmsAttribute.MessageDigest(computed).Values[0].Span) ? null : "its content is not what was signed";
    }

    /// <summary>Whether the key of a certificate made the signature, over the attributes that arrived.</summary>
    /// <exception cref="CmpException"><c>CmpTrust.Algorithm</c>: a digest or a key that is too weak; <c>CmpProtection.Algorithm</c>: nothing that is known here;
    /// <c>CmpMessage.Malformed</c>: the certificate, or parameters.</exception>
    internal static bool IsMadeBy(SignerInfo signer, Certificate certificate, AlgorithmPolicy policy, CmpLimits limits)
    {
        string digest = DigestOf(signer.DigestAlgorithm);
        AlgorithmIdentifier algorithm = AlgorithmOf(signer.SignatureAlgorithm, digest);
        policy.CheckDigest(digest);
        policy.Check(algorithm, certificate.PublicKey);
        // RFC 8933 2: one digest for both, where the signature has one
        return (SignatureScheme.Of(algorithm).Digest ?? digest) == digest
            && SignatureAlgorithms.Verify(algorithm, certificate.PublicKey, signer.SignedAttrs!.Encoded, signer.Signature, limits);
    }

    /// <summary>The digest of the content: that of the signature; where it has none, what the texts of its kind demand.</summary>
    private static string DigestFor(SignatureScheme scheme) => scheme.Digest ?? scheme.Set!.Oid switch
    {
        // RFC 8419 3.1
        Oids.Ed25519 => Oids.Sha512,
        Oids.Ed448 => Oids.Shake256,

        // RFC 9814 4: what hashes within, as long as the security wants
        Oids.SlhDsaSha2128s or Oids.SlhDsaSha2128f => Oids.Sha256,
        Oids.SlhDsaShake128s or Oids.SlhDsaShake128f => Oids.Shake128,
        Oids.SlhDsaShake192s or Oids.SlhDsaShake192f or Oids.SlhDsaShake256s or Oids.SlhDsaShake256f => Oids.Shake256,

        // RFC 9882 3.3, and the rest of RFC 9814
        _ => Oids.Sha512,
    };

    /// <summary>The identifier of a digest as it is sent: without parameters (RFC 5754 2), but for the one that Ed448 has had since before RFC 8702 (RFC 8419 2.3).</summary>
    private static AlgorithmIdentifier IdentifierOf(string digest, AlgorithmIdentifier signature)
    {
        if (digest != Oids.Shake256 || signature.Oid != Oids.Ed448)
            return new AlgorithmIdentifier(digest);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger(Shake256Bits);
        return new AlgorithmIdentifier(Oids.Shake256Len, writer.Encode());
    }

    private static string DigestOf(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Oid == Oids.Shake256Len && algorithm.Parameters is { } bits)
        {
            int length = Asn1Reader.Decode(bits, null, (ref Asn1Reader reader) => reader.ReadInt32());
            return length == Shake256Bits ? Oids.Shake256 : throw Digests.Unsupported($"SHAKE256 with {length} bits is not supported.");
        }
        return algorithm.HasNoParameters && Digests.IsSupported(algorithm.Oid)
            ? algorithm.Oid
            : throw Digests.Unsupported($"The digest {Oids.NameOf(algorithm.Oid)} is not supported{(algorithm.HasNoParameters ? string.Empty : " with parameters")}.");
    }

    /// <summary>CMS lets RSA keys sign under the name of the key, the digest being said beside it (RFC 3370 3.2); openssl writes it so.</summary>
    private static AlgorithmIdentifier AlgorithmOf(AlgorithmIdentifier named, string digest)
    {
        if (named.Oid != Oids.RsaEncryption || !named.HasNoParameters)
            return named;
        return digest is Oids.Shake128 or Oids.Shake256
            ? throw Digests.Unsupported($"RSA signatures with {Oids.NameOf(digest)} under the name of the key are not supported.")
            : new SignatureScheme(SignatureKind.RsaPkcs1, digest).ToIdentifier();
    }
}
