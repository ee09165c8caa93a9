using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Cmp.Module.Tests.Harness;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>The scripts of examples/intune as Intune runs them: each in a process of its own, judged by one line and the exit code.</summary>
[Collection("Commands")]
public sealed class IntuneExampleTests : IDisposable
{
    private const string Due = "-NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(6))";

    private readonly CaSession _ca = new("-PollCount 1 -CheckAfter 0 -DelaySubject *waits*");
    private readonly string? _modulePath = Environment.GetEnvironmentVariable("PSModulePath");

    public IntuneExampleTests()
    {
        Environment.SetEnvironmentVariable("PSModulePath", Repository.GetPath("output") + Path.PathSeparator + _modulePath);
        _ca["uri"] = _ca.Uri;
        _ca["file"] = Path.Combine(TestHome.CreateFolder(), "vpn.pem");
        _ca.Invoke("Register-CmpServer ca $uri -TrustAnchor $ca.RootCertificate -Scope CurrentUser").AssertSucceeded();
    }

    public static TheoryData<string> Scripts => [.. Directory.GetFiles(Repository.GetPath("examples/intune"), "*.ps1").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PSModulePath", _modulePath);
        _ca.Dispose();
    }

    [Fact]
    public void What_is_good_is_0_and_nothing_is_done()
    {
        Enroll("");
        (int code, string line) = Run("Detect");
        Assert.Equal(0, code);
        Assert.Matches(@"^OK vpn: good until \d{4}-\d\d-\d\d, to be renewed after \d{4}-\d\d-\d\d$", line);
        Assert.Equal(1, Run("Detect", "-Name", "other").Code);
    }

    [Fact]
    public void What_is_due_is_1_and_the_remediation_renews_it()
    {
        Enroll(Due);
        (int code, string line) = Run("Detect");
        Assert.Equal(1, code);
        Assert.StartsWith("DUE vpn: due for renewal since ", line, StringComparison.Ordinal);
        (code, line) = Run("Remediate", "-RandomDelay", "0");
        Assert.Equal(0, code);
        Assert.StartsWith("OK vpn: good until ", line, StringComparison.Ordinal);
        Assert.Equal(0, Run("Detect").Code);
        Assert.Equal(2, _ca.Issued.Count);
    }

    [Fact]
    public void The_window_is_that_of_both_scripts()
    {
        Enroll("-NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(16))");
        Assert.Equal(0, Run("Detect").Code);
        Assert.Equal(1, Run("Detect", "-RenewBeforePercent", "60").Code);
        Assert.Equal(0, Run("Remediate", "-RenewBeforePercent", "60", "-RandomDelay", "0").Code);
        Assert.Equal(2, _ca.Issued.Count);
    }

    /// <summary>A request that the CA lets wait is there already: another run does not make a second one.</summary>
    [Fact]
    public void What_waits_is_gone_on_with()
    {
        _ca.Invoke($"$null = New-CmpCertificateRequest -Server ca -Credential $ca.Credential -Name vpn -Subject CN=waits -OutFile $file {Due}").AssertSucceeded();
        _ca.Invoke("$null = Update-CmpCertificate -Name vpn -NoWait").AssertSucceeded();
        Assert.Equal(["vpn"], (string[])_ca.Invoke("Get-CmpTransaction").Single().Properties["Names"].Value);
        (int code, string line) = Run("Remediate", "-RandomDelay", "0");
        Assert.Equal(0, code);
        Assert.StartsWith("OK vpn: good until ", line, StringComparison.Ordinal);
        Assert.Empty(_ca.Invoke("Get-CmpTransaction").Output);
        Assert.Equal(2, _ca.Issued.Count);
    }

    [Fact]
    public void A_first_request_that_waits_is_not_made_twice()
    {
        _ca.Invoke("$null = New-CmpCertificateRequest -Server ca -Credential $ca.Credential -Name vpn -Subject CN=waits -OutFile $file -NoWait").AssertSucceeded();
        (int code, string line) = Run("Detect");
        Assert.Equal((1, "DUE vpn: no such enrolment"), (code, line));
        // the secret of the first request is not at hand: it is not asked for, and nothing is begun anew
        (code, line) = Run("Remediate");
        Assert.Equal(1, code);
        Assert.StartsWith("ERROR vpn: ", line, StringComparison.Ordinal);
        Assert.Single(_ca.Invoke("Get-CmpTransaction").Output);
        Assert.Empty(_ca.Issued);
    }

    /// <summary>A file that cannot be read is no enrolment that is not there: each run would ask for another certificate.</summary>
    [Fact]
    public void A_record_that_is_damaged_asks_for_no_other_certificate()
    {
        Enroll("");
        string record = Assert.Single(Directory.GetFiles(Path.Combine(_ca.Home, "enrolments"), "*.json"));
        File.WriteAllText(record, "{");
        foreach (string script in new[] { "Detect", "Remediate" })
        {
            (int code, string line) = Run(script, script == "Detect" ? [] : ["-Server", "ca"]);
            Assert.Equal(1, code);
            Assert.StartsWith("ERROR vpn: ", line, StringComparison.Ordinal);
            Assert.Contains("is damaged", line, StringComparison.Ordinal);
        }
        Assert.Single(_ca.Issued);
    }

    [Fact]
    public void Where_nothing_can_be_done_the_line_says_why()
    {
        (int code, string line) = Run("Remediate");
        Assert.Equal((1, "ERROR vpn: There is no such enrolment, and no server for a first one."), (code, line));
        if (!OperatingSystem.IsWindows())
        {
            (code, line) = Run("Remediate", "-Server", "ca");
            Assert.Equal(1, code);
            Assert.StartsWith("ERROR vpn: ", line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Scripts))]
    public void Scripts_are_UTF8_without_a_mark_and_hold_what_Intune_asks_for(string script)
    {
        byte[] octets = File.ReadAllBytes(Repository.GetPath($"examples/intune/{script}"));
        Assert.DoesNotContain(octets, octet => octet > 0x7F);
        string text = File.ReadAllText(Repository.GetPath($"examples/intune/{script}"));
        Assert.Contains("Is64BitProcess", text, StringComparison.Ordinal);
        Assert.Contains("IsSystem", text, StringComparison.Ordinal);
        Assert.EndsWith("exit $code\n", text.ReplaceLineEndings("\n"), StringComparison.Ordinal);
        Assert.DoesNotMatch(new Regex("-Credential|ConvertTo-SecureString|Get-Credential", RegexOptions.IgnoreCase), text);
    }

    private void Enroll(string options) =>
        _ca.Invoke($"$null = New-CmpCertificateRequest -Server ca -Credential $ca.Credential -Name vpn -Subject CN=vpn -OutFile $file {options}").AssertSucceeded();

    /// <summary>Runs one, and holds what Intune takes: one line, not too long, and nothing on the error stream.</summary>
    private static (int Code, string Line) Run(string what, params string[] arguments)
    {
        (int code, string output, string error) = ShellProcess.Run(["-File", Repository.GetPath($"examples/intune/{what}-CmpCertificate.ps1"), .. arguments]);
        Assert.Equal("", error);
        Assert.InRange(output.Length, 1, 2049);
        Assert.Equal(output.Length - 1, output.IndexOf('\n', StringComparison.Ordinal));
        return (code, output.TrimEnd('\n'));
    }
}
