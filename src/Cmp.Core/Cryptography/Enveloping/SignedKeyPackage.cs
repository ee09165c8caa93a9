using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Enveloping;

/// <summary>A private key that somebody else made, signed by who made it: what comes in an EnvelopedData where a CA makes the keys.</summary>
/// <remarks>
/// RFC 9483 4.1.6: SignedData (RFC 5652 5) of version 3 over an AsymmetricKeyPackage (RFC 5958) of one key, by one signer whom his subjectKeyIdentifier names, with the
/// attributes content-type and message-digest. Whether the signer may make keys is for <c>Protection.KeyGenerationAuthority</c> to say: here only that he signed.
/// </remarks>
public sealed class SignedKeyPackage : IDisposable
{
    /// <summary>Certificates of one name whose keys are tried: whatever a peer sends, so many signatures are verified.</summary>
    private const int MaxSigners = 5;

    private const string Container = "the signed package of a private key";

    private readonly byte[] _key;

    private SignedKeyPackage(byte[] key, Certificate signer, IReadOnlyList<Certificate> certificates)
    {
        _key = key;
        Signer = signer;
        Certificates = certificates;
    }

    /// <summary>The private key: a PrivateKeyInfo or OneAsymmetricKey, whole. A secret; zeros after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Key => _key;

    /// <summary>Who signed.</summary>
    public Certificate Signer { get; }

    /// <summary>The certificates in the package, the signer's among them, at most as many as a path may be looked for through.</summary>
    public IReadOnlyList<Certificate> Certificates { get; }

