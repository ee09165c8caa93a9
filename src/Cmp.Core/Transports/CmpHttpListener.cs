using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
#if NET
using System.Net.Security;
#endif
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>
/// An HTTP/1.1 server for CMP and nothing else: on sockets of its own, since HttpListener has no TLS off Windows and needs URL rights on it.
/// It is bounded in connections, sizes and times, answers whatever it does not understand with the status that HTTP has for it,
/// and tells a peer nothing about what went wrong inside.
/// </summary>
/// <remarks>
/// The status codes: 400 malformed, 405 another method than POST, 408 too slow, 411 no Content-Length, 413 body too large, 415 not CMP,
/// 417 an unknown expectation, 431 header too large, 500 the handler failed, 503 too many connections, 505 another HTTP.
/// </remarks>
public sealed class CmpHttpListener : ICmpListener
{
    private const int MaxRefusing = 64;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    private readonly Socket _socket;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<ListenerConnection, Task> _connections = new();
    private readonly Task _accepting;
    private int _serving;
    private int _refusing;
    private int _stopped;

    private CmpHttpListener(
        Socket socket,
        HttpListenerSettings settings,
        Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
        Func<string, CancellationToken, Task<TransportReply>>? collect)
    {
        _socket = socket;
        Settings = settings;
        Handler = handler;
        if (settings.TcpMessages)
            TcpMessages = new TcpMessageResponder(handler, collect, settings.MaxRequestBytes, settings.HandlerFailed, settings.Clock);
        IPEndPoint end = (IPEndPoint)socket.LocalEndPoint!;
        IPAddress shown = end.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : end.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : end.Address;
        string host = settings.HostName ?? (shown.AddressFamily == AddressFamily.InterNetworkV6 ? "[" + shown + "]" : shown.ToString());
        Uri = new Uri((settings.Certificate is null ? "http" : "https") + (settings.TcpMessages ? "+tcp://" : "://") + host + ":" + end.Port.ToString(CultureInfo.InvariantCulture) + "/");
#if NET
        if (settings.Certificate is not null)
            CertificateContext = SslStreamCertificateContext.Create(settings.Certificate, additionalCertificates: null, offline: true);
#endif
        _accepting = AcceptAsync();
    }

    /// <summary>Where the listener is reached, with the port that it has. One that understands TCP-Messages is named by <c>http+tcp</c>, and reached by <c>http</c>, too.</summary>
    public Uri Uri { get; }

    /// <summary>What the listener bears.</summary>
    internal HttpListenerSettings Settings { get; }

    /// <summary>What answers.</summary>
    internal Func<TransportRequest, CancellationToken, Task<TransportReply>> Handler { get; }

    /// <summary>What answers TCP-Messages, where they are understood.</summary>
    internal TcpMessageResponder? TcpMessages { get; }

#if NET
    /// <summary>The certificate for TLS, prepared once; its chain is not looked for elsewhere.</summary>
    internal SslStreamCertificateContext? CertificateContext { get; }
#endif

    /// <summary>Cancelled when the listener stops.</summary>
    internal CancellationToken Stopping => _stopping.Token;

    /// <summary>Begins to listen.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="handler">Gets each message that arrives, several at once, and answers it: <see cref="TransportReply.Octets"/> or <see cref="TransportReply.Nothing"/>,
    /// with their HTTP status if it is not to be 200; to a TCP-Message also <see cref="TransportReply.NotYet"/>, whose ticket is a <see cref="Framing.PollingReference"/>.
    /// Its token is cancelled when the listener stops.</param>
    /// <param name="collect">Gets the polling references by which clients ask later, and answers as <paramref name="handler"/> does; one that it does not know is
    /// <c>CmpTransport.UnknownTicket</c>. <see langword="null"/> where none are given.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpTransport.ListenFailed</c>: the address or port cannot be had; <c>CmpTransport.InvalidSetting</c>: the TLS certificate has no private key.</exception>
    public static CmpHttpListener Start(
        HttpListenerSettings settings,
        Func<TransportRequest, CancellationToken, Task<TransportReply>> handler,
        Func<string, CancellationToken, Task<TransportReply>>? collect = null)
    {
        if (settings.Certificate is { HasPrivateKey: false })
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "The certificate to speak TLS with has no private key.");
        Socket? socket = null;
        try
        {
            socket = new Socket(settings.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // on Windows another process could otherwise share the port and take connections
            if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows))
                socket.ExclusiveAddressUse = true;
            socket.Bind(new IPEndPoint(settings.Address, settings.Port));
            socket.Listen(512);
            return new CmpHttpListener(socket, settings, handler, collect);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket?.Dispose();
            throw new CmpException(CmpErrorKind.Transport, "CmpTransport.ListenFailed",
                "Cannot listen on " + settings.Address + ", port " + settings.Port.ToString(CultureInfo.InvariantCulture) + ": " + e.Message, e)
            {
                RecommendedAction = "Choose a port that is free, or 0 for any.",
            };
        }
    }

    /// <summary>Stops listening, closes every connection at once, and waits until their work has ended; for a handler that does not heed its token, 5 seconds at most.</summary>
    /// <returns>The end of it.</returns>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 0)
        {
            _socket.Dispose();
            _stopping.Cancel();
        }
        foreach (ListenerConnection connection in _connections.Keys)
            connection.Abort();
        List<Task> work = [_accepting, .. _connections.Values];
        await Task.WhenAny(Task.WhenAll(work), Task.Delay(StopTimeout)).ConfigureAwait(false);
    }

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

#if NET
    /// <summary>Does what <see cref="StopAsync"/> does.</summary>
    /// <returns>The end of it.</returns>
    public ValueTask DisposeAsync() => new(StopAsync());
#endif

    private async Task AcceptAsync()
    {
        // the constructor is not to wait for the first connection
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
        if (Interlocked.Increment(ref _serving) <= Settings.MaxConnections)
        {
            Begin(new ListenerConnection(this, socket), refuse: false);
            return;
        }
        Interlocked.Decrement(ref _serving);
        // saying no costs something too, so it is bounded as well; beyond that, and where TLS would have to be spoken first, the connection is just closed
        if (Settings.Certificate is null && Interlocked.Increment(ref _refusing) <= MaxRefusing)
        {
            Begin(new ListenerConnection(this, socket), refuse: true);
            return;
        }
        if (Settings.Certificate is null)
            Interlocked.Decrement(ref _refusing);
        socket.Dispose();
    }

    private void Begin(ListenerConnection connection, bool refuse)
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
