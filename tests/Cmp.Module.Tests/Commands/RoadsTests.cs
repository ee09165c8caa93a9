using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Every road is the same to the commands: what differs is <c>-Server</c>.</summary>
[Collection("Commands")]
public sealed partial class RoadsTests : IDisposable
{
    private readonly CaSession _ca = new("-Transport " + string.Join(", ", Names));

    /// <summary>The roads that Start-CmpTestServer has.</summary>
    public static TheoryData<string> Roads => [.. Names];

    private static string[] Names => Enum.GetNames(ModuleAssemblies.TestServer.GetType("Cmp.TestServer.TestServerRoad", throwOnError: true)!);

    public void Dispose() => _ca.Dispose();

    [Theory]
    [MemberData(nameof(Roads))]
    public void The_same_script_enrols_renews_revokes_asks_and_probes_by_changing_the_server_alone(string road)
    {
        _ca["server"] = _ca.Invoke($"$ca.Servers['{road}']").Single();
        object?[] came = [.. _ca.Invoke("""
            $first = New-CmpCertificateRequest -Server $server -Subject CN=traveller -NoInstall
            $second = $first | Update-CmpCertificate -Server $server -Force -NoInstall
            $revoked = $second | Revoke-CmpCertificate -Server $server -Confirm:$false
            $authorities = @(Get-CmpCACertificate -Server $server)
            $probe = Test-CmpServer $server
            $first.Confirmed; $second.Confirmed; $second.Thumbprint -ne $first.Thumbprint
            [string] $revoked.Status; $authorities[0].Subject; [string] $probe.Stage; $probe.Problem
            """).AssertSucceeded().Output.Select(item => item?.BaseObject)];
        Assert.Equal([true, true, true, "Accepted", "CN=Cmp Test Issuing CA", "Informed", null], came);
        // the second one is revoked
        Assert.Equal(["CN=traveller"], _ca.Issued);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Theory]
    [MemberData(nameof(Roads))]
    public void Verbose_tells_each_message_and_TracePath_keeps_it(string road)
    {
        string folder = TestHome.CreateFolder();
        _ca["folder"] = folder;
        Invocation run = _ca.Invoke($"New-CmpCertificateRequest -Server $ca.Servers['{road}'] -Subject CN=told -NoInstall -ExplicitConfirm -TracePath $folder -Verbose");
        run.Single();
        string[] told = [.. run.Verbose.Where(line => line.StartsWith("Sent ", StringComparison.Ordinal) || line.StartsWith("Received ", StringComparison.Ordinal))];
        Assert.Equal(["Sent ir", "Received ip", "Sent certConf", "Received pkiconf"], told.Select(line => line.Split(',')[0]));
        string[] files = [.. Directory.GetFiles(folder, "*.der").Order(StringComparer.Ordinal)];
        Assert.Equal(4, files.Length);
        for (int i = 0; i < told.Length; i++)
        {
            Match words = Told.Match(told[i]);
            Assert.True(words.Success, told[i]);
            Assert.Equal(new FileInfo(files[i]).Length.ToString(System.Globalization.CultureInfo.InvariantCulture), words.Groups[1].Value);
            Assert.Equal(i % 2 == 1, words.Groups[2].Success);
        }
    }

