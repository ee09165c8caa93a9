using System;
using System.Buffers.Binary;
using System.Net;

namespace Cmp.Inspection.Captures;

/// <summary>An address of IPv6, or of IPv4 as RFC 4291 2.5.5.2 maps it there: it is compared for each packet, and no object.</summary>
internal readonly record struct NetworkAddress(ulong High, ulong Low)
{
    private const ulong Mapped = 0xFFFF;

    internal static NetworkAddress V4(ReadOnlySpan<byte> octets) => new(0, (Mapped << 32) | BinaryPrimitives.ReadUInt32BigEndian(octets));

    internal static NetworkAddress V6(ReadOnlySpan<byte> octets) => new(BinaryPrimitives.ReadUInt64BigEndian(octets), BinaryPrimitives.ReadUInt64BigEndian(octets.Slice(8)));

    internal static NetworkAddress Of(IPAddress address)
    {
        byte[] octets = address.GetAddressBytes();
        return octets.Length == 4 ? V4(octets) : V6(octets);
    }

    internal bool IsBefore(NetworkAddress other) => High < other.High || (High == other.High && Low < other.Low);

    internal IPAddress ToIPAddress()
    {
        bool isV4 = High == 0 && Low >> 32 == Mapped;
        byte[] octets = new byte[isV4 ? 4 : 16];
        if (isV4)
        {
            BinaryPrimitives.WriteUInt32BigEndian(octets, (uint)Low);
        }
        else
        {
            BinaryPrimitives.WriteUInt64BigEndian(octets, High);
            BinaryPrimitives.WriteUInt64BigEndian(octets.AsSpan(8), Low);
        }
        return new IPAddress(octets);
    }
}
