using System;

namespace Cmp.Transports;

/// <summary>The times of CoAP's message layer (RFC 7252 4.8). Both ends of a road are to have the same.</summary>
public sealed record CoapTiming
{
    /// <summary>The times that RFC 7252 names, which are safe in the Internet.</summary>
    public static CoapTiming Default { get; } = new();

    /// <summary>ACK_TIMEOUT: how long an acknowledgement is waited for before the first repetition, 2 s; by no less than this repetitions are apart.</summary>
    public TimeSpan AckTimeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>ACK_RANDOM_FACTOR: by how much that is stretched at most, at random, so that peers do not fall into step; 1.5.</summary>
    public double AckRandomFactor { get; init; } = 1.5;

    /// <summary>MAX_RETRANSMIT: how often a message is repeated, each time after twice as long; 4.</summary>
    public int MaxRetransmit { get; init; } = 4;

    /// <summary>MAX_LATENCY: the longest that a datagram may be on its way, 100 s.</summary>
    public TimeSpan MaxLatency { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>MAX_TRANSMIT_SPAN: from the first transmission to the last one at most, 45 s.</summary>
    public TimeSpan MaxTransmitSpan => Times((1 << MaxRetransmit) - 1);

    /// <summary>MAX_TRANSMIT_WAIT: from the first transmission until the sender gives up at most, 93 s.</summary>
    public TimeSpan MaxTransmitWait => Times((1 << (MaxRetransmit + 1)) - 1);

    /// <summary>EXCHANGE_LIFETIME: how long the Message ID of a confirmable message must not come again, and a copy of it is known as one; 247 s.</summary>
    public TimeSpan ExchangeLifetime => MaxTransmitSpan + MaxLatency + MaxLatency + AckTimeout;

    /// <summary>NON_LIFETIME: the same of messages that are not confirmable, 145 s.</summary>
    public TimeSpan NonLifetime => MaxTransmitSpan + MaxLatency;

    /// <summary>Refuses what cannot hold.</summary>
    /// <exception cref="CmpException"><c>CmpTransport.InvalidSetting</c>.</exception>
    internal void Check()
    {
        if (this is not { AckRandomFactor: >= 1, MaxRetransmit: >= 0 and <= 20 } || AckTimeout <= TimeSpan.Zero || MaxLatency < TimeSpan.Zero)
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.InvalidSetting", "Such times of the message layer there cannot be (RFC 7252 4.8.1).");
    }

    private TimeSpan Times(int count) => TimeSpan.FromTicks((long)(AckTimeout.Ticks * count * AckRandomFactor));
}
