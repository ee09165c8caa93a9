using System;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// One question and its response over CoAP, in as many blocks as both take (RFC 7959): the body goes out in blocks of Block1, the response is fetched
/// in blocks of Block2. It has no socket and no clock, and ends in a response or in an error before its time is up.
/// </summary>
internal sealed class CoapTransfer : ICoapWork
{
    private readonly CoapMessageLayer _layer;
    private readonly CoapQuestion _question;
    private readonly TimeSpan _deadline;
    private CoapRequest? _request;
    private CoapResponseBody? _response;
    private int _exponent;
    private int _sent;
    private bool _inBlocks;
    private bool _beganAnew;

    /// <summary>Asks a question; its first datagram waits to be sent.</summary>
    /// <param name="layer">What carries it.</param>
    /// <param name="question">The question.</param>
    /// <param name="deadline">Until when it may take.</param>
    /// <param name="now">The time.</param>
    public CoapTransfer(CoapMessageLayer layer, CoapQuestion question, TimeSpan deadline, TimeSpan now)
    {
        _layer = layer;
        _question = question;
        _deadline = deadline;
        _exponent = question.Exponent;
        _inBlocks = question.Body.Length > 1 << (_exponent + 4);
        SendBody(now);
    }

    /// <summary>Fetches the rest of a response whose first block came by itself, as of a notification (RFC 7959 3.4).</summary>
    /// <param name="layer">What carries it.</param>
    /// <param name="question">What would ask for it.</param>
    /// <param name="first">The message with the first block.</param>
    /// <param name="deadline">Until when it may take.</param>
    /// <param name="now">The time.</param>
    public CoapTransfer(CoapMessageLayer layer, CoapQuestion question, CoapMessage first, TimeSpan deadline, TimeSpan now)
    {
        _layer = layer;
        _question = question;
        _deadline = deadline;
        Guard(() => TakeFirst(first, now));
    }

    /// <summary>The response; <see langword="null"/> until it is whole.</summary>
    public CoapResponse? Response { get; private set; }

    /// <inheritdoc/>
    public CmpException? Error { get; private set; }

    /// <inheritdoc/>
    public bool IsOver => Response is not null || Error is not null;

    /// <inheritdoc/>
    public TimeSpan? Due => IsOver ? null : _deadline;

    /// <inheritdoc/>
    public void Advance(TimeSpan now)
    {
        while (!IsOver && _request!.State is not (CoapRequestState.Sent or CoapRequestState.Acknowledged))
            Guard(() => Take(now));
        if (!IsOver && now >= _deadline)
            End(CoapFailure.Timeout(_question, _layer));
    }

    /// <summary>Ends it without a response.</summary>
    public void Abandon()
    {
        if (_request is not null)
            _layer.Forget(_request);
    }

    /// <summary>Whatever is wrong with what came ends the transfer, and is not thrown.</summary>
    private void Guard(Action take)
    {
        try
        {
            take();
        }
        catch (CmpException e)
        {
            End(e);
        }
    }

    private void End(CmpException error)
    {
        Abandon();
        Error = error;
    }

    private void End(CoapResponse response)
    {
        Abandon();
        Response = response;
    }

    private void Send(CoapCode method, ReadOnlyMemory<byte> payload, bool hasBody, TimeSpan now, params CoapOption[] more)
    {
        Abandon();
        _request = _layer.Send(method, _question.Options(hasBody, more), payload, isObserving: false, now);
    }

    /// <summary>Sends the body, or the block of it that is due.</summary>
    private void SendBody(TimeSpan now)
    {
        ReadOnlyMemory<byte> body = _question.Body;
        // who wants smaller blocks of the response than there may be says so with the last block of the request (RFC 7959 figure 11)
        CoapOption[] wanted = _question.Exponent < CoapBlock.MaxExponent ? [new CoapBlock(0, HasMore: false, _question.Exponent).ToOption(CoapOptionNumber.Block2)] : [];
        if (!_inBlocks)
        {
            Send(_question.Method, body, hasBody: !body.IsEmpty, now, wanted);
            return;
        }
        int size = 1 << (_exponent + 4);
        int number = _sent >> (_exponent + 4);
        bool hasMore = body.Length - _sent > size;
        if (number > CoapBlock.MaxNumber)
            throw CoapFailure.Block(_question.Server, "the message is too long for the blocks that the server wants.");
        CoapOption block = new CoapBlock(number, hasMore, _exponent).ToOption(CoapOptionNumber.Block1);
        CoapOption[] more = _sent == 0 ? [block, CoapOption.Of(CoapOptionNumber.Size1, (uint)body.Length)] : [block];
        Send(_question.Method, body.Slice(_sent, hasMore ? size : body.Length - _sent), hasBody: true, now, hasMore ? more : [.. more, .. wanted]);
    }

