using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Cmp.Module.Tests.Harness;
using Cmp.Tests;
using Xunit;

namespace Cmp.Module.Tests.Commands;

/// <summary>Renewals that run by themselves: what is registered, and what the command line does that timers and tasks run.</summary>
[Collection("Commands")]
public sealed class RegisterCmpRenewalTests : IDisposable
{
    private readonly CaSession _ca = new();
    private readonly string? _config = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
    private readonly string _folder = TestHome.CreateFolder();

    public RegisterCmpRenewalTests()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "timers of systemd are Linux's; tasks of Windows would be registered for real");
        Skip.If(Programs.Find("pwsh") is null, "there is no PowerShell (pwsh) on this machine");
        Environment.SetEnvironmentVariable("XDG_CONFIG_HOME", _folder);
        _ca["uri"] = _ca.Uri;
        _ca.Invoke("Register-CmpServer ca $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Default").AssertSucceeded();
    }

    private string Units => Path.Combine(_folder, "systemd", "user");

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("XDG_CONFIG_HOME", _config);
        _ca.Dispose();
    }

    /// <summary>What the timer runs, run here: it renews what is due under a later clock, and is silent else.</summary>
    [SkippableFact]
    public void The_command_of_the_timer_renews_what_is_due_and_says_nothing_else()
    {
        _ca.Invoke("New-CmpCertificateRequest CN=web1 -Name web1").Single();
        string command = Script("Register-CmpRenewal -RandomDelay 0 -PassThru -WarningAction SilentlyContinue");
        Silent(command);
        using (new LaterClock(340))
            Assert.Equal("web1", _ca.Invoke(command).Single().Properties["EnrollmentName"].Value);
        Silent(command);
        // and after the end, by the credential of the server
        using (new LaterClock(400))
            Assert.Equal("web1", _ca.Invoke(command).Single().Properties["EnrollmentName"].Value);
        Assert.Equal(3, _ca.Issued.Count);
    }

    [SkippableFact]
    public void The_command_of_one_enrolment_renews_that_one()
    {
        _ca["name"] = "it's [1] 50% $(x)";
        _ca.Invoke("foreach ($one in $name, 'other') { $null = New-CmpCertificateRequest CN=a -Name $one }").AssertSucceeded();
        string command = Script("Register-CmpRenewal $name -RandomDelay 0 -PassThru -WarningAction SilentlyContinue");
        // nothing that the scheduler of Windows would replace
        Assert.True(command.IndexOfAny(['%', '$']) < 0, command);
        using var clock = new LaterClock(340);
        Assert.Equal(_ca["name"], _ca.Invoke(command).Single().Properties["EnrollmentName"].Value);
    }

    /// <summary>The line as it stands in the unit, in a process of its own.</summary>
    [SkippableFact]
    public void The_program_of_the_timer_ends_with_0_in_silence_and_with_1_where_a_renewal_fails()
    {
        _ca["file"] = Path.Combine(_ca.Home, "web1.pem");
        const string Due = "New-CmpCertificateRequest CN=web1 -Name web1 -NotBefore ([datetime]::Now.AddHours(-20)) -NotAfter ([datetime]::Now.AddHours(4)) -OutFile $file";
        _ca.Invoke($"{Due}; Register-CmpRenewal -RandomDelay 0 -WarningAction SilentlyContinue").AssertSucceeded();
        string before = File.ReadAllText((string)_ca["file"]!);
        ProgramResult renewed = RunTimer();
        Assert.True(renewed.ExitCode == 0, renewed.Error);
        Assert.Contains("CN=web1", renewed.Text);
        Assert.NotEqual(before, File.ReadAllText((string)_ca["file"]!));

        _ca.Invoke($"{Due} -Force").Single();
        File.Delete((string)_ca["file"]!);
        Assert.Equal(1, RunTimer().ExitCode);

        _ca.Invoke("New-CmpCertificateRequest CN=web1 -Name web1 -OutFile $file").Single();
        ProgramResult silent = RunTimer();
        Assert.True(silent.ExitCode == 0, silent.Error);
        Assert.Empty(silent.Text + silent.Error);
    }

    [SkippableFact]
    public void No_secret_and_no_profile_is_in_what_is_registered()
    {
        _ca.Invoke("Register-CmpServer saved $uri -Credential $ca.Credential -TrustAnchor $ca.RootCertificate -Scope CurrentUser -CredentialStore File; New-CmpCertificateRequest CN=a -Name a -Server saved").AssertSucceeded();
        string line = (string)Register("Register-CmpRenewal a -PassThru -WarningAction SilentlyContinue").Properties["CommandLine"].Value;
        Assert.Contains("-NoProfile -NonInteractive", line);
        // the folder of the versions: an update takes the one of now away
        Assert.Contains($"Import-Module '{Path.GetDirectoryName(Repository.ModuleFolder)}' -ErrorAction Stop", line);
        Assert.Contains("-RandomDelay '01:00:00'", line);
        Assert.All(Directory.GetFiles(Units), unit => Assert.DoesNotContain(_ca.Secret, File.ReadAllText(unit)));
    }

    [SkippableFact]
    public void It_is_written_and_where_systemd_does_not_run_it_says_so()
    {
        Skip.If(Directory.Exists("/run/systemd/system"), "systemd runs this computer");
        Invocation run = _ca.Invoke("Register-CmpRenewal -PassThru");
        PSObject renewal = run.Single();
        Assert.Contains(run.Warnings, warning => warning.Contains("written, but not active", StringComparison.Ordinal));
        Assert.Equal("*", renewal.Properties["Name"].Value);
        Assert.Equal(false, renewal.Properties["Active"].Value);
        Assert.Equal("daily at 03:00", renewal.Properties["Schedule"].Value);
        Assert.Null(renewal.Properties["NextRun"].Value);
        Assert.Equal(["cmp-renewal.service", "cmp-renewal.timer"], Directory.GetFiles(Units).Select(Path.GetFileName).Order());
    }

    /// <summary>Who registers a renewal of all that there is, and there is nothing, meant somebody else's enrolments: nothing would ever tell him.</summary>
    [SkippableFact]
    public void That_there_is_nothing_to_renew_is_said_at_once()
    {
        Assert.Contains(_ca.Invoke("Register-CmpRenewal").AssertSucceeded().Warnings, warning => warning.StartsWith("There are no enrolments yet", StringComparison.Ordinal));
        _ca.Invoke("New-CmpCertificateRequest CN=a -Name a; Register-CmpRenewal -Force").AssertSucceeded();
        Assert.DoesNotContain(_ca.Invoke("Register-CmpRenewal -Force").AssertSucceeded().Warnings, warning => warning.Contains("no enrolments", StringComparison.Ordinal));
    }

    /// <summary>A timer has not the environment of a login: it would find no enrolments, and say nothing.</summary>
    [SkippableFact]
    public void Where_state_is_kept_goes_with_the_command()
    {
        string? home = Environment.GetEnvironmentVariable("CMP_HOME"), state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        try
        {
            Environment.SetEnvironmentVariable("XDG_STATE_HOME", "/it's/here");
            string script = Script("Register-CmpRenewal -PassThru -WarningAction SilentlyContinue");
            Assert.Contains($"[Environment]::SetEnvironmentVariable('CMP_HOME', '{home}'); [Environment]::SetEnvironmentVariable('XDG_STATE_HOME', '/it''s/here'); ", script);
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_STATE_HOME", state);
        }
    }

    [SkippableFact]
    public void A_unit_that_was_changed_is_written_anew()
    {
        _ca.Invoke("New-CmpCertificateRequest CN=a -Name a; Register-CmpRenewal -WarningAction SilentlyContinue").AssertSucceeded();
        string unit = Path.Combine(Units, "cmp-renewal.service"), text = File.ReadAllText(unit);
        File.WriteAllText(unit, text.Replace("-NoProfile", "-Profile", StringComparison.Ordinal));
        _ca.Invoke("Register-CmpRenewal -WarningAction SilentlyContinue").AssertSucceeded();
        Assert.Equal(text, File.ReadAllText(unit));
    }

    [SkippableFact]
    public void It_is_listed_replaced_by_force_only_and_removed()
    {
        _ca.Invoke("foreach ($name in 'web1', 'web2') { $null = New-CmpCertificateRequest CN=a -Name $name }; 'web1', 'web2' | Register-CmpRenewal -WarningAction SilentlyContinue; Register-CmpRenewal -RepetitionInterval 06:00:00 -WarningAction SilentlyContinue").AssertSucceeded();
        Assert.Equal(["*", "web1", "web2"], Names("Get-CmpRenewal"));
        Assert.Equal(["web1", "web2"], Names("Get-CmpRenewal WEB* -Scope CurrentUser"));
        // once more is the same
        _ca.Invoke("Register-CmpRenewal web1 -WarningAction SilentlyContinue").AssertSucceeded();
        ErrorRecord error = _ca.Invoke("Register-CmpRenewal web1 -At 05:00").AssertError("CmpRenewal.Exists");
        Assert.Equal(ErrorCategory.ResourceExists, error.CategoryInfo.Category);
        _ca.Invoke("Register-CmpRenewal web1 -At 05:00 -Force -WarningAction SilentlyContinue").AssertSucceeded();
        Assert.Equal("daily at 05:00", _ca.Invoke("(Get-CmpRenewal web1).Schedule").Single<string>());

        _ca.Invoke("Unregister-CmpRenewal -WhatIf").AssertSucceeded();
        Assert.Equal(3, Names("Get-CmpRenewal").Count);
        _ca.Invoke("Unregister-CmpRenewal").AssertSucceeded();
        Assert.Equal(["web1", "web2"], Names("Get-CmpRenewal"));
        _ca.Invoke("Get-CmpRenewal | Unregister-CmpRenewal").AssertSucceeded();
        Assert.Empty(Directory.GetFiles(Units));
        Assert.Equal(ErrorCategory.ObjectNotFound, _ca.Invoke("Unregister-CmpRenewal web1").AssertError("CmpRenewal.NotFound").CategoryInfo.Category);
    }

    [SkippableTheory]
    [InlineData("nobody", "CmpEnrollment.NotFound")]
    [InlineData("-RandomDelay -1.00:00:00", "CmpArgument.RandomDelay")]
    [InlineData("-RandomDelay 32.00:00:00", "CmpArgument.RandomDelay")]
    [InlineData("-RepetitionInterval 00:00:59", "CmpArgument.RepetitionInterval")]
    [InlineData("-RepetitionInterval 32.00:00:00", "CmpArgument.RepetitionInterval")]
    [InlineData("-Daily -RepetitionInterval 1.00:00:00", "AmbiguousParameterSet")]
    [InlineData("$nameless", "CmpArgument.Name")]
    public void What_cannot_be_registered_is_an_error_and_nothing_is_written(string arguments, string errorId)
    {
        _ca.Invoke("$nameless = (New-CmpCertificateRequest CN=nameless).Thumbprint").AssertSucceeded();
        _ca.Invoke($"Register-CmpRenewal {arguments}").AssertError(errorId);
        Assert.False(Directory.Exists(Units));
        _ca.Invoke("Register-CmpRenewal -WhatIf").AssertSucceeded();
        Assert.False(Directory.Exists(Units));
    }

    [SkippableFact]
    public void A_timer_that_somebody_changed_is_listed_with_what_is_wrong()
    {
        Directory.CreateDirectory(Units);
        File.WriteAllText(Path.Combine(Units, "cmp-renewal-broken.timer"), "[Timer]\n");
        PSObject broken = _ca.Invoke("Get-CmpRenewal").Single();
        Assert.Null(broken.Properties["Name"].Value);
        Assert.Contains("is not as Register-CmpRenewal wrote it", (string)broken.Properties["Problem"].Value);
    }

    private PSObject Register(string command) => _ca.Invoke(command).Single();

    private IReadOnlyList<string> Names(string command) => [.. _ca.Invoke(command).AssertSucceeded().Output.Select(renewal => (string)renewal.Properties["Name"].Value).Order()];

    /// <summary>What PowerShell is to run, out of the command line.</summary>
    private string Script(string command)
    {
        string line = (string)Register(command).Properties["CommandLine"].Value;
        int begin = line.IndexOf("-Command \"", StringComparison.Ordinal) + "-Command \"".Length;
        return line[begin..^1];
    }

    private void Silent(string command)
    {
        Invocation run = _ca.Invoke(command).AssertSucceeded();
        object[] said = [.. run.Output, .. run.Warnings, .. run.Verbose, .. run.Information];
        Assert.Empty(said);
    }

    private ProgramResult RunTimer()
    {
        string start = File.ReadAllLines(Path.Combine(Units, "cmp-renewal.service")).Single(line => line.StartsWith("ExecStart=", StringComparison.Ordinal));
        IReadOnlyList<string> words = Cmp.Tests.Scheduling.Systemd.Words(start["ExecStart=".Length..]);
        return Programs.Run(words[0], words.Skip(1));
    }
}
