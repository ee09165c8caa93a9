using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Security;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Binding;
using Cmp.Client;
using Cmp.Messages;
using Cmp.State;

namespace Cmp.Commands;

/// <summary>Goes on with pending transactions until the certificate is where it belongs, or revoked, or its key is back; of offline ones it takes the answer that was carried here.</summary>
[Cmdlet(VerbsLifecycle.Wait, "CmpTransaction", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(System.Security.Cryptography.X509Certificates.X509Certificate2))]
[OutputType(typeof(CmpRevocation))]
[OutputType(typeof(CmpTransaction))]
public sealed class WaitCmpTransactionCommand : TalkingCmdlet
{
    /// <summary>The ID of the transaction.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(TransactionCompleter))]
    public string Id { get; set; } = null!;

    /// <summary>The file with the answer to the message that was carried to the server: the message in DER, or, with the extension .eml, the mail that carries it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ResponsePath { get; set; }

    /// <summary>Asks the server once, and does not wait where it needs more time.</summary>
    [Parameter]
    public SwitchParameter NoWait { get; set; }

    /// <summary>A script block that sees the certificate as $_ and accepts or refuses it; needed where the request was made with one.</summary>
    [Parameter]
    public ScriptBlock? Approve { get; set; }

    /// <summary>The password of the file that the certificate goes to, where the request was made with one: passwords are not kept.</summary>
    [Parameter]
    public SecureString? OutPassword { get; set; }

    /// <summary>The password of the file that the key is in, or the PIN of its token.</summary>
    [Parameter]
    public SecureString? KeyPassword { get; set; }

    /// <inheritdoc/>
    private protected override string Activity => "Going on with transactions";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        string id = Id;
        ProcessRow(id, writer => Prepare(writer, id));
    }

    /// <summary>Another file than the answer, such as a web page that was saved, is told from a wrong answer.</summary>
    private static ReadOnlyMemory<byte> ReadResponse(PipelineWriter writer, string path)
    {
        try
        {
            ReadOnlyMemory<byte> octets = SavedMessage.Read(path, writer.Warning);
            _ = PkiMessage.Decode(octets);
            return octets;
        }
        catch (CmpException e) when (e.Kind != CmpErrorKind.Store)
        {
            throw new CmpException(e.Kind, e.ErrorId, $"'{PeerText.Escape(path)}' is no answer of a CMP server. {e.Message}", e)
            {
                RecommendedAction = "Give the file with the server's answer in DER, or the .eml file of the mail with it. The transaction is as it was.",
            };
        }
    }

    /// <summary>What befell one or the other of several certificates, each error once; what ends all is the row's own.</summary>
    private static void WriteFailures(PipelineWriter writer, Enrollment enrollment, CmpException? own, string id)
    {
        if (enrollment.Items.Count == 1)
            return;
        foreach (CmpException failure in enrollment.Items.Select(item => item.Failure).OfType<CmpException>().Where(failure => failure != own).Distinct())
            writer.Error(failure.ToErrorRecord(id));
    }

    private Func<CancellationToken, Task>? Prepare(PipelineWriter writer, string id)
    {
        ReadOnlyMemory<byte>? response = ResponsePath is { } path ? ReadResponse(writer, FilePath(path)!) : (ReadOnlyMemory<byte>?)null;
        var store = new EnrollmentStore();
        var requests = new PendingRequestStore();
        if (!ShouldProcess(CmpTransaction.Describe(store, requests, id), "Go on with the transaction"))
            return null;
        if (requests.Has(id))
        {
            PendingRequest pending = requests.Find(id) ?? throw Enrollment.NotFound(id);
            return pending.Recovery is null ? GoOn(writer, requests, pending) : Recover(writer, requests, pending);
        }
        var progress = new CmdletProgress(writer, $"Waiting for {id}");
        Enrollment? enrollment = null;
        enrollment = writer.Own(Enrollment.Resume(store, id, Options(writer, progress) with
        {
            OutPassword = OutPassword,
            KeyPassword = KeyPassword,
            Pin = KeyPassword,
            Ended = item =>
            {
                if (item.Enrolled is { } enrolled)
                    Outcome.Write(writer, enrolled, enrollment!.Settings);
            },
            Approve = Approve is { } script ? (issued, _) => writer.CallAsync(() => Approval.Ask(writer, script, issued)) : null,
        }));
        return async token =>
        {
            try
            {
                if (response is { } octets)
                    await enrollment.TakeAsync(octets, token).ConfigureAwait(false);
                else
                    await enrollment.RunAsync(cancellationToken: token).ConfigureAwait(false);
                WriteFailures(writer, enrollment, null, id);
                if (enrollment.IsKept)
                    writer.Warning(Outcome.Kept(id));
                else if (enrollment.Items.Any(item => item is { Enrolled: null, Failure: null }))
                    Outcome.WritePending(writer, store, enrollment);
            }
            catch (CmpException e)
            {
                WriteFailures(writer, enrollment, e, id);
                if (enrollment.IsKept)
                    writer.Warning(Outcome.Kept(id));
                throw;
            }
            finally
            {
                progress.Complete();
            }
        };
    }

    /// <summary>The same for a revocation.</summary>
    private Func<CancellationToken, Task> GoOn(PipelineWriter writer, PendingRequestStore store, PendingRequest pending)
    {
        string id = pending.Id;
        EnsureNotByHand(pending, "a revocation");
        var progress = new CmdletProgress(writer, $"Waiting for {id}");
        ResumeOptions options = Options(writer, progress);
        ServerSettings server = pending.Server;
        TimeSpan? timeout = options.Said.Timeout;
        return async token =>
        {
            try
            {
                IReadOnlyList<Revocation> revocations = await store.ResumeAsync(id, options, timeout, token).ConfigureAwait(false);
                RevocationOutcome.Write(writer, store, revocations, targets: null, server, options.IsImpatient);
            }
            catch (CmpException) when (store.Has(id))
            {
                writer.Warning(Outcome.Kept(id));
                throw;
            }
            finally
            {
                progress.Complete();
            }
        };
    }

    /// <summary>The same for keys that the CA gives back.</summary>
    private Func<CancellationToken, Task> Recover(PipelineWriter writer, PendingRequestStore store, PendingRequest pending)
    {
        EnsureNotByHand(pending, "about keys that the CA gives back");
        var progress = new CmdletProgress(writer, $"Waiting for {pending.Id}");
        var outcome = new RecoveryOutcome(writer, store, pending.Server, pending.Id);
        ResumeOptions options = Options(writer, progress) with { OutPassword = OutPassword };
        KeyRecovery recovery = writer.Own(KeyRecovery.Resume(store, pending.Id, options, outcome.Write));
        return token => outcome.RunAsync(recovery, progress, options.Said.Timeout, token);
    }

    private void EnsureNotByHand(PendingRequest pending, string what)
    {
        if (ResponsePath is not null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ResponsePath", $"The transaction {pending.Id} is {what}: its messages are not carried by hand.");
    }

    private ResumeOptions Options(PipelineWriter writer, CmdletProgress progress) => new()
    {
        Said = Said(),
        OpenSecrets = settings => ServerRegistry.Open(settings, SecretManagementStore.For(settings)),
        IsImpatient = NoWait,
        Trace = Trace(writer),
        Progress = progress,
    };
}
