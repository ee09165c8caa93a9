using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What a CA wants a request to look like, and the request that is made of it (RFC 9483 4.3.3).</summary>
[Collection("Commands")]
public sealed class RequestTemplateTests : IDisposable
{
    private const string KeyUsage = "2.5.29.15";
    private const string EnhancedKeyUsage = "2.5.29.37";
    private const string SubjectAltName = "2.5.29.17";

    private readonly CaSession _ca = new();

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_template_says_what_stands_what_is_to_be_filled_in_and_which_keys_are_taken()
    {
        PSObject template = _ca.Invoke("$template = Get-CmpRequestTemplate -Server $ca; $template").Single();
        Assert.Equal(["Subject O=Cmp Test", "KeyUsage DigitalSignature", "EnhancedKeyUsage ClientAuthentication"], Texts(template, "TakenOver"));
        Assert.Equal(["Subject CN"], Texts(template, "ToFillIn"));
        Assert.Equal(["ECDSA_P256", "RSA_3072"], Texts(template, "Keys"));
        Assert.Null(template.Properties["CertificateProfile"].Value);
        Assert.Equal("ECDSA_P256", _ca.Invoke("$template.Keys[0]").Single<string>());
        PSObject profile = _ca.Invoke("Get-CmpRequestTemplate -Server $ca -CertificateProfile tls-server").Single();
        Assert.Equal(["Subject CN", "DnsName"], Texts(profile, "ToFillIn"));
        Assert.Equal("tls-server", profile.Properties["CertificateProfile"].Value);
        Assert.Equal("Subject O=Cmp Test; KeyUsage DigitalSignature; EnhancedKeyUsage ClientAuthentication; Subject CN=?; key ECDSA_P256 or RSA_3072", template.ToString());
    }

    [Fact]
    public void The_request_that_is_made_of_it_has_its_key_algorithm_subject_and_extensions()
    {
        var certificate = _ca.Invoke("Get-CmpRequestTemplate -Server $ca | New-CmpCertificateRequest -Subject CN=router7 -NoInstall").Single<X509Certificate2>();
        Assert.Equal("CN=router7, O=Cmp Test", certificate.Subject);
        Assert.Equal(256, certificate.GetECDsaPublicKey()!.KeySize);
        Assert.Equal(X509KeyUsageFlags.DigitalSignature, ((X509KeyUsageExtension)certificate.Extensions[KeyUsage]!).KeyUsages);
        Assert.Equal("1.3.6.1.5.5.7.3.2", ((X509EnhancedKeyUsageExtension)certificate.Extensions[EnhancedKeyUsage]!).EnhancedKeyUsages[0].Value);
    }

    [Fact]
    public void The_profile_and_the_server_come_along_in_the_pipeline_and_as_a_parameter()
    {
        _ca["folder"] = TestHome.CreateFolder();
        _ca.Invoke("$template = Get-CmpRequestTemplate -Server $ca -CertificateProfile tls-server").AssertSucceeded();
        foreach (string enrol in new[] { "$template | New-CmpCertificateRequest", "New-CmpCertificateRequest -Server $ca -RequestTemplate $template", "New-CmpCertificateRequest -Server $ca -RequestTemplate $template.RequestTemplate" })
        {
            var certificate = _ca.Invoke($"{enrol} -Subject CN=web1 -DnsName web1.example -NoInstall -TracePath $folder").Single<X509Certificate2>();
            Assert.Equal(384, certificate.GetECDsaPublicKey()!.KeySize);
            Assert.Equal(["web1.example"], ((X509SubjectAlternativeNameExtension)certificate.Extensions[SubjectAltName]!).EnumerateDnsNames());
        }
        // certProfile in the header of each request
        string[] requests = Directory.GetFiles((string)_ca["folder"]!, "*ir*.der");
        Assert.Equal(3, requests.Length);
        Assert.All(requests, file => Assert.True(File.ReadAllBytes(file).AsSpan().IndexOf("tls-server"u8) >= 0));
    }

    [Fact]
    public void A_named_key_algorithm_is_one_of_the_templates()
    {
        Assert.Equal(3072, _ca.Invoke("Get-CmpRequestTemplate -Server $ca | New-CmpCertificateRequest -Subject CN=a -KeyAlgorithm RSA_3072 -NoInstall").Single<X509Certificate2>().GetRSAPublicKey()!.KeySize);
        Nothing("CmpRequestTemplate.KeyAlgorithm", "-Subject CN=b -KeyAlgorithm RSA_2048");
    }

    [Fact]
    public void A_key_at_hand_of_another_kind_is_refused_before_anything_is_sent()
    {
        _ca["path"] = Path.Combine(TestHome.CreateFolder(), "key.pem");
        _ca.Invoke("$null = New-CmpCertificateRequest -Server $ca -Subject CN=a -KeyAlgorithm ECDSA_P384 -OutFile $path").AssertSucceeded();
        Nothing("CmpRequestTemplate.KeyAlgorithm", "-Subject CN=b -KeyPath $path");
    }

