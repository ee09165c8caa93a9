using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Xunit;

namespace Cmp.Tests.Messages.Bodies;

public class NestedMessageTests
{
    [Fact]
    public void Rule20_Each_message_keeps_the_octets_that_came()
    {
        // pvno of the inner message with a length too long: its protection covers it so
        DerNode inner = DerNode.Parse(Samples.AllMessages[0].Encoded.ToArray());
        inner.Children![0].Children![0].Length = [0x81, 1];
        PkiMessage one = PkiMessage.Decode(inner.Encode()), other = PkiMessage.Decode(Samples.AllMessages[1].Encoded);

        var outer = new PkiMessage(Samples.Header, new NestedMessageContent([one, other]));

        var read = (NestedMessageContent)PkiMessage.Decode(outer.Encoded).Body;
        Assert.Equal(inner.Encode(), read.Messages[0].Encoded.ToArray());
        Assert.Equal(one.ProtectedPart, read.Messages[0].ProtectedPart);
        Assert.Equal(other.Encoded.ToArray(), read.Messages[1].Encoded.ToArray());
        Assert.Equal(0x30, DerNode.Parse(outer.Body.Encoded.ToArray()).Children!.Single().Tag);
    }

    [Fact]
    public void Rule64_A_nested_message_of_no_message_is_malformed() =>
        Assert.Contains("without a message", Expect.Malformed(() => Expect.Read(Hex.Parse("B4 02 30 00"), PkiBody.Read)).Message);

    [Theory]
    [InlineData(8, true)]
    [InlineData(12, false)]
    public void Rule64_Messages_within_messages_have_an_end(int levels, bool isRead)
    {
        PkiMessage message = Samples.AllMessages[8] with { ExtraCerts = [] };
        for (int i = 0; i < levels; i++)
            message = new PkiMessage(Samples.Header, new NestedMessageContent([message]));
        byte[] octets = message.Encoded.ToArray();
        if (isRead)
            Assert.Equal(octets, Rebuilt.From(PkiMessage.Decode(octets)).Encoded.ToArray());
        else
            Assert.Contains("levels", Expect.Malformed(() => PkiMessage.Decode(octets), octets.Length).Message);
    }

    [Fact]
    public void Rule64_What_is_wrong_in_an_inner_message_is_wrong_in_all()
    {
        DerNode tree = DerNode.Parse(new NestedMessageContent([Samples.AllMessages[0], Samples.AllMessages[1]]).Encoded.ToArray());
        tree.Children![0].Children![1].Children![1].Children![0] = DerNode.Primitive(0x1A, (byte)'a');
        byte[] octets = tree.Encode();
        Expect.Malformed(() => Expect.Read(octets, PkiBody.Read), octets.Length);
    }
}
