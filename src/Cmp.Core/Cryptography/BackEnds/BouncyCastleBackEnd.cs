using System;
using System.Security.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Asn1;
using Org.BouncyCastle.Asn1.Pkcs;
using Org.BouncyCastle.Asn1.X9;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Agreement;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.EC;
using Org.BouncyCastle.Crypto.Encodings;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Crypto.Prng;
using Org.BouncyCastle.Crypto.Signers;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Math.EC;
using Org.BouncyCastle.Math.EC.Multiplier;
using Org.BouncyCastle.Security;

namespace Cmp.Cryptography.BackEnds;

/// <summary>What BouncyCastle computes: P-384, P-521, EdDSA and what came after it, SHA-224, SHAKE, and whatever .NET says that it cannot.</summary>
/// <remarks>
/// Its types stand in bodies of methods and in the nested classes only, so that the assembly is loaded by the first call that computes, not by a
/// question what can be done. RSA is here for platforms without a usable RSA in .NET and for digests that .NET lacks: opening an RSA key
/// costs BouncyCastle 25 ms and more.
/// </remarks>
internal sealed class BouncyCastleBackEnd : ICryptoBackEnd
{
    public bool Can(CryptoOperation operation, string oid) => operation == CryptoOperation.Ecdsa ? EcCurve.Find(oid) is not null
        : operation == CryptoOperation.ParameterSet ? ParameterSet.Find(oid) is not null
        : operation is CryptoOperation.Digest or CryptoOperation.IteratedDigest ? Digests.IsSupported(oid)
        : Digests.IsSupported(oid) && (operation == CryptoOperation.RsaPss || oid is not (Oids.Shake128 or Oids.Shake256));

    public byte[] Digest(string oid, ReadOnlyMemory<byte> data)
    {
        IDigest digest = Create(oid);
        ArraySegment<byte> segment = data.AsSegment();
        digest.BlockUpdate(segment.Array, segment.Offset, segment.Count);
        var result = new byte[digest.GetDigestSize()];
        digest.DoFinal(result, 0);
        return result;
    }

    public void IterateDigest(string oid, byte[] first, int times, byte[] result)
    {
        IDigest digest = Create(oid);
        digest.BlockUpdate(first, 0, first.Length);
        digest.DoFinal(result, 0);
        for (int i = 1; i < times; i++)
        {
            digest.BlockUpdate(result, 0, result.Length);
            digest.DoFinal(result, 0);
        }
    }

    public byte[] Hmac(string digestOid, ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> data)
    {
        var hmac = new HMac(Create(digestOid));
        ArraySegment<byte> secret = key.AsSegment();
        hmac.Init(new KeyParameter(secret.Array!, secret.Offset, secret.Count));
        ArraySegment<byte> segment = data.AsSegment();
        hmac.BlockUpdate(segment.Array, segment.Offset, segment.Count);
        var result = new byte[hmac.GetMacSize()];
        hmac.DoFinal(result, 0);
        return result;
    }

    public Verifier Open(SubjectPublicKeyInfo key)
    {
        if (ParameterSet.Find(key.Algorithm.Oid) is { } set)
            return BouncyCastleKeys.Of(set).Open(this, key);
        if (KeyAlgorithm.FamilyOf(key) == KeyFamily.Rsa)
            return new RsaVerifier(this, key, RsaNumbers(key));
        EcPublicKey point = EcPublicKey.Read(key);
        ECDomainParameters domain = Domain(point.Curve);
        return new EcVerifier(this, key, new ECPublicKeyParameters(domain.Curve.DecodePoint(point.Point.ToArray()), domain), point.Curve);
    }

    public byte[] Encrypt(SubjectPublicKeyInfo key, RsaEncryption encryption, byte[] data) =>
        Crypt(encryption, forEncryption: true, new ParametersWithRandom(RsaNumbers(key), Random()), data);

    public KemEncapsulation Encapsulate(SubjectPublicKeyInfo key) => BouncyCastleKeys.Of(ParameterSet.Find(key.Algorithm.Oid)!).Encapsulate(key);

