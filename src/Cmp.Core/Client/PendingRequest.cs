using System;
using System.Collections.Generic;
using Cmp.Messages.Pkix;
using Cmp.Transactions;

namespace Cmp.Client;

/// <summary>
/// A request on disk, for revocation or for keys of before, which its server has not answered yet: of whom it was asked, about which certificates, and how far it
/// is. Another process ends it the same way. It holds no secret: what opens the keys lies in a file beside it.
/// </summary>
public sealed record PendingRequest
{
    /// <summary>The transactionID in hexadecimal.</summary>
    public required string Id { get; init; }

    /// <summary>Whom it is about, for people, certificate by certificate.</summary>
    public required IReadOnlyList<string> Subjects { get; init; }

    /// <summary>The same in one line.</summary>
    public string Subject => string.Join("; ", Subjects);

    /// <summary>When it began.</summary>
    public required DateTimeOffset Begun { get; init; }

    /// <summary>What is said of the server, without its secrets, and who signs.</summary>
    public required ServerSettings Server { get; init; }

    /// <summary>The certificates that it is about, as far as they are at hand.</summary>
    public IReadOnlyList<Certificate> Certificates { get; init; } = [];

    /// <summary>What becomes of the keys that were asked for; <see langword="null"/> where it is a revocation.</summary>
    public PendingRecovery? Recovery { get; init; }

    /// <summary>How far it is; <see langword="null"/> before the first message was made.</summary>
    public TransactionState? State { get; init; }

    /// <summary>Where it stands.</summary>
    public CmpTransactionStatus Status => this switch
    {
        { State: null } => CmpTransactionStatus.Prepared,
        { State.Phase: TransactionPhase.Ended } => CmpTransactionStatus.Answered,
        { State.PollIds.Count: > 0 } or { Ticket: not null } => CmpTransactionStatus.Waiting,
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

    /// <summary>How long the server is left alone still; <see langword="null"/> where it is not. Where the clock was set back since, for no longer than it asked.</summary>
    internal TransactionStep.Wait? WaitAsOf(DateTimeOffset now)
    {
        if (this is not { WaitSince: { } since, WaitUntil: { } until })
            return null;
        DateTimeOffset latest = now + (until - since);
        return new TransactionStep.Wait(until < latest ? until : latest, WaitReason);
    }

    /// <summary>What is written before a step is gone.</summary>
    internal PendingRequest After(TransactionStep step, TransactionState state, string? ticket, DateTimeOffset now)
    {
        var wait = step as TransactionStep.Wait;
        return this with { State = state, WaitSince = wait is null ? null : now, WaitUntil = wait?.Until, WaitReason = wait?.Reason, Ticket = ticket };
    }
}
