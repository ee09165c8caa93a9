using System;
using Cmp.Cryptography.BackEnds;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Key encapsulation for the owner of a public key: ML-KEM (FIPS 203). The other half is <see cref="PrivateKey.Decapsulate"/>.</summary>
public static class Kem
{
    /// <summary>Whether keys of an algorithm encapsulate here.</summary>
    /// <param name="algorithm">The algorithm of the key.</param>
    /// <returns>True where they do.</returns>
    public static bool IsSupported(AlgorithmIdentifier algorithm) => ParameterSet.Find(algorithm.Oid) is { CiphertextBytes: > 0 };

    /// <summary>Makes a secret that only the owner of a key can open.</summary>
    /// <param name="key">The key, of somebody who was found to be trusted.</param>
    /// <returns>Ciphertext and secret; the caller disposes of them.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: the key encapsulates nothing; <c>CmpProtection.PublicKey</c>: it is not one of its kind;
    /// <c>CmpMessage.Malformed</c>: it has another length.</exception>
    public static KemEncapsulation Encapsulate(SubjectPublicKeyInfo key)
    {
        if (ParameterSet.Find(key.Algorithm.Oid) is not { CiphertextBytes: > 0 } set)
            throw Digests.Unsupported($"A key of {Oids.NameOf(key.Algorithm.Oid)} encapsulates no secrets here.");
        set.Check(key);
        try
        {
            return BackEnd.For(CryptoOperation.ParameterSet, set.Oid).Encapsulate(key);
        }
        catch (Exception e) when (e is not CmpException)
        {
            throw PrivateKey.Unusable(key, e);
        }
    }
}
