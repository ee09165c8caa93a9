using System;
using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>Reads what travels: the seam between packets, which are put in order below it, and roads, which are told apart above it.</summary>
internal interface ITrafficReader
{
    /// <summary>A TCP connection begins, or is met in its midst.</summary>
    /// <param name="first">Who opened it, where that was seen; else who was heard first.</param>
    /// <param name="second">The other end.</param>
    /// <param name="isOpening">Whether the SYN was seen, so that <paramref name="first"/> is the client.</param>
    /// <returns>What reads it; <see langword="null"/> where nobody wants to.</returns>
    IConnectionReader? Connect(IPEndPoint first, IPEndPoint second, bool isOpening);

    /// <summary>A UDP datagram, whole.</summary>
    /// <param name="source">Who sent it.</param>
    /// <param name="destination">To whom.</param>
    /// <param name="time">When it was captured, in UTC.</param>
    /// <param name="packet">The number of its (last) packet, from 1.</param>
    /// <param name="octets">The payload; only valid during the call.</param>
    void Datagram(IPEndPoint source, IPEndPoint destination, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets);

    /// <summary>The capture has ended, after each connection has: what waits for datagrams is told as far as it came.</summary>
    void End();
}
