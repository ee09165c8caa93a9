using System.Collections.Generic;
using System.Net;

namespace Cmp.Transports;

/// <summary>A client to whom a server sends messages of its own: one at a time (RFC 7641 4.5.1, NSTART), each with a Message ID that none had for a long while.</summary>
internal sealed class CoapPeer
{
    private ushort _nextId;

    /// <summary>Nothing was sent yet.</summary>
    /// <param name="endPoint">The client.</param>
    /// <param name="random">0 to 1, at random: the first Message ID, so that it is not known beforehand (RFC 7252 4.4).</param>
    public CoapPeer(IPEndPoint endPoint, double random)
    {
        EndPoint = endPoint;
        _nextId = (ushort)(random * ushort.MaxValue);
    }

    /// <summary>The client.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>What waits until the one before it is acknowledged.</summary>
    public Queue<CoapOutgoing> Waiting { get; } = new();

    /// <summary>What was sent, and is not acknowledged yet.</summary>
    public CoapOutgoing? Sent { get; set; }

    /// <summary>When it is sent again.</summary>
    public CoapRetransmission? Repetition { get; set; }

    /// <summary>The client acknowledged a Message ID that only one who gets what we send can know: it is where it says it is.</summary>
    public bool IsVerified { get; set; }

    /// <summary>How often it waits for announcements.</summary>
    public int Observers { get; set; }

    /// <summary>Whether it must be remembered.</summary>
    public bool IsBusy => Sent is not null || Waiting.Count > 0 || Observers > 0;

    /// <summary>The next Message ID.</summary>
    /// <returns>The ID.</returns>
    public ushort NextMessageId() => _nextId++;
}
