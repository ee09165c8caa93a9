using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>
/// A client's end of CoAP, a server, and the network between them, on a clock that jumps to whatever happens next. The network asks a test what
/// becomes of each datagram; what goes on for ever, or wants to be called for ever, fails the test.
/// </summary>
internal sealed class CoapNet
{
    internal static readonly IPEndPoint ServerPlace = new(IPAddress.Parse("192.0.2.1"), 5683);
    internal static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(20);

    private const int MaxSteps = 20_000;

    private readonly Random _random;
    private readonly List<(TimeSpan At, int Order, bool ToServer, byte[] Octets)> _flying = [];
    private int _order;

    internal CoapNet(ICoapPeer server, int seed = 1, CoapTiming? timing = null)
    {
        Server = server;
        _random = new Random(seed);
        Layer = new CoapMessageLayer(ServerPlace, timing ?? CoapTiming.Default, Octets);
    }

    internal ICoapPeer Server { get; }

    internal CoapMessageLayer Layer { get; }

    internal ICoapWork? Work { get; set; }

    internal TimeSpan Start { get; } = TimeSpan.FromHours(1);

    internal TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>What becomes of a datagram: its number from 0 on and whether it goes to the server are given, and after which times it arrives, each time once, is asked.</summary>
    internal Func<int, bool, TimeSpan[]> Fate { get; set; } = (_, _) => [Latency];

    /// <summary>Each datagram that was sent, in order.</summary>
    internal List<(bool ToServer, byte[] Octets)> Sent { get; } = [];

    /// <summary>The same as a log: direction, type, code, blocks.</summary>
    internal IEnumerable<string> Log => Sent.Select(d => (d.ToServer ? "> " : "< ") + Describe(d.Octets));

    internal byte[] Octets(int count)
    {
        byte[] octets = new byte[count];
        _random.NextBytes(octets);
        return octets;
    }

    internal static CoapQuestion Post(byte[] body, int exponent = 6, int maxBytes = 1 << 20) => new(CoapCode.Post, CoapPath.ToOptions("/.well-known/cmp/ir"))
    {
        Body = body,
        ContentFormat = 259,
        Accept = 259,
        Exponent = exponent,
        MaxResponseBytes = maxBytes,
        Timeout = TimeSpan.FromSeconds(120),
        Server = "ca.example",
    };

    internal static CoapQuestion Get(string path, int exponent = 6, int maxBytes = 1 << 20) => Post([], exponent, maxBytes) with
    {
        Method = CoapCode.Get,
        Address = CoapPath.ToOptions(path),
        ContentFormat = null,
        Accept = null,
    };

    /// <summary>Asks a question, and lets all happen that happens until there is an end.</summary>
    internal CoapTransfer Ask(CoapQuestion question)
    {
        var transfer = new CoapTransfer(Layer, question, Now + question.Timeout, Now);
        Work = transfer;
        RunUntil(() => transfer.IsOver);
        return transfer;
    }

    /// <summary>The response to a question.</summary>
    internal CoapResponse Response(CoapQuestion question)
    {
        CoapTransfer transfer = Ask(question);
        Assert.True(transfer.Error is null, transfer.Error?.Message);
        return transfer.Response!;
    }

    /// <summary>The error that a question ends in.</summary>
    internal CmpException Error(CoapQuestion question, string errorId)
    {
        CoapTransfer transfer = Ask(question);
        Assert.Null(transfer.Response);
        Assert.Equal(errorId, transfer.Error!.ErrorId);
        return transfer.Error;
    }

    /// <summary>Lets everything happen until something has come about; that it does not come about is a failure.</summary>
    internal void RunUntil(Func<bool> isReached)
    {
        if (!Run(isReached, TimeSpan.FromHours(2)))
            Assert.Fail("nothing more happens: " + string.Join(" | ", Log.Reverse().Take(10)));
    }

    /// <summary>Lets time pass, and all that happens in it happen.</summary>
    internal void Wait(TimeSpan time)
    {
        TimeSpan end = Now + time;
        Run(() => false, time);
        Now = end;
    }

    /// <summary>A datagram arrives at the client from anywhere.</summary>
    internal void Arrive(byte[] octets, IPEndPoint? from = null)
    {
        Layer.Receive(from ?? ServerPlace, octets, Now);
        Settle();
    }

    internal static string Describe(byte[] octets)
    {
        if (CoapMessage.Decode(octets, out CoapMessage? m) is { } refusal)
            return refusal.ToString();
        string text = m!.Type switch { CoapType.Confirmable => "CON ", CoapType.NonConfirmable => "NON ", CoapType.Acknowledgement => "ACK ", _ => "RST " } + m.Code;
        if (m.FindBlock(CoapOptionNumber.Block1) is { } one)
            text += " 1:" + one;
        if (m.FindBlock(CoapOptionNumber.Block2) is { } two)
            text += " 2:" + two;
        if (m.FindNumber(CoapOptionNumber.Observe) is { } observe)
            text += " o:" + observe;
        return text;
    }

