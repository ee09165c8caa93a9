using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>A signature algorithm, understood.</summary>
/// <param name="Kind">The way to sign.</param>
/// <param name="Digest">The digest of the data, or <see langword="null"/> where the kind has none.</param>
/// <param name="Set">The keys that sign so, where nothing else says how.</param>
internal sealed record SignatureScheme(SignatureKind Kind, string? Digest, ParameterSet? Set = null)
{
    /// <summary>Algorithms whose OID names the digest. RSASSA-PSS names it in parameters.</summary>
    private static readonly Dictionary<string, SignatureScheme> ByOid = new()
    {
        [Oids.Md5WithRsa] = new(SignatureKind.RsaPkcs1, Oids.Md5),
        [Oids.Sha1WithRsa] = new(SignatureKind.RsaPkcs1, Oids.Sha1),
        [Oids.Sha224WithRsa] = new(SignatureKind.RsaPkcs1, Oids.Sha224),
        [Oids.Sha256WithRsa] = new(SignatureKind.RsaPkcs1, Oids.Sha256),
        [Oids.Sha384WithRsa] = new(SignatureKind.RsaPkcs1, Oids.Sha384),
        [Oids.Sha512WithRsa] = new(SignatureKind.RsaPkcs1, Oids.Sha512),
        [Oids.Sha1WithEcdsa] = new(SignatureKind.Ecdsa, Oids.Sha1),
        [Oids.Sha224WithEcdsa] = new(SignatureKind.Ecdsa, Oids.Sha224),
        [Oids.Sha256WithEcdsa] = new(SignatureKind.Ecdsa, Oids.Sha256),
        [Oids.Sha384WithEcdsa] = new(SignatureKind.Ecdsa, Oids.Sha384),
        [Oids.Sha512WithEcdsa] = new(SignatureKind.Ecdsa, Oids.Sha512),
        [Oids.RsassaPssShake128] = new(SignatureKind.RsaPss, Oids.Shake128),
        [Oids.RsassaPssShake256] = new(SignatureKind.RsaPss, Oids.Shake256),
        [Oids.EcdsaWithShake128] = new(SignatureKind.Ecdsa, Oids.Shake128),
        [Oids.EcdsaWithShake256] = new(SignatureKind.Ecdsa, Oids.Shake256),
    };

    /// <summary>The digest of the data, asked for where the kind has one.</summary>
    internal string DigestOid => Digest ?? throw new InvalidOperationException($"{Kind} has no digest.");

    /// <summary>Whether the digest is one of SHAKE, which then makes the mask of RSASSA-PSS too (RFC 8692).</summary>
    internal bool IsWithShake => Digest is Oids.Shake128 or Oids.Shake256;

