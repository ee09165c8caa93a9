using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Inspection.Captures;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>A connection of TCP, segment by segment, at places that count from the first octet of each side.</summary>
internal sealed class Talk(uint clientBegin = 1001, uint serverBegin = 5001, int clientPort = 40_000, int serverPort = 8080)
{
    private readonly List<byte[]> _packets = [];

    internal IReadOnlyList<byte[]> Packets => _packets;

    internal Talk Open() => Client(-1, "", Packet.Syn, null).Server(-1, "", Packet.Syn, 0).Client(0, "", ack: 0);

    /// <summary>A segment of the client.</summary>
    internal Talk Client(long place, string text, byte flags = 0, long? ack = 0) => Add(true, place, Encoding.ASCII.GetBytes(text), flags, ack);

    internal Talk Client(long place, byte[] octets, byte flags = 0, long? ack = 0) => Add(true, place, octets, flags, ack);

    /// <summary>A segment of the server.</summary>
    internal Talk Server(long place, string text, byte flags = 0, long? ack = 0) => Add(false, place, Encoding.ASCII.GetBytes(text), flags, ack);

    internal Talk Server(long place, byte[] octets, byte flags = 0, long? ack = 0) => Add(false, place, octets, flags, ack);

    /// <summary>What is seen of it: for each connection both directions as text.</summary>
    internal string Seen(CaptureOptions? options = null, int snapLength = 65_535) => Seen(out _, options, snapLength);

    internal string Seen(out CaptureSummary summary, CaptureOptions? options = null, int snapLength = 65_535) =>
        Text(RecordingTraffic.Read(CaptureFile.Pcap(_packets, snapLength: snapLength), out summary, options));

    internal static string Text(RecordingTraffic traffic) => string.Join(" / ", traffic.Connections.Select(connection => $"{connection.Texts[0]} {connection.Texts[1]}"));

    private Talk Add(bool isClient, long place, byte[] octets, byte flags, long? ack)
    {
        if (ack is not null)
            flags |= Packet.Ack;
        uint sequence = (uint)((isClient ? clientBegin : serverBegin) + place), acknowledgement = ack is null ? 0 : (uint)((isClient ? serverBegin : clientBegin) + ack.Value);
        _packets.Add(Packet.IP(6, isClient
            ? Packet.Tcp(clientPort, serverPort, sequence, acknowledgement, flags, octets)
            : Packet.Tcp(serverPort, clientPort, sequence, acknowledgement, flags, octets), isClient));
        return this;
    }
}
