using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// The server's side of CoAP as far as CMP needs it (RFC 7252, 7641, 7959, 9482), without sockets and without a clock: datagrams and the time come with
/// each call, and what is to be sent, and to be answered by a handler, is taken from it. It is not safe from several threads. The codes of its answers stand
/// at <see cref="CmpCoapListener"/>.
/// </summary>
internal sealed class CoapServer
{
    /// <summary>Requests that are remembered, at most.</summary>
    internal const int MaxExchanges = 65_536;

    /// <summary>Clients to whom messages of our own were sent, at most.</summary>
    internal const int MaxPeers = 4096;

    /// <summary>Even the smallest question may be answered by this much: the example of RFC 7252 11.3.</summary>
    private const int SmallBlock = 64;

    private static readonly int[] Understood =
    [
        CoapOptionNumber.UriHost, CoapOptionNumber.UriPort, CoapOptionNumber.UriPath, CoapOptionNumber.UriQuery,
        CoapOptionNumber.Accept, CoapOptionNumber.Block1, CoapOptionNumber.Block2,
    ];

    /// <summary>A GET has no body that could come in blocks, so the option is not defined for it (RFC 7252 5.4).</summary>
    private static readonly int[] UnderstoodOfGet = [.. Understood.Where(number => number != CoapOptionNumber.Block1)];

    private readonly CoapListenerSettings _settings;
    private readonly Func<double> _random;
    private readonly CoapAllowance _allowance = new();
    private readonly CoapBodies _bodies;
    private readonly CoapObservers _observers;
    private readonly CoapStore<(IPEndPoint Peer, ushort MessageId), CoapExchange> _exchanges;
    private readonly CoapStore<IPEndPoint, CoapPeer> _peers;
    private readonly List<CoapExchange> _running = [];
    private readonly List<CoapPeer> _sending = [];
    private readonly Queue<CoapDatagram> _datagrams = new();
    private readonly Queue<CoapExchange> _calls = new();

    /// <summary>A server that has heard nothing yet.</summary>
    /// <param name="settings">What it bears.</param>
    /// <param name="random">0 to 1, at random, at each call.</param>
    public CoapServer(CoapListenerSettings settings, Func<double> random)
    {
        _settings = settings;
        _random = random;
        _bodies = new CoapBodies(settings, random());
        _observers = new CoapObservers(settings, _bodies, (peer, message, ended, now) => Enqueue(peer, message, ended, now));
        _exchanges = new(MaxExchanges, settings.MaxMemoryBytes, settings.Timing.ExchangeLifetime, (exchange, _) => exchange.Call is not null);
        _peers = new(MaxPeers, long.MaxValue, settings.Timing.ExchangeLifetime, (peer, _) => peer.IsBusy);
    }

    /// <summary>Requests that are not whole yet.</summary>
    public int Unfinished => _bodies.Unfinished;

    /// <summary>Answers that are kept while they are fetched.</summary>
    public int Kept => _bodies.Kept;

    /// <summary>Requests that are remembered.</summary>
    public int Remembered => _exchanges.Count;

    /// <summary>Clients that wait for announcements.</summary>
    public int Observers => _observers.Count;

    /// <summary>Messages that are with the handler.</summary>
    public int Running => _running.Count;

    /// <summary>When <see cref="Tick"/> has something to do at the earliest, or <see langword="null"/>.</summary>
    public TimeSpan? Due
    {
        get
        {
            TimeSpan? due = null;
            Consider(_exchanges.Due);
            Consider(_peers.Due);
            Consider(_bodies.Due);
            Consider(_observers.Due);
            foreach (CoapExchange exchange in _running)
                Consider(exchange.IsAcknowledged || !exchange.IsConfirmable ? null : exchange.AcknowledgeAt);
            foreach (CoapPeer peer in _sending)
                Consider(peer.Repetition!.Due);
            return due;

            void Consider(TimeSpan? time)
            {
                if (time is not null && !(due < time))
                    due = time;
            }
        }
    }

    /// <summary>Takes the next datagram that is to be sent.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out CoapDatagram datagram)
    {
        bool has = _datagrams.Count > 0;
        datagram = has ? _datagrams.Dequeue() : default;
        return has;
    }

