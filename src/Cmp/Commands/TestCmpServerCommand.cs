using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>Probes a server: whether it is reached, by which TLS, what it answers, how that is protected and by whom, and what it can do.</summary>
[Cmdlet(VerbsDiagnostic.Test, "CmpServer")]
[OutputType(typeof(CmpServerTest))]
[OutputType(typeof(bool))]
public sealed class TestCmpServerCommand : QuestionCmdlet
{
    private HashSet<string> _given = [];

    /// <summary>A registered server's name, an address, or a server object; without it the default server.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ServerTransformation]
    [ArgumentCompleter(typeof(ServerCompleter))]
    public override ServerSettings? Server { get; set; }

    /// <summary>Emits only whether a CMP server answers there that is the one that it should be.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _given = new HashSet<string>(MyInvocation.BoundParameters.Keys, StringComparer.OrdinalIgnoreCase);
        base.BeginProcessing();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        // a server in the pipeline has properties of these names: they are its own settings, not what is said over them
        if (!_given.Contains(nameof(Server)) && !_given.Contains(nameof(ClientCertificate)))
            ClientCertificate = null;
        if (!_given.Contains(nameof(Server)) && !_given.Contains(nameof(CertificateProfile)))
            CertificateProfile = null;
        ProcessRow(ServerTarget, Prepare);
    }

    private Func<CancellationToken, Task> Prepare(PipelineWriter writer)
    {
        CmpClient client = OpenClient(writer);
        bool quiet = Quiet;
        return Ask(writer, $"Probing {client.Settings}", async (options, token) =>
        {
            var test = new CmpServerTest(await client.ProbeAsync(options, token).ConfigureAwait(false));
            writer.Write(quiet ? test.Passed : test);
        });
    }
}
