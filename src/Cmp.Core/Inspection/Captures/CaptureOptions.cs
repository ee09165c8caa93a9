using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>What is looked for in a capture, and how much may be remembered meanwhile. A capture is a peer's word: whoever made it must not fill our memory.</summary>
public sealed record CaptureOptions
{
    /// <summary>The options that hold where nothing else is said.</summary>
    public static CaptureOptions Default { get; } = new();

    /// <summary>Ports on which TCP-Messages, or over UDP POSTs of CoAP, are read whatever comes there, as on 829; on all others what is said must show what it is.</summary>
    public IReadOnlyList<int> Ports { get; init; } = [];

    /// <summary>The limits of a message; none is longer than <see cref="CmpLimits.MaxResponseBytes"/>.</summary>
    public CmpLimits Limits { get; init; } = CmpLimits.Default;

    /// <summary>Octets of one packet, 1 MiB. A capture that says that more come is damaged there.</summary>
    public int MaxPacketBytes { get; init; } = 1 << 20;

    /// <summary>TCP connections that are read at a time; beyond them the one that was silent longest is forgotten. Of those that nobody reads four times as many are known.</summary>
    public int MaxConnections { get; init; } = 16_384;

    /// <summary>Octets of one direction that wait for octets before them, 1 MiB; beyond them those count as lost.</summary>
    public int MaxWaitingBytes { get; init; } = 1 << 20;

    /// <summary>Octets of all directions that wait for octets before them, 32 MiB; beyond them what waits longest does not wait any more.</summary>
    public int MaxWaitingBytesInAll { get; init; } = 1 << 25;

    /// <summary>Octets of fragments of IP that wait for the others of their datagram, 4 MiB; beyond them the oldest are dropped.</summary>
    public int MaxFragmentBytes { get; init; } = 1 << 22;

    /// <summary>How many times as long as the file a compressed capture may be, once it is longer than 64 MiB (rule 72).</summary>
    public int MaxExpansion { get; init; } = 200;
}
