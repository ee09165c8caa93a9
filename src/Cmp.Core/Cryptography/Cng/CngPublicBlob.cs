using System;
using System.Security.Cryptography;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.Cng;

/// <summary>The public half of a key as CNG exports it.</summary>
/// <remarks>
/// As bcrypt.h lays them out, headers little-endian, numbers big-endian:
/// <code>
/// BCRYPT_RSAPUBLIC_BLOB: Magic 'RSA1', BitLength, cbPublicExp, cbModulus, cbPrime1 (0), cbPrime2 (0); PublicExponent, Modulus
/// BCRYPT_ECCPUBLIC_BLOB: dwMagic 'ECS1', 'ECS3', 'ECS5' or of a curve by its name 'ECDP', of ECDH 'ECK1', 'ECK3', 'ECK5', 'ECKP', cbKey; X, Y
/// BCRYPT_PQDSA_PUBLIC_BLOB: dwMagic 'DSPK', cbParameterSet, cbKey; the parameter set as Unicode with its end, the key
/// </code>
/// </remarks>
internal static class CngPublicBlob
{
    private const int RsaMagic = 0x31415352;
    private const int P256Magic = 0x31534345;
    private const int P384Magic = 0x33534345;
    private const int P521Magic = 0x35534345;
    private const int NamedCurveMagic = 0x50444345;
    private const int AgreeingP256Magic = 0x314B4345;
    private const int AgreeingP384Magic = 0x334B4345;
    private const int AgreeingP521Magic = 0x354B4345;
    private const int AgreeingNamedCurveMagic = 0x504B4345;
    private const int MLDsaMagic = 0x4B505344;

    /// <summary>Reads the public half of a key.</summary>
    /// <exception cref="CmpException"><c>CmpKey.Algorithm</c>: it is of a kind that is not used here.</exception>
    /// <exception cref="CryptographicException">The key refuses, or what it exports is no such blob.</exception>
    internal static SubjectPublicKeyInfo Of(ICngKey key)
    {
        string group = CngKeyProperty.Text(key.GetProperty(CngKeyProperty.AlgorithmGroup));
        return group switch
        {
            "RSA" => ReadRsa(key.Export("RSAPUBLICBLOB")),
            "ECDSA" or "ECDH" => ReadEc(key.Export("ECCPUBLICBLOB"), key),
            "MLDSA" => ReadMLDsa(key.Export("PQDSAPUBLICBLOB")),
            _ => throw KeyAlgorithm.Unknown($"of CNG's group {PeerText.Escape(group, 64)}"),
        };
    }

    private static SubjectPublicKeyInfo ReadRsa(byte[] blob)
    {
        if (Number(blob, 0) != RsaMagic)
            throw Damaged();
        int at = 24;
        byte[] exponent = Take(blob, ref at, Number(blob, 8));
        byte[] modulus = Take(blob, ref at, Number(blob, 12));
        return RsaPublicKey.Write(new RSAParameters { Exponent = exponent, Modulus = modulus });
    }

    private static SubjectPublicKeyInfo ReadEc(byte[] blob, ICngKey key)
    {
        string name = Number(blob, 0) switch
        {
            P256Magic or AgreeingP256Magic => "P256",
            P384Magic or AgreeingP384Magic => "P384",
            P521Magic or AgreeingP521Magic => "P521",
            NamedCurveMagic or AgreeingNamedCurveMagic => CngKeyProperty.Text(key.GetProperty(CngKeyProperty.CurveName)),
            _ => throw Damaged(),
        };
        EcCurve curve = Array.Find(EcCurve.All, known => string.Equals(known.Name, name, StringComparison.OrdinalIgnoreCase) || string.Equals(known.DotNetName, name, StringComparison.OrdinalIgnoreCase))
            ?? throw KeyAlgorithm.Unknown($"on the curve {PeerText.Escape(name, 64)}");
        int length = Number(blob, 4);
        int at = 8;
        return length == curve.FieldBytes ? EcPublicKey.Write(curve, EcPublicKey.Join(Take(blob, ref at, length), Take(blob, ref at, length))) : throw Damaged();
    }

    private static SubjectPublicKeyInfo ReadMLDsa(byte[] blob)
    {
        if (Number(blob, 0) != MLDsaMagic)
            throw Damaged();
        int at = 12;
        string name = "ML-DSA-" + CngKeyProperty.Text(Take(blob, ref at, Number(blob, 4)));
        byte[] key = Take(blob, ref at, Number(blob, 8));
        ParameterSet set = Array.Find(ParameterSet.All, known => known.Name == name) ?? throw KeyAlgorithm.Unknown($"of {PeerText.Escape(name, 64)}");
        return key.Length == set.PublicBytes ? set.Write(key) : throw Damaged();
    }

    private static int Number(byte[] blob, int at) =>
        blob.Length >= at + 4 ? blob[at] | blob[at + 1] << 8 | blob[at + 2] << 16 | blob[at + 3] << 24 : throw Damaged();

    private static byte[] Take(byte[] blob, ref int at, int length)
    {
        if (length <= 0 || length > blob.Length - at)
            throw Damaged();
        var part = new byte[length];
        Array.Copy(blob, at, part, 0, length);
        at += length;
        return part;
    }

    private static CryptographicException Damaged() => new("What the provider exports is no public key.");
}
