using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Digests;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Paddings;
using Org.BouncyCastle.Crypto.Parameters;

namespace Cmp.Keys;

/// <summary>Encryption under a password, as PKCS #8 and PKCS #12 files have it: read in its present and its older forms, written in the present one.</summary>
/// <remarks>
/// RFC 8018 6.2 and appendix A:
/// <code>
/// PBES2-params ::= SEQUENCE { keyDerivationFunc AlgorithmIdentifier {id-PBKDF2}, encryptionScheme AlgorithmIdentifier }
/// PBKDF2-params ::= SEQUENCE { salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
///   iterationCount INTEGER (1..MAX), keyLength INTEGER (1..MAX) OPTIONAL, prf AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
/// </code>
/// RFC 7292 appendix C:
/// <code>pkcs-12PbeParams ::= SEQUENCE { salt OCTET STRING, iterations INTEGER }</code>
/// </remarks>
internal static class PasswordEncryption
{
    private const string Aes256Cbc = "2.16.840.1.101.3.4.1.42";
    private const int SaltBytes = 16;
    private const int BlockBytes = 16;

    /// <summary>Ciphers of PBES2 by their OIDs: octets of the key, and the cipher.</summary>
    private static readonly Dictionary<string, (int KeyBytes, Func<IBlockCipher> Engine)> Ciphers = new()
    {
        ["2.16.840.1.101.3.4.1.2"] = (16, () => new AesEngine()),
        ["2.16.840.1.101.3.4.1.22"] = (24, () => new AesEngine()),
        [Aes256Cbc] = (32, () => new AesEngine()),
        ["1.2.840.113549.3.7"] = (24, () => new DesEdeEngine()),
    };

    /// <summary>Schemes of PKCS #12 by their OIDs (RFC 7292 appendix C), all with SHA-1; those with RC4 are left out.</summary>
    private static readonly Dictionary<string, (string Name, int KeyBytes, Func<IBlockCipher> Engine)> Pkcs12Ciphers = new()
    {
        ["1.2.840.113549.1.12.1.3"] = ("DESede", 24, () => new DesEdeEngine()),
        ["1.2.840.113549.1.12.1.4"] = ("DESede", 16, () => new DesEdeEngine()),
        ["1.2.840.113549.1.12.1.5"] = ("RC2", 16, () => new RC2Engine()),
        ["1.2.840.113549.1.12.1.6"] = ("RC2", 5, () => new RC2Engine()),
    };

    /// <summary>Decrypts.</summary>
    /// <param name="algorithm">How it was encrypted.</param>
    /// <param name="ciphertext">What.</param>
    /// <param name="password">The password.</param>
    /// <param name="budget">What it may cost, checked before anything is derived (rule 18).</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <returns>The octets; the caller clears them. A wrong password may, rarely, give octets without meaning.</returns>
    /// <exception cref="CmpException"><c>CmpKey.Password</c>, <c>CmpKey.Algorithm</c>, <c>CmpKey.Limit</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static byte[] Decrypt(AlgorithmIdentifier algorithm, byte[] ciphertext, Password password, DerivationBudget budget, string name)
    {
        IBufferedCipher cipher = algorithm.Oid == Oids.Pbes2
            ? OpenPbes2(algorithm, password, budget)
            : OpenPkcs12(algorithm, password, budget);
        try
        {
            return cipher.DoFinal(ciphertext);
        }
        catch (CryptoException)
        {
            throw KeyErrors.WrongPassword(name, password);
        }
    }

