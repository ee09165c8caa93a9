using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Revocations that outlive their command: emitted, listed beside enrolments, gone on with, given up.</summary>
[Collection("Commands")]
public sealed class RevocationTransactionTests : IDisposable
{
    private const string Begin = "Revoke-CmpCertificate $path -Server $ca -Reason KeyCompromise -NoWait";

    // a server that says once that it is not ready, and is when it is asked again
    private readonly CaSession _ca = new("-PollCount 1 -CheckAfter 0");

    public RevocationTransactionTests()
    {
        _ca["ConfirmPreference"] = "None";
        _ca["uri"] = _ca.Uri;
        _ca["path"] = Path.Combine(_ca.Home, "waits.pem");
        _ca["certificate"] = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Subject CN=waits -OutFile $path").Single();
    }

    private X509Certificate2 Certificate => (X509Certificate2)((PSObject)_ca["certificate"]!).BaseObject;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void NoWait_emits_the_transaction_and_it_is_listed_as_what_it_is()
    {
        Invocation run = _ca.Invoke(Begin);
        PSObject transaction = run.Single();
        Assert.Empty(run.Warnings);
        Assert.Single(_ca.Issued);
        _ca.Invoke("$null = New-CmpCertificateRequest -Server $ca -Subject CN=enrols -NoInstall -NoWait").AssertSucceeded();
        PSObject[] listed = [.. _ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output];
        Assert.Equal(["Initialization", "Revocation"], listed.Select(item => Text(item, "Operation")));
        foreach (PSObject item in new[] { transaction, listed[1] })
        {
            Assert.Equal("Cmp.CmpTransaction", item.TypeNames[0]);
            Assert.Equal("Waiting", Text(item, "Status"));
            Assert.Equal("CN=waits", Text(item, "Subject"));
            Assert.Equal(_ca.Uri.OriginalString, Text(item, "Server"));
            Assert.Equal("This server was told to take its time.", Text(item, "Reason"));
            Assert.Null(item.Properties["NextMessage"].Value);
        }
        string id = Text(transaction, "Id");
        Assert.Equal(id, Text(listed[1], "Id"));
        Assert.Equal(id, Text(_ca.Invoke($"Get-CmpTransaction {id[..8].ToLowerInvariant()}*").Single(), "Id"));
        Assert.Equal(id, _ca.Invoke($"(TabExpansion2 'Wait-CmpTransaction {id[..8]}' {20 + 8}).CompletionMatches | ForEach-Object CompletionText").Single<string>());
        Assert.Matches("CN=waits +Revocation", _ca.Session.Show($"Get-CmpTransaction {id}"));
        // it has been heard and answered
        _ca.Invoke($"Export-CmpMessage {id} $env:CMP_HOME/message.pki").AssertError("CmpTransaction.NoMessage");
    }

    [Fact]
    public void Where_nobody_is_impatient_it_waits_and_shows_it()
    {
        Invocation run = _ca.Invoke("Revoke-CmpCertificate $path -Server $ca");
        Assert.Equal("Accepted", Text(run.Single(), "Status"));
        Assert.Contains(run.Progress, record => record is { Activity: var activity, StatusDescription: "The server needs time" } && activity.StartsWith("Revoking CN=waits, serial number ", StringComparison.Ordinal));
        Assert.Empty(_ca.Issued);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Fact]
    public void A_time_that_is_up_emits_it_with_a_warning_that_says_how_to_go_on()
    {
        using var late = new CaSession("-PollCount 1 -CheckAfter 3600");
        late["ConfirmPreference"] = "None";
        Invocation run = late.Invoke("Revoke-CmpCertificate -Issuer 'CN=Cmp Test Issuing CA' -SerialNumber 1234 -Server $ca -TimeoutSec 2");
        string id = Text(run.Single(), "Id");
        Assert.Equal($"The server still waits (This server was told to take its time.), and the time is up. Wait-CmpTransaction -Id {id} goes on.", Assert.Single(run.Warnings));
        PSObject again = late.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential -NoWait").Single();
        Assert.Equal("1234 of CN=Cmp Test Issuing CA", Text(again, "Subject"));
        Assert.Equal([$"requests/{id.ToLowerInvariant()}.json", $"requests/{id.ToLowerInvariant()}.lock"], late.State);
        late.Invoke("Get-CmpTransaction | Remove-CmpTransaction").AssertSucceeded();
        Assert.Empty(late.State);
    }