    /// <summary>What an algorithm identifier says.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: nothing that can be made or verified here; or malformed parameters.</exception>
    internal static SignatureScheme Of(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Oid == Oids.RsassaPss)
            return new SignatureScheme(SignatureKind.RsaPss, PssDigest(algorithm));
        if (ParameterSet.Find(algorithm.Oid) is { CanSign: true } set)
            return algorithm.Parameters is null ? Of(set) : throw Digests.Unsupported($"The signature algorithm {set.Name} comes with parameters.");
        if (!ByOid.TryGetValue(algorithm.Oid, out SignatureScheme? scheme))
            throw Digests.Unsupported($"The signature algorithm {Oids.NameOf(algorithm.Oid)} is not supported.");
        // RFC 8692 3: with SHAKE they are absent, not NULL
        bool hasNone = scheme.IsWithShake ? algorithm.Parameters is null : algorithm.HasNoParameters;
        return hasNone ? scheme : throw Digests.Unsupported($"The signature algorithm {Oids.NameOf(algorithm.Oid)} comes with parameters.");
    }

    /// <summary>How keys sign that know one way only.</summary>
    internal static SignatureScheme Of(ParameterSet set) => new(SignatureKind.Pure, null, set);

    /// <summary>The digest that the algorithm names, without a judgement whether the rest is supported; or <see langword="null"/>.</summary>
    internal static string? DigestOf(AlgorithmIdentifier algorithm) =>
        algorithm.Oid == Oids.RsassaPss && algorithm.Parameters is { } parameters ? RsassaPssParameters.Decode(parameters).HashAlgorithm.Oid
        : ByOid.TryGetValue(algorithm.Oid, out SignatureScheme? scheme) ? scheme.Digest
        : null;

    /// <summary>The identifier as it is sent: parameters NULL for RSA (RFC 4055 5), absent for ECDSA (RFC 5758 3.2), with SHAKE (RFC 8692 3) and without a digest.</summary>
    internal AlgorithmIdentifier ToIdentifier()
    {
        if (Set is not null)
            return Set.Identifier;
        if (Kind == SignatureKind.RsaPss && !IsWithShake)
            return new AlgorithmIdentifier(Oids.RsassaPss, RsassaPssParameters.Create(DigestOid, Digests.Length(DigestOid)).Encoded);
        foreach (KeyValuePair<string, SignatureScheme> row in ByOid)
        {
            if (row.Value == this)
                return Kind == SignatureKind.RsaPkcs1 ? AlgorithmIdentifier.WithNull(row.Key) : new AlgorithmIdentifier(row.Key);
        }
        throw new CmpException(CmpErrorKind.Argument, "CmpKey.HashAlgorithm", $"There is no {Kind} signature with {Oids.NameOf(DigestOid)}.");
    }

    /// <summary>Whether a key may sign so: its family, and for keys of RSASSA-PSS alone what their identifier demands (RFC 4055 1.2 and 3.3, RFC 8692).</summary>
    internal bool Fits(SubjectPublicKeyInfo key) => key.Algorithm.Oid switch
    {
        Oids.RsaEncryption => Kind is SignatureKind.RsaPkcs1 or SignatureKind.RsaPss,
        Oids.RsassaPss => Kind == SignatureKind.RsaPss && (key.Algorithm.Parameters is not { } demanded || Satisfies(RsassaPssParameters.Decode(demanded))),
        Oids.RsassaPssShake128 or Oids.RsassaPssShake256 => Kind == SignatureKind.RsaPss && ByOid[key.Algorithm.Oid].Digest == Digest,
        Oids.EcPublicKey => Kind == SignatureKind.Ecdsa,
        string oid => Set?.Oid == oid,
    };

    private bool Satisfies(RsassaPssParameters demanded) =>
        demanded.HashAlgorithm.Oid == DigestOid && demanded.MaskHashAlgorithm.Oid == DigestOid && demanded.SaltLength <= Digests.Length(DigestOid);

    private static string PssDigest(AlgorithmIdentifier algorithm)
    {
        if (algorithm.Parameters is not { } encoded)
            throw Digests.Unsupported("RSASSA-PSS without parameters (RFC 4055 3.1 demands them).");
        RsassaPssParameters parameters = RsassaPssParameters.Decode(encoded);
        string digest = parameters.HashAlgorithm.Oid;
        if (!Digests.IsSupported(digest) || digest is Oids.Shake128 or Oids.Shake256)
            throw Digests.Unsupported($"RSASSA-PSS with the digest {Oids.NameOf(digest)} is not supported.");
        if (parameters.MaskHashAlgorithm.Oid != digest)
            throw Digests.Unsupported($"RSASSA-PSS with {Oids.NameOf(digest)} and a mask of {Oids.NameOf(parameters.MaskHashAlgorithm.Oid)} is not supported: both must be the same.");
        if (parameters.SaltLength != Digests.Length(digest))
            throw Digests.Unsupported($"RSASSA-PSS with a salt of {parameters.SaltLength} octets is not supported: it must be as long as the digest, {Digests.Length(digest)}.");
        return digest;
    }
}
