using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>The connections of a <see cref="TcpTransport"/>: those that are in use, at most so many, and those that rest.</summary>
internal sealed class TcpConnectionPool : IDisposable
{
    /// <summary>Longer ones are about to be closed by the server, or forgotten by something in between.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _room;
    private readonly int _max;
    private readonly List<TcpConnection> _resting = [];
    private bool _isClosed;

    /// <summary>Makes an empty pool.</summary>
    /// <param name="max">Connections that are open at once.</param>
    public TcpConnectionPool(int max)
    {
        _max = max;
        _room = new SemaphoreSlim(max);
    }

    /// <summary>Waits until one more connection may be used; <see cref="Leave"/> ends that.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The end of the wait.</returns>
    public Task EnterAsync(CancellationToken cancellationToken) => _room.WaitAsync(cancellationToken);

    /// <summary>Lets somebody else use a connection.</summary>
    public void Leave() => _room.Release();

    /// <summary>A connection that rests and is good still, the youngest first.</summary>
    /// <returns>The connection, which is the caller's; <see langword="null"/>: there is none.</returns>
    public TcpConnection? Take() => Take(connection => connection.Owner is null);

    /// <summary>The connection on which a transaction began.</summary>
    /// <param name="owner">The transaction.</param>
    /// <returns>The connection, which is the caller's; <see langword="null"/>: it is gone.</returns>
    public TcpConnection? TakeOf(string owner) => Take(connection => connection.Owner == owner);

    /// <summary>Closes one that rests where a new one would be one too many.</summary>
    public void MakeRoom()
    {
        lock (_resting)
        {
            // those in use hold a place each, the one that is about to be made included
            int inUse = _max - _room.CurrentCount;
            while (_resting.Count > 0 && _resting.Count + inUse > _max)
            {
                _resting[0].Dispose();
                _resting.RemoveAt(0);
            }
        }
    }

    /// <summary>Keeps a connection for others.</summary>
    /// <param name="connection">The connection, which is the pool's from now on.</param>
    public void Return(TcpConnection connection)
    {
        connection.Rest();
        lock (_resting)
        {
            if (!_isClosed)
            {
                _resting.Add(connection);
                return;
            }
        }
        connection.Dispose();
    }

    /// <summary>Closes those that rest, and each that is returned.</summary>
    public void Dispose()
    {
        lock (_resting)
        {
            _isClosed = true;
            _resting.ForEach(connection => connection.Dispose());
            _resting.Clear();
        }
    }

    private TcpConnection? Take(Func<TcpConnection, bool> isWanted)
    {
        lock (_resting)
        {
            for (int i = _resting.Count - 1; i >= 0; i--)
            {
                TcpConnection connection = _resting[i];
                bool isGood = connection.IsQuiet && (connection.Owner is not null || connection.Rested < LongestRest);
                if (isGood && !isWanted(connection))
                    continue;
                _resting.RemoveAt(i);
                if (isGood)
                    return connection;
                connection.Dispose();
            }
            return null;
        }
    }
}
