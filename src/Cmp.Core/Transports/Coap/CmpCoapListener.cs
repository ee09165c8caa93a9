using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>
/// A CoAP server for CMP and nothing else (RFC 9482): one UDP socket, with DTLS or without, bounded in what it remembers, in what it sends to whom it does not know, and in time.
/// Any path will do, as over HTTP; its last segment tells the operation. What went wrong inside is told to nobody.
/// </summary>
/// <remarks>
/// The codes: 2.04 a message was answered, 2.05 GET of announcements or of <c>/.well-known/core</c>, 2.31 a block came; 4.00 blocks that cannot be, or no message;
/// 4.02 a critical option that is not understood, 4.04 no announcement, 4.05 another method, 4.06 another content format is asked for, 4.08 blocks are missing,
/// 4.13 too large, 4.15 not CMP; 5.00 the handler failed, 5.03 no room, 5.05 this is no proxy. What is no message is reset or passed over (RFC 7252 4.2 and 4.3).
/// </remarks>
public sealed class CmpCoapListener : ICmpListener
{
    private const int MaxDatagram = 65_536;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReceivePause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly Socket _socket;
    private readonly CoapListenerSettings _settings;
    private readonly Func<TransportRequest, CancellationToken, Task<TransportReply>> _handler;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();
    private readonly object _gate = new();
    private readonly CoapServer _server;
    private readonly DtlsDoor? _door;
    private readonly HashSet<Task> _work = [];
    private readonly Timer _timer;
    private readonly Task _receiving;
    private int _stopped;

    private CmpCoapListener(Socket socket, CoapListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler)
    {
        _socket = socket;
        _settings = settings;
        _handler = handler;
        _server = new CoapServer(settings, NextRandom);
        _door = settings.Certificate is null ? null : new DtlsDoor(settings, SendAsItIs, Drive, _server.Receive);
        Uri = ListeningSocket.UriOf(socket, _door is null ? "coap" : "coaps", settings.HostName);
        _timer = new Timer(static listener => ((CmpCoapListener)listener!).Tick(), this, Timeout.Infinite, Timeout.Infinite);
        _receiving = ReceiveAsync();
    }

    /// <summary>Where the listener is reached, with the port that it has.</summary>
    public Uri Uri { get; }

    /// <summary>Begins to listen.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it: <see cref="TransportReply.Octets"/> (2.04) or <see cref="TransportReply.Nothing"/>
    /// (2.04 without a payload); an HTTP status that they have becomes the code that stands for it. Its token is cancelled when the listener stops.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had; <c>CmpTransport.InvalidSetting</c>: a block size that there is not, times that cannot be, a certificate without a key that DTLS can be spoken with.</exception>
    public static CmpCoapListener Start(CoapListenerSettings settings, Func<TransportRequest, CancellationToken, Task<TransportReply>> handler)
    {
        CoapTransportSettings.EnsureBlocks(settings.BlockSize);
        settings.Timing.Check();
        if (settings.Certificate is { } certificate)
            TlsIdentity.EnsureKey(certificate);
        Socket socket = ListeningSocket.Bind(settings, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            return new CmpCoapListener(socket, settings, handler);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Tells all who wait for announcements, and whoever asks for the latest one from now on (RFC 9482 2.6). They are told one after the other what is told
    /// one after the other; who has not taken more than a few gets the latest ones.
    /// </summary>
    /// <param name="announcement">The DER of the PKIMessage, which nobody writes to any more.</param>
    /// <returns>Ends when each of them has acknowledged it or is gone, which takes some minutes at most: how many acknowledged it.</returns>
    /// <exception cref="ObjectDisposedException">The listener has stopped.</exception>
    public Task<int> NotifyAsync(ReadOnlyMemory<byte> announcement)
    {
        CoapAnnouncement? sent = null;
        Drive(now => sent = _server.Announce(announcement, now));
        return sent?.Heard ?? throw new ObjectDisposedException(nameof(CmpCoapListener));
    }

    /// <summary>Stops listening, tells nobody anything any more, and waits until what was under way has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            lock (_gate)
                _door?.Stop();
            _socket.Dispose();
            _timer.Dispose();
            _stopping.Cancel();
        }
        List<Task> work = [_receiving];
        lock (_gate)
        {
            _server.Stop();
            work.AddRange(_work);
        }
        await Task.WhenAny(Task.WhenAll(work), Task.Delay(StopTimeout)).ConfigureAwait(false);
    }

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

#if NET
    /// <summary>Does what <see cref="StopAsync"/> does.</summary>
    /// <returns>The end of it.</returns>
    public ValueTask DisposeAsync() => new(StopAsync());
#endif

