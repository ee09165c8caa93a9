using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Cng;

namespace Cmp.Tests.Keys;

/// <summary>The key storage of a Windows that is not there: keys in memory, by provider and name, with the blobs and statuses of CNG.</summary>
internal sealed class FakeCng : ICngStorage
{
    internal const string Software = "Microsoft Software Key Storage Provider";
    internal const string Tpm = "Microsoft Platform Crypto Provider";
    internal const string Card = "Microsoft Smart Card Key Storage Provider";

    private static readonly Dictionary<string, string[]> Known = new()
    {
        [Software] = ["RSA", "ECDSA", "ECDSA_P256", "ECDSA_P384", "ECDSA_P521", "ML-DSA", "AES"],
        [Tpm] = ["RSA", "ECDSA_P256"],
        [Card] = ["RSA"],
    };

    private readonly Dictionary<CngName, Dictionary<string, byte[]>> _properties = [];
    private readonly Dictionary<CngName, object> _keys = [];

    public IReadOnlyList<string> Providers => [.. Known.Keys];

    internal IReadOnlyCollection<CngName> Names => _keys.Keys;

    /// <summary>A status that everything which makes, opens, signs or deletes ends in.</summary>
    internal int Refusal { get; set; }

    /// <summary>A status that signing by RSASSA-PSS ends in.</summary>
    internal int PssRefusal { get; set; }

    /// <summary>Whether RSASSA-PSS signs with another salt than was asked for.</summary>
    internal bool HasOwnSalt { get; set; }

    /// <summary>Whether keys are made that no reader knows.</summary>
    internal bool MakesOthers { get; set; }

    /// <summary>What was set before a key was made, as it came: not a copy.</summary>
    internal List<CngKeyProperty> Given { get; } = [];

    /// <summary>Whether deleting a key wants the PIN.</summary>
    internal bool DeletesWithPin { get; set; }

    /// <summary>The PIN of the card; <see langword="null"/>: any.</summary>
    internal string? Pin { get; set; }

    /// <summary>How often a wrong one was tried.</summary>
    internal int WrongPins { get; private set; }

    internal List<bool> Silent { get; } = [];

    internal List<string> Signatures { get; } = [];

    internal List<CngPadding> Decryptions { get; } = [];

    public IReadOnlyList<string> Algorithms(string provider) => Known[provider];

    public ICngKey Create(CngName name, string algorithm, IReadOnlyList<CngKeyProperty> properties, bool silent)
    {
        Refuse(silent);
        TryPin(properties.FirstOrDefault(property => property.Name == CngKeyProperty.Pin)?.Value);
        Given.AddRange(properties);
        Dictionary<string, byte[]> set = properties.ToDictionary(property => property.Name, property => (byte[])property.Value.Clone());
        object key = algorithm switch
        {
            "RSA" when name.Provider == Tpm && BitConverter.ToInt32(set["Length"], 0) > 2048 => throw Status(CngErrors.NotSupported),
            "RSA" => RSA.Create(BitConverter.ToInt32(set["Length"], 0)),
            "ML-DSA" => PrivateKey.Generate(KeyAlgorithm.Parse("ML-DSA-" + CngKeyProperty.Text(set["ParameterSetName"]))),
            "ECDSA" => ECDsa.Create(ECCurve.CreateFromFriendlyName(CngKeyProperty.Text(set["ECCCurveName"]))),
            _ => ECDsa.Create(ECCurve.CreateFromFriendlyName("nist" + algorithm.Substring("ECDSA_".Length))),
        };
        set["Algorithm Group"] = Encoding.Unicode.GetBytes((MakesOthers ? "DSA" : key is RSA ? "RSA" : key is ECDsa ? "ECDSA" : "MLDSA") + "\0");
        _keys.Add(name, key);
        _properties.Add(name, set);
        return new Key(this, name, silent) { Pin = set.TryGetValue(CngKeyProperty.Pin, out byte[]? pin) ? pin : null };
    }

    public ICngKey Open(CngName name, bool silent)
    {
        Refuse(silent);
        return _keys.ContainsKey(name) ? new Key(this, name, silent) : throw Status(CngErrors.BadKeySet);
    }

    public X509Certificate2 Tie(X509Certificate2 certificate, CngName name)
    {
        var copy = X509CertificateLoader.LoadCertificate(certificate.RawData);
        Tied[copy.Thumbprint] = name;
        return copy;
    }

    internal Dictionary<string, CngName> Tied { get; } = [];

    public CngName? KeyOf(X509Certificate2 certificate) => Tied.TryGetValue(certificate.Thumbprint, out CngName? name) ? name : null;

    internal byte[] Property(CngName name, string property) => _properties[name][property];

    internal bool Has(CngName name, string property) => _properties[name].ContainsKey(property);

    internal void Set(CngName name, string property, byte[] value) => _properties[name][property] = value;

