using System;
using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>What a TCP connection, or a pair of endpoints of UDP, is known by: both ends, the lower one first, so that packets of either direction lead to it.</summary>
internal readonly struct ConnectionKey : IEquatable<ConnectionKey>
{
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

    internal static ConnectionKey Of(IPEndPoint source, IPEndPoint destination, out bool isFromLow) =>
        Of(NetworkAddress.Of(source.Address), source.Port, NetworkAddress.Of(destination.Address), destination.Port, out isFromLow);

    public bool Equals(ConnectionKey other) => _ports == other._ports && _low == other._low && _high == other._high;

    public override bool Equals(object? obj) => obj is ConnectionKey other && Equals(other);

    public override int GetHashCode()
    {
        ulong hash = SeededHash.Mix(SeededHash.Mix(SeededHash.Mix(SeededHash.Seed, _low.Low), _high.Low), _ports);
        // addresses of IPv4 have nothing there
        if ((_low.High | _high.High) != 0)
            hash = SeededHash.Mix(SeededHash.Mix(hash, _low.High), _high.High);
        return SeededHash.Fold(hash);
    }
}
