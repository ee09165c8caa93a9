namespace Cmp.Client;

/// <summary>What became of a message that was sent as it was.</summary>
public enum DeliveryStatus
{
    /// <summary>It was put down for others to carry, and nobody says whether it arrives: a file, or a mail.</summary>
    Sent,

    /// <summary>Who got it will work on it, and has not said that this is done: HTTP status 202, or a polling reference.</summary>
    Accepted,

    /// <summary>It arrived, and there is nothing to say: an empty 200 or 204, a finRep.</summary>
    Delivered,

    /// <summary>Who got the announcement has stored it, or had it already: HTTP status 201.</summary>
    Stored,

    /// <summary>A message came back. Nobody has looked whether it is the right one.</summary>
    Answered,
}
