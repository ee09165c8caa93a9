using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using Cmp.Inspection.Captures;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Links, IP of both versions with all that it may have around its content, and UDP.</summary>
public class PacketReaderTests
{
    private static readonly byte[] Said = Packet.IP(17, Packet.Udp(1, 2, "said"u8.ToArray())), Said6 = Packet.IP6(17, Packet.Udp(1, 2, "said"u8.ToArray()));

    public static TheoryData<string, int, byte[]> Links()
    {
        var links = new TheoryData<string, int, byte[]>();
        foreach ((string version, byte[] ip, byte[] ether, byte[] ppp) in new[] { ("IPv4", Said, new byte[] { 8, 0 }, new byte[] { 0, 0x21 }), ("IPv6", Said6, [0x86, 0xDD], [0, 0x57]) })
        {
            void Add(string name, int link, params byte[][] parts) => links.Add($"{name} {version}", link, [.. parts.SelectMany(part => part)]);
            Add("Ethernet", 1, Packet.Ethernet(ip));
            Add("Ethernet, padded", 1, Packet.Ethernet(ip), new byte[20]);
            Add("802.1Q", 1, Packet.Ethernet(ip, 0x8100));
            Add("802.1ad over 802.1Q", 1, Packet.Ethernet(ip, 0x88A8, 0x8100));
            Add("five tags", 1, Packet.Ethernet(ip, 0x88A8, 0x9100, 0x9200, 0x8100, 0x8100));
            Add("MPLS", 1, new byte[12], [0x88, 0x47, 0, 1, 0, 64, 0, 2, 1, 64], ip);
            Add("PPPoE", 1, new byte[12], [0x88, 0x64, 0x11, 0, 0, 1, 0, 0], ppp, ip);
            Add("Linux cooked", 113, new byte[14], ether, ip);
            Add("Linux cooked with a tag", 113, new byte[14], [0x81, 0, 0, 7], ether, ip);
            Add("Linux cooked 2", 276, ether, new byte[18], ip);
            Add("raw", 101, ip);
            Add("raw of BSD", 12, ip);
            Add("raw of OpenBSD", 14, ip);
            Add("IP alone", version == "IPv4" ? 228 : 229, ip);
            byte[] snap = [0xAA, 0xAA, 3, 0, 0, 0];
            Add("802.11", 105, [0x08, 1], new byte[22], snap, ether, ip);
            Add("802.11 with quality of service", 105, [0x88, 0x42], new byte[24], snap, ether, ip);
            Add("802.11 with a control behind that", 105, [0x88, 0x81], new byte[28], snap, ether, ip);
            Add("802.11 with four addresses", 105, [0x08, 3], new byte[28], snap, ether, ip);
            Add("802.11 with all of it", 105, [0x88, 0x83], new byte[34], snap, ether, ip);
            Add("PPP", 9, ppp, ip);
            Add("PPP, shortened", 9, [ppp[1]], ip);
            Add("PPP in HDLC", 50, [0xFF, 3], ppp, ip);
            Add("PPPoE session", 51, [0x11, 0, 0, 1, 0, 0], ppp, ip);
            foreach (byte family in version == "IPv4" ? new byte[] { 2 } : [10, 23, 24, 28, 30])
            {
                Add($"loopback {family}", 0, [family, 0, 0, 0], ip);
                Add($"loopback {family}, big", 0, [0, 0, 0, family], ip);
                Add($"loopback of OpenBSD {family}", 108, [0, 0, 0, family], ip);
            }
        }
        return links;
    }

