using System;

namespace Cmp.Inspection.Captures;

/// <summary>Reads both directions of one TCP connection, each octet once and in its order.</summary>
internal interface IConnectionReader
{
    /// <summary>Whether nothing of a direction is of interest any more (TLS, another protocol): then its octets need not be put in order.</summary>
    /// <param name="fromFirst">From the end that was named first, or from the other.</param>
    /// <returns>True where it will not be read again.</returns>
    bool IsDone(bool fromFirst);

    /// <summary>The next octets of a direction.</summary>
    /// <param name="fromFirst">From the end that was named first, or from the other.</param>
    /// <param name="time">When they were captured, in UTC.</param>
    /// <param name="packet">The number of their packet, from 1.</param>
    /// <param name="octets">They; only valid during the call.</param>
    void Read(bool fromFirst, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets);

    /// <summary>Octets of a direction are missing: they were not captured, or cut off by the snap length.</summary>
    /// <param name="fromFirst">From the end that was named first, or from the other.</param>
    /// <param name="octets">How many.</param>
    void Lose(bool fromFirst, long octets);

    /// <summary>A direction has ended (FIN), or both have (RST, the end of the capture).</summary>
    /// <param name="fromFirst">From the end that was named first, or from the other.</param>
    void End(bool fromFirst);
}
