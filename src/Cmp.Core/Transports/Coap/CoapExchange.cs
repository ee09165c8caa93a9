using System;
using System.Net;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>One request of a client, and how far its answer is. It is remembered after that, so that a copy of the request gets the same answer (RFC 7252 4.5).</summary>
internal sealed class CoapExchange
{
    /// <summary>A request came.</summary>
    /// <param name="peer">The client.</param>
    /// <param name="request">The message.</param>
    public CoapExchange(IPEndPoint peer, CoapMessage request)
    {
        Peer = peer;
        MessageId = request.MessageId;
        IsConfirmable = request.Type == CoapType.Confirmable;
        // a slice would keep the whole datagram
        Token = request.Token.ToArray();
    }

    /// <summary>The client.</summary>
    public IPEndPoint Peer { get; }

    /// <summary>The Message ID of the request.</summary>
    public ushort MessageId { get; }

    /// <summary>Whether it was sent to be acknowledged.</summary>
    public bool IsConfirmable { get; }

    /// <summary>What the answer is to be led by.</summary>
    public ReadOnlyMemory<byte> Token { get; }

    /// <summary>The datagram that a copy of the request is answered by; empty where there is none yet, or none at all.</summary>
    public ReadOnlyMemory<byte> Said { get; set; }

    /// <summary>An empty acknowledgement has left: the answer comes by itself, and no acknowledgement carries it any more (RFC 7252 5.2.2).</summary>
    public bool IsAcknowledged { get; set; }

    /// <summary>The message that it is about, while it is with the handler.</summary>
    public TransportRequest? Call { get; set; }

    /// <summary>When the empty acknowledgement is to leave.</summary>
    public TimeSpan AcknowledgeAt { get; set; }

    /// <summary>The operation.</summary>
    public CoapTransferKey Key { get; set; }

    /// <summary>The Block1 option of the answer, where the request came in blocks.</summary>
    public CoapOption? Block1 { get; set; }

    /// <summary>The client said which blocks it wants.</summary>
    public bool AsksForBlocks { get; set; }

    /// <summary>The largest block that the answer may have.</summary>
    public int MaxExponent { get; set; }
}
