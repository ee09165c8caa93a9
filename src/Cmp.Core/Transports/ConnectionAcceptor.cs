using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>Takes the connections of a listener, so many at once and no more, until it is stopped.</summary>
internal sealed class ConnectionAcceptor
{
    /// <summary>Why a connection is refused that is one too many.</summary>
    public const string TooMany = "There are too many connections.";

    private const int MaxRefusing = 64;
    private const int MaxUnread = 64 * 1024;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly IReadOnlyList<Socket> _sockets;
    private readonly ConnectionListenerSettings _settings;
    private readonly bool _saysNo;
    private readonly byte[]? _lastWord;
    private readonly Func<Socket, ServedConnection> _open;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ServedConnection, Task> _connections = new();
    private Task _accepting = Task.CompletedTask;
    private volatile bool _finishing;
    private int _serving;
    private int _refusing;
    private int _stopped;

    /// <summary>Binds a port; nothing is accepted before <see cref="Begin"/>.</summary>
    /// <param name="settings">Where, and how many connections are open at once.</param>
    /// <param name="saysNo">Whether a connection too many is told so; else it is just closed.</param>
    /// <param name="open">Takes a connection over.</param>
    /// <param name="lastWord">What is said, whatever the peer says, where even too many are being refused; <see langword="null"/>: nothing can be.</param>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had.</exception>
    public ConnectionAcceptor(ConnectionListenerSettings settings, bool saysNo, Func<Socket, ServedConnection> open, byte[]? lastWord = null)
    {
        _settings = settings;
        _saysNo = saysNo;
        _lastWord = lastWord;
        _open = open;
        _sockets = ListeningSocket.BindAll(settings);
    }

    /// <summary>Cancelled when it stops.</summary>
    public CancellationToken Stopping => _stopping.Token;

    private bool IsEnding => _finishing || Volatile.Read(ref _stopped) != 0;

    /// <summary>Where it is reached.</summary>
    /// <param name="scheme">The scheme, as in <c>http</c>.</param>
    /// <returns>The address, with the port that it has.</returns>
    public Uri UriOf(string scheme) => ListeningSocket.UriOf(_sockets[0], scheme, _settings.HostName);

    /// <summary>Begins to accept.</summary>
    public void Begin() => _accepting = Task.WhenAll(_sockets.Select(AcceptAsync));

    /// <summary>Stops listening, closes every connection at once, and waits until their work has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            CloseSockets();
            _stopping.Cancel();
        }
        foreach (ServedConnection connection in _connections.Keys)
            connection.Abort();
        List<Task> work = [_accepting, .. _connections.Values];
        await Task.WhenAny(Task.WhenAll(work), Task.Delay(StopTimeout)).ConfigureAwait(false);
    }

    /// <summary>Stops listening, closes the connections that are owed nothing, waits until the others have been answered, 5 seconds at most, and stops.</summary>
    /// <returns>The end of it.</returns>
    public async Task FinishAsync()
    {
        _finishing = true;
        CloseSockets();
        foreach (ServedConnection connection in _connections.Keys)
            connection.Finish();
        await Task.WhenAny(Task.WhenAll(_connections.Values), Task.Delay(StopTimeout)).ConfigureAwait(false);
        await StopAsync().ConfigureAwait(false);
    }

    private void CloseSockets()
    {
        foreach (Socket socket in _sockets)
            socket.Dispose();
    }

    private async Task AcceptAsync(Socket listening)
    {
        // who begins is not to wait for the first connection
        await Task.Yield();
        while (!IsEnding)
        {
            Socket? socket = null;
            try
            {
                socket = await listening.AcceptAsync().ConfigureAwait(false);
                Take(socket);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or IOException)
            {
                // a connection that was reset while it waited or was taken over, no descriptors left, or the end: others go on
                socket?.Dispose();
                if (!IsEnding)
                    await Task.Delay(AcceptPause).ConfigureAwait(false);
            }
        }
    }

    private void Take(Socket socket)
    {
        if (Interlocked.Increment(ref _serving) <= _settings.MaxConnections)
        {
            Serve(socket, refuse: false);
            return;
        }
        Interlocked.Decrement(ref _serving);
        // saying no in peace costs something too, so it is bounded as well; beyond that a last word is tried, and where TLS would have to be spoken first there is none
        if (_saysNo && Interlocked.Increment(ref _refusing) <= MaxRefusing)
        {
            Serve(socket, refuse: true);
            return;
        }
        if (_saysNo)
            Interlocked.Decrement(ref _refusing);
        _settings.Refused?.Invoke(new ListenerRefusal(TryLastWord(socket) ? 503 : null, TooMany, ServedConnection.PeerOf(socket)));
        socket.Dispose();
    }

    /// <summary>Says the last word without waiting: a new connection has room for it. Who has said nothing yet hears it; who has may find the connection reset instead.</summary>
    private bool TryLastWord(Socket socket)
    {
        if (!_saysNo || _lastWord is null)
            return false;
        try
        {
            // what is closed with octets unread is reset
            int unread = Math.Min(socket.Available, MaxUnread);
            if (unread > 0)
                socket.Receive(new byte[unread]);
            socket.Send(_lastWord);
            socket.Shutdown(SocketShutdown.Send);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Serve(Socket socket, bool refuse)
    {
        ServedConnection connection;
        try
        {
            connection = _open(socket);
        }
        catch
        {
            MakeRoom(refuse);
            throw;
        }
        _connections.TryAdd(connection, connection.Ended);
        // whoever stops either finds it in the dictionary, or has set the mark before
        if (IsEnding)
            connection.Abort();
        _ = Task.Run(async () =>
        {
            try
            {
                await (refuse ? connection.RefuseAsync() : connection.ServeAsync()).ConfigureAwait(false);
            }
            finally
            {
                MakeRoom(refuse);
                _connections.TryRemove(connection, out _);
            }
        });
    }

    private void MakeRoom(bool refuse)
    {
        if (refuse)
            Interlocked.Decrement(ref _refusing);
        else
            Interlocked.Decrement(ref _serving);
    }
}