    public PrivateKey Generate(KeyAlgorithm algorithm)
    {
        if (algorithm.Set is { } set)
            return BouncyCastleKeys.Of(set).Generate();
        if (algorithm.Curve is { } curve)
        {
            var generator = new ECKeyPairGenerator();
            generator.Init(new ECKeyGenerationParameters(Domain(curve), Random()));
            return new EcKey(curve, (ECPrivateKeyParameters)generator.GenerateKeyPair().Private);
        }
        var rsa = new RsaKeyPairGenerator();
        rsa.Init(new RsaKeyGenerationParameters(BigInteger.ValueOf(65537), Random(), algorithm.Bits, certainty: 112));
        return new RsaKey((RsaPrivateCrtKeyParameters)rsa.GenerateKeyPair().Private, AlgorithmIdentifier.WithNull(Oids.RsaEncryption));
    }

    public PrivateKey Import(AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> privateKey)
    {
        if (ParameterSet.Find(algorithm.Oid) is { } set)
            return BouncyCastleKeys.Of(set).Import(algorithm, privateKey);
        if (KeyAlgorithm.FamilyOf(algorithm) == KeyFamily.DiffieHellman)
            return BouncyCastleDhKey.Import(algorithm, privateKey);
        if (KeyAlgorithm.FamilyOf(algorithm) == KeyFamily.Rsa)
        {
            RSAParameters n = RsaPrivateKey.Read(privateKey);
            var numbers = new RsaPrivateCrtKeyParameters(
                Number(n.Modulus!), Number(n.Exponent!), Number(n.D!), Number(n.P!), Number(n.Q!), Number(n.DP!), Number(n.DQ!), Number(n.InverseQ!));
            RsaPrivateKey.Clear(n);
            return new RsaKey(numbers, algorithm);
        }
        EcCurve curve = KeyAlgorithm.CurveOf(algorithm);
        EcPrivateKey key = EcPrivateKey.Read(privateKey, curve);
        var opened = new EcKey(curve, new ECPrivateKeyParameters(Number(key.D), Domain(curve)));
        Secrets.Clear(key.D);
        if (key.Point.Length > 0 && !opened.PublicKey.Key.Span.SequenceEqual(key.Point))
            throw Pkcs8.Malformed();
        return opened;
    }

    /// <summary>Agrees by ECDH: the x coordinate, as long as the field (SEC 1 3.3.1). A peer's point that is not on the curve throws.</summary>
    internal static byte[] Agree(EcCurve curve, byte[] d, SubjectPublicKeyInfo peer)
    {
        ECDomainParameters domain = Domain(curve);
        var agreement = new ECDHBasicAgreement();
        agreement.Init(new ECPrivateKeyParameters(Number(d), domain));
        var point = new ECPublicKeyParameters(domain.Curve.DecodePoint(EcPublicKey.Read(peer).Point.ToArray()), domain);
        return Integers.Pad(agreement.CalculateAgreement(point).ToByteArrayUnsigned(), curve.FieldBytes)!;
    }

    /// <summary>Takes the padding of OAEP off what a key decrypted elsewhere without looking at it; a wrong one throws.</summary>
    /// <param name="encryption">The padding.</param>
    /// <param name="padded">As long as the modulus.</param>
    internal static byte[] Unpad(RsaEncryption encryption, byte[] padded)
    {
        OaepEncoding encoding = Oaep(encryption, new DecryptedBlock(padded.Length));
        encoding.Init(false, new ParametersWithRandom(new KeyParameter([]), Random()));
        return encoding.ProcessBlock(padded, 0, padded.Length);
    }

    /// <summary>Throws where a point does not lie on its curve.</summary>
    internal static void EnsureOnCurve(EcPublicKey point) => Domain(point.Curve).Curve.DecodePoint(point.Point.ToArray());

    /// <summary>The public point of a private number.</summary>
    internal static byte[] PointOf(EcCurve curve, byte[] d) => PointOf(new ECPrivateKeyParameters(Number(d), Domain(curve)));

    private static byte[] PointOf(ECPrivateKeyParameters key) =>
        new FixedPointCombMultiplier().Multiply(key.Parameters.G, key.D).Normalize().GetEncoded(compressed: false);

    private static BigInteger Number(byte[] bigEndian) => new(1, bigEndian);

    private static ECDomainParameters Domain(EcCurve curve)
    {
        var oid = new DerObjectIdentifier(curve.Oid);
        return new ECNamedDomainParameters(oid, CustomNamedCurves.GetByOid(oid) ?? ECNamedCurveTable.GetByOid(oid));
    }

