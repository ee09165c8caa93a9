using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Text;
using System.Threading.Tasks;
using Cmp.Module.Tests.Harness;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Messages that were made before are sent as they are, from every place where they can be.</summary>
[Collection("Commands")]
public sealed class SendCmpMessageTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();

    public SendCmpMessageTests()
    {
        _ca["folder"] = _folder;
        _ca.Invoke("""
            Register-CmpServer ca $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default
            $cert = New-CmpCertificateRequest -Subject CN=announced -NoInstall
            $a = $cert | New-CmpAnnouncement -Protection None
            """).AssertSucceeded();
    }

    public void Dispose() => _ca.Dispose();

    private static Func<ScriptedConnection, Task> Says(string status, string fields = "") => async connection =>
    {
        await connection.ReceiveAsync();
        await connection.SendAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n{fields}\r\n"));
    };

    private static object? Of(PSObject delivery, string property) => delivery.Properties[property].Value;

    private ScriptedServer Listener(params Func<ScriptedConnection, Task>[] scripts)
    {
        var listener = new ScriptedServer(scripts);
        _ca["to"] = listener.Uri;
        return listener;
    }

    [Theory]
    [InlineData("201 Created", "Stored", 201)]
    [InlineData("200 OK", "Delivered", 200)]
    [InlineData("204 No Content", "Delivered", 204)]
    public async Task An_announcement_is_pushed(string status, string said, int number)
    {
        await using ScriptedServer listener = Listener(Says(status));
        PSObject delivery = _ca.Invoke("$a | Send-CmpMessage -Server $to").Single();
        Assert.Equal(("cann", said, number, 1), (Of(delivery, "Body"), Of(delivery, "Status")!.ToString(), (int)Of(delivery, "HttpStatus")!, (int)Of(delivery, "Attempts")!));
        Assert.Null(Of(delivery, "Answer"));
        ReceivedRequest request = Assert.Single(listener.Requests);
        Assert.StartsWith("POST ", request.RequestLine, StringComparison.Ordinal);
        Assert.Equal("application/pkixcmp", request.Fields["Content-Type"]);
        Assert.Equal((byte[])_ca.Invoke("$a").Single().Properties["Message"].Value, request.Body);
    }

    [Fact]
    public async Task One_that_is_accepted_only_is_sent_again_until_it_is_stored()
    {
        await using ScriptedServer listener = Listener(Says("202 Accepted"), Says("201 Created"));
        Invocation sent = _ca.Invoke("$a | Send-CmpMessage -Server $to");
        PSObject delivery = sent.Single();
        Assert.Equal(("Stored", 2), (Of(delivery, "Status")!.ToString(), (int)Of(delivery, "Attempts")!));
        Assert.Equal(2, listener.Requests.Count);
        Assert.Single(listener.Requests.Select(request => Convert.ToHexString(request.Body)).Distinct());
        Assert.Empty(sent.Warnings);
        Assert.Contains(sent.Progress, progress => progress.StatusDescription.Contains("accepted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_never_stored_was_accepted_and_a_warning_says_so()
    {
        await using ScriptedServer listener = Listener([.. Enumerable.Repeat(Says("202 Accepted"), 3)]);
        Invocation sent = _ca.Invoke("$a | Send-CmpMessage -Server $to -TimeoutSec 1");
        Assert.Equal("Accepted", Of(sent.Single(), "Status")!.ToString());
        Assert.Contains("The time is up", Assert.Single(sent.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_waiting_it_is_sent_once()
    {
        await using ScriptedServer listener = Listener(Says("202 Accepted"));
        Invocation sent = _ca.Invoke("$a | Send-CmpMessage -Server $to -NoWait");
        Assert.Equal(("Accepted", 1), (Of(sent.Single(), "Status")!.ToString(), listener.Accepted));
        Assert.Empty(sent.Warnings);
    }

    [Theory]
    [InlineData("400 Bad Request", "CmpHttp.400")]
    [InlineData("404 Not Found", "CmpHttp.404")]
    [InlineData("405 Method Not Allowed", "CmpHttp.405")]
    [InlineData("413 Payload Too Large", "CmpHttp.413")]
    public async Task A_refusal_is_an_error_that_says_what_to_do(string status, string errorId)
    {
        await using ScriptedServer listener = Listener(Says(status));
        ErrorRecord error = _ca.Invoke("$a | Send-CmpMessage -Server $to").AssertError(errorId);
        Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        // it can be tried again
        Assert.Equal(listener.Requests.Single().Body, error.TargetObject);
    }

    [Fact]
    public void Where_nobody_listens_it_is_not_delivered() => _ca.Invoke("$a | Send-CmpMessage -Server http://127.0.0.1:1/").AssertError("CmpTransport.ConnectFailed");

    [Fact]
    public void A_server_that_takes_it_for_a_request_refuses_it()
    {
        ErrorRecord error = _ca.Invoke("$cert | New-CmpAnnouncement -Credential $ca.Credential | Send-CmpMessage").AssertError("CmpServer.badRequest");
        Assert.Contains("not authenticated", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Through_a_folder_it_is_put_down()
    {
        string folder = TestHome.CreateFolder();
        _ca["road"] = new Uri(folder + Path.DirectorySeparatorChar).AbsoluteUri;
        PSObject delivery = _ca.Invoke("$a | Send-CmpMessage -Server $road").Single();
        Assert.Equal(("Sent", null), (Of(delivery, "Status")!.ToString(), Of(delivery, "HttpStatus")));
        Assert.Equal((byte[])_ca.Invoke("$a").Single().Properties["Message"].Value, File.ReadAllBytes(Assert.Single(Directory.GetFiles(folder, "*.request.pki"))));
    }

    [Fact]
    public async Task From_everywhere_it_is_the_same_message()
    {
        string[] ways =
        [
            "$a | Send-CmpMessage -Server $to", "Send-CmpMessage $a.Message -Server $to", "$a.Message | Send-CmpMessage -Server $to", ", $a.Message | Send-CmpMessage -Server $to",
            "$a | Export-CmpMessage -OutFile $folder/a.pki; Send-CmpMessage -Path $folder/a.pki -Server $to",
            "$a | Export-CmpMessage -OutFile $folder/a.eml; [pscustomobject] @{ Path = \"$folder/a.eml\"; Server = $to } | Send-CmpMessage",
            "[IO.FileInfo] \"$folder/a.pki\" | Send-CmpMessage -Server $to",
            "[pscustomobject] @{ Message = $a.Message; Server = $to } | Send-CmpMessage",
        ];
        await using ScriptedServer listener = Listener([.. ways.Select(_ => Says("201 Created"))]);
        foreach (string way in ways)
            Assert.Equal("Stored", Of(_ca.Invoke(way).Single(), "Status")!.ToString());
        Assert.Equal(ways.Length, listener.Requests.Count);
        Assert.Single(listener.Requests.Select(request => Convert.ToHexString(request.Body)).Distinct());
    }

    [Fact]
    public async Task Octets_that_come_one_by_one_end_where_another_message_begins()
    {
        await using ScriptedServer listener = Listener(Says("201 Created"), Says("201 Created"));
        Assert.Equal(2, _ca.Invoke("& { $a.Message; , $a.Message } | Send-CmpMessage -Server $to").AssertSucceeded().Output.Count);
    }

    [Fact]
    public async Task Several_are_on_their_way_at_once_and_come_out_in_their_order()
    {
        await using ScriptedServer listener = Listener([.. Enumerable.Repeat(Says("201 Created"), 6)]);
        IReadOnlyList<PSObject> output = _ca.Invoke("1..6 | ForEach-Object { $cert | New-CmpAnnouncement -Protection None } | Send-CmpMessage -Server $to -ThrottleLimit 3").AssertSucceeded().Output;
        Assert.Equal(6, output.Select(delivery => Of(delivery, "TransactionId")).Distinct().Count());
    }

    [Fact]
    public void The_answer_to_a_request_is_for_who_made_it()
    {
        PSObject certificate = _ca.Invoke("""
            $t = New-CmpCertificateRequest -Subject CN=carried -OutFile $folder/carried.pem -Offline
            $delivery = $t | Send-CmpMessage -Server $ca
            $delivery | Export-CmpMessage -OutFile $folder/answer.pki
            $t | Wait-CmpTransaction -ResponsePath $folder/answer.pki
            """).Single();
        Assert.Equal("Cmp.Certificate", certificate.TypeNames[0]);
        PSObject delivery = _ca.Invoke("$delivery").Single();
        Assert.Equal(("ir", "Answered", "ip", 200), (Of(delivery, "Body"), Of(delivery, "Status")!.ToString(), Of(delivery, "AnswerBody"), (int)Of(delivery, "HttpStatus")!));
        Assert.Equal(_ca.Invoke("$t.Id").Single().BaseObject, Of(delivery, "TransactionId"));
    }

    [Fact]
    public void An_answer_is_not_judged()
    {
        // a wrong secret, and nobody here minds
        PSObject delivery = _ca.Invoke("$t = New-CmpCertificateRequest -Credential ([pscredential]::new('cmp-test', $ca.Credential.Password.Copy())) -Subject CN=b -NoInstall -Offline -Protection Pbmac1; $t | Send-CmpMessage -Server $ca").Single();
        Assert.Equal("Answered", Of(delivery, "Status")!.ToString());
        _ca.Invoke("Get-CmpTransaction | Remove-CmpTransaction -Confirm:$false").AssertSucceeded();
    }

    [Fact]
    public void A_secret_is_not_needed()
    {
        _ca.Invoke("$t = New-CmpCertificateRequest -Subject CN=c -NoInstall -Offline; Register-CmpServer kept $ca.Uri -Credential $ca.Credential -Scope CurrentUser -CredentialStore File").AssertSucceeded();
        File.Delete(Assert.Single(Directory.GetFiles(_ca.Home, "*", SearchOption.AllDirectories), path => path.Contains("secret", StringComparison.OrdinalIgnoreCase)));
        _ca.Invoke("New-CmpCertificateRequest -Server kept -Subject CN=d -NoInstall").AssertError("CmpCredential.Missing");
        Assert.Equal("Answered", Of(_ca.Invoke("$t | Send-CmpMessage -Server kept").Single(), "Status")!.ToString());
    }

    [Theory]
    [InlineData("Send-CmpMessage (1, 2, 3)", "CmpMessage.Malformed")]
    [InlineData("1, 2, 3 | Send-CmpMessage", "CmpMessage.Malformed")]
    [InlineData("Send-CmpMessage @()", "CmpMessage.Malformed")]
    [InlineData("Send-CmpMessage -Path $folder/none.pki", "CmpStore.NotFound")]
    [InlineData("[IO.File]::WriteAllText(\"$folder/web.pki\", '<html>'); Send-CmpMessage -Path $folder/web.pki", "CmpMessage.Malformed")]
    [InlineData("[pscustomobject] @{ Message = $null } | Send-CmpMessage", "CmpArgument.Message")]
    public void What_is_no_message_is_not_sent(string script, string errorId)
    {
        Invocation failed = _ca.Invoke($"{script} -Server http://127.0.0.1:1/");
        failed.AssertError(errorId);
        Assert.Empty(failed.Output);
    }

    [Fact]
    public void Nothing_is_sent_where_one_only_asks() => Assert.Empty(_ca.Invoke("$a | Send-CmpMessage -Server http://127.0.0.1:1/ -WhatIf").AssertSucceeded().Output);

    [Fact]
    public async Task What_changes_nothing_is_said()
    {
        await using ScriptedServer listener = Listener(Says("201 Created"), Says("201 Created"));
        Assert.Contains("-Credential, -Protection changes nothing", Assert.Single(_ca.Invoke("$a | Send-CmpMessage -Server $to -Credential $ca.Credential -Protection Pbmac1").Warnings), StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("[pscustomobject] @{ Message = $a.Message; Credential = $ca.Credential } | Send-CmpMessage -Server $to").Warnings);
    }

    [Fact]
    public async Task It_stops_at_once()
    {
        await using ScriptedServer listener = Listener([.. Enumerable.Repeat(Says("202 Accepted"), 3)]);
        using RunningInvocation running = _ca.Session.Start("$a | Send-CmpMessage -Server $to -TimeoutSec 3600");
        running.WaitUntil(streams => streams.Progress.Any(progress => progress.StatusDescription.Contains("accepted", StringComparison.Ordinal)));
        Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void A_delivery_is_a_row()
    {
        string[] lines = [.. _ca.Session.Show("$t = New-CmpCertificateRequest -Subject CN=row -NoInstall -Offline; $t | Send-CmpMessage -Server $ca").Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
        Assert.Matches(@"^Server +Body +Status +HttpStatus +Attempts +Answer$", lines[0]);
        Assert.Matches(@"^http://127\.0\.0\.1:\d+/ +ir +Answered +200 +1 +ip accepted$", lines[2]);
    }

    [Fact]
    public void An_announcement_is_written_and_not_its_ID()
    {
        _ca.Invoke("$a | Export-CmpMessage -OutFile $folder/b.pki").AssertSucceeded();
        Assert.Equal((byte[])_ca.Invoke("$a").Single().Properties["Message"].Value, File.ReadAllBytes(Path.Combine(_folder, "b.pki")));
        // who names an ID means it
        _ca.Invoke("$a | Export-CmpMessage -Id ABCD -OutFile $folder/c.pki").AssertError("CmpTransaction.NotFound");
        _ca.Invoke("[pscustomobject] @{ Id = 'ABCD'; Message = $null } | Export-CmpMessage -OutFile $folder/d.pki").AssertError("CmpArgument.Message");
        _ca.Invoke("[pscustomobject] @{ Id = 'ABCD' } | Export-CmpMessage -OutFile $folder/d.pki").AssertError("CmpTransaction.NotFound");
    }
}
