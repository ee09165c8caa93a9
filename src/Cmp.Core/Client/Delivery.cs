using System;
using Cmp.Messages;

namespace Cmp.Client;

/// <summary>What became of a message that was sent as it was.</summary>
public sealed record Delivery
{
    /// <summary>The message.</summary>
    public required PkiMessage Message { get; init; }

    /// <summary>How far it came.</summary>
    public required DeliveryStatus Status { get; init; }

    /// <summary>How often it was sent.</summary>
    public required int Attempts { get; init; }

    /// <summary>The HTTP status of the last answer; <see langword="null"/> on other roads.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>The DER of the message that came back; <see langword="null"/> where none did. It decodes, and that is all that is known of it.</summary>
    public ReadOnlyMemory<byte>? Answer { get; init; }

    /// <summary>Who made the message, where it was forwarded and its protection verified: the subject of the certificate or the reference of the secret, escaped; else <see langword="null"/>.</summary>
    public string? Requester { get; init; }

    /// <summary>
    /// Whether somebody vouches for the answer whom we believe, where it was looked at: the message was forwarded (<see cref="CmpClient.ForwardAsync"/>). <see langword="null"/>: that is
    /// for who made the message to say.
    /// </summary>
    public bool? IsAnswerVerified { get; init; }

    /// <summary>Why the answer is not verified, escaped; <see langword="null"/> where it is, or nobody looked.</summary>
    public string? AnswerRemark { get; init; }
}
