using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Net;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// A client's end of CoAP's message layer towards one server (RFC 7252 4 and 5.2): requests go out confirmable and are repeated until they are
/// acknowledged, responses are led to their requests by source, token and Message ID, and acknowledged; what belongs to nothing is reset or passed over.
/// It has no socket and no clock: datagrams and the time come with each call. It is not safe from several threads.
/// </summary>
internal sealed class CoapMessageLayer
{
    private const int TokenBytes = 8;

    /// <summary>Messages of the server that are known again when they come a second time.</summary>
    private const int MaxKnown = 256;

    /// <summary>Half of the Message IDs: whoever uses them up in one piece cannot tell any more which are free again (RFC 7252 4.4).</summary>
    private const int MaxIds = 0x8000;

    private static readonly int[] Understood = [CoapOptionNumber.Block1, CoapOptionNumber.Block2];

    private readonly IPEndPoint _server;
    private readonly CoapTiming _timing;
    private readonly Func<int, byte[]> _random;
    private readonly List<CoapRequest> _requests = [];
    private readonly Queue<byte[]> _datagrams = new();
    private readonly Dictionary<ushort, Known> _known = [];
    private readonly Queue<ushort> _knownIds = new();
    private ushort _nextId;
    private int _ids;

    /// <summary>An end that has sent nothing yet.</summary>
    /// <param name="server">Where the server is; only what comes from there counts.</param>
    /// <param name="timing">The times of the message layer.</param>
    /// <param name="random">Octets at random, as many as are asked for: for tokens, the first Message ID and the first wait.</param>
    public CoapMessageLayer(IPEndPoint server, CoapTiming timing, Func<int, byte[]> random)
    {
        _server = server;
        _timing = timing;
        _random = random;
        _nextId = BinaryPrimitives.ReadUInt16BigEndian(random(2));
    }

    /// <summary>Whether so many Message IDs are used up that this end is not to begin anything new.</summary>
    public bool IsWorn => _ids >= MaxIds;

    /// <summary>Datagrams that were passed over.</summary>
    public int Ignored { get; private set; }

    /// <summary>Why the last one was passed over, a few words for people; <see langword="null"/> where none was.</summary>
    public string? LastIgnored { get; private set; }

    /// <summary>Whether any datagram came that belongs to something we said.</summary>
    public bool HasHeard { get; private set; }

    /// <summary>When <see cref="Tick"/> has something to do at the earliest, or <see langword="null"/>.</summary>
    public TimeSpan? Due
    {
        get
        {
            TimeSpan? due = null;
            foreach (CoapRequest request in _requests)
            {
                if (request.Repetition is { } repetition && !(due < repetition.Due))
                    due = repetition.Due;
            }
            return due;
        }
    }

    /// <summary>The server is there, as is known from elsewhere.</summary>
    public void Hear() => HasHeard = true;

    /// <summary>Whether a message that nobody has acknowledged was sent again as often.</summary>
    /// <param name="times">How often.</param>
    /// <returns>Whether one was.</returns>
    public bool HasRepeated(int times)
    {
        foreach (CoapRequest request in _requests)
        {
            if (request is { State: CoapRequestState.Sent, Repetition: { } repetition } && repetition.Count >= times)
                return true;
        }
        return false;
    }

    /// <summary>Takes the next datagram that is to be sent to the server.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out byte[] datagram)
    {
        bool has = _datagrams.Count > 0;
        datagram = has ? _datagrams.Dequeue() : [];
        return has;
    }

    /// <summary>Sends a request, confirmable as all of CMP's are (RFC 9482 2.3).</summary>
    /// <param name="method">The method.</param>
    /// <param name="options">Its options.</param>
    /// <param name="payload">Its payload; may be empty.</param>
    /// <param name="isObserving">Whether more responses than one may come.</param>
    /// <param name="now">The time.</param>
    /// <returns>The request; it is followed until <see cref="Forget"/>.</returns>
    public CoapRequest Send(CoapCode method, IReadOnlyList<CoapOption> options, ReadOnlyMemory<byte> payload, bool isObserving, TimeSpan now)
    {
        byte[] token;
        do
            token = _random(TokenBytes);
        while (Find(token) is not null);
        CoapRequest request = new()
        {
            Message = new CoapMessage { Type = CoapType.Confirmable, Code = method, MessageId = NextId(), Token = token, Options = options, Payload = payload },
            IsObserving = isObserving,
        };
        _requests.Add(request);
        Begin(request, now);
        return request;
    }

