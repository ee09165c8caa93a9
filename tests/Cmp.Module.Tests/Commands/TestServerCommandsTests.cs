using System;
using System.Linq;
using System.Management.Automation;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Start-, Get- and Stop-CmpTestServer as a user has them, on the real engine.</summary>
[Collection("Commands")]
public sealed class TestServerCommandsTests : IDisposable
{
    private readonly CaSession _ca = new();

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void The_server_brings_all_that_a_requester_needs()
    {
        Assert.True(_ca.Uri.IsLoopback);
        Assert.Equal(_ca.Uri, _ca.Invoke("$ca.Uris['Http']").Single<Uri>());
        var root = _ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>();
        Assert.Equal(root.Subject, root.Issuer);
        Assert.Empty(_ca.Issued);
        _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=a -NoInstall | Update-CmpCertificate -Server $ca -Force -NoInstall").Single();
        Assert.Equal(["CN=a", "CN=a"], _ca.Issued);
    }

    [Fact]
    public void Get_gives_those_that_run_and_the_one_of_a_port()
    {
        _ca["second"] = _ca.Invoke("Start-CmpTestServer").Single();
        Assert.Equal(_ca.Invoke("$ca, $second").All<object>(), _ca.Invoke("Get-CmpTestServer").All<object>());
        Assert.True(_ca.Invoke("(Get-CmpTestServer $second.Uri.Port) -eq $second").Single<bool>());
        _ca.Invoke("Stop-CmpTestServer $second").AssertSucceeded();
        Assert.True(_ca.Invoke("(Get-CmpTestServer) -eq $ca").Single<bool>());
        Assert.Empty(_ca.Invoke("Get-CmpTestServer -Port 1").AssertSucceeded().Output);
    }

    [Fact]
    public void Stop_closes_the_port_and_may_be_said_twice()
    {
        _ca["second"] = _ca.Invoke("Start-CmpTestServer").Single();
        int port = _ca.Invoke("$second.Uri.Port").Single<int>();
        Assert.Empty(_ca.Invoke("$second | Stop-CmpTestServer; Stop-CmpTestServer $second").AssertSucceeded().Output);
        using var client = new TcpClient();
        Assert.Throws<SocketException>(() => client.Connect("127.0.0.1", port));
        // an empty pipeline names none, and is not all
        _ca.Invoke("@() | Stop-CmpTestServer").AssertSucceeded();
        Assert.Single(_ca.Invoke("Get-CmpTestServer").AssertSucceeded().Output);
        _ca.Invoke("Stop-CmpTestServer").AssertSucceeded();
        Assert.Empty(_ca.Invoke("Get-CmpTestServer").AssertSucceeded().Output);
    }

