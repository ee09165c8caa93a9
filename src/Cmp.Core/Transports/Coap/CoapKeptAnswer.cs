using System;
using System.Collections.Generic;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>An answer that is too large for one message, kept while it is fetched block by block.</summary>
internal sealed class CoapKeptAnswer
{
    private readonly CoapMessage _answer;
    private readonly ReadOnlyMemory<byte> _entityTag;
    private readonly int _maxExponent;

    /// <summary>Keeps an answer.</summary>
    /// <param name="answer">Code, options and the whole body.</param>
    /// <param name="entityTag">What tells it from other answers (RFC 7959 2.4).</param>
    /// <param name="maxExponent">The size of its blocks.</param>
    public CoapKeptAnswer(CoapMessage answer, ReadOnlyMemory<byte> entityTag, int maxExponent)
    {
        _answer = answer;
        _entityTag = entityTag;
        _maxExponent = maxExponent;
    }

    /// <summary>The octets of the body.</summary>
    public int Length => _answer.Payload.Length;

    /// <summary>Called when the last block has been asked for.</summary>
    public Action? Fetched { get; init; }

    /// <summary>One block.</summary>
    /// <param name="asked">Which one, by number and size. It becomes no larger than the first one was; RFC 7959 2.4 lets a server answer with less.</param>
    /// <returns>The answer; <see langword="null"/> where the body does not go that far.</returns>
    public CoapMessage? Page(CoapBlock asked)
    {
        if (asked.Offset >= Length)
            return null;
        int exponent = Math.Min(asked.Exponent, _maxExponent);
        int offset = (int)asked.Offset;
        int length = Math.Min(1 << (exponent + 4), Length - offset);
        var block = new CoapBlock(offset >> (exponent + 4), offset + length < Length, exponent);
        if (!block.HasMore)
            Fetched?.Invoke();
        List<CoapOption> options = [.. _answer.Options, new CoapOption(CoapOptionNumber.ETag, _entityTag), block.ToOption(CoapOptionNumber.Block2)];
        if (offset == 0)
            options.Add(CoapOption.Of(CoapOptionNumber.Size2, (uint)Length));
        return _answer with { Options = options, Payload = _answer.Payload.Slice(offset, length) };
    }
}