    /// <summary>Packs a key and signs.</summary>
    /// <param name="key">The key that is given away.</param>
    /// <param name="signerKey">The key that signs.</param>
    /// <param name="signer">Its certificate, which must have a subject key identifier; for clients to believe it, with the extended key usage id-kp-cmKGA.</param>
    /// <param name="chain">The certificates above it, nearest first, without the root.</param>
    /// <param name="algorithm">How it signs; <see langword="null"/> for what fits the key.</param>
    /// <param name="time">When it is signed; <see langword="null"/>: nothing is said, as RFC 9483 wants for a message without messageTime.</param>
    /// <returns>A SignedData. A secret that the caller clears.</returns>
    /// <exception cref="CmpException"><c>CmpKey.NotExportable</c>: the key does not leave where it is; <c>CmpKey.Mismatch</c>: the signer's key is not the
    /// certificate's; <c>CmpKey.…</c>: it does not sign so; <c>CmpArgument.Certificate</c>: the signer's certificate has no subject key identifier.</exception>
    public static byte[] Create(
        PrivateKey key, PrivateKey signerKey, Certificate signer, IReadOnlyList<Certificate> chain, AlgorithmIdentifier? algorithm = null, DateTimeOffset? time = null)
    {
        if (signer.SubjectKeyIdentifier is not { } identifier)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Certificate", $"The certificate of {signer} has no subject key identifier, by which it is named in {Container} (RFC 9483 4.1.6).")
            {
                RecommendedAction = "Let a certificate be issued that has one.",
            };
        }
        signerKey.EnsureFits(signer.PublicKey);
        algorithm ??= SignatureAlgorithms.For(signerKey);
        byte[]? pkcs8 = null, withPublic = null, package = null;
        try
        {
            pkcs8 = key.ExportPkcs8();
            withPublic = Pkcs8.WithPublicKey(pkcs8, key.PublicKey);
            package = Pkcs8.Encode(withPublic.Length + 16, new AsymmetricKeyPackage([withPublic]).Write);
            SignerInfo signature = CmsSignature.Sign(package, Oids.KeyPackage, signerKey, algorithm, new RecipientIdentifier(identifier), time);
            var signed = new SignedData([signature.DigestAlgorithm], new EncapsulatedContentInfo(Oids.KeyPackage, package), [signature]) { Certificates = [signer, .. chain] };
            return Pkcs8.Encode(package.Length + signed.Certificates.Sum(certificate => certificate.Encoded.Length) + signature.Encoded.Length + 256, signed.Write);
        }
        finally
        {
            Secrets.Clear(pkcs8);
            Secrets.Clear(withPublic);
            Secrets.Clear(package);
        }
    }

    /// <summary>Opens a package and makes sure that its signer signed it: over the octets that arrived.</summary>
    /// <param name="signedData">A SignedData, whole, of which nothing is kept: the caller clears it.</param>
    /// <param name="policy">Which algorithms are believed (rule 68); <see langword="null"/> for the default.</param>
    /// <param name="limits">The bounds; <see langword="null"/> for the default.</param>
    /// <returns>The key and who signed it, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpEnvelope.KeyPackage</c>: it is no such package, not of one key by one signer, its signature is wrong, or the signer's
    /// certificate is missing; <c>CmpTrust.Algorithm</c>: the signature is too weak; <c>CmpProtection.Algorithm</c>: it is of a kind that is not known here. No error
    /// carries octets.</exception>
    public static SignedKeyPackage Open(ReadOnlyMemory<byte> signedData, AlgorithmPolicy? policy = null, CmpLimits? limits = null)
    {
        CmpLimits bounds = limits ?? CmpLimits.Default;
        var options = new DecodeOptions(bounds);
        try
        {
            var signed = SignedData.Decode(signedData, options);
            if (signed.EncapContentInfo is not { ContentType: Oids.KeyPackage, Content: { } content })
                throw Refused($"it holds {signed.EncapContentInfo}, and not a package of keys");
            if (signed.SignerInfos.Count != 1)
                throw Refused($"it has {signed.SignerInfos.Count} signatures, and not one");
            SignerInfo signature = signed.SignerInfos[0];
            if (CmsSignature.Contradiction(signature, signed.EncapContentInfo) is { } contradiction)
                throw Refused(contradiction);
            Certificate signer = SignerOf(signature, signed.Certificates, policy ?? AlgorithmPolicy.Default, bounds);
            IReadOnlyList<ReadOnlyMemory<byte>> keys = AsymmetricKeyPackage.Decode(content, options).Keys;
            if (keys.Count != 1)
                throw Refused($"it holds {keys.Count} keys, and not one");
            // certificates are read when they are asked, and by then these octets are cleared
            var certificates = signed.Certificates.Take(bounds.MaxPathCandidates).Select(Copy).ToList();
            return new SignedKeyPackage(keys[0].ToArray(), Copy(signer), certificates);
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            throw Refused("it does not decode");
        }
    }

    /// <summary>The key, to be held in memory.</summary>
    /// <returns>The key, which the caller disposes of.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Malformed</c>: the octets are no key, or its halves do not belong together; <c>CmpKey.Algorithm</c>: it is of an unknown kind.</exception>
    public PrivateKey OpenKey() => PrivateKey.FromPkcs8(_key);

    /// <summary>Forgets the key.</summary>
    public void Dispose() => Secrets.Clear(_key);

    /// <summary>What it is; never more.</summary>
    /// <returns>A text without the key.</returns>
    public override string ToString() => $"private key signed by {Signer}";

    /// <summary>The certificate of the signer, whose key made the signature; others of the same name are passed over.</summary>
    private static Certificate SignerOf(SignerInfo signature, IReadOnlyList<Certificate> certificates, AlgorithmPolicy policy, CmpLimits limits)
    {
        int tried = 0;
        CmpException? reason = null;
        foreach (Certificate certificate in certificates)
        {
            try
            {
                if (!signature.Sid.Names(certificate))
                    continue;
                if (++tried > MaxSigners)
                    break;
                if (CmsSignature.IsMadeBy(signature, certificate, policy, limits))
                    return certificate;
            }
            catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
            {
                // a certificate that cannot be read is nobody's
            }
            catch (CmpException e)
            {
                reason ??= new CmpException(e.Kind, e.ErrorId, e.Message) { RecommendedAction = e.RecommendedAction };
            }
        }
        throw reason ?? Refused(tried == 0 ? $"the certificate of its signer, {signature.Sid}, is not in it" : "its signature is wrong");
    }

    private static Certificate Copy(Certificate certificate) => Certificate.Decode(certificate.Encoded.ToArray());

    private static CmpException Refused(string why) => new(CmpErrorKind.Protection, "CmpEnvelope.KeyPackage", $"Not accepted as {Container}: {why}.")
    {
        RecommendedAction = "Nothing was kept. Ask the operator of the CA who makes its keys, and how they are signed (RFC 9483 4.1.6).",
    };
}
