using System;
using Cmp.Messages;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A prepared message on its way: until when, how often it was sent, and what it waits for.</summary>
internal sealed class Sending(PkiMessage message, TransportRequest request, RequestOptions options)
{
    internal PkiMessage Message => message;

    internal TransportRequest Request => request;

    internal RequestOptions Options => options;

    internal string Kind { get; } = PkiBodyTypeNames.Of(message.Body.Type);

    internal required Deadline Deadline { get; init; }

    /// <summary>One for the whole way: whoever makes us come back is left alone for longer each time, be he busy or not done.</summary>
    internal required Backoff Backoff { get; init; }

    /// <summary>How often it was sent.</summary>
    internal int Attempts { get; set; }

    /// <summary>When it was sent last.</summary>
    internal DateTimeOffset Sent { get; set; }

    /// <summary>What the road gave in place of the answer.</summary>
    internal string? Ticket { get; set; }

    /// <summary>What became of it.</summary>
    internal Delivery Ends(DeliveryStatus status, int? httpStatus) => new() { Message = message, Status = status, Attempts = Attempts, HttpStatus = httpStatus };
}