    /// <summary>Takes the next message that the handler is to answer; <see cref="Complete"/> is owed for each.</summary>
    /// <returns>The exchange, with the message as <see cref="CoapExchange.Call"/>; <see langword="null"/> where there is none.</returns>
    public CoapExchange? TakeCall() => _calls.Count > 0 ? _calls.Dequeue() : null;

    /// <summary>A datagram came.</summary>
    /// <param name="from">Where from.</param>
    /// <param name="datagram">Its octets, which nobody writes to any more.</param>
    /// <param name="now">The time.</param>
    public void Receive(IPEndPoint from, ReadOnlyMemory<byte> datagram, TimeSpan now)
    {
        _allowance.Earn(from.Address, datagram.Length, now);
        CoapRefusal? refusal = CoapMessage.Decode(datagram, out CoapMessage? message);
        if (refusal is not null)
        {
            if (refusal.ResetId is { } id)
                Send(from, CoapMessage.ResetOf(id), now);
            return;
        }
        if (message!.Type is CoapType.Acknowledgement or CoapType.Reset)
            Acknowledged(from, message, now);
        else if (message.Code.IsRequest)
            Request(from, message, datagram.Length, now);
        else if (message.Type == CoapType.Confirmable)
            // a ping (RFC 7252 4.3), or the answer to a question that was never asked
            Send(from, CoapMessage.ResetOf(message.MessageId), now);
        _observers.Tick(now);
    }

    /// <summary>The handler has answered.</summary>
    /// <param name="exchange">The exchange.</param>
    /// <param name="reply">What it said; <see langword="null"/> where it failed.</param>
    /// <param name="now">The time.</param>
    public void Complete(CoapExchange exchange, TransportReply? reply, TimeSpan now)
    {
        _running.Remove(exchange);
        exchange.Call = null;
        CoapMessage answer = reply switch
        {
            TransportReply.Octets octets when CoapStatus.Of(octets.HttpStatus) is { } code => CoapAnswer.Of(code, CoapContentFormat.Pkixcmp, octets.Value),
            TransportReply.Nothing { HttpStatus: 503, RetryAfter: { } wait } => CoapAnswer.Busy((int)Math.Min(int.MaxValue, Math.Ceiling(wait.TotalSeconds))),
            TransportReply.Nothing nothing when CoapStatus.Of(nothing.HttpStatus) is { } code => CoapAnswer.Of(code),
            _ => CoapAnswer.Of(CoapCode.InternalServerError),
        };
        answer = _bodies.First(exchange.Key, answer, exchange.MaxExponent, exchange.AsksForBlocks, now);
        if (exchange.Block1 is { } block)
            answer = answer with { Options = [.. answer.Options, block] };
        Reply(exchange, answer, now);
    }

    /// <summary>Tells all who wait for announcements.</summary>
    /// <param name="message">The DER of the PKIMessage.</param>
    /// <param name="now">The time.</param>
    /// <returns>The announcement on its way.</returns>
    public CoapAnnouncement Announce(ReadOnlyMemory<byte> message, TimeSpan now)
    {
        var announcement = new CoapAnnouncement(message);
        _observers.Announce(announcement, now);
        return announcement;
    }

    /// <summary>Nobody is told anything any more.</summary>
    public void Stop() => _observers.Clear();

    /// <summary>Time has passed.</summary>
    /// <param name="now">The time.</param>
    public void Tick(TimeSpan now)
    {
        foreach (CoapExchange exchange in _running)
        {
            if (exchange.IsConfirmable && !exchange.IsAcknowledged && now >= exchange.AcknowledgeAt)
            {
                exchange.IsAcknowledged = true;
                exchange.Said = new CoapMessage { Type = CoapType.Acknowledgement, MessageId = exchange.MessageId }.Encode();
                Send(exchange.Peer, exchange.Said, now);
            }
        }
        foreach (CoapPeer peer in _sending.ToArray())
        {
            if (now < peer.Repetition!.Due)
                continue;
            if (peer.Repetition.Repeat(now))
                Send(peer.EndPoint, peer.Sent!.Octets, now);
            else
                End(peer, isAcknowledged: false, now);
        }
        _observers.Tick(now);
        _exchanges.Expire(now);
        _peers.Expire(now);
        _bodies.Expire(now);
        _allowance.Expire(now);
    }

