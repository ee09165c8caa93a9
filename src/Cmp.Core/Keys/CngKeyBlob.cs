using System;
using System.Security.Cryptography;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Keys;

/// <summary>A private key in the form that CNG takes in.</summary>
/// <remarks>
/// As bcrypt.h lays them out, headers little-endian, numbers big-endian:
/// <code>
/// BCRYPT_RSAPRIVATE_BLOB: Magic 'RSA2', BitLength, cbPublicExp, cbModulus, cbPrime1, cbPrime2; PublicExponent, Modulus, Prime1, Prime2
/// BCRYPT_ECCPRIVATE_BLOB: dwMagic 'ECS2' (P-256), 'ECS4' (P-384), 'ECS6' (P-521), cbKey; X, Y, d
/// </code>
/// </remarks>
internal static class CngKeyBlob
{
    private const int RsaPrivateMagic = 0x32415352;
    private const int EcdsaPrivateP256Magic = 0x32534345;
    private const int EcdsaPrivateP384Magic = 0x34534345;
    private const int EcdsaPrivateP521Magic = 0x36534345;

    /// <summary>Writes the blob.</summary>
    /// <param name="pkcs8">The key, a PrivateKeyInfo.</param>
    /// <param name="publicKey">Its public half.</param>
    /// <returns>The algorithm by CNG's name, and the blob, which the caller clears.</returns>
    internal static (string Algorithm, byte[] Blob) Of(byte[] pkcs8, SubjectPublicKeyInfo publicKey) =>
        Pkcs8.Read(pkcs8, (algorithm, privateKey) => algorithm.Oid == Oids.EcPublicKey ? OfEc(privateKey, publicKey) : OfRsa(privateKey));

    /// <summary>Whether there is a blob for keys of an algorithm: for RSA and the curves of NIST.</summary>
    internal static bool Takes(KeyAlgorithm algorithm) =>
        algorithm.Curve is { } curve ? curve.Oid is Oids.Secp256r1 or Oids.Secp384r1 or Oids.Secp521r1 : algorithm.Family == KeyFamily.Rsa;

    private static (string Algorithm, byte[] Blob) OfRsa(ReadOnlyMemory<byte> pkcs1)
    {
        RSAParameters key = RsaPrivateKey.Read(pkcs1);
        try
        {
            byte[] blob = Concat(
                Header(RsaPrivateMagic, 8 * key.Modulus!.Length, key.Exponent!.Length, key.Modulus.Length, key.P!.Length, key.Q!.Length),
                key.Exponent,
                key.Modulus,
                key.P,
                key.Q);
            return ("RSA", blob);
        }
        finally
        {
            RsaPrivateKey.Clear(key);
        }
    }

    private static (string Algorithm, byte[] Blob) OfEc(ReadOnlyMemory<byte> sec1, SubjectPublicKeyInfo publicKey)
    {
        EcCurve curve = KeyAlgorithm.Of(publicKey).Curve!;
        (string name, int magic) = curve.Oid switch
        {
            Oids.Secp256r1 => ("ECDSA_P256", EcdsaPrivateP256Magic),
            Oids.Secp384r1 => ("ECDSA_P384", EcdsaPrivateP384Magic),
            Oids.Secp521r1 => ("ECDSA_P521", EcdsaPrivateP521Magic),
            _ => throw KeyErrors.Algorithm($"A key on the curve {curve.Name}"),
        };
        EcPrivateKey key = EcPrivateKey.Read(sec1, curve);
        try
        {
            // an uncompressed point: 04, X, Y
            return (name, Concat(Header(magic, curve.FieldBytes), publicKey.Key.Slice(1).ToArray(), key.D));
        }
        finally
        {
            Secrets.Clear(key.D);
        }
    }

    private static byte[] Header(params int[] fields)
    {
        var header = new byte[4 * fields.Length];
        for (int i = 0; i < header.Length; i++)
            header[i] = (byte)(fields[i / 4] >> (8 * (i % 4)));
        return header;
    }

    private static byte[] Concat(params byte[][] parts)
    {
        int length = 0;
        foreach (byte[] part in parts)
            length += part.Length;
        var whole = new byte[length];
        int at = 0;
        foreach (byte[] part in parts)
        {
            part.CopyTo(whole, at);
            at += part.Length;
        }
        return whole;
    }
}
