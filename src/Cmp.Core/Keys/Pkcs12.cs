using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Macs;
using Org.BouncyCastle.Security;

namespace Cmp.Keys;

/// <summary>Reads and writes PKCS #12, the PFX files of Windows. Certificates and keys keep the octets that they have there.</summary>
/// <remarks>
/// RFC 7292 4:
/// <code>
/// PFX ::= SEQUENCE { version INTEGER {v3(3)}, authSafe ContentInfo, macData MacData OPTIONAL }
/// MacData ::= SEQUENCE { mac DigestInfo, macSalt OCTET STRING, iterations INTEGER DEFAULT 1 }
/// AuthenticatedSafe ::= SEQUENCE OF ContentInfo        -- Data, EncryptedData or EnvelopedData
/// SafeContents ::= SEQUENCE OF SafeBag
/// SafeBag ::= SEQUENCE { bagId OBJECT IDENTIFIER, bagValue [0] EXPLICIT ANY, bagAttributes SET OF PKCS12Attribute OPTIONAL }
/// CertBag ::= SEQUENCE { certId OBJECT IDENTIFIER, certValue [0] EXPLICIT OCTET STRING }
/// </code>
/// </remarks>
internal static class Pkcs12
{
    private const string Data = "1.2.840.113549.1.7.1";
    private const string EncryptedData = "1.2.840.113549.1.7.6";
    private const string KeyBag = "1.2.840.113549.1.12.10.1.1";
    private const string ShroudedKeyBag = "1.2.840.113549.1.12.10.1.2";
    private const string CertBag = "1.2.840.113549.1.12.10.1.3";
    private const string SafeContentsBag = "1.2.840.113549.1.12.10.1.6";
    private const string X509Certificate = "1.2.840.113549.1.9.22.1";
    private const string FriendlyName = "1.2.840.113549.1.9.20";
    private const string LocalKeyId = "1.2.840.113549.1.9.21";

    // three derivations guard a file; .NET refuses to open one without a password that has more than 600 000 in all
    private const int Iterations = 100_000;
    private const int SaltBytes = 16;

    private static readonly HashSet<string> MacDigests = [Oids.Sha1, Oids.Sha224, Oids.Sha256, Oids.Sha384, Oids.Sha512];

    /// <summary>Reads a file.</summary>
    /// <param name="octets">Its octets, DER or BER.</param>
    /// <param name="password">The password, empty where none was given.</param>
    /// <param name="budget">What it may cost, checked before anything is derived (rule 18).</param>
    /// <param name="name">The file's name, for errors.</param>
    /// <param name="certificates">Takes the X.509 certificates.</param>
    /// <param name="keys">Takes the keys, each a PrivateKeyInfo, not encrypted: the caller clears them, after a failure too.</param>
    /// <exception cref="CmpException"><c>CmpKey.Password</c>, <c>CmpKey.PasswordRequired</c>, <c>CmpKey.Algorithm</c>, <c>CmpKey.Limit</c>, <c>CmpMessage.Malformed</c>.</exception>
    internal static void Read(byte[] octets, Password password, DerivationBudget budget, string name, ICollection<byte[]> certificates, ICollection<byte[]> keys)
    {
        (byte[] safe, MacData? mac) = Asn1Reader.Decode(Ber.ToDer(octets), null, (ref Asn1Reader reader) =>
        {
            Asn1Reader pfx = reader.ReadSequence();
            pfx.ReadInt32();
            (string type, byte[] content) = ReadContentInfo(ref pfx);
            if (type != Data)
                throw KeyErrors.Algorithm("A PKCS #12 file that is signed instead of protected by a password");
            return (content, pfx.HasData ? MacData.Read(ref pfx) : null);
        });
        Password fitting = mac is null ? password : FormThatFits(mac, safe, password, budget, name);
        var reading = new Reading(fitting, budget, name, certificates, keys);
        Asn1Reader.Decode<object?>(Ber.ToDer(safe), null, (ref Asn1Reader reader) =>
        {
            Asn1Reader parts = reader.ReadSequence();
            while (parts.HasData)
                reading.Part(ref parts);
            return null;
        });
    }

