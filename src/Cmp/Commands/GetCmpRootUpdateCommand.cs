using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages.Pkix;

namespace Cmp.Commands;

/// <summary>Asks a server whether a root CA has a new key, and proves that it follows the old one. Nothing becomes trusted by that.</summary>
[Cmdlet(VerbsCommon.Get, "CmpRootUpdate")]
[OutputType(typeof(CmpRootUpdate))]
public sealed class GetCmpRootUpdateCommand : QuestionCmdlet
{
    /// <summary>The root that is trusted; without it those that the server's answers are trusted by.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [CertificateTransformation]
    [Alias("OldRoot")]
    [ArgumentCompleter(typeof(AuthorityCompleter))]
    public X509Certificate2? Certificate { get; set; }

    /// <summary>CRLs that may say that the old root is revoked, beside those of the server.</summary>
    [Parameter]
    [CrlTransformation]
    public CertificateList[]? Crl { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord() => ProcessRow(Certificate ?? ServerTarget, Prepare);

    private Func<CancellationToken, Task> Prepare(PipelineWriter writer)
    {
        CmpClient client = OpenClient(writer);
        ServerSettings server = NamedServer ?? client.Said;
        CertificateList[] crls = [.. Crl ?? [], .. client.Settings.RevocationList!];
        if (Certificate is { } named)
        {
            var old = Messages.Pkix.Certificate.From(named);
            return Ask(writer, $"Asking {client.Settings} for a new root", async (options, token) =>
            {
                if (await client.GetRootUpdateAsync(old, crls, options, token).ConfigureAwait(false) is { } update)
                    writer.Write(new CmpRootUpdate(update, server));
                else
                    writer.Verbose($"{client.Settings} knows of no root after {old}.");
            });
        }
        IReadOnlyList<Certificate> anchors = client.Settings.TrustAnchor!;
        if (anchors.Count == 0)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.OldRoot", "Nothing says which root's update is asked for.")
            {
                RecommendedAction = "Name the root with -Certificate, or give the server its -TrustAnchor.",
            };
        }
        return Ask(writer, $"Asking {client.Settings} for new roots", async (options, token) =>
        {
            foreach (Certificate old in anchors)
            {
                try
                {
                    await AskAsync(writer, client, server, old, crls, options, token).ConfigureAwait(false);
                }
                catch (CmpException e) when (anchors.Count > 1 && !e.IsTerminating())
                {
                    writer.Error(e.ToErrorRecord(CACertificateObject.ToX509(old)));
                }
            }
        });
    }

    /// <summary>Asks for the update of one of the server's anchors; one that is trusted there already is no news.</summary>
    private static async Task AskAsync(PipelineWriter writer, CmpClient client, ServerSettings server, Certificate old, IReadOnlyList<CertificateList> crls, RequestOptions options, CancellationToken token)
    {
        if (old.NotAfter < DateTimeOffset.UtcNow)
            writer.Verbose($"The root {old} ended at {old.NotAfter:u} and vouches for none: it is not asked about.");
        else if (await client.GetRootUpdateAsync(old, crls, options, token).ConfigureAwait(false) is not { } update)
            writer.Verbose($"{client.Settings} knows of no root after {old}, which ends at {old.NotAfter:u}.");
        else if (client.Settings.TrustAnchor!.Any(update.NewWithNew.IsSameAs))
            writer.Verbose($"The root after {old} is trusted already.");
        else
            writer.Write(new CmpRootUpdate(update, server));
    }
}
