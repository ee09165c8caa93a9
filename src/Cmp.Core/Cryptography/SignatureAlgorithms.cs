using System;
using System.Collections.Generic;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Chooses, verifies and explains signature algorithms: RSA PKCS #1, RSASSA-PSS, ECDSA, EdDSA (RFC 9481 3), ML-DSA (RFC 9881) and SLH-DSA (RFC 9909).</summary>
public static class SignatureAlgorithms
{
    /// <summary>Digests by the names that people write, without hyphens; those that a new signature may use.</summary>
    private static readonly Dictionary<string, string> DigestNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["SHA1"] = Oids.Sha1,
        ["SHA224"] = Oids.Sha224,
        ["SHA256"] = Oids.Sha256,
        ["SHA384"] = Oids.Sha384,
        ["SHA512"] = Oids.Sha512,
        ["SHAKE128"] = Oids.Shake128,
        ["SHAKE256"] = Oids.Shake256,
    };

    /// <summary>The algorithm that a key signs with.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hashName"><c>SHA256</c> or another; <see langword="null"/> for the default of the key: what its parameters demand, else SHA-256 (rule 21).</param>
    /// <param name="pss">Whether an RSA key signs by RSASSA-PSS; a key that is for RSASSA-PSS only always does. Nothing to others.</param>
    /// <returns>The algorithm with its parameters.</returns>
    /// <exception cref="CmpException"><c>CmpKey.HashAlgorithm</c>: the digest is unknown or the key cannot use it, as EdDSA uses none;
    /// <c>CmpKey.SignatureAlgorithm</c>: the key cannot sign at all; <c>CmpKey.Pss</c>: not by RSASSA-PSS, and that is asked for.</exception>
    public static AlgorithmIdentifier For(PrivateKey key, string? hashName = null, bool pss = false)
    {
        if (!key.CanSign)
            throw new CmpException(CmpErrorKind.Key, "CmpKey.SignatureAlgorithm", $"A key of {key.Algorithm} cannot sign.");
        if (key.Algorithm.Set is { } set)
        {
            if (hashName is null)
                return SignatureScheme.Of(set).ToIdentifier();
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.HashAlgorithm", $"A key of {key.Algorithm} signs without a digest: '{PeerText.Escape(hashName, 64)}' cannot be used.")
            {
                RecommendedAction = "Leave -HashAlgorithm out, or choose a key of RSA or ECDSA.",
            };
        }
        string? digest = null;
        if (hashName is null)
        {
            digest = SignatureScheme.DigestOf(key.PublicKey.Algorithm) ?? Oids.Sha256;
        }
        else if (!DigestNames.TryGetValue(hashName.Replace("-", string.Empty), out digest))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpKey.HashAlgorithm", $"'{PeerText.Escape(hashName, 64)}' is no digest that signatures can use.")
            {
                RecommendedAction = "Choose one of these: " + string.Join(", ", DigestNames.Keys) + ".",
            };
        }
        SignatureKind kind = key.Algorithm.Family switch
        {
            KeyFamily.EllipticCurve => SignatureKind.Ecdsa,
            _ when pss || key.PublicKey.Algorithm.Oid != Oids.RsaEncryption => SignatureKind.RsaPss,
            _ => SignatureKind.RsaPkcs1,
        };
        var scheme = new SignatureScheme(kind, digest);
        if (!scheme.Fits(key.PublicKey) || !key.CanUse(scheme))
            throw new CmpException(CmpErrorKind.Key, "CmpKey.HashAlgorithm", $"This {key.Algorithm} key cannot sign with {Oids.NameOf(digest)}.");
        if (!key.CanPad(scheme))
        {
            throw new CmpException(CmpErrorKind.Key, "CmpKey.Pss", $"This {key.Algorithm} key cannot sign by RSASSA-PSS with {Oids.NameOf(digest)}: its provider does not do it with a salt as long as the digest, as many TPMs and cards.")
            {
                RecommendedAction = key.PublicKey.Algorithm.Oid == Oids.RsaEncryption ? "Leave -RsaPadding out: it then signs by PKCS #1 v1.5." : "Its certificate allows nothing else: ask for one for another key.",
            };
        }
        return scheme.ToIdentifier();
    }

    /// <summary>Verifies a signature.</summary>
    /// <param name="algorithm">The algorithm as the signer named it.</param>
    /// <param name="key">The signer's key; its type must agree with the algorithm (rule 67).</param>
    /// <param name="data">What was signed, as it came.</param>
    /// <param name="signature">The octets of the signature's BIT STRING.</param>
    /// <param name="limits">Bounds on the key; <see langword="null"/> for the default.</param>
    /// <returns>Whether the key's owner signed these data; false also where key and algorithm do not agree.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: the algorithm, its parameters or the curve of the key are not supported;
    /// <c>CmpMessage.Malformed</c>: the key or the parameters do not decode, or the key exceeds a limit.</exception>
    public static bool Verify(AlgorithmIdentifier algorithm, SubjectPublicKeyInfo key, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature, CmpLimits? limits = null)
    {
        SignatureScheme scheme = SignatureScheme.Of(algorithm);
        if (!scheme.Fits(key))
            return false;
        ICryptoBackEnd backEnd = BackEnd.For(scheme, key, limits ?? CmpLimits.Default);
        Verifier verifier = VerifierCache.Take(backEnd, key) ?? Verifier.Open(backEnd, key);
        bool verified = verifier.Verify(scheme, data, signature);
        VerifierCache.Return(verifier);
        return verified;
    }

    /// <summary>The digest that a signature algorithm names, by its OID or by its parameters: what certConf hashes the certificate with (rule 42).</summary>
    /// <param name="signatureAlgorithm">The algorithm of the certificate's signature.</param>
    /// <returns>The digest's OID; SHA-512 for Ed25519 and SHAKE256 (64 octets) for Ed448 (RFC 9481 3.3); <see langword="null"/> where none is implied.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the parameters of RSASSA-PSS do not decode.</exception>
    public static string? DigestOid(AlgorithmIdentifier signatureAlgorithm) => signatureAlgorithm.Oid switch
    {
        Oids.Ed25519 => Oids.Sha512,
        Oids.Ed448 => Oids.Shake256,
        _ => SignatureScheme.DigestOf(signatureAlgorithm),
    };
}
