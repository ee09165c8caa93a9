using System;
using System.Security.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Cryptography.BackEnds;

/// <summary>What .NET computes: RSA, P-256, the brainpool curves, digests and HMAC.</summary>
/// <remarks>
/// P-384 and P-521 are left to BouncyCastle, which is two to three times as fast there. On .NET Framework keys are those of CNG, never what
/// RSA.Create() gives, which lacks PSS; where there is no CNG, as in Mono, this back end says that it cannot.
/// </remarks>
internal sealed class DotNetBackEnd : ICryptoBackEnd
{
    public bool Can(CryptoOperation operation, string oid) => operation switch
    {
        CryptoOperation.Digest or CryptoOperation.Hmac => NameOf(oid) is not null,
#if NET
        CryptoOperation.IteratedDigest => NameOf(oid) is not null,
#else
        // without spans each application would leave an array behind
        CryptoOperation.IteratedDigest => false,
#endif
        CryptoOperation.RsaPkcs1 or CryptoOperation.RsaPss => NameOf(oid) is not null && Opens(CreateRsa),
        CryptoOperation.Ecdsa => EcCurve.Find(oid) is { IsFastInDotNet: true } curve && Has(curve),
        _ => false,
    };

    public byte[] Digest(string oid, ReadOnlyMemory<byte> data)
    {
#if NET
        return oid switch
        {
            Oids.Md5 => MD5.HashData(data.Span),
            Oids.Sha1 => SHA1.HashData(data.Span),
            Oids.Sha256 => SHA256.HashData(data.Span),
            Oids.Sha384 => SHA384.HashData(data.Span),
            Oids.Sha512 => SHA512.HashData(data.Span),
            _ => throw new NotSupportedException(oid),
        };
#else
        ArraySegment<byte> segment = data.AsSegment();
        using HashAlgorithm hash = oid switch
        {
            Oids.Md5 => MD5.Create(),
            Oids.Sha1 => SHA1.Create(),
            Oids.Sha256 => SHA256.Create(),
            Oids.Sha384 => SHA384.Create(),
            Oids.Sha512 => SHA512.Create(),
            _ => throw new NotSupportedException(oid),
        };
        return hash.ComputeHash(segment.Array, segment.Offset, segment.Count);
#endif
    }

    public void IterateDigest(string oid, byte[] first, int times, byte[] result)
    {
#if NET
        using IncrementalHash hash = IncrementalHash.CreateHash(NameOf(oid)!.Value);
        hash.AppendData(first);
        hash.GetHashAndReset(result);
        for (int i = 1; i < times; i++)
        {
            hash.AppendData(result);
            hash.GetHashAndReset(result);
        }
#else
        throw new NotSupportedException(oid);
#endif
    }

    public byte[] Hmac(string digestOid, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> data)
    {
#if NET
        return digestOid switch
        {
            Oids.Md5 => HMACMD5.HashData(key.Span, data.Span),
            Oids.Sha1 => HMACSHA1.HashData(key.Span, data.Span),
            Oids.Sha256 => HMACSHA256.HashData(key.Span, data.Span),
            Oids.Sha384 => HMACSHA384.HashData(key.Span, data.Span),
            Oids.Sha512 => HMACSHA512.HashData(key.Span, data.Span),
            _ => throw new NotSupportedException(digestOid),
        };
#else
        ArraySegment<byte> segment = data.AsSegment();
        byte[] copy = key.ToArray();
        try
        {
            using HMAC hmac = digestOid switch
            {
                Oids.Md5 => new HMACMD5(copy),
                Oids.Sha1 => new HMACSHA1(copy),
                Oids.Sha256 => new HMACSHA256(copy),
                Oids.Sha384 => new HMACSHA384(copy),
                Oids.Sha512 => new HMACSHA512(copy),
                _ => throw new NotSupportedException(digestOid),
            };
            return hmac.ComputeHash(segment.Array, segment.Offset, segment.Count);
        }
        finally
        {
            Secrets.Clear(copy);
        }
#endif
    }

    public Verifier Open(SubjectPublicKeyInfo key)
    {
        if (KeyAlgorithm.FamilyOf(key) == KeyFamily.Rsa)
            return new RsaVerifier(this, key, OpenRsa(key));
        EcPublicKey point = EcPublicKey.Read(key);
        return new EcVerifier(this, key, OpenEcdsa(point.Curve, point.X.ToArray(), point.Y.ToArray(), null), point.Curve);
    }

    public byte[] Encrypt(SubjectPublicKeyInfo key, RsaEncryption encryption, byte[] data)
    {
        using RSA rsa = OpenRsa(key);
        return rsa.Encrypt(data, PaddingOf(encryption)!);
    }

    public KemEncapsulation Encapsulate(SubjectPublicKeyInfo key) => throw new NotSupportedException(key.Algorithm.Oid);

    public PrivateKey Generate(KeyAlgorithm algorithm) =>
        algorithm.Curve is { } curve ? PrivateKey.Of(GenerateEcdsa(curve)) : PrivateKey.Of(GenerateRsa(algorithm.Bits));

