using System.Management.Automation;
using Cmp.Binding;
using Cmp.Scheduling;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>Removes renewals that the computer runs by itself. Certificates and enrolments stay.</summary>
[Cmdlet(VerbsLifecycle.Unregister, "CmpRenewal", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void))]
public sealed class UnregisterCmpRenewalCommand : PSCmdlet
{
    /// <summary>The names of the enrolments; without it, or with <c>*</c>, the renewal of all of them.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(EnrollmentCompleter))]
    public string[]? Name { get; set; }

    /// <summary>Whether it is the user's or the computer's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public StateScope Scope { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        foreach (string name in Name ?? [CmpRenewal.All])
        {
            try
            {
                string id = RenewalJob.IdOf(name == CmpRenewal.All ? null : name);
                string what = name == CmpRenewal.All ? "all enrolments" : name;
                if (ShouldProcess(what, "Unregister the renewal") && !RenewalSchedulers.ForThisComputer().Remove(Scope, id))
                {
                    throw new CmpException(CmpErrorKind.Argument, "CmpRenewal.NotFound", $"No renewal of {PeerText.Escape(what)} is registered in {Scope}.")
                    {
                        RecommendedAction = "Get-CmpRenewal lists those there are.",
                    };
                }
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
}
