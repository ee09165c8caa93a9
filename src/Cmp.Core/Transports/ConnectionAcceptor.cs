using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>Takes the connections of a listener, so many at once and no more, until it is stopped.</summary>
internal sealed class ConnectionAcceptor
{
    private const int MaxRefusing = 64;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly Socket _socket;
    private readonly ConnectionListenerSettings _settings;
    private readonly bool _saysNo;
    private readonly Func<Socket, ServedConnection> _open;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ServedConnection, Task> _connections = new();
    private Task _accepting = Task.CompletedTask;
    private int _serving;
    private int _refusing;
    private int _stopped;

    /// <summary>Binds a port; nothing is accepted before <see cref="Begin"/>.</summary>
    /// <param name="settings">Where, and how many connections are open at once.</param>
    /// <param name="saysNo">Whether a connection too many is told so; else it is just closed.</param>
    /// <param name="open">Takes a connection over.</param>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had.</exception>
    public ConnectionAcceptor(ConnectionListenerSettings settings, bool saysNo, Func<Socket, ServedConnection> open)
    {
        _settings = settings;
        _saysNo = saysNo;
        _open = open;
        _socket = ListeningSocket.Bind(settings, SocketType.Stream, ProtocolType.Tcp);
    }

    /// <summary>Cancelled when it stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    /// <summary>Where it is reached.</summary>
    /// <param name="scheme">The scheme, as in <c>http</c>.</param>
    /// <returns>The address, with the port that it has.</returns>
    public Uri UriOf(string scheme) => ListeningSocket.UriOf(_socket, scheme, _settings.HostName);

    /// <summary>Begins to accept.</summary>
    public void Begin() => _accepting = AcceptAsync();

    /// <summary>Stops listening, closes every connection at once, and waits until their work has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            _socket.Dispose();
            _stopping.Cancel();
        }
        foreach (ServedConnection connection in _connections.Keys)
            connection.Abort();
        List<Task> work = [_accepting, .. _connections.Values];
        await Task.WhenAny(Task.WhenAll(work), Task.Delay(StopTimeout)).ConfigureAwait(false);
    }

    private async Task AcceptAsync()
    {
        // who begins is not to wait for the first connection
        await Task.Yield();
        while (Volatile.Read(ref _stopped) == 0)
        {
            Socket? socket = null;
            try
            {
                socket = await _socket.AcceptAsync().ConfigureAwait(false);
                Take(socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // a connection that was reset while it waited, no descriptors left, or the end: others go on
                socket?.Dispose();
                if (Volatile.Read(ref _stopped) == 0)
                    await Task.Delay(AcceptPause).ConfigureAwait(false);
            }
        }
    }

    private void Take(Socket socket)
    {
        if (Interlocked.Increment(ref _serving) <= _settings.MaxConnections)
        {
            Serve(_open(socket), refuse: false);
            return;
        }
        Interlocked.Decrement(ref _serving);
        // saying no costs something too, so it is bounded as well; beyond that, and where TLS would have to be spoken first, the connection is just closed
        if (_saysNo && Interlocked.Increment(ref _refusing) <= MaxRefusing)
        {
            Serve(_open(socket), refuse: true);
            return;
        }
        if (_saysNo)
            Interlocked.Decrement(ref _refusing);
        socket.Dispose();
    }

    private void Serve(ServedConnection connection, bool refuse)
    {
        _connections.TryAdd(connection, connection.Ended);
        // whoever stops either finds it in the dictionary, or has set the mark before
        if (Volatile.Read(ref _stopped) != 0)
            connection.Abort();
        _ = Task.Run(async () =>
        {
            try
            {
                await (refuse ? connection.RefuseAsync() : connection.ServeAsync()).ConfigureAwait(false);
            }
            finally
            {
                if (refuse)
                    Interlocked.Decrement(ref _refusing);
                else
                    Interlocked.Decrement(ref _serving);
                _connections.TryRemove(connection, out _);
            }
        });
    }
}
