using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Inspection;
using Cmp.Messages;
using Xunit;

namespace Cmp.Tests.Inspection;

/// <summary>The tree of named parts: what it says of messages that decode, and of octets that are none.</summary>
public class MessageTreeTests
{
    public static TheoryData<int> Bodies => [.. Enumerable.Range(0, Trees.Made.Count())];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Each_part_lies_within_the_one_that_it_is_in_and_after_the_one_before(int body)
    {
        (_, byte[] octets) = Trees.Made.ElementAt(body);
        MessageNode root = MessageTree.Read(octets);
        Assert.Equal((0, octets.Length), (root.Offset, root.HeaderLength + root.Length));
        Assert.Equal(octets, root.GetOctets());
        foreach (MessageNode node in Trees.All(root))
        {
            int at = node.Offset + node.HeaderLength, end = at + node.Length;
            foreach (MessageNode child in node.Children)
            {
                Assert.InRange(child.Offset, at, end);
                at = child.Offset + child.HeaderLength + child.Length;
                Assert.InRange(at, child.Offset, end);
            }
        }
    }

    [Fact]
    public void Parts_are_found_by_the_names_of_the_RFC()
    {
        MessageNode root = MessageTree.Read(Trees.Made.First().Octets);
        Assert.Equal(("PKIMessage", "PKIMessage", "ir"), (root.Name, root.Type, root.Value));
        Assert.Equal("cmp2000 (2)", root.Find("header.pvno")!.Value);
        Assert.Equal(("sender", "GeneralName", "[4]", "directoryName CN=router7, O=Example, C=DE"), Told(root.Find("header.sender")));
        Assert.Equal(("directoryName", "Name", "SEQUENCE", "CN=router7, O=Example, C=DE"), Told(root.Find("header.sender.directoryName")));
        Assert.Equal(("messageTime", "GeneralizedTime", "[0]", "2026-11-23 12:34:56Z"), Told(root.Find("header.messageTime")));
        Assert.Equal("certProfile: \"tls\", \"vpn\"", root.Find("header.generalInfo[2]")!.Value);
        Assert.Equal("certProfile (1.3.6.1.5.5.7.4.21)", root.Find("header.generalInfo[2].infoType")!.Value);
        Assert.Equal("v3 (2)", root.Find("body.ir.CertReqMsg.certReq.certTemplate.version")!.Value);
        Assert.Same(root.Find("body.CertReqMsg"), root.Find("body[0]"));
        Assert.Null(root.Find("body.ip"));
        Assert.Null(root.Find("header.generalInfo[99]"));
        Assert.Null(root.Find("header.generalInfo[x"));
    }

    [Fact]
    public void What_follows_what_is_missing_and_what_cannot_be_read_are_parts_that_say_so()
    {
        byte[] whole = Trees.Made.First().Octets;
        MessageNode surplus = MessageTree.Read(new byte[] { 0x30, 0x00, 1, 2, 3 });
        Assert.Equal(("(surplus)", 2, 0, 3), Place(surplus.Children[^1]));
        Assert.Equal("follows where the structure should end", surplus.Children[^1].Defect);
        Assert.Equal(("header", 2, 0, 0), Place(surplus.Children[0]));
        Assert.Equal("is missing", surplus.Children[0].Defect);

        MessageNode empty = MessageTree.Read(ReadOnlyMemory<byte>.Empty);
        Assert.Equal(("(unreadable)", 0, 0, 0), Place(empty));
        Assert.Equal("cannot be read: a value is missing", empty.Defect);
        Assert.Empty(empty.Children);

        MessageNode cut = MessageTree.Read(whole.AsMemory(0, 100));
        Assert.Equal($"cannot be read: a value of {whole.Length - 4} octets where 96 are left", cut.Defect);

        // a length within that reaches too far: what comes before it keeps its names
        byte[] broken = [.. whole];
        MessageNode header = MessageTree.Read(whole).Find("header.recipKID")!;
        broken[header.Offset + 1] = 0x7F;
        broken[header.Offset + 3] = 0x7F;
        MessageNode root = MessageTree.Read(broken);
        Assert.Equal("cmp2000 (2)", root.Find("header.pvno")!.Value);
        Assert.NotNull(root.Find("header.senderKID"));
        Assert.Contains(Trees.All(root), node => node.Defect is not null);
    }

    [Fact]
    public void A_value_of_another_type_keeps_its_name_and_says_what_is_expected()
    {
        // pvno as an OCTET STRING
        byte[] octets = [.. Trees.Made.First().Octets];
        MessageNode pvno = MessageTree.Read(octets).Find("header.pvno")!;
        octets[pvno.Offset] = 0x04;
        MessageNode changed = MessageTree.Read(octets).Find("header.pvno")!;
        Assert.Equal("is not the INTEGER that is expected", changed.Defect);
        Assert.Equal("02", changed.Value);

        // in pieces
        octets[pvno.Offset] = 0x22;
        Assert.Equal("is in pieces", MessageTree.Read(octets).Find("header.pvno")!.Defect);
    }

    [Fact]
    public void Levels_and_elements_are_bounded()
    {
        byte[] deep = Messages.DerNode.Nested(0x30, 200).Encode();
        MessageNode root = MessageTree.Read(deep);
        int Levels(MessageNode node) => 1 + node.Children.Select(Levels).DefaultIfEmpty(0).Max();
        Assert.Equal(MessageTree.MaxLevels + 1, Levels(root));
        Assert.Contains(Trees.All(root), node => node.Defect == "is nested in more than 64 levels");

        byte[] wide = Messages.DerNode.Constructed(0x30, [.. Enumerable.Repeat(Messages.DerNode.Primitive(5), 50)]).Encode();
        MessageNode few = MessageTree.Read(wide, new CmpLimits { MaxElements = 10 });
        Assert.Equal(10, few.Children.Count(node => node.HeaderLength > 0));
        Assert.Equal(("(not shown)", 2 + 20, 0, 80), Place(few.Children[10]));
    }

    private static (string Name, int Offset, int HeaderLength, int Length) Place(MessageNode node) => (node.Name, node.Offset, node.HeaderLength, node.Length);

    private static (string Name, string? Type, string Tag, string? Value) Told(MessageNode? node) => (node!.Name, node.Type, node.Tag, node.Value);
}