    public PrivateKey Import(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey)
    {
        if (KeyAlgorithm.FamilyOf(algorithm) == KeyFamily.Rsa)
        {
            RSAParameters numbers = RsaPrivateKey.Read(privateKey);
            try
            {
                RSA rsa = CreateRsa();
                rsa.ImportParameters(numbers);
                return new DotNetRsaKey(rsa, RsaPublicKey.Write(numbers, algorithm.Oid, algorithm.Parameters));
            }
            finally
            {
                RsaPrivateKey.Clear(numbers);
            }
        }
        EcCurve curve = KeyAlgorithm.CurveOf(algorithm);
        EcPrivateKey key = EcPrivateKey.Read(privateKey, curve);
        try
        {
            // not every platform computes the point itself
            EcPublicKey point = EcPublicKey.Read(EcPublicKey.Write(curve, key.Point.Length > 0 ? key.Point : BouncyCastleBackEnd.PointOf(curve, key.D)));
            return PrivateKey.Of(OpenEcdsa(curve, point.X.ToArray(), point.Y.ToArray(), key.D));
        }
        finally
        {
            Secrets.Clear(key.D);
        }
    }

    internal static HashAlgorithmName? NameOf(string digestOid) => digestOid switch
    {
        Oids.Md5 => HashAlgorithmName.MD5,
        Oids.Sha1 => HashAlgorithmName.SHA1,
        Oids.Sha256 => HashAlgorithmName.SHA256,
        Oids.Sha384 => HashAlgorithmName.SHA384,
        Oids.Sha512 => HashAlgorithmName.SHA512,
        _ => null,
    };

    /// <summary>How .NET pads; <see langword="null"/> where it cannot: it takes one digest for data and mask, and no label.</summary>
    internal static RSAEncryptionPadding? PaddingOf(RsaEncryption encryption) =>
        encryption.Digest is not { } digest ? RSAEncryptionPadding.Pkcs1
        : digest == encryption.MaskDigest && encryption.Label.IsEmpty && NameOf(digest) is { } hash ? RSAEncryptionPadding.CreateOaep(hash)
        : null;

    private static RSA OpenRsa(SubjectPublicKeyInfo key)
    {
        RsaPublicKey numbers = RsaPublicKey.Read(key);
        RSA rsa = CreateRsa();
        rsa.ImportParameters(new RSAParameters { Modulus = numbers.Modulus.ToArray(), Exponent = numbers.Exponent.ToArray() });
        return rsa;
    }

    private static ECDsa OpenEcdsa(EcCurve curve, byte[] x, byte[] y, byte[]? d)
    {
        ECDsa ecdsa = CreateEcdsa();
        ecdsa.ImportParameters(new ECParameters { Curve = Named(curve), Q = new ECPoint { X = x, Y = y }, D = d });
        return ecdsa;
    }

    /// <summary>Curves of NIST are everywhere; of others only the try tells.</summary>
    private static bool Has(EcCurve curve) => curve.Oid == Oids.Secp256r1 ? Opens(CreateEcdsa) : Opens(() => GenerateEcdsa(curve));

    /// <summary>By the name that CNG has for it; .NET elsewhere knows it too.</summary>
    private static ECCurve Named(EcCurve curve) => ECCurve.CreateFromFriendlyName(curve.DotNetName);

#if NET
    private static RSA CreateRsa() => RSA.Create();

    private static ECDsa CreateEcdsa() => ECDsa.Create();

    private static RSA GenerateRsa(int bits) => RSA.Create(bits);

    private static ECDsa GenerateEcdsa(EcCurve curve) => ECDsa.Create(Named(curve));
#else
    private static RSA CreateRsa() => new RSACng();

    private static ECDsa CreateEcdsa() => new ECDsaCng();

    private static RSA GenerateRsa(int bits)
    {
        var parameters = new CngKeyCreationParameters { ExportPolicy = CngExportPolicies.AllowPlaintextExport };
        parameters.Parameters.Add(new CngProperty("Length", BitConverter.GetBytes(bits), CngPropertyOptions.None));
        return new RSACng(CngKey.Create(CngAlgorithm.Rsa, null, parameters));
    }

    /// <summary>Curves of NIST have an algorithm each in CNG, others are a property of one.</summary>
    private static ECDsa GenerateEcdsa(EcCurve curve) => curve.DotNetName != "nist" + curve.Name
        ? new ECDsaCng(Named(curve))
        : new ECDsaCng(CngKey.Create(new CngAlgorithm("ECDSA_" + curve.Name), null, new CngKeyCreationParameters { ExportPolicy = CngExportPolicies.AllowPlaintextExport }));
#endif

    private static bool Opens(Func<IDisposable> create)
    {
        try
        {
            create().Dispose();
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private sealed class RsaVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, RSA rsa) : Verifier(backEnd, key)
    {
        public override void Dispose() => rsa.Dispose();

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature) =>
            rsa.VerifyHash(
                Digests.Compute(scheme.DigestOid, data),
                signature.ToArray(),
                NameOf(scheme.DigestOid)!.Value,
                scheme.Kind == SignatureKind.RsaPss ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1);
    }

    private sealed class EcVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, ECDsa ecdsa, EcCurve curve) : Verifier(backEnd, key)
    {
        public override void Dispose() => ecdsa.Dispose();

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature) =>
            EcdsaSignature.ToP1363(signature, curve.FieldBytes) is { } numbers && ecdsa.VerifyHash(Digests.Compute(scheme.DigestOid, data), numbers);
    }
}
