using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>What two endpoints say to each other of CMP over CoAP: the one asks, the other answers (RFC 7252, 7641, 7959, 9482).</summary>
/// <param name="reader">Who is told what is found.</param>
/// <param name="client">Who asks.</param>
/// <param name="server">Who is asked.</param>
internal sealed class CoapPair(RoadReader reader, IPEndPoint client, IPEndPoint server)
{
    /// <summary>Requests, and bodies in blocks, of one client that are remembered; the oldest are forgotten beyond them.</summary>
    private const int MaxRemembered = 64;

    private const int MaxShown = 200;
    private const ulong HashOfNothing = 14695981039346656037;

    /// <summary>How long a Message ID means the same message (RFC 7252 4.8.2, EXCHANGE_LIFETIME).</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(247);

    private readonly RecentMap<string, CoapQuestion> _questions = new(MaxRemembered);
    private readonly RecentMap<ulong, CoapPieces> _requests = new(MaxRemembered);
    private readonly RecentMap<ulong, CoapPieces> _responses = new(MaxRemembered);
    private readonly RecentMap<ulong, DateTimeOffset> _seen = new(2 * MaxRemembered);
    private int? _lastAnswerId;

    /// <summary>The place of this pair among those that are remembered.</summary>
    public LinkedListNode<CoapPair>? Node { get; set; }

    /// <summary>Who asks.</summary>
    public IPEndPoint Client => client;

    /// <summary>Who is asked.</summary>
    public IPEndPoint Server => server;

    /// <summary>Whether a datagram was seen before: it was sent again, or captured twice.</summary>
    /// <param name="datagram">The datagram.</param>
    /// <param name="time">When it was captured.</param>
    /// <returns>Whether it was.</returns>
    public bool IsCopy(ReadOnlySpan<byte> datagram, DateTimeOffset time)
    {
        ulong hash = Hash(HashOfNothing, datagram);
        bool isCopy = _seen.TryGet(hash, out DateTimeOffset before) && time - before < Lifetime;
        _seen.Set(hash, time, out _);
        return isCopy;
    }

    /// <summary>Whether a request goes on with what is known here.</summary>
    /// <param name="request">The request.</param>
    /// <returns>Whether it does.</returns>
    public bool GoesOn(CoapMessage request)
    {
        ulong key = KeyOf(request);
        return _requests.TryGet(key, out _) || _responses.TryGet(key, out _);
    }

    /// <summary>Takes a request of CMP.</summary>
    /// <param name="request">The request.</param>
    /// <param name="time">When it was captured.</param>
    /// <param name="packet">Its packet.</param>
    public void Ask(CoapMessage request, DateTimeOffset time, long packet)
    {
        ulong key = KeyOf(request);
        CoapBlock? up = request.FindBlock(CoapOptionNumber.Block1), down = request.FindBlock(CoapOptionNumber.Block2);
        _questions.Set(TokenOf(request), new CoapQuestion(key, request.MessageId, up), out _);
        // the next block of a response is asked for; what was asked stands in the first request
        if (down is { Number: > 0 } && request.Payload.IsEmpty)
            return;
        string text = TextOf(request);
        if (up is not { } block)
        {
            Abandon(_responses, key, MessageDirection.Response);
            TellWhole(MessageDirection.Request, request.Payload, text, time, packet,
                request.Has(CoapOptionNumber.Block1) ? "Its Block1 is none." : null, isDue: request.Code == CoapCode.Post);
            return;
        }
        if (block.Number == 0)
        {
            Abandon(_responses, key, MessageDirection.Response);
            Abandon(_requests, key, MessageDirection.Request);
        }
        CoapPieces pieces = PiecesOf(_requests, key, text, null, MessageDirection.Request);
        pieces.Add(block, request.Payload.Span, time, packet);
        if (block.HasMore)
            return;
        _requests.Remove(key);
        TellPieces(MessageDirection.Request, pieces, block, time, packet);
    }

    /// <summary>Whether a response answers a request that is known here.</summary>
    /// <param name="response">The response.</param>
    /// <returns>Whether it does.</returns>
    public bool IsAnswer(CoapMessage response) => _questions.TryGet(TokenOf(response), out _);