    /// <summary>Encrypts by PBES2: AES-256-CBC under PBKDF2 with HMAC-SHA256.</summary>
    /// <param name="plaintext">What.</param>
    /// <param name="password">The password.</param>
    /// <param name="iterations">Iterations of PBKDF2.</param>
    /// <returns>How it was encrypted, and the encrypted octets.</returns>
    internal static (AlgorithmIdentifier Algorithm, byte[] Ciphertext) Encrypt(byte[] plaintext, Password password, int iterations)
    {
        byte[] salt = Secrets.Random(SaltBytes);
        byte[] iv = Secrets.Random(BlockBytes);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Oids.Pbkdf2);
                using (writer.PushSequence())
                {
                    writer.WriteOctetString(salt);
                    writer.WriteInteger(iterations);
                    AlgorithmIdentifier.WithNull(Oids.HmacWithSha256).Write(writer);
                }
            }
            using (writer.PushSequence())
            {
                writer.WriteObjectIdentifier(Aes256Cbc);
                writer.WriteOctetString(iv);
            }
        }
        byte[] key = Pbkdf2.Derive(Oids.HmacWithSha256, password.Utf8, salt, iterations, 32);
        IBufferedCipher cipher = Cbc(new AesEngine(), forEncryption: true, new ParametersWithIV(new KeyParameter(key), iv));
        Secrets.Clear(key);
        return (new AlgorithmIdentifier(Oids.Pbes2, writer.Encode()), cipher.DoFinal(plaintext));
    }

    /// <summary>A key or a cipher by the derivation of PKCS #12 (RFC 7292 appendix B).</summary>
    internal static Pkcs12ParametersGenerator Pkcs12Derivation(IDigest digest, byte[] bmpPassword, byte[] salt, int iterations)
    {
        var generator = new Pkcs12ParametersGenerator(digest);
        generator.Init(bmpPassword, salt, iterations);
        return generator;
    }

    private static IBufferedCipher OpenPbes2(AlgorithmIdentifier algorithm, Password password, DerivationBudget budget)
    {
        (AlgorithmIdentifier kdf, AlgorithmIdentifier scheme) = Asn1Reader.Decode(algorithm.Parameters ?? default, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            return (AlgorithmIdentifier.Read(ref inner), AlgorithmIdentifier.Read(ref inner));
        });
        if (kdf.Oid != Oids.Pbkdf2)
            throw KeyErrors.Algorithm($"A key derivation other than PBKDF2 ({Oids.NameOf(kdf.Oid)})");
        if (!Ciphers.TryGetValue(scheme.Oid, out (int KeyBytes, Func<IBlockCipher> Engine) cipher))
            throw KeyErrors.Algorithm($"Encryption by {Oids.NameOf(scheme.Oid)}");
        (byte[] salt, BigInteger count, BigInteger? keyLength, string prf) = ReadPbkdf2(kdf);
        int iterations = budget.Spend(count, salt.Length);
        if (keyLength is { } length && length != cipher.KeyBytes)
            throw KeyErrors.Limit("key length", length.ToString(CultureInfo.InvariantCulture), $"{cipher.KeyBytes} for this cipher");
        if (!Pbkdf2.IsSupported(prf))
            throw KeyErrors.Algorithm($"PBKDF2 with {Oids.NameOf(prf)}");
        IBlockCipher engine = cipher.Engine();
        byte[] iv = Asn1Reader.Decode(scheme.Parameters ?? default, null, (ref Asn1Reader reader) => reader.ReadOctetString()).ToArray();
        if (iv.Length != engine.GetBlockSize())
            throw KeyErrors.Limit("initialization vector", $"{iv.Length} octets long", $"{engine.GetBlockSize()} for this cipher");
        byte[] key = Pbkdf2.Derive(prf, password.Utf8, salt, iterations, cipher.KeyBytes);
        IBufferedCipher opened = Cbc(engine, forEncryption: false, new ParametersWithIV(new KeyParameter(key), iv));
        Secrets.Clear(key);
        return opened;
    }

    private static (byte[] Salt, BigInteger Iterations, BigInteger? KeyLength, string Prf) ReadPbkdf2(AlgorithmIdentifier kdf) =>
        Asn1Reader.Decode(kdf.Parameters ?? default, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            byte[] salt = inner.ReadOctetString().ToArray();
            BigInteger iterations = inner.ReadInteger();
            BigInteger? keyLength = inner.IsNext(Asn1Tag.Integer) ? inner.ReadInteger() : null;
            string prf = inner.HasData ? AlgorithmIdentifier.Read(ref inner).Oid : Oids.HmacWithSha1;
            inner.ThrowIfNotEmpty();
            return (salt, iterations, keyLength, prf);
        });

    private static IBufferedCipher OpenPkcs12(AlgorithmIdentifier algorithm, Password password, DerivationBudget budget)
    {
        if (!Pkcs12Ciphers.TryGetValue(algorithm.Oid, out (string Name, int KeyBytes, Func<IBlockCipher> Engine) cipher))
            throw KeyErrors.Algorithm($"Encryption by {Oids.NameOf(algorithm.Oid)}");
        (byte[] salt, BigInteger count) = Asn1Reader.Decode(algorithm.Parameters ?? default, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            return (inner.ReadOctetString().ToArray(), inner.ReadInteger());
        });
        int iterations = budget.Spend(count, salt.Length);
        IBlockCipher engine = cipher.Engine();
        ICipherParameters parameters = Pkcs12Derivation(new Sha1Digest(), password.Bmp, salt, iterations)
            .GenerateDerivedParameters(cipher.Name, 8 * cipher.KeyBytes, 8 * engine.GetBlockSize());
        return Cbc(engine, forEncryption: false, parameters);
    }

    private static IBufferedCipher Cbc(IBlockCipher engine, bool forEncryption, ICipherParameters parameters)
    {
        var cipher = new PaddedBufferedBlockCipher(new CbcBlockCipher(engine), new Pkcs7Padding());
        cipher.Init(forEncryption, parameters);
        return cipher;
    }
}
