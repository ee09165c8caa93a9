using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages.Pkix;

namespace Cmp.Commands;

/// <summary>Asks a server for the certificates of its CAs. Nothing becomes trusted by that.</summary>
[Cmdlet(VerbsCommon.Get, "CmpCACertificate")]
[OutputType(typeof(X509Certificate2))]
public sealed class GetCmpCACertificateCommand : QuestionCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow(ServerTarget, Prepare);

    private Func<CancellationToken, Task> Prepare(PipelineWriter writer)
    {
        CmpClient client = OpenClient(writer);
        ServerSettings? server = NamedServer;
        return Ask(writer, $"Asking {client.Settings} for CA certificates", async (options, token) =>
        {
            IReadOnlyList<Certificate> certificates = await client.GetCACertificatesAsync(options, token).ConfigureAwait(false);
            if (certificates.Count == 0)
                writer.Verbose($"{client.Settings} has no CA certificates to give.");
            foreach (Certificate certificate in certificates)
                writer.Write(CACertificateObject.Of(certificate, server ?? client.Settings));
        });
    }
}
