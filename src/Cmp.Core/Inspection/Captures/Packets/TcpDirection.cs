using System;
using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>One direction of a TCP connection. Places are sequence numbers that go on beyond 32 bits.</summary>
internal sealed class TcpDirection(bool isFromFirst)
{
    /// <summary>Whether the one who opened the connection, or was heard first, speaks here.</summary>
    internal bool IsFromFirst => isFromFirst;

    /// <summary>Whether it is known where the direction stands.</summary>
    internal bool HasBegun { get; private set; }

    /// <summary>The place where it was met.</summary>
    internal long Begin { get; private set; }

    /// <summary>The place of the octet that is due next.</summary>
    internal long Next { get; set; }

    /// <summary>The place behind its last octet; <see langword="null"/> before a FIN was seen.</summary>
    internal long? Fin { get; set; }

    /// <summary>Whether its reader was told that it has ended.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>Whether its reader wants no more of it.</summary>
    internal bool IsDone { get; set; }

    /// <summary>What waits for octets before it; <see langword="null"/> as long as nothing ever did.</summary>
    internal OctetPieces? Waiting { get; set; }

    internal bool IsWaiting => Waiting is { Count: > 0 };

    /// <summary>Its place among all that wait; <see langword="null"/> where nothing does.</summary>
    internal LinkedListNode<(TcpConnection Connection, TcpDirection Direction)>? Node { get; set; }

    internal void BeginAt(uint sequence)
    {
        HasBegun = true;
        Begin = Next = sequence + (1L << 32);
    }

    /// <summary>The place that a sequence number means, which is never further than 2^31 from <see cref="Next"/>.</summary>
    internal long PlaceOf(uint sequence) => Next + (int)(sequence - (uint)Next);
}
