using System;
using System.Linq;
using System.Management.Automation;
using Cmp.Binding;

namespace Cmp.Commands;

/// <summary>Gives the test servers that run in this process.</summary>
[Cmdlet(VerbsCommon.Get, "CmpTestServer")]
[OutputType(typeof(CmpTestServer))]
public sealed class GetCmpTestServerCommand : PSCmdlet
{
    /// <summary>A port of the one that is wanted, of any of its transports.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(TestServerPortCompleter))]
    public int? Port { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing() =>
        WriteObject(CmpTestServer.Running.Where(server => Port is null || server.Uris.Values.Any(uri => uri.Scheme != Uri.UriSchemeMailto && uri.Port == Port)).ToArray(), enumerateCollection: true);
}
