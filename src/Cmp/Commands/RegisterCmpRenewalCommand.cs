using System;
using System.IO;
using System.Linq;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Scheduling;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>Has the computer renew certificates by itself: by a timer of systemd, or a scheduled task of Windows.</summary>
[Cmdlet(VerbsLifecycle.Register, "CmpRenewal", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = DailySet)]
[OutputType(typeof(CmpRenewal))]
public sealed class RegisterCmpRenewalCommand : PSCmdlet
{
    private const string DailySet = "Daily";
    private const string RepetitionSet = "Repetition";

    /// <summary>The names of the enrolments, each of which gets a renewal of its own; without it one renews all that are due.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Runs each day, which is the default.</summary>
    [Parameter(ParameterSetName = DailySet)]
    public SwitchParameter Daily { get; set; }

    /// <summary>The time of day, 03:00 by default; its date does not count.</summary>
    [Parameter]
    public DateTime? At { get; set; }

    /// <summary>Runs again and again, so long after each run.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RepetitionSet)]
    [Alias("Interval")]
    public TimeSpan RepetitionInterval { get; set; }

    /// <summary>Waits a random time up to this before a renewal that is due, an hour by default.</summary>
    [Parameter]
    public TimeSpan RandomDelay { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether the user runs it, or the computer: root, or SYSTEM.</summary>
    [Parameter]
    public StateScope Scope { get; set; }

    /// <summary>Replaces a renewal that is registered otherwise.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Emits the renewals.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string? name in Name ?? [null!])
        {
            try
            {
                Register(name == CmpRenewal.All ? null : name);
            }
            catch (CmpException e) when (e.IsTerminating())
            {
                ThrowTerminatingError(e.ToErrorRecord(name));
            }
            catch (CmpException e)
            {
                WriteError(e.ToErrorRecord(name));
            }
        }
    }

    /// <summary>Where the task will look: on Windows SYSTEM has the state of the computer.</summary>
    private EnrollmentStore Store() => new(Scope == StateScope.LocalMachine && Environment.OSVersion.Platform == PlatformID.Win32NT ? StateScope.LocalMachine : StateScope.CurrentUser);

    private void Register(string? name)
    {
        RenewalSchedule schedule = Schedule();
        string? enrollment = name is null ? null : Find(name).Name;
        IRenewalScheduler scheduler = RenewalSchedulers.ForThisComputer();
        string module = LastingPaths.OfModule(MyInvocation.MyCommand.Module.ModuleBase, "Cmp.psd1");
        var job = new RenewalJob
        {
            Enrollment = enrollment,
            Scope = Scope,
            Schedule = schedule,
            RandomDelay = RandomDelay,
            Program = RenewalCommand.Program((string)GetVariableValue("PSHOME", string.Empty)),
            Arguments = RenewalCommand.Arguments(module, enrollment, RandomDelay),
        };
        if (Scope == StateScope.LocalMachine)
            EnsureSafe(job.Program, module);
        if (enrollment is null && Store().Enrollments.All(_ => { }).Count == 0)
            WriteWarning(NothingThere());
        RegisteredJob? before = scheduler.All(Scope).FirstOrDefault(other => other.Job is not null && other.Job.Id == job.Id);
        if (before?.Job is { } there)
        {
            if (there.IsSameAs(job) && before is { IsActive: true, IsChanged: false })
            {
                WriteVerbose($"It is registered so already: {before.Path}.");
                Emit(before);
                return;
            }
            if (!there.IsSameAs(job) && !Force)
            {
                throw new CmpException(CmpErrorKind.Store, "CmpRenewal.Exists", $"A renewal is registered as '{PeerText.Escape(before.Path)}' ({there.Schedule}).")
                {
                    RecommendedAction = "Give -Force to replace it.",
                };
            }
        }
        if (!ShouldProcess(enrollment ?? "all enrolments", $"Register the renewal, {schedule}"))
            return;
        RegisteredJob registered = scheduler.Register(job);
        if (registered.Problem is { } problem)
            WriteWarning($"{registered.Path}: {problem}");
        Emit(registered);
    }

    /// <summary>What the computer runs, and where it looks for what it is to do: nobody else may change that.</summary>
    private static void EnsureSafe(string program, string module)
    {
        bool isWindows = Environment.OSVersion.Platform == PlatformID.Win32NT;
        ComputersPaths.Ensure(
            [program, Directory.Exists(module) ? module : System.IO.Path.GetDirectoryName(module)!, StateHome.Of(isWindows ? StateScope.LocalMachine : StateScope.CurrentUser)],
            isWindows ? System.IO.Path.GetDirectoryName(Environment.GetEnvironmentVariable("PUBLIC")) : null);
    }

    /// <summary>Whose enrolments were meant shows when the first one is not renewed, which would be late.</summary>
    private string NothingThere() => Scope == StateScope.LocalMachine
        ? $"{(Environment.OSVersion.Platform == PlatformID.Win32NT ? "SYSTEM" : "root")} has no enrolments yet, and no others are renewed by this: what you enrolled yourself is renewed with -Scope CurrentUser."
        : "There are no enrolments yet, and no others are renewed by this.";

    private RenewalSchedule Schedule()
    {
        if (RandomDelay < TimeSpan.Zero || RandomDelay > RenewalSchedule.LongestInterval)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RandomDelay", "-RandomDelay is a time from zero to 31 days.");
        if (ParameterSetName == RepetitionSet && (RepetitionInterval < RenewalSchedule.ShortestInterval || RepetitionInterval > RenewalSchedule.LongestInterval))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RepetitionInterval", "-RepetitionInterval is a time from 1 minute to 31 days.");
        TimeSpan at = At?.TimeOfDay ?? TimeSpan.FromHours(3);
        return new RenewalSchedule(new TimeSpan(at.Hours, at.Minutes, at.Seconds), ParameterSetName == RepetitionSet ? RepetitionInterval : null);
    }

    private EnrollmentRecord Find(string name)
    {
        EnrollmentRecord record = Store().Enrollments.Find(name) ?? throw (Scope == StateScope.LocalMachine
            ? new CmpException(CmpErrorKind.Argument, "CmpEnrollment.NotFound", $"The computer has no enrolment '{PeerText.Escape(name)}'.")
            {
                RecommendedAction = "Enrol as SYSTEM or root, by DSC or Intune for example; or use -Scope CurrentUser for what you enrolled yourself.",
            }
            : EnrollmentRecords.NotFound(name));
        return !record.IsNameless ? record : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Name", $"The enrolment {record.Name} is called by its thumbprint, which changes with each renewal.")
        {
            RecommendedAction = "Enrol under a name (-Name of New-CmpCertificateRequest), or register the renewal of all enrolments by leaving -Name out.",
        };
    }

    private void Emit(RegisteredJob registered)
    {
        if (PassThru)
            WriteObject(new CmpRenewal(registered, Scope));
    }
}
