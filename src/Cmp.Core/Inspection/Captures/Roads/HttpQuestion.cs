namespace Cmp.Inspection.Captures;

/// <summary>What must be known of a request of HTTP when its response comes.</summary>
internal sealed class HttpQuestion
{
    /// <summary>A request that has nothing to do with CMP.</summary>
    public static readonly HttpQuestion Other = new();

    /// <summary>HEAD: its response has no body, whatever it says.</summary>
    public static readonly HttpQuestion Head = new() { IsHead = true };

    /// <summary>CONNECT: where it is granted, the connection carries something else from there on.</summary>
    public static readonly HttpQuestion Connect = new() { IsConnect = true };

    /// <summary>Whether the response has no body.</summary>
    public bool IsHead { get; private init; }

    /// <summary>Whether it asks for a tunnel.</summary>
    public bool IsConnect { get; private init; }

    /// <summary>Whether it is a POST: what is in its response is looked at.</summary>
    public bool IsPost { get; init; }

    /// <summary>Whether it asks for CMP: its response is told, whatever it is. It may show only when the body comes.</summary>
    public bool IsCmp { get; set; }

    /// <summary>Whether the response to a POST has begun.</summary>
    public bool IsAnswered { get; set; }
}