    /// <summary>The system's generator, without a generator of the library's own on top.</summary>
    internal static SecureRandom Random() => new(new CryptoApiRandomGenerator());

    private static IDigest Create(string oid) => oid switch
    {
        Oids.Md5 => new MD5Digest(),
        Oids.Sha1 => new Sha1Digest(),
        Oids.Sha224 => new Sha224Digest(),
        Oids.Sha256 => new Sha256Digest(),
        Oids.Sha384 => new Sha384Digest(),
        Oids.Sha512 => new Sha512Digest(),
        Oids.Shake128 => new ShakeDigest(128),
        Oids.Shake256 => new ShakeDigest(256),
        _ => throw new NotSupportedException(oid),
    };

    /// <summary>With SHAKE the signer takes the mask from it too, without MGF1, as RFC 8692 wants it (RFC 8702 3.2.1).</summary>
    private static ISigner RsaSigner(SignatureScheme scheme) => scheme.Kind == SignatureKind.RsaPss
        ? new PssSigner(new RsaBlindedEngine(), Create(scheme.DigestOid), Digests.Length(scheme.DigestOid))
        : new RsaDigestSigner(Create(scheme.DigestOid), new DerObjectIdentifier(scheme.DigestOid));

    private static RsaKeyParameters RsaNumbers(SubjectPublicKeyInfo key)
    {
        RsaPublicKey numbers = RsaPublicKey.Read(key);
        return new RsaKeyParameters(false, Number(numbers.Modulus.ToArray()), Number(numbers.Exponent.ToArray()));
    }

    private static byte[] Crypt(RsaEncryption encryption, bool forEncryption, ICipherParameters key, byte[] data)
    {
        IAsymmetricBlockCipher cipher = encryption.IsOaep ? Oaep(encryption, new RsaBlindedEngine()) : new Pkcs1Encoding(new RsaBlindedEngine());
        cipher.Init(forEncryption, key);
        return cipher.ProcessBlock(data, 0, data.Length);
    }

    private static OaepEncoding Oaep(RsaEncryption encryption, IAsymmetricBlockCipher rsa) =>
        new(rsa, Create(encryption.Digest!), Create(encryption.MaskDigest!), encryption.Label.ToArray());

    internal static void Update(ISigner signer, ReadOnlyMemory<byte> data)
    {
        ArraySegment<byte> segment = data.AsSegment();
        signer.BlockUpdate(segment.Array, segment.Offset, segment.Count);
    }

    /// <summary>Stands for RSA where that was done elsewhere.</summary>
    private sealed class DecryptedBlock(int length) : IAsymmetricBlockCipher
    {
        public string AlgorithmName => "RSA";

        public void Init(bool forEncryption, ICipherParameters parameters)
        {
        }

        public int GetInputBlockSize() => length;

        public int GetOutputBlockSize() => length - 1;

        /// <summary>As the library's RSA gives it: without the zero in front; where that is none, one octet too long, which is refused.</summary>
        public byte[] ProcessBlock(byte[] inBuf, int inOff, int inLen) => inBuf[inOff] == 0 ? inBuf.AsSpan(inOff + 1, inLen - 1).ToArray() : inBuf.AsSpan(inOff, inLen).ToArray();
    }

