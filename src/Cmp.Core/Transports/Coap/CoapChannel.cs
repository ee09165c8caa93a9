using System;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>
/// One UDP socket that is connected to one server, and the message layer over it: datagrams and time reach the layer and what is worked on over it, and
/// what they want to send goes out, through a DTLS session where there is one. It lives on between two exchanges, so that a copy of an answer that comes late is
/// acknowledged once more.
/// </summary>
internal sealed class CoapChannel : IDisposable
{
    private const int MaxDatagram = 65_535;

    /// <summary>The system's timers do not wait for months, though a deadline may be years away.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    /// <summary>Repetitions of a message that nobody answers after which a DTLS session may be one that the server has lost.</summary>
    private const int LostAfter = 2;

    /// <summary>How long a DTLS session may rest: routers on the way forget a port, by which the server knows the session.</summary>
    private static readonly TimeSpan MaxRest = TimeSpan.FromSeconds(30);

    private readonly object _gate = new();
    private readonly Socket _socket;
    private readonly CoapMessageLayer _layer;
    private readonly Timer _timer;
    private readonly DtlsSession? _dtls;
    private TimeSpan _restedSince;
    private bool _hasHeard;
    private ICoapWork? _work;
    private Func<bool>? _isReady;
    private TaskCompletionSource<bool>? _ready;
    private CmpException? _failure;
    private bool _disposed;

    private CoapChannel(Socket socket, IPEndPoint server, string name, CoapTiming timing, DtlsSettings? dtls)
    {
        _socket = socket;
        _dtls = dtls is null ? null : DtlsSession.With(dtls, SendSealed);
        Server = server;
        Name = name;
        _layer = new CoapMessageLayer(server, timing, Random);
        _timer = new Timer(static channel => ((CoapChannel)channel!).Elapse(), this, Timeout.Infinite, Timeout.Infinite);
        _ = ReceiveAsync();
    }

    /// <summary>Where the server is.</summary>
    public IPEndPoint Server { get; }

    /// <summary>Whether another exchange may begin: the socket and the session hold, and the layer is not worn.</summary>
    public bool IsUsable
    {
        get
        {
            lock (_gate)
                return _failure is null && !_disposed && !_layer.IsWorn && (_dtls is null || Now - _restedSince < MaxRest);
        }
    }

    /// <summary>
    /// Whether nothing that was said since the work began reached anybody, for all that can be seen: the session is over, or the server, which may have been started
    /// anew, does not answer to it. Without a session there is nothing to lose.
    /// </summary>
    public bool IsLost
    {
        get
        {
            lock (_gate)
                return _dtls is not null && !_hasHeard && !_disposed && (_failure is not null || _layer.HasRepeated(LostAfter));
        }
    }

    /// <summary>The time of a clock that only goes forward.</summary>
    public static TimeSpan Now => TimeSpan.FromSeconds((double)Stopwatch.GetTimestamp() / Stopwatch.Frequency);

    private string Name { get; }

    /// <summary>Opens a socket. Nothing is sent.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="name">How it is called to people.</param>
    /// <param name="timing">The times of the message layer.</param>
    /// <returns>The channel.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ConnectFailed</c>: no road leads there.</exception>
    public static CoapChannel Open(IPEndPoint server, string name, CoapTiming timing) => Open(server, name, timing, dtls: null);

