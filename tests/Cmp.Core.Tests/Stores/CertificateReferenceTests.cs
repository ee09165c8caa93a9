using System;
using System.Net;
using System.Security;
using System.Security.Cryptography.X509Certificates;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.State;
using Cmp.Stores;
using Cmp.Tests.Cryptography;
using Xunit;

namespace Cmp.Tests.Stores;

/// <summary>A certificate is found again where it was, with its key, or the error says what is there instead.</summary>
public sealed class CertificateReferenceTests : IDisposable
{
    private readonly Folder _folder = new();
    private readonly Issuer _issuer = new("CN=issuer");
    private readonly PrivateKey _key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
    private readonly Certificate _certificate;

    public CertificateReferenceTests() => _certificate = _issuer.Issue("CN=x", _key.PublicKey);

    public void Dispose()
    {
        _key.Dispose();
        _issuer.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public void One_in_a_store_is_found_there_whoever_brings_the_object()
    {
        Skip.If(Mono.IsRunning, Mono.DoesNotBindKeys);
        CertificateDestination.InStore(@"Cert:\CurrentUser\My").Install(new CertificateToInstall(_certificate, _key));
        using FoundCertificate found = CertificateSource.Find(_certificate.Thumbprint);
        using var bare = X509CertificateLoader.LoadCertificate(_certificate.Encoded.Span);
        foreach (X509Certificate2 certificate in new[] { found.Certificate, bare })
        {
            CertificateReference reference = CertificateReference.Of(certificate);
            Assert.True(reference.IsFound);
            Assert.Equal(@"CurrentUser\My", reference.Store!.Store);
            Assert.Null(reference.Path);
            using FoundCertificate again = Through(reference).Open();
            Assert.Equal(_certificate.Encoded.ToArray(), again.Certificate.RawData);
            again.Key!.EnsureFits(_key.PublicKey);
        }
    }

    [Fact]
    public void One_in_a_file_is_found_there_with_the_key_of_another_file()
    {
        string path = _folder.PathOf("x.pem"), key = _folder.PathOf("x.key");
        CertificateDestination.InFile(path, key, Secure("hush")).Install(new CertificateToInstall(_certificate, _key));
        using FoundCertificate found = CertificateSource.Find(path);
        CertificateReference reference = Through(CertificateReference.Of(found.Certificate, key));
        Assert.Equal((path, key, null), (reference.Path, reference.KeyPath, reference.Store));
        using FoundCertificate again = reference.Open(Secure("hush"));
        again.Key!.EnsureFits(_key.PublicKey);
        Expect.Error("CmpKey.PasswordRequired", () => reference.Open());
        Expect.Error("CmpKey.Missing", () => (reference with { KeyPath = null }).Open());
        Assert.Equal("CmpStore.NotFound", Expect.Error("CmpStore.NotFound", () => (reference with { Path = _folder.PathOf("gone") }).Open(Secure("hush"))).ErrorId);
    }

    [Fact]
    public void Another_one_in_its_place_is_not_taken_for_it()
    {
        string path = _folder.PathOf("x.pem"), key = _folder.PathOf("x.key");
        CertificateDestination.InFile(path, key).Install(new CertificateToInstall(_certificate, _key));
        using FoundCertificate found = CertificateSource.Find(path);
        CertificateReference reference = CertificateReference.Of(found.Certificate, key);
        // the same key, so that the octets alone tell
        CertificateDestination.InFile(path, key, overwrite: true).Install(new CertificateToInstall(_issuer.Issue("CN=x", _key.PublicKey), _key));
        CmpException error = Expect.Error("CmpStore.NotFound", () => reference.Open());
        Assert.Contains(path, error.Message);
        Assert.Contains(_certificate.Thumbprint, error.Message);
    }

    [Fact]
    public void One_that_is_nowhere_says_so_at_once_and_when_it_is_opened()
    {
        using var bare = X509CertificateLoader.LoadCertificate(_certificate.Encoded.Span);
        CertificateReference reference = CertificateReference.Of(bare);
        Assert.False(reference.IsFound);
        Assert.Contains(_certificate.Thumbprint, Expect.Error("CmpStore.NotFound", () => Through(reference).Open()).Message);
    }

    [Theory]
    [InlineData("path", "x.pem")]
    [InlineData("keyPath", "../x.key")]
    [InlineData("store", "there")]
    [InlineData("certificate", "AQ==")]
    [InlineData("certificate", null)]
    public void A_reference_that_could_mean_several_things_is_none(string member, string? value)
    {
        StateObject state = new CertificateReference(_certificate).Write();
        state.Set(member, value);
        Exception error = Assert.ThrowsAny<Exception>(() => CertificateReference.Read(state));
        Assert.True(error is FormatException or CmpException { Kind: CmpErrorKind.Malformed or CmpErrorKind.Argument }, error.ToString());
    }

    private static SecureString Secure(string text) => new NetworkCredential(string.Empty, text).SecurePassword;

    private static CertificateReference Through(CertificateReference reference) => CertificateReference.Read(StateJson.Read(StateJson.Write(reference.Write())));
}
