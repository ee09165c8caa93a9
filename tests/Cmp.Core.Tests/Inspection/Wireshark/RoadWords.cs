using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages.Asn1;
using Cmp.Tests.Transports;
using Xunit;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>What TCP-Messages say besides the messages that they carry: every type, in both styles, as Wireshark and we read it.</summary>
internal static class RoadWords
{
    /// <summary>Compares.</summary>
    /// <param name="table">The differences that are known.</param>
    /// <returns>What is different, that the table does not explain.</returns>
    public static IReadOnlyList<Disagreement> Compare(DifferenceTable table)
    {
        using var folder = new TestFolder();
        var found = new List<Disagreement>();
        foreach (TcpMessageStyle style in new[] { TcpMessageStyle.Version10, TcpMessageStyle.Rfc2510 })
        {
            string file = folder.Write("words.pcap", Capture.Write(829, Said(style)));
            using Stream stream = File.OpenRead(file);
            CapturedItem[] ours = [.. CaptureReader.Read(stream)];
            IReadOnlyList<Dissection> theirs = Dissection.Read(file);
            Assert.Equal(Said(style).Count(), ours.Length);
            Assert.Equal(theirs.Select(dissection => (long)dissection.Frame), ours.Select(item => item.Packet));
            foreach ((CapturedItem item, Dissection dissection) in ours.Zip(theirs))
                found.AddRange(Different(item.RoadText!, dissection).Select(field => new Disagreement(DifferenceKind.Value, $"{field.Name}: {field.Text}", item.RoadText!, $"{style} {item.Packet}")));
        }
        return [.. found.Where(one => !table.Explains(one))];
    }

    private static IEnumerable<(bool IsClient, byte[] Octets)> Said(TcpMessageStyle style)
    {
        byte[] request = Trees.Made.First().Octets;
        PollingReference reference = PollingReference.TryParse("C0FFEE01", out PollingReference parsed) ? parsed : throw new InvalidOperationException();
        // relative seconds in the one, a time in the other
        uint checkBack = style == TcpMessageStyle.Version10 ? 30u : 1_800_000_000;
        byte[] error = style == TcpMessageStyle.Version10 ? new TcpErrorMessage(TcpErrorType.InvalidPollId, Hex.Parse("C0FFEE01"), "unknown").ToArray() : "unknown"u8.ToArray();
        yield return (true, new TcpMessage(style, TcpMessageType.PkiReq, request).ToArray());
        yield return (false, TcpMessage.PollRep(style, reference, checkBack).ToArray());
        yield return (true, TcpMessage.PollReq(style, reference).ToArray());
        if (style == TcpMessageStyle.Rfc2510)
        {
            yield return (false, TcpMessage.PartialMsgRep(reference, checkBack, request).ToArray());
            yield return (true, TcpMessage.PollReq(style, reference).ToArray());
        }
        yield return (false, new TcpMessage(style, TcpMessageType.PkiRep, request).ToArray());
        yield return (true, TcpMessage.PollReq(style, reference).ToArray());
        yield return (false, TcpMessage.FinRep(style).ToArray());
        yield return (true, TcpMessage.PollReq(style, reference).ToArray());
        yield return (false, new TcpMessage(style, TcpMessageType.ErrorMsgRep, error).ToArray());
    }

    /// <summary>The fields that our line does not say: type, reference, time.</summary>
    private static IEnumerable<WiresharkField> Different(string line, Dissection theirs) => theirs.Fields
        .SelectMany(part => part.Children.Prepend(part))
        .Where(part => part.Name switch
        {
            "cmp.tcptrans.type" => !line.Split(' ', ',')[0].Equals(part.Text.Split(' ')[0], StringComparison.Ordinal),
            "cmp.tcptrans.poll_ref" or "cmp.tcptrans.next_poll_ref" => !line.Contains(" " + part.Show.Substring(2).ToUpperInvariant(), StringComparison.Ordinal),
            "cmp.tcptrans.ttcb" => !FieldValue.SameTime(part.Show, line.Substring(line.IndexOf(", ", StringComparison.Ordinal) + 2)),
            _ => false,
        });
}
