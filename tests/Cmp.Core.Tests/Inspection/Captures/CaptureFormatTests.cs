using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading;
using Cmp.Inspection.Captures;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>The formats of captures: each magic of pcap, the blocks of pcapng, and gzip around them.</summary>
public class CaptureFormatTests
{
    private static readonly DateTimeOffset Began = new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(CaptureFile.Began);

    private static readonly byte[] Said = Packet.IP(17, Packet.Udp(1, 2, [1, 2, 3]));

    [Theory]
    [InlineData(CaptureFile.Micro, false, 123_456, 1_234_560)]
    [InlineData(CaptureFile.Micro, true, 123_456, 1_234_560)]
    [InlineData(CaptureFile.Nano, false, 123_456_789, 1_234_567)]
    [InlineData(CaptureFile.Nano, true, 123_456_789, 1_234_567)]
    [InlineData(CaptureFile.Modified, false, 123_456, 1_234_560)]
    [InlineData(CaptureFile.Modified, true, 123_456, 1_234_560)]
    public void Each_kind_of_pcap_is_read(uint magic, bool isBigEndian, uint fraction, long ticks)
    {
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([Said, Said], magic: magic, isBigEndian: isBigEndian, fraction: fraction), out CaptureSummary summary);
        Assert.Equal([Began.AddTicks(ticks), Began.AddSeconds(1).AddTicks(ticks)], traffic.Datagrams.Select(datagram => datagram.Time));
        Assert.All(traffic.Datagrams, datagram => Assert.Equal([1, 2, 3], datagram.Octets));
        Assert.Equal((2, 2 * Said.Length), (summary.Packets, summary.Octets));
        Assert.Null(summary.Defect);
    }

    /// <summary>Beside the link a writer may say how long the frame check sequence is.</summary>
    [Fact]
    public void What_stands_beside_the_link_is_left_out()
    {
        byte[] capture = CaptureFile.Pcap([Packet.Ethernet(Said)], CaptureFile.Ethernet);
        capture[23] = 0x54;
        Assert.Single(RecordingTraffic.Read(capture, out _).Datagrams);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_block_of_pcapng_with_a_packet_is_read(bool isBigEndian)
    {
        byte[] capture =
        [
            .. CaptureFile.Section(isBigEndian), .. CaptureFile.Interface(isBigEndian, CaptureFile.RawIP), .. CaptureFile.Interface(isBigEndian, CaptureFile.Ethernet),
            .. CaptureFile.Enhanced(isBigEndian, Said), .. CaptureFile.Enhanced(isBigEndian, Packet.Ethernet(Said), 1, (CaptureFile.Began + 1) * 1_000_000UL),
            .. CaptureFile.Obsolete(isBigEndian, Packet.Ethernet(Said), 1, (CaptureFile.Began + 2) * 1_000_000UL), .. CaptureFile.Simple(isBigEndian, Said),
        ];
        RecordingTraffic traffic = RecordingTraffic.Read(capture, out CaptureSummary summary);
        // a simple packet has no time of its own
        Assert.Equal([Began, Began.AddSeconds(1), Began.AddSeconds(2), Began.AddSeconds(2)], traffic.Datagrams.Select(datagram => datagram.Time));
        Assert.Equal([1L, 2, 3, 4], traffic.Datagrams.Select(datagram => datagram.Packet));
        Assert.Null(summary.Defect);
        Assert.Empty(summary.UnreadablePackets);
    }

    [Fact]
    public void Blocks_that_hold_no_packet_are_passed_over()
    {
        byte[] capture =
        [
            .. CaptureFile.Section(false), .. CaptureFile.Block(false, 4, new byte[100]), .. CaptureFile.Interface(false, CaptureFile.RawIP), .. CaptureFile.Block(false, 0xBAD),
            .. CaptureFile.Block(false, 10, new byte[3_000_000]), .. CaptureFile.Enhanced(false, Said, options: CaptureFile.Option(false, 1, new byte[50_000])), .. CaptureFile.Block(false, 5, new byte[20]), .. CaptureFile.Enhanced(false, Said),
        ];
        Assert.Equal(2, RecordingTraffic.Read(capture, out CaptureSummary summary).Datagrams.Count);
        Assert.Null(summary.Defect);
    }

    /// <summary>Each section has its own order of octets and its own interfaces, as mergers of captures make them.</summary>
    [Fact]
    public void Sections_follow_each_other()
    {
        byte[] capture =
        [
            .. CaptureFile.Pcapng([Said], CaptureFile.RawIP), .. CaptureFile.Pcapng([Packet.Ethernet(Said)], CaptureFile.Ethernet, isBigEndian: true), .. CaptureFile.Section(false), .. CaptureFile.Enhanced(false, Said),
        ];
        Assert.Equal(2, RecordingTraffic.Read(capture, out CaptureSummary summary).Datagrams.Count);
        Assert.Equal(1, summary.UnreadablePackets[PacketDefect.Interface]);
    }

    [Theory]
    [InlineData(0, 5UL, 0L, 50_000_000L)]
    [InlineData(3, 5_001UL, 0L, 50_010_000L)]
    [InlineData(9, 5_000_000_123UL, 0L, 50_000_001L)]
    [InlineData(12, 5_000_000_123_456UL, 100L, 1_050_000_001L)]
    [InlineData(19, 15_000_000_000_000_000_000UL, 0L, 15_000_000L)]
    [InlineData(0x80 | 10, 1536UL, 0L, 15_000_000L)]
    [InlineData(0x80 | 63, 1UL << 62, -1L, -5_000_000L)]
    [InlineData(0x80 | 64, 1UL << 62, 7L, 70_000_000L)]
    [InlineData(127, 1UL << 62, 7L, 70_000_000L)]
    public void Times_are_in_the_unit_of_the_interface(byte resolution, ulong time, long offset, long ticks)
    {
        byte[] capture =
        [
            .. CaptureFile.Section(false),
            .. CaptureFile.Interface(false, CaptureFile.RawIP, 0, CaptureFile.Option(false, 2, [65, 66, 67]), CaptureFile.Option(false, 9, [resolution]), CaptureFile.Option(false, 14, BitConverter.GetBytes(offset)), CaptureFile.Option(false, 0, [])),
            .. CaptureFile.Enhanced(false, Said, time: time),
        ];
        Assert.Equal(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(ticks), RecordingTraffic.Read(capture, out _).Datagrams.Single().Time);
    }

    [Theory]
    [InlineData(0, ulong.MaxValue, long.MaxValue)]
    [InlineData(0, 0UL, long.MinValue)]
    [InlineData(6, ulong.MaxValue, 0L)]
    [InlineData(0x80, ulong.MaxValue, -1L)]
    public void Times_that_no_calendar_has_are_its_bounds(byte resolution, ulong time, long offset)
    {
        byte[] capture =
        [
            .. CaptureFile.Section(false), .. CaptureFile.Interface(false, CaptureFile.RawIP, 0, CaptureFile.Option(false, 9, [resolution]), CaptureFile.Option(false, 14, BitConverter.GetBytes(offset))),
            .. CaptureFile.Enhanced(false, Said, time: time),
        ];
        Assert.Contains(RecordingTraffic.Read(capture, out _).Datagrams.Single().Time, new[] { DateTimeOffset.MinValue, DateTimeOffset.MaxValue });
    }

    /// <summary>What is left of a simple packet by the snap length of its interface.</summary>
    [Fact]
    public void A_simple_packet_is_as_long_as_the_snap_length()
    {
        byte[] capture = [.. CaptureFile.Section(false), .. CaptureFile.Interface(false, CaptureFile.RawIP, 30), .. CaptureFile.Simple(false, Said.Take(30).ToArray(), Said.Length), .. CaptureFile.Simple(false, Said.Take(28).ToArray())];
        RecordingTraffic.Read(capture, out CaptureSummary summary);
        Assert.Equal((2, 58, 2), (summary.Packets, summary.Octets, summary.UnreadablePackets[PacketDefect.Cut]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("D4")]
    [InlineData("D4C3B2")]
    [InlineData("00000000")]
    [InlineData("D4C3B2A101000400")]
    [InlineData("A1B2C3D400010004")]
    [InlineData("0A0D0D0A1C000000FFFFFFFF")]
    [InlineData("3082010A02820101")]
    [InlineData("1F8B")]
    [InlineData("1F8B0800000000000003FFFFFFFFFF")]
    [InlineData("474554202F20485454502F312E31")]
    public void What_is_no_capture_is_an_error(string octets)
    {
        CmpException error = Assert.Throws<CmpException>(() => RecordingTraffic.Read(Hex.Parse(octets), out _));
        Assert.Equal((CmpErrorKind.Malformed, "CmpCapture.NotACapture"), (error.Kind, error.ErrorId));
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void What_is_no_capture_is_shown_by_its_octets_in_their_order()
    {
        CmpException error = Assert.Throws<CmpException>(() => RecordingTraffic.Read(Hex.Parse("3082010A02820101"), out _));
        Assert.Contains("begins with the octets 3082010A", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Path", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void A_compressed_file_that_holds_no_capture_is_an_error() =>
        Assert.Equal("CmpCapture.NotACapture", Assert.Throws<CmpException>(() => RecordingTraffic.Read(CaptureFile.Gzip([1, 2, 3, 4, 5]), out _)).ErrorId);

    [Fact]
    public void A_capture_without_packets_is_one()
    {
        RecordingTraffic.Read(CaptureFile.Pcap([]), out CaptureSummary summary);
        Assert.Equal((0, null), (summary.Packets, summary.Defect));
        RecordingTraffic.Read(CaptureFile.Section(false), out summary);
        Assert.Equal((0, null), (summary.Packets, summary.Defect));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_compressed_capture_is_read(bool isPcapng)
    {
        byte[][] packets = [.. Enumerable.Range(0, 20_000).Select(i => Packet.IP(17, Packet.Udp(1, 2, BitConverter.GetBytes(i))))];
        byte[] capture = CaptureFile.Gzip(isPcapng ? CaptureFile.Pcapng(packets) : CaptureFile.Pcap(packets));
        RecordingTraffic traffic = RecordingTraffic.Read(new Trickle(capture), new CaptureSummary());
        Assert.Equal(Enumerable.Range(0, 20_000), traffic.Datagrams.Select(datagram => BitConverter.ToInt32(datagram.Octets, 0)));
    }

    /// <summary>A pipe gives what it has, be it one octet, and cannot go back.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_capture_may_come_through_a_pipe(bool isPcapng)
    {
        byte[] capture = isPcapng ? CaptureFile.Pcapng([Said, Said, Said]) : CaptureFile.Pcap([Said, Said, Said]);
        Assert.Equal(3, RecordingTraffic.Read(new Trickle(capture), new CaptureSummary()).Datagrams.Count);
    }

    [Fact]
    public void Progress_is_told_in_octets_of_the_file_and_the_stream_stays_open()
    {
        byte[] capture = CaptureFile.Pcap(Enumerable.Repeat(new byte[60_000], 100));
        List<long> told = [];
        using var stream = new MemoryStream(capture);
        Assert.Empty(CaptureReader.Read(stream, CaptureOptions.Default, new CaptureSummary(), _ => new RecordingTraffic(), told.Add, CancellationToken.None));
        Assert.InRange(told.Count, 4, 8);
        Assert.Equal(told.OrderBy(octets => octets), told);
        Assert.Equal(capture.Length, told[told.Count - 1]);
        Assert.True(stream.CanRead);
    }

    [Fact]
    public void Reading_ends_where_it_is_cancelled()
    {
        using var cancelling = new CancellationTokenSource();
        byte[] capture = CaptureFile.Pcap(Enumerable.Repeat(new byte[60_000], 100));
        Assert.ThrowsAny<OperationCanceledException>(() => CaptureReader.Read(new MemoryStream(capture), CaptureOptions.Default, new CaptureSummary(), _ => new RecordingTraffic(), _ => cancelling.Cancel(), cancelling.Token).Any());
    }

    /// <summary>What a reader meets is there before the capture has ended: nothing is gathered.</summary>
    [Fact]
    public void What_is_found_is_given_at_once()
    {
        var summary = new CaptureSummary();
        Action<CapturedItem> found = null!;
        var traffic = new Telling(() => found(new CapturedItem(CaptureRoad.Coap, MessageDirection.Request, new(0, 0), new(0, 0), default, summary.Packets)));
        IEnumerable<CapturedItem> items = CaptureReader.Read(
            new MemoryStream(CaptureFile.Pcap([Said, Said, Said])), CaptureOptions.Default, summary, tell => { found = tell; return traffic; }, null, CancellationToken.None);
        long before = 0;
        foreach (CapturedItem item in items)
        {
            Assert.Equal(++before, item.Packet);
            Assert.Equal(before, summary.Packets);
        }
        Assert.Equal(3, before);
    }

    /// <summary>A disk or a pipe that fails is no defect of the capture.</summary>
    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_stream_that_fails_says_so_itself(bool isCompressed)
    {
        Skip.If(isCompressed && Mono.IsRunning, "Mono's GZipStream keeps to itself what its stream throws");
        byte[] capture = CaptureFile.Pcap([Said, Said, Said]);
        Assert.Throws<IOException>(() => RecordingTraffic.Read(new Failing(isCompressed ? CaptureFile.Gzip(capture) : capture), new CaptureSummary()));
    }

    private sealed class Failing(byte[] octets) : MemoryStream(octets)
    {
        public override int Read(byte[] buffer, int offset, int count) => Position < 40 ? base.Read(buffer, offset, Math.Min(count, 20)) : throw new IOException("The disk has failed.");
    }

    private sealed class Telling(Action tell) : ITrafficReader
    {
        public IConnectionReader? Connect(System.Net.IPEndPoint first, System.Net.IPEndPoint second, bool isOpening) => null;

        public void Datagram(System.Net.IPEndPoint source, System.Net.IPEndPoint destination, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets) => tell();

        public void End()
        {
        }
    }

    private sealed class Trickle(byte[] octets) : MemoryStream(octets)
    {
        public override bool CanSeek => false;

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 1 + (int)(Position % 7)));

        public override long Seek(long offset, SeekOrigin loc) => throw new NotSupportedException();
    }
}
