using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Cryptography;

/// <summary>A certificate with its key, made by .NET's CertificateRequest.</summary>
internal sealed class TestCertificate
{
    /// <summary>The time at which paths are judged.</summary>
    internal static readonly DateTimeOffset Now = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private TestCertificate(byte[] encoded, PrivateKey key)
    {
        Certificate = Certificate.Decode(encoded);
        Key = key;
    }

    internal Certificate Certificate { get; }

    internal PrivateKey Key { get; }

    internal static TestCertificate Root(string name = "Root", TestProfile? profile = null)
    {
        TestProfile p = profile ?? TestProfile.CA;
        PrivateKey key = p.Key ?? PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        return new TestCertificate(Make(NameOf(name), key, NameOf(name), key, p), key);
    }

    internal TestCertificate Issue(string name, TestProfile? profile = null)
    {
        TestProfile p = profile ?? TestProfile.Leaf;
        PrivateKey key = p.Key ?? PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        return new TestCertificate(Make(NameOf(name), key, new X500DistinguishedName(Certificate.Subject.Encoded.ToArray()), Key, p), key);
    }

    internal TestCertificate IssueCA(string name, TestProfile? profile = null) => Issue(name, profile ?? TestProfile.CA);

    /// <summary>A self-signed certificate for a key, valid today.</summary>
    internal static X509Certificate2 CertificateOf(PrivateKey key) =>
        Load(Root("test", TestProfile.Leaf with { Key = key, NotBefore = DateTimeOffset.UtcNow.AddDays(-1), NotAfter = DateTimeOffset.UtcNow.AddDays(1) }).Certificate.Encoded.ToArray());

    /// <summary>A self-signed certificate of version 1, which has no extensions and which .NET would not write.</summary>
    internal static TestCertificate Version1(string name)
    {
        PrivateKey key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        return Version1(key, NameOf(name).RawData, key, NameOf(name).RawData);
    }

    /// <summary>A certificate of version 1 that this one issued.</summary>
    internal TestCertificate IssueVersion1(string name) =>
        Version1(PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256")), NameOf(name).RawData, Key, Certificate.Subject.Encoded.ToArray());

    /// <summary>The same certificate with one bit of its signature changed.</summary>
    internal TestCertificate WithBrokenSignature()
    {
        byte[] changed = Certificate.Encoded.ToArray();
        changed[changed.Length - 1] ^= 1;
        return new TestCertificate(changed, Key);
    }

    internal static X509Certificate2 Load(byte[] der)
    {
#if NET
        return X509CertificateLoader.LoadCertificate(der);
#else
        return new X509Certificate2(der);
#endif
    }

    internal static X509Certificate2 LoadPfx(byte[] pfx, string password)
    {
#if NET
        return X509CertificateLoader.LoadPkcs12(pfx, password, X509KeyStorageFlags.Exportable);
#else
        return new X509Certificate2(pfx, password, X509KeyStorageFlags.Exportable);
#endif
    }

    private static TestCertificate Version1(PrivateKey key, byte[] subject, PrivateKey issuerKey, byte[] issuer) => new(
        Assemble(issuerKey, SignatureAlgorithms.For(issuerKey), (writer, algorithm) => WriteBody(writer, algorithm, key, subject, issuer, TestProfile.CA)),
        key);

    private static X500DistinguishedName NameOf(string name) => new(name.Length == 0 || name.IndexOf('=') >= 0 ? name : "CN=" + name);

    private static byte[] Make(X500DistinguishedName subject, PrivateKey key, X500DistinguishedName issuer, PrivateKey issuerKey, TestProfile profile)
    {
        List<X509Extension> extensions = ExtensionsOf(profile, key, issuerKey);
#if NET
        if (key.PublicKey.Algorithm.Parameters is not null)
        {
            var request = new CertificateRequest(subject, PublicKeyOf(key), HashAlgorithmName.SHA256);
            foreach (X509Extension extension in extensions)
                request.CertificateExtensions.Add(extension);
            byte[] serial = Secrets.Random(8);
            serial[0] = 1;
            using X509Certificate2 made = request.Create(issuer, new Signer(issuerKey, profile.HashName), profile.NotBefore, profile.NotAfter, serial);
            return made.RawData;
        }
#endif
        // .NET's CertificateRequest writes no key without parameters, Mono's makes none at all
        return Assemble(issuerKey, SignatureAlgorithms.For(issuerKey, profile.HashName), (writer, algorithm) =>
        {
            using (writer.PushSequence(Tags.Constructed(0)))
                writer.WriteInteger(2);
            WriteBody(writer, algorithm, key, subject.RawData, issuer.RawData, profile);
            using (writer.PushSequence(Tags.Constructed(3)))
            using (writer.PushSequence())
            {
                foreach (X509Extension extension in extensions)
                    new Extension(extension.Oid!.Value!, extension.Critical, extension.RawData).Write(writer);
            }
        });
    }

    private static List<X509Extension> ExtensionsOf(TestProfile profile, PrivateKey key, PrivateKey issuerKey)
    {
        var extensions = new List<X509Extension>();
        if (profile.IsCA is { } ca)
            extensions.Add(new X509BasicConstraintsExtension(ca, profile.PathLength is not null, profile.PathLength ?? 0, critical: true));
        if (profile.KeyUsage is { } usage)
            extensions.Add(new X509KeyUsageExtension(usage, critical: true));
        if (profile.KeyIdentifiers)
        {
            extensions.Add(new X509SubjectKeyIdentifierExtension(KeyIdentifier(key), critical: false));
            extensions.Add(TestExtensions.AuthorityKeyIdentifier(KeyIdentifier(issuerKey)));
        }
        extensions.AddRange(profile.Extensions);
        return extensions;
    }

    private static byte[] KeyIdentifier(PrivateKey key) => Digests.Compute(Oids.Sha1, key.PublicKey.Key);

    private static void WriteBody(AsnWriter writer, AlgorithmIdentifier algorithm, PrivateKey key, byte[] subject, byte[] issuer, TestProfile validity)
    {
        writer.WriteIntegerUnsigned([1, .. Secrets.Random(7)]);
        algorithm.Write(writer);
        writer.WriteEncodedValue(issuer);
        using (writer.PushSequence())
        {
            writer.WriteUtcTime(validity.NotBefore);
            writer.WriteUtcTime(validity.NotAfter);
        }
        writer.WriteEncodedValue(subject);
        key.PublicKey.Write(writer);
    }

    private static byte[] Assemble(PrivateKey issuerKey, AlgorithmIdentifier algorithm, Action<AsnWriter, AlgorithmIdentifier> writeTbs)
    {
        var tbs = new AsnWriter(AsnEncodingRules.DER);
        using (tbs.PushSequence())
            writeTbs(tbs, algorithm);
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(tbs.Encode());
            algorithm.Write(writer);
            writer.WriteBitString(issuerKey.Sign(tbs.Encode(), algorithm));
        }
        return writer.Encode();
    }

#if NET
    private static PublicKey PublicKeyOf(PrivateKey key) =>
        new(new Oid(key.PublicKey.Algorithm.Oid), new AsnEncodedData(key.PublicKey.Algorithm.Parameters!.Value.ToArray()), new AsnEncodedData(key.PublicKey.Key.ToArray()));

    private sealed class Signer(PrivateKey key, string? hashName) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) => SignatureAlgorithms.For(key, hashName).Encoded.ToArray();

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) => key.Sign(data, SignatureAlgorithms.For(key, hashName));

        protected override PublicKey BuildPublicKey() => PublicKeyOf(key);
    }
#endif
}
