using System;
using System.Collections.Generic;

namespace Cmp.Transports;

/// <summary>A client that waits for announcements (RFC 7641 4.1). It gets them one after the other, the next when it has fetched the one before.</summary>
internal sealed class CoapObserver
{
    private uint _number;

    /// <summary>A client has registered.</summary>
    /// <param name="peer">The client.</param>
    /// <param name="token">What leads notifications to its request.</param>
    public CoapObserver(CoapPeer peer, ReadOnlyMemory<byte> token)
    {
        Peer = peer;
        Token = token;
    }

    /// <summary>The client.</summary>
    public CoapPeer Peer { get; }

    /// <summary>What leads notifications to its request.</summary>
    public ReadOnlyMemory<byte> Token { get; }

    /// <summary>The operation by which it fetches what does not fit into one message.</summary>
    public CoapTransferKey Key { get; set; }

    /// <summary>The largest blocks that it wants.</summary>
    public int MaxExponent { get; set; }

    /// <summary>The largest blocks that it gets before it has proved to be there.</summary>
    public int UnverifiedExponent { get; set; }

    /// <summary>Whether it spoke of blocks.</summary>
    public bool AsksForBlocks { get; set; }

    /// <summary>When it is forgotten, where it says nothing until then.</summary>
    public TimeSpan Until { get; set; }

    /// <summary>What it is still to be told.</summary>
    public Queue<CoapAnnouncement> Waiting { get; } = new();

    /// <summary>What it has been sent, and not acknowledged yet.</summary>
    public CoapAnnouncement? Sent { get; set; }

    /// <summary>Until when it may fetch the rest of one, undisturbed by the next; <see langword="null"/> where it does not.</summary>
    public TimeSpan? FetchingUntil { get; set; }

    /// <summary>
    /// The next value of the option Observe: greater than those before, also than those of an earlier registration. RFC 7641 4.4 takes a clock of 2^23 ticks in 256 seconds for it.
    /// </summary>
    /// <param name="now">The time.</param>
    /// <returns>24 bits.</returns>
    public uint NextNumber(TimeSpan now)
    {
        uint clock = (uint)(ulong)(now.TotalSeconds * (1 << 15));
        _number = unchecked((int)(clock - _number)) > 0 ? clock : _number + 1;
        return _number & 0xFFFFFF;
    }
}
