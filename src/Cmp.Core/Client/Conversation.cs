using System;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A transaction on its way: what it is about, until when, who hears of it, and who keeps it.</summary>
internal sealed class Conversation(Transaction transaction, CmpOperation operation)
{
    internal Transaction Transaction => transaction;

    internal CmpOperation Operation => operation;

    internal required Deadline Deadline { get; init; }

    internal IProgress<CmpProgress>? Progress { get; init; }

    internal ICmpTrace? Trace { get; init; }

    /// <summary>Whether it asks once, and ends where it would have to wait, however short.</summary>
    internal bool IsImpatient { get; init; }

    /// <summary>Whether its messages are carried by hand: it ends with each, and what it would wait for is waited for out there.</summary>
    internal bool IsByHand { get; init; }

    /// <summary>What the road gave in place of the answer: it is collected by that.</summary>
    internal string? Ticket { get; set; }

    /// <summary>Keeps where it stands, before each step that is gone.</summary>
    internal Action<TransactionStep, string?>? Keep { get; init; }

    internal void Save(TransactionStep step) => Keep?.Invoke(step, Ticket);
}
