using System;

namespace Cmp.Inspection.Captures;

/// <summary>A packet as it lies in a capture.</summary>
/// <param name="Octets">What was captured of it; only valid until the next one is read.</param>
/// <param name="Length">The octets that it had on the wire.</param>
/// <param name="LinkType">Its link, as tcpdump.org numbers them; <see cref="NoInterface"/> where the capture does not say.</param>
/// <param name="Ticks">When, in UTC, as those of <see cref="DateTime"/>.</param>
internal readonly record struct CapturedPacket(ReadOnlyMemory<byte> Octets, int Length, int LinkType, long Ticks)
{
    internal const int NoInterface = -1;
}
