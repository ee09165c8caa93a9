using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Makes captures, octet by octet.</summary>
internal static class CaptureFile
{
    internal const uint Micro = 0xA1B2C3D4, Nano = 0xA1B23C4D, Modified = 0xA1B2CD34;
    internal const int Ethernet = 1, RawIP = 101;

    /// <summary>2026-11-26 12:00:00 UTC, and a second more for each packet.</summary>
    internal const uint Began = 1_795_694_400;

    /// <summary>A capture of packets; <paramref name="snapLength"/> cuts them.</summary>
    internal static byte[] Pcap(IEnumerable<byte[]> packets, int linkType = RawIP, uint magic = Micro, bool isBigEndian = false, int snapLength = 65_535, uint fraction = 123_456)
    {
        using var file = new MemoryStream();
        Write(file, isBigEndian, magic, 0x00020004u.Swapped(isBigEndian), 0u, 0u, (uint)snapLength, (uint)linkType);
        uint second = 0;
        foreach (byte[] packet in packets)
        {
            int captured = Math.Min(snapLength, packet.Length);
            Write(file, isBigEndian, Began + second++, fraction, (uint)captured, (uint)packet.Length);
            if (magic == Modified)
                Write(file, isBigEndian, 0u, 0u);
            file.Write(packet, 0, captured);
        }
        return file.ToArray();
    }

    /// <summary>A block of pcapng.</summary>
    internal static byte[] Block(bool isBigEndian, uint type, params byte[][] content)
    {
        byte[] body = [.. content.SelectMany(octets => octets)];
        body = [.. body, .. new byte[-body.Length & 3]];
        byte[] length = Number((uint)(12 + body.Length), isBigEndian);
        return [.. Number(type, isBigEndian), .. length, .. body, .. length];
    }

    internal static byte[] Section(bool isBigEndian) => Block(isBigEndian, 0x0A0D0D0A, Number(0x1A2B3C4D, isBigEndian), Short(1, isBigEndian), Short(0, isBigEndian), [255, 255, 255, 255, 255, 255, 255, 255]);

    internal static byte[] Interface(bool isBigEndian, int linkType, int snapLength = 0, params byte[][] options) =>
        Block(isBigEndian, 1, [Short((ushort)linkType, isBigEndian), Short(0, isBigEndian), Number((uint)snapLength, isBigEndian), .. options]);

    internal static byte[] Option(bool isBigEndian, ushort code, byte[] value) => [.. Short(code, isBigEndian), .. Short((ushort)value.Length, isBigEndian), .. value, .. new byte[-value.Length & 3]];

    internal static byte[] Enhanced(bool isBigEndian, byte[] packet, uint id = 0, ulong time = (ulong)Began * 1_000_000, int? length = null, byte[]? options = null) =>
        Block(isBigEndian, 6, Number(id, isBigEndian), Number((uint)(time >> 32), isBigEndian), Number((uint)time, isBigEndian), Number((uint)packet.Length, isBigEndian), Number((uint)(length ?? packet.Length), isBigEndian), packet, new byte[-packet.Length & 3], options ?? []);

    internal static byte[] Simple(bool isBigEndian, byte[] packet, int? length = null) => Block(isBigEndian, 3, Number((uint)(length ?? packet.Length), isBigEndian), packet);

    internal static byte[] Obsolete(bool isBigEndian, byte[] packet, ushort id = 0, ulong time = (ulong)Began * 1_000_000) =>
        Block(isBigEndian, 2, Short(id, isBigEndian), Short(0, isBigEndian), Number((uint)(time >> 32), isBigEndian), Number((uint)time, isBigEndian), Number((uint)packet.Length, isBigEndian), Number((uint)packet.Length, isBigEndian), packet);

    /// <summary>A capture of pcapng with one interface.</summary>
    internal static byte[] Pcapng(IEnumerable<byte[]> packets, int linkType = RawIP, bool isBigEndian = false) =>
        [.. Section(isBigEndian), .. Interface(isBigEndian, linkType), .. packets.SelectMany((packet, i) => Enhanced(isBigEndian, packet, time: (Began + (ulong)i) * 1_000_000))];

    internal static byte[] Gzip(byte[] octets)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(octets, 0, octets.Length);
        return file.ToArray();
    }

    internal static byte[] Number(uint value, bool isBigEndian)
    {
        byte[] octets = new byte[4];
        if (isBigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(octets, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(octets, value);
        return octets;
    }

    private static byte[] Short(ushort value, bool isBigEndian) => isBigEndian ? [(byte)(value >> 8), (byte)value] : [(byte)value, (byte)(value >> 8)];

    private static void Write(Stream file, bool isBigEndian, params uint[] values)
    {
        foreach (uint value in values)
            file.Write(Number(value, isBigEndian), 0, 4);
    }

    /// <summary>Two numbers of 16 bits, the first one first, whatever the order of octets.</summary>
    private static uint Swapped(this uint pair, bool isBigEndian) => isBigEndian ? pair : (pair << 16) | (pair >> 16);
}
