using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Several objects of the pipeline in one message: each gives its own certificate, or its own error, in its place.</summary>
[Collection("Commands")]
public sealed class BatchTests : IDisposable
{
    private const string Enrol = "$rows | New-CmpCertificateRequest -Server $ca";

    private readonly CaSession _ca = new("-RejectSubject 'CN=bad*' -DelaySubject 'CN=slow*' -PollCount 1 -CheckAfter 0");
    private readonly string _folder = TestHome.CreateFolder();

    public BatchTests() => _ca["folder"] = _folder;

    public void Dispose() => _ca.Dispose();

    [Fact]
    public void One_is_granted_one_rejected_and_one_waits_and_comes_in_its_place()
    {
        PSObject[] rows = Rows("good", "bad", "slow");
        Invocation run = _ca.Invoke($"{Enrol} -BatchSize 3 -NoInstall -Verbose");
        ErrorRecord error = run.AssertError("CmpServer.badRequest");
        Assert.Same(rows[1], error.TargetObject);
        Assert.Equal(["CN=good", "CN=slow"], Subjects(run.Output));
        Assert.All(run.Output, item => Assert.Equal("Cmp.Certificate", item.TypeNames[0]));
        Assert.Single(run.Output.Select(item => item.Properties["TransactionId"].Value).Distinct());
        Assert.Equal(["CN=good", "CN=slow"], _ca.Issued);
        Assert.Equal(1, run.Verbose.Count(line => line.StartsWith("Sent ir", StringComparison.Ordinal)));
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Fact]
    public void Who_does_not_wait_gets_what_is_there_and_the_transaction_that_waits()
    {
        Rows("slow1", "good", "bad", "slow2");
        for (int i = 0; i < 4; i++)
            ((PSObject[])_ca["rows"]!)[i].Properties.Add(new PSNoteProperty("OutFile", Path.Combine(_folder, $"{i}.pem")));
        Invocation run = _ca.Invoke($"{Enrol} -BatchSize 4 -NoWait");
        run.AssertError("CmpServer.badRequest");
        Assert.Equal("Cmp.CmpTransaction", run.Output[0].TypeNames[0]);
        Assert.Equal(["CN=good"], Subjects(run.Output.Skip(1)));
        Assert.Equal(["1.pem"], Files());

        PSObject transaction = _ca.Invoke("Get-CmpTransaction").Single();
        Assert.Equal(run.Output[0].Properties["Id"].Value, transaction.Properties["Id"].Value);
        Assert.Equal("CN=slow1; CN=slow2", transaction.Properties["Subject"].Value);
        Assert.Equal(["CN=slow1", "CN=slow2"], (string[])transaction.Properties["Subjects"].Value);
        Assert.Equal("Waiting", transaction.Properties["Status"].Value.ToString());
        Assert.Equal(["CN=slow1", "CN=slow2"], Subjects(_ca.Invoke("Get-CmpTransaction | Wait-CmpTransaction -Credential $ca.Credential").AssertSucceeded().Output));
        Assert.Equal(["0.pem", "1.pem", "3.pem"], Files());
        Assert.Equal(["CN=good", "CN=slow1", "CN=slow2"], _ca.Issued);
        Assert.Equal(3, _ca.Invoke("Get-CmpCertificate").AssertSucceeded().Output.Count);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_rest_goes_in_a_last_smaller_message(int limit)
    {
        Rows(Enumerable.Range(1, 7).Select(number => $"row{number}"));
        Invocation run = _ca.Invoke($"{Enrol} -BatchSize 3 -ThrottleLimit {limit} -NoInstall -Verbose").AssertSucceeded();
        Assert.Equal(Enumerable.Range(1, 7).Select(number => $"CN=row{number}"), Subjects(run.Output));
        Assert.Equal(
            [3, 3, 1],
            run.Output.GroupBy(item => item.Properties["TransactionId"].Value).Select(group => group.Count()));
        Assert.Equal(3, run.Verbose.Count(line => line.StartsWith("Sent ir", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task As_many_messages_as_the_limit_says_are_in_flight_and_no_more()
    {
        int inFlight = 0, most = 0;
        await using var server = new ForwardingServer(_ca.Uri, before: async _ =>
        {
            int now = Interlocked.Increment(ref inFlight);
            lock (_folder)
                most = Math.Max(most, now);
            await Task.Yield();
            Interlocked.Decrement(ref inFlight);
        });
        _ca["uri"] = server.Uri;
        Rows(Enumerable.Range(1, 40).Select(number => $"row{number}"));
        Assert.Equal(40, _ca.Invoke("$rows | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -BatchSize 4 -ThrottleLimit 2 -NoInstall").AssertSucceeded().Output.Count);
        Assert.InRange(most, 1, 2);
        Assert.InRange(server.Accepted, 1, 2);
    }

    [Fact]
    public void A_row_that_cannot_be_asked_for_does_not_disturb_the_others()
    {
        PSObject[] rows = Rows("one", "two", "three", "four");
        rows[1].Properties["Subject"].Value = "nobody";
        rows[2].Properties.Add(new PSNoteProperty("KeyPath", Path.Combine(_folder, "missing.key")));
        foreach (PSObject row in rows.Where(row => row.Properties["KeyPath"] is null))
            row.Properties.Add(new PSNoteProperty("KeyPath", ""));
        Invocation run = _ca.Invoke($"{Enrol} -BatchSize 4 -NoInstall");
        Assert.Equal(["CN=one", "CN=four"], Subjects(run.Output));
        Assert.Equal([rows[1], rows[2]], run.Errors.Select(error => (PSObject)error.TargetObject));
        Assert.Equal(["CmpArgument.Name", "CmpStore.NotFound"], run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Single(run.Output.Select(item => item.Properties["TransactionId"].Value).Distinct());
    }

    [Fact]
    public void Another_credential_begins_another_message_and_says_so()
    {
        PSObject[] rows = Rows("one", "two", "three");
        PSCredential credential = _ca.Invoke("$ca.Credential").Single<PSCredential>();
        foreach (PSObject row in rows)
            row.Properties.Add(new PSNoteProperty("Credential", row == rows[1] ? CaSession.Credential("cmp-test", "wrong") : credential));
        Invocation run = _ca.Invoke("$rows | New-CmpCertificateRequest -Server $ca.Uri -BatchSize 3 -NoInstall -Verbose");
        Assert.Equal(["CN=one", "CN=three"], Subjects(run.Output));
        Assert.Same(rows[1], run.AssertError("CmpProtection.UnauthenticatedAnswer").TargetObject);
        Assert.Equal(2, run.Verbose.Count(line => line.Contains("a new message begins", StringComparison.Ordinal)));
        Assert.Equal(3, run.Verbose.Count(line => line.StartsWith("Sent ir", StringComparison.Ordinal)));
    }

    [Fact]
    public void Each_certificate_is_approved_by_itself()
    {
        PSObject[] rows = Rows("one", "two", "three");
        Invocation run = _ca.Invoke($"{Enrol} -BatchSize 3 -NoInstall -Approve {{ if ($_.Subject -eq 'CN=two') {{ 'not two' }} else {{ $true }} }}");
        Assert.Equal(["CN=one", "CN=three"], Subjects(run.Output));
        ErrorRecord error = run.AssertError("CmpTransaction.Refused");
        Assert.Same(rows[1], error.TargetObject);
        Assert.Equal("not two", error.Exception.Message);
        Assert.Equal(["CN=one", "CN=three"], _ca.Issued);
    }

    [Fact]
    public void WhatIf_is_of_each_row_and_nothing_is_sent()
    {
        Rows("one", "two");
        Assert.Empty(_ca.Invoke($"{Enrol} -BatchSize 2 -NoInstall -WhatIf").AssertSucceeded().Output);
        Assert.Contains("CN=one", _ca.Session.Host.Text, StringComparison.Ordinal);
        Assert.Contains("CN=two", _ca.Session.Host.Text, StringComparison.Ordinal);
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_PKCS10_request_is_in_a_message_of_its_own()
    {
        using var key = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        _ca["request"] = new CertificateRequest("CN=theirs", key, System.Security.Cryptography.HashAlgorithmName.SHA256).CreateSigningRequest();
        ErrorRecord error = _ca.Invoke("New-CmpCertificateRequest -Server $ca -Pkcs10 $request -BatchSize 2 -NoInstall").AssertError("CmpArgument.BatchSize");
        Assert.Contains("-ThrottleLimit", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Empty(_ca.Issued);
    }

    [Fact]
    public void A_server_that_refuses_several_is_asked_all_the_same_and_each_row_has_its_error()
    {
        using var strict = new CaSession("-Strict");
        strict["rows"] = Rows("one", "two");
        Invocation run = strict.Invoke($"{Enrol} -BatchSize 2 -NoInstall");
        Assert.Empty(run.Output);
        Assert.Equal(["CmpServer.badRequest", "CmpServer.badRequest"], run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal((object[])_ca["rows"]!, run.Errors.Select(error => error.TargetObject));
    }

    [Fact]
    public void Two_rows_of_one_file_are_one_after_the_other()
    {
        PSObject[] rows = Rows("one", "two");
        foreach (PSObject row in rows)
            row.Properties.Add(new PSNoteProperty("OutFile", Path.Combine(_folder, "same.pem")));
        Invocation run = _ca.Invoke($"{Enrol} -BatchSize 2");
        Assert.Equal(["CN=one"], Subjects(run.Output));
        Assert.Same(rows[1], run.AssertError("CmpStore.Exists").TargetObject);
        Assert.Equal(["CN=one"], _ca.Issued);
    }

    [Fact]
    public void A_message_of_several_can_be_carried_by_hand()
    {
        Rows("one", "two");
        using var courier = new Courier(_ca.Uri);
        PSObject transaction = _ca.Invoke("$rows | New-CmpCertificateRequest -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -BatchSize 2 -NoInstall -Offline").Single();
        Assert.Equal("Offline", transaction.Properties["Status"].Value.ToString());
        Assert.Equal(["CN=one", "CN=two"], (string[])transaction.Properties["Subjects"].Value);
        _ca["transaction"] = transaction;
        _ca.Invoke("$transaction | Export-CmpMessage -OutFile $folder/request.pki").AssertSucceeded();
        courier.Carry(Path.Combine(_folder, "request.pki"), Path.Combine(_folder, "answer.pki"));
        Assert.Equal(["CN=one", "CN=two"], Subjects(_ca.Invoke("$transaction | Wait-CmpTransaction -Credential $ca.Credential -ResponsePath $folder/answer.pki").AssertSucceeded().Output));
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").AssertSucceeded().Output);
    }

    [Fact]
    public async Task Who_stops_it_has_what_had_come_and_what_waits_is_pending()
    {
        // the ir is answered and confirmed by that, the pollReq is not answered
        int requests = 0;
        var stopped = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: _ => Interlocked.Increment(ref requests) == 2 ? stopped.Task : Task.CompletedTask);
        _ca["uri"] = server.Uri;
        Rows("good", "slow");
        using RunningInvocation running = _ca.Session.Start("$rows | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -BatchSize 2 -NoInstall");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "1 done, 0 failed, 1 in flight"));
        running.Stop();
        stopped.SetResult();
        PSObject transaction = _ca.Invoke("Get-CmpTransaction").Single();
        Assert.Equal("CN=slow", transaction.Properties["Subject"].Value);
        Assert.Equal(["CN=good"], _ca.Issued);
    }

    private static IEnumerable<string> Subjects(IEnumerable<PSObject> output) => output.Select(item => ((X509Certificate2)item.BaseObject).Subject);

    private string[] Files() => [.. Directory.GetFiles(_folder).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    private PSObject[] Rows(params IEnumerable<string> names)
    {
        PSObject[] rows = [.. names.Select(name =>
        {
            var row = new PSObject();
            row.Properties.Add(new PSNoteProperty("Subject", "CN=" + name));
            return row;
        })];
        _ca["rows"] = rows;
        return rows;
    }
}
