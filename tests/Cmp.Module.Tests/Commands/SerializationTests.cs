using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>What becomes of the objects on their way out of a job or over remoting: they keep what they say and how they look, and no secret goes along.</summary>
[Collection("Commands")]
public sealed class SerializationTests : IDisposable
{
    private readonly CaSession _ca = new();

    public SerializationTests() => _ca["uri"] = _ca.Uri;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void A_certificate_keeps_its_properties()
    {
        PSObject certificate = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject 'CN=travelled, O=Example' -DnsName travelled.example").Single();
        PSObject arrived = Travel(certificate);
        Assert.Equal("Deserialized.Cmp.Certificate", arrived.TypeNames[0]);
        foreach (string name in new[] { "Thumbprint", "Subject", "Issuer", "SerialNumber", "NotBefore", "NotAfter", "RawData", "Server", "TransactionId", "RenewAfter", "Confirmed", "Store", "Path" })
            Assert.Equal(certificate.Properties[name].Value, Plain(arrived.Properties[name].Value));
        _ca["certificate"] = certificate;
        foreach (string name in new[] { "SubjectText", "Names" })
            Assert.Equal(_ca.Invoke($"$certificate.{name}").Single<string>(), arrived.Properties[name].Value);
        Assert.Equal("Accepted", arrived.Properties["Status"].Value.ToString());
        Assert.Equal(((X509Certificate2[])certificate.Properties["Chain"].Value).Select(item => item.Thumbprint), Certificates(arrived, "Chain"));
        Assert.Equal(((X509Certificate2[])certificate.Properties["CaPubs"].Value).Select(item => item.Thumbprint), Certificates(arrived, "CaPubs"));
        Assert.NotEmpty(Certificates(arrived, "CaPubs"));
        Assert.Empty((IEnumerable)Plain(arrived.Properties["Modifications"].Value)!);
    }

