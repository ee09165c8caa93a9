using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using Cmp.Inspection.Captures;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Captures that Wireshark's programs wrote, and what tshark makes of ours.</summary>
public sealed class TsharkCaptureTests : IDisposable
{
    private static readonly byte[][] Talked = [.. new Talk().Open().Client(0, "question").Server(0, "answer", ack: 8).Client(8, "", Packet.Fin, 6).Server(6, "", Packet.Fin, 9).Packets];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>tshark puts the same octets together of the same disorder.</summary>
    [SkippableTheory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(14)]
    [InlineData(15)]
    [InlineData(16)]
    public void Tshark_follows_a_connection_in_disorder_to_the_same_octets(int seed)
    {
        var random = new Random(seed);
        (byte[] client, byte[] server) = (DisorderTests.Octets(random), DisorderTests.Octets(random));
        byte[] capture = CaptureFile.Pcap(DisorderTests.Scramble(random, client, server));
        RecordingTraffic.RecordedConnection ours = RecordingTraffic.Read(capture, out _).Connections.Single();
        (byte[] first, byte[] second) = Follow(_folder.Write("disorder.pcap", capture), 0);
        Assert.Equal(ours.Octets[0].ToArray(), first);
        Assert.Equal(ours.Octets[1].ToArray(), second);
        Assert.Equal(client, first);
        Assert.Equal(server, second);
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void Tshark_follows_a_connection_below_tags_and_over_either_IP_to_the_same_octets(bool isV6)
    {
        byte[] Wrap(byte[] packet) => isV6 ? Packet.Ethernet(Packet.IP6(6, packet.AsSpan(20).ToArray(), packet[12] == 192)) : Packet.Ethernet(packet, 0x88A8, 0x8100);
        byte[] capture = CaptureFile.Pcapng(new Talk(uint.MaxValue - 3).Open().Client(0, "ques").Client(8, "?").Client(4, "tion").Server(0, "answer", ack: 9).Packets.Select(Wrap), CaptureFile.Ethernet, isBigEndian: true);
        RecordingTraffic.RecordedConnection ours = RecordingTraffic.Read(capture, out _).Connections.Single();
        (byte[] first, byte[] second) = Follow(_folder.Write("talk.pcapng", capture), 0);
        Assert.Equal(("question?", "answer"), (Encoding.ASCII.GetString(first), Encoding.ASCII.GetString(second)));
        Assert.Equal(first, ours.Octets[0].ToArray());
        Assert.Equal(second, ours.Octets[1].ToArray());
    }

    /// <summary>What we count tshark counts too: packets, times, lengths, links.</summary>
    [SkippableTheory]
    [InlineData(CaptureFile.Micro, false)]
    [InlineData(CaptureFile.Micro, true)]
    [InlineData(CaptureFile.Nano, false)]
    [InlineData(CaptureFile.Nano, true)]
    [InlineData(CaptureFile.Modified, false)]
    public void Tshark_reads_each_kind_of_pcap_that_we_read(uint magic, bool isBigEndian)
    {
        string file = _folder.Write("talk.pcap", CaptureFile.Pcap(Talked, magic: magic, isBigEndian: isBigEndian, fraction: 100));
        string[] times = Lines(Run("tshark", "-r", file, "-n", "-T", "fields", "-e", "frame.time_epoch", "-Y", "tcp.len > 0"));
        RecordingTraffic.RecordedConnection ours = RecordingTraffic.Read(File.ReadAllBytes(file), out _).Connections.Single();
        Assert.Equal(times.Select(time => decimal.Parse(time, CultureInfo.InvariantCulture)), ours.Reads.Select(read => (decimal)(read.Time.Ticks - new DateTime(1970, 1, 1).Ticks) / TimeSpan.TicksPerSecond));
    }

    [SkippableTheory]
    [InlineData("pcap")]
    [InlineData("nsecpcap")]
    [InlineData("modpcap")]
    [InlineData("pcapng")]
    public void What_editcap_writes_is_read(string format)
    {
        string source = _folder.Write("talk.pcap", CaptureFile.Pcap(Talked.Select(packet => Packet.Ethernet(packet)), CaptureFile.Ethernet));
        Run("editcap", "-F", format, source, _folder.PathOf("made"));
        RecordingTraffic traffic = RecordingTraffic.Read(File.ReadAllBytes(_folder.PathOf("made")), out CaptureSummary summary);
        Assert.Equal("question| answer|", Talk.Text(traffic));
        Assert.Equal((Talked.Length, null), (summary.Packets, summary.Defect));
        Assert.Equal(RecordingTraffic.Read(File.ReadAllBytes(source), out _).Connections.Single().Reads, traffic.Connections.Single().Reads);
    }

    [SkippableFact]
    public void What_editcap_cuts_is_lost_to_the_octet()
    {
        string source = _folder.Write("talk.pcap", CaptureFile.Pcap(Talked.Select(packet => Packet.Ethernet(packet)), CaptureFile.Ethernet));
        foreach (string format in new[] { "pcap", "pcapng" })
        {
            Run("editcap", "-F", format, "-s", "57", source, _folder.PathOf("made"));
            RecordingTraffic traffic = RecordingTraffic.Read(File.ReadAllBytes(_folder.PathOf("made")), out CaptureSummary summary);
            Assert.Equal("que<5>| ans<3>|", Talk.Text(traffic));
            Assert.Equal((2, 8), (summary.CutPackets, summary.LostOctets));
        }
    }

    /// <summary>Two captures with different links: sections or interfaces of one file.</summary>
    [SkippableFact]
    public void What_mergecap_writes_is_read()
    {
        string first = _folder.Write("first.pcap", CaptureFile.Pcap(Talked.Select(packet => Packet.Ethernet(packet)), CaptureFile.Ethernet));
        string second = _folder.Write("second.pcap", CaptureFile.Pcap([.. new Talk(serverPort: 9).Open().Client(0, "other").Packets], magic: CaptureFile.Nano));
        foreach (string[] way in new string[][] { [], ["-a"], ["-I", "none"] })
        {
            Run("mergecap", [.. way, "-F", "pcapng", "-w", _folder.PathOf("made"), first, second]);
            RecordingTraffic traffic = RecordingTraffic.Read(File.ReadAllBytes(_folder.PathOf("made")), out CaptureSummary summary);
            Assert.Equal(["other| |", "question| answer|"], traffic.Connections.Select(connection => $"{connection.Texts[0]} {connection.Texts[1]}").Order());
            Assert.Empty(summary.UnreadablePackets);
        }
    }

    [SkippableTheory]
    [InlineData("-T", "1,2")]
    [InlineData("-u", "1,2")]
    public void What_text2pcap_writes_is_read(string protocol, string ports)
    {
        string text = _folder.Write("octets.txt", "0000  73 61 69 64\n");
        Run("text2pcap", protocol, ports, text, _folder.PathOf("made"));
        RecordingTraffic traffic = RecordingTraffic.Read(File.ReadAllBytes(_folder.PathOf("made")), out CaptureSummary summary);
        Assert.Equal("said", protocol == "-u" ? Encoding.ASCII.GetString(traffic.Datagrams.Single().Octets) : Encoding.ASCII.GetString(traffic.Connections.Single().Octets[0].ToArray()));
        Assert.Null(summary.Defect);
    }

    [SkippableFact]
    public void Fragments_that_we_put_together_tshark_puts_together_too()
    {
        byte[] udp = Packet.Udp(1, 2, [.. Enumerable.Range(0, 3000).Select(i => (byte)i)]);
        byte[][] packets =
        [
            Packet.IP(17, udp.AsSpan(1480).ToArray(), fragmentPlace: 1480), Packet.IP(17, udp.AsSpan(0, 1480).ToArray(), moreFragments: true),
            Packet.IP6(44, Packet.Fragment6(17, 1440, false, 7, udp.AsSpan(1440).ToArray())), Packet.IP6(44, Packet.Fragment6(17, 0, true, 7, udp.AsSpan(0, 1440).ToArray())),
        ];
        byte[] capture = CaptureFile.Pcap(packets);
        string[] theirs = Lines(Run("tshark", "-r", _folder.Write("fragments.pcap", capture), "-n", "-o", "ip.defragment:TRUE", "-o", "ipv6.defragment:TRUE", "-Y", "udp", "-T", "fields", "-e", "frame.number", "-e", "udp.payload"));
        Assert.Equal(theirs, RecordingTraffic.Read(capture, out _).Datagrams.Select(datagram => $"{datagram.Packet}\t{Hex.Of(datagram.Octets).ToLowerInvariant()}"));
    }

    private static string Run(string program, params string[] arguments)
    {
        string? file = Programs.Find(program);
        Skip.If(file is null, program + " is not installed");
        ProgramResult result = Programs.Run(file!, arguments);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Text;
    }

    private static string[] Lines(string text) => text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Both directions of a connection as tshark puts them together: lines of hex, those of the second end indented.</summary>
    private static (byte[] First, byte[] Second) Follow(string file, int stream)
    {
        string text = Run("tshark", "-r", file, "-n", "-o", "tcp.reassemble_out_of_order:TRUE", "-q", "-z", $"follow,tcp,raw,{stream}");
        string[] lines = [.. Lines(text).Where(line => line.TrimStart('\t').All(Uri.IsHexDigit) && line.Trim().Length > 0)];
        return (Octets(lines.Where(line => line[0] != '\t')), Octets(lines.Where(line => line[0] == '\t')));

        static byte[] Octets(IEnumerable<string> hex) => Convert.FromHexString(string.Concat(hex.Select(line => line.Trim())));
    }
}