    private double NextRandom()
    {
        byte[] octets = new byte[sizeof(uint)];
        _random.GetBytes(octets);
        return BitConverter.ToUInt32(octets, 0) / (double)uint.MaxValue;
    }

    private async Task ReceiveAsync()
    {
        // the constructor is not to wait for the first datagram
        await Task.Yield();
        byte[] buffer = new byte[MaxDatagram];
        IPEndPoint any = new(_settings.Address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (Volatile.Read(ref _stopped) == 0)
        {
            try
            {
#if NET
                SocketReceiveFromResult result = await _socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, any).ConfigureAwait(false);
#else
                SocketReceiveFromResult result = await _socket.ReceiveFromAsync(new ArraySegment<byte>(buffer), SocketFlags.None, any).ConfigureAwait(false);
#endif
                byte[] datagram = buffer.AsSpan(0, result.ReceivedBytes).ToArray();
                IPEndPoint from = (IPEndPoint)result.RemoteEndPoint;
                Drive(now =>
                {
                    if (_door is null)
                        _server.Receive(from, datagram, now);
                    else
                        _door.Receive(from, datagram, now);
                });
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                // Windows tells so that somebody to whom we sent is gone: it was only a datagram
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (Volatile.Read(ref _stopped) == 0)
                    await Task.Delay(ReceivePause).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Unforeseen(e);
            }
        }
    }

    private void Tick()
    {
        try
        {
            Drive(_server.Tick);
        }
        catch (Exception e) when (e is not (SocketException or ObjectDisposedException))
        {
            Unforeseen(e);
        }
    }

    /// <summary>The boundary: what a datagram or a moment provokes costs that one, never the listening, and on a timer's thread not the process.</summary>
    private void Unforeseen(Exception exception) => _settings.HandlerFailed?.Invoke(exception);

    /// <summary>Does something with the server, and whatever comes of it.</summary>
    private void Drive(Action<TimeSpan> step)
    {
        lock (_gate)
        {
            if (Volatile.Read(ref _stopped) != 0)
                return;
            TimeSpan now = _clock.Elapsed;
            step(now);
            while (_server.TryTake(out CoapDatagram datagram))
                Send(datagram);
            while (_server.TakeCall() is { } exchange)
                Begin(exchange);
            if (_server.Due is { } due)
            {
                TimeSpan wait = due - now;
                // a timer that is too early only looks again
                wait = wait < TimeSpan.Zero ? TimeSpan.Zero : wait > LongestWait ? LongestWait : wait + TimeSpan.FromMilliseconds(1);
                try
                {
                    _timer.Change(wait, Timeout.InfiniteTimeSpan);
                }
                catch (ObjectDisposedException)
                {
                    // it stops at this moment
                }
            }
        }
    }

    private void Send(CoapDatagram datagram)
    {
        if (_door is null)
            SendAsItIs(datagram.Peer, datagram.Octets.ToArray());
        else
            _door.Send(datagram.Peer, datagram.Octets.ToArray());
    }

    private void SendAsItIs(IPEndPoint peer, byte[] octets)
    {
        try
        {
            _socket.SendTo(octets, peer);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // a datagram that does not leave is one that was lost on its way: it is repeated
        }
    }

    private void Begin(CoapExchange exchange)
    {
        TransportRequest request = exchange.Call!;
        Task work = Task.Run(async () =>
        {
            TransportReply? reply = null;
            try
            {
                reply = await _handler(request, _stopping.Token).ConfigureAwait(false);
                if (reply is not (TransportReply.Octets or TransportReply.Nothing))
                    throw new InvalidOperationException("CoAP can carry a message or nothing.");
            }
            catch (Exception e)
            {
                reply = null;
                if (!_stopping.IsCancellationRequested)
                    _settings.HandlerFailed?.Invoke(e);
            }
            Drive(now => _server.Complete(exchange, reply, now));
        });
        _work.Add(work);
        _ = work.ContinueWith(
            ended =>
            {
                lock (_gate)
                    _work.Remove(ended);
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