    /// <summary>Sends an observing request once more, as a new message with the same token (RFC 7641 3.3.1).</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The time.</param>
    public void Renew(CoapRequest request, TimeSpan now)
    {
        request.Message = request.Message with { MessageId = NextId() };
        Begin(request, now);
    }

    /// <summary>Sends a message with the token of a request, once, and does not wait for what comes of it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="options">The options of the message.</param>
    public void SendOnce(CoapRequest request, IReadOnlyList<CoapOption> options) =>
        _datagrams.Enqueue((request.Message with { MessageId = NextId(), Options = options, Payload = default }).Encode());

    /// <summary>Follows a request no further: what comes for it is reset or passed over.</summary>
    /// <param name="request">The request.</param>
    public void Forget(CoapRequest request) => _requests.Remove(request);

    /// <summary>A datagram came.</summary>
    /// <param name="from">Where from.</param>
    /// <param name="datagram">Its octets, which nobody writes to any more.</param>
    /// <param name="now">The time.</param>
    public void Receive(IPEndPoint from, ReadOnlyMemory<byte> datagram, TimeSpan now)
    {
        if (!from.Equals(_server))
        {
            // nothing is sent there either: anybody could have us do it
            Ignore("it came from " + from);
            return;
        }
        if (CoapMessage.Decode(datagram, out CoapMessage? message) is { } refusal)
        {
            Ignore("it is no CoAP message: " + refusal);
            if (refusal.ResetId is { } id && datagram.Span[0] >> 4 == (0x40 >> 4))
                Reply(CoapMessage.ResetOf(id));
            return;
        }
        if (message!.Type == CoapType.Reset)
            TakeReset(message);
        else if (message.Type == CoapType.Acknowledgement)
            TakeAcknowledgement(message);
        else
            TakeMessage(message, now);
    }

    /// <summary>
    /// The network says that nobody listens at the server's port. One such word could be anybody's, or meant for a moment in which the server
    /// was started anew: it counts when it comes again for a repetition, with nothing heard in between.
    /// </summary>
    public void TakeRefusal()
    {
        foreach (CoapRequest request in _requests)
        {
            if (request is not { State: CoapRequestState.Sent, Repetition: { } repetition })
                continue;
            if (request.RefusedAt < 0)
                request.RefusedAt = repetition.Count;
            else if (request.RefusedAt != repetition.Count)
                End(request, CoapRequestState.Refused);
        }
    }

    /// <summary>Sends again what nobody acknowledged.</summary>
    /// <param name="now">The time.</param>
    public void Tick(TimeSpan now)
    {
        foreach (CoapRequest request in _requests)
        {
            if (request.Repetition is not { } repetition || repetition.Due > now)
                continue;
            if (repetition.Repeat(now))
                _datagrams.Enqueue(request.Message.Encode());
            else
                End(request, CoapRequestState.Unheard);
        }
        while (_knownIds.Count > 0 && _known[_knownIds.Peek()].Until <= now)
            _known.Remove(_knownIds.Dequeue());
    }

    private void Begin(CoapRequest request, TimeSpan now)
    {
        request.State = CoapRequestState.Sent;
        request.RefusedAt = -1;
        request.Repetition = new CoapRetransmission(_timing, BinaryPrimitives.ReadUInt16BigEndian(_random(2)) / (double)ushort.MaxValue, now);
        _datagrams.Enqueue(request.Message.Encode());
    }

    private static void End(CoapRequest request, CoapRequestState state)
    {
        request.State = state;
        request.Repetition = null;
    }

    private ushort NextId()
    {
        _ids++;
        return _nextId++;
    }

    private void Reply(CoapMessage message) => _datagrams.Enqueue(message.Encode());

