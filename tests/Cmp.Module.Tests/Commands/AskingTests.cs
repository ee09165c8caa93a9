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

/// <summary>The commands that ask a CA: for its certificates, CRLs and whatever else it tells. Nothing becomes trusted by that.</summary>
[Collection("Commands")]
public sealed class AskingTests : IDisposable
{
    private const string CaCerts = "1.3.6.1.5.5.7.4.17";
    private const string CurrentCrl = "1.3.6.1.5.5.7.4.6";
    private const string SuppLangTags = "1.3.6.1.5.5.7.4.16";

    private readonly CaSession _ca = new();

    public AskingTests()
    {
        _ca["uri"] = _ca.Uri;
        _ca["nowhere"] = new Uri("http://127.0.0.1:1/");
        _ca["wrong"] = CaSession.Credential("cmp-test", "another secret");
    }

    public static TheoryData<string> Questions => ["Get-CmpCACertificate", "Get-CmpRootUpdate", "Get-CmpRequestTemplate", "Get-CmpCrl", "Invoke-CmpGeneralMessage", "Invoke-CmpGeneralMessage caCerts"];

    public void Dispose() => _ca.Dispose();

    [Theory]
    [MemberData(nameof(Questions))]
    public void A_server_that_is_not_there_is_an_error(string question)
    {
        ErrorRecord error = _ca.Invoke($"{question} -Server $nowhere -Credential $wrong -TrustAnchor $ca.RootCertificate").AssertError("CmpTransport.ConnectFailed");
        Assert.Equal(ErrorCategory.ConnectionError, error.CategoryInfo.Category);
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public void A_wrong_secret_is_an_error(string question)
    {
        ErrorRecord error = _ca.Invoke($"{question} -Server $uri -Credential $wrong -TrustAnchor $ca.RootCertificate").AssertError("CmpProtection.UnauthenticatedAnswer");
        Assert.Equal(ErrorCategory.SecurityError, error.CategoryInfo.Category);
    }

    [Theory]
    [MemberData(nameof(Questions))]
    public void Without_a_server_there_is_nobody_to_ask(string question) => _ca.Invoke(question).AssertError("CmpArgument.Server");

    [Fact]
    public void Messages_are_traced_and_errors_do_not_stop_the_others()
    {
        _ca["folder"] = TestHome.CreateFolder();
        _ca["servers"] = new[] { _ca["nowhere"], _ca["ca"] }.Select(server => new PSObject(new { Server = server })).ToArray();
        Invocation run = _ca.Invoke("$servers | Get-CmpCACertificate -Credential $ca.Credential -TracePath $folder");
        run.AssertError("CmpTransport.ConnectFailed");
        Assert.Single(run.Output);
        Assert.Contains(Directory.GetFiles((string)_ca["folder"]!), file => file.EndsWith(".der", StringComparison.Ordinal));
    }

    [Fact]
    public void CA_certificates_come_and_nothing_trusts_them()
    {
        PSObject issuing = _ca.Invoke("Get-CmpCACertificate -Server $ca").Single();
        var certificate = Assert.IsType<X509Certificate2>(issuing.BaseObject);
        Assert.Equal(("CN=Cmp Test Issuing CA", "CN=Cmp Test Root CA", false), (certificate.Subject, certificate.Issuer, certificate.HasPrivateKey));
        Assert.Equal("Cmp.CACertificate", issuing.TypeNames[0]);
        Assert.Equal(_ca.Uri.OriginalString, issuing.Properties["Server"].Value);
        Assert.Empty(CaSession.Stored("CN=Cmp Test Issuing CA"));
        Assert.Empty(_ca.State);
    }

    [Theory]
    [InlineData("Get-CmpCACertificate", "no CA certificates")]
    [InlineData("Get-CmpCrl", "no such CRL")]
    [InlineData("Get-CmpCrl -Issuer CN=CA", "no such CRL")]
    [InlineData("Get-CmpRootUpdate -Certificate $pin", "no root after")]
    [InlineData("Invoke-CmpGeneralMessage", "nothing to tell")]
    [InlineData("Invoke-CmpGeneralMessage caCerts", "nothing to tell")]
    public async Task Rule47_An_empty_genp_is_no_error_and_brings_nothing(string question, string said)
    {
        await using TellingServer server = Telling(_ => []);
        Invocation run = _ca.Invoke($"{question} -Server $telling -Verbose");
        Assert.Empty(run.AssertSucceeded().Output);
        Assert.Contains(run.Verbose, line => line.Contains(said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rule47_caCerts_that_are_none_are_an_error_and_nothing_comes()
    {
        byte[] certificate = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -NoInstall").Single<X509Certificate2>().RawData;
        await using TellingServer server = Telling(_ => [(CaCerts, TellingServer.SequenceOf(certificate))]);
        Invocation run = _ca.Invoke("Get-CmpCACertificate -Server $telling");
        Assert.Equal(ErrorCategory.SecurityError, run.AssertError("CmpTrust.NotCA").CategoryInfo.Category);
        Assert.Empty(run.Output);
    }

    [Fact]
    public void The_current_CRL_is_verified_and_shows_what_is_revoked()
    {
        PSObject crl = _ca.Invoke("Get-CmpCrl -Server $ca").Single();
        Assert.Equal(("CN=Cmp Test Issuing CA", true), (crl.Properties["Issuer"].Value, crl.Properties["Verified"].Value));
        Assert.Null(crl.Properties["Problem"].Value);
        Assert.Equal(DateTimeKind.Local, ((DateTime)crl.Properties["ThisUpdate"].Value).Kind);
        Assert.Empty(_ca.Invoke("(Get-CmpCrl -Server $ca).Entries").AssertSucceeded().Output);
    }

    [Theory]
    [InlineData("Get-CmpCrl -Server $ca 'CN=Cmp Test Root CA'", "CN=Cmp Test Root CA")]
    [InlineData("New-CmpCertificateRequest -Server $ca -Subject CN=a -NoInstall | Get-CmpCrl -Credential $ca.Credential -TrustAnchor $ca.RootCertificate", "CN=Cmp Test Issuing CA")]
    [InlineData("Get-CmpCrl -Server $ca -Certificate (Get-CmpCACertificate -Server $ca)", "CN=Cmp Test Root CA")]
    public void A_CRL_is_asked_for_by_issuer_or_certificate(string question, string issuer)
    {
        PSObject crl = _ca.Invoke(question).Single();
        Assert.Equal((issuer, true), (crl.Properties["Issuer"].Value, crl.Properties["Verified"].Value));
    }

    [Fact]
    public void Nothing_comes_for_a_CA_or_a_distribution_point_that_the_server_does_not_know()
    {
        Assert.Empty(_ca.Invoke("Get-CmpCrl -Server $ca CN=Other").AssertSucceeded().Output);
        Assert.Empty(_ca.Invoke("Get-CmpCrl -Server $ca -DistributionPoint http://ca.example/ca.crl").AssertSucceeded().Output);
        _ca.Invoke("Get-CmpCrl -Server $ca no-name").AssertError("CmpArgument.Name");
        _ca.Invoke("Get-CmpCrl -Server $ca -DistributionPoint ' '").AssertError("CmpArgument.Name");
    }

    [Theory]
    [InlineData("$crl")]
    [InlineData("$crl.RawData")]
    [InlineData("$der")]
    [InlineData("$pem")]
    public void Only_a_CRL_that_is_newer_than_the_one_at_hand_comes(string atHand)
    {
        string folder = TestHome.CreateFolder();
        _ca["der"] = Path.Combine(folder, "ca.crl");
        _ca["pem"] = Path.Combine(folder, "ca.pem");
        _ca["crl"] = _ca.Invoke("Get-CmpCrl -Server $ca -OutFile $der; $null = Get-CmpCrl -Server $ca -OutFile $pem").Single();
        byte[] before = File.ReadAllBytes((string)_ca["der"]!);
        Invocation run = _ca.Invoke($"Get-CmpCrl -Server $ca -Crl {atHand} -OutFile $der -Force -Verbose");
        Assert.Empty(run.AssertSucceeded().Output);
        Assert.Contains(run.Verbose, line => line.Contains("no CRL that is newer", StringComparison.Ordinal));
        Assert.Equal(before, File.ReadAllBytes((string)_ca["der"]!));
    }

    [Fact]
    public void A_CRL_goes_to_a_file_whole_or_not_at_all()
    {
        string folder = TestHome.CreateFolder();
        _ca["folder"] = folder;
        PSObject crl = _ca.Invoke("Get-CmpCrl -Server $ca -OutFile $folder/ca.crl").Single();
        Assert.Equal(Path.Combine(folder, "ca.crl"), crl.Properties["Path"].Value);
        Assert.Equal((byte[])crl.Properties["RawData"].Value, File.ReadAllBytes(Path.Combine(folder, "ca.crl")));
        _ca.Invoke("Get-CmpCrl -Server $ca -OutFile $folder/ca.pem").Single();
        Assert.StartsWith("-----BEGIN X509 CRL-----", File.ReadAllText(Path.Combine(folder, "ca.pem")), StringComparison.Ordinal);
        // before anything is asked
        Assert.Equal(ErrorCategory.ResourceExists, _ca.Invoke("Get-CmpCrl -Server $nowhere -OutFile $folder/ca.crl").AssertError("CmpStore.Exists").CategoryInfo.Category);
        _ca.Invoke("Get-CmpCrl -Server $nowhere -OutFile $folder/ca.txt").AssertError("CmpArgument.OutFile");
        _ca.Invoke("Get-CmpCrl -Server $nowhere -OutFile $folder/missing/ca.crl").AssertError("CmpStore.NotFound");
        Assert.Empty(_ca.Invoke("Get-CmpCrl -Server $nowhere -OutFile $folder/other.crl -WhatIf").AssertSucceeded().Output);
        Assert.Equal(["ca.crl", "ca.pem"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_CRL_that_nobody_vouches_for_comes_with_a_warning_and_the_reason()
    {
        byte[] crl = (byte[])_ca.Invoke("Get-CmpCrl -Server $ca").Single().Properties["RawData"].Value;
        await using TellingServer server = Telling(type => type == CurrentCrl ? [(CurrentCrl, crl)] : []);
        Invocation run = _ca.Invoke("Get-CmpCrl -Server $telling");
        Assert.Contains("not verified", Assert.Single(run.Warnings), StringComparison.Ordinal);
        PSObject shown = run.Single();
        Assert.Equal(false, shown.Properties["Verified"].Value);
        Assert.Contains("No certificate of the CRL's issuer", (string)shown.Properties["Problem"].Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CRL_that_is_none_is_an_error()
    {
        await using TellingServer server = Telling(_ => [(CurrentCrl, [0x30, 0])]);
        _ca["file"] = Path.Combine(TestHome.CreateFolder(), "ca.crl");
        Assert.Equal(ErrorCategory.InvalidData, _ca.Invoke("Get-CmpCrl -Server $telling -OutFile $file").AssertError("CmpMessage.Malformed").CategoryInfo.Category);
        Assert.False(File.Exists((string)_ca["file"]!));
        _ca["none"] = new byte[] { 0x30, 0 };
        _ca.Invoke("Get-CmpCrl -Server $ca -Crl $none").AssertError("ParameterArgumentTransformationError");
    }

    [Fact]
    public void Everything_is_one_object_an_item_with_its_value_read()
    {
        Invocation run = _ca.Invoke("Invoke-CmpGeneralMessage -Server $ca");
        Assert.Equal(["signKeyPairTypes", "encKeyPairTypes", "preferredSymmAlg", "currentCRL"], run.AssertSucceeded().Output.Select(item => item.Properties["Name"].Value));
        Assert.Contains("ECDSA_P256", (object[])run.Output[0].Properties["Value"].Value);
        Assert.Equal("Cmp.CmpCrl", run.Output[3].Properties["Value"].Value.GetType().FullName);
        Assert.All(run.Output, item => Assert.NotNull(item.Properties["RawValue"].Value));
    }

    [Theory]
    [InlineData("caCerts", "$_.Value[0].Subject", "CN=Cmp Test Issuing CA")]
    [InlineData("CACERTS", "$_.Name", "caCerts")]
    [InlineData("1.3.6.1.5.5.7.4.17", "$_.Name", "caCerts")]
    [InlineData("1.2.3.4", "$_.Name + ' ' + $_.Value", "unsupportedOIDs 1.2.3.4")]
    [InlineData("suppLangTags de, en", "$_.Value[0]", "en")]
    [InlineData("suppLangTags de", "$_.Value[0]", "en")]
    [InlineData("keyPairParamReq 1.2.840.10045.2.1", "$_.Value", "ECDSA_P256")]
    [InlineData("rootCaCert $ca.RootCertificate", "$_.Name + $_.RawValue", "rootCaKeyUpdate")]
    [InlineData("certReqTemplate", "$_.Value.ToFillIn", "Subject CN")]
    [InlineData("1.2.3.4 -Value ([byte[]] (5, 0))", "$_.Name", "unsupportedOIDs")]
    [InlineData("1.2.3.4 -Value 5", "$_.Name", "unsupportedOIDs")]
    [InlineData("1.2.3.4 -Value ([datetime]::Now)", "$_.Name", "unsupportedOIDs")]
    [InlineData("1.2.3.4 -Value ([DateTimeOffset]::Now)", "$_.Name", "unsupportedOIDs")]
    public void One_thing_is_asked_for(string question, string shown, string expected) =>
        Assert.Equal(expected, _ca.Invoke($"Invoke-CmpGeneralMessage -Server $ca {question} | ForEach-Object {{ {shown} }}").Single<string>());

    [Fact]
    public void Several_things_are_one_message_which_a_strict_server_refuses()
    {
        Assert.Equal(["caCerts", "currentCRL"], _ca.Invoke("Invoke-CmpGeneralMessage caCerts, currentCRL -Server $ca | ForEach-Object { $_.Name }").All<string>());
        using var strict = new CaSession("-Strict");
        strict.Invoke("Invoke-CmpGeneralMessage caCerts, currentCRL -Server $ca").AssertError("CmpServer.badRequest");
        Assert.Equal(2, strict.Invoke("'caCerts', 'currentCRL' | Invoke-CmpGeneralMessage -Server $ca").AssertSucceeded().Output.Count);
    }

    [Theory]
    [InlineData("caCert", "CmpArgument.InfoType")]
    [InlineData("''", "CmpArgument.InfoType")]
    [InlineData("1.2.3.4 -Value ([byte[]] (5, 1))", "CmpArgument.Value")]
    [InlineData("9.9.9", "CmpArgument.InfoType")]
    [InlineData("1", "CmpArgument.InfoType")]
    [InlineData("'1..2' -Value 5", "CmpArgument.InfoType")]
    [InlineData("1.2.3.4 -Value $ca", "CmpArgument.Value")]
    [InlineData("rootCaCert -Value no-such-file.pem", "CmpArgument.Value")]
    [InlineData("caCerts, currentCRL -Value 5", "CmpArgument.Value")]
    [InlineData("-Value 5", "CmpArgument.Value")]
    public void What_cannot_be_asked_says_so_before_anything_is_sent(string question, string errorId) =>
        _ca.Invoke($"Invoke-CmpGeneralMessage -Server $nowhere {question}").AssertError(errorId);

    [Fact]
    public void WhatIf_asks_nothing() => Assert.Empty(_ca.Invoke("Invoke-CmpGeneralMessage caCerts -Server $nowhere -Credential $wrong -WhatIf").AssertSucceeded().Output);

    [Fact]
    public async Task Rule70_What_a_server_tells_is_shown_escaped()
    {
        byte[] text = [0x0C, 5, .. "a\u001b[1m"u8];
        await using TellingServer server = Telling(_ => [(SuppLangTags, TellingServer.SequenceOf(text)), (CaCerts, [5, 0]), ("1.2.3.4", text)]);
        Invocation run = _ca.Invoke("Invoke-CmpGeneralMessage -Server $telling");
        Assert.Equal(@"a\u{001B}[1m", ((object[])run.AssertSucceeded().Output[0].Properties["Value"].Value)[0]);
        // what cannot be read keeps its octets, and says so
        Assert.Contains("value of caCerts", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Null(run.Output[1].Properties["Value"].Value);
        Assert.NotNull(run.Output[1].Properties["Problem"].Value);
        Assert.Equal([5, 0], (byte[])run.Output[1].Properties["RawValue"].Value);
        Assert.Equal(text, (byte[])run.Output[2].Properties["Value"].Value);
        Assert.DoesNotContain('\u001b', _ca.Session.Show("Invoke-CmpGeneralMessage -Server $telling -WarningAction Ignore"));
    }

    private TellingServer Telling(Func<string?, IEnumerable<(string Type, byte[]? Value)>> tell)
    {
        var server = new TellingServer(tell);
        _ca["toldUri"] = server.Uri;
        _ca["pin"] = server.Certificate;
        _ca["client"] = server.Client;
        _ca["telling"] = _ca.Invoke("Register-CmpServer telling $toldUri -ClientCertificate $client -ServerCertificate $pin -PassThru").Single();
        return server;
    }
}
