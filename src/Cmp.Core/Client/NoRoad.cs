using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>The road of messages that are carried by hand: nothing travels on it.</summary>
internal sealed class NoRoad : ICmpTransport
{
    public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken) => throw ByHand();

    public Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken) => throw ByHand();

    public void Dispose()
    {
    }

    private static CmpException ByHand() => new(CmpErrorKind.Argument, "CmpTransaction.Offline", "The messages of this transaction are carried by hand.")
    {
        RecommendedAction = "Write its message to a file with Export-CmpMessage, and give the answer to Wait-CmpTransaction -ResponsePath.",
    };
}