    /// <summary>Takes a response: to a request of CMP, or of CMP by itself.</summary>
    /// <param name="response">The response.</param>
    /// <param name="time">When it was captured.</param>
    /// <param name="packet">Its packet.</param>
    public void Answer(CoapMessage response, DateTimeOffset time, long packet)
    {
        _lastAnswerId = response.MessageId;
        string token = TokenOf(response);
        _questions.TryGet(token, out CoapQuestion? question);
        // the next block may come
        if (response.Code == CoapCode.Continue)
            return;
        ulong key = question?.Key ?? Hash(Hash(HashOfNothing, "?"u8), response.Token.Span);
        string text = "CoAP " + response.Code + (response.Code.Phrase.Length == 0 ? "" : " " + response.Code.Phrase)
            + (response.FindNumber(CoapOptionNumber.Observe) is { } observe ? ", Observe " + observe.ToString(CultureInfo.InvariantCulture) : "");
        if (!response.Code.IsSuccess && question is { Block: { HasMore: true } })
            Abandon(_requests, key, MessageDirection.Request);
        if (!response.Code.IsSuccess && !IsCmp(response))
        {
            Abandon(_responses, key, MessageDirection.Response);
            string reason = response.FindNumber(CoapOptionNumber.ContentFormat) is null or CoapContentFormat.Text ? TcpErrorMessage.ReadText(response.Payload.Span) : "";
            if (reason.Length > MaxShown)
                reason = reason.Substring(0, MaxShown) + "…";
            Tell(MessageDirection.Response, time, packet, default, reason.Length == 0 ? text : text + ": " + reason, null);
            return;
        }
        if (response.FindBlock(CoapOptionNumber.Block2) is not { } block)
        {
            TellWhole(MessageDirection.Response, response.Payload, text, time, packet, response.Has(CoapOptionNumber.Block2) ? "Its Block2 is none." : null, isDue: false);
            return;
        }
        string? tag = response.Find(CoapOptionNumber.ETag) is { } option ? Hex(option.Value.Span) : null;
        // another version of what is asked for begins anew, and so does the same again
        if (_responses.TryGet(key, out CoapPieces? known) && (block.Number == 0 || known!.ETag != tag))
            Abandon(_responses, key, MessageDirection.Response);
        CoapPieces pieces = PiecesOf(_responses, key, text, tag, MessageDirection.Response);
        pieces.Add(block, response.Payload.Span, time, packet);
        if (block.HasMore)
            return;
        _responses.Remove(key);
        TellPieces(MessageDirection.Response, pieces, block, time, packet);
    }

    /// <summary>Takes a reset: who sends it could not understand a message.</summary>
    /// <param name="isOfClient">Whether the client sends it.</param>
    /// <param name="messageId">The message.</param>
    /// <param name="time">When it was captured.</param>
    /// <param name="packet">Its packet.</param>
    public void Reset(bool isOfClient, ushort messageId, DateTimeOffset time, long packet)
    {
        if (isOfClient)
        {
            if (_lastAnswerId == messageId)
                Tell(MessageDirection.Request, time, packet, default, "CoAP reset", null);
            return;
        }
        foreach (CoapQuestion question in _questions.Values)
        {
            if (question.MessageId != messageId)
                continue;
            Abandon(_requests, question.Key, MessageDirection.Request);
            Tell(MessageDirection.Response, time, packet, default, "CoAP reset", null);
            return;
        }
    }

    /// <summary>No more comes: what is unfinished is told as far as it is.</summary>
    public void End()
    {
        foreach (CoapPieces pieces in _requests.Values)
            TellUnfinished(pieces, MessageDirection.Request);
        foreach (CoapPieces pieces in _responses.Values)
            TellUnfinished(pieces, MessageDirection.Response);
        _requests.Clear();
        _responses.Clear();
    }

    /// <summary>Whether a message says by its format or by its octets that it carries CMP.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether it does.</returns>
    public static bool IsCmp(CoapMessage message) =>
        (message.FindNumber(CoapOptionNumber.ContentFormat) == CoapContentFormat.Pkixcmp && !message.Payload.IsEmpty)
        || PkiMessageShape.Judge(message.Payload.Span, null, int.MaxValue) == true;