    /// <summary>Opens a socket, and a DTLS session over it.</summary>
    /// <param name="server">Where the server is.</param>
    /// <param name="timing">The times of the message layer.</param>
    /// <param name="dtls">Who the server is to be.</param>
    /// <param name="limit">How long that may take.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>The channel.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ConnectFailed</c>, <c>.ConnectTimeout</c>, <c>.TlsFailed</c>.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<CoapChannel> OpenAsync(IPEndPoint server, CoapTiming timing, DtlsSettings dtls, TimeSpan limit, CancellationToken cancellationToken)
    {
        CoapChannel channel = Open(server, dtls.Server, timing, dtls);
        try
        {
            await channel._dtls!.ShakeHandsAsync(limit, cancellationToken).ConfigureAwait(false);
            channel.Do(() =>
            {
                channel._layer.Hear();
                channel._restedSince = Now;
                return true;
            });
            return channel;
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    private static CoapChannel Open(IPEndPoint server, string name, CoapTiming timing, DtlsSettings? dtls)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            // what comes from elsewhere does not even arrive
            socket.Connect(server);
            return new CoapChannel(socket, server, name, timing, dtls);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw CoapFailure.Unreachable(name, e.Message, e);
        }
    }

    /// <summary>Octets at random.</summary>
    /// <param name="count">How many.</param>
    /// <returns>The octets.</returns>
    public static byte[] Random(int count)
    {
        byte[] octets = new byte[count];
        using RandomNumberGenerator random = RandomNumberGenerator.Create();
        random.GetBytes(octets);
        return octets;
    }

    /// <summary>Begins to work.</summary>
    /// <typeparam name="T">What is done.</typeparam>
    /// <param name="begin">Begins it.</param>
    /// <returns>The work.</returns>
    public T Begin<T>(Func<CoapMessageLayer, TimeSpan, T> begin)
        where T : ICoapWork
    {
        lock (_gate)
        {
            _hasHeard = false;
            T work = begin(_layer, Now);
            _work = work;
            Pump();
            return work;
        }
    }

