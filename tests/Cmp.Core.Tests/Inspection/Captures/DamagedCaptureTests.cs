using System;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Captures that are cut or wrong, by accident or on purpose: what came before is given, the defect is told, and nothing hangs or fills memory.</summary>
public class DamagedCaptureTests
{
    /// <summary>What reading anything wrong may allocate: the buffer, one packet as long as it may be, and small change.</summary>
    private const long MaxAllocated = 4 << 20;

    private static readonly byte[] Said = Packet.IP(17, Packet.Udp(1, 2, [1, 2, 3]));

    public static TheoryData<string> Kinds() => new() { "pcap", "nanoseconds", "modified", "pcapng", "pcapng, big", "gzip" };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Cut_anywhere_a_capture_gives_what_came_before(string kind)
    {
        byte[] capture = Capture(kind);
        int before = 0;
        for (int length = 4; length <= capture.Length; length++)
        {
            CaptureSummary summary;
            RecordingTraffic traffic;
            try
            {
                traffic = RecordingTraffic.Read([.. capture.Take(length)], out summary);
            }
            catch (CmpException e) when (kind == "gzip" && length < 100)
            {
                Assert.Equal("CmpCapture.NotACapture", e.ErrorId);
                continue;
            }
            Assert.InRange(traffic.Datagrams.Count, before, before + (kind == "gzip" ? 4 : 1));
            before = traffic.Datagrams.Count;
            Assert.Equal(before, summary.Packets);
            // it is whole where a packet or a block ends
            if (summary.Defect is { } defect)
                Assert.Matches(@"^The capture is damaged at octet \d+, behind packet " + before.ToString(CultureInfo.InvariantCulture) + ": .+\\.$", defect);
            else
                Assert.True(kind == "gzip" || length == capture.Length || IsWhole(capture, length, kind), $"{length} octets of {kind} are not whole");
        }
        Assert.Equal(4, before);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_octet_that_is_wrong_hurts_nobody(string kind)
    {
        byte[] capture = Capture(kind);
        foreach (byte wrong in new byte[] { 0, 1, 0x7F, 0x80, 0xFF })
        {
            for (int i = 0; i < capture.Length; i++)
            {
                byte[] changed = [.. capture];
                changed[i] = wrong;
                try
                {
                    RecordingTraffic.Read(changed, out CaptureSummary summary);
                    Assert.InRange(summary.Packets, 0, 5);
                }
                catch (CmpException e)
                {
                    Assert.Equal("CmpCapture.NotACapture", e.ErrorId);
                }
            }
        }
    }

    /// <summary>Octets by chance behind a good beginning.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Noise_hurts_nobody(string kind)
    {
        var random = new Random(8);
        byte[] capture = Capture(kind);
        for (int round = 0; round < 500; round++)
        {
            byte[] noise = new byte[random.Next(2000)];
            random.NextBytes(noise);
            int kept = random.Next(24, capture.Length);
            Allocating(() =>
            {
                try
                {
                    RecordingTraffic.Read([.. capture.Take(kept), .. noise], out _);
                }
                catch (CmpException e)
                {
                    Assert.Equal("CmpCapture.NotACapture", e.ErrorId);
                }
            });
        }
    }

    /// <summary>Random packets: nothing that a packet says of itself leads beyond it.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(51)]
    [InlineData(101)]
    [InlineData(113)]
    [InlineData(276)]
    public void Packets_of_noise_hurt_nobody(int linkType)
    {
        var random = new Random(linkType);
        byte[][] good = [.. Enumerable.Range(0, 20).SelectMany(_ => DisorderTests.Scramble(random, new byte[100], new byte[100])), Said, Packet.IP(4, Said), Packet.IP6(0, [17, 0, 0, 0, 0, 0, 0, 0, .. Packet.Udp(1, 2, [1])]), Packet.IP6(44, Packet.Fragment6(17, 8, true, 1, new byte[16]))];
        byte[] Link(byte[] ip) => linkType switch
        {
            0 => [2, 0, 0, 0, .. ip],
            1 => Packet.Ethernet(ip, 0x8100),
            9 => [0xFF, 3, 0, 0x21, .. ip],
            51 => [0x11, 0, 0, 1, 0, 0, 0, 0x21, .. ip],
            113 => [.. new byte[14], 8, 0, .. ip],
            276 => [8, 0, .. new byte[18], .. ip],
            _ => [.. ip],
        };
        for (int round = 0; round < 300; round++)
        {
            byte[][] packets = [.. good.OrderBy(_ => random.Next()).Take(40).Select(packet =>
            {
                byte[] changed = Link(packet);
                for (int change = random.Next(4); change > 0; change--)
                    changed[random.Next(Math.Min(changed.Length, 80))] = (byte)random.Next(256);
                return random.Next(4) == 0 ? [.. changed.Take(random.Next(changed.Length))] : changed;
            })];
            RecordingTraffic.Read(CaptureFile.Pcap(packets, linkType, snapLength: random.Next(3) == 0 ? random.Next(20, 90) : 65_535), out CaptureSummary summary);
            Assert.Equal(40, summary.Packets);
        }
    }

    [Theory]
    [InlineData(1u << 20 | 1)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0xFFFFFFFFu)]
    public void A_packet_that_claims_too_much_ends_the_reading(uint length)
    {
        byte[] capture = [.. CaptureFile.Pcap([Said]), 0, 0, 0, 0, 0, 0, 0, 0, .. CaptureFile.Number(length, false), .. CaptureFile.Number(length, false), .. new byte[2 << 20]];
        CaptureSummary summary = null!;
        Allocating(() => Assert.Single(RecordingTraffic.Read(capture, out summary).Datagrams));
        Assert.Equal(FormattableString.Invariant($"The capture is damaged at octet {24 + 16 + Said.Length}, behind packet 1: a packet claims {length} octets."), summary.Defect);
    }

