using System;

namespace Cmp.Transports;

/// <summary>When a confirmable message is sent again, and when that is given up (RFC 7252 4.2). It has no clock: the time comes with each call.</summary>
internal sealed class CoapRetransmission
{
    private readonly CoapTiming _timing;
    private readonly TimeSpan _start;
    private TimeSpan _timeout;

    /// <summary>A message is sent for the first time.</summary>
    /// <param name="timing">The times of the message layer.</param>
    /// <param name="random">0 to 1, at random: by how much the first wait is stretched.</param>
    /// <param name="now">The time, of a clock that only goes forward.</param>
    public CoapRetransmission(CoapTiming timing, double random, TimeSpan now)
    {
        _timing = timing;
        _start = now;
        _timeout = TimeSpan.FromTicks((long)(timing.AckTimeout.Ticks * (1 + ((timing.AckRandomFactor - 1) * random))));
        Due = now + _timeout;
    }

    /// <summary>When <see cref="Repeat"/> is to be called.</summary>
    public TimeSpan Due { get; private set; }

    /// <summary>How often it was sent again.</summary>
    public int Count { get; private set; }

    /// <summary>The time is up, and no acknowledgement came.</summary>
    /// <param name="now">The time.</param>
    /// <returns>Whether the message is to be sent again; <see langword="false"/> where that is given up.</returns>
    public bool Repeat(TimeSpan now)
    {
        if (Count == _timing.MaxRetransmit || now - _start > _timing.MaxTransmitSpan)
            return false;
        Count++;
        _timeout += _timeout;
        // who comes late does not hurry for it: repetitions stay apart
        TimeSpan soonest = now + _timing.AckTimeout;
        Due += _timeout;
        if (Due < soonest)
            Due = soonest;
        return true;
    }
}
