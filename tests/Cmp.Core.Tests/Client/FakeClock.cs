using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Tests.Transactions;

namespace Cmp.Tests.Client;

/// <summary>Time that passes only while somebody waits.</summary>
internal sealed class FakeClock
{
    internal DateTimeOffset Now { get; set; } = Peer.Now;

    internal List<TimeSpan> Waits { get; } = [];

    /// <summary>Happens before each wait.</summary>
    internal Action? Waiting { get; set; }

    internal Task Delay(TimeSpan time, CancellationToken cancellationToken)
    {
        Waiting?.Invoke();
        cancellationToken.ThrowIfCancellationRequested();
        Waits.Add(time);
        Now += time;
        return Task.CompletedTask;
    }
}
