using System;

namespace Cmp.Inspection.Captures;

/// <summary>A segment of TCP (RFC 9293 3.1).</summary>
internal readonly struct TcpSegment
{
    private const byte FinFlag = 1, SynFlag = 2, RstFlag = 4, AckFlag = 16;

    internal NetworkAddress Source { get; init; }

    internal NetworkAddress Destination { get; init; }

    internal ushort SourcePort { get; init; }

    internal ushort DestinationPort { get; init; }

    internal uint Sequence { get; init; }

    internal uint Acknowledgement { get; init; }

    internal byte Flags { get; init; }

    internal bool IsFin => (Flags & FinFlag) != 0;

    internal bool IsSyn => (Flags & SynFlag) != 0;

    internal bool IsRst => (Flags & RstFlag) != 0;

    internal bool IsAck => (Flags & AckFlag) != 0;

    /// <summary>Its octets, as far as they were captured.</summary>
    internal ReadOnlyMemory<byte> Octets { get; init; }

    /// <summary>The octets that it had on the wire.</summary>
    internal int Length { get; init; }

    internal long Ticks { get; init; }

    internal long Packet { get; init; }
}