    [Theory]
    [InlineData("CmpRequestTemplate.ToFill", "")]
    [InlineData("CmpRequestTemplate.ToFill", "-DnsName a.example")]
    [InlineData("CmpRequestTemplate.Contradiction", "-Subject 'CN=a, O=Other'")]
    [InlineData("CmpRequestTemplate.Contradiction", "-Subject CN=a -KeyUsage KeyAgreement")]
    [InlineData("CmpRequestTemplate.Contradiction", "-Subject CN=a -EnhancedKeyUsage ServerAuthentication")]
    public void What_is_missing_or_contradicts_is_an_error_before_anything_is_sent(string errorId, string options) => Nothing(errorId, options);

    [Fact]
    public void What_has_no_place_goes_along_with_a_warning()
    {
        Invocation run = _ca.Invoke("Get-CmpRequestTemplate -Server $ca | New-CmpCertificateRequest -Subject 'CN=a, OU=Unit' -DnsName a.example -NoInstall");
        Assert.Equal("CN=a, OU=Unit, O=Cmp Test", run.Single<X509Certificate2>().Subject);
        Assert.Contains("no place for Subject OU, DnsName", Assert.Single(run.Warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-ThrottleLimit 2", 3)]
    [InlineData("-BatchSize 3", 1)]
    public void Each_row_of_a_table_fills_in_the_same_template(string options, int messages)
    {
        _ca["folder"] = TestHome.CreateFolder();
        _ca["rows"] = Enumerable.Range(1, 3).Select(number => new PSObject(new { Subject = $"CN=machine{number}" })).ToArray();
        IReadOnlyList<X509Certificate2> certificates = _ca.Invoke($"$template = Get-CmpRequestTemplate -Server $ca -CertificateProfile tls-server; $rows | New-CmpCertificateRequest -Server $ca -RequestTemplate $template -DnsName a.example -NoInstall -TracePath $folder {options}").All<X509Certificate2>();
        Assert.Equal(["CN=machine1", "CN=machine2", "CN=machine3"], certificates.Select(certificate => certificate.Subject));
        Assert.All(certificates, certificate => Assert.Equal(384, certificate.GetECDsaPublicKey()!.KeySize));
        Assert.Equal(messages, Directory.GetFiles((string)_ca["folder"]!, "*ir*.der").Length);
    }

    [Fact]
    public void WhatIf_neither_makes_a_key_nor_sends()
    {
        Assert.Empty(_ca.Invoke("Get-CmpRequestTemplate -Server $ca | New-CmpCertificateRequest -Subject CN=a -WhatIf").AssertSucceeded().Output);
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_PKCS10_request_takes_no_template_and_what_is_no_template_is_an_error()
    {
        using var key = System.Security.Cryptography.ECDsa.Create();
        _ca["request"] = new CertificateRequest("CN=a", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSigningRequest();
        Nothing("CmpArgument.Pkcs10", "-Pkcs10 $request");
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -RequestTemplate 5").AssertError("ParameterArgumentTransformationError");
    }

    [Fact]
    public void A_profile_that_the_CA_does_not_know_is_its_refusal() => _ca.Invoke("Get-CmpRequestTemplate -Server $ca -CertificateProfile unknown").AssertError("CmpServer.badRequest");

    [Fact]
    public async Task A_CA_without_wishes_takes_any_request()
    {
        foreach ((string, byte[]?)[] answer in new[] { [], new (string, byte[]?)[] { ("1.3.6.1.5.5.7.4.19", null) } })
        {
            await using var server = new TellingServer(_ => answer);
            _ca["toldUri"] = server.Uri;
            _ca["pin"] = server.Certificate;
            _ca["client"] = server.Client;
            Invocation run = _ca.Invoke("Get-CmpRequestTemplate -Server $toldUri -ClientCertificate $client -ServerCertificate $pin -Verbose");
            _ca["template"] = run.Single();
            Assert.Contains(run.Verbose, line => line.Contains("no wishes", StringComparison.Ordinal));
            Assert.Equal("no wishes", run.Single().ToString());
            Invocation enrolled = _ca.Invoke("New-CmpCertificateRequest -Server $ca -RequestTemplate $template -Subject 'CN=a, OU=Unit' -DnsName a.example -NoInstall");
            Assert.Empty(enrolled.Warnings);
            Assert.Equal("CN=a, OU=Unit", enrolled.Single<X509Certificate2>().Subject);
        }
    }

    private static string[] Texts(PSObject template, string property) => [.. ((IEnumerable<string>)template.Properties[property].Value)];

    /// <summary>Enrols with a template that does not take it: nothing is issued.</summary>
    private void Nothing(string errorId, string options)
    {
        int issued = _ca.Issued.Count;
        Assert.Equal(ErrorCategory.InvalidArgument, _ca.Invoke($"Get-CmpRequestTemplate -Server $ca | New-CmpCertificateRequest -NoInstall {options}").AssertError(errorId).CategoryInfo.Category);
        Assert.Equal(issued, _ca.Issued.Count);
    }
}
