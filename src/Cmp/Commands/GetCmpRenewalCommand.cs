using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Cmp.Binding;
using Cmp.Scheduling;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>Gets the renewals that the computer runs by itself.</summary>
[Cmdlet(VerbsCommon.Get, "CmpRenewal")]
[OutputType(typeof(CmpRenewal))]
public sealed class GetCmpRenewalCommand : PSCmdlet
{
    /// <summary>The names of the enrolments that are renewed; wildcards are understood. Without it all renewals.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Whether those of the user or of the computer; without it both.</summary>
    [Parameter]
    public StateScope? Scope { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        try
        {
            IRenewalScheduler scheduler = RenewalSchedulers.ForThisComputer();
            foreach (StateScope scope in Scope is { } one ? [one] : new[] { StateScope.CurrentUser, StateScope.LocalMachine })
                Write(scheduler.All(scope).Select(job => new CmpRenewal(job, scope)));
        }
        catch (CmpException e) when (e.IsTerminating())
        {
            ThrowTerminatingError(e.ToErrorRecord(Name));
        }
        catch (CmpException e)
        {
            WriteError(e.ToErrorRecord(Name));
        }
    }

    /// <summary>One that cannot be read has no name, and is there where all are asked for.</summary>
    private void Write(IEnumerable<CmpRenewal> renewals)
    {
        foreach (CmpRenewal renewal in renewals)
        {
            if (Name is null || Name.Any(pattern => renewal.Name is { } name && WildcardPattern.Get(pattern, WildcardOptions.IgnoreCase).IsMatch(name)))
                WriteObject(renewal);
        }
    }
}