    [Theory]
    [MemberData(nameof(Links))]
    public void Each_link_is_known(string name, int linkType, byte[] packet)
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([packet], linkType), out CaptureSummary summary);
        (IPEndPoint source, IPEndPoint destination, _, long number, byte[] octets) = traffic.Datagrams.Single();
        bool isV4 = name.EndsWith("IPv4", StringComparison.Ordinal);
        Assert.Equal((new IPEndPoint(isV4 ? Packet.Client : Packet.Client6, 1), new IPEndPoint(isV4 ? Packet.Server : Packet.Server6, 2), 1L), (source, destination, number));
        Assert.Equal("said", Encoding.ASCII.GetString(octets));
        Assert.Empty(summary.UnreadablePackets);
        Assert.Equal((0, 0), (summary.OtherPackets, summary.CutPackets));

        // cut anywhere it is counted, and nothing is read of it
        for (int length = 0; length < packet.Length - (name.Contains("padded") ? 20 : 0); length++)
        {
            Assert.Empty(RecordingTraffic.Read(CaptureFile.Pcap([packet], linkType, snapLength: length), out summary).Datagrams);
            Assert.Equal((1, 1), (summary.CutPackets, Count(summary, PacketDefect.Cut)));
        }
    }

    [Theory]
    [InlineData(1, "0000000000000000000000000806")] // ARP
    [InlineData(1, "000000000000000000000000002E4242030000000000")] // LLC
    [InlineData(1, "00000000000000000000000088470001014000000000")] // Ethernet in MPLS
    [InlineData(1, "000000000000000000000000886411000001000AC021")] // LCP
    [InlineData(113, "0000000000000000000000000000000C")]
    [InlineData(276, "000C000000000000000000000000000000000000")]
    [InlineData(105, "D4000000000000000000")] // an acknowledgement of 802.11
    [InlineData(105, "480100000000000000000000000000000000000000000000")] // data of 802.11 without any
    [InlineData(105, "0841000000000000000000000000000000000000000000000123456789ABCDEF0123456789ABCDEF")] // encrypted
    [InlineData(105, "080100000000000000000000000000000000000000000000AAAA030000000806")] // ARP
    [InlineData(0, "0700000001")]
    [InlineData(9, "FF03C021")]
    public void What_is_no_IP_is_counted(int linkType, string packet)
    {
        RecordingTraffic.Read(CaptureFile.Pcap([Hex.Parse(packet)], linkType), out CaptureSummary summary);
        Assert.Equal(1, summary.OtherPackets);
        Assert.Empty(summary.UnreadablePackets);
    }

    [Theory]
    [InlineData(1, "00000000000000000000000008")]
    [InlineData(1, "0000000000000000000000008100")]
    [InlineData(1, "000000000000000000000000884700010040")]
    [InlineData(0, "020000")]
    [InlineData(9, "FF03")]
    [InlineData(105, "08")]
    [InlineData(105, "080100000000000000000000000000000000000000000000AAAA0300000008")]
    [InlineData(101, "")]
    public void A_header_of_a_link_that_ends_too_early_is_counted(int linkType, string packet)
    {
        RecordingTraffic.Read(CaptureFile.Pcap([Hex.Parse(packet)], linkType), out CaptureSummary summary);
        Assert.Equal(1, summary.UnreadablePackets[PacketDefect.Link]);
    }

    [Fact]
    public void Links_that_are_not_known_are_counted_by_their_number()
    {
        byte[] capture = [.. CaptureFile.Section(false), .. CaptureFile.Interface(false, 127), .. CaptureFile.Interface(false, 147), .. CaptureFile.Enhanced(false, Said), .. CaptureFile.Enhanced(false, Said, 1), .. CaptureFile.Enhanced(false, Said, 1)];
        Assert.Empty(RecordingTraffic.Read(capture, out CaptureSummary summary).Datagrams);
        Assert.Equal([(127, 1L), (147, 2L)], summary.UnknownLinkTypes.Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void Options_and_headers_around_the_content_are_passed_over()
    {
        byte[] udp = Packet.Udp(1, 2, "said"u8.ToArray());
        byte[] Next(byte next, int octets, byte length) => [next, length, .. new byte[octets - 2]];
        byte[][] packets =
        [
            Packet.IP(17, udp, optionOctets: 40),
            Packet.IP(51, [.. Next(17, 24, 4), .. udp]),
            Packet.IP6(0, [.. Next(60, 8, 0), .. Next(43, 16, 1), .. Next(51, 8, 0), .. Next(135, 24, 4), .. Next(17, 8, 0), .. udp]),
            Packet.IP6(44, [.. Packet.Fragment6(17, 0, false, 7, []), .. udp]), // an atomic fragment (RFC 6946)
            Packet.IP(4, Said), Packet.IP(41, Said6), Packet.IP6(41, Packet.IP6(4, Said)),
        ];
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary);
        Assert.Equal([1L, 2, 3, 4, 5, 6, 7], traffic.Datagrams.Select(datagram => datagram.Packet));
        Assert.Empty(summary.UnreadablePackets);
    }

    [Fact]
    public void Content_that_is_neither_TCP_nor_UDP_is_counted()
    {
        RecordingTraffic.Read(CaptureFile.Pcap([Packet.IP(1, new byte[8]), Packet.IP6(58, new byte[8]), Packet.IP(50, new byte[30]), Packet.IP6(59, []), Packet.IP(1, new byte[8], moreFragments: true)]), out CaptureSummary summary);
        Assert.Equal(5, summary.OtherPackets);
    }

    [Fact]
    public void Headers_of_IP_that_cannot_be_are_counted()
    {
        byte[] shortHeader = [.. Said], version = [.. Said], longHeader = Packet.IP(17, [], total: 20);
        shortHeader[0] = 0x44;
        version[0] = 0x75;
        longHeader[0] = 0x4F;
        byte[] deep = Said;
        for (int i = 0; i < 5; i++)
            deep = Packet.IP(4, deep);
        byte[][] packets = [shortHeader, version, longHeader, deep, Said.Take(19).ToArray(), Said6.Take(39).ToArray(), Packet.IP6(0, [17, 9, 0, 0, 0, 0, 0, 0])];
        Assert.Empty(RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary).Datagrams);
        Assert.Equal(packets.Length, summary.UnreadablePackets[PacketDefect.Ip]);
    }

    /// <summary>Where the network card cuts a segment into packets, the lengths are not known when it is captured.</summary>
    [Fact]
    public void A_length_of_zero_is_all_that_was_captured()
    {
        byte[] tcp = Packet.Tcp(1, 2, 1, 0, Packet.Ack, new byte[70_000]);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([Packet.IP(6, tcp, total: 0), Packet.IP6(6, tcp, length: 0)], snapLength: 100_000), out _);
        Assert.All(traffic.Connections, connection => Assert.Equal(70_000, connection.Octets[0].Length));
        Assert.Equal(2, traffic.Connections.Count);
        Assert.Single(RecordingTraffic.Read(CaptureFile.Pcap([Packet.IP6(17, Packet.Udp(1, 2, new byte[70_000], 0), length: 0)], snapLength: 100_000), out _).Datagrams);
    }

    /// <summary>Some writers give the length that they captured as that on the wire; IP knows better.</summary>
    [Fact]
    public void What_IP_says_is_missing_is_missing()
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([.. new Talk().Client(0, "abcdef").Client(6, "ghi").Packets.Select(packet => packet.Take(42).ToArray())]), out CaptureSummary summary);
        Assert.Equal("ab<4>gh<1>| |", Talk.Text(traffic));
        Assert.Equal((2, 5), (summary.CutPackets, summary.LostOctets));
    }

    [Theory]
    [InlineData(7)]
    [InlineData(13)]
    [InlineData(60_000)]
    public void A_length_of_UDP_that_cannot_be_is_counted(int length)
    {
        Assert.Empty(RecordingTraffic.Read(CaptureFile.Pcap([Packet.IP(17, Packet.Udp(1, 2, "said"u8.ToArray(), length)), Packet.IP(17, [1, 2, 3])]), out CaptureSummary summary).Datagrams);
        Assert.Equal(2, summary.UnreadablePackets[PacketDefect.Udp]);
    }

    [Fact]
    public void What_follows_a_datagram_is_none_of_it() =>
        Assert.Equal("said", Encoding.ASCII.GetString(RecordingTraffic.Read(CaptureFile.Pcap([Packet.IP(17, [.. Packet.Udp(1, 2, "said"u8.ToArray()), 0, 0])]), out _).Datagrams.Single().Octets));

    public static TheoryData<bool, int[]> Orders() => new()
    {
        { false, [0, 1, 2] }, { false, [2, 0, 1] }, { false, [1, 1, 2, 0] }, { false, [2, 1, 0, 0] },
        { true, [0, 1, 2] }, { true, [2, 0, 1] }, { true, [1, 1, 2, 0] }, { true, [2, 1, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Orders))]
    public void Fragments_are_put_together_in_any_order(bool isV6, int[] order)
    {
        byte[] content = [.. Enumerable.Range(0, 3000).Select(i => (byte)i)];
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(order.Select(i => Fragments(isV6, content, 1)[i])), out CaptureSummary summary);
        (IPEndPoint source, _, _, long packet, byte[] octets) = traffic.Datagrams.Single();
        Assert.Equal(content, octets);
        Assert.Equal(order.Distinct().Count() == order.Length ? 3 : order[3] == order[2] ? 3 : 4, packet);
        Assert.Equal(isV6 ? Packet.Client6 : Packet.Client, source.Address);
        // what comes once more after the whole waits for ever
        Assert.Equal(order is [2, 1, 0, 0] ? 1 : 0, Count(summary, PacketDefect.Fragment));
    }

    [Fact]
    public void Segments_of_TCP_may_come_in_fragments()
    {
        byte[] segment = Packet.Tcp(1, 2, 1, 0, Packet.Ack, "abcdefghij"u8.ToArray());
        byte[][] packets = [Packet.IP(6, segment.AsSpan(16).ToArray(), fragmentPlace: 16), Packet.IP(6, segment.AsSpan(0, 16).ToArray(), moreFragments: true)];
        Assert.Equal("abcdefghij| |", Talk.Text(RecordingTraffic.Read(CaptureFile.Pcap(packets), out _)));
    }

    [Fact]
    public void Fragments_of_several_datagrams_are_told_apart()
    {
        byte[][] first = Fragments(false, [.. Enumerable.Repeat((byte)1, 3000)], 1), second = Fragments(false, [.. Enumerable.Repeat((byte)2, 3000)], 2);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([first[0], second[0], second[2], first[1], second[1], first[2]]), out _);
        Assert.All(traffic.Datagrams, datagram => Assert.Single(datagram.Octets.Distinct()));
        Assert.Equal(2, traffic.Datagrams.Count);
    }

    [Fact]
    public void Fragments_that_overlap_are_read_as_those_that_came_first()
    {
        byte[] whole = Packet.Udp(1, 2, Encoding.ASCII.GetBytes("abcdefghijklmnopqrstuvwx")), other = Packet.Udp(1, 2, Encoding.ASCII.GetBytes("ABCDEFGHIJKLMNOPQRSTUVWX"));
        byte[][] packets = [Packet.IP(17, whole.AsSpan(8, 8).ToArray(), fragmentPlace: 8, moreFragments: true), Packet.IP(17, other.AsSpan(0, 24).ToArray(), moreFragments: true), Packet.IP(17, whole.AsSpan(16).ToArray(), fragmentPlace: 16)];
        Assert.Equal("abcdefghIJKLMNOPqrstuvwx", Encoding.ASCII.GetString(RecordingTraffic.Read(CaptureFile.Pcap(packets), out _).Datagrams.Single().Octets));
    }

    /// <summary>65536 numbers come round, and what was never completed is not completed by another datagram.</summary>
    [Fact]
    public void Fragments_a_minute_apart_are_of_two_datagrams()
    {
        byte[][] fragments = Fragments(false, new byte[3000], 1);
        byte[] At(int i, uint seconds) => CaptureFile.Enhanced(false, fragments[i], time: (CaptureFile.Began + seconds) * 1_000_000UL);
        byte[] Capture(uint seconds) => [.. CaptureFile.Section(false), .. CaptureFile.Interface(false, CaptureFile.RawIP), .. At(0, 0), .. At(1, 1), .. At(2, seconds)];
        Assert.Single(RecordingTraffic.Read(Capture(59), out _).Datagrams);
        Assert.Empty(RecordingTraffic.Read(Capture(61), out CaptureSummary summary).Datagrams);
        Assert.Equal(3, summary.UnreadablePackets[PacketDefect.Fragment]);
    }

    [Fact]
    public void Fragments_that_cannot_be_or_were_cut_are_counted()
    {
        byte[][] packets = [Packet.IP(17, new byte[9], moreFragments: true), Packet.IP(17, [], moreFragments: true), Packet.IP(17, new byte[100], fragmentPlace: 65_528)];
        RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary);
        Assert.Equal(3, summary.UnreadablePackets[PacketDefect.Fragment]);
        Assert.Empty(RecordingTraffic.Read(CaptureFile.Pcap(Fragments(false, new byte[3000], 1), snapLength: 500), out summary).Datagrams);
        Assert.Equal((2, 2, 1), (summary.CutPackets, summary.UnreadablePackets[PacketDefect.Cut], summary.UnreadablePackets[PacketDefect.Fragment]));
    }

    [Fact]
    public void Fragments_whose_datagram_never_comes_give_way()
    {
        var options = new CaptureOptions { MaxFragmentBytes = 10_000 };
        byte[][] whole = Fragments(false, new byte[3000], 9999);
        IEnumerable<byte[]> flood = Enumerable.Range(1, 500).Select(id => Fragments(false, new byte[3000], id)[0]);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([whole[0], .. flood, .. whole]), out CaptureSummary summary, options);
        Assert.Single(traffic.Datagrams);
        Assert.Equal(501, summary.UnreadablePackets[PacketDefect.Fragment]);
    }

    [Fact]
    public void A_datagram_of_very_many_fragments_is_given_up()
    {
        byte[][] packets = [.. Enumerable.Range(1, 3000).Select(i => Packet.IP(17, new byte[8], fragmentPlace: 16 * i, moreFragments: true))];
        RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary);
        Assert.Equal(3000, summary.UnreadablePackets[PacketDefect.Fragment]);
    }

    /// <summary>The last fragment says how long the datagram is; what is missing before it is waited for, to the octet.</summary>
    [Fact]
    public void A_datagram_is_whole_when_its_last_octets_are_there()
    {
        byte[] udp = Packet.Udp(1, 2, Encoding.ASCII.GetBytes("abcdefghijklmnopqrstuvwx"));
        byte[] Part(int place, int length, bool more) => Packet.IP(17, udp.AsSpan(place, length).ToArray(), fragmentPlace: place, moreFragments: more);
        byte[][] packets = [Part(24, 8, false), Part(0, 16, true), Part(16, 8, true)];
        Assert.Equal(3, RecordingTraffic.Read(CaptureFile.Pcap(packets), out _).Datagrams.Single().Packet);
        // two that come first and claim to be the last: the first one counts
        Assert.Equal(4, RecordingTraffic.Read(CaptureFile.Pcap([packets[0], Part(8, 8, false), packets[1], packets[2]]), out _).Datagrams.Single().Packet);
    }

    /// <summary>Not those that fit into memory give a datagram up, but how many there are: each is looked for among the others.</summary>
    [Fact]
    public void A_datagram_of_more_than_1024_fragments_is_none()
    {
        byte[] udp = Packet.Udp(1, 2, new byte[16_384]);
        IEnumerable<byte[]> Parts(int size) => Enumerable.Range(0, (udp.Length + size - 1) / size).Reverse().Select(i => Packet.IP(17, udp.Skip(size * i).Take(size).ToArray(), fragmentPlace: size * i, moreFragments: size * (i + 1) < udp.Length));
        byte[] AtOnce(int size) => [.. CaptureFile.Section(false), .. CaptureFile.Interface(false, CaptureFile.RawIP), .. Parts(size).SelectMany(packet => CaptureFile.Enhanced(false, packet))];
        Assert.Empty(RecordingTraffic.Read(AtOnce(8), out _).Datagrams);
        Assert.Single(RecordingTraffic.Read(AtOnce(24), out _).Datagrams);
    }

    private static long Count(CaptureSummary summary, PacketDefect defect) => summary.UnreadablePackets.TryGetValue(defect, out long count) ? count : 0;

    /// <summary>A datagram of UDP in three fragments.</summary>
    private static byte[][] Fragments(bool isV6, byte[] content, int id)
    {
        byte[] udp = Packet.Udp(1, 2, content);
        const int Most = 1448;
        return [.. Enumerable.Range(0, 3).Select(i =>
        {
            byte[] part = [.. udp.Skip(Most * i).Take(Most)];
            return isV6 ? Packet.IP6(44, Packet.Fragment6(17, Most * i, i < 2, (uint)id, part)) : Packet.IP(17, part, id: id, fragmentPlace: Most * i, moreFragments: i < 2);
        })];
    }
}
