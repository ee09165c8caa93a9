using System;
using System.Buffers.Binary;
using System.Linq;
using System.Net;
using System.Net.Sockets;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Packets as they are on the wire, from the inside out: each method wraps what it is given.</summary>
internal static class Packet
{
    internal const byte Fin = 1, Syn = 2, Rst = 4, Psh = 8, Ack = 16;

    internal static readonly IPAddress Client = IPAddress.Parse("192.0.2.1"), Server = IPAddress.Parse("198.51.100.2");
    internal static readonly IPAddress Client6 = IPAddress.Parse("2001:db8::1"), Server6 = IPAddress.Parse("2001:db8:ffff::2");

    internal static byte[] Tcp(int source, int destination, uint sequence, uint acknowledgement, byte flags, byte[] payload, int optionOctets = 0)
    {
        byte[] header = new byte[20 + optionOctets];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)source);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)destination);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), sequence);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(8), acknowledgement);
        header[12] = (byte)(header.Length / 4 << 4);
        header[13] = flags;
        header[14] = 0xFF;
        header.AsSpan(20).Fill(1);
        return [.. header, .. payload];
    }

    internal static byte[] Udp(int source, int destination, byte[] payload, int? length = null)
    {
        byte[] header = new byte[8];
        BinaryPrimitives.WriteUInt16BigEndian(header, (ushort)source);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)destination);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(length ?? 8 + payload.Length));
        return [.. header, .. payload];
    }

    internal static byte[] IP(byte protocol, byte[] payload, bool fromClient = true, int id = 1, int fragmentPlace = 0, bool moreFragments = false, int optionOctets = 0, int? total = null)
    {
        byte[] header = new byte[20 + optionOctets];
        header[0] = (byte)(0x40 | (header.Length / 4));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(total ?? header.Length + payload.Length));
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)id);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(6), (ushort)((fragmentPlace / 8) | (moreFragments ? 0x2000 : 0)));
        header[8] = 64;
        header[9] = protocol;
        (fromClient ? Client : Server).GetAddressBytes().CopyTo(header, 12);
        (fromClient ? Server : Client).GetAddressBytes().CopyTo(header, 16);
        header.AsSpan(20).Fill(1);
        ushort sum = Checksum(header);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(10), sum);
        return [.. header, .. payload];
    }

    internal static byte[] IP6(byte next, byte[] payload, bool fromClient = true, int? length = null)
    {
        byte[] header = new byte[40];
        header[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(4), (ushort)(length ?? payload.Length));
        header[6] = next;
        header[7] = 64;
        (fromClient ? Client6 : Server6).GetAddressBytes().CopyTo(header, 8);
        (fromClient ? Server6 : Client6).GetAddressBytes().CopyTo(header, 24);
        return [.. header, .. payload];
    }

    internal static byte[] Fragment6(byte next, int place, bool more, uint id, byte[] payload)
    {
        byte[] header = new byte[8];
        header[0] = next;
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(2), (ushort)(place | (more ? 1 : 0)));
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), id);
        return [.. header, .. payload];
    }

    internal static byte[] Ethernet(byte[] payload, params ushort[] typesBefore)
    {
        ushort type = (ushort)(payload.Length > 0 && payload[0] >> 4 == 6 ? 0x86DD : 0x0800);
        byte[] types = [.. typesBefore.SelectMany(tag => new byte[] { (byte)(tag >> 8), (byte)tag, 0, 7 }), (byte)(type >> 8), (byte)type];
        return [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, .. types, .. payload];
    }

    /// <summary>The checksum of IP, which others verify.</summary>
    private static ushort Checksum(byte[] header)
    {
        uint sum = 0;
        for (int i = 0; i < header.Length; i += 2)
            sum += BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(i));
        while (sum > 0xFFFF)
            sum = (sum & 0xFFFF) + (sum >> 16);
        return (ushort)~sum;
    }
}
