using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Net;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>The scripts of examples/announcements do what they say, at a test server that announces.</summary>
[Collection("Commands")]
public sealed class AnnouncementExampleTests : IDisposable
{
    private const string Renew = "& $renew";
    private const string TakeRoot = "& $takeRoot -Server ca";

    private readonly CaSession _ca = new("-Transport Http, Coap");
    private readonly string _folder = TestHome.CreateFolder();
    private readonly HttpClient _http = new();

    public AnnouncementExampleTests()
    {
        _ca["folder"] = _folder;
        _ca["renew"] = Repository.GetPath("examples/announcements/Update-OnRevocation.ps1");
        _ca["takeRoot"] = Repository.GetPath("examples/announcements/Install-NewRoot.ps1");
        _ca.Invoke("""
            Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default
            $old = New-CmpCertificateRequest -Subject 'CN=router7, O=Demo' -DnsName router7.example -EnhancedKeyUsage ServerAuthentication -Name router7 -OutFile $folder/router7.pem
            """).AssertSucceeded();
    }

    public void Dispose()
    {
        _http.Dispose();
        _ca.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Server ca -NewOnly")]
    public void A_warning_that_is_asked_for_renews_the_certificate_and_another_run_does_nothing(string options)
    {
        Assert.Empty(_ca.Invoke($"{Renew} {options}").AssertSucceeded().Output);
        _ca.Invoke("$null = $ca.Announce('Revocation', $old)").AssertSucceeded();
        var renewed = _ca.Invoke($"{Renew} {options}").AssertSucceeded().Single<X509Certificate2>();
        Assert.Equal("CN=router7, O=Demo", renewed.Subject);
        Assert.Equal(renewed.Thumbprint, Current());
        Assert.True(renewed.HasPrivateKey);
        Assert.Empty(_ca.Invoke($"{Renew} {options}").AssertSucceeded().Output);
        Assert.Equal(renewed.Thumbprint, Current());
    }

    [Fact]
    public void WhatIf_renews_nothing()
    {
        string before = Current();
        _ca.Invoke("$null = $ca.Announce('Revocation', $old)").AssertSucceeded();
        Assert.Empty(_ca.Invoke($"{Renew} -WhatIf").AssertSucceeded().Output);
        Assert.Equal(before, Current());
    }

    [Fact]
    public void A_renewal_that_fails_is_tried_again_by_the_next_run()
    {
        _ca.Invoke("""
            $null = $ca.Announce('Revocation', $old)
            function Update-CmpCertificate { throw 'the disk is full' }
            """).AssertSucceeded();
        _ca.Invoke($"{Renew} -NewOnly").AssertError("the disk is full");
        _ca.Invoke("$ExecutionContext.InvokeProvider.Item.Remove('Function:Update-CmpCertificate', $false)").AssertSucceeded();
        Assert.Equal(_ca.Invoke($"{Renew} -NewOnly").AssertSucceeded().Single<X509Certificate2>().Thumbprint, Current());
    }

    [Fact]
    public void A_certificate_that_is_revoked_is_enrolled_anew_with_the_secret_and_keeps_its_name_place_and_extensions()
    {
        _ca.Invoke("$old | Revoke-CmpCertificate -Reason Superseded -Confirm:$false").AssertSucceeded();
        var anew = _ca.Invoke($"{Renew} -NewOnly").AssertSucceeded().Single<X509Certificate2>();
        Assert.Equal("CN=router7, O=Demo", anew.Subject);
        Assert.Equal(anew.Thumbprint, Current());
        Assert.Equal(["router7.example"], anew.Extensions.OfType<X509SubjectAlternativeNameExtension>().Single().EnumerateDnsNames());
        Assert.Equal(["1.3.6.1.5.5.7.3.1"], anew.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single().EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value));
        Assert.Contains(Convert.ToBase64String(anew.RawData)[..40], File.ReadAllText(Path.Combine(_folder, "router7.pem")), StringComparison.Ordinal);
        // and that is the end of it: the revoked one is in use no more
        Assert.Empty(_ca.Invoke(Renew).AssertSucceeded().Output);
    }

    [Fact]
    public void Without_a_secret_a_revoked_certificate_is_told_of_and_a_credential_helps()
    {
        string before = Current();
        _ca.Invoke("""
            $old | Revoke-CmpCertificate -Reason Superseded -Confirm:$false
            $credential = $ca.Credential
            Register-CmpServer ca $ca.Uri -TrustAnchor $ca.RootCertificate -Default
            """).AssertSucceeded();
        Invocation told = _ca.Invoke(Renew).AssertSucceeded();
        Assert.Contains("enrol a new one with -Credential", Assert.Single(told.Warnings), StringComparison.Ordinal);
        Assert.Empty(told.Output);
        Assert.Equal(before, Current());
        Assert.Equal(_ca.Invoke($"{Renew} -Credential $credential").AssertSucceeded().Single<X509Certificate2>().Thumbprint, Current());
    }

