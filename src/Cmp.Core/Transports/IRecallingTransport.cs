using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>A road on which a message lies until somebody carries it: who gives up can take it back until then.</summary>
public interface IRecallingTransport
{
    /// <summary>Takes back a message, unless it was answered. Whether somebody had copied it before, nobody knows.</summary>
    /// <param name="ticket">The ticket of the <see cref="TransportReply.NotYet"/> that it got.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>Whether it lay there still.</returns>
    /// <exception cref="CmpException">It may lie there still, and cannot be taken back; <c>CmpTransport.UnknownTicket</c>.</exception>
    Task<bool> RecallAsync(string ticket, CancellationToken cancellationToken);
}
