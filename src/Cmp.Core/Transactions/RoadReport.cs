using System;

namespace Cmp.Transactions;

/// <summary>What a road tells besides the octets that it brought.</summary>
public sealed record RoadReport
{
    /// <summary>The server's clock as the road told it, for where the message does not (rule 6).</summary>
    public DateTimeOffset? ServerTime { get; init; }

    /// <summary>The HTTP status, or <see langword="null"/> on other roads.</summary>
    public int? HttpStatus { get; init; }

    /// <summary>What went wrong on the road where the octets turn out to be no message; <see langword="null"/> where it reported success (rule 55).</summary>
    public CmpException? StatusError { get; init; }

    /// <summary>Whether the server said to the road that it has more to answer, and the road will bring it without being sent anything (partialMsgRep of RFC 2510 5.2).</summary>
    public bool HasMore { get; init; }
}
