using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Announcements that are pushed to a command that listens: by curl, by whoever has something else to say, and by nobody.</summary>
[Collection("Commands")]
public sealed class ListeningTests : IDisposable
{
    private const string Listen = "Get-CmpAnnouncement -ListenUri http://localhost:0/ -Verbose";

    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();
    private readonly HttpClient _http = new();

    public ListeningTests()
    {
        _ca["folder"] = _folder;
        _ca.Invoke("""
            Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default
            $old = $ca.RootCertificate
            $certificate = New-CmpCertificateRequest -Subject CN=listening -NoInstall
            $null = $ca.UpdateRoot()
            $update = Get-CmpRootUpdate
            Export-CmpMessage -Message $ca.Announce('CaKeyUpdate').Message -OutFile $folder/update.pki
            Export-CmpMessage -Message $ca.Announce('Crl').Message -OutFile $folder/crl.pki
            Export-CmpMessage -Message $ca.Announce('Revocation', $certificate).Message -OutFile $folder/revocation.pki
            $nobody = New-CmpAnnouncement -NewRoot $update.NewRoot -NewWithOld $update.NewWithOld -OldWithNew $update.OldWithNew -Protection None
            Export-CmpMessage -Message $nobody.Message -OutFile $folder/nobody.pki
            """).AssertSucceeded();
    }

    public void Dispose()
    {
        _http.Dispose();
        _ca.Dispose();
    }