    internal static CryptographicException Status(int status) => new CngRefusal(status);

    private void TryPin(byte[]? pin)
    {
        if (pin is null || Pin is null || CngKeyProperty.Text(pin) == Pin)
            return;
        WrongPins++;
        throw Status(CngErrors.WrongPin);
    }

    private void Refuse(bool silent)
    {
        lock (Silent)
            Silent.Add(silent);
        if (Refusal != 0)
            throw Status(Refusal);
    }

    private sealed class Key(FakeCng storage, CngName name, bool silent) : ICngKey
    {
        public byte[] GetProperty(string property, uint flags) =>
            storage._properties[name].TryGetValue(property, out byte[]? value) ? value : throw Status(CngErrors.NotSupported);

        /// <summary>The PIN of this handle; as with most cards it is looked at when it is needed.</summary>
        internal byte[]? Pin { get; set; }

        public void SetProperty(CngKeyProperty property, uint flags)
        {
            if (property.Name == CngKeyProperty.Pin)
                Pin = (byte[])property.Value.Clone();
            else
                storage._properties[name][property.Name] = (byte[])property.Value.Clone();
        }

        public byte[] Export(string blobType) => (blobType, storage._keys[name]) switch
        {
            ("RSAPUBLICBLOB", RSA rsa) => Blob(rsa.ExportParameters(false)),
            ("ECCPUBLICBLOB", ECDsa ecdsa) => Blob(ecdsa.ExportParameters(false), storage._properties[name].ContainsKey("ECCCurveName"), CngKeyProperty.Text(storage._properties[name]["Algorithm Group"]) == "ECDH"),
            ("PQDSAPUBLICBLOB", PrivateKey key) => [.. Numbers(0x4B505344, 6, key.PublicKey.Key.Length), .. Encoding.Unicode.GetBytes(key.Algorithm.Name.Substring(7) + "\0"), .. key.PublicKey.Key.ToArray()],
            ("PKCS8_PRIVATEKEY", AsymmetricAlgorithm key) => key.ExportPkcs8PrivateKey(),
            _ => throw Status(CngErrors.NotSupported),
        };

        public byte[] Sign(byte[] input, CngPadding padding)
        {
            storage.Refuse(silent);
            storage.TryPin(Pin);
            storage.Signatures.Add(padding.ToString());
            if (padding.Flag == CngPadding.PssFlag && storage.PssRefusal != 0)
                throw Status(storage.PssRefusal);
            var hash = new HashAlgorithmName(padding.Hash);
            return storage._keys[name] switch
            {
                RSA rsa when padding.Flag == CngPadding.PssFlag => storage.HasOwnSalt ? new byte[rsa.KeySize / 8] : rsa.SignHash(input, hash, RSASignaturePadding.Pss),
                RSA rsa => rsa.SignHash(input, hash, RSASignaturePadding.Pkcs1),
                ECDsa ecdsa => ecdsa.SignHash(input),
                PrivateKey key => key.Sign(input, SignatureAlgorithms.For(key)),
                _ => throw new InvalidOperationException(),
            };
        }

        public byte[] Decrypt(byte[] input, CngPadding padding)
        {
            storage.Refuse(silent);
            storage.TryPin(Pin);
            storage.Decryptions.Add(padding);
            try
            {
                return ((RSA)storage._keys[name]).Decrypt(input, padding.Flag == CngPadding.OaepFlag ? RSAEncryptionPadding.CreateOaep(new HashAlgorithmName(padding.Hash)) : RSAEncryptionPadding.Pkcs1);
            }
            catch (CryptographicException)
            {
                throw Status(CngErrors.InvalidParameter);
            }
        }

        public void Delete()
        {
            storage.Refuse(silent);
            if (storage.DeletesWithPin && Pin is null)
                throw Status(CngErrors.SilentContext);
            storage.TryPin(Pin);
            storage._keys.Remove(name);
            storage._properties.Remove(name);
        }

        public void Dispose()
        {
        }

        private static byte[] Blob(RSAParameters key) =>
            [.. Numbers(0x31415352, 8 * key.Modulus!.Length, key.Exponent!.Length, key.Modulus.Length, 0, 0), .. key.Exponent, .. key.Modulus];

        private static byte[] Blob(ECParameters key, bool isByName, bool agrees)
        {
            int magic = isByName ? (agrees ? 0x504B4345 : 0x50444345) : key.Q.X!.Length switch { 32 => 0x31534345, 48 => 0x33534345, _ => 0x35534345 };
            if (agrees && !isByName)
                magic = (magic & ~0xFF0000) | 0x4B0000;
            return [.. Numbers(magic, key.Q.X!.Length), .. key.Q.X, .. key.Q.Y!];
        }

        private static byte[] Numbers(params int[] numbers) => [.. numbers.SelectMany(BitConverter.GetBytes)];
    }
}
