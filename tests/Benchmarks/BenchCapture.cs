using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Cmp.Messages;
using Cmp.Tests;
using Cmp.Tests.Inspection.Captures;

namespace Cmp.Benchmarks;

/// <summary>
/// Makes a capture as an administrator takes it at a busy server: downloads over HTTP, TLS, questions of DNS, and in a tenth of its octets enrolments over
/// HTTP, of messages that openssl cmp and its server made, each with a transactionID of its own. Many connections are open at once.
/// </summary>
internal sealed class BenchCapture
{
    private const int SegmentBytes = 1448;
    private const int OpenAtOnce = 64;
    private static readonly byte[] Noise = Randoms(1 << 20);

    private readonly Random _random = new(8);
    private readonly List<byte[]> _requests = [];
    private readonly List<byte[]> _responses = [];
    private readonly byte[] _transactionId;
    private int _connections;

    /// <summary>Has openssl make the messages.</summary>
    internal BenchCapture()
    {
        using var folder = new TestFolder();
        string key = folder.PathOf("key.pem"), certificate = folder.PathOf("cert.pem");
        // with it an answer has 1.7 kB, as in plants
        string issuing = folder.PathOf("issuing.pem");
        OpenSsl.Require(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder.PathOf("issuing.key"), "-out", issuing, "-subj", "/C=DE/O=Cmp tests/OU=Control of plant 4/CN=Issuing CA of the benchmarks 2026", "-days", "30"]);
        OpenSsl.Require(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-subj", "/O=Cmp/CN=Bench CA", "-days", "30"]);
        (IReadOnlyList<byte[]> requests, IReadOnlyList<byte[]> responses) = OpenSsl.Exchange(folder, [
            "-cmd", "ir", "-subject", "/O=Cmp/CN=router7.plant4.example", "-newkey", key, "-certout", folder.PathOf("out.pem"), "-ref", "bench", "-secret", "pass:bench", "-srv_ref", "bench", "-srv_secret", "pass:bench",
            "-srv_cert", certificate, "-srv_key", key, "-rsp_cert", certificate, "-rsp_extracerts", issuing, "-unprotected_errors", "-recipient", "/O=Cmp/CN=Bench CA"]);
        _requests.AddRange(requests);
        _responses.AddRange(responses);
        _transactionId = PkiMessage.Decode(requests[0]).Header.TransactionId!.Value.ToArray();
    }

    /// <summary>The messages of CMP that the capture holds.</summary>
    internal int Messages { get; private set; }

    /// <summary>The octets of them, with the packets that carry them.</summary>
    internal long MessageOctets { get; private set; }

    internal long Packets { get; private set; }

    /// <summary>What was said in one enrolment.</summary>
    internal IReadOnlyList<byte[]> Said => [.. _requests, .. _responses];

    /// <summary>Writes the capture.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="length">About how long it is to be.</param>
    internal void Write(string path, long length)
    {
        using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
        byte[] header = CaptureFile.Pcap([], CaptureFile.Ethernet);
        file.Write(header);
        var open = new List<(IEnumerator<byte[]> Packets, bool IsCmp)>();
        long written = 0;
        Span<byte> record = stackalloc byte[16];
        while (written < length || open.Count > 0)
        {
            while (open.Count < OpenAtOnce && written < length)
            {
                bool isCmp = MessageOctets * 19 < written * 2;
                IEnumerable<byte[]> packets = isCmp ? Enrolment() : _random.Next(10) switch { < 3 => Tls(), < 5 => Dns(), _ => Download() };
                open.Add((packets.GetEnumerator(), isCmp));
            }
            int index = _random.Next(open.Count);
            for (int burst = _random.Next(1, 16); burst > 0; burst--)
            {
                if (!open[index].Packets.MoveNext())
                {
                    open.RemoveAt(index);
                    break;
                }
                byte[] packet = open[index].Packets.Current;
                BinaryPrimitives.WriteUInt32LittleEndian(record, CaptureFile.Began + (uint)(Packets / 10_000));
                BinaryPrimitives.WriteUInt32LittleEndian(record[4..], (uint)(Packets % 10_000 * 100));
                BinaryPrimitives.WriteInt32LittleEndian(record[8..], packet.Length);
                BinaryPrimitives.WriteInt32LittleEndian(record[12..], packet.Length);
                file.Write(record);
                file.Write(packet);
                written += 16 + packet.Length;
                Packets++;
                if (open[index].IsCmp)
                    MessageOctets += 16 + packet.Length;
            }
        }
    }

