using System;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>A secret made for the owner of a KEM key, and what lets him know it (RFC 9629 1).</summary>
public sealed class KemEncapsulation : IDisposable
{
    private readonly byte[] _secret;

    internal KemEncapsulation(AlgorithmIdentifier algorithm, byte[] ciphertext, byte[] secret)
    {
        Algorithm = algorithm;
        Ciphertext = ciphertext;
        _secret = secret;
    }

    /// <summary>The algorithm of the key.</summary>
    public AlgorithmIdentifier Algorithm { get; }

    /// <summary>What is sent to the owner of the key.</summary>
    public ReadOnlyMemory<byte> Ciphertext { get; }

    /// <summary>The secret, a copy that the caller clears. It serves one transaction, and no other.</summary>
    /// <returns>Octets.</returns>
    public byte[] CopySecret() => (byte[])_secret.Clone();

    /// <summary>Forgets the secret.</summary>
    public void Dispose() => Secrets.Clear(_secret);
}
