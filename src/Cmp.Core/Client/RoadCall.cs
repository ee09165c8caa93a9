using System;

namespace Cmp.Client;

/// <summary>Something that is asked of a road and belongs to no transaction: until when, who hears of it, and what it waits for.</summary>
internal class RoadCall(RequestOptions options)
{
    internal RequestOptions Options => options;

    internal required Deadline Deadline { get; init; }

    /// <summary>One for the whole way: whoever makes us come back is left alone for longer each time, be he busy or not done.</summary>
    internal required Backoff Backoff { get; init; }

    /// <summary>When it was said last.</summary>
    internal DateTimeOffset Sent { get; set; }

    /// <summary>What the road gave in place of the answer, and is asked with next.</summary>
    internal string? Ticket { get; set; }

    /// <summary>What is done again where the server is busy.</summary>
    internal virtual string Done => "asked";
}
