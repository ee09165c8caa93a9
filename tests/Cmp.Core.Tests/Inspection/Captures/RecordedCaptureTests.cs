using System;
using System.IO;
using System.Linq;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Captures that others made, as they lie there.</summary>
public class RecordedCaptureTests
{
    [SkippableTheory]
    [InlineData("cmp_IR_sequence_OpenSSL-Cryptlib.pcap")]
    [InlineData("cmp-in-http-with-errors-in-cmp-protocol.pcap.gz")]
    public void A_recorded_capture_is_read_whole(string name)
    {
        using FileStream file = Open(name);
        var summary = new CaptureSummary();
        RecordingTraffic traffic = RecordingTraffic.Read(file, summary);
        Assert.NotEmpty(traffic.Connections);
        Assert.Null(summary.Defect);
        Assert.Empty(summary.UnreadablePackets);
        Assert.Equal(0, summary.LostOctets);
        Assert.All(traffic.Connections, connection =>
        {
            Assert.StartsWith("POST ", connection.Texts[0].ToString(), StringComparison.Ordinal);
            Assert.StartsWith("HTTP/1.", connection.Texts[1].ToString(), StringComparison.Ordinal);
        });
    }

    [SkippableTheory]
    [InlineData("cmp_IR_sequence_OpenSSL-Cryptlib.pcap")]
    [InlineData("cmp-in-http-with-errors-in-cmp-protocol.pcap.gz")]
    public void Tshark_finds_as_many_messages_in_a_recorded_capture(string name)
    {
        using FileStream file = Open(name);
        Skip.If(Programs.Find("tshark") is null, "tshark is not installed");
        ProgramResult theirs = Programs.Run(Programs.Find("tshark")!, ["-r", file.Name, "-n", "-Y", "cmp", "-T", "fields", "-e", "frame.number", "-e", "http.request.method"]);
        string[] lines = theirs.Text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(lines, CaptureReader.Read(file).Where(item => !item.Octets.IsEmpty).Select(item => $"{item.Packet}\t{(item.Direction == MessageDirection.Request ? "POST" : string.Empty)}"));
    }

    [SkippableFact]
    public void A_recorded_capture_that_is_cut_anywhere_gives_what_came_before()
    {
        using FileStream file = Open("cmp_IR_sequence_OpenSSL-Cryptlib.pcap");
        using var whole = new MemoryStream();
        file.CopyTo(whole);
        byte[] octets = whole.ToArray();
        RecordingTraffic expected = RecordingTraffic.Read(octets, out _);
        for (int length = 4; length < octets.Length; length++)
        {
            RecordingTraffic traffic = RecordingTraffic.Read([.. octets.Take(length)], out CaptureSummary summary);
            for (int i = 0; i < traffic.Connections.Count; i++)
            {
                for (int side = 0; side < 2; side++)
                {
                    byte[] part = traffic.Connections[i].Octets[side].ToArray();
                    Assert.True(part.AsSpan().SequenceEqual(expected.Connections[i].Octets[side].ToArray().AsSpan(0, part.Length)));
                }
            }
        }
    }

    private static FileStream Open(string name)
    {
        Skip.If(Repository.Data is null, Repository.NoData);
        string path = Path.Combine(Repository.Data!, "captures", name);
        Skip.IfNot(File.Exists(path), $"no recorded capture {name}");
        return File.OpenRead(path);
    }
}