    [Fact]
    public void Its_keys_are_of_the_kinds_that_are_asked_for()
    {
        _ca["second"] = _ca.Invoke("Start-CmpTestServer -KeyAlgorithm Ed25519 -KemKeyAlgorithm ML-KEM-512 -DhKeyAlgorithm X25519").Single();
        Assert.Equal(["1.3.101.112", "2.16.840.1.101.3.4.4.1", "1.3.101.110"], _ca.Invoke("$second.RootCertificate, $second.KemCertificate, $second.DhCertificate | ForEach-Object { $_.PublicKey.Oid.Value }").All<string>());
        _ca.Invoke("New-CmpCertificateRequest -Server $second -Subject CN=a -NoInstall -Protection KemBasedMac -ServerCertificate $second.KemCertificate").Single();
        _ca.Invoke("Stop-CmpTestServer $second").AssertSucceeded();
        Assert.Null(_ca.Invoke("$ca.KemCertificate").Output.FirstOrDefault());
        Assert.Equal("CmpArgument.Protection", Assert.Single(_ca.Invoke("Start-CmpTestServer -KemKeyAlgorithm RSA_2048").Errors).FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void WhatIf_starts_and_stops_nothing()
    {
        Assert.StartsWith("What if: ", _ca.Session.Show("Start-CmpTestServer -WhatIf"), StringComparison.Ordinal);
        Assert.StartsWith("What if: ", _ca.Session.Show("Stop-CmpTestServer -WhatIf"), StringComparison.Ordinal);
        Assert.Single(_ca.Invoke("Get-CmpTestServer").AssertSucceeded().Output);
    }

    [Fact]
    public void A_port_that_is_taken_is_an_error()
    {
        Assert.Equal(_ca.Uri.Port, _ca.Invoke("Start-CmpTestServer $ca.Uri.Port").AssertError("CmpTransport.ListenFailed").TargetObject);
        _ca.Invoke("Start-CmpTestServer 65536").AssertError("ParameterArgumentValidationError");
    }

    [Theory]
    [InlineData("-TransportPollCount 1", "Tcp")]
    [InlineData("-Path ./exchange", "File")]
    [InlineData("-Transport HttpTcp -TcpStyle Rfc2510", "Tcp")]
    public void What_is_for_another_road_is_an_error_that_names_one(string parameters, string road)
    {
        ErrorRecord error = _ca.Invoke($"Start-CmpTestServer {parameters}").AssertError("CmpArgument.Transport");
        Assert.Contains(road, error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(_ca.Invoke("Get-CmpTestServer").AssertSucceeded().Output);
    }

    [Fact]
    public void A_server_is_found_by_the_port_of_any_of_its_roads_and_stops_on_all()
    {
        _ca["second"] = _ca.Invoke("Start-CmpTestServer -Transport Tcp, File, Mail, Http").Single();
        Assert.True(_ca.Invoke("(Get-CmpTestServer $second.Uris.Http.Port) -eq $second -and (Get-CmpTestServer $second.Uris.Tcp.Port) -eq $second").Single<bool>());
        int[] ports = [.. _ca.Invoke("$second.Uris.Tcp.Port, $second.Uris.Http.Port").All<int>()];
        string folder = _ca.Invoke("$second.FolderPath").Single<string>();
        Assert.True(System.IO.Directory.Exists(folder));
        _ca.Invoke("Stop-CmpTestServer $second").AssertSucceeded();
        foreach (int port in ports)
        {
            using var client = new TcpClient();
            Assert.Throws<SocketException>(() => client.Connect("127.0.0.1", port));
        }
        Assert.False(System.IO.Directory.Exists(folder));
    }

    [Fact]
    public void It_announces_what_it_is_told_to()
    {
        _ca["second"] = _ca.Invoke("Start-CmpTestServer -Transport Http, Tcp").Single();
        _ca["certificate"] = _ca.Invoke("New-CmpCertificateRequest -Server $second -Subject CN=a -NoInstall").Single();
        _ca.Invoke("$null = $second.UpdateRoot()").AssertSucceeded();
        PSObject[] announced = [.. _ca.Invoke("$second.Announce('CaKeyUpdate'), $second.Announce('certificate'), $second.Announce('Certificate', $second.RootCertificate), $second.Announce('Revocation', $certificate), $second.Announce([Cmp.Announcements.AnnouncementType]::Crl)").AssertSucceeded().Output];
        Assert.Equal(["CaKeyUpdate", "Certificate", "Certificate", "Revocation", "Crl"], announced.Select(one => one.Properties["Type"].Value.ToString()));
        Assert.All(announced, one => Assert.Equal(0x30, Assert.IsType<byte[]>(one.Properties["Message"].Value)[0]));
        Assert.Equal(announced.Length, announced.Select(one => Assert.IsType<string>(one.Properties["PollingReference"].Value)).Distinct().Count());
        Assert.All(announced, one => Assert.Equal("Cmp.TestServer.TestAnnouncement", one.TypeNames[0]));
        // where no road has references there is none
        Assert.Null(_ca.Invoke("$ca.Announce('Crl').PollingReference").AssertSucceeded().Output.FirstOrDefault());
        _ca.Invoke("Stop-CmpTestServer $second").AssertSucceeded();
    }

    [Theory]
    [InlineData("'CaKeyUpdate'", "CmpArgument.Announcement", "UpdateRoot()")]
    [InlineData("'Certificate'", "CmpArgument.Announcement", "issued")]
    [InlineData("'Revocation'", "CmpArgument.Certificate", "issued")]
    [InlineData("'Revocation', $ca.RootCertificate", "CmpArgument.Certificate", "issued")]
    [InlineData("'Crl', $ca.RootCertificate", "CmpArgument.Certificate", "Leave it out")]
    public void What_it_cannot_announce_is_an_error_that_says_what_to_do(string arguments, string errorId, string action)
    {
        // a method's error stops the line, and holds ours within
        PSObject[] said = [.. _ca.Invoke($"try {{ $ca.Announce({arguments}) }} catch {{ $e = $_.Exception.InnerException; $e.ErrorId; $e.RecommendedAction }}").AssertSucceeded().Output];
        Assert.Equal([errorId, true], [said[0].BaseObject, ((string)said[1].BaseObject).Contains(action, StringComparison.Ordinal)]);
    }

    [Fact]
    public void The_credential_is_the_one_that_was_given()
    {
        _ca["credential"] = CaSession.Credential("me", "a secret");
        _ca["second"] = _ca.Invoke("Start-CmpTestServer -Credential $credential").Single();
        _ca.Invoke("New-CmpCertificateRequest -Server $second.Uri -Credential $credential -Subject CN=a -NoInstall").Single();
        _ca.Invoke("Stop-CmpTestServer $second").AssertSucceeded();
    }

    [Fact]
    public void State_is_kept_in_a_folder_for_one_server_at_a_time()
    {
        string path = System.IO.Path.Combine(TestHome.CreateFolder(), "state");
        _ca["path"] = path;
        _ca["second"] = _ca.Invoke("Start-CmpTestServer -StatePath $path").Single();
        _ca.Invoke("New-CmpCertificateRequest -Server $second -Subject CN=a -NoInstall").Single();
        Assert.Equal(path, _ca.Invoke("Start-CmpTestServer -StatePath $path").AssertError("CmpState.InUse").TargetObject);
        _ca.Invoke("Stop-CmpTestServer $second").AssertSucceeded();
        _ca["third"] = _ca.Invoke("Start-CmpTestServer -StatePath $path").Single();
        Assert.True(_ca.Invoke("$third.RootCertificate.Thumbprint -eq $second.RootCertificate.Thumbprint -and $third.Issued.Count -eq 1 -and $third.Issued[0].Subject -eq 'CN=a'").Single<bool>());
        _ca.Invoke("New-CmpCertificateRequest -Server $third.Uri -Credential $second.Credential -Subject CN=b -NoInstall; Stop-CmpTestServer $third").AssertSucceeded();

        string file = System.IO.Path.Combine(path, "authority", "authority.json");
        System.IO.File.WriteAllText(file, "{");
        Assert.Contains(file, _ca.Invoke("Start-CmpTestServer -StatePath $path").AssertError("CmpState.Unreadable").Exception.Message, StringComparison.Ordinal);
        Assert.Equal("{", System.IO.File.ReadAllText(file));
    }

    [Fact]
    public void Trusted_clients_may_ask_with_signatures()
    {
        _ca["client"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=client -NoInstall").Single();
        _ca["second"] = _ca.Invoke("Start-CmpTestServer -TrustedClient $ca.RootCertificate").Single();
        _ca["stranger"] = _ca.Invoke("Start-CmpTestServer").Single();
        // the chain of the client is sent with it: it came with the certificate
        const string Request = "New-CmpCertificateRequest -ClientCertificate $client -Subject CN=a -NoInstall";
        _ca.Invoke($"{Request} -Server $second.Uri -TrustAnchor $second.RootCertificate").Single();
        _ca.Invoke($"{Request} -Server $stranger.Uri -TrustAnchor $stranger.RootCertificate").AssertError("CmpServer.signerNotTrusted");
        _ca.Invoke("Stop-CmpTestServer $second, $stranger").AssertSucceeded();
    }
}
