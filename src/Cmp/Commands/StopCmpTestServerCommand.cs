using System.Linq;
using System.Management.Automation;

namespace Cmp.Commands;

/// <summary>Stops test servers; what they issued is worth nothing afterwards.</summary>
[Cmdlet(VerbsLifecycle.Stop, "CmpTestServer", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(void))]
public sealed class StopCmpTestServerCommand : PSCmdlet
{
    /// <summary>The servers; without them all of this process.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    public CmpTestServer[]? InputObject { get; set; }

    private bool _isPiped;

    /// <inheritdoc/>
    protected override void BeginProcessing() => _isPiped = MyInvocation.ExpectingInput;

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (InputObject is null && _isPiped)
            return;
        foreach (CmpTestServer server in InputObject ?? CmpTestServer.Running.ToArray())
        {
            if (ShouldProcess(server.ToString(), "Stop CMP test server"))
                server.Stop();
        }
    }
}
