using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>A CoAP server without sockets, on a clock that the test moves, and what its clients see.</summary>
internal sealed class CoapDesk
{
    /// <summary>A client on another machine, whose address anybody could have written.</summary>
    internal static readonly IPEndPoint Far = new(IPAddress.Parse("192.0.2.7"), 40_000);

    /// <summary>A client on this machine.</summary>
    internal static readonly IPEndPoint Near = new(IPAddress.Loopback, 40_001);

    private ushort _nextId = 1000;

    internal CoapDesk(CoapListenerSettings? settings = null, Func<TransportRequest, TransportReply?>? handler = null)
    {
        Settings = settings ?? new CoapListenerSettings();
        Server = new CoapServer(Settings, () => 0.5);
        Handler = handler ?? (request => new TransportReply.Octets(request.Octets));
    }

    internal CoapListenerSettings Settings { get; }

    internal CoapServer Server { get; }

    internal TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>What answers at once; <see langword="null"/> as an answer: the handler failed. Without a handler calls wait in <see cref="Calls"/>.</summary>
    internal Func<TransportRequest, TransportReply?>? Handler { get; set; }

    /// <summary>The messages that the handler got.</summary>
    internal List<TransportRequest> Heard { get; } = [];

    /// <summary>The calls that nobody has answered yet.</summary>
    internal Queue<CoapExchange> Calls { get; } = new();

    /// <summary>Octets of which no block is like another.</summary>
    internal static byte[] Octets(int length)
    {
        byte[] octets = new byte[length];
        for (int i = 0; i < length; i++)
            octets[i] = (byte)((i * 31) + (i >> 8));
        return octets;
    }

    /// <summary>A POST of a whole message.</summary>
    internal CoapMessage Post(ReadOnlyMemory<byte> payload, params CoapOption[] options) => new()
    {
        Type = CoapType.Confirmable,
        Code = CoapCode.Post,
        MessageId = _nextId++,
        Token = new byte[] { 1, 2, 3, (byte)_nextId },
        Options = [.. CoapPath.ToOptions("/.well-known/cmp/ir"), CoapOption.Of(CoapOptionNumber.ContentFormat, 259), .. options],
        Payload = payload,
    };

    /// <summary>A GET.</summary>
    internal CoapMessage Get(string path, params CoapOption[] options) => new()
    {
        Type = CoapType.Confirmable,
        Code = CoapCode.Get,
        MessageId = _nextId++,
        Token = new byte[] { 9, (byte)(_nextId >> 8), (byte)_nextId },
        Options = [.. CoapPath.ToOptions(path), .. options],
    };

    /// <summary>A block of a POST.</summary>
    internal CoapMessage Block(byte[] body, int number, int size, params CoapOption[] options)
    {
        int offset = number * size;
        var block = new CoapBlock(number, offset + size < body.Length, CoapBlock.ExponentOf(size));
        return Post(body.AsMemory(offset, Math.Min(size, body.Length - offset)), [block.ToOption(CoapOptionNumber.Block1), .. options]);
    }

    internal static CoapOption Block2(int number, int size) => new CoapBlock(number, HasMore: false, CoapBlock.ExponentOf(size)).ToOption(CoapOptionNumber.Block2);

    /// <summary>Sends a message, and gives what came back to its sender.</summary>
    internal IReadOnlyList<CoapMessage> Send(CoapMessage message, IPEndPoint? from = null) => SendOctets(message.Encode(), from);

    internal IReadOnlyList<CoapMessage> SendOctets(byte[] datagram, IPEndPoint? from = null)
    {
        Server.Receive(from ?? Near, datagram, Now);
        return Collect(from ?? Near);
    }

    /// <summary>Sends a message that is answered by one.</summary>
    internal CoapMessage Ask(CoapMessage message, IPEndPoint? from = null) => Assert.Single(Send(message, from));

