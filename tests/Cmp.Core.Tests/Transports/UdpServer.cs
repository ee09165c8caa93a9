using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;
using System.Threading.Tasks;
using Cmp.Framing;

namespace Cmp.Tests.Transports;

/// <summary>A UDP socket that does what a test says with each datagram.</summary>
internal sealed class UdpServer : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Func<CoapMessage, IEnumerable<byte[]>> _answer;
    private readonly Task _serving;

    /// <summary>Listens on a free port.</summary>
    /// <param name="answer">The datagrams that answer a message.</param>
    /// <param name="address">The address; the loopback's where none is given.</param>
    internal UdpServer(Func<CoapMessage, IEnumerable<byte[]>> answer, IPAddress? address = null)
    {
        _answer = answer;
        _socket = new Socket((address ?? IPAddress.Loopback).AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        _socket.Bind(new IPEndPoint(address ?? IPAddress.Loopback, 0));
        _serving = ServeAsync();
    }

    internal IPEndPoint Place => (IPEndPoint)_socket.LocalEndPoint!;

    internal Uri Uri => new("coap://" + Place + "/x");

    /// <summary>What came, in order, and from which port.</summary>
    internal ConcurrentQueue<(CoapMessage Message, int Port)> Heard { get; } = new();

    /// <summary>A server that answers each request in its acknowledgement, without options.</summary>
    internal static UdpServer Answering(CoapCode code, byte[] payload, params CoapOption[] options) => new(request => [Answer(request, code, payload, options)]);

    /// <summary>The datagram that answers a request.</summary>
    internal static byte[] Answer(CoapMessage request, CoapCode code, byte[] payload, params CoapOption[] options) =>
        new CoapMessage { Type = CoapType.Acknowledgement, Code = code, MessageId = request.MessageId, Token = request.Token, Options = options, Payload = payload }.Encode();

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        await _serving;
    }

    private async Task ServeAsync()
    {
        byte[] buffer = new byte[65_535];
        try
        {
            while (true)
            {
                SocketReceiveFromResult received = await _socket.ReceiveFromAsync(buffer.AsMemory(), SocketFlags.None, new IPEndPoint(Place.Address, 0));
                if (CoapMessage.Decode(buffer.AsSpan(0, received.ReceivedBytes).ToArray(), out CoapMessage? message) is not null)
                    throw new InvalidOperationException("The client sent what is no message.");
                Heard.Enqueue((message!, ((IPEndPoint)received.RemoteEndPoint).Port));
                foreach (byte[] datagram in _answer(message!))
                    await _socket.SendToAsync(datagram, SocketFlags.None, received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }
}
