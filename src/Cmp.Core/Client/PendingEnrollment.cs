using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>
/// An enrolment on disk: what was asked, of whom, with which keys, where the certificates go, and how far it is. Another process ends it
/// the same way. It holds no secret.
/// </summary>
public sealed record PendingEnrollment
{
    /// <summary>The transactionID in hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>Which request was made.</summary>
    public required EnrollmentOperation Operation { get; init; }

    /// <summary>Its certificates, in the order of the message.</summary>
    public required IReadOnlyList<PendingCertificate> Items { get; init; }

    /// <summary>Whom those are about that have not ended, for people.</summary>
    public string Subject => string.Join("; ", Items.Where(item => !item.HasEnded).Select(item => item.Subject));

    /// <summary>When it began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>What is said of the server, without its secrets.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>Whether certConf is sent whatever the server offers.</summary>
    public bool ExplicitConfirm { get; init; }

    /// <summary>Whether somebody wants to see the certificate before it is accepted.</summary>
    public bool IsToBeApproved { get; init; }

    /// <summary>Whether its messages are carried by hand.</summary>
    public bool IsOffline { get; init; }

    /// <summary>Whether a registration token or an authenticator is in the request, which is in a file of its own then.</summary>
    public bool IsRequestSecret { get; init; }

    /// <summary>How far it is; <see langword="null"/> before the first message was made.</summary>
    public TransactionState? State { get; init; }

    /// <summary>Where it stands.</summary>
    public CmpTransactionStatus Status => this switch
    {
        { IsInDoubt: true } => CmpTransactionStatus.InDoubt,
        { State: null } => CmpTransactionStatus.Prepared,
        { State.Phase: TransactionPhase.Deciding } => CmpTransactionStatus.Deciding,
        { State.Phase: TransactionPhase.Ended } => CmpTransactionStatus.Accepted,
        { IsOffline: true } => CmpTransactionStatus.Offline,
        { State.PollIds.Count: > 0 } or { Ticket: not null } => CmpTransactionStatus.Waiting,
        { State.Phase: TransactionPhase.Confirming } => CmpTransactionStatus.Confirming,
        _ => CmpTransactionStatus.Requested,
    };

    /// <summary>Since when the server is left alone; <see langword="null"/> where it is not waited for.</summary>
    public DateTimeOffset? WaitSince { get; init; }

    /// <summary>Until when the server is to be left alone.</summary>
    public DateTimeOffset? WaitUntil { get; init; }

    /// <summary>The server's reason, escaped.</summary>
    public string? WaitReason { get; init; }

    /// <summary>What the road gave in place of an answer: it is collected by that.</summary>
    public string? Ticket { get; init; }

    /// <summary>Who works on it, or did so last.</summary>
    public string? Process { get; init; }

    /// <summary>Whether the server refused what we had accepted: the certificate may be in force.</summary>
    public bool IsInDoubt { get; init; }
}
