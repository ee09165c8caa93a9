using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.TestServer;
using Xunit;

namespace Cmp.Tests.Keys;

/// <summary>Files that hold keys of every kind.</summary>
public sealed class KeyKindsTests : IDisposable
{
    private const string Text = "pass wörd €";

    private readonly Folder _folder = new();

    public static TheoryData<string> Words => [.. Names];

    /// <summary>Opening a key with its certificate takes a signature (rule 19), which SLH-DSA's small ones make in seconds; to a file they are like the fast ones.</summary>
    public static TheoryData<string> Fast => [.. Names.Where(name => !(name.StartsWith("SLH-DSA", StringComparison.Ordinal) && name.EndsWith("s", StringComparison.Ordinal)))];

    private static IEnumerable<string> Names => KeyAlgorithm.All.Where(kind => kind.Name is not ("RSA_3072" or "RSA_4096")).Select(kind => kind.Name);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Words))]
    public void A_key_in_PEM_and_DER_is_read_again(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        string pem = _folder.PathOf("key.pem"), der = _folder.PathOf("key.der");
        KeyFile.Write(pem, key, password: null, overwrite: false);
        File.WriteAllBytes(der, key.ExportPkcs8());
        foreach (string path in new[] { pem, der })
        {
            using PrivateKey read = KeyFile.Read(path);
            Assert.Equal(word, read.Algorithm.Name);
            Assert.Equal(key.ExportPkcs8(), read.ExportPkcs8());
        }
    }

    [Theory]
    [InlineData("ECDSA_brainpoolP256r1")]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    [InlineData("ML-DSA-65")]
    [InlineData("SLH-DSA-SHA2-192f")]
    public void An_encrypted_key_is_read_again_by_its_password_alone(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        string path = _folder.PathOf("key.pem");
        KeyFile.Write(path, key, SecretText.Of(Text), overwrite: false);
        using PrivateKey read = KeyFile.Read(path, SecretText.Of(Text));
        Assert.Equal(key.ExportPkcs8(), read.ExportPkcs8());
        Expect.Error("CmpKey.Password", () => KeyFile.Read(path, SecretText.Of("another")));
        Expect.Error("CmpKey.PasswordRequired", () => KeyFile.Read(path));
    }

    [Theory]
    [MemberData(nameof(Fast))]
    public void A_PFX_with_certificate_and_key_is_found_again(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        Certificate certificate = Peer.Authority.Issue(Peer.Content(key, "CN=of a kind"));
        string path = _folder.PathOf("file.pfx");
        File.WriteAllBytes(path, KeyFile.ToPkcs12(certificate.Encoded.ToArray(), [Peer.Authority.Issuing.Encoded.ToArray()], key, SecretText.Of(Text), "my name"));
        using FoundCertificate found = CertificateSource.Find(path, SecretText.Of(Text));
        Assert.Equal(certificate.Encoded.ToArray(), found.Certificate.RawData);
        Assert.Equal(key.ExportPkcs8(), found.Key!.ExportPkcs8());
        Assert.Equal(key.CanBeAttached, found.Certificate.HasPrivateKey);
        Expect.Error("CmpKey.Password", () => CertificateSource.Find(path, SecretText.Of("another")));
        found.Certificate.Dispose();
    }

    [Theory]
    [MemberData(nameof(Fast))]
    public void Rule19_A_certificate_beside_another_ones_key_is_refused(string word)
    {
        using PrivateKey key = TestKeys.Open(word);
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse(word));
        Certificate certificate = Peer.Authority.Issue(Peer.Content(key, "CN=of a kind"));
        string path = _folder.PathOf("certificate.cer"), keyPath = _folder.PathOf("key.pem");
        File.WriteAllBytes(path, certificate.Encoded.ToArray());
        KeyFile.Write(keyPath, other, password: null, overwrite: false);
        Expect.Error("CmpKey.Mismatch", () => CertificateSource.Find(path, keyPath: keyPath));
    }
}
