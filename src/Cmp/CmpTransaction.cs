using System;
using System.Linq;
using Cmp.Client;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp;

/// <summary>A transaction that has not ended yet.</summary>
public sealed class CmpTransaction
{
    internal CmpTransaction(PendingEnrollment pending)
    {
        Id = pending.Id;
        Server = pending.Server.ToString();
        Subject = pending.Subject;
        Subjects = [.. pending.Items.Where(item => !item.HasEnded).Select(item => item.Subject)];
        Names = [.. pending.Items.Where(item => !item.HasEnded && item.Name is not null).Select(item => item.Name!)];
        Operation = pending.Operation switch
        {
            EnrollmentOperation.Initialization => CmpOperation.Initialization,
            EnrollmentOperation.Certification => CmpOperation.Certification,
            EnrollmentOperation.KeyUpdate => CmpOperation.KeyUpdate,
            EnrollmentOperation.CrossCertification => CmpOperation.CrossCertification,
            _ => CmpOperation.Pkcs10,
        };
        Status = pending.Status;
        Begun = pending.Begun.LocalDateTime;
        CheckAfter = pending.WaitUntil?.LocalDateTime;
        Reason = pending.WaitReason;
        NextMessage = pending is { WaitSince: null, State: { Phase: TransactionPhase.Requested or TransactionPhase.Proving or TransactionPhase.Confirming } state } ? state.LastMessage.ToArray() : null;
    }

    internal CmpTransaction(PendingRequest pending)
    {
        Id = pending.Id;
        Server = pending.Server.ToString();
        Subject = pending.Subject;
        Subjects = [.. pending.Subjects];
        Operation = pending.Recovery is null ? CmpOperation.Revocation : CmpOperation.KeyRecovery;
        Status = pending.Status;
        Begun = pending.Begun.LocalDateTime;
        CheckAfter = pending.WaitUntil?.LocalDateTime;
        Reason = pending.WaitReason;
        NextMessage = pending is { WaitSince: null, State: { Phase: TransactionPhase.Requested } state } ? state.LastMessage.ToArray() : null;
    }

    /// <summary>The transactionID, hexadecimal.</summary>
    public string Id { get; }

    /// <summary>A transaction as questions name it: its ID, and whom it is about as far as its record can be read.</summary>
    internal static string Describe(EnrollmentStore store, PendingRequestStore requests, string id)
    {
        try
        {
            return (requests.Find(id)?.Subject ?? store.Find(id)?.Subject) is { Length: > 0 } subject ? $"{id} ({subject})" : id;
        }
        catch (CmpException)
        {
            return id;
        }
    }

    /// <summary>The server's name or address.</summary>
    public string Server { get; }

    /// <summary>Whom it is about, escaped.</summary>
    public string Subject { get; }

    /// <summary>The same, one by one: of several certificates that were asked for in one message, those that have not ended.</summary>
    public string[] Subjects { get; }

    /// <summary>What their enrolments are to be called, where they were named; of a revocation and of keys of before none.</summary>
    public string[] Names { get; } = [];

    /// <summary>What it is about: a certificate by one of the ways to get it, a revocation, or keys that the CA gives back.</summary>
    public CmpOperation Operation { get; }

    /// <summary>Where it stands.</summary>
    public CmpTransactionStatus Status { get; }

    /// <summary>When it began, local time.</summary>
    public DateTime Begun { get; }

    /// <summary>When the server may be asked again, local time; <see langword="null"/> where it did not say.</summary>
    public DateTime? CheckAfter { get; }

    /// <summary>Why the server waits, escaped; <see langword="null"/> where it did not say.</summary>
    public string? Reason { get; }

    /// <summary>The last message of ours, whose answer is awaited: DER; <see langword="null"/> where none is.</summary>
    public byte[]? NextMessage { get; }

    /// <summary>The ID.</summary>
    /// <returns>The ID.</returns>
    public override string ToString() => Id;
}