    [Theory]
    [MemberData(nameof(Roads))]
    public void Stop_ends_a_wait_at_once_and_leaves_the_transaction_pending(string road)
    {
        using var late = new CaSession($"-Transport {road} -PollCount 1000 -CheckAfter 3600");
        using (RunningInvocation running = late.Session.Start("New-CmpCertificateRequest -Server $ca -Subject CN=stopped -NoInstall -TimeoutSec 86400"))
        {
            running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "The server needs time"));
            Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
            Assert.True(running.Wait().Stopped);
        }
        PSObject pending = late.Invoke("Get-CmpTransaction").Single();
        Assert.Equal("Waiting", pending.Properties["Status"].Value.ToString());
        late.Invoke("Get-CmpTransaction | Remove-CmpTransaction -Confirm:$false").AssertSucceeded();
    }

    [Theory]
    [InlineData("Tcp", "")]
    [InlineData("Tcp", "-TcpStyle Rfc2510")]
    [InlineData("HttpTcp", "")]
    public void Stop_ends_the_wait_for_a_polling_reference_at_once_and_another_command_collects_it(string road, string style)
    {
        _ca["late"] = _ca.Invoke($"Start-CmpTestServer -Transport {road} {style} -TransportPollCount 1 -TransportCheckAfter 2").Single();
        using (RunningInvocation running = _ca.Session.Start("New-CmpCertificateRequest -Server $late -Subject CN=referred -NoInstall -TimeoutSec 86400"))
        {
            running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "Waiting for the answer"));
            Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
            Assert.True(running.Wait().Stopped);
        }
        Assert.Equal("Waiting", _ca.Invoke("Get-CmpTransaction").Single().Properties["Status"].Value.ToString());
        Assert.Equal("CN=referred", _ca.Invoke("Get-CmpTransaction | Wait-CmpTransaction -Credential $late.Credential").Single<X509Certificate2>().Subject);
        Assert.Single(_ca.Invoke("$late.Issued").AssertSucceeded().Output);
        _ca.Invoke("Stop-CmpTestServer $late").AssertSucceeded();
    }

    [Theory]
    [MemberData(nameof(Roads))]
    public void Stop_reaches_a_server_that_says_nothing_at_once(string road)
    {
        using var silence = new Silence();
        // the folders of a server that has gone are nobody's
        _ca["silent"] = silence.At(_ca.Invoke($"$ca.Uris['{road}']").Single<Uri>());
        _ca["folder"] = silence.Folder;
        _ca.Invoke("Register-CmpServer silent $silent -Credential $ca.Credential -TlsTrustAnchor $ca.TlsRootCertificate -MailFolder $folder").AssertSucceeded();
        bool isFolder = road is "File" or "Mail";
        using RunningInvocation running = _ca.Session.Start("New-CmpCertificateRequest -Server silent -Subject CN=unheard -NoInstall -TimeoutSec 86400 -Verbose");
        if (isFolder)
            running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "Waiting for the answer"));
        else
            Assert.True(silence.Heard.Wait(TimeSpan.FromSeconds(60)));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.True(running.Wait().Stopped);
        // what lies in a folder may be answered yet; what a socket did not answer is undone
        Assert.Equal(isFolder ? 1 : 0, _ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output.Count);
    }

    [Fact]
    public void Each_server_brings_what_its_road_needs()
    {
        Assert.Equal(Names, _ca.Invoke("$ca.Servers.Keys").All<string>());
        Assert.Equal(Names, _ca.Invoke("$ca.Uris.Keys").All<string>());
        Assert.Equal(_ca.Uri, _ca.Invoke("$ca.Servers.http.Uri").Single<Uri>());
        Assert.NotEqual(_ca.Invoke("$ca.RootCertificate").Single<X509Certificate2>(), _ca.Invoke("$ca.TlsRootCertificate").Single<X509Certificate2>());
        // the anchor of TLS is that of no message, and the other way round
        _ca.Invoke("Get-CmpCACertificate -Server $ca.Uris.Https -Credential $ca.Credential").AssertError("CmpTransport.TlsFailed");
        Assert.Null(_ca.Invoke("$ca.Servers.Http.TlsTrustAnchor").Output.FirstOrDefault());
    }

    [Fact]
    public void A_server_of_a_test_server_registers_under_a_name_and_follows_its_new_root()
    {
        _ca.Invoke("$server = $ca.Servers.Https; Register-CmpServer road $server.Uri -Credential $ca.Credential -TlsTrustAnchor $ca.TlsRootCertificate -TrustAnchor $ca.RootCertificate").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server road -Subject CN=a -NoInstall").Single();
        Assert.True(_ca.Invoke("$new = $ca.UpdateRoot(); $ca.Servers.Https.TrustAnchor[0].Thumbprint -eq $new.Thumbprint").Single<bool>());
    }

    [Fact]
    public void A_scheme_without_a_road_is_told_which_there_are()
    {
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server gopher://ca.example/ -Credential $ca.Credential -Subject CN=a -NoInstall").AssertError("CmpArgument.Scheme");
        Assert.Contains("'gopher:'", error.Exception.Message, StringComparison.Ordinal);
        foreach (string scheme in _ca.Invoke("$ca.Uris.Values | ForEach-Object Scheme").All<string>())
            Assert.Contains(scheme, error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [GeneratedRegex(@", (\d+) octets( after \d+ ms)?\.$")]
    private static partial Regex Told { get; }
}
