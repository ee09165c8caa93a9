using System;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>-RevocationMode, -RevocationList and -TrustExtraCerts, as a user has them.</summary>
[Collection("Commands")]
public sealed class RevocationSettingsTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();
    private readonly byte[] _crl;

    public RevocationSettingsTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Listed CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.CrlSign | X509KeyUsageFlags.KeyCertSign, true));
        using X509Certificate2 ca = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddDays(1));
        _crl = new CertificateRevocationListBuilder().Build(ca, 1, DateTimeOffset.UtcNow.AddHours(1), HashAlgorithmName.SHA256);
        _ca["uri"] = _ca.Uri;
        _ca["crl"] = _crl;
        _ca["der"] = Path.Combine(_folder, "ca.crl");
        _ca["pem"] = Path.Combine(_folder, "ca.pem");
        File.WriteAllBytes(Path.Combine(_folder, "ca.crl"), _crl);
        File.WriteAllText(Path.Combine(_folder, "ca.pem"), PemEncoding.WriteString("X509 CRL", _crl));
    }

    public void Dispose() => _ca.Dispose();

    [Theory]
    [InlineData("$der")]
    [InlineData("$pem")]
    [InlineData("([IO.FileInfo] $der)")]
    [InlineData("(,$crl)")]
    [InlineData("([pscustomobject] @{ RawData = $crl })")]
    public void CRLs_are_files_octets_and_objects_with_octets(string value)
    {
        _ca["server"] = _ca.Invoke($"Register-CmpServer listed $uri -RevocationList {value} -RevocationMode Online -PassThru").Single();
        Assert.Equal("Online 1 CN=Listed CA", _ca.Invoke("\"$($server.RevocationMode) $($server.RevocationList.Count) $($server.RevocationList[0].Issuer)\"").Single<string>());
    }

    [Theory]
    [InlineData("$home")]
    [InlineData("'not there'")]
    [InlineData("5")]
    [InlineData("([byte[]] (0x30, 0))")]
    public void What_is_no_CRL_is_refused(string value) =>
        _ca.Invoke($"Register-CmpServer listed $uri -RevocationList {value}").AssertError("ParameterArgumentTransformationError");

    [Fact]
    public void Settings_are_kept_and_taken_back()
    {
        string hash = string.Concat(Enumerable.Repeat("AB:", 31)) + "AB";
        _ca.Invoke($"Register-CmpServer kept $uri -Scope CurrentUser -RevocationList $der -RevocationMode Offline -TrustExtraCerts {hash}").AssertSucceeded();
        const string Shown = "\"$($server.RevocationMode) $($server.RevocationList.Count) $($server.TrustExtraCerts)\"";
        _ca["server"] = _ca.Invoke("Get-CmpServer kept").Single();
        Assert.Equal("Offline 1 " + hash.Replace(":", string.Empty, StringComparison.Ordinal), _ca.Invoke(Shown).Single<string>());
        _ca["server"] = _ca.Invoke("Set-CmpServer kept -RevocationList @() -RevocationMode $null -TrustExtraCerts @() -PassThru").Single();
        Assert.Equal(" 0 ", _ca.Invoke(Shown).Single<string>());
    }

    [Fact]
    public void What_is_no_hash_is_refused() =>
        Assert.Equal("hashed", _ca.Invoke("Register-CmpServer hashed $uri -TrustExtraCerts AB").AssertError("CmpArgument.TrustExtraCerts").TargetObject);

    [Theory]
    [InlineData("", 0, true)]
    [InlineData("", 1, false)]
    [InlineData(" -Confirm:$false", null, true)]
    public void Rule32_First_use_is_asked_about_and_warned_of(string confirm, int? answer, bool isRegistered)
    {
        string name = "first" + Guid.NewGuid().ToString("N");
        if (answer is { } choice)
            _ca.Session.Host.Answers.Enqueue(choice);
        Invocation run = _ca.Invoke($"Register-CmpServer {name} $uri -TrustExtraCerts firstuse{confirm}").AssertSucceeded();
        Assert.Contains("https", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Equal(isRegistered ? 1 : 0, _ca.Invoke($"Get-CmpServer | Where-Object Name -eq {name}").Output.Count);
    }

    [Fact]
    public void Rule69_What_nobody_knows_of_the_signer_is_said()
    {
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        _ca.Invoke("Register-CmpServer asking $uri -ClientCertificate $client -TrustAnchor $ca.RootCertificate -RevocationMode Offline").AssertSucceeded();
        Invocation run = _ca.Invoke("New-CmpCertificateRequest -Server asking -Operation Certification -Subject CN=a -NoInstall").AssertSucceeded();
        Assert.Contains(run.Warnings, warning => warning.Contains("revoked is not known", StringComparison.Ordinal));
    }
}
