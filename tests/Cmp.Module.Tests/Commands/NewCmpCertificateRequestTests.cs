using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>New-CmpCertificateRequest as a user has it, on the real engine.</summary>
[Collection("Commands")]
public sealed class NewCmpCertificateRequestTests : IDisposable
{
    private const string Enrol = "New-CmpCertificateRequest -Server $ca -NoInstall";

    // what answers at once does so within this, also on a busy machine
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly CaSession _ca = new();

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void The_certificate_is_in_the_users_store_with_a_key_that_signs_also_in_another_process()
    {
        PSObject certificate = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject 'CN=stored, O=Example'").Single();
        Assert.Equal(@"CurrentUser\My", certificate.Properties["Store"].Value);
        string thumbprint = ((X509Certificate2)certificate.BaseObject).Thumbprint;
        (int exitCode, string output, string error) = ShellProcess.Run("-Command", $$"""
            $store = [Security.Cryptography.X509Certificates.X509Store]::new('My', 'CurrentUser')
            $store.Open('ReadOnly')
            $certificate = $store.Certificates | Where-Object Thumbprint -eq '{{thumbprint}}'
            $extensions = [Security.Cryptography.X509Certificates.ECDsaCertificateExtensions]
            $data = [byte[]] (1, 2, 3)
            $signature = $extensions::GetECDsaPrivateKey($certificate).SignData($data, [Security.Cryptography.HashAlgorithmName]::SHA256)
            $extensions::GetECDsaPublicKey($certificate).VerifyData($data, $signature, [Security.Cryptography.HashAlgorithmName]::SHA256)
            """);
        Assert.Equal((0, "True\n", ""), (exitCode, output, error));
    }

    [Fact]
    public void It_emits_the_certificate_with_what_CMP_has_to_say_of_it()
    {
        PSObject certificate = _ca.Invoke($"{Enrol} -Subject CN=emitted -DnsName a.example").Single();
        Assert.Equal("Cmp.Certificate", certificate.TypeNames[0]);
        Assert.True(((X509Certificate2)certificate.BaseObject).HasPrivateKey);
        Assert.Equal(_ca.Uri.OriginalString, certificate.Properties["Server"].Value);
        Assert.Equal("Accepted", certificate.Properties["Status"].Value.ToString());
        Assert.Equal(true, certificate.Properties["Confirmed"].Value);
        Assert.Matches("^[0-9A-F]{32}$", (string)certificate.Properties["TransactionId"].Value);
        Assert.Equal(["CN=Cmp Test Issuing CA", "CN=Cmp Test Root CA"], ((X509Certificate2[])certificate.Properties["Chain"].Value).Select(item => item.Subject));
        Assert.Empty((Array)certificate.Properties["Modifications"].Value);
        var end = (DateTime)certificate.Properties["NotAfter"].Value;
        Assert.Equal(end.AddDays(-30), (DateTime)certificate.Properties["RenewAfter"].Value);
    }

