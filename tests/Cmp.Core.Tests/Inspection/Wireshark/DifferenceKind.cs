namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>What Wireshark and we can say differently of a message.</summary>
internal enum DifferenceKind
{
    /// <summary>A field of Wireshark's has octets at which we have no part.</summary>
    Place,

    /// <summary>The same octets have another name.</summary>
    Name,

    /// <summary>The same part has another value.</summary>
    Value,

    /// <summary>Wireshark says nothing of a part of ours.</summary>
    Silent,

    /// <summary>Wireshark warns of something.</summary>
    Warning,
}