    private void Request(IPEndPoint from, CoapMessage request, int received, TimeSpan now)
    {
        var key = (from, request.MessageId);
        // a client that began anew may have taken the same ID for another question: that is no copy
        if (_exchanges.Find(key) is { } known && known.Token.Span.SequenceEqual(request.Token.Span))
        {
            if (!known.Said.IsEmpty)
                Send(from, known.Said, now);
            return;
        }
        var exchange = new CoapExchange(from, request) { Key = CoapTransferKey.Of(from, request) };
        if (!_exchanges.TryPut(key, exchange, 0, now))
        {
            Reply(exchange, CoapAnswer.Busy(CoapBodies.RetryAfter), now);
            return;
        }
        if (request.FindNotUnderstood(request.Code == CoapCode.Get ? UnderstoodOfGet : Understood) is { } option)
        {
            bool isProxy = option.Number is CoapOptionNumber.ProxyUri or CoapOptionNumber.ProxyScheme;
            // RFC 7252 5.4.1: of a message that is not confirmable nothing is said
            if (exchange.IsConfirmable)
            {
                Reply(exchange, isProxy ? CoapAnswer.Of(CoapCode.ProxyingNotSupported)
                    : CoapAnswer.Of(CoapCode.BadOption, "Option " + option.Number.ToString(CultureInfo.InvariantCulture) + " is not understood here."), now);
            }
            return;
        }
        if (Answer(exchange, request, received, now) is { } answer)
            Reply(exchange, answer, now);
    }

    /// <summary>What is answered at once; <see langword="null"/> where the handler has been asked.</summary>
    private CoapMessage? Answer(CoapExchange exchange, CoapMessage request, int received, TimeSpan now)
    {
        CoapBlock? block2 = request.FindBlock(CoapOptionNumber.Block2);
        // the reserved size (RFC 7959 2.2)
        if ((block2 is null && request.Has(CoapOptionNumber.Block2)) || (request.Has(CoapOptionNumber.Block1) && request.FindBlock(CoapOptionNumber.Block1) is null))
            return CoapAnswer.Of(CoapCode.BadRequest, "There are no blocks of that size.");
        bool isDirectory = exchange.Key.Path == CoapDirectory.Path || exchange.Key.Path.StartsWith(CoapDirectory.Path + "?", StringComparison.Ordinal);
        if (request.Code == CoapCode.Get && isDirectory)
            return Directory(exchange, request, block2, received, now);
        if (request.Code == CoapCode.Get && OperationLabel.InCoap(exchange.Key.Path) == CmpOperation.Announcement)
            return Announcement(exchange, request, block2, received, now);
        return request.Code == CoapCode.Post && !isDirectory ? Post(exchange, request, block2, received, now) : CoapAnswer.Of(CoapCode.MethodNotAllowed);
    }

    private CoapMessage? Post(CoapExchange exchange, CoapMessage request, CoapBlock? block2, int received, TimeSpan now)
    {
        CoapBlock? block1 = request.FindBlock(CoapOptionNumber.Block1);
        if (Accepts(request) is not (null or CoapContentFormat.Pkixcmp))
            return CoapAnswer.Of(CoapCode.NotAcceptable);
        // RFC 7959 2.7: what asks for the rest of an answer has no payload; one who has nothing of it begins where it likes
        if (block1 is null && block2 is { } asked && (asked.Number > 0 || request.Payload.IsEmpty))
            return _bodies.Next(exchange.Key, asked, now) ?? CoapAnswer.Of(CoapCode.RequestEntityIncomplete, "That answer is no longer here.");
        if (request.FindNumber(CoapOptionNumber.ContentFormat) != CoapContentFormat.Pkixcmp)
            return CoapAnswer.Of(block1 is { Number: > 0 } ? CoapCode.RequestEntityIncomplete : CoapCode.UnsupportedContentFormat);
        bool isLast = block1 is not { HasMore: true };
        // said before the last block is taken, which then can come again
        if (isLast && _running.Count >= _settings.MaxRequests)
            return CoapAnswer.Busy(CoapBodies.RetryAfter);
        CoapMessage? answer = _bodies.Take(exchange.Key, request, block1 ?? new CoapBlock(0, HasMore: false, CoapBlock.MaxExponent), received, now, out CoapAssembly? whole);
        if (answer is not null)
            return answer;
        if (whole!.Length == 0)
            return CoapAnswer.Of(CoapCode.BadRequest, "There is no message.");
        exchange.Block1 = block1 is { } block ? _bodies.Acknowledge(block) : null;
        exchange.AsksForBlocks = block2 is not null;
        exchange.MaxExponent = Math.Min(LargestFor(exchange.Peer, whole.Received), (block2 ?? block1)?.Exponent ?? CoapBlock.MaxExponent);
        exchange.AcknowledgeAt = now + _settings.AckDelay;
        exchange.Call = new TransportRequest(whole.Body, OperationLabel.InCoap(exchange.Key.Path), First: false, Last: false) { Path = exchange.Key.Path, From = exchange.Peer };
        _running.Add(exchange);
        _calls.Enqueue(exchange);
        return null;
    }

