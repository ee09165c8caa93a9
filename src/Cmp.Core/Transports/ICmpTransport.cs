using System;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>A road to one server. It carries octets and never looks into a message. Safe for many transactions at once.</summary>
public interface ICmpTransport : IDisposable
{
    /// <summary>Sends one message and waits for what comes back.</summary>
    /// <param name="request">The message.</param>
    /// <param name="cancellationToken">Ends the wait at once and closes what it waits on.</param>
    /// <returns>A message, nothing, or a ticket.</returns>
    /// <exception cref="CmpException">The server was not reached (<c>CmpTransport.…</c>), the road's own protocol failed (<c>CmpHttp.…</c>),
    /// or what came is no message or too large (<c>CmpMessage.Malformed</c>, <c>CmpMessage.TooLarge</c>).</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken);

    /// <summary>Asks for the answer that an earlier exchange, perhaps of another process, got a ticket for.</summary>
    /// <param name="ticket">The ticket of a <see cref="TransportReply.NotYet"/> of this road.</param>
    /// <param name="cancellationToken">Ends the wait at once and closes what it waits on.</param>
    /// <returns>A message, nothing, or a ticket: the same or the next one.</returns>
    /// <exception cref="CmpException">As for <see cref="ExchangeAsync"/>; <c>CmpTransport.UnknownTicket</c> where this road gave no such ticket.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken);
}
