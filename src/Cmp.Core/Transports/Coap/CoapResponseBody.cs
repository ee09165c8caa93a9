using System;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>The body of a response that comes in blocks (RFC 7959 2.4): each block must be the one that is due, of the same version of the same body.</summary>
internal sealed class CoapResponseBody
{
    private const int FirstRoom = 4096;

    private readonly CoapQuestion _question;
    private readonly CoapMessage _first;
    private readonly uint? _total;
    private byte[] _octets = [];
    private int _have;
    private int _exponent;

    /// <summary>Begins with the first block.</summary>
    /// <param name="question">What was asked.</param>
    /// <param name="first">The response that carries block 0.</param>
    /// <exception cref="CmpException"><c>CmpCoap.Block</c>, <c>CmpMessage.TooLarge</c>.</exception>
    public CoapResponseBody(CoapQuestion question, CoapMessage first)
    {
        _question = question;
        _first = first;
        _exponent = CoapBlock.MaxExponent;
        // RFC 7959 4: a server may say how long all of it is. Nothing is allocated for that
        _total = first.FindNumber(CoapOptionNumber.Size2);
        if (_total > _question.MaxResponseBytes)
            throw MessageOctets.TooLarge(_total.Value, _question.MaxResponseBytes, first.Payload.Span);
        Add(first);
    }

    /// <summary>Whether all blocks are there.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The block to ask for.</summary>
    public CoapBlock Next => new(_have >> (_exponent + 4), HasMore: false, _exponent);

    /// <summary>The whole response.</summary>
    /// <returns>The response.</returns>
    public CoapResponse ToResponse() => CoapResponse.Of(_first, _octets.AsMemory(0, _have));

    /// <summary>Takes the next block.</summary>
    /// <param name="message">The response that carries it.</param>
    /// <exception cref="CmpException"><c>CmpCoap.Block</c>: it is another block; <c>CmpCoap.Changed</c>: it is one of another body; <c>CmpMessage.TooLarge</c>; <c>CmpCoap.404</c> and the like: an error came in its place.</exception>
    public void Add(CoapMessage message)
    {
        bool isFirst = ReferenceEquals(message, _first);
        if (message.Code != _first.Code)
            throw CoapFailure.Status(CoapResponse.Of(message, message.Payload), _question.Server, hasBegun: true);
        if (message.FindBlock(CoapOptionNumber.Block2) is not { } block)
            throw CoapFailure.Block(_question.Server, "a response that was begun in blocks goes on without one, or with one that there cannot be.");
        if (block.Offset != _have || block.Exponent > _exponent)
            throw CoapFailure.Block(_question.Server, "block " + block + " of its response came where the one at octet " + _have.ToString(CultureInfo.InvariantCulture) + " was due.");
        if (message.Payload.Length > block.Size || (block.HasMore && message.Payload.Length < block.Size))
            throw CoapFailure.Block(_question.Server, "block " + block + " of its response has " + message.Payload.Length.ToString(CultureInfo.InvariantCulture) + " octets.");
        if (!isFirst && !IsSameVersion(message))
            throw CoapFailure.Changed(_question.Server);
        if (_total is { } total && message.FindNumber(CoapOptionNumber.Size2) is { } said && said != total)
            throw CoapFailure.Block(_question.Server, "its response was to have " + total.ToString(CultureInfo.InvariantCulture) + " octets, and then " + said.ToString(CultureInfo.InvariantCulture) + ".");
        long length = (long)_have + message.Payload.Length;
        if (length + (block.HasMore ? 1 : 0) > _question.MaxResponseBytes)
            throw MessageOctets.TooLarge(length + (block.HasMore ? 1 : 0), _question.MaxResponseBytes, _first.Payload.Span);
        if (length > _octets.Length)
            Array.Resize(ref _octets, (int)Math.Min(Math.Max(2L * length, FirstRoom), _question.MaxResponseBytes));
        message.Payload.Span.CopyTo(_octets.AsSpan(_have));
        _have = (int)length;
        IsWhole = !block.HasMore;
        // whoever answers in smaller blocks is asked for those; at first we may want smaller ones than came (RFC 7959 figure 4)
        _exponent = Math.Min(block.Exponent, _question.Exponent);
    }

    /// <summary>RFC 7959 2.4: blocks with another ETag, or with one where there was none, are not of the same body.</summary>
    private bool IsSameVersion(CoapMessage message)
    {
        CoapOption? first = _first.Find(CoapOptionNumber.ETag), now = message.Find(CoapOptionNumber.ETag);
        return first is null ? now is null : now is not null && now.Value.Value.Span.SequenceEqual(first.Value.Value.Span);
    }
}
