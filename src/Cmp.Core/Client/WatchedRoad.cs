using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A road that remembers what came over it last, for who wants to know more than the message says.</summary>
internal sealed class WatchedRoad(ICmpTransport road, Func<DateTimeOffset> clock) : ICmpTransport, IRecallingTransport
{
    private DateTimeOffset _began;

    /// <summary>What came last; <see langword="null"/> before anything did.</summary>
    internal TransportReply? Last { get; private set; }

    /// <summary>How long it took since the last message was sent, waiting for tickets included.</summary>
    internal TimeSpan Elapsed { get; private set; }

    public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        _began = clock();
        return WatchAsync(() => road.ExchangeAsync(request, cancellationToken));
    }

    public Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken) => WatchAsync(() => road.CollectAsync(ticket, cancellationToken));

    public Task<bool> RecallAsync(string ticket, CancellationToken cancellationToken) =>
        road is IRecallingTransport recalling ? recalling.RecallAsync(ticket, cancellationToken) : Task.FromResult(false);

    /// <summary>The road stays its owner's.</summary>
    public void Dispose()
    {
    }

    private async Task<TransportReply> WatchAsync(Func<Task<TransportReply>> ask)
    {
        TransportReply reply = await ask().ConfigureAwait(false);
        Last = reply;
        Elapsed = clock() - _began;
        return reply;
    }
}
