using System;
using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>What a capture holds at one place of a road that CMP travels on: a message, or what the road itself says, such as a status of HTTP or a polling reference.</summary>
/// <param name="Road">The road.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Client">Who asks.</param>
/// <param name="Server">Who is asked.</param>
/// <param name="Time">When its last octet was captured, in UTC.</param>
/// <param name="Packet">The number of the packet with its last octet, the first of the capture being 1, as Wireshark counts.</param>
public sealed record CapturedItem(CaptureRoad Road, MessageDirection Direction, IPEndPoint Client, IPEndPoint Server, DateTimeOffset Time, long Packet)
{
    /// <summary>The octets of the PKIMessage, as they came together; empty where the road alone says something, or not all came that the road promised. Where they are more or less than one message, or none at all, <see cref="Defect"/> says so.</summary>
    public ReadOnlyMemory<byte> Octets { get; init; }

    /// <summary>What the road says, in one line, escaped, as <c>POST /.well-known/cmp</c>, <c>HTTP 404 Not Found</c> or <c>pollRep 00000001, 30 s</c>; <see langword="null"/> where it says nothing.</summary>
    public string? RoadText { get; init; }

    /// <summary>Why the message is not whole, in one sentence, escaped, such as packets that are missing; <see langword="null"/> where it is.</summary>
    public string? Defect { get; init; }
}
