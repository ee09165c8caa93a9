using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Segments of TCP in every disorder, and what is read of them. In the texts a number in brackets stands for lost octets, a bar for an end.</summary>
public class TcpTableTests
{
    private const byte Fin = Packet.Fin, Syn = Packet.Syn, Rst = Packet.Rst;

    private static Talk Open(uint client = 1001, uint server = 5001) => new Talk(client, server).Open();

    [Fact]
    public void Both_directions_come_in_order_until_both_have_ended()
    {
        Talk talk = Open().Client(0, "ques").Client(4, "tion").Server(0, "answer", ack: 8).Client(8, "", Fin, 6).Server(6, "!", Fin, 9).Client(9, "", ack: 8);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(talk.Packets), out CaptureSummary summary);
        Assert.Equal("question| answer!|", Talk.Text(traffic));
        RecordingTraffic.RecordedConnection connection = traffic.Connections.Single();
        Assert.True(connection.IsOpening);
        Assert.Equal((new IPEndPoint(Packet.Client, 40_000), new IPEndPoint(Packet.Server, 8080)), (connection.First, connection.Second));
        DateTimeOffset began = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(CaptureFile.Began).AddTicks(1_234_560);
        Assert.Equal([(true, began.AddSeconds(3), 4L), (true, began.AddSeconds(4), 5L), (false, began.AddSeconds(5), 6L), (false, began.AddSeconds(7), 8L)], connection.Reads);
        Assert.Equal((9, 1, 0), (summary.Packets, summary.Connections, summary.LostOctets));
        Assert.Equal(1, traffic.Ends);
        Assert.Null(summary.Defect);
        Assert.Empty(summary.UnreadablePackets);
    }

    [Fact]
    public void What_comes_again_is_not_read_again() =>
        Assert.Equal("abcdefgh| |", Open().Client(0, "abcd").Client(0, "abcd").Client(2, "cdef").Client(0, "ab").Client(0, "abcdefgh").Seen());

    [Theory]
    [InlineData("2013")]
    [InlineData("3210")]
    [InlineData("1032")]
    [InlineData("0321")]
    public void What_comes_too_early_waits(string order)
    {
        Talk talk = Open();
        foreach (int i in order.Select(digit => digit - '0'))
            talk.Client(3 * i, "abcdefghijkl".Substring(3 * i, 3));
        Assert.Equal("abcdefghijkl| |", talk.Seen(out CaptureSummary summary));
        Assert.Equal(0, summary.LostOctets);
    }

    /// <summary>Time and packet are those of the octets, not of those that let them through.</summary>
    [Fact]
    public void What_waited_keeps_its_packet()
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(Open().Client(3, "def").Client(0, "abc").Packets), out _);
        Assert.Equal([5L, 4L], traffic.Connections.Single().Reads.Select(read => read.Packet));
    }

    [Fact]
    public void Where_octets_overlap_those_that_came_first_count()
    {
        Assert.Equal("abcdEF| |", Open().Client(0, "abcd").Client(2, "CDEF").Seen());
        Assert.Equal("abCDef| |", Open().Client(2, "CD").Client(0, "abcdef").Seen());
        Assert.Equal("abCDeFGh| |", Open().Client(2, "CD").Client(5, "FG").Client(1, "bcdefgh").Client(0, "a").Seen());
        Assert.Equal("a1234f| |", Open().Client(1, "12").Client(2, "x34").Client(0, "abcdef").Seen());
    }

    /// <summary>Who answers has what he acknowledges: what was not captured of it does not come any more.</summary>
    [Fact]
    public void What_was_not_captured_is_lost_once_the_other_side_answers_it()
    {
        Talk talk = Open().Client(0, "ab").Client(5, "fg").Server(0, "answer", ack: 7).Client(7, "next", ack: 6);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(talk.Packets), out CaptureSummary summary);
        Assert.Equal("ab<3>fgnext| answer|", Talk.Text(traffic));
        Assert.Equal([true, true, false, true], traffic.Connections.Single().Reads.Select(read => read.FromFirst));
        Assert.Equal(3, summary.LostOctets);
    }

    [Fact]
    public void An_acknowledgement_alone_or_of_less_gives_nothing_up()
    {
        Assert.Equal("abcdefg| |", Open().Client(0, "ab").Client(5, "fg").Server(0, "", ack: 7).Client(2, "cde").Seen());
        Assert.Equal("abcdefg| answer|", Open().Client(0, "ab").Client(5, "fg").Server(0, "answer", ack: 2).Client(2, "cde").Seen());
    }

    [Fact]
    public void What_is_missing_at_the_end_is_lost()
    {
        Assert.Equal("ab<3>fg<1>i| |", Open().Client(0, "ab").Client(8, "i").Client(5, "fg").Seen(out CaptureSummary summary));
        Assert.Equal(4, summary.LostOctets);
        Assert.Equal("ab<3>fg| |", Open().Client(0, "ab").Client(5, "fg").Client(7, "", Rst).Client(2, "cde").Seen());
    }

    [Fact]
    public void An_end_counts_when_all_before_it_has_come()
    {
        Assert.Equal("abcdef| |", Open().Client(6, "", Fin).Client(0, "abc").Client(3, "def").Client(6, "more").Seen());
        Assert.Equal("abc| |", Open().Client(0, "abc", Fin).Client(0, "abc", Fin).Seen());
        // the other side has seen the end, so nothing comes any more
        Assert.Equal("abc<3>| |", Open().Client(0, "abc").Client(6, "", Fin).Server(0, "", ack: 7).Client(3, "def").Seen());
        Assert.Equal("abcdef| |", Open().Client(0, "abc").Client(6, "", Fin).Server(0, "", ack: 3).Client(3, "def").Seen());
    }

    [Fact]
    public void A_side_that_has_ended_may_still_be_answered() =>
        Assert.Equal("question| answer|", Open().Client(0, "question", Fin).Server(0, "ans", ack: 9).Server(3, "wer", Fin, 9).Seen());

    [Fact]
    public void A_reset_ends_both_directions()
    {
        Assert.Equal("question| ans|", Open().Client(0, "question").Server(0, "ans", ack: 8).Client(8, "", Rst, null).Server(3, "wer", ack: 8).Seen(out CaptureSummary summary));
        Assert.Equal(1, summary.Connections);
    }

    [Fact]
    public void The_same_ends_may_connect_anew()
    {
        Talk first = Open().Client(0, "one", Fin).Server(0, "1", Fin, 4), second = Open(9_000_001, 7_000_001).Client(0, "two").Server(0, "2", ack: 3);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([.. first.Packets, .. second.Packets]), out CaptureSummary summary);
        Assert.Equal("one| 1| / two| 2|", Talk.Text(traffic));
        Assert.Equal(2, summary.Connections);
        Assert.All(traffic.Connections, connection => Assert.True(connection.IsOpening));

        // the first one need not have ended, nor have come whole
        Assert.Equal("o<1>e| | / two| 2|", Talk.Text(RecordingTraffic.Read(CaptureFile.Pcap([.. Open().Client(0, "o").Client(2, "e").Packets, .. second.Packets]), out _)));
    }

    [Fact]
    public void An_opening_that_is_repeated_is_the_same()
    {
        Talk talk = new Talk().Client(-1, "", Syn, null).Client(-1, "", Syn, null).Server(-1, "", Syn).Server(-1, "", Syn).Client(0, "abc").Server(-1, "", Syn, 0).Client(3, "def");
        Assert.Equal("abcdef| |", talk.Seen(out CaptureSummary summary));
        Assert.Equal(1, summary.Connections);
    }

    [Fact]
    public void Who_answers_the_opening_is_the_server()
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(new Talk().Server(-1, "", Syn, 0).Server(0, "hello").Client(0, "hi", ack: 5).Packets), out _);
        RecordingTraffic.RecordedConnection connection = traffic.Connections.Single();
        Assert.True(connection.IsOpening);
        Assert.Equal(40_000, connection.First.Port);
        Assert.Equal("hi| hello|", Talk.Text(traffic));
    }

    [Fact]
    public void A_capture_that_begins_in_the_midst_begins_with_what_it_has()
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(new Talk().Client(70, "", ack: 90).Server(90, "swer", ack: 70).Client(70, "next", ack: 94).Server(94, "ok", ack: 74).Packets), out CaptureSummary summary);
        RecordingTraffic.RecordedConnection connection = traffic.Connections.Single();
        Assert.False(connection.IsOpening);
        Assert.Equal(8080, connection.First.Port);
        Assert.Equal("swerok| next|", Talk.Text(traffic));
        Assert.Equal(0, summary.LostOctets);
    }

    /// <summary>Where one side is met, what it acknowledges says where the other stands.</summary>
    [Fact]
    public void What_is_acknowledged_says_where_the_other_side_stands() =>
        Assert.Equal("question| answer|", new Talk().Client(70, "question", ack: 90).Server(93, "wer", ack: 78).Server(90, "ans", ack: 78).Seen());

    [Fact]
    public void What_says_nothing_of_an_unknown_connection_makes_none()
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(new Talk().Client(70, "", ack: 90).Client(70, "", Fin, 90).Client(69, "\0", ack: 90).Server(90, "", Rst).Packets), out CaptureSummary summary);
        Assert.Empty(traffic.Connections);
        Assert.Equal(0, summary.Connections);
    }

    [Fact]
    public void Probes_for_a_sign_of_life_are_no_octets()
    {
        Assert.Equal("abcdef| |", Open().Client(0, "abc").Client(2, "", ack: 0).Client(2, "\0").Server(0, "", ack: 3).Client(3, "def").Seen());
        Assert.Equal("def| |", new Talk().Client(2, "\0").Client(3, "def").Seen());
    }

    [Theory]
    [InlineData(0xFFFFFFFF)]
    [InlineData(0xFFFFFFFD)]
    [InlineData(0)]
    [InlineData(0x7FFFFFFE)]
    public void Sequence_numbers_wrap_around(uint begin)
    {
        Assert.Equal("abcdefgh| answer|", Open(begin, begin).Client(0, "ab").Client(4, "ef").Client(1, "bcd").Client(0, "abcd").Client(6, "gh").Server(3, "wer", ack: 8).Server(0, "ans", ack: 8).Seen(out CaptureSummary summary));
        Assert.Equal((0, 1), (summary.LostOctets, summary.Connections));
    }

    /// <summary>More than 4 GiB of one direction: sequence numbers come round.</summary>
    [Fact]
    public void A_connection_may_be_longer_than_its_sequence_numbers()
    {
        const int Step = 1 << 30;
        Talk talk = Open().Client(0, "a");
        string expected = "a";
        for (int i = 0; i < 5; i++)
        {
            long place = 1 + ((long)i * Step);
            talk.Client(place, "b").Client(place + Step - 1, "c").Server(i, "s", ack: place + Step);
            expected += $"b<{Step - 2}>c";
        }
        Assert.Equal(expected + "| sssss|", talk.Seen(out CaptureSummary summary));
        Assert.Equal((1, 5L * (Step - 2)), (summary.Connections, summary.LostOctets));
    }

    [Theory]
    [InlineData(42, "ab<4>gh<4>| |", 8)] // IP and TCP have 40 octets
    [InlineData(40, "<6><6>| |", 12)]
    public void What_the_snap_length_cut_off_is_lost_to_the_octet(int snapLength, string expected, int lost)
    {
        Assert.Equal(expected, Open().Client(0, "abcdef").Client(6, "ghijkl").Seen(out CaptureSummary summary, snapLength: snapLength));
        Assert.Equal((lost, 2), (summary.LostOctets, summary.CutPackets));
    }

    [Fact]
    public void What_waits_may_be_cut_too() =>
        Assert.Equal("ab<4>gh<4>| |", Open().Client(6, "ghijkl").Client(0, "abcdef").Seen(out _, snapLength: 42));

    [Fact]
    public void Within_its_header_a_segment_is_not_read()
    {
        Assert.Equal(string.Empty, Open().Client(0, "abcdef").Seen(out CaptureSummary summary, snapLength: 33));
        Assert.Equal(4, summary.UnreadablePackets[PacketDefect.Cut]);
        // the flags are there, and that it has octets can be known
        Assert.Equal("<6>| |", Open().Client(0, "abcdef").Seen(out summary, snapLength: 34));
        Assert.Empty(summary.UnreadablePackets);
    }

    [Fact]
    public void What_lies_far_behind_is_another_connection()
    {
        Assert.Equal("abc| | / new| |", Open(50_000_001).Client(0, "abc").Client(-20_000_000, "new").Seen());
        Assert.Equal("abcdef| |", Open(50_000_001).Client(0, "abc").Client(-10_000_000, "old").Client(3, "def").Seen());
        // after its end, what lies far ahead is another one too
        Assert.Equal("abc| | / new| |", Open().Client(0, "abc", Fin).Server(0, "", Fin, 4).Client(20_000_000, "new").Seen());
    }

    [Fact]
    public void An_opening_may_carry_octets() =>
        Assert.Equal("abcdef| |", new Talk().Client(-1, "abc", Syn, null).Server(-1, "", Syn, 3).Client(3, "def").Seen());

    [Fact]
    public void Who_only_opens_asks_nobody_to_read()
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([.. Enumerable.Range(1, 100).SelectMany(port => new Talk(serverPort: port).Client(-1, "", Syn, null).Server(0, "", Rst, 0).Packets)]), out CaptureSummary summary);
        Assert.Empty(traffic.Connections);
        Assert.Equal(100, summary.Connections);
    }

    [Fact]
    public void What_nobody_reads_is_asked_for_once()
    {
        var traffic = new RecordingTraffic { IsWanted = (_, _) => false };
        RecordingTraffic.Read(CaptureFile.Pcap(Open().Client(5, "x").Client(0, "abc").Server(0, "x", ack: 9).Client(6, "", Fin).Packets), out CaptureSummary summary, traffic: traffic);
        Assert.Equal(" ", Talk.Text(traffic));
        Assert.Equal((0, 1), (summary.LostOctets, summary.Connections));
    }

    [Fact]
    public void What_is_done_is_not_read_and_has_its_end()
    {
        var traffic = new RecordingTraffic { WantedOctets = 3 };
        RecordingTraffic.Read(CaptureFile.Pcap(Open().Client(6, "x").Client(0, "abc").Client(100, "y", Fin).Server(0, "abcdef", ack: 102).Server(6, "", Fin, 102).Packets), out CaptureSummary summary, traffic: traffic);
        Assert.Equal("abc| abcdef|", Talk.Text(traffic));
        Assert.Equal(0, summary.LostOctets);
    }

    [Fact]
    public void A_gap_is_given_up_where_too_much_waits_for_it()
    {
        var options = new CaptureOptions { MaxWaitingBytes = 1000 };
        Talk Waiting(int pieces)
        {
            Talk talk = Open().Client(0, "ab");
            for (int i = 0; i < pieces; i++)
                talk.Client(5 + (10 * i), "0123456789");
            return talk.Client(2, "cde");
        }
        Assert.DoesNotContain("<", Waiting(9).Seen(options), StringComparison.Ordinal);
        Assert.StartsWith("ab<3>0123456789", Waiting(11).Seen(out CaptureSummary summary, options), StringComparison.Ordinal);
        Assert.Equal(3, summary.LostOctets);
    }

    [Fact]
    public void What_waits_longest_gives_way_where_all_wait_for_too_much()
    {
        var options = new CaptureOptions { MaxWaitingBytesInAll = 1000 };
        List<byte[]> packets = [];
        for (int i = 0; i < 12; i++)
            packets.AddRange(new Talk(serverPort: 1000 + i).Open().Client(0, "ab").Client(5, "f").Packets);
        for (int i = 0; i < 12; i++)
            packets.AddRange(new Talk(serverPort: 1000 + i).Client(2, "cde").Packets);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary, options);
        Assert.Equal(["ab<3>f|", "ab<3>f|", .. Enumerable.Repeat("abcdef|", 10)], traffic.Connections.Select(connection => connection.Texts[0].ToString()));
        Assert.Equal(6, summary.LostOctets);
    }

    [Fact]
    public void The_connection_that_was_silent_longest_is_forgotten_first()
    {
        var options = new CaptureOptions { MaxConnections = 2 };
        Talk Of(int port) => new(serverPort: port);
        byte[][] packets =
        [
            .. Of(1).Open().Client(0, "one").Packets, .. Of(2).Open().Client(0, "two").Packets, .. Of(1).Client(3, "+").Packets,
            .. Of(3).Open().Client(0, "three").Packets, .. Of(1).Client(4, "+").Packets,
        ];
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary, options);
        Assert.Equal("one++| | / two| | / three| |", Talk.Text(traffic));
        Assert.Equal(1, summary.ForgottenConnections);
    }

    /// <summary>Whoever scans ports while somebody enrols hides nothing.</summary>
    [Fact]
    public void What_nobody_reads_drives_nothing_out_that_is_read()
    {
        var options = new CaptureOptions { MaxConnections = 2 };
        byte[][] packets =
        [
            .. new Talk().Open().Client(0, "abc").Packets, .. Enumerable.Range(1, 1000).SelectMany(port => new Talk(serverPort: port).Client(-1, "", Syn, null).Packets),
            .. new Talk().Client(3, "def").Packets,
        ];
        Assert.Equal("abcdef| |", Talk.Text(RecordingTraffic.Read(CaptureFile.Pcap(packets), out CaptureSummary summary, options)));
        Assert.Equal((0, 1001), (summary.ForgottenConnections, summary.Connections));
    }

    /// <summary>The knees of the bounds: pieces of an octet each, last one first.</summary>
    [Fact]
    public void Many_small_pieces_are_bounded_too()
    {
        Talk talk = Open();
        for (int i = 3000; i > 0; i--)
            talk.Client(2 * i, "x");
        talk.Seen(out CaptureSummary summary);
        Assert.Equal(1, summary.Connections);
        Assert.True(summary.LostOctets > 0);
    }

    /// <summary>RFC 9293 3.10.7.4: who does not know where a side stands cannot reset it.</summary>
    [Fact]
    public void A_reset_from_far_away_is_none()
    {
        Assert.Equal("abcd| ans|", Open().Client(0, "ab").Server(0, "ans", ack: 2).Server(100_000_000, "", Rst).Server(-100_000_000, "", Rst).Client(2, "cd").Seen());
        Assert.Equal("ab| ans|", Open().Client(0, "ab").Server(0, "ans", ack: 2).Server(10_000, "", Rst).Client(2, "cd").Seen());
    }

    /// <summary>Windows asks three times with the same number before it believes that nobody listens.</summary>
    [Fact]
    public void Who_was_refused_may_ask_again_with_the_same_number()
    {
        Talk refused = new Talk().Client(-1, "", Syn, null).Server(-5001, "", Rst, 0);
        Assert.Equal("abc| def|", refused.Client(-1, "", Syn, null).Server(-1, "", Syn, 0).Client(0, "abc").Server(0, "def", ack: 3).Seen(out CaptureSummary summary));
        Assert.Equal(2, summary.Connections);
        // who has spoken and is reset is not opened again by a copy of the opening
        Assert.Equal("abc| |", Open().Client(0, "abc").Server(0, "", Rst).Client(-1, "", Syn, null).Client(0, "abc").Seen());
    }

    /// <summary>What one direction says may end the other, in which octets wait: they are of no interest, and none are missing.</summary>
    [Fact]
    public void What_waits_where_nobody_reads_any_more_is_not_lost()
    {
        byte[] record = [22, 3, 3, 0, 100, .. new byte[100]];
        Talk talk = Open().Client(50, record).Server(0, record, ack: 0).Server(record.Length, "more", ack: 60);
        var summary = new CaptureSummary();
        Assert.Empty(CaptureReader.Read(new System.IO.MemoryStream(CaptureFile.Pcap(talk.Packets)), summary: summary));
        Assert.Equal((1, 0), (summary.TlsConnections, summary.LostOctets));
    }

    /// <summary>Knees: who acknowledges all up to what waits has the gap; who acknowledges all but the end has not seen the end; an end that lies behind is none.</summary>
    [Fact]
    public void Acknowledgements_and_ends_count_to_the_octet()
    {
        Assert.Equal("ab<3>fg| answer|", Open().Client(0, "ab").Client(5, "fg").Server(0, "answer", ack: 5).Client(2, "cde").Seen());
        Assert.Equal("abcdefg| answer|", Open().Client(0, "ab").Client(5, "fg").Server(0, "answer", ack: 4).Client(2, "cde").Seen());
        Assert.Equal("abcdef| |", Open().Client(0, "abc").Client(6, "", Fin).Server(0, "", ack: 6).Client(3, "def").Seen());
        Assert.Equal("abcdef| |", Open().Client(0, "abcd").Client(2, "", Fin).Client(4, "ef").Seen());
    }

    /// <summary>Those that nobody reads are forgotten too, four for each that may be read.</summary>
    [Fact]
    public void Of_what_nobody_reads_only_so_much_is_known()
    {
        var options = new CaptureOptions { MaxConnections = 1 };
        IEnumerable<byte[]> Opened(int more) => Enumerable.Range(0, 1 + more).SelectMany(port => new Talk(serverPort: 1000 + port).Client(-1, "", Syn, null).Packets);
        byte[][] late = [.. new Talk(serverPort: 1000).Client(0, "abc").Packets];
        Assert.True(Opening(3));
        Assert.False(Opening(4));

        bool Opening(int more) => RecordingTraffic.Read(CaptureFile.Pcap([.. Opened(more), .. late]), out _, options).Connections.Single().IsOpening;
    }

    /// <summary>What waited and was given is not counted any more: connections one after the other wait as one does.</summary>
    [Fact]
    public void What_waited_gives_its_room_back()
    {
        var options = new CaptureOptions { MaxWaitingBytesInAll = 1000 };
        IEnumerable<byte[]> packets = Enumerable.Range(0, 50).SelectMany(i => new Talk(serverPort: 1000 + i).Open().Client(0, "ab").Client(5, "f").Client(2, "cde").Client(6, "", i % 2 == 0 ? Rst : Fin).Packets);
        // of some the octets are given, of others the direction ends before them
        packets = packets.Concat(Enumerable.Range(0, 50).SelectMany(i => new Talk(serverPort: 2000 + i).Open().Client(5, "f").Client(0, "ab", Fin).Packets));
        packets = packets.Concat(new Talk(serverPort: 3000).Open().Client(5, "f").Client(0, "abcde").Packets);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(packets), out _, options);
        Assert.All(traffic.Connections.Take(50), connection => Assert.Equal("abcdef|", connection.Texts[0].ToString()));
        Assert.Equal("abcdef|", traffic.Connections.Last().Texts[0].ToString());
    }

    [Fact]
    public void A_header_that_cannot_be_is_counted()
    {
        byte[] tooLong = Packet.Tcp(1, 2, 0, 0, Packet.Ack, []), tooShort = Packet.Tcp(1, 2, 0, 0, Packet.Ack, []);
        tooLong[12] = 0xF0;
        tooShort[12] = 0x40;
        RecordingTraffic.Read(CaptureFile.Pcap([Packet.IP(6, tooLong), Packet.IP(6, tooShort), Packet.IP(6, [1, 2, 3])]), out CaptureSummary summary);
        Assert.Equal(3, summary.UnreadablePackets[PacketDefect.Tcp]);
    }
}