    [SkippableFact]
    public void Curl_pushes_an_exported_announcement_and_it_is_emitted_verified_and_one_that_nobody_vouches_for_is_not()
    {
        string? curl = Programs.Find("curl");
        Skip.If(curl is null, "curl is not installed");
        using RunningInvocation running = _ca.Session.Start(Listen + " -Count 2");
        Uri at = Where(running);
        Assert.Equal("202 0", Curl(curl!, at, "nobody.pki"));
        Assert.Equal("201 0", Curl(curl!, at, "update.pki"));
        IReadOnlyList<PSObject> came = running.Wait().AssertSucceeded().Output;
        Assert.Equal([false, true], came.Select(Verified));
        Assert.All(came, one => Assert.Equal(("CaKeyUpdate", "Push"), (TypeOf(one), one.Properties["Source"].Value.ToString())));
        Assert.StartsWith("127.0.0.1:", (string)came[1].Properties["From"].Value, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(_folder, "update.pki")), came[1].Properties["Message"].Value);
        // it says the same as what is asked for
        Assert.Equal(_ca.Invoke("(Get-CmpAnnouncement -Type CaKeyUpdate).Id").Single<string>(), came[1].Properties["Id"].Value);
        AssertFree(at);
    }

    [Fact]
    public async Task What_was_emitted_before_is_taken_and_not_emitted_again()
    {
        _ca.Invoke("$null = Get-CmpAnnouncement -Type CaKeyUpdate").AssertSucceeded();
        using RunningInvocation running = _ca.Session.Start(Listen + " -Count 1");
        Uri at = Where(running);
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, "update.pki"));
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, "crl.pki"));
        Assert.Equal("Crl", TypeOf(running.Wait().Single()));
        Assert.Empty(_ca.Invoke("Get-CmpAnnouncement -Message ([IO.File]::ReadAllBytes(\"$folder/crl.pki\")) -NewOnly").AssertSucceeded().Output);
    }

    [Fact]
    public async Task The_action_runs_before_the_sender_is_answered_and_what_it_throws_is_no_receipt()
    {
        using (RunningInvocation running = _ca.Session.Start(Listen + " -Count 1 | ForEach-Object { [IO.File]::WriteAllText(\"$folder/done\", $_.Type) }"))
        {
            Assert.Equal(HttpStatusCode.Created, await PushAsync(Where(running), "update.pki"));
            Assert.Equal("CaKeyUpdate", File.ReadAllText(Path.Combine(_folder, "done")));
            running.Wait().AssertSucceeded();
        }
        using (RunningInvocation running = _ca.Session.Start(Listen + " | ForEach-Object { throw 'the action failed' }"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await PushAsync(Where(running), "crl.pki"));
            running.Wait().AssertError("the action failed");
        }
        Assert.Equal("Crl", TypeOf(_ca.Invoke("Get-CmpAnnouncement -Message ([IO.File]::ReadAllBytes(\"$folder/crl.pki\")) -NewOnly").Single()));
    }

    /// <summary>PowerShell does not say whether whoever ends a pipeline has taken the last object: it may come once more, and is never lost.</summary>
    [Fact]
    public async Task Who_has_had_enough_ends_the_listening_and_gives_no_receipt()
    {
        using RunningInvocation running = _ca.Session.Start($"foreach ($round in 1) {{ {Listen} | ForEach-Object {{ $seen = $_; break }} }}");
        Uri at = Where(running);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await PushAsync(at, "update.pki"));
        running.Wait().AssertSucceeded();
        Assert.Equal("CaKeyUpdate", TypeOf(_ca.Invoke("$seen").Single()));
        AssertFree(at);
    }

    [Fact]
    public async Task Stop_ends_it_at_once_and_frees_the_port()
    {
        foreach (bool isBusy in new[] { false, true })
        {
            using RunningInvocation running = _ca.Session.Start(Listen);
            Uri at = Where(running);
            using var waiting = new TcpClient();
            if (isBusy)
            {
                // somebody is in the middle of a push
                await waiting.ConnectAsync(IPAddress.Loopback, at.Port);
                await waiting.GetStream().WriteAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000\r\n\r\n0"u8.ToArray());
            }
            TimeSpan took = running.Stop();
            Assert.True(running.Wait().Stopped);
            Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(2));
            AssertFree(at);
        }
    }

    [Fact]
    public void The_time_that_is_up_is_no_error()
    {
        var clock = Stopwatch.StartNew();
        Invocation run = _ca.Invoke(Listen + " -TimeoutSec 1").AssertSucceeded();
        Assert.Empty(run.Output);
        Assert.True(clock.Elapsed >= TimeSpan.FromMilliseconds(900));
    }

    [Fact]
    public async Task Refused_pushes_are_a_warning_for_each_kind_and_told_of_by_Verbose_otherwise()
    {
        File.WriteAllText(Path.Combine(_folder, "garbage.pki"), "no message \u001b[31m");
        using RunningInvocation running = _ca.Session.Start(Listen + " -Count 1");
        Uri at = Where(running);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.BadRequest, await PushAsync(at, "garbage.pki"));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, (await _http.GetAsync(at)).StatusCode);
        }
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, "update.pki"));
        Invocation run = running.Wait();
        Assert.Equal("CaKeyUpdate", TypeOf(run.Single()));
        Assert.Single(run.Warnings, warning => warning.Contains("(400)", StringComparison.Ordinal));
        Assert.Single(run.Warnings, warning => warning.Contains("(405)", StringComparison.Ordinal));
        Assert.Equal(2, run.Warnings.Count);
        Assert.Equal(4, run.Verbose.Count(line => line.Contains("was refused", StringComparison.Ordinal)));
        Assert.All(run.Warnings, warning => Assert.DoesNotContain('\u001b', warning));
    }

    [SkippableFact]
    public async Task Who_pushes_from_many_addresses_floods_no_log()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "Elsewhere the loopback is one address.");
        using RunningInvocation running = _ca.Session.Start("Get-CmpAnnouncement -ListenUri http://127.0.0.1:0/ -Count 1 -Verbose");
        Uri at = Where(running);
        for (int i = 1; i <= 110; i++)
        {
            using var pusher = new TcpClient(new IPEndPoint(new IPAddress([127, 0, 1, (byte)i]), 0));
            await pusher.ConnectAsync(IPAddress.Loopback, at.Port);
            await pusher.GetStream().WriteAsync("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"u8.ToArray());
            using var reader = new StreamReader(pusher.GetStream());
            Assert.StartsWith("HTTP/1.1 405", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        }
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, "update.pki"));
        Invocation run = running.Wait();
        run.Single();
        Assert.Equal(100, run.Warnings.Count(warning => warning.Contains("was refused", StringComparison.Ordinal)));
        Assert.Contains("-Verbose", run.Warnings[^1], StringComparison.Ordinal);
        Assert.Equal((101, 10), (run.Warnings.Count, run.Verbose.Count(line => line.Contains("was refused", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Certificates_at_hand_come_along_with_their_revocation()
    {
        using RunningInvocation running = _ca.Session.Start($"$certificate | {Listen} -Count 1");
        Assert.Equal(HttpStatusCode.Created, await PushAsync(Where(running), "revocation.pki"));
        var concerned = (X509Certificate2)running.Wait().Single().Properties["Certificate"].Value;
        Assert.True(concerned.HasPrivateKey);
        Assert.Equal("CN=listening", concerned.Subject);
    }

    [Fact]
    public async Task Whom_to_believe_needs_no_address_and_nobody_is_a_warning()
    {
        using (RunningInvocation running = _ca.Session.Start("Unregister-CmpServer ca; " + Listen + " -Count 1 -TrustAnchor $old"))
        {
            Assert.Equal(HttpStatusCode.Created, await PushAsync(Where(running), "update.pki"));
            Assert.True(Verified(running.Wait().Single()));
        }
        using (RunningInvocation running = _ca.Session.Start(Listen + " -Count 1"))
        {
            Assert.Equal(HttpStatusCode.Accepted, await PushAsync(Where(running), "crl.pki"));
            Invocation run = running.Wait();
            Assert.False(Verified(run.Single()));
            Assert.StartsWith("Nobody is trusted", Assert.Single(run.Warnings), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task It_listens_with_TLS_and_over_TCP_too()
    {
        _ca.Invoke("$tls = New-CmpCertificateRequest -Subject CN=localhost -DnsName localhost -OutFile $folder/tls.pem").AssertSucceeded();
        using (RunningInvocation running = _ca.Session.Start("Get-CmpAnnouncement -ListenUri https://localhost:0/here -ListenCertificate $folder/tls.pem -Count 1 -Verbose"))
        {
            Uri at = Where(running);
            Assert.Equal(("https", "/here"), (at.Scheme, at.AbsolutePath));
            using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.Subject == "CN=localhost" };
            using var http = new HttpClient(handler);
            Assert.Equal(HttpStatusCode.NotFound, await PushAsync(new Uri(at, "/elsewhere"), "update.pki", http));
            Assert.Equal(HttpStatusCode.Created, await PushAsync(at, "update.pki", http));
            Assert.True(Verified(running.Wait().Single()));
        }
        using (RunningInvocation running = _ca.Session.Start("Get-CmpAnnouncement -ListenUri tcp://localhost:0 -Count 1 -Verbose"))
        {
            using var other = new ModuleSession();
            other["at"] = Where(running);
            other["path"] = Path.Combine(_folder, "crl.pki");
            other.Invoke("Send-CmpMessage -Server $at -Path $path").Single();
            Assert.True(Verified(running.Wait().Single()));
        }
    }

    [Theory]
    [InlineData("ftp://localhost/", "CmpArgument.Scheme")]
    [InlineData("http://user@localhost/", "CmpArgument.ListenUri")]
    [InlineData("https://localhost:0/", "CmpArgument.TlsCertificate")]
    [InlineData("http://192.0.2.1:0/", "CmpTransport.ListenFailed")]
    public void Where_it_cannot_be_listened_is_an_error(string uri, string errorId) => _ca.Invoke($"Get-CmpAnnouncement -ListenUri {uri}").AssertError(errorId);

    [Fact]
    public void An_address_that_somebody_has_is_an_error()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        _ca.Invoke($"Get-CmpAnnouncement -ListenUri http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}/").AssertError("CmpTransport.ListenFailed");
    }

    [Fact]
    public void Certificates_of_several_servers_are_believed_by_none()
    {
        _ca.Invoke("Register-CmpServer other http://ca.example/").AssertSucceeded();
        ErrorRecord error = _ca.Invoke("[pscustomobject] @{ Certificate = $certificate; Server = 'ca' }, [pscustomobject] @{ Certificate = $old; Server = 'other' } | Get-CmpAnnouncement -ListenUri http://localhost:0/").AssertError("CmpArgument.Server");
        Assert.Contains("ca, other", error.ErrorDetails.Message, StringComparison.Ordinal);
    }

    private static Uri Where(RunningInvocation running)
    {
        const string Begin = "Listening at ";
        string? told = null;
        running.WaitUntil(streams => (told = streams.Verbose.Select(record => record.Message).FirstOrDefault(line => line.StartsWith(Begin, StringComparison.Ordinal))) is not null);
        return new Uri(told![Begin.Length..^1]);
    }

    private static string TypeOf(PSObject announcement) => announcement.Properties["Type"].Value.ToString()!;

    private static bool Verified(PSObject announcement) => (bool)announcement.Properties["Verified"].Value;

    /// <summary>Nobody listens there any more.</summary>
    private static void AssertFree(Uri at)
    {
        using var listener = new TcpListener(IPAddress.Loopback, at.Port);
        listener.Start();
    }

    private string Curl(string curl, Uri at, string file)
    {
        string body = Path.Combine(_folder, "body");
        ProgramResult result = Programs.Run(curl,
            ["--silent", "--show-error", "--noproxy", "*", "--max-time", "30", "--header", "Content-Type: application/pkixcmp", "--data-binary", "@" + Path.Combine(_folder, file), "--output", body, "--write-out", "%{http_code} %{size_download}", at.OriginalString]);
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        return result.Text;
    }

    private async Task<HttpStatusCode> PushAsync(Uri at, string file, HttpClient? http = null)
    {
        using var content = new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(_folder, file)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/pkixcmp");
        using HttpResponseMessage answer = await (http ?? _http).PostAsync(at, content);
        Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        return answer.StatusCode;
    }
}
