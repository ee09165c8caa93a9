using System;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography;

/// <summary>Encrypts a few octets for the owner of an RSA key (RFC 8017 7). The other half is <see cref="PrivateKey.Decrypt"/>.</summary>
public static class PublicKeyEncryption
{
    /// <summary>Encrypts.</summary>
    /// <param name="key">The key.</param>
    /// <param name="data">What: fewer octets than the modulus has, by 11 for PKCS #1 v1.5, by two digests and two for OAEP.</param>
    /// <param name="algorithm">rsaEncryption, which is PKCS #1 v1.5, or id-RSAES-OAEP with its parameters.</param>
    /// <returns>The ciphertext, as long as the modulus.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Algorithm</c>: not this algorithm, or not with this key; <c>CmpProtection.PublicKey</c>: the key is too
    /// short for the data; <c>CmpMessage.Malformed</c>: key or parameters do not decode.</exception>
    public static byte[] Encrypt(SubjectPublicKeyInfo key, ReadOnlyMemory<byte> data, AlgorithmIdentifier algorithm)
    {
        RsaEncryption encryption = RsaEncryption.Of(algorithm);
        byte[] copy = data.ToArray();
        try
        {
            return encryption.Encrypt(key, copy);
        }
        finally
        {
            Secrets.Clear(copy);
        }
    }
}
