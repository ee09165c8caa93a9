using System;

namespace Cmp.Transports;

/// <summary>What a road brought back: a message, nothing, or a ticket to ask with later. There are no other kinds.</summary>
public abstract record TransportReply
{
    private TransportReply()
    {
    }

    /// <summary>Octets that claim to be a PKIMessage: one definite-length SEQUENCE, whole and without anything behind it, not looked into.</summary>
    /// <param name="Value">The DER of the PKIMessage, a slice of the buffer that was received. Nobody writes to it any more.</param>
    public sealed record Octets(ReadOnlyMemory<byte> Value) : TransportReply
    {
        /// <summary>The HTTP status that they came with; at a listener the status to answer with. <see langword="null"/> on other roads, and at a listener for 200.</summary>
        public int? HttpStatus { get; init; }

        /// <summary>The server's clock by its HTTP Date header, or <see langword="null"/> (rule 6).</summary>
        public DateTimeOffset? ServerTime { get; init; }

        /// <summary>A departure from the rules of the road that was tolerated, one sentence for the user, escaped; or <see langword="null"/>.</summary>
        public string? Warning { get; init; }

        /// <summary>
        /// What to throw where the octets turn out not to be a CMP message: <c>CmpHttp.500</c> and the like.
        /// <see langword="null"/> where the road itself reported success (rule 55).
        /// </summary>
        public CmpException? StatusError { get; init; }

        /// <summary>Where this is a part of the answer: what the next part is collected by (partialMsgRep of RFC 2510 5.2). Else <see langword="null"/>.</summary>
        public NotYet? Next { get; init; }

        /// <summary>The same, with one departure more.</summary>
        /// <param name="departure">What was tolerated, one sentence, escaped.</param>
        /// <returns>The reply.</returns>
        internal Octets Warn(string departure) => this with { Warning = Warning is null ? departure : Warning + " " + departure };
    }

    /// <summary>The road delivered the message, and no message came back (an empty 200, 201, 202 or 204; a finRep). The caller knows whether that is legal (rule 57).</summary>
    public sealed record Nothing : TransportReply
    {
        /// <summary>The HTTP status; at a listener the status to answer with. <see langword="null"/> on other roads, and at a listener for 200.</summary>
        public int? HttpStatus { get; init; }

        /// <summary>At a listener with a status that says that it is busy: how long to leave it alone. It is told where the road can tell it, in seconds; <see langword="null"/>: not said.</summary>
        public TimeSpan? RetryAfter { get; init; }
    }

    /// <summary>The answer is not there yet. Ask with <see cref="ICmpTransport.CollectAsync"/>, also from another process.</summary>
    /// <param name="Ticket">What names the answer on this road: a polling reference, a file name, a Message-ID. It may be saved and holds no secret.</param>
    /// <param name="NotBefore">When to ask at the earliest.</param>
    public sealed record NotYet(string Ticket, DateTimeOffset NotBefore) : TransportReply
    {
        /// <summary>What is waited for, a few words for the user, escaped; or <see langword="null"/>.</summary>
        public string? Reason { get; init; }
    }
}
