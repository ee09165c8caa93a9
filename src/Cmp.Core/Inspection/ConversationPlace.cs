using System;
using Cmp.Inspection.Captures;

namespace Cmp.Inspection;

/// <summary>Where a message stands in a conversation: who said it to whom, and when. What is not known is <see langword="null"/>.</summary>
public sealed record ConversationPlace
{
    /// <summary>The conversation: its transactionID, hexadecimal, else the two ends of its connection.</summary>
    public string? Id { get; init; }

    /// <summary>Who asks, as in <c>192.0.2.7:49152</c>.</summary>
    public string? Client { get; init; }

    /// <summary>Who is asked, as in <c>192.0.2.80:829</c>.</summary>
    public string? Server { get; init; }

    /// <summary>How it travelled.</summary>
    public CaptureRoad? Road { get; init; }

    /// <summary>Which way.</summary>
    public MessageDirection? Direction { get; init; }

    /// <summary>When its last octet was captured, or when it was written to a log.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>The number of the packet with its last octet, as Wireshark counts; of a trace the number of the message.</summary>
    public long? Number { get; init; }

    /// <summary>What the road said beside it, in one line, escaped, as <c>POST /.well-known/cmp</c>.</summary>
    public string? RoadText { get; init; }

    /// <summary>Why the message is not whole in the capture, in one sentence, escaped; <see langword="null"/> where it is.</summary>
    public string? Defect { get; init; }

    /// <summary>Who said it to whom.</summary>
    /// <returns>As in <c>192.0.2.7:49152 → 192.0.2.80:829</c>.</returns>
    public override string ToString() => Client is null && Server is null ? Direction?.ToString() ?? string.Empty : Direction == MessageDirection.Response ? $"{Server} → {Client}" : $"{Client} → {Server}";

    /// <summary>The place of what a capture holds.</summary>
    internal static ConversationPlace Of(CapturedItem item, string? id) => new()
    {
        Id = id,
        Client = item.Client.ToString(),
        Server = item.Server.ToString(),
        Road = item.Road,
        Direction = item.Direction,
        Time = item.Time,
        Number = item.Packet,
        RoadText = item.RoadText,
        Defect = item.Defect,
    };
}
