using System;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Register-CmpServer as a user has it, on the real engine.</summary>
[Collection("Commands")]
public sealed class RegisterCmpServerTests : IDisposable
{
    private readonly CaSession _ca = new();

    public RegisterCmpServerTests() => _ca["uri"] = _ca.Uri;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_name_is_all_that_other_commands_need()
    {
        Assert.Empty(_ca.Invoke("Register-CmpServer Named $uri -Credential $ca.Credential").AssertSucceeded().Output);
        PSObject certificate = _ca.Invoke("New-CmpCertificateRequest -Server nAMED -Subject CN=a -NoInstall").Single();
        Assert.Equal("Named", certificate.Properties["Server"].Value);
    }

    [Fact]
    public void The_default_server_serves_where_none_is_named()
    {
        _ca.Invoke("Register-CmpServer default $uri -Credential $ca.Credential -Default").AssertSucceeded();
        Assert.Equal("default", _ca.Invoke("New-CmpCertificateRequest -Subject CN=a -NoInstall").Single().Properties["Server"].Value);
    }

    [Fact]
    public void What_a_command_says_stands_over_what_was_registered()
    {
        _ca["wrong"] = CaSession.Credential("cmp-test", "wrong");
        _ca.Invoke("Register-CmpServer wrong $uri -Credential $wrong").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server wrong -Subject CN=a -NoInstall").AssertError("CmpProtection.UnauthenticatedAnswer");
        _ca.Invoke("New-CmpCertificateRequest -Server wrong -Credential $ca.Credential -Subject CN=a -NoInstall").Single();
    }

    [Fact]
    public void Registering_again_replaces()
    {
        _ca.Invoke("Register-CmpServer twice http://127.0.0.1:1/; Register-CmpServer twice $uri -Credential $ca.Credential").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server twice -Subject CN=a -NoInstall").Single();
    }

