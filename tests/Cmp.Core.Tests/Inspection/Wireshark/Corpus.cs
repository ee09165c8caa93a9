using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Tests.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>The messages that Wireshark is asked about.</summary>
internal static class Corpus
{
    /// <summary>Whether all of it can be had: recorded messages, and those of OpenSSL.</summary>
    public static bool IsWhole => Repository.Data is not null && OpenSsl.IsAvailable;

    /// <summary>Every body in all its forms, messages of others, and structures of OpenSSL in messages of ours.</summary>
    /// <returns>The messages by their names.</returns>
    public static IReadOnlyList<(string Name, byte[] Octets)> Read() =>
        [.. Trees.Made, .. Trees.Foreign, .. OpenSsl.IsAvailable ? OpenSslStructures.Messages : []];

    /// <summary>Has Wireshark take messages apart, each in a packet and a connection of its own.</summary>
    /// <param name="messages">The messages.</param>
    /// <returns>What it makes of each.</returns>
    public static IReadOnlyList<Dissection> Dissect(IEnumerable<byte[]> messages)
    {
        using var folder = new TestFolder();
        byte[][] packets = [.. messages.Select((message, i) => Packet.Ethernet(Packet.IP(6, Packet.Tcp(20_000 + i, 80, 1, 1, Packet.Psh | Packet.Ack, Post(message)))))];
        IReadOnlyList<Dissection> found = Dissection.Read(folder.Write("messages.pcap", CaptureFile.Pcap(packets, CaptureFile.Ethernet)));
        Assert.Equal(Enumerable.Range(1, packets.Length), found.Select(dissection => dissection.Frame));
        return found;
    }

    private static byte[] Post(byte[] message) =>
        [.. Encoding.ASCII.GetBytes($"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: {message.Length}\r\n\r\n"), .. message];
}
