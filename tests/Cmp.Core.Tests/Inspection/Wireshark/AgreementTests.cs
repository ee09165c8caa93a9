using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Inspection;
using Xunit;
using Xunit.Abstractions;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Wireshark is the referee: of every message, field by field, its tree and ours agree, but for what <c>Differences.md</c> lists.</summary>
public class AgreementTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Wireshark_and_we_say_the_same_of_every_message_but_for_the_table_of_differences()
    {
        Dissection.SkipUnlessKnown();
        IReadOnlyList<(string Name, byte[] Octets)> messages = Corpus.Read();
        DifferenceTable table = DifferenceTable.Load();
        Agreement[] agreements = [.. messages.Zip(Corpus.Dissect(messages.Select(message => message.Octets)), (message, theirs) => Agreement.Of(message.Name, message.Octets, theirs, table))];
        Tell(agreements);
        Disagreement.AssertNone(agreements.SelectMany(agreement => agreement.Found));
        Disagreement.AssertNone(RoadWords.Compare(table));
        // a row that nothing shows any more says something that is not so
        if (Corpus.IsWhole)
            Assert.Empty(table.NotMet.Select(row => row.ToString()));
    }

    [SkippableTheory]
    [InlineData("cmp_IR_sequence_OpenSSL-Cryptlib.pcap", 4)]
    [InlineData("cmp-in-http-with-errors-in-cmp-protocol.pcap.gz", 6)]
    public void Wireshark_and_we_say_the_same_of_recorded_captures(string name, int count)
    {
        Dissection.SkipUnlessKnown();
        Skip.If(Repository.Data is null, Repository.NoData);
        string file = Path.Combine(Repository.Data!, "captures", name);
        Skip.IfNot(File.Exists(file), $"no recorded capture {name}");
        Agreement[] agreements = [.. Captured.Compare(file)];
        Tell(agreements);
        Assert.Equal(count, agreements.Length);
        Disagreement.AssertNone(agreements.SelectMany(agreement => agreement.Found));
    }

    [Fact]
    public void Each_row_says_who_is_right_and_where_that_is_written()
    {
        IReadOnlyList<Difference> rows = DifferenceTable.Load().Rows;
        Assert.Equal(Enum.GetValues<DifferenceKind>().Except([DifferenceKind.Place]), rows.Select(row => row.Kind).Distinct());
        Assert.All(rows, row => Assert.Contains(row.Right, new[] { "we", "both", "Wireshark" }));
        Assert.All(rows, row => Assert.NotEmpty(row.Section));
        Assert.All(rows, row => Assert.NotEmpty(row.Why));
        Assert.Equal(rows.Count, rows.Select(row => (row.Kind, row.Theirs, row.Ours)).Distinct().Count());
    }

    /// <summary>The other way round: what is not the same is found, each kind of it.</summary>
    [SkippableFact]
    public void What_is_different_is_found()
    {
        Dissection.SkipUnlessKnown();
        byte[] message = Trees.Made.First().Octets;
        Dissection theirs = Corpus.Dissect([message])[0];
        Assert.Empty(Found(message));

        // another value, which Wireshark was not shown
        MessageNode root = MessageTree.Read(message), pvno = root.Find("header.pvno")!;
        Assert.Equal([(DifferenceKind.Value, "cmp.pvno: cmp2000 (2)", "PKIHeader.pvno: cmp1999 (1)")], Found(Changed(pvno.Offset + 2, 1)));

        // another tag: the name is that of a part that was not there
        MessageNode kid = root.Find("header.senderKID")!;
        IEnumerable<(DifferenceKind Kind, string Theirs, string Ours)> renamed = Found(Changed(kid.Offset, 0xA4));
        Assert.Contains((DifferenceKind.Name, "cmp.senderKID", "PKIHeader.OCTET STRING"), renamed);

        // another length: parts of Wireshark's that are no parts, and parts that are none of Wireshark's
        renamed = Found(Changed(kid.Offset + 3, 0x10));
        Assert.Contains(renamed, found => found is { Kind: DifferenceKind.Place, Theirs: "cmp.senderKID: 0102030405060708090a0b0c0d0e0f1011121314" });
        Assert.Contains(renamed, found => found.Kind == DifferenceKind.Silent);

        byte[] Changed(int place, byte octet)
        {
            byte[] changed = [.. message];
            changed[place] = octet;
            return changed;
        }

        (DifferenceKind Kind, string Theirs, string Ours)[] Found(byte[] octets) =>
            [.. Agreement.Of("changed", octets, theirs, DifferenceTable.Load()).Found.Select(found => (found.Kind, found.Theirs, found.Ours))];
    }

    private void Tell(Agreement[] agreements) => output.WriteLine(
        $"{agreements.Length} messages, {agreements.Sum(agreement => agreement.Compared)} fields of Wireshark's, of which {agreements.Sum(agreement => agreement.Agreed)} have the same name and say the same");
}