    private void Take(TimeSpan now)
    {
        CoapRequest request = _request!;
        switch (request.State)
        {
            case CoapRequestState.Reset:
                throw CoapFailure.Reset(_question.Server);
            case CoapRequestState.Unheard:
                throw CoapFailure.Unheard(_question.Server, _layer);
            case CoapRequestState.Refused:
                throw CoapFailure.Refused(_question.Server);
        }
        CoapMessage message = request.Take()!;
        if (_response is not null)
        {
            _response.Add(message);
            FetchOrEnd(now);
        }
        else if (_inBlocks || message.Code == CoapCode.RequestEntityTooLarge || message.Code == CoapCode.Continue)
        {
            TakeWhileSending(message, now);
        }
        else
        {
            TakeFirst(message, now);
        }
    }

    /// <summary>A response to a block of the request, or one that asks for smaller blocks.</summary>
    private void TakeWhileSending(CoapMessage message, TimeSpan now)
    {
        int size = 1 << (_exponent + 4);
        bool isLast = !_inBlocks || _question.Body.Length - _sent <= size;
        CoapBlock? block = message.FindBlock(CoapOptionNumber.Block1);
        if (message.Code == CoapCode.RequestEntityTooLarge && block is { } wanted && wanted.Exponent < _exponent && !(message.FindNumber(CoapOptionNumber.Size1) < _question.Body.Length))
        {
            // RFC 7959 2.9.3: the block is too large, the body is not. Each turn makes them smaller, so this ends
            BeginAnew(wanted.Exponent, now);
        }
        else if (message.Code == CoapCode.RequestEntityIncomplete && !_beganAnew)
        {
            // RFC 7959 2.9.2: blocks got lost at the server, which therefore did nothing yet
            _beganAnew = true;
            BeginAnew(_exponent, now);
        }
        else if (!message.Code.IsSuccess || (isLast && message.Code != CoapCode.Continue))
        {
            if (message.Code.IsSuccess)
                Check(block);
            TakeFirst(message, now);
        }
        else if (message.Code != CoapCode.Continue || isLast)
        {
            throw CoapFailure.Block(_question.Server, isLast
                ? "it asks for more of a message that it has whole."
                : "it answered with " + message.Code + " before it had the whole message.");
        }
        else
        {
            if (block is null)
                throw CoapFailure.Block(_question.Server, "it asks for more of the message without saying which block came.");
            Check(block);
            _sent += size;
            // RFC 7959 2.3: the server may want smaller blocks from here on
            _exponent = Math.Min(_exponent, block.Value.Exponent);
            SendBody(now);
        }
    }

    private void BeginAnew(int exponent, TimeSpan now)
    {
        _exponent = exponent;
        _sent = 0;
        _inBlocks = _question.Body.Length > 1 << (exponent + 4);
        SendBody(now);
    }

    /// <summary>The server says which block it means: the one that was sent.</summary>
    private void Check(CoapBlock? block)
    {
        if (block is { } named && named.Number != _sent >> (_exponent + 4))
        {
            throw CoapFailure.Block(_question.Server, "it answers to block " + named.Number.ToString(CultureInfo.InvariantCulture) + " of the message where block "
                + (_sent >> (_exponent + 4)).ToString(CultureInfo.InvariantCulture) + " was sent.");
        }
    }

    /// <summary>The response begins: whole, or with its first block.</summary>
    private void TakeFirst(CoapMessage message, TimeSpan now)
    {
        if (!message.Has(CoapOptionNumber.Block2))
        {
            if (message.Payload.Length > _question.MaxResponseBytes)
                throw MessageOctets.TooLarge(message.Payload.Length, _question.MaxResponseBytes, message.Payload.Span);
            End(CoapResponse.Of(message, message.Payload));
            return;
        }
        _response = new CoapResponseBody(_question, message);
        FetchOrEnd(now);
    }

    /// <summary>Asks for the next block, with the same method and without a body (RFC 7959 3.3).</summary>
    private void FetchOrEnd(TimeSpan now)
    {
        if (_response!.IsWhole)
            End(_response.ToResponse());
        else
            Send(_question.Method, default, hasBody: false, now, _response.Next.ToOption(CoapOptionNumber.Block2));
    }
}