    private bool Run(Func<bool> isReached, TimeSpan limit)
    {
        TimeSpan end = Now + limit;
        Settle();
        for (int step = 0; !isReached(); step++)
        {
            if (step == MaxSteps)
                Assert.Fail("it goes on for ever: " + string.Join(" | ", Log.Reverse().Take(10)));
            TimeSpan? next = Earliest(Layer.Due, Work?.Due, Server.Due, _flying.Count > 0 ? _flying.Min(d => d.At) : null);
            if (next is null || next > end)
                return false;
            if (next > Now)
                Now = next.Value;
            if (_flying.Count > 0 && _flying.Min(d => d.At) <= Now)
            {
                var arriving = _flying.OrderBy(d => d.At).ThenBy(d => d.Order).First();
                _flying.Remove(arriving);
                if (arriving.ToServer)
                    Server.Receive(arriving.Octets, Now);
                else
                    Layer.Receive(ServerPlace, arriving.Octets, Now);
            }
            else
            {
                Server.Tick(Now);
            }
            Settle();
        }
        return true;
    }

    private static TimeSpan? Earliest(params TimeSpan?[] times) => times.Min();

    private void Settle()
    {
        Layer.Tick(Now);
        Work?.Advance(Now);
        while (Layer.TryTake(out byte[] datagram))
            Fly(datagram, toServer: true);
        foreach (byte[] datagram in Server.Take(Now))
            Fly(datagram, toServer: false);
        Assert.True(!(Layer.Due <= Now) && !(Work?.Due <= Now), "what is due stays due");
    }

    private void Fly(byte[] octets, bool toServer)
    {
        int number = Sent.Count;
        Sent.Add((toServer, octets));
        foreach (TimeSpan after in Fate(number, toServer))
            _flying.Add((Now + after, _order++, toServer, octets));
    }
}

/// <summary>The other end of a <see cref="CoapNet"/>.</summary>
internal interface ICoapPeer
{
    TimeSpan? Due { get; }

    void Receive(byte[] octets, TimeSpan now);

    void Tick(TimeSpan now);

    IEnumerable<byte[]> Take(TimeSpan now);
}

/// <summary>A server that does what a test says: it answers each message by some, or by none.</summary>
internal sealed class ScriptedPeer(Func<CoapMessage, IEnumerable<CoapMessage>> answer) : ICoapPeer
{
    private readonly Queue<byte[]> _answers = new();

    /// <summary>What came, in order.</summary>
    internal List<CoapMessage> Heard { get; } = [];

    public TimeSpan? Due => null;

    /// <summary>A server that answers the nth request by the nth of some messages, in the acknowledgement; a copy of a request by a copy.</summary>
    internal static ScriptedPeer Answering(params CoapMessage[] answers)
    {
        List<ushort> ids = [];
        return new ScriptedPeer(request =>
        {
            if (!request.Code.IsRequest)
                return [];
            if (!ids.Contains(request.MessageId))
                ids.Add(request.MessageId);
            int index = ids.IndexOf(request.MessageId);
            Assert.True(index < answers.Length, "a request too many: " + CoapNet.Describe(request.Encode()));
            return [answers[index] with { Type = CoapType.Acknowledgement, MessageId = request.MessageId, Token = request.Token }];
        });
    }

    public void Receive(byte[] octets, TimeSpan now)
    {
        Assert.Null(CoapMessage.Decode(octets, out CoapMessage? message));
        Heard.Add(message!);
        foreach (CoapMessage one in answer(message!))
            _answers.Enqueue(one.Encode());
    }

    public void Tick(TimeSpan now)
    {
    }

    public IEnumerable<byte[]> Take(TimeSpan now)
    {
        while (_answers.Count > 0)
            yield return _answers.Dequeue();
    }
}

/// <summary>Our own server in a <see cref="CoapNet"/>. Its handler takes as long as is said.</summary>
internal sealed class OwnPeer(CoapListenerSettings settings, Func<TransportRequest, TransportReply?> handler, TimeSpan handling = default) : ICoapPeer
{
    internal static readonly IPEndPoint ClientPlace = new(IPAddress.Loopback, 40_000);

    private readonly List<(TimeSpan At, CoapExchange Exchange, TransportReply? Reply)> _handled = [];

    internal CoapServer Server { get; private set; } = new(settings, () => 0.5);

    /// <summary>The messages that the handler got.</summary>
    internal List<byte[]> Heard { get; } = [];

    public TimeSpan? Due => new[] { Server.Due, _handled.Count > 0 ? _handled.Min(h => h.At) : null }.Min();

    /// <summary>It was started anew, and remembers nothing.</summary>
    internal void Restart()
    {
        Server = new CoapServer(settings, () => 0.25);
        _handled.Clear();
    }

    public void Receive(byte[] octets, TimeSpan now) => Server.Receive(ClientPlace, octets, now);

    public void Tick(TimeSpan now) => Server.Tick(now);

    public IEnumerable<byte[]> Take(TimeSpan now)
    {
        while (Server.TakeCall() is { } call)
        {
            Heard.Add(call.Call!.Octets.ToArray());
            _handled.Add((now + handling, call, handler(call.Call)));
        }
        foreach (var done in _handled.Where(h => h.At <= now).ToArray())
        {
            _handled.Remove(done);
            Server.Complete(done.Exchange, done.Reply, now);
        }
        while (Server.TryTake(out CoapDatagram datagram))
        {
            Assert.Equal(ClientPlace, datagram.Peer);
            yield return datagram.Octets.ToArray();
        }
    }
}