    private CoapMessage Directory(CoapExchange exchange, CoapMessage request, CoapBlock? block2, int received, TimeSpan now)
    {
        if (Accepts(request) is not (null or CoapContentFormat.LinkFormat))
            return CoapAnswer.Of(CoapCode.NotAcceptable);
        if (block2 is { Number: > 0 } asked && _bodies.Next(exchange.Key, asked, now) is { } next)
            return next;
        IEnumerable<string> queries = request.Options.Where(option => option.Number == CoapOptionNumber.UriQuery).Select(option => option.ToText());
        return Whole(exchange, CoapAnswer.Of(CoapCode.Content, CoapContentFormat.LinkFormat, CoapDirectory.Write(queries, _settings.MaxObservers > 0)), block2, received, now);
    }

    private CoapMessage Announcement(CoapExchange exchange, CoapMessage request, CoapBlock? block2, int received, TimeSpan now)
    {
        if (Accepts(request) is not (null or CoapContentFormat.Pkixcmp))
            return CoapAnswer.Of(CoapCode.NotAcceptable);
        if (_settings.MaxObservers == 0)
            return CoapAnswer.Of(CoapCode.NotFound);
        if (block2 is { Number: > 0 } asked && _bodies.Next(exchange.Key, asked, now) is { } next)
            return next;
        uint? observe = block2 is { Number: > 0 } ? null : request.FindNumber(CoapOptionNumber.Observe);
        if (observe == 1)
            _observers.Deregister(_peers.Find(exchange.Peer), request.Token);
        // RFC 9482 2.6: who wants to wait is answered by success, be there nothing yet
        if (observe != 0)
            return _observers.Latest.IsEmpty ? CoapAnswer.Of(CoapCode.NotFound) : Whole(exchange, _observers.Content(_observers.Latest), block2, received, now);
        CoapPeer? peer = Peer(exchange.Peer, now);
        CoapObserver? observer = _observers.Register(peer, exchange.Token, now);
        CoapMessage content = _observers.Content(_observers.Latest);
        if (observer is null)
            return Whole(exchange, content, block2, received, now);
        observer.Key = exchange.Key;
        observer.AsksForBlocks = block2 is not null;
        observer.MaxExponent = block2?.Exponent ?? CoapBlock.MaxExponent;
        observer.UnverifiedExponent = Math.Min(observer.MaxExponent, LargestFor(exchange.Peer, received));
        return CoapObservers.Numbered(Whole(exchange, content, block2, received, now, () => observer.FetchingUntil = null), observer, now);
    }

    /// <summary>The answer to a GET: its first block, or the block that is asked for where nothing was kept of it.</summary>
    private CoapMessage Whole(CoapExchange exchange, CoapMessage content, CoapBlock? block2, int received, TimeSpan now, Action? fetched = null)
    {
        int exponent = Math.Min(LargestFor(exchange.Peer, received), block2?.Exponent ?? CoapBlock.MaxExponent);
        CoapMessage first = _bodies.First(exchange.Key, content, exponent, block2 is not null, now, fetched);
        return block2 is { Number: > 0 } asked ? _bodies.Next(exchange.Key, asked, now) ?? CoapAnswer.Of(CoapCode.BadRequest, "There is no such block.") : first;
    }