    /// <summary>Writes a file as OpenSSL 3 does and Windows reads since 10 1709: AES-256-CBC under PBKDF2 and a MAC, all of SHA-256.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="chain">Those of its issuers.</param>
    /// <param name="pkcs8">Its private key, a PrivateKeyInfo, or <see langword="null"/>.</param>
    /// <param name="password">The password, which may be empty.</param>
    /// <param name="friendlyName">What Windows calls the certificate, or <see langword="null"/>.</param>
    /// <returns>The DER.</returns>
    internal static byte[] Write(byte[] certificate, IEnumerable<byte[]> chain, byte[]? pkcs8, Password password, string? friendlyName)
    {
        byte[] localKeyId = Digests.Compute(Oids.Sha1, certificate);
        byte[] safe = Der(writer =>
        {
            WriteContentInfo(writer, EncryptedData, encrypted =>
            {
                byte[] bags = Der(w =>
                {
                    WriteCertificate(w, certificate, localKeyId, friendlyName);
                    foreach (byte[] issuer in chain)
                        WriteCertificate(w, issuer, null, null);
                });
                (AlgorithmIdentifier algorithm, byte[] ciphertext) = PasswordEncryption.Encrypt(bags, password, Iterations);
                using (encrypted.PushSequence())
                {
                    encrypted.WriteInteger(0);
                    using (encrypted.PushSequence())
                    {
                        encrypted.WriteObjectIdentifier(Data);
                        algorithm.Write(encrypted);
                        encrypted.WriteOctetString(ciphertext, Tags.Primitive(0));
                    }
                }
            });
            if (pkcs8 is not null)
                WriteData(writer, Der(w => WriteKey(w, pkcs8, localKeyId, friendlyName, password)));
        });
        byte[] salt = Secrets.Random(SaltBytes);
        byte[] mac = Mac(Oids.Sha256, safe, password.Bmp, salt, Iterations);
        var pfx = new AsnWriter(AsnEncodingRules.DER);
        using (pfx.PushSequence())
        {
            pfx.WriteInteger(3);
            WriteData(pfx, safe);
            using (pfx.PushSequence())
            {
                using (pfx.PushSequence())
                {
                    AlgorithmIdentifier.WithNull(Oids.Sha256).Write(pfx);
                    pfx.WriteOctetString(mac);
                }
                pfx.WriteOctetString(salt);
                pfx.WriteInteger(Iterations);
            }
        }
        return pfx.Encode();
    }

    /// <summary>The form of the password that the MAC was made with: the empty one is written with two octets of zero, or with none.</summary>
    private static Password FormThatFits(MacData mac, byte[] safe, Password password, DerivationBudget budget, string name)
    {
        int iterations = budget.Spend(mac.Iterations, mac.Salt.Length);
        if (!MacDigests.Contains(mac.Digest.Oid))
            throw KeyErrors.Algorithm($"A PKCS #12 file with a MAC by {Oids.NameOf(mac.Digest.Oid)}");
        Password[] forms = password.IsEmpty ? [password, Password.None] : [password];
        foreach (Password form in forms)
        {
            if (Secrets.FixedTimeEquals(mac.Value, Mac(mac.Digest.Oid, safe, form.Bmp, mac.Salt, iterations)))
                return form;
        }
        throw KeyErrors.WrongPassword(name, password);
    }

    private static byte[] Mac(string digest, byte[] safe, byte[] bmpPassword, byte[] salt, int iterations)
    {
        IDigest hash = DigestUtilities.GetDigest(digest);
        var hmac = new HMac(DigestUtilities.GetDigest(digest));
        hmac.Init(PasswordEncryption.Pkcs12Derivation(hash, bmpPassword, salt, iterations).GenerateDerivedMacParameters(8 * hash.GetDigestSize()));
        hmac.BlockUpdate(safe, 0, safe.Length);
        var mac = new byte[hmac.GetMacSize()];
        hmac.DoFinal(mac, 0);
        return mac;
    }

    /// <summary>Reads a ContentInfo whose content is an OCTET STRING, or hands on what another one has.</summary>
    private static (string Type, byte[] Content) ReadContentInfo(ref Asn1Reader reader)
    {
        Asn1Reader info = reader.ReadSequence();
        string type = info.ReadOid();
        Asn1Reader content = info.ReadConstructed(Tags.Constructed(0));
        return (type, type == Data ? Ber.ReadOctets(ref content, Asn1Tag.PrimitiveOctetString) : content.ReadEncoded().ToArray());
    }

