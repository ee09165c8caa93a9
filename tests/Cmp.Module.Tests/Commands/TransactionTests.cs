using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Transactions that outlive their command: emitted, listed, gone on with, given up.</summary>
[Collection("Commands")]
public sealed class TransactionTests : IDisposable
{
    private const string Begin = "New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -Subject CN=waits -NoWait";

    // a server that says once that it is not ready, and is when it is asked again
    private readonly CaSession _ca = new("-PollCount 1 -CheckAfter 0");

    public TransactionTests() => _ca["uri"] = _ca.Uri;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void NoWait_emits_the_transaction_and_it_is_listed()
    {
        Invocation run = _ca.Invoke(Begin);
        PSObject transaction = run.Single();
        Assert.Equal("Cmp.CmpTransaction", transaction.TypeNames[0]);
        Assert.Empty(run.Warnings);
        Assert.Empty(_ca.Issued);
        PSObject listed = _ca.Invoke("Get-CmpTransaction").Single();
        foreach (PSObject item in new[] { transaction, listed })
        {
            Assert.Equal("Waiting", Text(item, "Status"));
            Assert.Equal("Initialization", Text(item, "Operation"));
            Assert.Equal("CN=waits", Text(item, "Subject"));
            Assert.Equal(_ca.Uri.OriginalString, Text(item, "Server"));
            Assert.Equal("This server was told to take its time.", Text(item, "Reason"));
            Assert.InRange((DateTime)item.Properties["Begun"].Value, DateTime.Now.AddMinutes(-5), DateTime.Now);
            Assert.InRange((DateTime)item.Properties["CheckAfter"].Value, DateTime.Now.AddMinutes(-5), DateTime.Now);
            // it has been heard and answered
            Assert.Null(item.Properties["NextMessage"].Value);
        }
        Assert.Equal(Text(transaction, "Id"), Text(listed, "Id"));
        string id = Text(transaction, "Id").ToLowerInvariant();
        Assert.Equal([$"transactions/{id}.json", $"transactions/{id}.key", $"transactions/{id}.lock"], _ca.State);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_ca.Home, $"transactions/{id}.key")));
    }

    [Fact]
    public void Where_the_server_does_not_wait_NoWait_changes_nothing()
    {
        using var ready = new CaSession();
        Assert.Equal("CN=ready", ready.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=ready -NoInstall -NoWait").Single<X509Certificate2>().Subject);
        Assert.Empty(ready.State);
    }

    [Fact]
    public void A_time_that_is_up_emits_it_with_a_warning_that_says_how_to_go_on()
    {
        using var late = new CaSession("-PollCount 1 -CheckAfter 3600");
        Invocation run = late.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=late -TimeoutSec 2");
        string id = Text(run.Single(), "Id");
        Assert.Equal($"The server still waits (This server was told to take its time.), and the time is up. Wait-CmpTransaction -Id {id} goes on.", Assert.Single(run.Warnings));
        Assert.Equal(id, Text(late.Invoke("Get-CmpTransaction").Single(), "Id"));
        Assert.Empty(CaSession.Stored("CN=late"));
    }

    [Fact]
    public void A_road_that_brings_no_answer_in_time_is_told_from_a_server_that_waits()
    {
        _ca["folder"] = TestHome.CreateFolder();
        _ca.Invoke("Register-CmpServer post mailto:ca@example.com -MailFolder $folder -Credential $ca.Credential").AssertSucceeded();
        Invocation run = _ca.Invoke("New-CmpCertificateRequest -Server post -Subject CN=late -TimeoutSec 1");
        string id = Text(run.Single(), "Id"), reason = Text(run.Single(), "Reason");
        Assert.EndsWith(".eml' is to be sent", reason, StringComparison.Ordinal);
        Assert.Equal($"No answer has come ({reason}), and the time is up. Wait-CmpTransaction -Id {id} goes on.", Assert.Single(run.Warnings));
    }

    [Fact]
    public void Wait_ends_it_in_the_certificate_with_its_key()
    {
        _ca["transaction"] = _ca.Invoke(Begin).Single();
        PSObject emitted = _ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential").Single();
        Assert.Equal("Cmp.Certificate", emitted.TypeNames[0]);
        Assert.Equal(true, emitted.Properties["Confirmed"].Value);
        Assert.Equal(Text((PSObject)_ca["transaction"]!, "Id"), Text(emitted, "TransactionId"));
        Assert.Equal(@"CurrentUser\My", Text(emitted, "Store"));
        X509Certificate2 stored = Assert.Single(CaSession.Stored("CN=waits"), certificate => certificate.Thumbprint == ((X509Certificate2)emitted.BaseObject).Thumbprint);
        Assert.True(stored.HasPrivateKey);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
        Assert.Equal([$"enrolments/{stored.Thumbprint.ToLowerInvariant()}.json"], _ca.State);
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void Another_process_lists_it_and_ends_it()
    {
        string id = Text(_ca.Invoke(Begin + " -OutFile $env:CMP_HOME/waits.pem").Single(), "Id");
        (int exitCode, string output, string error) = ShellProcess.Run("-File", Script($$"""
            Get-CmpTransaction | ForEach-Object { "$($_.Id) $($_.Status)" }
            $certificate = Wait-CmpTransaction {{id}} -Credential $credential
            "$($certificate.Subject) $($certificate.HasPrivateKey) $(@(Get-CmpTransaction).Count)"
            """));
        Assert.Equal((0, $"{id} Waiting\nCN=waits True 0\n", ""), (exitCode, output, error));
        Assert.Contains("PRIVATE KEY", File.ReadAllText(Path.Combine(_ca.Home, "waits.pem")), StringComparison.Ordinal);
        Assert.Single(_ca.Issued);
        _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential").AssertError("CmpTransaction.NotFound");
    }

    [Fact]
    public void One_that_another_process_works_on_is_left_to_it()
    {
        string id = Text(_ca.Invoke(Begin).Single(), "Id");
        using ShellProcess other = ShellProcess.Start("-File", Script($$"""
            $certificate = Wait-CmpTransaction {{id}} -Credential $credential -Approve { [Console]::WriteLine('asked'); $null = [Console]::ReadLine(); $true }
            $certificate.Subject
            """));
        other.WaitFor("asked");
        foreach (string command in new[] { $"Wait-CmpTransaction {id} -Credential $ca.Credential", $"Remove-CmpTransaction {id}" })
        {
            ErrorRecord error = _ca.Invoke(command).AssertError("CmpTransaction.Busy");
            Assert.Equal(ErrorCategory.ResourceBusy, error.CategoryInfo.Category);
            Assert.Matches(@"^Process \d+ \(.+\) on .+ works on the transaction " + id, error.ErrorDetails.Message);
        }
        Assert.Equal("Deciding", Text(_ca.Invoke("Get-CmpTransaction").Single(), "Status"));
        other.Type("\n");
        Assert.Equal(0, other.WaitForExit());
        Assert.Contains("CN=waits", other.Output, StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Fact]
    public void A_registered_server_brings_its_credential()
    {
        _ca.Invoke("Register-CmpServer slow $uri -Credential $ca.Credential").AssertSucceeded();
        _ca.Invoke("New-CmpCertificateRequest -Server slow -Subject CN=registered -NoInstall -NoWait").Single();
        Assert.Equal("CN=registered", _ca.Invoke("Get-CmpTransaction | Wait-CmpTransaction").Single<X509Certificate2>().Subject);
    }

    [Theory]
    [InlineData("", "CmpArgument.NoCredential")]
    [InlineData("-Credential $wrong", "CmpProtection.UnauthenticatedAnswer")]
    [InlineData("-Credential $ca.Credential -WhatIf", null)]
    public void What_goes_wrong_before_the_certificate_comes_leaves_it_pending(string arguments, string? errorId)
    {
        _ca["wrong"] = CaSession.Credential("cmp-test", "wrong");
        string id = Text(_ca.Invoke(Begin + " -NoInstall").Single(), "Id");
        Invocation run = _ca.Invoke($"Wait-CmpTransaction {id} {arguments}");
        Assert.Empty(run.Output);
        if (errorId is null)
            run.AssertSucceeded();
        else
            Assert.Equal(id, run.AssertError(errorId).TargetObject);
        Assert.Equal("Waiting", Text(_ca.Invoke("Get-CmpTransaction").Single(), "Status"));
        Assert.Empty(_ca.Issued);
        Assert.Equal("CN=waits", _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential").Single<X509Certificate2>().Subject);
    }

    [Theory]
    [InlineData("Get-CmpTransaction 0123")]
    [InlineData("Wait-CmpTransaction 0123")]
    [InlineData("Remove-CmpTransaction 0123")]
    [InlineData("Export-CmpMessage 0123 $env:CMP_HOME/message.pki")]
    public void An_ID_that_nothing_has_is_named_and_leaves_nothing(string command)
    {
        ErrorRecord error = _ca.Invoke(command).AssertError("CmpTransaction.NotFound");
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("There is no pending transaction '0123'.", error.ErrorDetails.Message);
        Assert.Contains("Get-CmpTransaction", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_ca.State);
    }

    [Fact]
    public void Stop_leaves_it_pending_and_free()
    {
        using var late = new CaSession("-PollCount 1000 -CheckAfter 30");
        string id = Text(late.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=stopped -NoWait").Single(), "Id");
        using RunningInvocation running = late.Session.Start($"Wait-CmpTransaction {id} -Credential $ca.Credential");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "The server needs time" && record.Activity == $"Waiting for {id}"));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(running.Wait().Stopped);
        Assert.Equal("Waiting", Text(late.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential -NoWait").Single(), "Status"));
        late.Invoke($"Remove-CmpTransaction {id}").AssertSucceeded();
        Assert.Empty(late.State);
    }

    [Fact]
    public void What_was_to_be_approved_is_to_be_approved_still()
    {
        string id = Text(_ca.Invoke(Begin + " -NoInstall -Approve { $true }").Single(), "Id");
        ErrorRecord error = _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential").AssertError("CmpArgument.Approve");
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
        Assert.Contains("-Approve", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("CN=waits", _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential -Approve {{ $_.Subject -eq 'CN=waits' }}").Single<X509Certificate2>().Subject);
    }

    [Fact]
    public void What_is_refused_at_last_is_gone_with_its_key()
    {
        string id = Text(_ca.Invoke(Begin + " -NoInstall").Single(), "Id");
        Assert.Equal("not this one", _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential -Approve {{ 'not this one' }}").AssertError("CmpTransaction.Refused").ErrorDetails.Message);
        Assert.Empty(_ca.State);
    }

    [Fact]
    public void The_password_of_the_file_is_given_again()
    {
        string path = Path.Combine(_ca.Home, "waits.pfx");
        _ca["path"] = path;
        _ca["password"] = CaSession.Credential("x", "fileword").Password;
        string id = Text(_ca.Invoke(Begin + " -OutFile $path -OutPassword $password").Single(), "Id");
        ErrorRecord error = _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential").AssertError("CmpArgument.OutPassword");
        Assert.Contains("-OutPassword", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
        Assert.DoesNotContain(_ca.State, file => File.ReadAllText(Path.Combine(_ca.Home, file)).Contains("fileword", StringComparison.Ordinal));
        _ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential -OutPassword $password").Single();
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12FromFile(path, "fileword");
        Assert.True(certificate.HasPrivateKey);
    }

    [Fact]
    public void An_update_waits_too_and_the_old_certificate_signs_when_it_goes_on()
    {
        _ca["old"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=updated").Single();
        _ca["transaction"] = _ca.Invoke("$old | Update-CmpCertificate -Server $ca -Force -NoWait").Single();
        Assert.Equal("KeyUpdate", Text((PSObject)_ca["transaction"]!, "Operation"));
        Invocation run = _ca.Invoke("$transaction | Wait-CmpTransaction");
        Assert.Equal("CN=updated", run.Single<X509Certificate2>().Subject);
    }

    [Fact]
    public void Remove_takes_the_key_along_and_says_before_what_it_would_do()
    {
        string[] ids = [.. Enumerable.Range(0, 3).Select(number => Text(_ca.Invoke($"{Begin} -TransactionId {(number == 2 ? "BBBB" : "AAAA")}0{number}").Single(), "Id"))];
        Assert.Equal(["AAAA00", "AAAA01", "BBBB02"], ids);
        _ca.Invoke("Remove-CmpTransaction * -WhatIf").AssertSucceeded();
        Assert.Equal(ids, _ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output.Select(item => Text(item, "Id")));
        _ca.Invoke("Remove-CmpTransaction aa*").AssertSucceeded();
        Assert.Equal(["transactions/bbbb02.json", "transactions/bbbb02.key", "transactions/bbbb02.lock"], _ca.State);
        Assert.Empty(_ca.Invoke("Remove-CmpTransaction AA*; Get-CmpTransaction AA*").AssertSucceeded().Output);
        _ca.Invoke("Get-CmpTransaction b?, bb* | Remove-CmpTransaction").AssertSucceeded();
        Assert.Empty(_ca.State);
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void Remove_asks_where_that_is_wanted()
    {
        _ca.Invoke(Begin).Single();
        _ca.Session.Host.Answers.Enqueue(2); // No
        _ca.Invoke("Get-CmpTransaction | Remove-CmpTransaction -Confirm").AssertSucceeded();
        Assert.Single(_ca.Session.Host.Questions);
        Assert.Single(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Fact]
    public void An_ID_that_is_taken_is_refused_before_any_traffic()
    {
        _ca.Invoke(Begin + " -TransactionId AA").Single();
        ErrorRecord error = _ca.Invoke(Begin + " -TransactionId aa").AssertError("CmpArgument.TransactionId");
        Assert.Contains("Wait-CmpTransaction", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        _ca.Invoke($"{Begin} -TransactionId {new string('A', 66)}").AssertError("CmpArgument.TransactionId");
        Assert.Equal(["transactions/aa.json", "transactions/aa.key", "transactions/aa.lock"], _ca.State);
    }

    private static string Text(PSObject item, string property) => item.Properties[property].Value.ToString()!;

    // a process of its own has the same state, and is told the secret by its environment only
    private string Script(string commands)
    {
        Environment.SetEnvironmentVariable("CMP_TEST_SECRET", _ca.Secret);
        return ShellProcess.WriteScript($"""
            Import-Module '{Repository.Manifest}'
            $credential = [pscredential]::new('cmp-test', [Net.NetworkCredential]::new('', $env:CMP_TEST_SECRET).SecurePassword)
            {commands}
            """);
    }
}
