using System;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;

namespace Cmp.Commands;

/// <summary>Asks a server what requests for certificates should look like. New-CmpCertificateRequest takes what it emits.</summary>
[Cmdlet(VerbsCommon.Get, "CmpRequestTemplate")]
[OutputType(typeof(CmpRequestTemplate))]
public sealed class GetCmpRequestTemplateCommand : QuestionCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow((object?)CertificateProfile ?? ServerTarget, Prepare);

    private Func<CancellationToken, Task> Prepare(PipelineWriter writer)
    {
        CmpClient client = OpenClient(writer);
        ServerSettings server = NamedServer ?? client.Said;
        string? profile = client.Settings.CertificateProfile;
        return Ask(writer, $"Asking {client.Settings} for a request template", async (options, token) =>
        {
            RequestTemplate? template = await client.GetRequestTemplateAsync(profile, options, token).ConfigureAwait(false);
            if (template is null)
            {
                // whoever pipes it on enrols all the same
                writer.Verbose($"{client.Settings} has no wishes: any request will do.");
                template = RequestTemplate.Read(new CertReqTemplateContent(new CertTemplate(), []), profile);
            }
            writer.Write(new CmpRequestTemplate(template, server));
        });
    }
}