    [Fact]
    public void A_packet_may_be_as_long_as_the_bound()
    {
        byte[] packet = new byte[1 << 20];
        Said.CopyTo(packet, 0);
        RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap([Said, packet, Said], snapLength: int.MaxValue), out CaptureSummary summary);
        Assert.Equal((3, null), (traffic.Datagrams.Count, summary.Defect));
        Assert.Equal(3, RecordingTraffic.Read(CaptureFile.Pcapng([Said, packet, Said]), out _).Datagrams.Count);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(8u)]
    [InlineData(12u)]
    [InlineData(32u)]
    [InlineData(61u)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0xFFFFFFFCu)]
    [InlineData(0x7FFFFFFCu)]
    public void A_block_that_claims_a_wrong_length_ends_the_reading(uint length)
    {
        byte[] block = CaptureFile.Enhanced(false, Said);
        CaptureFile.Number(length, false).CopyTo(block, 4);
        byte[] capture = [.. CaptureFile.Pcapng([Said]), .. block, .. CaptureFile.Enhanced(false, Said)];
        CaptureSummary summary = null!;
        Allocating(() => Assert.InRange(RecordingTraffic.Read(capture, out summary).Datagrams.Count, 1, 2));
        Assert.NotNull(summary.Defect);
    }

    [Fact]
    public void A_block_whose_lengths_differ_ends_the_reading()
    {
        byte[] block = CaptureFile.Block(false, 5, new byte[20]);
        block[block.Length - 4]++;
        Assert.Single(RecordingTraffic.Read([.. CaptureFile.Pcapng([Said]), .. block, .. CaptureFile.Enhanced(false, Said)], out CaptureSummary summary).Datagrams);
        Assert.EndsWith("a block claims 32 octets at its beginning and 33 at its end.", summary.Defect, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(20, 0xFFFFFFFFu)]
    [InlineData(20, 100u)]
    public void A_packet_that_claims_more_than_its_block_ends_the_reading(int place, uint length)
    {
        byte[] block = CaptureFile.Enhanced(false, Said);
        CaptureFile.Number(length, false).CopyTo(block, place);
        Assert.Single(RecordingTraffic.Read([.. CaptureFile.Pcapng([Said]), .. block], out CaptureSummary summary).Datagrams);
        Assert.NotNull(summary.Defect);
    }

    /// <summary>What is more than the block and less than the capture would be read out of the next block.</summary>
    [Fact]
    public void A_packet_does_not_reach_into_the_next_block()
    {
        byte[] block = CaptureFile.Enhanced(false, Said), option = CaptureFile.Interface(false, CaptureFile.RawIP, 0, [9, 0, 1, 0]);
        CaptureFile.Number((uint)Said.Length + 2, false).CopyTo(block, 20);
        Assert.Single(RecordingTraffic.Read([.. CaptureFile.Pcapng([Said]), .. block, .. CaptureFile.Enhanced(false, Said)], out CaptureSummary summary).Datagrams);
        Assert.EndsWith(FormattableString.Invariant($"a packet claims {Said.Length + 2} octets."), summary.Defect, StringComparison.Ordinal);
        // nor does an option: the length of the block would be the unit of times
        Assert.Equal(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(CaptureFile.Began), RecordingTraffic.Read([.. CaptureFile.Section(false), .. option, .. CaptureFile.Enhanced(false, Said)], out _).Datagrams.Single().Time);
    }

    [Fact]
    public void A_section_of_another_version_or_order_ends_the_reading()
    {
        byte[] version = CaptureFile.Section(false), order = CaptureFile.Section(false);
        version[12] = 2;
        order[8] = 0;
        foreach (byte[] section in new[] { version, order })
        {
            Assert.Single(RecordingTraffic.Read([.. CaptureFile.Pcapng([Said]), .. section, .. CaptureFile.Enhanced(false, Said)], out CaptureSummary summary).Datagrams);
            Assert.NotNull(summary.Defect);
        }
    }

    [Fact]
    public void More_interfaces_than_anybody_has_are_not_remembered()
    {
        byte[] one = CaptureFile.Interface(false, CaptureFile.RawIP);
        byte[] capture = [.. CaptureFile.Section(false), .. Enumerable.Repeat(one, 65_600).SelectMany(block => block), .. CaptureFile.Enhanced(false, Said, 65_535), .. CaptureFile.Enhanced(false, Said, 65_536)];
        Assert.Single(RecordingTraffic.Read(capture, out CaptureSummary summary).Datagrams);
        Assert.Equal(1, summary.UnreadablePackets[PacketDefect.Interface]);
    }

    [Fact]
    public void An_option_of_an_interface_that_claims_too_much_is_none()
    {
        byte[] capture = [.. CaptureFile.Section(false), .. CaptureFile.Interface(false, CaptureFile.RawIP, 0, [9, 0, 0xFF, 0xFF, 9]), .. CaptureFile.Enhanced(false, Said)];
        Assert.Equal(new DateTimeOffset(1970, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(CaptureFile.Began), RecordingTraffic.Read(capture, out _).Datagrams.Single().Time);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rule72_A_compressed_capture_that_grows_without_measure_is_read_no_further(bool isOneBlock)
    {
        // empty packets, or one block of which nobody wants anything
        byte[] beginning = isOneBlock ? [.. CaptureFile.Pcapng([Said]), .. CaptureFile.Number(0xBAD, false), .. CaptureFile.Number(0xFFFFFFFC, false)] : CaptureFile.Pcap([Said]);
        byte[] bomb = Bomb(beginning, 100);
        Assert.True(bomb.Length < 200_000);
        var summary = new CaptureSummary();
        var traffic = new RecordingTraffic();
        Allocating(() => RecordingTraffic.Read(new MemoryStream(bomb), summary, traffic: traffic));
        Assert.Single(traffic.Datagrams);
        Assert.EndsWith("it unpacks to more than 200 times its length.", summary.Defect, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule72_Where_no_measure_is_given_nothing_may_grow()
    {
        RecordingTraffic.Read(Bomb(CaptureFile.Pcap([Said]), 70), out CaptureSummary summary, new CaptureOptions { MaxExpansion = 0 });
        Assert.EndsWith("it unpacks to more than 1 times its length.", summary.Defect, StringComparison.Ordinal);
    }

    [Fact]
    public void Rule72_A_compressed_capture_within_measure_is_read_whole()
    {
        byte[] capture = Bomb(CaptureFile.Pcap([Said]), 60);
        RecordingTraffic.Read(capture, out CaptureSummary summary);
        Assert.DoesNotContain("unpacks", summary.Defect ?? string.Empty, StringComparison.Ordinal);
        RecordingTraffic.Read(Bomb(CaptureFile.Pcap([Said]), 100), out summary, new CaptureOptions { MaxExpansion = 2000 });
        Assert.DoesNotContain("unpacks", summary.Defect ?? string.Empty, StringComparison.Ordinal);
    }

    /// <summary>However long a capture is, what is allocated for what nobody reads does not grow with it.</summary>
    [Fact]
    public void What_nobody_reads_costs_no_memory()
    {
        byte[][] packets =
        [
            .. new Talk().Open().Packets, .. Enumerable.Range(0, 50_000).SelectMany(i => new Talk().Client(i, "x").Packets),
        ];
        byte[] capture = CaptureFile.Pcap(packets);
        Allocating(() => RecordingTraffic.Read(new MemoryStream(capture), new CaptureSummary(), traffic: new RecordingTraffic { IsWanted = (_, _) => false }));
        Allocating(() => RecordingTraffic.Read(new MemoryStream(capture), new CaptureSummary(), traffic: new RecordingTraffic { WantedOctets = 1 }));
    }

    private static void Allocating(Action read)
    {
#if NET
        long before = GC.GetAllocatedBytesForCurrentThread();
        read();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocated);
#else
        read();
#endif
    }

    private static byte[] Bomb(byte[] beginning, int megabytes)
    {
        using var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(beginning, 0, beginning.Length);
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < megabytes; i++)
                gzip.Write(zeros, 0, zeros.Length);
        }
        return file.ToArray();
    }

    private static byte[] Capture(string kind) => kind switch
    {
        "nanoseconds" => CaptureFile.Pcap([Said, Said, Said, Said], magic: CaptureFile.Nano, isBigEndian: true),
        "modified" => CaptureFile.Pcap([Said, Said, Said, Said], magic: CaptureFile.Modified),
        "pcapng" => CaptureFile.Pcapng([Said, Said, Said, Said]),
        "pcapng, big" => CaptureFile.Pcapng([Said, Said, Said, Said], isBigEndian: true),
        "gzip" => CaptureFile.Gzip(CaptureFile.Pcap([Said, Said, Said, Said])),
        _ => CaptureFile.Pcap([Said, Said, Said, Said]),
    };

    private static bool IsWhole(byte[] capture, int length, string kind)
    {
        if (!kind.StartsWith("pcapng", StringComparison.Ordinal))
            return (length - 24) % ((kind == "modified" ? 24 : 16) + Said.Length) == 0;
        int block = CaptureFile.Enhanced(false, Said).Length;
        return length == 28 || (length >= 48 && (length - 48) % block == 0);
    }
}