    private IEnumerable<byte[]> Enrolment()
    {
        byte[] id = Randoms(_transactionId.Length);
        List<(bool, byte[])> said = [];
        for (int i = 0; i < _requests.Count; i++)
        {
            byte[] request = Changed(_requests[i], id);
            said.Add((true, [.. Encoding.ASCII.GetBytes($"POST /.well-known/cmp HTTP/1.1\r\nHost: ca.plant4.example\r\nContent-Type: application/pkixcmp\r\nContent-Length: {request.Length}\r\n\r\n"), .. request]));
            byte[] response = Changed(_responses[i], id);
            said.Add((false, [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: {response.Length}\r\n\r\n"), .. response]));
            Messages += 2;
        }
        return Connection(80, said);
    }

    private IEnumerable<byte[]> Download()
    {
        byte[] content = Part(_random.Next(10_000, 600_000));
        return Connection(80, [
            (true, "GET /files/update.bin HTTP/1.1\r\nHost: files.plant4.example\r\nUser-Agent: curl/8.0\r\nAccept: */*\r\n\r\n"u8.ToArray()),
            (false, [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {content.Length}\r\n\r\n"), .. content])]);
    }

    /// <summary>Records of a handshake that nobody finishes, and of data: what a sniffer sees of TLS.</summary>
    private IEnumerable<byte[]> Tls()
    {
        byte[] hello = [1, 0, 0, 251, 3, 3, .. Part(32), 0, 0, 2, 0x13, 1, 1, 0, 0, 208, 0, 21, 0, 204, .. new byte[204]];
        List<(bool, byte[])> said = [(true, Record(22, hello)), (false, Record(22, [2, 0, 0, 74, 3, 3, .. Part(32), 32, .. Part(32), 0x13, 1, 0, 0, 2, 0, 0]))];
        for (int turns = _random.Next(1, 6); turns > 0; turns--)
        {
            said.Add((true, Record(23, Part(_random.Next(100, 2000)))));
            for (int records = _random.Next(1, 8); records > 0; records--)
                said.Add((false, Record(23, Part(16_000))));
        }
        return Connection(443, said);

        static byte[] Record(byte type, byte[] content) => [type, 3, 3, (byte)(content.Length >> 8), (byte)content.Length, .. content];
    }

    private IEnumerable<byte[]> Dns()
    {
        int port = _random.Next(1024, 65_000);
        byte[] name = [6, .. "server"u8, 6, .. "plant4"u8, 7, .. "example"u8, 0, 0, 1, 0, 1];
        byte[] question = [.. Part(2), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. name];
        byte[] answer = [question[0], question[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0, .. name, 0xC0, 12, 0, 1, 0, 1, 0, 0, 1, 0, 0, 4, 192, 0, 2, 1];
        yield return Packet.Ethernet(Packet.IP(17, Packet.Udp(port, 53, question)));
        yield return Packet.Ethernet(Packet.IP(17, Packet.Udp(53, port, answer), fromClient: false));
    }

    private IEnumerable<byte[]> Connection(int serverPort, IReadOnlyList<(bool IsClient, byte[] Octets)> said)
    {
        int clientPort = 1024 + (_connections++ % 64_000);
        uint client = (uint)_random.Next(), server = (uint)_random.Next();
        byte[] Segment(bool isClient, byte flags, ReadOnlySpan<byte> octets) => Packet.Ethernet(Packet.IP(6, isClient
            ? Packet.Tcp(clientPort, serverPort, client, server, flags, octets.ToArray(), 12)
            : Packet.Tcp(serverPort, clientPort, server, client, flags, octets.ToArray(), 12), isClient, id: _connections));

        yield return Segment(true, Packet.Syn, []);
        client++;
        yield return Segment(false, Packet.Syn | Packet.Ack, []);
        server++;
        yield return Segment(true, Packet.Ack, []);
        foreach ((bool isClient, byte[] octets) in said)
        {
            for (int place = 0, count = 0; place < octets.Length; place += SegmentBytes)
            {
                int length = Math.Min(SegmentBytes, octets.Length - place);
                yield return Segment(isClient, Packet.Psh | Packet.Ack, octets.AsSpan(place, length));
                if (isClient)
                    client += (uint)length;
                else
                    server += (uint)length;
                if (++count % 2 == 0)
                    yield return Segment(!isClient, Packet.Ack, []);
            }
        }
        yield return Segment(true, Packet.Fin | Packet.Ack, []);
        client++;
        yield return Segment(false, Packet.Fin | Packet.Ack, []);
        server++;
        yield return Segment(true, Packet.Ack, []);
    }

    private byte[] Changed(byte[] message, byte[] id)
    {
        byte[] changed = [.. message];
        for (int at = changed.AsSpan().IndexOf(_transactionId); at >= 0; at = changed.AsSpan().IndexOf(_transactionId))
            id.CopyTo(changed, at);
        return changed;
    }

    private byte[] Part(int length) => Noise.AsSpan(_random.Next(Noise.Length - length), length).ToArray();

    private static byte[] Randoms(int length)
    {
        byte[] octets = new byte[length];
        Random.Shared.NextBytes(octets);
        return octets;
    }
}
