using System;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Tests.Transports;

/// <summary>Stands between a client and a server, and carries each datagram or loses it, as a test says.</summary>
internal sealed class UdpRelay : IAsyncDisposable
{
    private readonly Socket _front = Bound();
    private readonly Socket _back = Bound();
    private readonly IPEndPoint _server;
    private readonly Func<bool, int, bool> _carries;
    private readonly ConcurrentQueue<(bool IsFromServer, byte[] Octets)>? _heard;
    private readonly Task _working;
    private EndPoint? _client;
    private int _fromClient;
    private int _fromServer;

    /// <summary>Begins to carry.</summary>
    /// <param name="port">The server's port.</param>
    /// <param name="carries">Whether a datagram is carried: from the server or to it, and the how manieth that way, from 1.</param>
    /// <param name="heard">Gets what comes.</param>
    internal UdpRelay(int port, Func<bool, int, bool> carries, ConcurrentQueue<(bool IsFromServer, byte[] Octets)>? heard = null)
    {
        _heard = heard;
        _server = new IPEndPoint(IPAddress.Loopback, port);
        _carries = carries;
        _working = Task.WhenAll(CarryAsync(_front, isFromServer: false), CarryAsync(_back, isFromServer: true));
    }

    internal int Port => ((IPEndPoint)_front.LocalEndPoint!).Port;

    /// <summary>Datagrams that came from the server.</summary>
    internal int FromServer => Volatile.Read(ref _fromServer);

    /// <summary>Datagrams that came from the client.</summary>
    internal int FromClient => Volatile.Read(ref _fromClient);

    public async ValueTask DisposeAsync()
    {
        _front.Dispose();
        _back.Dispose();
        await _working;
    }

    private static Socket Bound()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task CarryAsync(Socket from, bool isFromServer)
    {
        byte[] buffer = new byte[65_535];
        while (true)
        {
            try
            {
                SocketReceiveFromResult received = await from.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, new IPEndPoint(IPAddress.Any, 0));
                int number = isFromServer ? Interlocked.Increment(ref _fromServer) : Interlocked.Increment(ref _fromClient);
                if (!isFromServer)
                    _client = received.RemoteEndPoint;
                _heard?.Enqueue((isFromServer, buffer.AsSpan(0, received.ReceivedBytes).ToArray()));
                if (_carries(isFromServer, number))
                    (isFromServer ? _front : _back).SendTo(buffer.AsSpan(0, received.ReceivedBytes), isFromServer ? _client! : _server);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionRefused)
            {
                // one of the two is not there now
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