    private static void WriteContentInfo(AsnWriter writer, string type, Action<AsnWriter> content)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(Tags.Constructed(0)))
                content(writer);
        }
    }

    private static void WriteData(AsnWriter writer, byte[] octets) => WriteContentInfo(writer, Data, w => w.WriteOctetString(octets));

    private static void WriteCertificate(AsnWriter writer, byte[] certificate, byte[]? localKeyId, string? friendlyName) =>
        WriteBag(writer, CertBag, localKeyId, friendlyName, value =>
        {
            using (value.PushSequence())
            {
                value.WriteObjectIdentifier(X509Certificate);
                using (value.PushSequence(Tags.Constructed(0)))
                    value.WriteOctetString(certificate);
            }
        });

    private static void WriteKey(AsnWriter writer, byte[] pkcs8, byte[] localKeyId, string? friendlyName, Password password) =>
        WriteBag(writer, ShroudedKeyBag, localKeyId, friendlyName, value =>
        {
            (AlgorithmIdentifier algorithm, byte[] ciphertext) = PasswordEncryption.Encrypt(pkcs8, password, Iterations);
            using (value.PushSequence())
            {
                algorithm.Write(value);
                value.WriteOctetString(ciphertext);
            }
        });

    private static void WriteBag(AsnWriter writer, string type, byte[]? localKeyId, string? friendlyName, Action<AsnWriter> writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSequence(Tags.Constructed(0)))
                writeValue(writer);
            if (localKeyId is null && friendlyName is null)
                return;
            using (writer.PushSetOf())
            {
                if (friendlyName is not null)
                    WriteAttribute(writer, FriendlyName, w => w.WriteCharacterString(UniversalTagNumber.BMPString, friendlyName));
                if (localKeyId is not null)
                    WriteAttribute(writer, LocalKeyId, w => w.WriteOctetString(localKeyId));
            }
        }
    }

    private static void WriteAttribute(AsnWriter writer, string type, Action<AsnWriter> writeValue)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            using (writer.PushSetOf())
                writeValue(writer);
        }
    }

    /// <summary>A SEQUENCE of what is written.</summary>
    private static byte[] Der(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            write(writer);
        return writer.Encode();
    }

    private sealed record MacData(AlgorithmIdentifier Digest, byte[] Value, byte[] Salt, BigInteger Iterations)
    {
        internal static MacData Read(ref Asn1Reader reader)
        {
            Asn1Reader mac = reader.ReadSequence();
            Asn1Reader digestInfo = mac.ReadSequence();
            AlgorithmIdentifier digest = AlgorithmIdentifier.Read(ref digestInfo);
            byte[] value = digestInfo.ReadOctetString().ToArray();
            byte[] salt = mac.ReadOctetString().ToArray();
            return new MacData(digest, value, salt, mac.HasData ? mac.ReadInteger() : BigInteger.One);
        }
    }

    /// <summary>Goes through the parts of a file and their bags.</summary>
    private sealed class Reading(Password password, DerivationBudget budget, string name, ICollection<byte[]> certificates, ICollection<byte[]> keys)
    {
        internal void Part(ref Asn1Reader parts)
        {
            (string type, byte[] content) = ReadContentInfo(ref parts);
            byte[] bags = type switch
            {
                Data => content,
                EncryptedData => Decrypt(content),
                _ => throw KeyErrors.Algorithm("A PKCS #12 file that is encrypted for a certificate instead of a password"),
            };
            try
            {
                Asn1Reader.Decode<object?>(Ber.ToDer(bags), null, (ref Asn1Reader reader) =>
                {
                    Bags(ref reader);
                    return null;
                });
            }
            catch (CmpException e) when (type == EncryptedData && e.Kind == CmpErrorKind.Malformed)
            {
                // decrypted to nonsense whose padding was right by chance: one of 256 wrong passwords gets so far
                throw KeyErrors.WrongPassword(name, password);
            }
        }

        private void Bags(ref Asn1Reader reader)
        {
            Asn1Reader bags = reader.ReadSequence();
            while (bags.HasData)
            {
                Asn1Reader bag = bags.ReadSequence();
                string type = bag.ReadOid();
                Asn1Reader value = bag.ReadConstructed(Tags.Constructed(0));
                switch (type)
                {
                    case KeyBag:
                        keys.Add(value.ReadEncoded().ToArray());
                        break;
                    case ShroudedKeyBag:
                        Asn1Reader shrouded = value.ReadSequence();
                        AlgorithmIdentifier algorithm = AlgorithmIdentifier.Read(ref shrouded);
                        keys.Add(PasswordEncryption.Decrypt(algorithm, shrouded.ReadOctetString().ToArray(), password, budget, name));
                        break;
                    case CertBag:
                        Asn1Reader certificate = value.ReadSequence();
                        if (certificate.ReadOid() == X509Certificate)
                            certificates.Add(certificate.ReadConstructed(Tags.Constructed(0)).ReadOctetString().ToArray());
                        break;
                    case SafeContentsBag:
                        Bags(ref value);
                        break;
                }
            }
        }

        /// <summary>EncryptedData of RFC 2315: version, and EncryptedContentInfo with its type, its algorithm and [0] its octets.</summary>
        private byte[] Decrypt(byte[] encryptedData)
        {
            (AlgorithmIdentifier algorithm, byte[] ciphertext) = Asn1Reader.Decode(encryptedData, null, (ref Asn1Reader reader) =>
            {
                Asn1Reader data = reader.ReadSequence();
                data.ReadInt32();
                Asn1Reader info = data.ReadSequence();
                info.ReadOid();
                return (AlgorithmIdentifier.Read(ref info), Ber.ReadOctets(ref info, Tags.Primitive(0)));
            });
            return PasswordEncryption.Decrypt(algorithm, ciphertext, password, budget, name);
        }
    }
}
