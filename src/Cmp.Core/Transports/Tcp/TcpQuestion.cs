using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What is to be answered by one TCP-Message, and what of it matters to the connection.</summary>
internal sealed record TcpQuestion
{
    private readonly Func<TcpMessageStyle, TcpMessage> _write;

    private TcpQuestion(Func<TcpMessageStyle, TcpMessage> write) => _write = write;

    /// <summary>Whether it may be sent once more by itself, where a kept connection was closed under it in silence (rule 53).</summary>
    public bool IsRepeatable { get; private init; }

    /// <summary>Whether it goes on with what was begun on a connection.</summary>
    public bool Continues { get; private init; }

    /// <summary>Whether nothing of its transaction follows.</summary>
    public bool IsLast { get; private init; }

    /// <summary>The transaction that it belongs to; <see langword="null"/> where that is not known.</summary>
    public string? Owner { get; private init; }

    /// <summary>What is asked for, or <see langword="null"/> for a message.</summary>
    public TcpTicket? Ticket { get; private init; }

    /// <summary>A message of a transaction.</summary>
    /// <param name="request">The message.</param>
    /// <returns>The question.</returns>
    public static TcpQuestion Of(TransportRequest request) => new(style => new TcpMessage(style, TcpMessageType.PkiReq, request.Octets))
    {
        IsRepeatable = request.First,
        Continues = !request.First,
        IsLast = request.Last,
        Owner = request.TransactionId ?? string.Empty,
    };

    /// <summary>The question for an answer. Asking twice does no harm: a server that gave it away meanwhile is sent the message once more.</summary>
    /// <param name="ticket">What to ask for.</param>
    /// <param name="owner">The transaction that it was given to; <see langword="null"/> where that was another process's.</param>
    /// <returns>The question.</returns>
    public static TcpQuestion Poll(TcpTicket ticket, string? owner) => new(style => TcpMessage.PollReq(style, ticket.Reference)) { IsRepeatable = true, Ticket = ticket, Owner = owner };

    /// <summary>The question as it goes over the wire.</summary>
    /// <param name="style">How it is laid out.</param>
    /// <param name="closes">Whether the connection is to end with the answer.</param>
    /// <returns>Header and value in one piece.</returns>
    public byte[] In(TcpMessageStyle style, bool closes) => (_write(style) with { Closes = closes }).ToArray();
}