    private void Ignore(string reason)
    {
        Ignored++;
        LastIgnored = reason;
    }

    /// <summary>It counts for a message that waits for its acknowledgement, and for no other (RFC 7252 4.2).</summary>
    private void TakeReset(CoapMessage message)
    {
        if (Find(message.MessageId) is not { State: CoapRequestState.Sent } request)
        {
            Ignore("it resets what was not sent, or what was acknowledged");
            return;
        }
        HasHeard = true;
        End(request, CoapRequestState.Reset);
    }

    private void TakeAcknowledgement(CoapMessage message)
    {
        CoapRequest? request = Find(message.MessageId);
        if (request is null)
        {
            // a copy of one that came, mostly
            Ignore("it acknowledges what does not wait");
        }
        else if (message.Code == CoapCode.Empty)
        {
            HasHeard = true;
            request.RefusedAt = -1;
            if (request.State == CoapRequestState.Sent)
                End(request, CoapRequestState.Acknowledged);
        }
        else if (!message.Code.IsResponse || !message.Token.Span.SequenceEqual(request.Message.Token.Span))
        {
            // RFC 7252 5.3.2: of a piggybacked response Message ID and token match
            Ignore("its token is not that of the request which it acknowledges");
        }
        else if (message.FindNotUnderstood(Understood) is { } option)
        {
            Ignore("it has the critical " + option + ", which is not understood");
        }
        else if (request.State is CoapRequestState.Sent or CoapRequestState.Acknowledged)
        {
            HasHeard = true;
            request.Add(message);
        }
        else
        {
            Ignore("it answers what has been answered");
        }
    }

    /// <summary>A separate response, a notification, or what nobody asked for; a copy of one is answered as the first was, and not looked at again (RFC 7252 4.5).</summary>
    private void TakeMessage(CoapMessage message, TimeSpan now)
    {
        if (_known.TryGetValue(message.MessageId, out Known known) && known.Until > now)
        {
            if (known.Reply is not null)
                _datagrams.Enqueue(known.Reply);
            return;
        }
        bool isConfirmable = message.Type == CoapType.Confirmable;
        CoapRequest? request = message.Code.IsResponse ? Find(message.Token.Span) : null;
        CoapMessage? reply = isConfirmable ? CoapMessage.ResetOf(message.MessageId) : null;
        if (request is null || (request.State == CoapRequestState.Answered && !request.IsObserving))
        {
            Ignore(message.Code.IsResponse ? "its token is of no request that waits" : "it is no response");
            // who no longer observes says so by a reset of what comes all the same, confirmable or not (RFC 7641 3.6)
            if (message.Code.IsResponse)
                reply = CoapMessage.ResetOf(message.MessageId);
        }
        else if (message.FindNotUnderstood(Understood) is { } option)
        {
            Ignore("it has the critical " + option + ", which is not understood");
        }
        else
        {
            reply = isConfirmable ? message.Acknowledge() : null;
            HasHeard = true;
            request.RefusedAt = -1;
            request.Add(message);
        }
        byte[]? octets = reply?.Encode();
        if (octets is not null)
            _datagrams.Enqueue(octets);
        Remember(message.MessageId, new Known(octets, now + (isConfirmable ? _timing.ExchangeLifetime : _timing.NonLifetime)));
    }

    private void Remember(ushort id, Known known)
    {
        if (!_known.ContainsKey(id))
        {
            if (_knownIds.Count == MaxKnown)
                _known.Remove(_knownIds.Dequeue());
            _knownIds.Enqueue(id);
        }
        _known[id] = known;
    }

    private CoapRequest? Find(ushort messageId)
    {
        foreach (CoapRequest request in _requests)
        {
            if (request.Message.MessageId == messageId)
                return request;
        }
        return null;
    }

    private CoapRequest? Find(ReadOnlySpan<byte> token)
    {
        foreach (CoapRequest request in _requests)
        {
            if (request.Message.Token.Span.SequenceEqual(token))
                return request;
        }
        return null;
    }

    private readonly record struct Known(byte[]? Reply, TimeSpan Until);
}
