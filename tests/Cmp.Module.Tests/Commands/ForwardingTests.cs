using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Send-CmpMessage as a registration authority: <c>$ra</c> between devices and <c>$pki</c>, which believes it.</summary>
[Collection("Commands")]
public sealed class ForwardingTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();

    public ForwardingTests()
    {
        _ca["folder"] = _folder;
        _ca["device"] = CaSession.Credential("device", "between the two of us");
        _ca.Invoke("""
            $pki = Start-CmpTestServer
            $ra = $pki.NewRegistrationAuthority()
            Register-CmpServer pki $pki.Uri -ClientCertificate $ra -TrustAnchor $pki.RootCertificate -Default
            function Ask($Name, $Credential = $pki.Credential) {
                New-CmpCertificateRequest -Server $pki.Uri -TrustAnchor $pki.RootCertificate -Credential $Credential -Subject "CN=$Name" -OutFile $folder/$Name.pem -Offline
            }
            function Take($Transaction, $Delivery) {
                $Delivery | Export-CmpMessage -OutFile $folder/$($Transaction.Id).pki
                $Transaction | Wait-CmpTransaction -Credential $device -ResponsePath $folder/$($Transaction.Id).pki
            }
            """).AssertSucceeded();
    }

    public void Dispose() => _ca.Dispose();

    private static object? Of(PSObject delivery, string property) => delivery.Properties[property].Value;

    private IReadOnlyList<string> Issued => _ca.Invoke("$pki.Issued | ForEach-Object { $_.Subject }").All<string>();

    [Fact]
    public void Protection_is_added_and_the_answer_goes_back_to_the_device()
    {
        PSObject certificate = _ca.Invoke("""
            $t = Ask router
            $delivery = $t | Send-CmpMessage -Server pki -AddProtection -Verbose 4>&1 | Where-Object { $_ -is [Cmp.CmpDelivery] }
            $delivery | Export-CmpMessage -OutFile $folder/answer.pki
            $t | Wait-CmpTransaction -Credential $pki.Credential -ResponsePath $folder/answer.pki
            """).Single();
        Assert.Equal("Cmp.Certificate", certificate.TypeNames[0]);
        PSObject delivery = _ca.Invoke("$delivery").Single();
        Assert.Equal(("ir", "Answered", "ip", "accepted"), (Of(delivery, "Body"), Of(delivery, "Status")!.ToString(), Of(delivery, "AnswerBody"), Of(delivery, "AnswerStatus")));
        Assert.Null(Of(delivery, "AnswerVerified"));
        Assert.Equal(["CN=router"], Issued);
    }

    [Fact]
    public void What_goes_out_is_wrapped()
    {
        _ca.Invoke("$null = Ask router | Send-CmpMessage -Server pki -AddProtection -TracePath $folder/trace").AssertSucceeded();
        _ca["sent"] = Directory.GetFiles(Path.Combine(_folder, "trace"), "*.der").Order(StringComparer.Ordinal).First();
        Assert.Equal("Nested", Of(_ca.Invoke("ConvertFrom-CmpMessage -Path $sent").Single(), "Type")!.ToString());
    }

    [Fact]
    public void Protection_is_replaced_where_the_secret_of_the_device_is_known()
    {
        PSObject certificate = _ca.Invoke("""
            $t = Ask router $device
            $delivery = $t | Send-CmpMessage -Server pki -ReplaceProtection -RaVerified -IncludeOriginal -OriginalCredential $device
            Take $t $delivery
            """).Single();
        Assert.Equal("Cmp.Certificate", certificate.TypeNames[0]);
        PSObject delivery = _ca.Invoke("$delivery").Single();
        Assert.Equal(("device", true, null), (Of(delivery, "Requester"), Of(delivery, "AnswerVerified"), Of(delivery, "AnswerRemark")));
        Assert.Equal(["CN=router"], Issued);
    }

    [Theory]
    [InlineData("-ReplaceProtection", "CmpArgument.Forwarding")]
    [InlineData("-ReplaceProtection -OriginalCredential $pki.Credential", "CmpProtection.Invalid")]
    [InlineData("-ReplaceProtection -OriginalTrustAnchor $ca.RootCertificate", "CmpProtection.Invalid")]
    [InlineData("-AddProtection -OriginalCredential $pki.Credential", "CmpProtection.Invalid")]
    [InlineData("-AddProtection -ReplaceProtection", "CmpArgument.Forwarding")]
    [InlineData("-AddProtection -RaVerified", "CmpArgument.Forwarding")]
    [InlineData("-BatchSize 2 -IncludeOriginal", "CmpArgument.Forwarding")]
    [InlineData("-AllowUnverifiedOriginal", "CmpArgument.Forwarding")]
    [InlineData("-OriginalCredential $device", "CmpArgument.Forwarding")]
    [InlineData("-AddProtection -Protection None", "CmpArgument.Forwarding")]
    [InlineData("-AddProtection -Server http://127.0.0.1:1/", "CmpArgument.NoCredential")]
    public void What_cannot_be_vouched_for_is_not_sent(string parameters, string errorId)
    {
        Invocation failed = _ca.Invoke($"Ask router $device | Send-CmpMessage {parameters}{(parameters.Contains("-Server") ? string.Empty : " -Server pki")}");
        failed.AssertError(errorId);
        Assert.Empty(failed.Output);
        Assert.Empty(Issued);
    }

    [Fact]
    public void Who_knows_where_it_comes_from_sends_it_on_unverified()
    {
        Invocation sent = _ca.Invoke("Ask router $device | Send-CmpMessage -Server pki -ReplaceProtection -AllowUnverifiedOriginal");
        Assert.Equal("ip", Of(sent.Single(), "AnswerBody"));
        Assert.Null(Of(sent.Single(), "Requester"));
    }

    [Fact]
    public void A_batch_gives_each_row_its_own_answer_in_its_place()
    {
        Invocation sent = _ca.Invoke("""
            $all = 1..5 | ForEach-Object { Ask "router$_" }
            $all | Send-CmpMessage -Server pki -BatchSize 2 -TracePath $folder/trace
            """);
        Assert.Equal(_ca.Invoke("$all | ForEach-Object { $_.Id }").All<string>(), sent.AssertSucceeded().Output.Select(delivery => (string)Of(delivery, "TransactionId")!));
        Assert.All(sent.Output, delivery => Assert.Equal("accepted", Of(delivery, "AnswerStatus")));
        // three batches, and their answers
        Assert.Equal(6, Directory.GetFiles(Path.Combine(_folder, "trace"), "*.der").Length);
        Assert.Equal(5, Issued.Count);
    }

    [Fact]
    public void In_a_batch_one_bad_row_spoils_no_other()
    {
        Invocation sent = _ca.Invoke("""
            & {
                Ask good1
                Ask bad $device
                Ask good2
            } | Send-CmpMessage -Server pki -BatchSize 10 -AddProtection -OriginalCredential $pki.Credential
            """);
        sent.AssertError("CmpProtection.Invalid");
        Assert.Equal(2, sent.Output.Count);
        Assert.Equal(["CN=good1", "CN=good2"], Issued);
    }

    [Fact]
    public void The_same_message_twice_goes_in_two_batches()
    {
        Invocation sent = _ca.Invoke("$t = Ask router; $t, $t | Send-CmpMessage -Server pki -BatchSize 10").AssertSucceeded();
        Assert.Equal(2, sent.Output.Count);
        Assert.Single(Issued);
    }

    [Fact]
    public void Several_batches_are_on_their_way_at_once()
    {
        Invocation sent = _ca.Invoke("1..12 | ForEach-Object { Ask \"router$_\" } | Send-CmpMessage -Server pki -BatchSize 2 -ThrottleLimit 3").AssertSucceeded();
        Assert.Equal(12, sent.Output.Select(delivery => Of(delivery, "TransactionId")).Distinct().Count());
    }

    [Fact]
    public void A_row_brings_the_secret_of_its_device()
    {
        Invocation sent = _ca.Invoke("""
            $other = [pscredential]::new('other', $device.Password)
            & {
                [pscustomobject] @{ Message = (Ask one $device).NextMessage; OriginalCredential = $device }
                [pscustomobject] @{ Message = (Ask two $other).NextMessage; OriginalCredential = $other }
                [pscustomobject] @{ Message = (Ask three $other).NextMessage; OriginalCredential = $device }
            } | Send-CmpMessage -Server pki -ReplaceProtection -BatchSize 10
            """);
        sent.AssertError("CmpProtection.Invalid");
        Assert.Equal(["device", "other"], sent.Output.Select(delivery => (string)Of(delivery, "Requester")!));
        Assert.Equal(["CN=one", "CN=two"], Issued);
    }

    [Fact]
    public void Files_and_messages_that_were_looked_at_are_sent_on()
    {
        Invocation sent = _ca.Invoke("""
            foreach ($name in 'router1', 'printer', 'router2') { Ask $name | Export-CmpMessage -OutFile $folder/$name.pki }
            $messages = 'router1', 'printer', 'router2' | ForEach-Object { ConvertFrom-CmpMessage -Path $folder/$_.pki }
            $messages | Where-Object { $_.Body.Items[0].Subject -like 'CN=router*' } | Send-CmpMessage -Server pki -AddProtection
            """).AssertSucceeded();
        Assert.Equal(2, sent.Output.Count);
        Assert.Equal(["CN=router1", "CN=router2"], Issued);
        Assert.Equal("ip", Of(_ca.Invoke("Send-CmpMessage -Server pki -Path $folder/printer.pki -AddProtection").Single(), "AnswerBody"));
    }

    [Fact]
    public void Nothing_is_sent_where_one_only_asks()
    {
        Assert.Empty(_ca.Invoke("Ask router | Send-CmpMessage -AddProtection -Server http://127.0.0.1:1/ -ClientCertificate $ra -WhatIf").AssertSucceeded().Output);
        Assert.Empty(_ca.Invoke("Ask router2 | Send-CmpMessage -BatchSize 2 -Server http://127.0.0.1:1/ -ClientCertificate $ra -WhatIf").AssertSucceeded().Output);
    }

    [Fact]
    public void Credentials_count_here_and_no_warning_says_otherwise()
    {
        Invocation sent = _ca.Invoke("Ask router | Send-CmpMessage -Server $pki.Uri -AddProtection -ClientCertificate $ra -TrustAnchor $pki.RootCertificate");
        Assert.Equal("ip", Of(sent.AssertSucceeded().Single(), "AnswerBody"));
        Assert.Empty(sent.Warnings);
        // and who is no registration authority is told so
        PSObject refused = _ca.Invoke("$nobody = New-CmpCertificateRequest -Server $pki -Subject CN=nobody -NoInstall; Ask router2 | Send-CmpMessage -Server $pki.Uri -AddProtection -ClientCertificate $nobody -TrustAnchor $pki.RootCertificate").Single();
        Assert.Equal(("error", "rejection (notAuthorized)", true), (Of(refused, "AnswerBody"), Of(refused, "AnswerStatus"), Of(refused, "AnswerVerified")));
    }

    [Fact]
    public void A_batch_through_a_folder_is_put_down_and_its_answers_are_in_its_answer()
    {
        string road = TestHome.CreateFolder();
        _ca["road"] = new Uri(road + Path.DirectorySeparatorChar).AbsoluteUri;
        Invocation sent = _ca.Invoke("$all = 'one', 'two' | ForEach-Object { Ask \"f$_\" }; $all | Send-CmpMessage -Server $road -ClientCertificate $ra -BatchSize 5 -NoWait");
        Assert.All(sent.Output, delivery => Assert.Equal(("Sent", null), (Of(delivery, "Status")!.ToString(), Of(delivery, "Answer"))));
        _ca["file"] = Assert.Single(Directory.GetFiles(road, "*.request.pki"));
        Assert.Equal(2, _ca.Invoke("$answer = Send-CmpMessage -Path $file -Server $pki.Uri; (, $answer.Answer | ConvertFrom-CmpMessage).Body.Messages").Output.Count);
    }
}
