using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Many rows of one pipeline at once: bounded, in their order, each by itself.</summary>
[Collection("Commands")]
public sealed class FleetTests : IDisposable
{
    private const string Enrol = "$rows | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential";

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly CaSession _ca = new();

    public FleetTests() => _ca["uri"] = _ca.Uri;

    public void Dispose() => _ca.Dispose();

    /// <summary>More than the connections that a road has by itself: nobody is answered before all have asked.</summary>
    [Fact]
    public async Task As_many_rows_as_the_limit_says_are_in_flight()
    {
        const int Many = 80;
        int asked = 0;
        var all = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: _ =>
        {
            if (Interlocked.Increment(ref asked) == Many)
                all.SetResult();
            return all.Task;
        });
        _ca["uri"] = server.Uri;
        Rows(Many);
        Assert.Equal(Subjects(Many), _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit {Many}").All<X509Certificate2>().Select(certificate => certificate.Subject));
        Assert.Equal(Many, server.Accepted);
    }

    [Fact]
    public async Task Connections_are_shared()
    {
        await using var server = new ForwardingServer(_ca.Uri);
        _ca["uri"] = server.Uri;
        Rows(40);
        Assert.Equal(Subjects(40), _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit 4").All<X509Certificate2>().Select(certificate => certificate.Subject));
        Assert.InRange(server.Accepted, 1, 4);
    }

    [Fact]
    public async Task What_a_row_writes_comes_together_and_in_the_order_of_the_rows()
    {
        var others = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? others.Task : Task.CompletedTask);
        _ca["uri"] = server.Uri;
        Rows(4);
        using RunningInvocation running = _ca.Session.Start($"{Enrol} -NoInstall -ThrottleLimit 4 -Verbose 4>&1");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "3 done, 0 failed, 1 in flight"));
        others.SetResult();
        // that a row may begin is said where it is asked
        string[] written = [.. running.Wait().AssertSucceeded().Output
            .Select(item => item.BaseObject is VerboseRecord line ? line.Message.Split(',')[0] : ((X509Certificate2)item.BaseObject).Subject)
            .Where(line => !line.StartsWith("Performing", StringComparison.Ordinal))];
        Assert.Equal(Subjects(4).SelectMany(subject => new[] { "Sent ir", "Received ip", subject }), written);
    }

    [Fact]
    public async Task No_more_rows_are_read_than_a_small_multiple_of_the_limit()
    {
        var others = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? others.Task : Task.CompletedTask);
        _ca["uri"] = server.Uri;
        using RunningInvocation running = _ca.Session.Start("""
            $read = $written = $most = 0
            1..40 | ForEach-Object {
                $read++
                $most = [Math]::Max($most, $read - $written)
                [pscustomobject] @{ Subject = "CN=row$_." }
            } | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -NoInstall -ThrottleLimit 2 | ForEach-Object { $written++ }
            $written
            $most
            """);
        // seven have ended and wait for the first
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "7 done, 0 failed, 1 in flight"));
        others.SetResult();
        Assert.Equal([40, 8], running.Wait().All<int>());
    }

    [Fact]
    public void One_at_once_is_done_before_the_next_is_read()
    {
        Invocation run = _ca.Invoke("""
            1..3 | ForEach-Object { "read $_" | Write-Host; [pscustomobject] @{ Subject = "CN=row$_" } } |
                New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -NoInstall -ThrottleLimit 1 | ForEach-Object { "wrote $($_.Subject)" | Write-Host }
            """.Replace("| Write-Host", "| ForEach-Object { $Host.UI.WriteLine($_) }", StringComparison.Ordinal));
        run.AssertSucceeded();
        Assert.Equal("read 1\nwrote CN=row1\nread 2\nwrote CN=row2\nread 3\nwrote CN=row3\n", _ca.Session.Host.Text);
    }

    [Fact]
    public async Task Each_error_stands_in_its_place_and_is_about_its_row()
    {
        var others = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? others.Task : Task.CompletedTask);
        _ca["uri"] = server.Uri;
        // a bad name, a key that nobody knows, a secret that is wrong
        PSObject[] rows = Rows(8);
        rows[1].Properties["Subject"].Value = "nobody";
        rows[3].Properties.Add(new PSNoteProperty("KeyAlgorithm", "ROT13"));
        rows[5].Properties.Add(new PSNoteProperty("Credential", CaSession.Credential("cmp-test", "wrong")));
        rows[7].Properties["Subject"].Value = "";
        foreach (PSObject row in rows.Where(row => row.Properties["Credential"] is null))
            row.Properties.Add(new PSNoteProperty("Credential", _ca.Invoke("$ca.Credential").Single<PSCredential>()));
        using RunningInvocation running = _ca.Session.Start("$rows | New-CmpCertificateRequest -Server $uri -NoInstall -ThrottleLimit 8 2>&1");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "3 done, 4 failed, 1 in flight"));
        others.SetResult();
        IReadOnlyList<PSObject> output = running.Wait().AssertSucceeded().Output;
        Assert.Equal(
            ["CN=row1.", "CmpArgument.Name", "CN=row3.", "CmpKey.Algorithm", "CN=row5.", "CmpProtection.UnauthenticatedAnswer", "CN=row7.", "CmpArgument.Subject"],
            output.Select(item => item.BaseObject is ErrorRecord error ? error.FullyQualifiedErrorId.Split(',')[0] : ((X509Certificate2)item.BaseObject).Subject));
        Assert.All(new[] { 1, 3, 5, 7 }, index => Assert.Same(rows[index], ((ErrorRecord)output[index].BaseObject).TargetObject));
    }

    [Theory]
    [InlineData("NotAfter", "the day after tomorrow")]
    [InlineData("NotBefore", "yesterday")]
    [InlineData("IPAddress", "192.0.2.999")]
    [InlineData("KeyUsage", "Everything")]
    [InlineData("ClientCertificate", "missing.pem")]
    [InlineData("Pkcs10", "missing.csr")]
    [InlineData("OutPassword", "in the clear")]
    [InlineData("RegistrationToken", "in the clear")]
    [InlineData("Authenticator", "in the clear")]
    public void A_cell_that_cannot_be_read_is_the_error_of_its_row(string column, string cell)
    {
        PSObject[] rows = Rows(3);
        foreach (PSObject row in rows)
            row.Properties.Add(new PSNoteProperty(column, row == rows[1] ? cell : ""));
        Invocation run = _ca.Invoke($"{Enrol} -NoInstall");
        ErrorRecord error = run.AssertError("ParameterArgumentTransformationError");
        Assert.Same(rows[1], error.TargetObject);
        Assert.DoesNotContain("in the clear", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(["CN=row1.", "CN=row3."], run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
        Assert.Equal(2, _ca.Issued.Count);
    }

    [Fact]
    public void A_path_on_a_drive_that_is_not_there_is_the_error_of_its_row()
    {
        PSObject[] rows = Rows(3);
        string folder = TestHome.CreateFolder();
        for (int i = 0; i < rows.Length; i++)
            rows[i].Properties.Add(new PSNoteProperty("OutFile", i == 1 ? "nowhere:row.pem" : Path.Combine(folder, $"{i}.pem")));
        Invocation run = _ca.Invoke(Enrol);
        Assert.Same(rows[1], run.AssertError("CmpArgument.Path").TargetObject);
        Assert.Equal(2, run.Output.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32)]
    public void A_thousand_rows_with_ten_bad_ones_are_990_certificates_and_10_errors(int limit)
    {
        PSObject[] rows = Rows(1000);
        // what PowerShell finds, what the command finds before it asks, and what the enrolment finds
        (int Index, string Column, string Cell)[] bad =
        [
            (3, "Subject", ""), (99, "Subject", "no name"), (100, "IPAddress", "192.0.2.300"), (101, "NotAfter", "soon"), (257, "KeyAlgorithm", "RSA_7"),
            (500, "EnhancedKeyUsage", "Everything"), (501, "KeyUsage", "Nothing"), (742, "KeyPath", "missing.key"), (900, "OutFile", "nowhere:row.pem"), (999, "Issuer", "nobody"),
        ];
        foreach (PSObject row in rows)
        {
            foreach (string column in bad.Select(item => item.Column).Distinct().Where(column => column != "Subject"))
                row.Properties.Add(new PSNoteProperty(column, ""));
        }
        foreach ((int index, string column, string cell) in bad)
            rows[index].Properties[column].Value = cell;
        Invocation run = _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit {limit}");
        Assert.Equal(bad.Select(item => rows[item.Index]).ToHashSet(), run.Errors.Select(error => (PSObject)error.TargetObject).ToHashSet());
        Assert.Equal(10, run.Errors.Count);
        HashSet<int> wrong = [.. bad.Select(item => item.Index)];
        string[] good = [.. Enumerable.Range(0, 1000).Where(index => !wrong.Contains(index)).Select(index => $"CN=row{index + 1}.")];
        Assert.Equal(good, run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
        Assert.Equal(990, _ca.Issued.Count);
        Assert.Equal(good.ToHashSet(), _ca.Issued.ToHashSet());
    }

    [Fact]
    public async Task Approve_is_called_at_once_whatever_earlier_rows_do()
    {
        // the first row is not answered before the second one's certificate was seen
        var approved = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? approved.Task : Task.CompletedTask);
        _ca["uri"] = server.Uri;
        _ca["approved"] = approved;
        Rows(2);
        Invocation run = _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit 2 -Approve {{ if ($_.Subject -eq 'CN=row2.') {{ $approved.SetResult() }}; $true }}");
        Assert.Equal(Subjects(2), run.All<X509Certificate2>().Select(certificate => certificate.Subject));
    }

    [Fact]
    public void A_row_that_is_refused_does_not_disturb_the_others()
    {
        Rows(6);
        Invocation run = _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit 3 -Approve {{ $_.Subject -ne 'CN=row4.' }}");
        Assert.Equal("CN=row4.", ((PSObject)run.AssertError("CmpTransaction.Refused").TargetObject).Properties["Subject"].Value);
        Assert.Equal(Subjects(6).Where(subject => subject != "CN=row4."), run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
    }

    [Fact]
    public void Questions_come_in_the_order_of_the_rows_before_their_work()
    {
        Rows(3);
        foreach (int answer in new[] { 0, 2, 0 })
            _ca.Session.Host.Answers.Enqueue(answer);
        Invocation run = _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit 3 -Confirm");
        Assert.Equal(["CN=row1.", "CN=row3."], run.All<X509Certificate2>().Select(certificate => certificate.Subject));
        Assert.Equal(2, _ca.Issued.Count);
        Assert.Equal(Subjects(3), _ca.Session.Host.Questions.Select(question => Subjects(3).Single(subject => question.Contains(subject, StringComparison.Ordinal))));
    }

    [Fact]
    public async Task Stop_ends_all_that_is_in_flight()
    {
        int asked = 0, closed = 0;
        var all = new TaskCompletionSource();
        var gone = new TaskCompletionSource();
        await using var server = new ScriptedServer([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(HangAsync, 4)]);
        _ca["uri"] = server.Uri;
        _ca["folder"] = TestHome.CreateFolder();
        Rows(20);
        using RunningInvocation running = _ca.Session.Start($"{Enrol} -ThrottleLimit 4");
        await all.Task.WaitAsync(Some.Time);
        Assert.InRange(running.Stop(), TimeSpan.Zero, AtOnce);
        Invocation run = running.Wait();
        Assert.True(run.Stopped);
        Assert.Empty(run.Output);
        Assert.Empty(run.Errors);
        await gone.Task.WaitAsync(Some.Time);
        Assert.Equal(4, server.Accepted);
        Assert.All(Subjects(4), subject => Assert.Empty(CaSession.Stored(subject)));

        async Task HangAsync(ScriptedConnection connection)
        {
            await connection.ReceiveAsync();
            if (Interlocked.Increment(ref asked) == 4)
                all.SetResult();
            try
            {
                await connection.UntilClosedAsync();
            }
            finally
            {
                // by an end or by a reset
                if (Interlocked.Increment(ref closed) == 4)
                    gone.SetResult();
            }
        }
    }

    /// <summary>Nobody answers the rows in flight, and nobody waits for them.</summary>
    [Theory]
    [InlineData("foreach ($once in 1) { $rows | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -ThrottleLimit 4 | ForEach-Object { $_; break } }", null)]
    [InlineData("$rows | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -ThrottleLimit 4 | ForEach-Object { throw 'enough' }", "enough")]
    [InlineData("& { $rows[0..2]; throw 'no more' } | New-CmpCertificateRequest -Server $uri -Credential $ca.Credential -ThrottleLimit 4", "no more")]
    public async Task Where_another_command_ends_the_pipeline_nothing_goes_on(string script, string? error)
    {
        int held = 0;
        var asked = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request =>
        {
            if (Names(request, "row1."))
                return error == "no more" ? never.Task : asked.Task;
            if (Interlocked.Increment(ref held) == 2)
                asked.SetResult();
            return never.Task;
        });
        _ca["uri"] = server.Uri;
        string folder = TestHome.CreateFolder();
        foreach (PSObject row in Rows(3))
            row.Properties.Add(new PSNoteProperty("OutFile", Path.Combine(folder, row.Properties["Subject"].Value + "pem")));
        Invocation run = _ca.Invoke(script);
        Assert.Equal(error, run.Terminating?.Exception.Message);
        int issued = error == "no more" ? 0 : 1;
        Assert.Equal(Subjects(issued), _ca.Issued);
        Assert.Equal(Subjects(issued).Select(subject => subject + "pem"), Directory.GetFileSystemEntries(folder).Select(Path.GetFileName));
    }

    [SkippableFact]
    public async Task What_this_machine_cannot_do_ends_the_command_after_the_rows_in_flight()
    {
        Skip.If(OperatingSystem.IsWindows(), "Windows has the store that other platforms lack");
        var first = new TaskCompletionSource();
        var never = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? first.Task : Names(request, "row3.") ? Task.CompletedTask : never.Task);
        _ca["uri"] = server.Uri;
        string folder = TestHome.CreateFolder();
        PSObject[] rows = Rows(4);
        foreach (PSObject row in rows)
        {
            row.Properties.Add(new PSNoteProperty("OutFile", row == rows[1] ? "" : Path.Combine(folder, row.Properties["Subject"].Value + "pem")));
            row.Properties.Add(new PSNoteProperty("CertStoreLocation", row == rows[1] ? @"Cert:\LocalMachine\My" : ""));
        }
        using RunningInvocation running = _ca.Session.Start($"{Enrol} -ThrottleLimit 4");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "1 done, 1 failed, 2 in flight"));
        first.SetResult();
        Invocation run = running.Wait();
        ErrorRecord error = run.AssertError("CmpPlatform.NotSupported");
        Assert.Same(rows[1], error.TargetObject);
        // the one before it comes out, and the one that had ended; the one in flight is gone
        Assert.Equal(["CN=row1.", "CN=row3."], run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
        Assert.Equal(2, Directory.GetFileSystemEntries(folder).Length);
    }

    [Fact]
    public async Task A_client_lives_until_the_last_row_that_uses_it_has_ended()
    {
        var others = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? others.Task : Task.CompletedTask);
        PSCredential credential = _ca.Invoke("$ca.Credential").Single<PSCredential>();
        PSObject[] rows = Rows(8);
        foreach (PSObject row in rows)
        {
            // each a client of its own, and every other one at another address
            row.Properties.Add(new PSNoteProperty("Credential", new PSCredential(credential.UserName, credential.Password.Copy())));
            row.Properties.Add(new PSNoteProperty("Server", Array.IndexOf(rows, row) % 2 == 0 ? server.Uri.OriginalString : _ca.Uri.OriginalString));
        }
        using RunningInvocation running = _ca.Session.Start("$rows | New-CmpCertificateRequest -NoInstall -ThrottleLimit 2 -ExplicitConfirm");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "7 done, 0 failed, 1 in flight"));
        others.SetResult();
        Assert.Equal(Subjects(8), running.Wait().All<X509Certificate2>().Select(certificate => certificate.Subject));
        // the first row kept the road open for the others
        Assert.InRange(server.Accepted, 1, 2);
    }

    [Fact]
    public async Task Each_row_asks_for_its_own_profile()
    {
        var profiles = new List<string>();
        await using var server = new ForwardingServer(_ca.Uri, before: request =>
        {
            lock (profiles)
                profiles.AddRange(new[] { "profile1.", "profile2." }.Where(profile => Names(request, profile)));
            return Task.CompletedTask;
        });
        _ca["uri"] = server.Uri;
        PSObject[] rows = Rows(2);
        rows[0].Properties.Add(new PSNoteProperty("CertificateProfile", "profile1."));
        rows[1].Properties.Add(new PSNoteProperty("CertificateProfile", "profile2."));
        Assert.Equal(2, _ca.Invoke($"{Enrol} -NoInstall").AssertSucceeded().Output.Count);
        Assert.Equal(["profile1.", "profile2."], profiles);
    }

    [Fact]
    public async Task Rows_that_write_one_file_do_so_one_after_the_other()
    {
        var others = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: request => Names(request, "row1.") ? others.Task : Task.CompletedTask);
        _ca["uri"] = server.Uri;
        string folder = TestHome.CreateFolder();
        string[] files = ["a.pem", "b.pem", "a.pem"];
        PSObject[] rows = Rows(3);
        for (int i = 0; i < rows.Length; i++)
            rows[i].Properties.Add(new PSNoteProperty("OutFile", Path.Combine(folder, files[i])));
        using RunningInvocation running = _ca.Session.Start($"{Enrol} -ThrottleLimit 3");
        running.WaitUntil(streams => streams.Progress.Any(record => record.StatusDescription == "1 done, 0 failed, 1 in flight"));
        others.SetResult();
        Invocation run = running.Wait();
        // nothing was asked for that could not be put away
        Assert.Same(rows[2], run.AssertError("CmpStore.Exists").TargetObject);
        Assert.Equal(["CN=row1.", "CN=row2."], run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
        Assert.Equal(2, _ca.Issued.Count);
        Assert.Contains("BEGIN CERTIFICATE", File.ReadAllText(Path.Combine(folder, "a.pem")), StringComparison.Ordinal);
    }

    [Fact]
    public void Progress_is_one_record_for_all_rows()
    {
        Rows(5)[2].Properties["Subject"].Value = "nobody";
        Invocation run = _ca.Invoke($"{Enrol} -NoInstall -ThrottleLimit 2 -ErrorAction Ignore");
        Assert.All(run.Progress, record => Assert.Equal("Enrolling certificates", record.Activity));
        Assert.Equal("4 done, 1 failed, 0 in flight", run.Progress[^2].StatusDescription);
        Assert.Equal(ProgressRecordType.Completed, run.Progress[^1].RecordType);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1001)]
    public void The_limit_has_limits(int limit) => _ca.Invoke($"New-CmpCertificateRequest -Server $ca -Subject CN=a -NoInstall -ThrottleLimit {limit}").AssertError("ParameterArgumentValidationError");

    [Fact]
    public async Task Certificates_are_renewed_at_once_each_by_itself()
    {
        Rows(6);
        _ca["old"] = _ca.Invoke($"{Enrol} -NoInstall -KeyExportPolicy Exportable").AssertSucceeded().Output.ToArray();
        // what has no key, and what is no certificate
        PSObject[] old = (PSObject[])_ca["old"]!;
        var keyless = new PSObject(X509CertificateLoader.LoadCertificate(((X509Certificate2)old[1].BaseObject).RawData));
        var named = new PSObject();
        named.Properties.Add(new PSNoteProperty("Certificate", old[4]));
        var nothing = new PSObject(new { Thumbprint = "none" });
        object[] rows = [old[0], keyless, old[2], old[3], named, nothing, old[5]];
        _ca["rows"] = rows;
        int asked = 0;
        var all = new TaskCompletionSource();
        await using var server = new ForwardingServer(_ca.Uri, before: _ =>
        {
            if (Interlocked.Increment(ref asked) == 5)
                all.SetResult();
            return all.Task;
        });
        _ca["uri"] = server.Uri;
        Invocation run = _ca.Invoke("$rows | Update-CmpCertificate -Server $uri -TrustAnchor $ca.RootCertificate -NoInstall -Force -ThrottleLimit 8");
        Assert.Equal(new[] { 1, 3, 4, 5, 6 }.Select(number => $"CN=row{number}."), run.Output.Select(item => ((X509Certificate2)item.BaseObject).Subject));
        Assert.Equal(["InputObjectMissingMandatory", "CmpKey.Missing"], run.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal([nothing, keyless], run.Errors.Select(error => error.TargetObject));
    }

    private static string[] Subjects(int count) => [.. Enumerable.Range(1, count).Select(number => $"CN=row{number}.")];

    private static bool Names(ReceivedRequest request, string text) => request.Body.AsSpan().IndexOf(Encoding.ASCII.GetBytes(text)) >= 0;

    private PSObject[] Rows(int count)
    {
        PSObject[] rows = [.. Subjects(count).Select(subject =>
        {
            var row = new PSObject();
            row.Properties.Add(new PSNoteProperty("Subject", subject));
            return row;
        })];
        _ca["rows"] = rows;
        return rows;
    }
}
