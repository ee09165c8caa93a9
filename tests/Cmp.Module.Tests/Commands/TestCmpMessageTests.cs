using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Messages are checked offline, and each has one answer.</summary>
[Collection("Commands")]
public sealed class TestCmpMessageTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string _folder = TestHome.CreateFolder();

    public TestCmpMessageTests()
    {
        _ca["trace"] = Path.Combine(_folder, "trace");
        _ca.Invoke("""
            $cert = New-CmpCertificateRequest -Server $ca.Uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Subject CN=checked -NoInstall -ExplicitConfirm -TracePath $trace
            $wrong = [pscredential]::new($ca.Credential.UserName, [Net.NetworkCredential]::new('', 'another secret').SecurePassword)
            """).AssertSucceeded();
    }

    public void Dispose()
    {
        _ca.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void Each_message_has_one_answer_in_its_order()
    {
        Assert.Equal([true, true, true, true], _ca.Invoke("Test-CmpMessage $trace -Credential $ca.Credential").All<bool>());
        Assert.Equal([false, false, false, false], _ca.Invoke("Test-CmpMessage $trace -Credential $wrong").All<bool>());
        Assert.Equal([false, false, false, false], _ca.Invoke("Test-CmpMessage $trace").All<bool>());
    }

    [Fact]
    public void Detailed_says_what_was_checked_and_what_was_not()
    {
        MessageCheckLine[] right = Lines("Test-CmpMessage $trace -Credential $ca.Credential -Detailed");
        Assert.Equal(["1 ir Protection", "1 ir Proof", "2 ip Protection", "3 certConf Protection", "3 certConf CertHash", "4 pkiconf Protection"], right.Select(line => line.What));
        Assert.All(right, line => Assert.Equal("Verified", line.Result));
        Assert.Contains(Lines("Test-CmpMessage $trace -Credential $wrong -Detailed"), line => line.Result == "Failed" && line.Reason.Contains("the secret is another one", StringComparison.Ordinal));
        Assert.Contains(Lines("Test-CmpMessage $trace -Detailed"), line => line.Result == "NotChecked" && line.Reason.Contains("was not given", StringComparison.Ordinal));
    }

    [Fact]
    public void No_secret_is_in_what_is_emitted()
    {
        string secret = (string)_ca.Invoke("$ca.Credential.GetNetworkCredential().Password").Single().BaseObject;
        Assert.DoesNotContain(Lines("Test-CmpMessage $trace -Credential $ca.Credential -Detailed"), line => line.Reason.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_that_cannot_be_opened_ends_the_command_before_anything_is_read()
    {
        Invocation invocation = _ca.Invoke("Test-CmpMessage $trace -KeyPath ./nowhere.key");
        invocation.AssertError("CmpStore.NotFound");
        Assert.Empty(invocation.Output);
    }

    private MessageCheckLine[] Lines(string script) =>
    [
        .. _ca.Invoke(script).Output.Select(one => new MessageCheckLine($"{Of(one, "Message")} {Of(one, "Type")} {Of(one, "Check")}", Of(one, "Result"), Of(one, "Reason"))),
    ];

    private static string Of(PSObject value, string property) => value.Properties[property].Value.ToString()!;

    private sealed record MessageCheckLine(string What, string Result, string Reason);
}
