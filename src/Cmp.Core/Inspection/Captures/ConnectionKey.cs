using System;
using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>What a TCP connection is known by: both ends, the lower one first, so that packets of either direction lead to it.</summary>
internal readonly struct ConnectionKey : IEquatable<ConnectionKey>
{
    /// <summary>Of each process another one, so that nobody can make a capture whose connections all fall into one place of a table.</summary>
    private static readonly ulong Seed = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 0) | 1;

    private readonly NetworkAddress _low;
    private readonly NetworkAddress _high;
    private readonly uint _ports;

    private ConnectionKey(NetworkAddress low, NetworkAddress high, uint ports)
    {
        _low = low;
        _high = high;
        _ports = ports;
    }

    /// <summary>The lower end.</summary>
    internal IPEndPoint Low => new(_low.ToIPAddress(), (int)(_ports >> 16));

    /// <summary>The higher end.</summary>
    internal IPEndPoint High => new(_high.ToIPAddress(), (int)(_ports & 0xFFFF));

    internal static ConnectionKey Of(NetworkAddress source, int sourcePort, NetworkAddress destination, int destinationPort, out bool isFromLow)
    {
        isFromLow = source.IsBefore(destination) || (source == destination && sourcePort <= destinationPort);
        return isFromLow
            ? new ConnectionKey(source, destination, ((uint)sourcePort << 16) | (uint)destinationPort)
            : new ConnectionKey(destination, source, ((uint)destinationPort << 16) | (uint)sourcePort);
    }

    public bool Equals(ConnectionKey other) => _ports == other._ports && _low == other._low && _high == other._high;

    public override bool Equals(object? obj) => obj is ConnectionKey other && Equals(other);

    public override int GetHashCode()
    {
        ulong hash = Seed;
        hash = Mix(hash, _low.Low);
        hash = Mix(hash, _high.Low);
        hash = Mix(hash, _ports);
        // addresses of IPv4 have nothing there
        if ((_low.High | _high.High) != 0)
            hash = Mix(Mix(hash, _low.High), _high.High);
        return (int)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong hash, ulong value)
    {
        hash = (hash ^ value) * 0x9E3779B97F4A7C15;
        return hash ^ (hash >> 29) ^ (Seed >> 7);
    }
}
