using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Scheduling;
using Cmp.State;
using Xunit;

namespace Cmp.Tests.Scheduling;

/// <summary>Timers of systemd: what is written, what is said to systemd, what is read back, and what systemd itself thinks of it.</summary>
public sealed class SystemdSchedulerTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly FakeSystemctl _systemctl = new();
    private readonly SystemdScheduler _scheduler;

    public SystemdSchedulerTests() => _scheduler = new SystemdScheduler(_folder.PathOf("user"), _folder.PathOf("system"), _systemctl);

    public static TheoryData<string> NastyNames => [.. Jobs.NastyNames];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_job_is_two_units_and_what_was_slept_through_is_made_up_for()
    {
        RegisteredJob registered = _scheduler.Register(Jobs.Of());
        Assert.Equal(_folder.PathOf("user/cmp-renewal.timer"), registered.Path);
        string timer = File.ReadAllText(registered.Path);
        Assert.Contains("\nOnCalendar=*-*-* 04:05:06\nPersistent=true\n", timer);
        Assert.Contains("\n[Install]\nWantedBy=timers.target\n", timer);
        string service = File.ReadAllText(_folder.PathOf("user/cmp-renewal.service"));
        Assert.Contains("\nType=oneshot\n", service);
        Assert.Contains("\nExecStart=\"/bin/sh\" \"-NoProfile\" \"-NonInteractive\" \"-Command\" \"Update-CmpCertificate -Name '*'\"\n", service);
        Assert.DoesNotContain("User=", service);
        Assert.Empty(Directory.GetFiles(_folder.PathOf("user"), ".*"));
    }

    [Fact]
    public void The_computers_job_is_roots_and_waits_for_the_network()
    {
        _scheduler.Register(Jobs.Of(scope: StateScope.LocalMachine));
        string service = File.ReadAllText(_folder.PathOf("system/cmp-renewal.service"));
        Assert.Contains("\nUser=root\n", service);
        Assert.Contains("\nAfter=network-online.target\n", service);
        Assert.False(Directory.Exists(_folder.PathOf("user")));
    }

    [Fact]
    public void An_interval_counts_from_the_start_of_the_timer()
    {
        _scheduler.Register(Jobs.Of(interval: TimeSpan.FromHours(6)));
        Assert.Contains("\nOnActiveSec=300\nOnUnitActiveSec=21600\n", File.ReadAllText(_folder.PathOf("user/cmp-renewal.timer")));
        _scheduler.Register(Jobs.Of(interval: TimeSpan.FromMinutes(1)));
        Assert.Contains("\nOnActiveSec=60\nOnUnitActiveSec=60\n", File.ReadAllText(_folder.PathOf("user/cmp-renewal.timer")));
    }

    [Fact]
    public void Where_systemd_runs_the_timer_is_active_and_where_not_it_says_so()
    {
        RegisteredJob written = _scheduler.Register(Jobs.Of());
        Assert.False(written.IsActive);
        Assert.Equal("It is written, but not active: systemd does not run on this computer.", written.Problem);
        Assert.Empty(_systemctl.Said);

        _systemctl.IsRunning = true;
        RegisteredJob active = _scheduler.Register(Jobs.Of("web1", StateScope.LocalMachine));
        Assert.True(active.IsActive);
        Assert.Null(active.Problem);
        Assert.Equal(
            ["system daemon-reload", "system enable cmp-renewal-web1.timer", "system restart cmp-renewal-web1.timer", "system is-active cmp-renewal-web1.timer", "system is-enabled cmp-renewal-web1.timer"],
            _systemctl.Said);

        _systemctl.Problem = "Failed to connect to bus";
        RegisteredJob refused = _scheduler.Register(Jobs.Of());
        Assert.False(refused.IsActive);
        Assert.Equal("It is written, but not active: Failed to connect to bus", refused.Problem);
        Assert.True(File.Exists(refused.Path));
    }

    [Fact]
    public void What_was_registered_is_read_back_and_removed()
    {
        _scheduler.Register(Jobs.Of());
        _scheduler.Register(Jobs.Of("web1", interval: TimeSpan.FromDays(1)));
        File.WriteAllText(_folder.PathOf("user/other.timer"), "[Timer]\n");
        IReadOnlyList<RegisteredJob> all = _scheduler.All(StateScope.CurrentUser);
        Assert.Equal([null, "web1"], all.Select(job => job.Job!.Enrollment).Order());
        Assert.All(all, job => Assert.True(job.Job!.IsSameAs(Jobs.Of(job.Job.Enrollment, interval: job.Job.Enrollment is null ? null : TimeSpan.FromDays(1)))));
        Assert.Empty(_scheduler.All(StateScope.LocalMachine));

        _systemctl.IsRunning = true;
        Assert.True(_scheduler.Remove(StateScope.CurrentUser, RenewalJob.IdOf("WEB1")));
        Assert.Equal(["user disable --now cmp-renewal-web1.timer", "user daemon-reload"], _systemctl.Said);
        Assert.False(_scheduler.Remove(StateScope.CurrentUser, RenewalJob.IdOf("web1")));
        Assert.Equal(["cmp-renewal.service", "cmp-renewal.timer", "other.timer"], Directory.GetFiles(_folder.PathOf("user")).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("[Timer]\nOnCalendar=daily\n")]
    [InlineData("[X-Cmp]\nJob=no base64\n")]
    [InlineData("[X-Cmp]\nJob=e30=\n")]
    [InlineData("")]
    public void A_timer_that_somebody_changed_is_named_and_hides_no_other(string text)
    {
        _scheduler.Register(Jobs.Of("web1"));
        _folder.Write("user/cmp-renewal-broken.timer", text);
        IReadOnlyList<RegisteredJob> all = _scheduler.All(StateScope.CurrentUser);
        Assert.Equal(2, all.Count);
        Assert.Contains("is not as Register-CmpRenewal wrote it", Assert.Single(all, job => job.Job is null).Problem);
    }

    /// <summary>One run that hangs would keep away all that follow: systemd starts nothing anew that runs still.</summary>
    [Fact]
    public void A_run_that_hangs_is_ended()
    {
        _scheduler.Register(Jobs.Of());
        Assert.Contains("\nTimeoutStartSec=90000\n", File.ReadAllText(_folder.PathOf("user/cmp-renewal.service")));
    }

    [Fact]
    public void A_timer_that_is_disabled_is_not_active_whether_or_not_it_runs_still()
    {
        _systemctl.IsRunning = true;
        _systemctl.Problem = null;
        _scheduler.Register(Jobs.Of());
        _systemctl.Refused = "is-enabled";
        RegisteredJob disabled = Assert.Single(_scheduler.All(StateScope.CurrentUser));
        Assert.False(disabled.IsActive);
        Assert.Contains("not enabled", disabled.Problem);
    }

    [Fact]
    public void A_users_timer_that_runs_only_while_he_is_logged_on_says_so()
    {
        _systemctl.IsRunning = true;
        _systemctl.IsLingering = false;
        RegisteredJob registered = _scheduler.Register(Jobs.Of());
        Assert.True(registered.IsActive);
        Assert.Contains("loginctl enable-linger", registered.Problem);
        Assert.Null(_scheduler.Register(Jobs.Of(scope: StateScope.LocalMachine)).Problem);
        _systemctl.IsLingering = true;
        Assert.Null(Assert.Single(_scheduler.All(StateScope.CurrentUser)).Problem);
    }

    /// <summary>What a unit says of itself is not believed where it does something else.</summary>
    [Theory]
    [InlineData("cmp-renewal.service", "/bin/sh", "/bin/true")]
    [InlineData("cmp-renewal.timer", "OnCalendar=*-*-* 04", "OnCalendar=*-*-01 04")]
    public void A_unit_that_was_changed_is_told_apart(string file, string right, string wrong)
    {
        _systemctl.IsRunning = true;
        _scheduler.Register(Jobs.Of());
        Assert.False(Assert.Single(_scheduler.All(StateScope.CurrentUser)).IsChanged);
        string path = _folder.PathOf("user/" + file), text = File.ReadAllText(path);
        Assert.Contains(right, text);
        File.WriteAllText(path, text.Replace(right, wrong, StringComparison.Ordinal));
        RegisteredJob changed = Assert.Single(_scheduler.All(StateScope.CurrentUser));
        Assert.True(changed.IsChanged);
        Assert.Contains("was changed since", changed.Problem);
    }

    [Fact]
    public void A_timer_without_its_service_is_not_taken_for_one()
    {
        string path = _scheduler.Register(Jobs.Of()).Path;
        File.Delete(Path.ChangeExtension(path, ".service"));
        RegisteredJob halved = Assert.Single(_scheduler.All(StateScope.CurrentUser));
        Assert.Null(halved.Job);
        Assert.Contains("cmp-renewal.service", halved.Problem);
    }

    [Theory]
    [InlineData("at", "-1")]
    [InlineData("at", "864000000000")]
    [InlineData("at", "9223372036854775807")]
    [InlineData("interval", "0")]
    [InlineData("interval", "9223372036854775807")]
    [InlineData("randomDelay", "-9223372036854775808")]
    public void A_job_with_times_that_none_has_is_not_read(string member, string ticks)
    {
        var state = new StateObject();
        state.Set("at", 0);
        state.Set("program", "/bin/sh");
        state.Set("arguments", new[] { "a" });
        Assert.Equal("/bin/sh", RenewalJob.Read(Convert.ToBase64String(StateJson.Write(state))).Program);
        state.Set(member, long.Parse(ticks, System.Globalization.CultureInfo.InvariantCulture));
        Assert.Throws<FormatException>(() => RenewalJob.Read(Convert.ToBase64String(StateJson.Write(state))));
    }

    [Fact]
    public void A_folder_that_is_none_is_an_error_with_its_name()
    {
        _folder.Write("user", "a file");
        CmpException error = Assert.Throws<CmpException>(() => _scheduler.Register(Jobs.Of()));
        Assert.StartsWith("CmpStore.", error.ErrorId);
        Assert.Contains("cmp-renewal", error.Message);
    }

    /// <summary>Rule 70: what an enrolment is called does not become a name of a file, a specifier or another word.</summary>
    [Theory]
    [MemberData(nameof(NastyNames))]
    public void Rule70_Any_name_is_one_word_and_a_plain_file(string name)
    {
        RenewalJob job = Jobs.Of(name);
        Assert.Matches("^cmp-renewal-[a-z0-9_-]+$", job.Id);
        Assert.Equal([job.Arguments[3]], Systemd.Words(SystemdUnit.Word(job.Arguments[3])));
        string path = _scheduler.Register(job).Path;
        Assert.Equal(name, Assert.Single(_scheduler.All(StateScope.CurrentUser)).Job!.Enrollment);
        Assert.Equal(job.Id + ".timer", Path.GetFileName(path));
    }

    [Fact]
    public void Names_that_differ_have_timers_that_differ() =>
        Assert.Equal(Jobs.NastyNames.Length, Jobs.NastyNames.Select(RenewalJob.IdOf).Distinct().Count());

    [Fact]
    public void A_name_that_no_enrolment_can_have_is_refused() =>
        Assert.Equal("CmpArgument.Name", Assert.Throws<CmpException>(() => RenewalJob.IdOf("a\nb")).ErrorId);

    /// <summary>systemd-analyze reads both units, with what they call, and has nothing to say.</summary>
    [SkippableTheory]
    [InlineData(StateScope.CurrentUser, null)]
    [InlineData(StateScope.CurrentUser, 6)]
    [InlineData(StateScope.LocalMachine, null)]
    [InlineData(StateScope.LocalMachine, 1)]
    public void Foreign_systemd_analyze_verifies_the_units(StateScope scope, int? hours)
    {
        Skip.If(Programs.Find("systemd-analyze") is null, "systemd-analyze (package systemd) is not on this machine");
        foreach (string? name in Jobs.NastyNames.Append(null))
            _scheduler.Register(Jobs.Of(name, scope, hours is { } h ? TimeSpan.FromHours(h) : null));
        ProgramResult verified = Verify(scope);
        Assert.True(verified.ExitCode == 0 && verified.Error.Length == 0, verified.Error);
    }

    [SkippableFact]
    public void Foreign_systemd_analyze_finds_a_unit_that_is_wrong()
    {
        Skip.If(Programs.Find("systemd-analyze") is null, "systemd-analyze (package systemd) is not on this machine");
        string path = _scheduler.Register(Jobs.Of(scope: StateScope.LocalMachine)).Path;
        File.WriteAllText(path, File.ReadAllText(path).Replace("OnCalendar=*-*-* 04", "OnCalendar=*-*-* 44", StringComparison.Ordinal));
        ProgramResult verified = Verify(StateScope.LocalMachine);
        Assert.NotEmpty(verified.Error);
    }

    private ProgramResult Verify(StateScope scope)
    {
        bool isUser = scope == StateScope.CurrentUser;
        string[] units = Directory.GetFiles(_folder.PathOf(isUser ? "user" : "system"));
        var environment = new Dictionary<string, string> { ["XDG_RUNTIME_DIR"] = _folder.Path, ["SYSTEMD_LOG_LEVEL"] = "warning" };
        return Programs.Run(Programs.Find("systemd-analyze")!, [.. isUser ? new[] { "--user" } : [], "--man=no", "verify", .. units], environment: environment);
    }

    internal sealed class FakeSystemctl : ISystemctl
    {
        internal List<string> Said { get; } = [];

        internal string? Problem { get; set; }

        /// <summary>What is refused, where not all is.</summary>
        internal string? Refused { get; set; }

        public bool IsRunning { get; internal set; }

        public bool IsLingering { get; internal set; } = true;

        public string? Run(bool isUser, params string[] arguments)
        {
            Said.Add($"{(isUser ? "user" : "system")} {string.Join(" ", arguments)}");
            return Problem ?? (arguments[0] == Refused ? "no" : null);
        }
    }
}
