using System.Linq;
using System.Management.Automation;

namespace Cmp.Commands;

/// <summary>Gives the test servers that run in this process.</summary>
[Cmdlet(VerbsCommon.Get, "CmpTestServer")]
[OutputType(typeof(CmpTestServer))]
public sealed class GetCmpTestServerCommand : PSCmdlet
{
    /// <summary>The port of the one that is wanted.</summary>
    [Parameter(Position = 0)]
    public int? Port { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() =>
        WriteObject(CmpTestServer.Running.Where(server => Port is null || server.Uri.Port == Port).ToArray(), enumerateCollection: true);
}
