using System;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>What goes out in one request, a POST as a rule, and what of it matters on the way.</summary>
/// <param name="Dialect">The way in which it is said: what the body is called, and which answers are due.</param>
/// <param name="Body">A PKIMessage, or a TCP-Message; empty where it is a GET.</param>
/// <param name="Operation">What its transaction is about.</param>
internal sealed record HttpQuestion(HttpDialect Dialect, ReadOnlyMemory<byte> Body, CmpOperation Operation)
{
    /// <summary>What is asked for by GET; <see langword="null"/> for a POST.</summary>
    public AnnouncementTarget? Announcement { get; private init; }

    /// <summary>Whether it may be sent once more by itself, where a kept connection was closed under it in silence (rule 53).</summary>
    public bool IsRepeatable { get; private init; }

    /// <summary>Whether it goes on with what was begun on a connection.</summary>
    public bool Continues { get; private init; }

    /// <summary>Whether nothing follows on its connection.</summary>
    public bool IsLast { get; private init; }

    /// <summary>A message of a transaction. Connections are managed by HTTP, so no TCP-Message closes one (transport-protocols-05 4).</summary>
    /// <param name="dialect">The way.</param>
    /// <param name="request">The message.</param>
    /// <returns>What to post.</returns>
    public static HttpQuestion Of(HttpDialect dialect, TransportRequest request)
    {
        ReadOnlyMemory<byte> body = dialect.Framing is { } style ? new TcpMessage(style, TcpMessageType.PkiReq, request.Octets).ToArray() : request.Octets;
        return new HttpQuestion(dialect, body, request.Operation) { IsRepeatable = request.First, Continues = !request.First, IsLast = request.Last };
    }

    /// <summary>
    /// A question for an answer, which needs no connection of before: the wait may have outlived it, or the process. Asking twice does no harm: a server that gave it away
    /// meanwhile is sent the message once more.
    /// </summary>
    /// <param name="dialect">The way.</param>
    /// <param name="ticket">What to ask for.</param>
    /// <returns>What to post.</returns>
    public static HttpQuestion Poll(HttpDialect dialect, HttpTicket ticket) =>
        new(dialect, TcpMessage.PollReq(ticket.Tcp.Style, ticket.Tcp.Reference).ToArray(), ticket.Operation) { IsRepeatable = true };

    /// <summary>A question for what a CA announces (draft-ietf-pkix-cmp-transport-protocols-11 3.7.2). It changes nothing, and belongs to no transaction.</summary>
    /// <param name="dialect">The way of the answer.</param>
    /// <param name="announcement">What is asked for.</param>
    /// <returns>What to get.</returns>
    public static HttpQuestion Get(HttpDialect dialect, AnnouncementTarget announcement) =>
        new(dialect, ReadOnlyMemory<byte>.Empty, CmpOperation.Announcement) { Announcement = announcement, IsRepeatable = true, IsLast = true };
}
