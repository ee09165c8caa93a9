using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;
using System.Linq;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Captures: those that others made, read in place, and those that we make for others (pcap of microseconds, Ethernet, IPv4, TCP).</summary>
internal static class Capture
{
    /// <summary>Reads a capture; skips the test where it is not there.</summary>
    /// <param name="name">The file in the folder of captures.</param>
    /// <returns>The connections, in their order.</returns>
    public static IReadOnlyList<CapturedConnection> Read(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        string path = Path.Combine(Repository.Data!, "captures", name);
        Skip.IfNot(File.Exists(path), $"no recorded capture {name}");
        using Stream file = File.OpenRead(path);
        using var whole = new MemoryStream();
        if (name.EndsWith(".gz", StringComparison.Ordinal))
        {
            using var unzipped = new GZipStream(file, CompressionMode.Decompress);
            unzipped.CopyTo(whole);
        }
        else
        {
            file.CopyTo(whole);
        }
        ReadOnlySpan<byte> octets = whole.ToArray();
        Assert.Equal(0xA1B2C3D4, BinaryPrimitives.ReadUInt32LittleEndian(octets));
        var connections = new List<CapturedConnection>();
        for (octets = octets.Slice(24); !octets.IsEmpty;)
        {
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(octets.Slice(8));
            Take(connections, octets.Slice(16 + 14, length - 14));
            octets = octets.Slice(16 + length);
        }
        return connections;
    }

    /// <summary>A capture of one connection, for Wireshark to read.</summary>
    /// <param name="serverPort">The server's port, by which Wireshark knows the protocol.</param>
    /// <param name="segments">What went over it, in its order.</param>
    /// <returns>The file.</returns>
    public static byte[] Write(int serverPort, IEnumerable<(bool IsClient, byte[] Octets)> segments)
    {
        const int MaxSegment = 1400, ClientPort = 40_000;
        using var pcap = new MemoryStream();
        using var writer = new BinaryWriter(pcap);
        writer.Write(0xA1B2C3D4);
        writer.Write((ushort)2);
        writer.Write((ushort)4);
        writer.Write(0L);
        writer.Write(65_535);
        writer.Write(1); // Ethernet
        uint client = 1, server = 1;
        foreach ((bool isClient, byte[] octets) in segments)
        {
            foreach (byte[] piece in octets.Chunk(MaxSegment))
            {
                byte[] head = new byte[54];
                head[0] = head[6] = 2;
                head[12] = 8;
                head[14] = 0x45;
                BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(16), (ushort)(40 + piece.Length));
                head[22] = 64;
                head[23] = 6;
                head[26] = head[30] = 127;
                head[29] = isClient ? (byte)1 : (byte)2;
                head[33] = isClient ? (byte)2 : (byte)1;
                BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(34), (ushort)(isClient ? ClientPort : serverPort));
                BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(36), (ushort)(isClient ? serverPort : ClientPort));
                BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(38), isClient ? client : server);
                BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(42), isClient ? server : client);
                head[46] = 0x50;
                head[47] = 0x18;
                head[48] = head[49] = 0xFF;
                writer.Write(0L);
                writer.Write(head.Length + piece.Length);
                writer.Write(head.Length + piece.Length);
                writer.Write(head);
                writer.Write(piece);
                if (isClient)
                    client += (uint)piece.Length;
                else
                    server += (uint)piece.Length;
            }
        }
        return pcap.ToArray();
    }

    private static void Take(List<CapturedConnection> connections, ReadOnlySpan<byte> ip)
    {
        ip = ip.Slice(0, BinaryPrimitives.ReadUInt16BigEndian(ip.Slice(2)));
        ReadOnlySpan<byte> tcp = ip.Slice((ip[0] & 0x0F) * 4);
        ushort from = BinaryPrimitives.ReadUInt16BigEndian(tcp), to = BinaryPrimitives.ReadUInt16BigEndian(tcp.Slice(2));
        byte flags = tcp[13];
        const byte Fin = 1, Syn = 2, Ack = 16;
        if ((flags & (Syn | Ack)) == Syn)
            connections.Add(new CapturedConnection(from, to));
        CapturedConnection connection = connections.Last(c => (c.ClientPort, c.ServerPort) == (from, to) || (c.ClientPort, c.ServerPort) == (to, from));
        bool isClient = connection.ClientPort == from;
        byte[] payload = tcp.Slice((tcp[12] >> 4) * 4).ToArray();
        if (payload.Length > 0)
            connection.Segments.Add((isClient, payload));
        if ((flags & Fin) != 0)
            connection.FirstToClose ??= isClient;
    }
}

/// <summary>One connection of a capture.</summary>
internal sealed class CapturedConnection(int clientPort, int serverPort)
{
    public int ClientPort => clientPort;

    public int ServerPort => serverPort;

    /// <summary>What went over it, in its order.</summary>
    public List<(bool IsClient, byte[] Octets)> Segments { get; } = [];

    /// <summary>Whether the client closed first; <see langword="null"/> where nobody did.</summary>
    public bool? FirstToClose { get; set; }

    /// <summary>What one side sent before the other one spoke, piece by piece.</summary>
    public IReadOnlyList<(bool IsClient, byte[][] Pieces)> Turns
    {
        get
        {
            var turns = new List<(bool IsClient, byte[][] Pieces)>();
            foreach ((bool isClient, byte[] octets) in Segments)
            {
                if (turns.Count > 0 && turns[^1].IsClient == isClient)
                    turns[^1] = (isClient, [.. turns[^1].Pieces, octets]);
                else
                    turns.Add((isClient, [octets]));
            }
            return turns;
        }
    }
}
