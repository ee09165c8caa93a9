using System;
using Cmp.Messages.Asn1;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A transaction on its way: what it is about, until when, who hears of it, and who keeps it.</summary>
internal sealed class Conversation(Transaction transaction, CmpOperation operation)
{
    /// <summary>A wait that is shorter is not worth writing down again: a road that looks into a folder each second would wear out the disk.</summary>
    private static readonly TimeSpan WorthSaving = TimeSpan.FromSeconds(10);

    private (string Ticket, string? Reason)? _waitedFor;

    internal Transaction Transaction => transaction;

    internal CmpOperation Operation => operation;

    internal required Deadline Deadline { get; init; }

    internal IProgress<CmpProgress>? Progress { get; init; }

    internal ICmpTrace? Trace { get; init; }

    /// <summary>Whether it asks once, and ends where it would have to wait, however short.</summary>
    internal bool IsImpatient { get; init; }

    /// <summary>Whether it only wants to know how the server is now: that it is busy is an answer too.</summary>
    internal bool IsProbe { get; init; }

    /// <summary>Whether its messages are carried by hand: it ends with each, and what it would wait for is waited for out there.</summary>
    internal bool IsByHand { get; init; }

    /// <summary>What the road gave in place of the answer: it is collected by that.</summary>
    internal string? Ticket { get; set; }

    /// <summary>When the last message was sent; of one that another process sent, when its answer was first asked for here.</summary>
    internal DateTimeOffset? Sent { get; set; }

    /// <summary>Whether the road knew nothing of a ticket, and the last message was said again.</summary>
    internal bool HasLostTicket { get; private set; }

    /// <summary>Keeps where it stands, before each step that is gone.</summary>
    internal Action<TransactionStep, string?>? Keep { get; init; }

    /// <summary>
    /// The road knows nothing of the ticket, for all that anybody says. It stays until something comes in its place: the server had the message, so what is kept on disk stays
    /// there also where it cannot be told again.
    /// </summary>
    internal void LoseTicket() => HasLostTicket = true;

    /// <summary>A step's message as the road gets it.</summary>
    internal TransportRequest Request(TransactionStep.Send send) =>
        new(send.Octets, Operation, send.First, send.Last)
        {
            TransactionId = Hex.Of(transaction.TransactionId.Span),
            MessageId = transaction.LastSenderNonce is { } nonce ? Hex.Of(nonce.Span) : null,
            Number = transaction.MessageNumber,
            IsAnswerDue = transaction.IsAnswerDue,
        };

    internal void Save(TransactionStep step, DateTimeOffset now)
    {
        var wait = step as TransactionStep.Wait;
        (string, string?)? waitedFor = wait is not null && Ticket is { } ticket ? (ticket, wait.Reason) : null;
        bool isSame = waitedFor is not null && waitedFor == _waitedFor && wait!.Until - now < WorthSaving;
        _waitedFor = waitedFor;
        if (step is not TransactionStep.Failed && !isSame)
            Keep?.Invoke(step, Ticket);
    }
}