    /// <summary>Waits for something that the work brings about.</summary>
    /// <param name="isReady">Whether it has; asked under the channel's lock.</param>
    /// <param name="cancellationToken">Ends the wait at once.</param>
    /// <returns>The end of it.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ConnectFailed</c>: the socket broke.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task WhenAsync(Func<bool> isReady, CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _isReady = isReady;
            _ready = ready;
            Wake();
        }
        using CancellationTokenRegistration cancel = cancellationToken.Register(() => ready.TrySetCanceled(cancellationToken));
        await ready.Task.ConfigureAwait(false);
    }

    /// <summary>Does something with the work while nothing else touches it, and sends what comes of that.</summary>
    /// <typeparam name="T">What comes of it.</typeparam>
    /// <param name="action">What is done.</param>
    /// <returns>What came of it.</returns>
    public T Do<T>(Func<T> action)
    {
        lock (_gate)
        {
            T result = action();
            Pump();
            return result;
        }
    }

    /// <summary>The work is done, and the channel rests.</summary>
    public void Rest()
    {
        lock (_gate)
        {
            _work = null;
            _isReady = null;
            _ready = null;
            _restedSince = Now;
        }
    }

    /// <summary>Closes the socket at once; the other end of a session is told.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            _timer.Dispose();
            _dtls?.Close();
            _socket.Dispose();
            _failure ??= CoapFailure.Unreachable(Name, "the connection was closed.", null);
            Wake();
        }
    }

    private static bool IsRefusal(SocketException e) => e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.NetworkReset;

    /// <summary>Listens until the socket is closed; what it gets goes to the layer.</summary>
    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[MaxDatagram];
        EndPoint anybody = new IPEndPoint(Server.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (true)
        {
            SocketReceiveFromResult? received = null;
            SocketException? error = null;
            try
            {
#if NET
                received = await _socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, anybody).ConfigureAwait(false);
#else
                received = await _socket.ReceiveFromAsync(new ArraySegment<byte>(buffer), SocketFlags.None, anybody).ConfigureAwait(false);
#endif
            }
            catch (SocketException e)
            {
                error = e;
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            lock (_gate)
            {
                if (_disposed)
                    return;
                Guard(() =>
                {
                    if (received is { } datagram)
                        Receive((IPEndPoint)datagram.RemoteEndPoint, buffer.AsSpan(0, datagram.ReceivedBytes).ToArray());
                    else if (IsRefusal(error!))
                        TakeRefusal();
                    else if (error!.SocketErrorCode != SocketError.MessageSize)
                        _failure = CoapFailure.Unreachable(Name, error.Message, error);
                    Pump();
                });
                if (_failure is not null)
                    return;
            }
        }
    }

    private void Receive(IPEndPoint from, byte[] datagram)
    {
        if (_dtls is null)
        {
            _layer.Receive(from, datagram, Now);
            return;
        }
        if (!from.Equals(Server))
            return;
        _dtls.Put(datagram);
        _dtls.Open(opened =>
        {
            _hasHeard = true;
            _layer.Receive(from, opened, Now);
        });
        _failure ??= _dtls.Failure;
    }

    private void TakeRefusal()
    {
        _dtls?.TakeRefusal();
        _layer.TakeRefusal();
    }

    private void Elapse()
    {
        lock (_gate)
        {
            if (!_disposed)
                Guard(Pump);
        }
    }

    /// <summary>The boundary: whatever a peer's octets provoke ends the channel with one error, and neither the listening nor, on the timer's thread, the process.</summary>
    private void Guard(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            _failure ??= e as CmpException ?? new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "What came from the server " + Name + " cannot be handled.", e);
            Wake();
        }
    }

    /// <summary>Lets layer and work go on, sends what they want to send, and looks when they are due again.</summary>
    private void Pump()
    {
        if (_disposed)
            return;
        TimeSpan now = Now;
        _layer.Tick(now);
        _work?.Advance(now);
        while (_failure is null && _layer.TryTake(out byte[] datagram))
            Send(datagram);
        TimeSpan? due = _layer.Due;
        if (_work?.Due is { } workDue && !(due < workDue))
            due = workDue;
        // a timer that is early would find nothing to do, which costs nothing once an hour
        TimeSpan wait = due is null ? Timeout.InfiniteTimeSpan : due.Value <= now ? TimeSpan.Zero : due.Value - now + TimeSpan.FromMilliseconds(1);
        _timer.Change(wait < LongestWait ? wait : LongestWait, Timeout.InfiniteTimeSpan);
        Wake();
    }

    private void Send(byte[] datagram)
    {
        if (_dtls is not null)
        {
            _dtls.Send(datagram);
            _failure ??= _dtls.Failure;
            return;
        }
        try
        {
            Put(datagram, _layer.TakeRefusal);
        }
        catch (CmpException e)
        {
            _failure = e;
        }
    }

    /// <summary>What the session wants to send goes out, from the thread of the handshake too. Once that is done whoever is silent is found out by that.</summary>
    private void SendSealed(byte[] datagram) => Put(datagram, () => _dtls!.TakeRefusal());

    /// <summary>Sends a datagram.</summary>
    /// <param name="datagram">The octets.</param>
    /// <param name="refused">Hears that nobody listens, where the network says so.</param>
    /// <exception cref="CmpException"><c>CmpTransport.ConnectFailed</c>: the socket broke.</exception>
    private void Put(byte[] datagram, Action refused)
    {
        // a socket tells of an earlier datagram's fate in place of sending the next one
        for (int attempt = 0; attempt < 2; attempt++)
        {
            try
            {
                _socket.Send(datagram);
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset or SocketError.NetworkReset)
            {
                refused();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
            {
                return; // as if it were lost on the way
            }
            catch (SocketException e)
            {
                throw CoapFailure.Unreachable(Name, e.Message, e);
            }
            catch (ObjectDisposedException)
            {
                return; // it was given up at this moment
            }
        }
    }

    /// <summary>Whoever waits goes on where it can.</summary>
    private void Wake()
    {
        if (_ready is null)
            return;
        if (_failure is not null && _work is not { IsOver: true })
            _ready.TrySetException(_failure);
        else if (_isReady!())
            _ready.TrySetResult(true);
    }
}
