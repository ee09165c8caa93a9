using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>The CoAP server on a real socket.</summary>
public class CmpCoapListenerTests
{
    private static readonly Func<TransportRequest, CancellationToken, Task<TransportReply>> Echo =
        (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));

    private static CmpCoapListener Start(CoapListenerSettings? settings = null, Func<TransportRequest, CancellationToken, Task<TransportReply>>? handler = null) =>
        CmpCoapListener.Start(settings ?? new CoapListenerSettings(), handler ?? Echo);

    [Fact]
    public async Task A_message_is_answered()
    {
        await using CmpCoapListener listener = Start();
        Assert.Equal("coap://127.0.0.1:" + listener.Uri.Port + "/", listener.Uri.OriginalString);
        using Client client = new(listener);
        for (ushort id = 0; id < 3; id++)
        {
            CoapMessage answer = await client.AskAsync(Post(id, Some.Message));
            Assert.Equal((CoapType.Acknowledgement, CoapCode.Changed, id), (answer.Type, answer.Code, answer.MessageId));
            Assert.Equal(Some.Message, answer.Payload.ToArray());
        }
    }

    [SkippableFact]
    public async Task It_listens_on_IPv6_and_names_the_host_that_it_is_told()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using CmpCoapListener listener = Start(new CoapListenerSettings { Address = IPAddress.IPv6Loopback });
        Assert.StartsWith("coap://[::1]:", listener.Uri.OriginalString, StringComparison.Ordinal);
        using Client client = new(listener, IPAddress.IPv6Loopback);
        Assert.Equal(CoapCode.Changed, (await client.AskAsync(Post(1, Some.Message))).Code);
        await using CmpCoapListener named = Start(new CoapListenerSettings { HostName = "ca.example" });
        Assert.Equal("ca.example", named.Uri.Host);
    }

    [Fact]
    public async Task A_datagram_as_large_as_can_be_is_taken_whole()
    {
        byte[] message = Some.Sequence(60_000);
        await using CmpCoapListener listener = Start();
        using Client client = new(listener);
        CoapMessage first = await client.AskAsync(Post(1, message));
        Assert.Equal("0/1/1024", first.FindBlock(CoapOptionNumber.Block2).ToString());
        Assert.Equal((uint)message.Length, first.FindNumber(CoapOptionNumber.Size2));
    }

    [Fact]
    public async Task A_handler_that_takes_its_time_answers_by_itself()
    {
        TaskCompletionSource<TransportReply> work = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CmpCoapListener listener = Start(new CoapListenerSettings { AckDelay = TimeSpan.Zero }, (_, _) => work.Task);
        using Client client = new(listener);
        CoapMessage acknowledged = await client.AskAsync(Post(1, Some.Message));
        Assert.Equal((CoapType.Acknowledgement, CoapCode.Empty), (acknowledged.Type, acknowledged.Code));
        work.SetResult(new TransportReply.Octets(Some.Message));
        CoapMessage answer = await client.ReceiveAsync();
        Assert.Equal((CoapType.Confirmable, CoapCode.Changed), (answer.Type, answer.Code));
        await client.SendAsync(answer.Acknowledge());
    }

    [Fact]
    public async Task What_a_handler_throws_is_5_00_and_nothing_else_for_the_peer()
    {
        ConcurrentQueue<Exception> heard = new();
        Func<Task<TransportReply>>[] faults =
        [
            () => throw new InvalidOperationException("a secret"),
            () => Task.FromException<TransportReply>(new IOException("a secret")),
            () => Task.FromResult<TransportReply>(null!),
            () => Task.FromResult<TransportReply>(new TransportReply.NotYet("a secret", DateTimeOffset.UnixEpoch)),
        ];
        int call = 0;
        await using CmpCoapListener listener = Start(new CoapListenerSettings { HandlerFailed = heard.Enqueue }, (_, _) => faults[call++]());
        using Client client = new(listener);
        for (ushort id = 0; id < faults.Length; id++)
        {
            CoapMessage answer = await client.AskAsync(Post(id, Some.Message));
            Assert.Equal(CoapCode.InternalServerError, answer.Code);
            Assert.True(answer.Payload.IsEmpty);
        }
        Assert.Equal(faults.Length, heard.Count);
    }

    [Fact]
    public async Task Garbage_hurts_nobody()
    {
        await using CmpCoapListener listener = Start();
        using Client client = new(listener);
        Random random = new(5);
        for (ushort id = 0; id < 50; id++)
        {
            // a few at a time: no buffer of the system runs over
            for (int i = 0; i < 10; i++)
            {
                byte[] garbage = new byte[random.Next(0, 64)];
                random.NextBytes(garbage);
                await client.SendAsync(garbage);
            }
            await client.SendAsync(Post(id, Some.Message));
            CoapMessage answer;
            do
            {
                answer = await client.ReceiveAsync();
            }
            while (answer.Code != CoapCode.Changed);
            Assert.Equal(Some.Message, answer.Payload.ToArray());
        }
    }

    [Fact]
    public async Task Who_waits_for_announcements_is_told()
    {
        await using CmpCoapListener listener = Start();
        Assert.Equal(0, await listener.NotifyAsync(Some.Message));
        using Client client = new(listener);
        CoapMessage first = await client.AskAsync(new CoapMessage
        {
            Type = CoapType.Confirmable,
            Code = CoapCode.Get,
            MessageId = 1,
            Token = new byte[] { 1 },
            Options = [.. CoapPath.ToOptions("/.well-known/cmp/ann"), CoapOption.Of(CoapOptionNumber.Observe, 0)],
        });
        Assert.Equal(Some.Message, first.Payload.ToArray());
        Task<int> told = listener.NotifyAsync(new byte[] { 0x30, 0 });
        CoapMessage notification = await client.ReceiveAsync();
        Assert.Equal([0x30, 0], notification.Payload.ToArray());
        await client.SendAsync(notification.Acknowledge());
        Assert.Equal(1, await told.WaitAsync(Some.Time));
    }

    [Fact]
    public async Task Stopping_ends_what_is_under_way_and_frees_the_port()
    {
        TaskCompletionSource<bool> entered = new(), cancelled = new();
        CmpCoapListener listener = Start(handler: async (_, token) =>
        {
            entered.SetResult(true);
            using CancellationTokenRegistration registration = token.Register(() => cancelled.SetResult(true));
            await Task.Delay(Timeout.Infinite, token);
            return new TransportReply.Nothing();
        });
        using Client client = new(listener);
        await client.SendAsync(Post(1, Some.Message));
        await entered.Task.WaitAsync(Some.Time);
        Task stopped = listener.StopAsync();
        await cancelled.Task.WaitAsync(Some.Time);
        await stopped.WaitAsync(Some.Time);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.NotifyAsync(Some.Message));
        await listener.StopAsync();
        listener.Dispose();
        using CmpCoapListener next = Start(new CoapListenerSettings { Port = listener.Uri.Port });
        Assert.Equal(listener.Uri, next.Uri);
    }

    [Fact]
    public async Task A_notification_under_way_ends_with_the_listener()
    {
        CmpCoapListener listener = Start();
        using Client client = new(listener);
        await client.AskAsync(new CoapMessage
        {
            Type = CoapType.Confirmable,
            Code = CoapCode.Get,
            Options = [.. CoapPath.ToOptions("/ann"), CoapOption.Of(CoapOptionNumber.Observe, 0)],
        });
        Task<int> told = listener.NotifyAsync(Some.Message);
        listener.Dispose();
        Assert.Equal(0, await told.WaitAsync(Some.Time));
    }

    [Fact]
    public void What_cannot_be_is_said_at_once()
    {
        using CmpCoapListener listener = Start();
        CmpException taken = Assert.Throws<CmpException>(() => Start(new CoapListenerSettings { Port = listener.Uri.Port }));
        Assert.Equal((CmpErrorKind.Transport, "CmpTransport.ListenFailed"), (taken.Kind, taken.ErrorId));
        foreach (int size in new[] { 0, 17, 2048, -16 })
        {
            CmpException invalid = Assert.Throws<CmpException>(() => Start(new CoapListenerSettings { BlockSize = size }));
            Assert.Equal((CmpErrorKind.Argument, "CmpTransport.InvalidSetting"), (invalid.Kind, invalid.ErrorId));
        }
        CoapTiming[] never = [new() { AckTimeout = TimeSpan.Zero }, new() { AckRandomFactor = 0.5 }, new() { MaxRetransmit = 40 }, new() { MaxLatency = TimeSpan.FromSeconds(-1) }];
        Assert.All(never, timing => Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => Start(new CoapListenerSettings { Timing = timing })).ErrorId));
    }

    private static CoapMessage Post(ushort id, byte[] payload) => new()
    {
        Type = CoapType.Confirmable,
        Code = CoapCode.Post,
        MessageId = id,
        Token = new byte[] { 1, 2, 3, 4 },
        Options = [.. CoapPath.ToOptions("/.well-known/cmp"), CoapOption.Of(CoapOptionNumber.ContentFormat, 259)],
        Payload = payload,
    };

    /// <summary>A socket that sends and gets datagrams.</summary>
    private sealed class Client : IDisposable
    {
        private readonly UdpClient _socket;

        internal Client(CmpCoapListener listener, IPAddress? address = null)
        {
            _socket = new UdpClient(new IPEndPoint(address ?? IPAddress.Loopback, 0));
            _socket.Connect(address ?? IPAddress.Loopback, listener.Uri.Port);
        }

        public void Dispose() => _socket.Dispose();

        internal Task SendAsync(CoapMessage message) => SendAsync(message.Encode());

        internal Task SendAsync(byte[] datagram) => _socket.SendAsync(datagram, datagram.Length);

        internal async Task<CoapMessage> ReceiveAsync()
        {
            UdpReceiveResult result = await _socket.ReceiveAsync().WaitAsync(Some.Time);
            Assert.Null(CoapMessage.Decode(result.Buffer, out CoapMessage? message));
            return message!;
        }

        internal async Task<CoapMessage> AskAsync(CoapMessage message)
        {
            await SendAsync(message);
            return await ReceiveAsync();
        }
    }
}
