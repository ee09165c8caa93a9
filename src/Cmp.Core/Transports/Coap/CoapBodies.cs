using System;
using System.Buffers.Binary;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// Bodies that are larger than a datagram (RFC 7959): those of requests are put together here, those of answers are kept until they are fetched.
/// A block that does not fit changes nothing: what was there before waits for the one that does. No clock, no socket.
/// </summary>
internal sealed class CoapBodies
{
    /// <summary>Seconds after which one who was told that there is no room may try again.</summary>
    internal const int RetryAfter = 5;

    private readonly CoapListenerSettings _settings;
    private readonly int _exponent;
    private readonly CoapStore<CoapTransferKey, CoapAssembly> _requests;
    private readonly CoapStore<CoapTransferKey, CoapKeptAnswer> _answers;
    private uint _entityTag;

    /// <summary>Nothing is there yet.</summary>
    /// <param name="settings">What is borne.</param>
    /// <param name="random">0 to 1, at random.</param>
    public CoapBodies(CoapListenerSettings settings, double random)
    {
        _settings = settings;
        _exponent = CoapBlock.ExponentOf(settings.BlockSize);
        _entityTag = (uint)(random * uint.MaxValue);
        TimeSpan lifetime = settings.Timing.ExchangeLifetime;
        // one that has just sent a block is at work; one that is silent for longer than a repetition takes gives way to others
        _requests = new(settings.MaxUnfinished, settings.MaxMemoryBytes, lifetime, (_, age) => age < settings.Timing.AckTimeout + settings.Timing.AckTimeout);
        _answers = new(int.MaxValue, settings.MaxMemoryBytes, lifetime);
    }

    /// <summary>Requests that are not whole yet.</summary>
    public int Unfinished => _requests.Count;

    /// <summary>Answers that are kept.</summary>
    public int Kept => _answers.Count;

    /// <summary>When <see cref="Expire"/> has something to do at the earliest, or <see langword="null"/>.</summary>
    public TimeSpan? Due => _requests.Due is { } request && !(_answers.Due < request) ? request : _answers.Due;

    /// <summary>Forgets what nobody goes on with.</summary>
    /// <param name="now">The time.</param>
    public void Expire(TimeSpan now)
    {
        _requests.Expire(now);
        _answers.Expire(now);
    }

    /// <summary>The Block1 option of an answer: which block is acknowledged, and which size is preferred (RFC 7959 2.3).</summary>
    /// <param name="block">The block that came.</param>
    /// <returns>The option.</returns>
    public CoapOption Acknowledge(CoapBlock block) =>
        (block with { Exponent = Math.Min(block.Exponent, _exponent) }).ToOption(CoapOptionNumber.Block1);

    /// <summary>One block of a request has come.</summary>
    /// <param name="key">The operation.</param>
    /// <param name="request">The message.</param>
    /// <param name="block">Its Block1.</param>
    /// <param name="received">The octets of its datagram.</param>
    /// <param name="now">The time.</param>
    /// <param name="whole">The request where this was its last block; it is forgotten here.</param>
    /// <returns>What is to be answered; <see langword="null"/> where the request is whole.</returns>
    public CoapMessage? Take(CoapTransferKey key, CoapMessage request, CoapBlock block, int received, TimeSpan now, out CoapAssembly? whole)
    {
        whole = null;
        ReadOnlyMemory<byte> payload = request.Payload;
        if (block.HasMore && payload.Length != block.Size)
            return CoapAnswer.Of(CoapCode.BadRequest, "A block that is not the last has the size that it names.");
        if (request.FindNumber(CoapOptionNumber.Size1) > _settings.MaxRequestBytes || block.Offset + payload.Length > _settings.MaxRequestBytes)
            return CoapAnswer.TooLarge(_settings.MaxRequestBytes);
        CoapAssembly? assembly = _requests.Find(key);
        if (block.Number == 0)
        {
            // RFC 7959 2.5: who begins anew has forgotten what was before
            _requests.Remove(key);
            assembly = new CoapAssembly(payload, received);
            if (block.HasMore && !_requests.TryPut(key, assembly, assembly.Capacity, now))
                return CoapAnswer.Busy(RetryAfter);
        }
        else if (assembly is null)
        {
            return CoapAnswer.Of(CoapCode.RequestEntityIncomplete, "The blocks before this one are not here.");
        }
        else if (block.HasMore && assembly.Holds(block.Offset, payload))
        {
            return Continue(block);
        }
        else if (block.Offset != assembly.Length)
        {
            return CoapAnswer.Of(CoapCode.RequestEntityIncomplete,
                "Octet " + assembly.Length.ToString(CultureInfo.InvariantCulture) + " comes next, not " + block.Offset.ToString(CultureInfo.InvariantCulture) + ".");
        }
        else if (!_requests.TryTouch(key, assembly.CapacityWith(payload.Length), now))
        {
            return CoapAnswer.Busy(RetryAfter);
        }
        else
        {
            assembly.Add(payload, received);
        }
        if (block.HasMore)
            return Continue(block);
        _requests.Remove(key);
        whole = assembly;
        return null;
    }

    /// <summary>The first message of an answer: the whole of it where it fits into a block, else its first block, and the rest is kept.</summary>
    /// <param name="key">The operation that it answers; what was kept for it before is forgotten.</param>
    /// <param name="answer">Code, options and the whole body.</param>
    /// <param name="maxExponent">The largest block that may be used.</param>
    /// <param name="isAsked">The client spoke of blocks.</param>
    /// <param name="now">The time.</param>
    /// <param name="fetched">Called when the last block has been asked for.</param>
    /// <returns>The message.</returns>
    public CoapMessage First(CoapTransferKey key, CoapMessage answer, int maxExponent, bool isAsked, TimeSpan now, Action? fetched = null)
    {
        _answers.Remove(key);
        int exponent = Math.Min(maxExponent, _exponent);
        if (answer.Payload.Length <= 1 << (exponent + 4))
        {
            return !isAsked || answer.Payload.IsEmpty ? answer
                : answer with { Options = [.. answer.Options, new CoapBlock(0, HasMore: false, exponent).ToOption(CoapOptionNumber.Block2)] };
        }
        var kept = new CoapKeptAnswer(answer, NextEntityTag(), exponent) { Fetched = fetched };
        return _answers.TryPut(key, kept, kept.Length, now) ? kept.Page(new CoapBlock(0, HasMore: false, exponent))! : CoapAnswer.Busy(RetryAfter);
    }

    /// <summary>A further block of an answer is asked for.</summary>
    /// <param name="key">The operation that it answers.</param>
    /// <param name="asked">The block.</param>
    /// <param name="now">The time.</param>
    /// <returns>The message; <see langword="null"/> where nothing is kept for that operation.</returns>
    public CoapMessage? Next(CoapTransferKey key, CoapBlock asked, TimeSpan now)
    {
        if (_answers.Find(key) is not { } kept)
            return null;
        _answers.TryTouch(key, kept.Length, now);
        return kept.Page(asked) ?? CoapAnswer.Of(CoapCode.BadRequest, "There is no such block.");
    }

    private CoapMessage Continue(CoapBlock block) => CoapAnswer.Of(CoapCode.Continue) with { Options = [Acknowledge(block)] };

    private byte[] NextEntityTag()
    {
        byte[] tag = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(tag, _entityTag++);
        return tag;
    }
}
