using System;
using System.Net;

namespace Cmp.Transports;

/// <summary>One message that is to travel, or, at a listener, one that arrived. A road never looks into it.</summary>
/// <param name="Octets">The DER of the PKIMessage.</param>
/// <param name="Operation">What its transaction is about. A listener reads it from the address; where the address does not say, it is <see cref="CmpOperation.General"/>.</param>
/// <param name="First">Whether it begins a transaction; only then may a road send it a second time by itself. Always <see langword="false"/> at a listener, which cannot know.</param>
/// <param name="Last">Whether nothing of the transaction follows its answer. Always <see langword="false"/> at a listener.</param>
public sealed record TransportRequest(ReadOnlyMemory<byte> Octets, CmpOperation Operation, bool First, bool Last)
{
    /// <summary>At a listener the path that was asked for, as it was written (it names a CA or a profile: RFC 9811 3.4); <see langword="null"/> at a client, whose settings hold the path.</summary>
    public string? Path { get; init; }

    /// <summary>The transactionID, hexadecimal: what a road calls files and mails by. At a listener what the road calls it, where it does; else <see langword="null"/>.</summary>
    public string? TransactionId { get; init; }

    /// <summary>
    /// Whether a message is due in answer. None is to the conf of RFC 2510: a road that cannot tell an answer that is late from none does not wait for one
    /// then, and gives <see cref="TransportReply.Nothing"/>.
    /// </summary>
    public bool IsAnswerDue { get; init; } = true;

    /// <summary>What tells the message from the others of its transaction, hexadecimal: the same where it is said again (rule 50), though its octets differ. <see langword="null"/> at a listener.</summary>
    public string? MessageId { get; init; }

    /// <summary>Which message of ours in its transaction it is, from 1; one that is said again keeps its number. <see langword="null"/> at a listener.</summary>
    public int? Number { get; init; }

    /// <summary>At a listener whether this one may be answered by <see cref="TransportReply.NotYet"/>: the way in which it came has polling of its own.</summary>
    public bool CanPoll { get; init; }

    /// <summary>At a listener the address that it came from, which may be a proxy's; <see langword="null"/> where the road knows none, and at a client.</summary>
    public IPEndPoint? From { get; init; }
}
