namespace Cmp.Inspection.Captures;

/// <summary>What a packet carries over its link.</summary>
internal enum LinkContent
{
    /// <summary>IPv4 or IPv6.</summary>
    Ip,

    /// <summary>Something else.</summary>
    Other,

    /// <summary>It ends within its header.</summary>
    TooShort,

    /// <summary>The link is not known here.</summary>
    UnknownLink,
}
