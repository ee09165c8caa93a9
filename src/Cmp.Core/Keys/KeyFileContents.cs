using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.State;

namespace Cmp.Keys;

/// <summary>
/// What a file of keys and certificates holds, whatever its form: PEM with any of its blocks, PKCS #12, PKCS #7, a certificate or a key in DER.
/// Its octets tell the form; its name does not count.
/// </summary>
internal sealed class KeyFileContents : IDisposable
{
    private const string SignedData = "1.2.840.113549.1.7.2";
    private const int PfxVersion = 3;

    private readonly string _name;
    private readonly SecureString? _password;
    private readonly DerivationBudget _budget;
    private readonly bool _withKeys;
    private readonly List<PrivateKey> _keys = [];
    private readonly List<byte[]> _certificates = [];

    private KeyFileContents(string name, SecureString? password, CmpLimits limits, bool withKeys)
    {
        _name = name;
        _password = password;
        _budget = new DerivationBudget(limits);
        _withKeys = withKeys;
    }

    /// <summary>The keys, in their order; they are disposed of with the contents, but for those that were released.</summary>
    internal IReadOnlyList<PrivateKey> Keys => _keys;

    /// <summary>The certificates, in their order, each decodable.</summary>
    internal IReadOnlyList<byte[]> Certificates => _certificates;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Which.</param>
    /// <param name="password">Its password, where it has one.</param>
    /// <param name="limits">Bounds, checked before anything is derived (rule 18).</param>
    /// <param name="withKeys">Whether private keys are wanted; where not, those in PEM are left encrypted.</param>
    /// <returns>What it holds; nothing where it is of no known form.</returns>
    /// <exception cref="CmpException"><c>CmpStore.NotFound</c>, <c>CmpStore.AccessDenied</c>, <c>CmpStore.Unreadable</c>; <c>CmpKey.Password</c>, <c>CmpKey.PasswordRequired</c>, <c>CmpKey.Unreadable</c>, <c>CmpKey.Algorithm</c>, <c>CmpKey.Limit</c>.</exception>
    internal static KeyFileContents Read(string path, SecureString? password, CmpLimits? limits, bool withKeys)
    {
        byte[] octets = BoundedFile.Read(path);
        var contents = new KeyFileContents(path, password, limits ?? CmpLimits.Default, withKeys);
        try
        {
            if (Pem.IsPem(octets))
                contents.ReadPem(octets);
            else
                contents.ReadDer(octets);
            return contents;
        }
        catch (Exception e)
        {
            contents.Dispose();
            if (e is not CmpException || e is CmpException { Kind: CmpErrorKind.Malformed })
                throw KeyErrors.Unreadable(path, $"cannot be read: {e.Message}");
            if (e is CmpException { ErrorId: "CmpKey.Malformed" })
                throw KeyErrors.Unreadable(path, "holds a private key that is damaged.");
            throw;
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <summary>Leaves a key to the caller, so that it outlives the contents.</summary>
    internal void Release(PrivateKey key) => _keys.Remove(key);

    public void Dispose() => _keys.ForEach(key => key.Dispose());

    private void ReadPem(byte[] octets)
    {
        foreach (PemBlock block in Pem.Read(octets))
        {
            try
            {
                ReadBlock(block);
            }
            finally
            {
                Secrets.Clear(block.Octets);
            }
        }
    }

    private void ReadBlock(PemBlock block)
    {
        switch (block.Label)
        {
            case "CERTIFICATE" or "X509 CERTIFICATE":
                AddCertificate((byte[])block.Octets.Clone());
                break;
            case "PKCS7" or "CMS":
                ReadPkcs7(block.Octets);
                break;
            case string label when !label.EndsWith("PRIVATE KEY", StringComparison.Ordinal) || !_withKeys:
                break;
            case "OPENSSH PRIVATE KEY":
                throw KeyErrors.Unreadable(_name, "is a key of OpenSSH's own form.", "Convert a copy of it: ssh-keygen -p -m PKCS8 -f FILE");
            case var _ when block.HasHeaders:
                throw KeyErrors.Algorithm("A key that OpenSSL encrypted in its oldest form");
            case "ENCRYPTED PRIVATE KEY":
                ReadEncryptedKey(block.Octets);
                break;
            case "PRIVATE KEY":
                _keys.Add(PrivateKey.FromPkcs8(block.Octets));
                break;
            case "RSA PRIVATE KEY":
                _keys.Add(PrivateKey.FromPkcs1(block.Octets));
                break;
            case "EC PRIVATE KEY":
                _keys.Add(PrivateKey.FromSec1(block.Octets));
                break;
            default:
                throw KeyErrors.Algorithm($"A {PeerText.Escape(block.Label, 64)}");
        }
    }

    /// <summary>Reads DER: what the outer SEQUENCE begins with shows which structure it is.</summary>
    private void ReadDer(byte[] octets)
    {
        if (octets.Length < 2 || octets[0] != 0x30)
            return;
        byte[] der = Ber.IsIndefinite(octets) ? Ber.ToDer(octets) : octets;
        (Asn1Tag first, int version, Asn1Tag second) = Asn1Reader.Decode(der, null, (ref Asn1Reader reader) => Beginning(ref reader));
        if (first == Asn1Tag.ObjectIdentifier)
            ReadPkcs7(der);
        else if (first == Asn1Tag.Integer && second == Asn1Tag.Sequence && version == PfxVersion)
            ReadPkcs12(der);
        else if (first == Asn1Tag.Sequence && second != Asn1Tag.PrimitiveOctetString)
            AddCertificate((byte[])der.Clone());
        else if (!_withKeys)
            return;
        else if (first == Asn1Tag.Sequence)
            ReadEncryptedKey(der);
        else if (second == Asn1Tag.Sequence)
            _keys.Add(PrivateKey.FromPkcs8(der));
        else if (second == Asn1Tag.Integer)
            _keys.Add(PrivateKey.FromPkcs1(der));
        else
            _keys.Add(PrivateKey.FromSec1(der));
    }

    private static (Asn1Tag First, int Version, Asn1Tag Second) Beginning(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence();
        Asn1Tag first = inner.PeekTag();
        int version = first == Asn1Tag.Integer ? inner.ReadInt32() : 0;
        if (first != Asn1Tag.Integer)
            inner.ReadEncoded();
        return (first, version, inner.PeekTag());
    }

    /// <summary>EncryptedPrivateKeyInfo ::= SEQUENCE { encryptionAlgorithm AlgorithmIdentifier, encryptedData OCTET STRING } (RFC 5958 3).</summary>
    private void ReadEncryptedKey(byte[] octets)
    {
        (AlgorithmIdentifier algorithm, byte[] ciphertext) = Asn1Reader.Decode(octets, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader inner = reader.ReadSequence();
            return (AlgorithmIdentifier.Read(ref inner), inner.ReadOctetString().ToArray());
        });
        if (_password is null)
            throw KeyErrors.PasswordRequired(_name);
        using Password password = Password.Of(_password);
        AddDecryptedKey(PasswordEncryption.Decrypt(algorithm, ciphertext, password, _budget, _name), password);
    }

    private void ReadPkcs12(byte[] octets)
    {
        var keys = new List<byte[]>();
        try
        {
            var certificates = new List<byte[]>();
            using Password password = Password.Of(_password);
            Pkcs12.Read(octets, password, _budget, _name, certificates, keys);
            certificates.ForEach(AddCertificate);
            if (_withKeys)
                keys.ForEach(key => AddDecryptedKey(key, password));
        }
        finally
        {
            keys.ForEach(Secrets.Clear);
        }
    }

    /// <summary>
    /// The certificates of a message that nobody signed (RFC 2315 9.1, RFC 5652 5.1):
    /// SignedData ::= SEQUENCE { version, digestAlgorithms, contentInfo, certificates [0] IMPLICIT OPTIONAL, crls [1] IMPLICIT OPTIONAL, signerInfos }.
    /// </summary>
    private void ReadPkcs7(byte[] octets) => Asn1Reader.Decode<object?>(Ber.IsIndefinite(octets) ? Ber.ToDer(octets) : octets, null, (ref Asn1Reader reader) =>
    {
        Asn1Reader info = reader.ReadSequence();
        if (info.ReadOid() != SignedData)
            throw info.Malformed("PKCS #7 without certificates");
        Asn1Reader signedData = info.ReadConstructed(Tags.Constructed(0)).ReadSequence();
        signedData.ReadInt32();
        signedData.ReadEncoded();
        signedData.ReadEncoded();
        if (!signedData.IsNext(Tags.Constructed(0)))
            return null;
        Asn1Reader certificates = signedData.ReadConstructed(Tags.Constructed(0));
        while (certificates.HasData)
        {
            byte[] encoded = certificates.ReadEncoded().ToArray();
            if (encoded[0] == 0x30)
                AddCertificate(encoded);
        }
        return null;
    });

    private void AddCertificate(byte[] octets)
    {
        Certificate.Decode(octets);
        _certificates.Add(octets);
    }

    private void AddDecryptedKey(byte[] pkcs8, Password password)
    {
        try
        {
            _keys.Add(PrivateKey.FromPkcs8(pkcs8));
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.Malformed")
        {
            // one of 256 wrong passwords leaves a padding that looks right
            throw KeyErrors.WrongPassword(_name, password);
        }
        finally
        {
            Secrets.Clear(pkcs8);
        }
    }
}
