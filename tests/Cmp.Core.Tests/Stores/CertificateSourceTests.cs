using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Cmp.Cryptography;
using Cmp.Keys;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Cmp.Tests.Keys;
using Xunit;

namespace Cmp.Tests.Stores;

public sealed class CertificateSourceTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly Issuer _issuer = new("CN=issuer");
    private readonly PrivateKey _key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
    private readonly Certificate _certificate;

    public CertificateSourceTests() => _certificate = _issuer.Issue("CN=x", _key.PublicKey);

    public void Dispose()
    {
        _key.Dispose();
        _issuer.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Finds_a_certificate_with_its_key_in_the_store_of_the_user()
    {
        CertificateDestination.InStore(@"Cert:\CurrentUser\My").Install(new CertificateToInstall(_certificate, _key));
        string thumbprint = _certificate.Thumbprint;
        foreach (string text in new[] { thumbprint, thumbprint.ToLowerInvariant(), $@"Cert:\CurrentUser\My\{thumbprint}", $"cert:/currentuser/my/{thumbprint}" })
        {
            using FoundCertificate found = CertificateSource.Find(text);
            Assert.Equal(thumbprint, found.Certificate.Thumbprint);
            Assert.True(found.Certificate.HasPrivateKey);
            found.Key!.EnsureFits(_key.PublicKey);
            Assert.Equal(StorePath.CurrentUserMy with { Thumbprint = thumbprint }, found.Store);
            Assert.Null(found.Path);
            Assert.False(Assert.Single(CertificateSource.FindMany(text)).HasPrivateKey);
        }
    }

    [Theory]
    [InlineData("0123456789ABCDEF0123456789ABCDEF01234567", "CmpStore.NotFound", "0123456789ABCDEF0123456789ABCDEF01234567")]
    [InlineData(@"Cert:\CurrentUser\My\0123456789ABCDEF0123456789ABCDEF01234567", "CmpStore.NotFound", @"CurrentUser\My")]
    [InlineData(@"Cert:\CurrentUser\My", "CmpStore.Path", "a store and not a certificate")]
    [InlineData(@"Cert:\CurrentUser\My\0123", "CmpStore.Path", "0123")]
    [InlineData("nothing.pem", "CmpStore.NotFound", "nothing.pem")]
    public void What_is_not_there_is_named(string text, string errorId, string words)
    {
        Assert.Contains(words, Expect.Error(errorId, () => CertificateSource.Find(text)).Message);
        Expect.Error(errorId, () => CertificateSource.FindMany(text));
    }

    [SkippableFact]
    public void A_store_that_this_platform_lacks_is_named()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has it");
        Expect.Error("CmpPlatform.NotSupported", () => CertificateSource.Find(@"Cert:\LocalMachine\My\0123456789ABCDEF0123456789ABCDEF01234567"));
    }

    [Fact]
    public void Reads_a_certificate_in_every_form_of_file()
    {
        byte[] der = _certificate.Encoded.ToArray();
        foreach (byte[] octets in new[] { der, Pem.Write("CERTIFICATE", der), Encoding.ASCII.GetBytes("subject=x\n").Concat(Pem.Write("X509 CERTIFICATE", der)).ToArray() })
        {
            string path = _folder.Write("certificate", octets);
            using FoundCertificate found = CertificateSource.Find(path);
            Assert.Equal(der, found.Certificate.RawData);
            Assert.Null(found.Key);
            Assert.False(found.Certificate.HasPrivateKey);
            Assert.Equal(path, found.Path);
            Assert.Null(found.Store);
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("password")]
    public void Reads_a_certificate_with_its_key_and_its_chain(string? password)
    {
        byte[] der = _certificate.Encoded.ToArray();
        byte[] issuer = _issuer.Certificate.Encoded.ToArray();
        var secret = password is null ? null : SecretText.Of(password);
        byte[] key = KeyFile.ToPem(_key, secret);
        byte[][] files =
        [
            KeyFile.ToPkcs12(der, [issuer], _key, secret, null),
            [.. Pem.Write("CERTIFICATE", der), .. Pem.Write("CERTIFICATE", issuer), .. key],
            [.. key, .. Pem.Write("CERTIFICATE", issuer), .. Pem.Write("CERTIFICATE", der)],
        ];
        foreach (byte[] octets in files)
        {
            using FoundCertificate found = CertificateSource.Find(_folder.Write("file", octets), secret);
            Assert.Equal(der, found.Certificate.RawData);
            Assert.True(found.Certificate.HasPrivateKey);
            Assert.True(found.Key!.PublicKey.IsSameAs(_key.PublicKey));
            Assert.Equal(issuer, Assert.Single(found.Chain).RawData);
        }
        if (password is null)
            return;
        foreach (byte[] octets in files)
        {
            Expect.Error("CmpKey.PasswordRequired", () => CertificateSource.Find(_folder.Write("file", octets)));
            Expect.Error("CmpKey.Password", () => CertificateSource.Find(_folder.Write("file", octets), SecretText.Of("another")));
        }

        // anchors are read without the key's password
        Assert.Equal(2, CertificateSource.FindMany(_folder.Write("file", files[1])).Count);
    }

    [Fact]
    public void Reads_a_key_from_a_file_of_its_own()
    {
        string certificate = _folder.Write("certificate.cer", _certificate.Encoded.ToArray());
        KeyFile.Write(_folder.PathOf("key.pem"), _key, SecretText.Of("x"), overwrite: false);
        using FoundCertificate found = CertificateSource.Find(certificate, keyPath: _folder.PathOf("key.pem"), keyPassword: SecretText.Of("x"));
        Assert.True(found.Certificate.HasPrivateKey);
        found.Key!.EnsureFits(_certificate.PublicKey);
        using FoundCertificate again = CertificateSource.Find(certificate, SecretText.Of("x"), _folder.PathOf("key.pem"));
        Assert.True(again.Certificate.HasPrivateKey);
    }

    [Fact]
    public void Rule19_A_key_of_another_certificate_is_refused()
    {
        using PrivateKey other = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        KeyFile.Write(_folder.PathOf("key.pem"), other, null, overwrite: false);
        byte[] der = _certificate.Encoded.ToArray();
        Expect.Error("CmpKey.Mismatch", () => CertificateSource.Find(_folder.Write("file", der), keyPath: _folder.PathOf("key.pem")));
        Expect.Error("CmpKey.Mismatch", () => CertificateSource.Find(_folder.Write("file", [.. Pem.Write("CERTIFICATE", der), .. KeyFile.ToPem(other, null)])));
        Expect.Error("CmpKey.Mismatch", () => CertificateSource.Find(_folder.Write("file", KeyFile.ToPkcs12(der, [], other, null, null))));
    }

    [SkippableFact]
    public void Reads_all_certificates_of_a_bundle()
    {
        using OpenSslFolder openssl = OpenSslFolder.OrSkip();
        openssl.WritePem("bundle.pem", "CERTIFICATE", _certificate.Encoded.ToArray(), _issuer.Certificate.Encoded.ToArray());
        openssl.Do("crl2pkcs7 -nocrl -certfile bundle.pem -out bundle.p7");
        openssl.Do("crl2pkcs7 -nocrl -certfile bundle.pem -outform DER -out bundle.p7b");
        openssl.Do("pkcs12 -export -nokeys -in bundle.pem -passout pass:x -out bundle.pfx");
        foreach (string file in new[] { "bundle.pem", "bundle.p7", "bundle.p7b", "bundle.pfx" })
        {
            IReadOnlyList<X509Certificate2> certificates = CertificateSource.FindMany(openssl.PathOf(file), file == "bundle.pfx" ? SecretText.Of("x") : null);
            Assert.Equal([_certificate.Thumbprint, _issuer.Certificate.Thumbprint], certificates.Select(one => one.Thumbprint));
        }
    }

    public static TheoryData<string, byte[]> Damaged => new()
    {
        { "empty", [] },
        { "text", Encoding.ASCII.GetBytes("This is no certificate.") },
        { "another PEM", Pem.Write("X509 CRL", [0x30, 0]) },
        { "no DER", Pem.Write("CERTIFICATE", [1, 2, 3]) },
        { "a certificate of nothing", Pem.Write("CERTIFICATE", [0x30, 0]) },
        { "no base64", Encoding.ASCII.GetBytes("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n") },
        { "PKCS #7 of nothing", Pem.Write("PKCS7", [0x30, 0]) },
        { "an empty PKCS #7", Pem.Write("PKCS7", []) },
        { "2 GB announced", [0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 0x30, 0x03] },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void Rule64_A_file_that_is_damaged_ends_in_one_error(string what, byte[] octets)
    {
        string path = _folder.Write("file", octets);
        foreach (Action read in new Action[] { () => CertificateSource.Find(path), () => CertificateSource.FindMany(path) })
        {
            CmpException e = Assert.Throws<CmpException>(read);
            Assert.True(e.ErrorId == "CmpStore.Unreadable", $"{what}: {e.ErrorId} {e.Message}");
        }
    }

    [Fact]
    public void Rule70_The_name_of_a_file_does_not_steer_the_terminal() =>
        Assert.DoesNotContain("\u001B", Expect.Error("CmpStore.NotFound", () => CertificateSource.Find("\u001B[31mred.pem")).Message);
}