    /// <summary>Lets time pass, as it would pass for a listener: to each moment at which there is something to do.</summary>
    /// <param name="time">How long.</param>
    /// <param name="of">The client whose messages are looked at.</param>
    /// <param name="anybody">Others may be sent messages too.</param>
    internal IReadOnlyList<CoapMessage> Wait(TimeSpan time, IPEndPoint? of = null, bool anybody = false)
    {
        TimeSpan end = Now + time;
        List<CoapMessage> seen = [];
        int steps = 0;
        while (Server.Due is { } due && due <= end)
        {
            Assert.True(++steps < 100_000, "the server wants to be called for ever");
            if (due > Now)
                Now = due;
            Server.Tick(Now);
            seen.AddRange(anybody ? CollectAll().Select(sent => sent.Message) : Collect(of ?? Near));
            Assert.True(!(Server.Due <= Now), "what is due stays due");
        }
        Now = end;
        return seen;
    }

    /// <summary>A call that waits is answered.</summary>
    internal IReadOnlyList<CoapMessage> Complete(TransportReply? reply, IPEndPoint? of = null)
    {
        Server.Complete(Calls.Dequeue(), reply, Now);
        return Collect(of ?? Near);
    }

    internal IReadOnlyList<CoapMessage> Announce(byte[] message, out CoapAnnouncement announcement, IPEndPoint? of = null)
    {
        announcement = Server.Announce(message, Now);
        return Collect(of ?? Near);
    }

    /// <summary>What is sent to a client; that nothing goes to others.</summary>
    internal IReadOnlyList<CoapMessage> Collect(IPEndPoint of) => [.. CollectAll().Select(sent =>
    {
        Assert.Equal(of, sent.Peer);
        return sent.Message;
    })];

    internal List<(IPEndPoint Peer, CoapMessage Message, int Length)> CollectAll()
    {
        while (Server.TakeCall() is { } call)
        {
            Heard.Add(call.Call!);
            if (Handler is null)
                Calls.Enqueue(call);
            else
                Server.Complete(call, Handler(call.Call!), Now);
        }
        List<(IPEndPoint, CoapMessage, int)> sent = [];
        while (Server.TryTake(out CoapDatagram datagram))
        {
            Assert.Null(CoapMessage.Decode(datagram.Octets, out CoapMessage? message));
            sent.Add((datagram.Peer, message!, datagram.Octets.Length));
        }
        return sent;
    }

    /// <summary>Sends a body in blocks of a size, and fetches the answer in blocks.</summary>
    internal (CoapMessage First, byte[] Body) Exchange(byte[] body, int size, IPEndPoint? from = null, params CoapOption[] options)
    {
        CoapMessage answer;
        for (int number = 0; ; number++)
        {
            bool isLast = (number + 1) * size >= body.Length;
            answer = Ask(Block(body, number, size, options), from);
            if (isLast)
                break;
            Assert.Equal(CoapCode.Continue, answer.Code);
        }
        return (answer, Fetch(answer, asked => Ask(Post(default, [asked, .. options]), from)));
    }

    /// <summary>Fetches the rest of an answer.</summary>
    internal static byte[] Fetch(CoapMessage first, Func<CoapOption, CoapMessage> ask)
    {
        List<byte> all = [.. first.Payload.ToArray()];
        CoapMessage page = first;
        while (page.FindBlock(CoapOptionNumber.Block2) is { HasMore: true } block)
        {
            Assert.Equal(block.Size, page.Payload.Length);
            Assert.Equal(block.Offset + block.Size, all.Count);
            page = ask((block with { Number = block.Number + 1, HasMore = false }).ToOption(CoapOptionNumber.Block2));
            Assert.Equal(first.Code, page.Code);
            Assert.Equal(first.Find(CoapOptionNumber.ETag)!.Value.Value.ToArray(), page.Find(CoapOptionNumber.ETag)!.Value.Value.ToArray());
            all.AddRange(page.Payload.ToArray());
        }
        return [.. all];
    }
}
