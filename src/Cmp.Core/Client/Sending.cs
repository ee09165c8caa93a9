using System;
using Cmp.Messages;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A prepared message on its way, and how often it was sent.</summary>
internal sealed class Sending(PkiMessage message, TransportRequest request, RequestOptions options) : RoadCall(options)
{
    internal PkiMessage Message => message;

    internal TransportRequest Request => request;

    internal string Kind { get; } = PkiBodyTypeNames.Of(message.Body.Type);

    /// <summary>How often it was sent.</summary>
    internal int Attempts { get; set; }

    internal override string Done => "sent";

    /// <summary>What became of it.</summary>
    internal Delivery Ends(DeliveryStatus status, int? httpStatus) => new() { Message = message, Status = status, Attempts = Attempts, HttpStatus = httpStatus };
}
