using System;
using System.Threading;
using Cmp.Client;

namespace Cmp.Commands;

/// <summary>A client that the command and rows in flight use: it closes when the last of them has let go of it, and then lets go of its road.</summary>
internal sealed class SharedClient(CmpClient client, SharedClient? road = null) : IDisposable
{
    private readonly SharedClient? _road = road?.Share();
    private int _users = 1;

    internal CmpClient Client => client;

    /// <summary>Whether anybody but the command uses it.</summary>
    internal bool IsInUse => Volatile.Read(ref _users) > 1;

    /// <summary>For one more user, who disposes of it once.</summary>
    internal SharedClient Share()
    {
        Interlocked.Increment(ref _users);
        return this;
    }

    /// <summary>Called once by each user.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) > 0)
            return;
        client.Dispose();
        _road?.Dispose();
    }
}
