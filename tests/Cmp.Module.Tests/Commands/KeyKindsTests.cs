using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Keys of the kinds that .NET cannot hold, from the request to the renewal; and those of the brainpool curves, which it can.</summary>
[Collection("Commands")]
public sealed class KeyKindsTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    [InlineData("ML-DSA-44")]
    [InlineData("SLH-DSA-SHA2-128f")]
    public void A_key_stays_beside_its_certificate_in_its_file_and_renews_it(string word)
    {
        string path = Path.Combine(_folder, "x.pem");
        _ca["path"] = path;
        _ca["x"] = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=apart -KeyAlgorithm {word} -OutFile $path").Single();
        Assert.False(_ca.Invoke("$x.HasPrivateKey").Single<bool>());
        Assert.Equal(word, _ca.Invoke("$x.Key.Algorithm").Single<string>());
        Assert.Equal(path, _ca.Invoke("$x.Key.Location").Single<string>());
        Assert.True(_ca.Invoke("$x.Key.Exportable").Single<bool>());
        Assert.Equal(0x30, _ca.Invoke("$x.Key.ExportPkcs8()[0]").Single<byte>());
        Assert.Equal($"{word} private key", _ca.Invoke("\"$($x.Key)\"").Single<string>());
        Assert.True(_ca.Invoke("Test-CmpCertificate -Certificate $x").Single<bool>());
        Assert.Contains("BEGIN PRIVATE KEY", File.ReadAllText(path), StringComparison.Ordinal);

        // the object takes its key along, and so does the file
        string first = _ca.Invoke("$x.Thumbprint").Single<string>();
        _ca["x"] = _ca.Invoke("$x | Update-CmpCertificate -Server $ca -Force").Single();
        Assert.NotEqual(first, _ca.Invoke("$x.Thumbprint").Single<string>());
        Assert.Equal(word, _ca.Invoke("$x.Key.Algorithm").Single<string>());
        _ca["x"] = _ca.Invoke("Update-CmpCertificate $path -Server $ca -Force").Single();
        Assert.Equal(word, _ca.Invoke("$x.Key.Algorithm").Single<string>());
        Assert.False(_ca.Invoke("$x.HasPrivateKey").Single<bool>());
        Assert.Equal(["CN=apart", "CN=apart", "CN=apart"], _ca.Issued);
    }

    [Theory]
    [InlineData("Ed25519")]
    [InlineData("Ed448")]
    [InlineData("ML-DSA-87")]
    [InlineData("SLH-DSA-SHAKE-256f")]
    public async Task A_store_is_refused_before_any_traffic(string word)
    {
        await using var server = new ScriptedServer();
        _ca["uri"] = server.Uri;
        foreach (string destination in new[] { string.Empty, @"-CertStoreLocation Cert:\CurrentUser\My", $@"-CertStoreLocation Cert:\CurrentUser\My -OutFile {Path.Combine(_folder, "both.pem")}" })
        {
            ErrorRecord error = _ca.Invoke($"New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=refused -KeyAlgorithm {word} {destination}").AssertError("CmpKey.NotAttachable");
            Assert.Contains("-OutFile", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        }
        Assert.Equal(0, server.Accepted);
        Assert.Empty(CaSession.Stored("CN=refused"));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("Ed25519")]
    [InlineData("ML-DSA-65")]
    public void It_signs_where_it_is_the_client_s(string word)
    {
        _ca["path"] = Path.Combine(_folder, "client.pem");
        _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=client -KeyAlgorithm {word} -OutFile $path").Single();
        Invocation run = _ca.Invoke("New-CmpCertificateRequest -Server $ca.Uri -ClientCertificate $path -TrustAnchor $ca.RootCertificate -Subject CN=signed -Operation Certification -NoInstall");
        Assert.Equal("CN=signed", run.Single<X509Certificate2>().Subject);
    }

    [Theory]
    [InlineData("Ed25519")]
    [InlineData("ML-DSA-44")]
    public void Rule21_A_digest_for_it_is_an_error_before_any_traffic(string word)
    {
        _ca["path"] = Path.Combine(_folder, "x.pem");
        _ca.Invoke("Register-CmpServer -Name digest -Uri $ca.Uri -Credential $ca.Credential -HashAlgorithm SHA384").AssertSucceeded();
        _ca.Invoke($"New-CmpCertificateRequest -Server digest -Subject CN=a -KeyAlgorithm {word} -OutFile $path").AssertError("CmpKey.HashAlgorithm");
        Assert.Empty(_ca.Issued);
        Assert.False(File.Exists((string)_ca["path"]!));
        _ca.Invoke("New-CmpCertificateRequest -Server digest -Subject CN=a -KeyAlgorithm ECDSA_P384 -OutFile $path").Single();
    }

    [Fact]
    public void A_key_on_a_brainpool_curve_is_held_by_NET()
    {
        _ca["path"] = Path.Combine(_folder, "x.pfx");
        var certificate = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=brainpool -KeyAlgorithm ECDSA_brainpoolP384r1 -OutFile $path").Single<X509Certificate2>();
        Assert.True(certificate.HasPrivateKey);
        Assert.Equal("1.3.36.3.3.2.8.1.1.11", certificate.GetECDsaPrivateKey()!.ExportParameters(false).Curve.Oid.Value);
        Assert.Empty(_ca.Invoke("Get-CmpCertificate | Where-Object { $_.Certificate.Key }").Output);
    }
}