    private CoapPieces PiecesOf(RecentMap<ulong, CoapPieces> map, ulong key, string text, string? tag, MessageDirection direction)
    {
        if (map.TryGet(key, out CoapPieces? known))
            return known!;
        CoapPieces pieces = new(reader.Budget, reader.MaxBytes, text) { ETag = tag };
        map.Set(key, pieces, out CoapPieces? forgotten);
        if (forgotten is not null)
            TellUnfinished(forgotten, direction);
        return pieces;
    }

    private void Abandon(RecentMap<ulong, CoapPieces> map, ulong key, MessageDirection direction)
    {
        if (!map.TryGet(key, out CoapPieces? pieces))
            return;
        map.Remove(key);
        TellUnfinished(pieces!, direction);
    }

    private void TellUnfinished(CoapPieces pieces, MessageDirection direction)
    {
        pieces.Finish(null, out string? defect);
        Tell(direction, pieces.Time, pieces.Packet, default, pieces.Road, defect);
    }

    private void TellPieces(MessageDirection direction, CoapPieces pieces, CoapBlock last, DateTimeOffset time, long packet)
    {
        ReadOnlyMemory<byte> octets = pieces.Finish(last, out string? defect);
        if (defect is null)
            TellWhole(direction, octets, pieces.Road, time, packet, null, isDue: true);
        else
            Tell(direction, time, packet, default, pieces.Road, defect);
    }

    private void TellWhole(MessageDirection direction, ReadOnlyMemory<byte> octets, string text, DateTimeOffset time, long packet, string? defect, bool isDue)
    {
        if (octets.IsEmpty)
            Tell(direction, time, packet, default, text, defect ?? (isDue ? "There is no message in it." : null));
        else
            Tell(direction, time, packet, octets.ToArray(), text, defect ?? reader.DefectOf(octets.Span));
    }

    private void Tell(MessageDirection direction, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets, string text, string? defect) =>
        reader.Tell(new CapturedItem(CaptureRoad.Coap, direction, client, server, time, packet) { Octets = octets, RoadText = text, Defect = defect });

    private static string TextOf(CoapMessage request)
    {
        string path = CoapPath.TextOf(request);
        string text = (request.Code.Phrase.Length == 0 ? request.Code.ToString() : request.Code.Phrase) + " " + (path.Length <= MaxShown ? path : path.Substring(0, MaxShown) + "…");
        if (request.FindNumber(CoapOptionNumber.ContentFormat) is { } format and not CoapContentFormat.Pkixcmp)
            text += " (Content-Format " + format.ToString(CultureInfo.InvariantCulture) + ")";
        return request.FindNumber(CoapOptionNumber.Observe) is { } observe ? text + ", Observe " + observe.ToString(CultureInfo.InvariantCulture) : text;
    }

    /// <summary>What all blocks of an operation have in common (RFC 7959 2.4, RFC 9175 3.2), as a number: a peer's path may have 64 kB, and many are remembered.</summary>
    private static ulong KeyOf(CoapMessage request)
    {
        ulong hash = Hash(HashOfNothing, [request.Code.Value]);
        foreach (CoapOption option in request.Options)
        {
            if (option.Number is CoapOptionNumber.UriPath or CoapOptionNumber.UriQuery or CoapOptionNumber.RequestTag)
                hash = Hash(Hash(hash, [(byte)(option.Number >> 8), (byte)option.Number, (byte)(option.Value.Length >> 8), (byte)option.Value.Length]), option.Value.Span);
        }
        return hash;
    }

    /// <summary>FNV-1a. Who makes two alike hides or mixes up messages of his own.</summary>
    private static ulong Hash(ulong hash, ReadOnlySpan<byte> octets)
    {
        foreach (byte octet in octets)
            hash = (hash ^ octet) * 1099511628211;
        return hash;
    }

    private static string TokenOf(CoapMessage message) => Hex(message.Token.Span);

    private static string Hex(ReadOnlySpan<byte> octets)
    {
        const string Digits = "0123456789ABCDEF";
        char[] text = new char[2 * octets.Length];
        for (int i = 0; i < octets.Length; i++)
        {
            text[2 * i] = Digits[octets[i] >> 4];
            text[(2 * i) + 1] = Digits[octets[i] & 15];
        }
        return new string(text);
    }
}
