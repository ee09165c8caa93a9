namespace Cmp.Inspection.Captures;

/// <summary>How much octets are like the first ones of a TCP-Message.</summary>
internal enum TcpMessageLikeness
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Too few have arrived to tell.</summary>
    Unknown,

    /// <summary>They can be one without a PKIMessage in the old style, which are a few octets that other protocols have too.</summary>
    Possible,

    /// <summary>They are one: a PKIMessage is in it, or everything is as version 10 has it.</summary>
    Certain,
}