    [Fact]
    public void Wait_ends_it_in_the_revocation()
    {
        _ca["transaction"] = _ca.Invoke(Begin).Single();
        PSObject revocation = _ca.Invoke("$transaction | Wait-CmpTransaction").Single();
        Assert.Equal("Cmp.CmpRevocation", revocation.TypeNames[0]);
        Assert.Equal("KeyCompromise", Text(revocation, "Reason"));
        Assert.Equal(Certificate.Thumbprint, ((X509Certificate2)revocation.Properties["Certificate"].Value).Thumbprint);
        Assert.Equal(Text((PSObject)_ca["transaction"]!, "Id"), Text(revocation, "TransactionId"));
        _ca["revocation"] = revocation;
        Assert.Equal(Certificate.SerialNumber, _ca.Invoke("$revocation.Crl.Entries | ForEach-Object { $_.SerialNumber }").Single<string>());
        Assert.Empty(_ca.Issued);
        Assert.DoesNotContain(_ca.State, file => file.StartsWith("requests/", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_process_lists_it_and_ends_it()
    {
        string id = Text(_ca.Invoke(Begin).Single(), "Id");
        string script = ShellProcess.WriteScript($$"""
            Import-Module '{{Repository.Manifest}}'
            Get-CmpTransaction | ForEach-Object { "$($_.Id) $($_.Operation) $($_.Status)" }
            $revocation = Wait-CmpTransaction {{id}}
            "$($revocation.Subject) $($revocation.Reason) $($revocation.Status) $($revocation.Crl.Verified) $(@(Get-CmpTransaction).Count)"
            """);
        (int exitCode, string output, string error) = ShellProcess.Run("-File", script);
        Assert.Equal((0, $"{id} Revocation Waiting\nCN=waits KeyCompromise Accepted True 0\n", ""), (exitCode, output, error));
        Assert.Empty(_ca.Issued);
        _ca.Invoke($"Wait-CmpTransaction {id}").AssertError("CmpTransaction.NotFound");
    }

    [Fact]
    public void Of_a_batch_the_refused_one_is_an_error_when_it_ends()
    {
        _ca.Invoke("$others = 1, 2 | ForEach-Object { New-CmpCertificateRequest -Server $ca -Subject \"CN=$_\" -NoInstall }; $null = $others[0] | Revoke-CmpCertificate -Server $ca").AssertSucceeded();
        _ca["transaction"] = _ca.Invoke("$others | Revoke-CmpCertificate -Server $ca -BatchSize 2 -NoWait").Single();
        Assert.Equal("CN=1; CN=2", Text((PSObject)_ca["transaction"]!, "Subject"));
        Invocation run = _ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential");
        ErrorRecord error = run.AssertError("CmpServer.certRevoked");
        Assert.Equal("CN=1", Assert.IsType<X509Certificate2>(error.TargetObject).Subject);
        Assert.Equal("CN=2", Text(Assert.Single(run.Output), "Subject"));
    }

    [Theory]
    [InlineData("", "CmpArgument.NoCredential")]
    [InlineData("-Credential $wrong", "CmpProtection.UnauthenticatedAnswer")]
    [InlineData("-Credential $ca.Credential -ResponsePath $path", "CmpMessage.Malformed")]
    [InlineData("-Credential $ca.Credential -WhatIf", null)]
    public void What_goes_wrong_before_it_ends_leaves_it_pending(string arguments, string? errorId)
    {
        _ca["wrong"] = CaSession.Credential("cmp-test", "wrong");
        string id = Text(_ca.Invoke(Begin + " -Protection PasswordBasedMac").Single(), "Id");
        Invocation run = _ca.Invoke($"Wait-CmpTransaction {id} {arguments}");
        Assert.Empty(run.Output);
        if (errorId is null)
            run.AssertSucceeded();
        else
            Assert.Equal(id, run.AssertError(errorId).TargetObject);
        Assert.Equal("Waiting", Text(_ca.Invoke("Get-CmpTransaction").Single(), "Status"));
        Assert.Single(_ca.Issued);
        Assert.Equal("Accepted", Text(_ca.Invoke($"Wait-CmpTransaction {id} -Credential $ca.Credential").Single(), "Status"));
    }

    [Fact]
    public void Its_messages_are_not_carried_by_hand()
    {
        string id = Text(_ca.Invoke(Begin).Single(), "Id");
        _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=x -TransactionId AA -Offline | Export-CmpMessage -OutFile $env:CMP_HOME/x.pki").AssertSucceeded();
        _ca.Invoke($"Wait-CmpTransaction {id} -ResponsePath $env:CMP_HOME/x.pki").AssertError("CmpArgument.ResponsePath");
        Assert.Equal("Waiting", Text(_ca.Invoke($"Get-CmpTransaction {id}").Single(), "Status"));
    }

    [Fact]
    public void Remove_says_before_what_it_would_do_and_the_certificate_stays_in_force()
    {
        PSObject transaction = _ca.Invoke(Begin).Single();
        string id = Text(transaction, "Id");
        Assert.Equal($"What if: Performing the operation \"Abandon the revocation\" on target \"{id} ({Text(transaction, "Subject")})\".", _ca.Session.Show($"Remove-CmpTransaction {id} -WhatIf").Trim());
        Assert.Single(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
        _ca.Invoke("Remove-CmpTransaction *").AssertSucceeded();
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
        Assert.Single(_ca.Issued);
        Assert.DoesNotContain(_ca.State, file => file.StartsWith("requests/", StringComparison.Ordinal));
    }

    [Fact]
    public void Stop_leaves_it_pending_and_free()
    {
        using var late = new CaSession("-PollCount 1000 -CheckAfter 30");
        late["ConfirmPreference"] = "None";
        using RunningInvocation running = late.Session.Start("Revoke-CmpCertificate -Issuer CN=x -SerialNumber 12 -Server $ca");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "The server needs time"));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.True(running.Wait().Stopped);
        Assert.Equal("Waiting", Text(late.Invoke("Get-CmpTransaction | Wait-CmpTransaction -Credential $ca.Credential -NoWait").Single(), "Status"));
    }

    [Fact]
    public void A_damaged_record_is_named_and_hides_no_other()
    {
        string id = Text(_ca.Invoke(Begin).Single(), "Id");
        File.WriteAllText(Path.Combine(_ca.Home, "requests", "aabbcc.json"), "{");
        Invocation run = _ca.Invoke("Get-CmpTransaction");
        run.AssertError("CmpState.Unreadable");
        Assert.Equal(id, Text(Assert.Single(run.Output), "Id"));
        _ca.Invoke("Wait-CmpTransaction AABBCC").AssertError("CmpState.Unreadable");
        _ca.Invoke("Remove-CmpTransaction AABBCC").AssertSucceeded();
        Assert.Equal(id, Text(_ca.Invoke("Get-CmpTransaction").Single(), "Id"));
    }

    private static string Text(PSObject item, string property) => item.Properties[property].Value.ToString()!;
}