    /// <summary>The largest block for who may not be where it says: no more than three times what came from there (<see cref="CoapAllowance"/>).</summary>
    private int LargestFor(IPEndPoint peer, int received) =>
        IPAddress.IsLoopback(peer.Address) || _peers.Find(peer) is { IsVerified: true } ? CoapBlock.MaxExponent
            : CoapBlock.ExponentOf(Math.Max(SmallBlock, CoapAllowance.Factor * received));

    private static uint? Accepts(CoapMessage request) => request.FindNumber(CoapOptionNumber.Accept);

    private void Reply(CoapExchange exchange, CoapMessage answer, TimeSpan now)
    {
        answer = answer with { Token = exchange.Token, MessageId = exchange.MessageId };
        var key = (exchange.Peer, exchange.MessageId);
        if (exchange.IsConfirmable && !exchange.IsAcknowledged)
        {
            byte[] octets = answer.Encode();
            exchange.Said = octets;
            Send(exchange.Peer, octets, now);
            // where there was no room there may be some the next time
            if (answer.Code == CoapCode.ServiceUnavailable || !_exchanges.TryTouch(key, octets.Length, now))
                _exchanges.Remove(key);
        }
        else if (Peer(exchange.Peer, now) is not { } peer)
        {
            return;
        }
        else if (exchange.IsConfirmable)
        {
            Enqueue(peer, answer, ended: null, now);
        }
        else
        {
            Send(exchange.Peer, (answer with { Type = CoapType.NonConfirmable, MessageId = peer.NextMessageId() }).Encode(), now);
        }
    }

    private CoapPeer? Peer(IPEndPoint endPoint, TimeSpan now)
    {
        CoapPeer? peer = _peers.Find(endPoint);
        if (peer is null)
            return _peers.TryPut(endPoint, peer = new CoapPeer(endPoint, _random()), 0, now) ? peer : null;
        _peers.TryTouch(endPoint, 0, now);
        return peer;
    }

    private void Enqueue(CoapPeer peer, CoapMessage message, Action<bool>? ended, TimeSpan now)
    {
        ushort id = peer.NextMessageId();
        peer.Waiting.Enqueue(new CoapOutgoing(id, (message with { Type = CoapType.Confirmable, MessageId = id }).Encode(), ended));
        SendNext(peer, now);
    }

    private void SendNext(CoapPeer peer, TimeSpan now)
    {
        if (peer.Sent is not null || peer.Waiting.Count == 0)
            return;
        peer.Sent = peer.Waiting.Dequeue();
        peer.Repetition = new CoapRetransmission(_settings.Timing, _random(), now);
        _sending.Add(peer);
        _peers.TryTouch(peer.EndPoint, 0, now);
        Send(peer.EndPoint, peer.Sent.Octets, now);
    }

    private void Acknowledged(IPEndPoint from, CoapMessage message, TimeSpan now)
    {
        // only the one that was sent to this client can be meant; what such a message carries besides is passed over (RFC 7252 5.2.2)
        if (_peers.Find(from) is not { Sent: { } sent } peer || sent.MessageId != message.MessageId)
            return;
        peer.IsVerified = true;
        End(peer, isAcknowledged: message.Type == CoapType.Acknowledgement, now);
    }

    private void End(CoapPeer peer, bool isAcknowledged, TimeSpan now)
    {
        CoapOutgoing sent = peer.Sent!;
        peer.Sent = null;
        peer.Repetition = null;
        _sending.Remove(peer);
        sent.Ended?.Invoke(isAcknowledged);
        SendNext(peer, now);
    }

    private void Send(IPEndPoint to, CoapMessage message, TimeSpan now) => Send(to, message.Encode(), now);

    private void Send(IPEndPoint to, ReadOnlyMemory<byte> octets, TimeSpan now)
    {
        if (_allowance.Spend(to.Address, octets.Length, now))
            _datagrams.Enqueue(new CoapDatagram(to, octets));
    }
}
