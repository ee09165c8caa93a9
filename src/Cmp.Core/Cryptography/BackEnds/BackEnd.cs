using System.Collections.Concurrent;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>Knows which back end does what: .NET where it can and is the faster one, BouncyCastle elsewhere. Each is asked once.</summary>
internal static class BackEnd
{
    private static readonly ConcurrentDictionary<(CryptoOperation, string), ICryptoBackEnd> Chosen = new();

    internal static ICryptoBackEnd DotNet { get; } = new DotNetBackEnd();

    /// <summary>The library itself is loaded when the first call needs it.</summary>
    internal static ICryptoBackEnd BouncyCastle { get; } = new BouncyCastleBackEnd();

    /// <summary>The back end for an operation.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: none can.</exception>
    internal static ICryptoBackEnd For(CryptoOperation operation, string oid)
    {
        if (Chosen.TryGetValue((operation, oid), out ICryptoBackEnd? chosen))
            return chosen;
        chosen = DotNet.Can(operation, oid) ? DotNet : BouncyCastle.Can(operation, oid) ? BouncyCastle : null;
        // what nobody can is not remembered: a peer may name as many as it likes
        return chosen is null ? throw Digests.Unsupported($"{operation} with {Oids.NameOf(oid)} is not supported.") : Chosen.GetOrAdd((operation, oid), chosen);
    }

    /// <summary>The back end that verifies, after the key was held against the limits.</summary>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>; <c>CmpMessage.Malformed</c>.</exception>
    internal static ICryptoBackEnd For(SignatureScheme scheme, SubjectPublicKeyInfo key, CmpLimits limits)
    {
        if (scheme.Set is { } set)
        {
            set.Check(key);
            return For(CryptoOperation.ParameterSet, set.Oid);
        }
        if (scheme.Kind == SignatureKind.Ecdsa)
            return For(CryptoOperation.Ecdsa, EcPublicKey.Read(key).Curve.Oid);
        int bits = RsaPublicKey.Read(key).Bits;
        if (bits > limits.MaxPublicKeyBits)
        {
            throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", $"An RSA key of {bits} bits exceeds the limit of {limits.MaxPublicKeyBits}.") { Octets = key.Encoded };
        }
        return For(scheme.Kind == SignatureKind.RsaPss ? CryptoOperation.RsaPss : CryptoOperation.RsaPkcs1, scheme.DigestOid);
    }

    /// <summary>The back end that encrypts.</summary>
    internal static ICryptoBackEnd For(RsaEncryption encryption)
    {
        ICryptoBackEnd rsa = For(CryptoOperation.RsaPkcs1, Oids.Sha256);
        return DotNetBackEnd.PaddingOf(encryption) is null ? BouncyCastle : rsa;
    }

    /// <summary>The back end that makes keys.</summary>
    internal static ICryptoBackEnd For(KeyAlgorithm algorithm) =>
        algorithm.Set is { } set ? For(CryptoOperation.ParameterSet, set.Oid)
        : algorithm.Curve is { } curve ? For(CryptoOperation.Ecdsa, curve.Oid)
        : For(CryptoOperation.RsaPkcs1, Oids.Sha256);

    /// <summary>The back end that holds a private key of an algorithm.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: of no known kind.</exception>
    internal static ICryptoBackEnd ForPrivate(AlgorithmIdentifier algorithm) =>
        KeyAlgorithm.FamilyOf(algorithm) switch
        {
            KeyFamily.Rsa => For(CryptoOperation.RsaPkcs1, Oids.Sha256),
            KeyFamily.EllipticCurve => For(CryptoOperation.Ecdsa, KeyAlgorithm.CurveOf(algorithm).Oid),
            KeyFamily.DiffieHellman => BouncyCastle,
            _ => For(CryptoOperation.ParameterSet, algorithm.Oid),
        };
}