    [Fact]
    public void The_modifications_of_a_certificate_travel()
    {
        _ca["bounded"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=modified -NotAfter ([datetime]::Now.AddYears(50)) -NoInstall").Single();
        string[] before = [.. ((IEnumerable)((PSObject)_ca["bounded"]!).Properties["Modifications"].Value).Cast<object>().Select(one => one.ToString()!)];
        Assert.Contains(before, line => line.StartsWith("NotAfter: ", StringComparison.Ordinal));
        Assert.Equal(before, ((IEnumerable)Plain(Travel((PSObject)_ca["bounded"]!).Properties["Modifications"].Value)!).Cast<object>().Select(line => line.ToString()));
    }

    [Fact]
    public void A_certificate_that_travelled_can_be_renewed_where_its_key_is()
    {
        string path = System.IO.Path.Combine(TestHome.CreateFolder(), "travelled.pem");
        _ca["path"] = path;
        _ca["arrived"] = Travel(_ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=travelled -OutFile $path").Single());
        Assert.Equal("CN=travelled", _ca.Invoke("$arrived.Certificate").Single<X509Certificate2>().Subject);
        _ca.Invoke("$arrived | Update-CmpCertificate -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -CertificateKeyPath $path -Force -NoInstall").Single();
    }

    [Theory]
    [InlineData("Get-CmpCrl -Server $ca", "Cmp.CmpCrl", "Issuer", "ThisUpdate", "NextUpdate", "Verified", "RawData", "Server")]
    [InlineData("Get-CmpCACertificate -Server $ca", "Cmp.CACertificate", "Thumbprint", "Subject", "SubjectText", "IssuerText", "NotAfter", "RawData", "Server")]
    [InlineData("Test-CmpServer -Server $ca", "Cmp.CmpServerTest", "Server", "Passed", "Reachable", "Answer", "ProtocolVersion", "Protection", "RoundTrip")]
    [InlineData("Invoke-CmpGeneralMessage signKeyPairTypes -Server $ca", "Cmp.CmpInformation", "Name", "InfoType", "ValueText", "RawValue")]
    [InlineData("Get-CmpRequestTemplate -Server $ca -CertificateProfile tls-server", "Cmp.CmpRequestTemplate", "CertificateProfile", "ServerName")]
    public void What_a_CA_tells_keeps_its_properties(string question, string type, params string[] properties)
    {
        _ca["told"] = _ca.Invoke(question).Single();
        PSObject arrived = Travel((PSObject)_ca["told"]!);
        Assert.Equal("Deserialized." + type, arrived.TypeNames[0]);
        foreach (string name in properties)
        {
            _ca["name"] = name;
            Assert.Equal(_ca.Invoke("$told.$name").AssertSucceeded().Output.Select(value => value.BaseObject), Values(arrived.Properties[name].Value));
        }

        static object?[] Values(object? value) => Plain(value) is byte[] octets ? [.. octets.Cast<object>()] : [Plain(value)];
    }

    [Fact]
    public void A_root_update_that_travelled_is_proven_again_where_its_server_is_registered()
    {
        _ca.Invoke("Register-CmpServer travelled $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate; $null = $ca.UpdateRoot()").AssertSucceeded();
        _ca["arrived"] = Travel(_ca.Invoke("Get-CmpRootUpdate -Server travelled").Single());
        Assert.Equal("travelled", _ca.Invoke("$arrived.ServerName").Single<string>());
        _ca.Invoke("$arrived | Install-CmpTrustAnchor -Server travelled -Confirm:$false").AssertSucceeded();
        Assert.Equal(2, _ca.Invoke("(Get-CmpServer travelled).TrustAnchor").AssertSucceeded().Output.Count);
    }

    [Fact]
    public void An_announcement_that_travelled_is_proven_again_and_is_verified_no_more_than_it_was()
    {
        _ca.Invoke("Register-CmpServer travelled $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate; $null = $ca.UpdateRoot()").AssertSucceeded();
        _ca["sent"] = _ca.Invoke("Get-CmpAnnouncement -Server travelled -PollBy HttpGet -Type CaKeyUpdate").Single();
        PSObject arrived = Travel((PSObject)_ca["sent"]!);
        Assert.Equal("Deserialized.Cmp.CaKeyUpdateAnnouncement", arrived.TypeNames[0]);
        foreach (string name in new[] { "Verified", "From", "ServerName", "Sender", "MessageTime", "Received", "About", "Id" })
            Assert.Equal(_ca.Invoke($"$sent.{name}").AssertSucceeded().Output.Select(value => value.BaseObject), [Plain(arrived.Properties[name].Value)]);
        Assert.Equal((byte[])_ca.Invoke(",$sent.Message").Single().BaseObject, Plain(arrived.Properties["Message"].Value));
        _ca["arrived"] = arrived;
        _ca.Invoke("$arrived | Install-CmpTrustAnchor -Server travelled -Confirm:$false").AssertSucceeded();
        Assert.Equal(2, _ca.Invoke("(Get-CmpServer travelled).TrustAnchor").AssertSucceeded().Output.Count);

        _ca.Invoke("$nobody = New-CmpAnnouncement -NewRoot $sent.NewRoot -NewWithOld $sent.NewWithOld -Protection None").AssertSucceeded();
        _ca["arrived"] = Travel(_ca.Invoke("Get-CmpAnnouncement -Server travelled -Message $nobody.Message").Single());
        _ca.Invoke("$arrived | Install-CmpTrustAnchor -Server travelled -Confirm:$false").AssertError("CmpAnnouncement.NotVerified");
    }

    [Fact]
    public void A_transaction_keeps_its_properties()
    {
        using var busy = new CaSession("-PollCount 1 -CheckAfter 3600");
        PSObject transaction = busy.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -TimeoutSec 2 -WarningAction Ignore").Single();
        PSObject arrived = Travel(transaction);
        Assert.Equal("Deserialized.Cmp.CmpTransaction", arrived.TypeNames[0]);
        foreach (string name in new[] { "Id", "Server", "CheckAfter", "Reason" })
            Assert.Equal(transaction.Properties[name].Value, Plain(arrived.Properties[name].Value));
        Assert.Equal("Initialization", arrived.Properties["Operation"].Value.ToString());
    }

    [Fact]
    public void A_server_keeps_its_properties_and_its_secrets_stay()
    {
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        _ca["proxy"] = CaSession.Credential("proxy-user", "proxy-password");
        PSObject server = _ca.Invoke("""
            Register-CmpServer travelled $uri -Credential $ca.Credential -ClientCertificate $client -TrustAnchor $ca.RootCertificate -ExpectedSender CN=sender `
                -Preset OpenSslMock -TimeoutSec 7 -IterationCount 600 -Proxy http://proxy.example/ -ProxyCredential $proxy -PassThru
            """).Single();
        _ca["server"] = server;
        string text = Serialize(server);
        foreach (string secret in new[] { _ca.Secret, "proxy-password", "SecureString", "PrivateKey", Convert.ToHexString(System.Text.Encoding.Unicode.GetBytes(_ca.Secret)) })
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
        PSObject arrived = Travel(server);
        Assert.Equal("Deserialized.Cmp.Client.ServerSettings", arrived.TypeNames[0]);
        foreach (string name in new[] { "Name", "Uri", "Preset", "Timeout", "IterationCount", "Proxy", "Authentication", "Trust" })
            Assert.Equal(_ca.Invoke($"$server.{name}").Single().BaseObject, Plain(arrived.Properties[name].Value));
        Assert.Equal("CN=sender", arrived.Properties["ExpectedSender"].Value.ToString());
    }

    [Fact]
    public void A_test_server_leaves_its_secret_behind()
    {
        PSObject server = _ca.Invoke("$ca").Single();
        string text = Serialize(server);
        Assert.DoesNotContain("PSCredential", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToHexString(System.Text.Encoding.Unicode.GetBytes(_ca.Secret)), text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(_ca.Uri, Travel(server).Properties["Uri"].Value);
    }

    [Theory]
    [InlineData("New-CmpCertificateRequest -Server $ca -Subject \"CN=a$([char] 27)b\" -NoInstall")]
    [InlineData("Register-CmpServer travelled $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -PassThru")]
    [InlineData("$null = New-CmpCertificateRequest -Server $ca -Subject CN=kept -Name kept; Get-CmpCertificate kept")]
    [InlineData("$null = New-CmpCertificateRequest -Server $ca -Subject CN=kept -Name kept; Test-CmpCertificate kept -Detailed")]
    [InlineData("Get-CmpAnnouncement -Server $ca -Type Crl")]
    public void What_arrived_looks_the_same(string script)
    {
        PSObject thing = _ca.Invoke(script).Single();
        _ca["things"] = new[] { thing };
        _ca["arrived"] = new[] { Travel(thing) };
        string shown = _ca.Session.Show("$things");
        Assert.DoesNotContain('\u001b', shown);
        Assert.NotEmpty(shown.Trim());
        Assert.Equal(shown, _ca.Session.Show("$arrived"));
    }

    [Fact]
    public void A_transaction_that_arrived_looks_the_same()
    {
        using var busy = new CaSession("-PollCount 1 -CheckAfter 3600");
        busy["late"] = busy.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -TimeoutSec 2 -WarningAction Ignore").Single();
        busy["arrived"] = Travel((PSObject)busy["late"]!, busy);
        Assert.Equal(busy.Session.Show("$late"), busy.Session.Show("$arrived"));
    }

    [Fact]
    public void In_a_session_without_the_module_it_is_a_certificate_with_those_properties()
    {
        PSObject certificate = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=abroad -NoInstall").Single();
        _ca["certificate"] = certificate;
        using var bare = new ModuleSession(import: false);
        bare["text"] = _ca.Invoke("[Management.Automation.PSSerializer]::Serialize($certificate)").Single<string>();
        PSObject arrived = bare.Invoke("[Management.Automation.PSSerializer]::Deserialize($text)").Single();
        Assert.Equal(((X509Certificate2)certificate.BaseObject).Thumbprint, Assert.IsType<X509Certificate2>(arrived.BaseObject).Thumbprint);
        Assert.Equal(certificate.Properties["TransactionId"].Value, arrived.Properties["TransactionId"].Value);
    }

    private static object? Plain(object? value) => value is PSObject wrapped ? wrapped.BaseObject : value;

    private static string[] Certificates(PSObject certificate, string name) =>
        [.. ((IEnumerable)Plain(certificate.Properties[name].Value)!).Cast<object>().Select(item => Assert.IsType<X509Certificate2>(Plain(item)).Thumbprint)];

    // within a runspace that knows our types, as that of a job does; deeper than PowerShell goes by itself
    private string Serialize(PSObject thing)
    {
        _ca["travelling"] = thing;
        return _ca.Invoke("[Management.Automation.PSSerializer]::Serialize($travelling, 4)").Single<string>();
    }

    private PSObject Travel(PSObject thing) => Travel(thing, _ca);

    private static PSObject Travel(PSObject thing, CaSession session)
    {
        session["travelling"] = thing;
        return session.Invoke("[Management.Automation.PSSerializer]::Deserialize([Management.Automation.PSSerializer]::Serialize($travelling))").Single();
    }
}