    private sealed class RsaVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, RsaKeyParameters numbers) : Verifier(backEnd, key)
    {
        public override void Dispose()
        {
        }

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
        {
            ISigner signer = RsaSigner(scheme);
            signer.Init(false, numbers);
            Update(signer, data);
            return signer.VerifySignature(signature.ToArray());
        }
    }

    private sealed class EcVerifier(ICryptoBackEnd backEnd, SubjectPublicKeyInfo key, ECPublicKeyParameters point, EcCurve curve) : Verifier(backEnd, key)
    {
        public override void Dispose()
        {
        }

        private protected override bool VerifyCore(SignatureScheme scheme, ReadOnlyMemory<byte> data, ReadOnlyMemory<byte> signature)
        {
            if (EcdsaSignature.ToP1363(signature, curve.FieldBytes) is not { } numbers)
                return false;
            var signer = new ECDsaSigner();
            signer.Init(false, point);
            return signer.VerifySignature(
                Digests.Compute(scheme.DigestOid, data),
                new BigInteger(1, numbers, 0, curve.FieldBytes),
                new BigInteger(1, numbers, curve.FieldBytes, curve.FieldBytes));
        }
    }

    private sealed class EcKey(EcCurve curve, ECPrivateKeyParameters key) : PrivateKey(EcPublicKey.Write(curve, PointOf(key)))
    {
        public override bool CanAgree => true;

        public override bool Exportable => true;

        public override void Dispose()
        {
        }

        internal override bool CanUse(SignatureScheme scheme) => true;

        /// <summary>By RFC 6979: no random number that could be bad. With SHAKE, which makes no HMAC here, the number is random.</summary>
        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
        {
            ECDsaSigner signer = scheme.IsWithShake ? new() : new(new HMacDsaKCalculator(Create(scheme.DigestOid)));
            signer.Init(true, scheme.IsWithShake ? new ParametersWithRandom(key, Random()) : key);
            BigInteger[] numbers = signer.GenerateSignature(Digests.Compute(scheme.DigestOid, data));
            var p1363 = new byte[2 * curve.FieldBytes];
            Integers.Pad(numbers[0].ToByteArrayUnsigned(), curve.FieldBytes)!.CopyTo(p1363, 0);
            Integers.Pad(numbers[1].ToByteArrayUnsigned(), curve.FieldBytes)!.CopyTo(p1363, curve.FieldBytes);
            return EcdsaSignature.ToDer(p1363);
        }

        private protected override byte[] AgreeCore(SubjectPublicKeyInfo peer)
        {
            byte[] d = key.D.ToByteArrayUnsigned();
            try
            {
                return BouncyCastleBackEnd.Agree(curve, d, peer);
            }
            finally
            {
                Secrets.Clear(d);
            }
        }

        private protected override byte[] ExportCore()
        {
            byte[] d = Integers.Pad(key.D.ToByteArrayUnsigned(), curve.FieldBytes)!;
            try
            {
                return EcPrivateKey.WritePkcs8(curve, d, PublicKey.Key.ToArray());
            }
            finally
            {
                Secrets.Clear(d);
            }
        }
    }

    private sealed class RsaKey(RsaPrivateCrtKeyParameters key, AlgorithmIdentifier algorithm)
        : PrivateKey(RsaPublicKey.Write(new RSAParameters { Modulus = key.Modulus.ToByteArrayUnsigned(), Exponent = key.PublicExponent.ToByteArrayUnsigned() }, algorithm.Oid, algorithm.Parameters))
    {
        public override bool Exportable => true;

        public override void Dispose()
        {
        }

        internal override bool CanUse(SignatureScheme scheme) => true;

        private protected override byte[] SignCore(SignatureScheme scheme, ReadOnlyMemory<byte> data)
        {
            ISigner signer = RsaSigner(scheme);
            signer.Init(true, scheme.Kind == SignatureKind.RsaPss ? new ParametersWithRandom(key, Random()) : key);
            Update(signer, data);
            return signer.GenerateSignature();
        }

        private protected override byte[] DecryptCore(RsaEncryption encryption, byte[] ciphertext) =>
            Crypt(encryption, forEncryption: false, new ParametersWithRandom(key, Random()), ciphertext);

        private protected override byte[] ExportCore()
        {
            var numbers = new RSAParameters
            {
                Modulus = key.Modulus.ToByteArrayUnsigned(),
                Exponent = key.PublicExponent.ToByteArrayUnsigned(),
                D = key.Exponent.ToByteArrayUnsigned(),
                P = key.P.ToByteArrayUnsigned(),
                Q = key.Q.ToByteArrayUnsigned(),
                DP = key.DP.ToByteArrayUnsigned(),
                DQ = key.DQ.ToByteArrayUnsigned(),
                InverseQ = key.QInv.ToByteArrayUnsigned(),
            };
            byte[] pkcs1 = RsaPrivateKey.Write(numbers);
            RsaPrivateKey.Clear(numbers);
            try
            {
                return Pkcs8.Write(PublicKey.Algorithm, pkcs1);
            }
            finally
            {
                Secrets.Clear(pkcs1);
            }
        }
    }
}