    [Fact]
    public void Rule65_Who_may_sign_is_said_by_anchor_pin_and_expected_sender()
    {
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        _ca.Invoke("Register-CmpServer anchored $uri -ClientCertificate $client -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server anchored -Operation Certification -Subject CN=a -NoInstall").Single();

        _ca.Invoke("Register-CmpServer expecting $uri -ClientCertificate $client -TrustAnchor $ca.RootCertificate -ExpectedSender 'CN=Somebody else'").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server expecting -Operation Certification -Subject CN=a -NoInstall").AssertError("CmpProtection.Sender");
    }

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("1.1", "1.1")]
    [InlineData("2.0", "2.0")]
    [InlineData("2", "2.0")]
    [InlineData("'2'", "2.0")]
    [InlineData("([version] '1.1')", "1.1")]
    public void A_version_of_HTTP_is_taken_as_users_write_it(string written, string version)
    {
        Assert.Equal(Version.Parse(version), _ca.Invoke($"Register-CmpServer versed https://ca.example/ -HttpVersion {written} -PassThru").Single().Properties["HttpVersion"].Value);
        Assert.Null(_ca.Invoke("Set-CmpServer versed -HttpVersion $null -PassThru").Single().Properties["HttpVersion"].Value);
    }

    [Fact]
    public void Redirects_are_followed_where_that_is_said()
    {
        Assert.Equal(true, _ca.Invoke("Register-CmpServer moving https://ca.example/ -AllowRedirect -PassThru").Single().Properties["AllowRedirect"].Value);
        Assert.Equal(false, _ca.Invoke("Set-CmpServer moving -AllowRedirect:$false -PassThru").Single().Properties["AllowRedirect"].Value);
    }

    [Theory]
    [InlineData("ca.example", "CmpArgument.Server")]
    [InlineData("ftp://ca.example/", "CmpArgument.Scheme")]
    [InlineData("http+tcp://ca.example/ -HttpGeneration Rfc9811", "CmpTransport.InvalidSetting")]
    [InlineData("https://ca.example/ -HttpGeneration Transport05", "CmpTransport.InvalidSetting")]
    [InlineData("https://ca.example/ -HttpVersion 1.2", "CmpTransport.InvalidSetting")]
    [InlineData("https://ca.example/ -HttpVersion 3.0", "CmpTransport.InvalidSetting")]
    [InlineData("https://ca.example/ -HttpVersion 3", "CmpTransport.InvalidSetting")]
    [InlineData("https://ca.example/ -Proxy http://user:secret@proxy.example:3128", "CmpTransport.InvalidProxy")]
    [InlineData("https://ca.example/ -Proxy proxy.example", "CmpTransport.InvalidProxy")]
    [InlineData("https://ca.example/ -TlsCertificate $ca.RootCertificate", "CmpTransport.InvalidSetting")]
    [InlineData("https://ca.example/ -Preset Nobodys", "CmpArgument.Preset")]
    [InlineData("https://ca.example/ -Protection DhBasedMac", "CmpArgument.Protection")]
    [InlineData("https://ca.example/ -HashAlgorithm MD2", "CmpArgument.Algorithm")]
    [InlineData("https://ca.example/ -MacAlgorithm MAC", "CmpArgument.Algorithm")]
    [InlineData("https://ca.example/ -ExpectedSender nobody", "CmpArgument.Name")]
    [InlineData("https://ca.example/ -GeneralInfo @{ here = 'there' }", "CmpArgument.GeneralInfo")]
    [InlineData("https://ca.example/ -ClientCertificate $ca.RootCertificate", "CmpKey.Missing")]
    public void What_could_not_be_used_later_is_refused_now(string arguments, string errorId)
    {
        Assert.Equal("refused", _ca.Invoke($"Register-CmpServer refused {arguments}").AssertError(errorId).TargetObject);
        _ca.Invoke("New-CmpCertificateRequest -Server refused -Subject CN=a").AssertError("ParameterArgumentTransformationError");
    }

    [Fact]
    public void WhatIf_registers_nothing()
    {
        Assert.Contains("What if:", _ca.Session.Show("Register-CmpServer whatif $uri -WhatIf"), StringComparison.Ordinal);
        _ca.Invoke("New-CmpCertificateRequest -Server whatif -Subject CN=a").AssertError("ParameterArgumentTransformationError");
    }

    [Fact]
    public void Header_items_are_sent()
    {
        string folder = TestHome.CreateFolder();
        _ca["folder"] = folder;
        _ca.Invoke("Register-CmpServer items $uri -Credential $ca.Credential -GeneralInfo ([ordered] @{ '1.2.3.4.1' = 'site 7'; '1.2.3.4.2' = 5; '1.2.3.4.3' = $null })").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server items -Subject CN=a -NoInstall -TracePath $folder").Single();
        byte[] sent = System.IO.File.ReadAllBytes(System.IO.Path.Combine(folder, "0001-sent-ir.der"));
        // SEQUENCE { OID, UTF8String } and so on, in the order of the table
        byte[] items = [0x30, 14, 6, 4, 0x2A, 3, 4, 1, 12, 6, .. "site 7"u8, 0x30, 9, 6, 4, 0x2A, 3, 4, 2, 2, 1, 5, 0x30, 6, 6, 4, 0x2A, 3, 4, 3];
        Assert.True(sent.AsSpan().IndexOf(items) > 0);
    }

    [Fact]
    public void Rule17_The_secret_is_never_shown()
    {
        _ca["credential"] = CaSession.Credential("me", "hush-hush");
        _ca["shown"] = _ca.Invoke("Register-CmpServer shown $uri -Credential $credential -PassThru").Single();
        foreach (string view in new[] { "$shown", "$ca, $shown", "\"$shown\"", "$shown.Secret", "$shown.PSObject.Properties | ForEach-Object { \"$($_.Value)\" }" })
            Assert.DoesNotContain("hush-hush", _ca.Session.Show(view), StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_is_known_in_other_runspaces()
    {
        _ca.Invoke("Register-CmpServer shared $uri -Credential $ca.Credential").AssertSucceeded();
        var subjects = _ca.Invoke("1..2 | ForEach-Object -Parallel { Import-Module $using:manifest; New-CmpCertificateRequest -Server shared -Subject \"CN=$_\" -NoInstall }").All<X509Certificate2>().Select(certificate => certificate.Subject);
        Assert.Equal(["CN=1", "CN=2"], subjects.Order());
    }
}