    [Fact]
    public async Task A_warning_that_is_pushed_renews_and_one_that_nobody_vouches_for_does_nothing()
    {
        string before = Current();
        _ca.Invoke("""
            $good = $ca.Announce('Revocation', $old).Message
            $nobody = (New-CmpAnnouncement -RevokedCertificate $old -WillBeRevokedAt ([datetime]::Now.AddDays(1)) -Protection None).Message
            """).AssertSucceeded();
        byte[] good = _ca.Invoke("(, $good)").Single<byte[]>();
        byte[] nobody = _ca.Invoke("(, $nobody)").Single<byte[]>();
        using RunningInvocation running = _ca.Session.Start($"{Renew} -Server ca -ListenUri http://localhost:0/ -Count 2 -Verbose");
        Uri at = Where(running);
        Assert.Equal(HttpStatusCode.Accepted, await PushAsync(at, nobody));
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, good));
        Invocation run = running.Wait().AssertSucceeded();
        Assert.Contains("Nothing was done about what is not verified", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Equal(run.Output.Select(one => one.BaseObject).OfType<X509Certificate2>().Single().Thumbprint, Current());
        Assert.NotEqual(before, Current());
    }

    [Fact]
    public async Task What_is_renewed_while_it_listens_is_renewed_again_and_the_old_one_is_not()
    {
        byte[] first = _ca.Invoke("(, $ca.Announce('Revocation', $old).Message)").Single<byte[]>();
        string script = $$"""
            {{Renew}} -Server ca -ListenUri http://localhost:0/ -Count 3 -Verbose | ForEach-Object {
                [IO.File]::WriteAllBytes("$folder/again", $ca.Announce('Revocation', $_).Message)
                # what a CA does with the old one after that
                $null = $old | Revoke-CmpCertificate -Server ca -Reason Superseded -Confirm:$false -ErrorAction Ignore
                [IO.File]::WriteAllBytes("$folder/old", $ca.Announce('Revocation', $old).Message)
                $_
            }
            """;
        using RunningInvocation running = _ca.Session.Start(script);
        Uri at = Where(running);
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, first));
        string once = Current();
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, File.ReadAllBytes(Path.Combine(_folder, "again"))));
        string twice = Current();
        Assert.NotEqual(once, twice);
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, File.ReadAllBytes(Path.Combine(_folder, "old"))));
        Assert.Equal(2, running.Wait().AssertSucceeded().Output.Count);
        Assert.Equal(twice, Current());
    }

    [Fact]
    public void A_warning_that_is_observed_renews()
    {
        _ca.Invoke("""
            Register-CmpServer coap $ca.Uris['Coap'] -TrustAnchor $ca.RootCertificate
            $null = $ca.Announce('Revocation', $old)
            """).AssertSucceeded();
        Assert.Equal(_ca.Invoke($"{Renew} -Server coap -Observe -Count 1 -TimeoutSec 30").AssertSucceeded().Single<X509Certificate2>().Thumbprint, Current());
    }

    [Fact]
    public void Who_has_no_certificate_is_told_so()
    {
        Assert.Contains("no certificate here", Assert.Single(_ca.Invoke($"{Renew} -Name nobody*").AssertSucceeded().Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_root_with_the_fingerprint_that_was_given_is_installed_unattended_and_the_next_certificate_leads_to_it()
    {
        Assert.Contains("no new root", Text(_ca.Invoke(TakeRoot)), StringComparison.Ordinal);
        string fingerprint = NewRoot();
        string said = Text(_ca.Invoke($"{TakeRoot} -Fingerprint '{fingerprint}'"));
        Assert.Contains("For: It answers our question", said, StringComparison.Ordinal);
        Assert.Contains($"SHA-256 {fingerprint}", said, StringComparison.Ordinal);
        Assert.Equal(2, Anchors());
        Assert.Equal(_ca.Invoke("$ca.RootCertificate.Thumbprint").Single<string>(), _ca.Invoke("(New-CmpCertificateRequest -Subject CN=next -NoInstall).Chain[-1].Thumbprint").Single<string>());
    }

    [Fact]
    public void Without_a_fingerprint_somebody_is_asked_whatever_is_preferred()
    {
        NewRoot();
        foreach ((int answer, int anchors) in new[] { (2, 1), (0, 2) })
        {
            _ca.Session.Host.Answers.Enqueue(answer);
            _ca.Invoke($"{TakeRoot} -Confirm:$false").AssertSucceeded();
            Assert.Empty(_ca.Session.Host.Answers);
            Assert.Equal(anchors, Anchors());
        }
    }

    [Fact]
    public void A_root_with_another_fingerprint_or_with_WhatIf_is_not_installed()
    {
        string fingerprint = NewRoot();
        string wrong = (fingerprint[0] == '0' ? '1' : '0') + fingerprint[1..];
        Assert.Contains("another one than that of the fingerprint", _ca.Invoke($"{TakeRoot} -Fingerprint '{wrong}'").AssertError("NewRoot.Fingerprint").Exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, Anchors());
        _ca.Invoke($"{TakeRoot} -Fingerprint '{fingerprint}' -WhatIf").AssertSucceeded();
        Assert.Equal(1, Anchors());
        // SHA-1 names a root, and proves none
        _ca.Invoke($"{TakeRoot} -Fingerprint ('00' * 20)").AssertError("ParameterArgumentValidationError");
        Assert.Equal(1, Anchors());
    }

    [Fact]
    public void A_root_that_nobody_vouches_for_is_not_installed_though_its_fingerprint_is_right()
    {
        string fingerprint = NewRoot();
        Invocation run = _ca.Invoke($$"""
            $update = Get-CmpRootUpdate
            $nobody = New-CmpAnnouncement -NewRoot $update.NewRoot -NewWithOld $update.NewWithOld -OldWithNew $update.OldWithNew -Protection None
            Get-CmpAnnouncement -Message $nobody.Message -Server ca | & $takeRoot -Fingerprint '{{fingerprint}}'
            """).AssertSucceeded();
        Assert.Contains("not verified", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Equal(1, Anchors());
        _ca.Invoke($"Get-CmpAnnouncement -Message $ca.Announce('CaKeyUpdate').Message -Server ca | & $takeRoot -Fingerprint '{fingerprint}'").AssertSucceeded();
        Assert.Equal(2, Anchors());
    }

    [Fact]
    public async Task One_listener_renews_certificates_and_takes_the_root()
    {
        string fingerprint = NewRoot();
        byte[] update = _ca.Invoke("(, $ca.Announce('CaKeyUpdate').Message)").Single<byte[]>();
        byte[] warning = _ca.Invoke("(, $ca.Announce('Revocation', $old).Message)").Single<byte[]>();
        string before = Current();
        using RunningInvocation running = _ca.Session.Start($"{Renew} -Server ca -ListenUri http://localhost:0/ -Count 2 -Verbose | {TakeRoot} -Fingerprint {fingerprint}");
        Uri at = Where(running);
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, update));
        Assert.Equal(HttpStatusCode.Created, await PushAsync(at, warning));
        Invocation run = running.Wait().AssertSucceeded();
        Assert.Equal(2, Anchors());
        Assert.NotEqual(before, Current());
        Assert.Equal(Current(), run.Output.Select(one => one.BaseObject).OfType<X509Certificate2>().Single().Thumbprint);
    }

    /// <summary>It knows each setting, and that what is started is there: for the reader another program than pwsh, which need not be.</summary>
    [SkippableFact]
    public void Systemd_takes_the_units()
    {
        string? analyze = Programs.Find("systemd-analyze");
        Skip.If(analyze is null, "systemd-analyze is not installed");
        string[] units = [.. Directory.GetFiles(Repository.GetPath("examples/announcements"), "cmp-*").Select(path => Path.Combine(_folder, Path.GetFileName(path)))];
        Assert.Equal(3, units.Length);
        foreach (string unit in units)
            File.WriteAllText(unit, File.ReadAllText(Repository.GetPath($"examples/announcements/{Path.GetFileName(unit)}")).Replace("/usr/bin/pwsh", "/bin/sh", StringComparison.Ordinal));
        ProgramResult result = Programs.Run(analyze!, ["verify", .. units]);
        Assert.DoesNotContain("cmp-announcements", result.Error, StringComparison.Ordinal);
        Assert.Equal(0, result.ExitCode);
    }

    private static string Text(Invocation run) => string.Join("\n", run.AssertSucceeded().Output.Select(line => line.ToString()));

    private static Uri Where(RunningInvocation running)
    {
        Uri? at = null;
        running.WaitUntil(streams =>
        {
            VerboseRecord? line = streams.Verbose.ToArray().FirstOrDefault(record => record.Message.StartsWith("Listening at ", StringComparison.Ordinal));
            at = line is null ? null : new Uri(line.Message["Listening at ".Length..^1]);
            return at is not null;
        });
        return at!;
    }

    private async Task<HttpStatusCode> PushAsync(Uri at, byte[] octets)
    {
        using var content = new ByteArrayContent(octets) { Headers = { ContentType = new MediaTypeHeaderValue("application/pkixcmp") } };
        using HttpResponseMessage answer = await _http.PostAsync(at, content);
        return answer.StatusCode;
    }

    /// <summary>The thumbprint of the certificate that is in use, as another process would find it.</summary>
    private string Current()
    {
        using var session = new ModuleSession();
        return session.Invoke("(Get-CmpCertificate router7).Thumbprint").Single<string>();
    }

    private int Anchors() => _ca.Invoke("(Get-CmpServer ca).TrustAnchor.Count").Single<int>();

    /// <summary>The CA changes its root, and somebody reads the fingerprint of the new one over the telephone.</summary>
    private string NewRoot() => string.Join(':', SHA256.HashData(_ca.Invoke("$ca.UpdateRoot()").Single<X509Certificate2>().RawData).Select(octet => octet.ToString("X2")));
}