    [Fact]
    public void What_was_asked_for_stands_in_the_certificate()
    {
        DateTime end = DateTime.Today.AddDays(9);
        _ca["end"] = end;
        var certificate = _ca.Invoke($"""
            {Enrol} -Subject 'CN=asked, O=Example' -DnsName a.example, b.example -IPAddress 192.0.2.7, 2001:db8::7 -EmailAddress a@b.example -UriName https://a.example/ -UserPrincipalName u@d.example -KeyUsage DigitalSignature, KeyAgreement -EnhancedKeyUsage ServerAuthentication, 1.2.3.4 -Policy 1.2.3.5 -NotAfter $end -KeyAlgorithm ECDSA_P384 -KeyExportPolicy Exportable
            """).Single<X509Certificate2>();
        Assert.Equal("CN=asked, O=Example", certificate.Subject);
        string names = certificate.Extensions["2.5.29.17"]!.Format(multiLine: false);
        Assert.All(new[] { "a.example", "b.example", "192.0.2.7", "a@b.example", "https://a.example/" }, name => Assert.Contains(name, names, StringComparison.Ordinal));
        Assert.Equal(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyAgreement, Assert.Single(certificate.Extensions.OfType<X509KeyUsageExtension>()).KeyUsages);
        Assert.Equal(["1.3.6.1.5.5.7.3.1", "1.2.3.4"], Assert.Single(certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()).EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value));
        Assert.NotNull(certificate.Extensions["2.5.29.32"]);
        Assert.Equal(end, certificate.NotAfter);
        Assert.Equal(384, certificate.GetECDsaPrivateKey()!.KeySize);
    }

    [Theory]
    [InlineData("ir", "-Subject CN=a")]
    [InlineData("cr", "-Subject CN=a -Operation Certification")]
    [InlineData("p10cr", "-Pkcs10 $request")]
    public void Each_kind_of_request_is_sent_by_a_secret_and_by_a_signature(string kind, string arguments)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _ca["request"] = new CertificateRequest("CN=device", key, HashAlgorithmName.SHA256).CreateSigningRequest();
        _ca["client"] = _ca.Invoke($"{Enrol} -Subject CN=client").Single();
        foreach (string credential in new[] { "-Server $ca", "-Server $ca.Uri -ClientCertificate $client -TrustAnchor $ca.RootCertificate" })
        {
            Invocation run = _ca.Invoke($"New-CmpCertificateRequest {credential} {arguments} -NoInstall -Verbose");
            run.Single<X509Certificate2>();
            Assert.Contains(run.Verbose, line => line.StartsWith($"Sent {kind},", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("PasswordBasedMac")]
    [InlineData("Pbmac1")]
    [InlineData("Hmac")]
    [InlineData("Kmac")]
    public void Each_MAC_enrols_and_renews_said_with_the_command_or_registered(string protection)
    {
        PSObject certificate = _ca.Invoke($"{Enrol} -Subject CN=mac -Protection {protection}").Single();
        Assert.Equal(true, certificate.Properties["Confirmed"].Value);
        Assert.Equal(true, certificate.Properties["Authenticated"].Value);
        PSObject renewed = _ca.Invoke($"{Enrol} -Subject CN=mac | Update-CmpCertificate -Server $ca -Force -NoInstall -Protection {protection}").Single();
        Assert.Equal("CN=mac", ((X509Certificate2)renewed.BaseObject).Subject);
        _ca.Invoke($"Register-CmpServer of-{protection} $ca.Uri -Credential $ca.Credential -Protection {protection}");
        Assert.Equal($"of-{protection}", _ca.Invoke($"New-CmpCertificateRequest -Server of-{protection} -Subject CN=mac -NoInstall").Single().Properties["Server"].Value);
    }

    [Fact]
    public void Without_protection_nothing_is_taken_over_http()
    {
        _ca.Invoke("New-CmpCertificateRequest -Server $ca.Uri -Protection None -Subject CN=a -NoInstall").AssertError("CmpProtection.UnauthenticatedAnswer");
        _ca.Invoke("Register-CmpServer open $ca.Uri -Protection None -AllowUnprotectedAnswers -IssuedTrustAnchor $ca.RootCertificate").AssertError("CmpArgument.UnprotectedAnswers");
        _ca.Invoke("Register-CmpServer open https://ca.example/ -Protection None -AllowUnprotectedAnswers").AssertError("CmpArgument.UnprotectedAnswers");
        PSObject server = _ca.Invoke("Register-CmpServer open https://ca.example/ -Protection None -AllowUnprotectedAnswers -IssuedTrustAnchor $ca.RootCertificate -PassThru").Single();
        Assert.Equal(true, server.Properties["AllowUnprotectedAnswers"].Value);
    }

    [Fact]
    public void A_secret_wins_over_a_certificate_and_Protection_over_both()
    {
        _ca["client"] = _ca.Invoke($"{Enrol} -Subject CN=client").Single();
        // with the root left out a signed answer could not be believed: the secret was used
        _ca.Invoke("New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -ClientCertificate $client -Subject CN=a -NoInstall").Single();
        _ca.Invoke("New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -ClientCertificate $client -Protection Signature -Subject CN=a -NoInstall").AssertError("CmpTrust.NoAnchor");
    }

    [Fact]
    public async Task WhatIf_sends_not_an_octet()
    {
        await using var server = new ScriptedServer();
        _ca["uri"] = server.Uri;
        string shown = _ca.Session.Show("New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=whatif -WhatIf");
        Assert.Equal($"What if: Performing the operation \"Enrol a certificate at {server.Uri}\" on target \"CN=whatif\".\n", shown);
        Assert.Equal(0, server.Accepted);
        Assert.Empty(CaSession.Stored("CN=whatif"));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 0)]
    public void Confirm_asks_and_takes_no_for_an_answer(int answer, int enrolled)
    {
        _ca.Session.Host.Answers.Enqueue(answer);
        Assert.Equal(enrolled, _ca.Invoke($"{Enrol} -Subject CN=confirmed -Confirm").AssertSucceeded().Output.Count);
        Assert.Contains("CN=confirmed", Assert.Single(_ca.Session.Host.Questions), StringComparison.Ordinal);
        Assert.Equal(enrolled, _ca.Issued.Count);
    }

    [Fact]
    public async Task Objects_in_the_pipeline_enrol_one_each_over_one_connection()
    {
        await using var server = new ForwardingServer(_ca.Uri);
        _ca["uri"] = server.Uri;
        _ca["objects"] = Enumerable.Range(1, 50).Select(number => new PSObject(new { Subject = $"CN=device{number}", DnsName = $"device{number}.example" })).ToArray();
        Invocation run = _ca.Invoke("$objects | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -NoInstall");
        Assert.Equal(Enumerable.Range(1, 50).Select(number => $"CN=device{number}"), run.All<X509Certificate2>().Select(certificate => certificate.Subject));
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task A_column_with_the_server_does_not_cost_a_connection_each()
    {
        await using var server = new ForwardingServer(_ca.Uri);
        _ca["objects"] = Enumerable.Range(1, 3).Select(number => new PSObject(new { Subject = $"CN=device{number}", Server = server.Uri.OriginalString })).ToArray();
        Assert.Equal(3, _ca.Invoke("$objects | New-CmpCertificateRequest -Credential $ca.Credential -NoInstall").AssertSucceeded().Output.Count);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public void Empty_cells_of_a_table_say_nothing()
    {
        string[] columns =
        [
            "DnsName", "IPAddress", "EmailAddress", "UriName", "UserPrincipalName", "KeyUsage", "EnhancedKeyUsage", "Policy", "NotBefore", "NotAfter", "KeyAlgorithm",
            "KeyPath", "Issuer", "Pkcs10", "Server", "ClientCertificate", "CertificateProfile", "CertStoreLocation", "OutFile", "OutKeyFile", "FriendlyName",
        ];
        var row = new PSObject();
        row.Properties.Add(new PSNoteProperty("Subject", "CN=sparse"));
        foreach (string column in columns)
            row.Properties.Add(new PSNoteProperty(column, ""));
        _ca["row"] = row;
        var certificate = _ca.Invoke($"$row | {Enrol}").Single<X509Certificate2>();
        Assert.Equal("CN=sparse", certificate.Subject);
        Assert.Null(certificate.Extensions["2.5.29.17"]);
    }

    [Fact]
    public void A_bad_object_does_not_stop_the_others()
    {
        _ca["objects"] = new[] { "CN=one", "two", "CN=three" }.Select(subject => new PSObject(new { Subject = subject })).ToArray();
        Invocation run = _ca.Invoke($"$objects | {Enrol}");
        ErrorRecord error = run.AssertError("CmpArgument.Name");
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Equal("two", ((PSObject)error.TargetObject).Properties["Subject"].Value);
        Assert.Equal(["CN=one", "CN=three"], run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
    }

    [Fact]
    public void What_this_machine_cannot_do_stops_the_pipeline()
    {
        // one error for two objects
        ErrorRecord error = _ca.Invoke($"'CN=one', 'CN=two' | ForEach-Object {{ [pscustomobject] @{{ Subject = $_ }} }} | {Enrol} -Provider 'A provider'").AssertError("CmpPlatform.NotSupported");
        Assert.Equal(ErrorCategory.NotImplemented, error.CategoryInfo.Category);
    }

    [Theory]
    [InlineData("", "CmpArgument.Subject")]
    [InlineData("-Subject nobody", "CmpArgument.Name")]
    [InlineData("-Subject CN=a -KeyAlgorithm ROT13", "CmpKey.Algorithm")]
    [InlineData("-Subject CN=a -EnhancedKeyUsage Everything", "CmpArgument.Oid")]
    [InlineData("-Subject CN=a -TransactionId xyz", "CmpArgument.TransactionId")]
    [InlineData("-Subject CN=a -ProofOfPossession None", "CmpArgument.ProofOfPossession")]
    [InlineData("-Subject CN=a -Protection KemBasedMac", "CmpArgument.Protection")]
    [InlineData("-Subject CN=a -Preset Nobodys", "CmpArgument.Preset")]
    [InlineData("-Subject CN=a -OutFile a.pem", "CmpArgument.Destination")]
    [InlineData("-Subject CN=a -KeyPath missing.key", "CmpStore.NotFound")]
    public async Task What_cannot_be_asked_for_is_refused_before_any_traffic(string arguments, string errorId)
    {
        await using var server = new ScriptedServer();
        _ca["uri"] = server.Uri;
        ErrorRecord error = _ca.Invoke($"New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -NoInstall {arguments}").AssertError(errorId);
        Assert.NotNull(error.TargetObject);
        Assert.Equal("Cmp.CmpException", error.Exception.GetType().FullName);
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public void Rule17_Without_a_credential_there_is_no_traffic()
    {
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server http://127.0.0.1:1/ -Subject CN=a").AssertError("CmpArgument.NoCredential");
        Assert.Contains("-Credential", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_server_it_says_how_to_name_one()
    {
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Subject CN=a").AssertError("CmpArgument.Server");
        Assert.Contains("Register-CmpServer -Default", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_certificate_in_the_pipeline_is_for_another_command()
    {
        ErrorRecord error = _ca.Invoke($"{Enrol} -Subject CN=a | {Enrol}").AssertError("CmpArgument.CertificateInPipeline");
        Assert.Contains("Update-CmpCertificate", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_refusal_is_a_typed_exception()
    {
        using var refusing = new CaSession("-FailInfo BadCertTemplate, BadPOP");
        Assert.Equal("BadPOP, BadCertTemplate", refusing.Invoke($$"""
            try { {{Enrol}} -Subject CN=a -ErrorAction Stop }
            catch [Cmp.Messages.CmpServerException] { if ($_.Exception.FailInfo -band [Cmp.Messages.FailInfo]::BadPOP) { "$($_.Exception.FailInfo)" } }
            """).Output.Single().ToString());
        Assert.Equal("CmpServer.badPOP", refusing.Invoke($$"""
            try { {{Enrol}} -Subject CN=a -ErrorAction Stop }
            catch [Cmp.CmpException] { $_.Exception.ErrorId }
            """).Output.Single().ToString());
        Assert.Empty(refusing.Issued);
    }

    [Fact]
    public void Types_have_literals()
    {
        Assert.True(_ca.Invoke($"({Enrol} -Subject CN=a).Status -eq [Cmp.Messages.PkiStatus]::Accepted").Single<bool>());
        Assert.True(_ca.Invoke("[Cmp.Messages.Pkix.KeyUsages] 'DigitalSignature, KeyAgreement' -is [enum]").Single<bool>());
    }

    [Theory]
    [InlineData("{ $true }", null)]
    [InlineData("{ param($certificate) $certificate.Subject -eq 'CN=judged' }", null)]
    [InlineData("{ 'I do not like it' }", "I do not like it")]
    [InlineData("{ $false }", "The certificate was refused by -Approve.")]
    [InlineData("{ }", "The certificate was refused by -Approve.")]
    [InlineData("{ throw 'my own affair' }", "The certificate could not be judged.")]
    public void Rule43_Approve_decides(string script, string? reason)
    {
        string path = Path.Combine(TestHome.CreateFolder(), "judged.pem");
        _ca["path"] = path;
        Invocation run = _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=judged -OutFile $path -Approve {script} -Verbose");
        Assert.Contains(run.Verbose, line => line.StartsWith("Sent certConf", StringComparison.Ordinal));
        if (reason is null)
        {
            run.Single();
            Assert.Single(_ca.Issued);
            return;
        }
        Assert.Equal(reason, run.AssertError("CmpTransaction.Refused").ErrorDetails.Message);
        Assert.False(File.Exists(path));
        Assert.Empty(_ca.Issued);
        Assert.Equal(script.Contains("throw", StringComparison.Ordinal) ? 1 : 0, run.Warnings.Count);
    }

    [Fact]
    public void Secrets_are_in_no_stream_and_no_trace()
    {
        string folder = TestHome.CreateFolder();
        _ca["folder"] = folder;
        _ca["token"] = CaSession.Credential("t", "one-time-token").Password;
        Invocation run = _ca.Invoke($"{Enrol} -Subject CN=a -RegistrationToken $token -TracePath $folder -Verbose -Debug");
        run.Single();
        string secret = _ca.Secret;
        Assert.All(run.Verbose.Concat(run.Debug).Concat(run.Warnings), line => Assert.DoesNotContain(secret, line, StringComparison.Ordinal));
        Assert.Equal(["0001-sent-ir.der", "0002-received-ip.der", "log.txt"], Directory.GetFiles(folder).Select(Path.GetFileName).Order());
        foreach (string file in Directory.GetFiles(folder))
        {
            string content = System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(file));
            Assert.DoesNotContain(secret, content, StringComparison.Ordinal);
            Assert.DoesNotContain("one-time-token", content, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Verbose_names_each_message()
    {
        Invocation run = _ca.Invoke($"{Enrol} -Subject CN=a -ExplicitConfirm -Verbose");
        Assert.Equal(["Sent ir", "Received ip", "Sent certConf", "Received pkiconf"], run.Verbose.Where(line => line.Contains("octets", StringComparison.Ordinal)).Select(line => line.Split(',')[0]));
    }

    [Fact]
    public async Task Stop_ends_the_wait_for_a_silent_server_at_once()
    {
        var received = new TaskCompletionSource();
        var closed = new TaskCompletionSource();
        await using var server = new ScriptedServer(async connection =>
        {
            await connection.ReceiveAsync();
            received.SetResult();
            try
            {
                await connection.UntilClosedAsync();
            }
            finally
            {
                // by an end or by a reset
                closed.SetResult();
            }
        });
        _ca["uri"] = server.Uri;
        using RunningInvocation running = _ca.Session.Start("New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=stopped");
        await received.Task.WaitAsync(Some.Time);
        AssertStopped(running);
        await closed.Task.WaitAsync(Some.Time);
    }

    [Fact]
    public void Stop_ends_polling_at_once_and_leaves_the_transaction_pending()
    {
        using var busy = new CaSession("-PollCount 1000 -CheckAfter 30");
        using RunningInvocation running = busy.Session.Start("New-CmpCertificateRequest -Server $ca -Subject CN=stopped");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "The server needs time"));
        AssertStopped(running);
        Assert.Empty(busy.Issued);
        // the server has the request: it is gone on with, or given up
        Assert.Equal("CN=stopped", busy.Invoke("Get-CmpTransaction").Single().Properties["Subject"].Value);
        busy.Invoke("Remove-CmpTransaction *").AssertSucceeded();
        Assert.Empty(busy.State);
    }

    [Fact]
    public void Stop_ends_the_users_own_script_too()
    {
        using RunningInvocation running = _ca.Session.Start("New-CmpCertificateRequest -Server $ca -Subject CN=stopped -Approve { while ($true) { } } -Verbose");
        running.WaitUntil(streams => streams.Verbose.Any(record => record.Message.StartsWith("Received ip", StringComparison.Ordinal)));
        AssertStopped(running);
    }

    [Fact]
    public void Rule39_Progress_tells_the_servers_reason_and_the_time_that_is_left()
    {
        using var busy = new CaSession("-PollCount 1 -CheckAfter 2");
        Invocation run = busy.Invoke($"{Enrol} -Subject CN=awaited");
        run.Single();
        ProgressRecord[] waiting = [.. run.Progress.Where(record => record.StatusDescription == "The server needs time")];
        Assert.NotEmpty(waiting);
        Assert.All(waiting, record => Assert.Equal("Enrolling CN=awaited", record.Activity));
        Assert.All(waiting, record => Assert.Equal("This server was told to take its time.", record.CurrentOperation));
        Assert.All(waiting, record => Assert.InRange(record.SecondsRemaining, 0, 2));
        Assert.Equal(ProgressRecordType.Completed, run.Progress[^1].RecordType);
    }

    [Fact]
    public void Rule38_A_server_that_waits_longer_than_there_is_time_is_no_error()
    {
        using var busy = new CaSession("-PollCount 1 -CheckAfter 3600");
        Invocation run = busy.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=late -TimeoutSec 2");
        PSObject transaction = run.Single();
        Assert.Equal("Cmp.CmpTransaction", transaction.TypeNames[0]);
        Assert.Equal("Initialization", transaction.Properties["Operation"].Value.ToString());
        Assert.Equal("This server was told to take its time.", transaction.Properties["Reason"].Value);
        Assert.InRange((DateTime)transaction.Properties["CheckAfter"].Value, DateTime.Now.AddMinutes(50), DateTime.Now.AddMinutes(61));
        Assert.Contains($"Wait-CmpTransaction -Id {transaction.Properties["Id"].Value}", Assert.Single(run.Warnings), StringComparison.Ordinal);
        Assert.Empty(CaSession.Stored("CN=late"));
    }

    private static void AssertStopped(RunningInvocation running)
    {
        Assert.InRange(running.Stop(), TimeSpan.Zero, AtOnce);
        Invocation run = running.Wait();
        Assert.True(run.Stopped);
        Assert.Empty(run.Output);
        Assert.Empty(run.Errors);
        Assert.Empty(CaSession.Stored("CN=stopped"));
    }
}
