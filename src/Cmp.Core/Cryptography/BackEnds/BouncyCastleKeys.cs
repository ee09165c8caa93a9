using System;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>What BouncyCastle does with the keys of a <see cref="ParameterSet"/>: one class a family, each in a file of its own.</summary>
internal abstract class BouncyCastleKeys(ParameterSet set)
{
    protected ParameterSet Set { get; } = set;

    internal static BouncyCastleKeys Of(ParameterSet set) => set.Family switch
    {
        KeyFamily.Edwards => new BouncyCastleEdKeys(set),
        KeyFamily.MLDsa => new BouncyCastleMLDsaKeys(set),
        KeyFamily.SlhDsa => new BouncyCastleSlhDsaKeys(set),
        KeyFamily.Montgomery => new BouncyCastleXKeys(set),
        KeyFamily.MLKem => new BouncyCastleMLKemKeys(set),
        _ => throw new NotSupportedException(set.Name),
    };

    /// <summary>Opens a public key that verifies; keys that cannot sign do not.</summary>
    internal virtual Verifier Open(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key) =>
        throw Digests.Unsupported($"A key of {Set.Name} verifies no signatures.");

    /// <summary>Makes a secret for the owner of a key of a KEM; no other key does.</summary>
    internal virtual KemEncapsulation Encapsulate(SubjectPublicKeyInfo key) => throw new NotSupportedException(Set.Name);

    internal abstract PrivateKey Generate();

    /// <summary>Opens a private key: what PKCS #8 has within.</summary>
    internal PrivateKey Import(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey)
    {
        if (algorithm.Parameters is not null)
            throw Pkcs8.Malformed();
        PrivateOctets octets = PrivateOctets.Read(Set, privateKey);
        try
        {
            return Import(octets);
        }
        finally
        {
            octets.Clear();
        }
    }

    /// <summary>Opens a private key whose parts have their lengths. It may throw anything; the octets are cleared afterwards.</summary>
    private protected abstract PrivateKey Import(PrivateOctets octets);
}
