using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>What a command emits of a recovery of keys: each certificate with its key, an error for each that has none, or the transaction.</summary>
/// <param name="writer">Where it goes.</param>
/// <param name="store">Where the recovery is kept while it is pending.</param>
/// <param name="server">The server.</param>
/// <param name="target">What errors are about, where there is no certificate.</param>
internal sealed class RecoveryOutcome(PipelineWriter writer, PendingRequestStore store, ServerSettings server, object target)
{
    /// <summary>Runs it as far as it comes, and lets go of it.</summary>
    internal async Task RunAsync(KeyRecovery recovery, CmdletProgress? progress, TimeSpan? timeout, CancellationToken token)
    {
        try
        {
            if (!await recovery.RunAsync(timeout, token).ConfigureAwait(false))
                WritePending(recovery);
            else if (recovery.IsKept)
                writer.Warning(Outcome.Kept(recovery.TransactionId!));
        }
        catch (CmpException) when (recovery.IsKept)
        {
            writer.Warning(Outcome.Kept(recovery.TransactionId!));
            throw;
        }
        finally
        {
            progress?.Complete();
            recovery.Dispose();
        }
    }

    /// <summary>One certificate.</summary>
    internal void Write(RecoveredCertificate item)
    {
        if (item.Restored is { } restored)
            Outcome.Write(writer, restored, server);
        else
            writer.Error(item.Failure!.ToErrorRecord(item.Certificate is { } certificate ? new System.Security.Cryptography.X509Certificates.X509Certificate2(certificate.Encoded.ToArray()) : target));
    }

    private void WritePending(KeyRecovery recovery)
    {
        string id = recovery.TransactionId!;
        PendingRequest pending = store.Find(id) ?? throw Enrollment.NotFound(id);
        if (!recovery.IsImpatient)
            writer.Warning(Outcome.StillWaits(id, recovery.WaitingReason, pending.Ticket));
        writer.Write(new CmpTransaction(pending));
    }
}
