using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using Cmp.Client;
using Cmp.Messages;

namespace Cmp.Commands;

/// <summary>What a command emits where revocations have come as far as they can.</summary>
internal static class RevocationOutcome
{
    /// <summary>Each certificate that the server has revoked, and an error for each that it has not; or the transaction, where the server waits.</summary>
    /// <param name="writer">The pipeline.</param>
    /// <param name="store">Where the transaction is pending.</param>
    /// <param name="revocations">What the server says.</param>
    /// <param name="targets">The certificates in their order, as they were named; <see langword="null"/>: as the transaction knows them.</param>
    /// <param name="server">The server.</param>
    /// <param name="isImpatient">Whether nobody meant to wait.</param>
    internal static void Write(PipelineWriter writer, PendingRequestStore store, IReadOnlyList<Revocation> revocations, IReadOnlyList<RevocationTarget>? targets, ServerSettings server, bool isImpatient)
    {
        if (revocations.Any(revocation => revocation.Status == PkiStatus.Waiting))
        {
            string id = revocations[0].TransactionId;
            PendingRequest pending = store.Find(id) ?? throw Enrollment.NotFound(id);
            if (!isImpatient)
                writer.Warning(Outcome.StillWaits(id, pending.WaitReason, pending.Ticket));
            writer.Write(new CmpTransaction(pending));
            return;
        }
        for (int i = 0; i < revocations.Count; i++)
        {
            Revocation revocation = revocations[i];
            RevocationTarget target = targets?[i] ?? RevocationTarget.Of(revocation);
            if (revocation.Error is { } error)
                writer.Error(ToErrorRecord(error, target));
            else
                writer.Write(new CmpRevocation(revocation, target.Certificate, CrlOf(writer, revocation, server), server));
        }
    }

    /// <summary>The message says which certificate: one of many is refused, and the others are not.</summary>
    private static ErrorRecord ToErrorRecord(CmpException error, RevocationTarget target)
    {
        ErrorRecord record = error.ToErrorRecord(target.Value);
        record.ErrorDetails = new ErrorDetails($"{target.Name}: {error.Message}") { RecommendedAction = record.ErrorDetails.RecommendedAction };
        return record;
    }

    /// <summary>A CRL that is none inside takes nothing back of what the server did.</summary>
    private static CmpCrl? CrlOf(PipelineWriter writer, Revocation revocation, ServerSettings server)
    {
        try
        {
            return revocation.Crl is { } crl ? new CmpCrl(crl, server) : null;
        }
        catch (CmpException e)
        {
            writer.Warning($"The CRL that came with the answer cannot be read. {e.Message}");
            return null;
        }
    }
}
