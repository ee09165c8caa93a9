using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Crmf;

public class EncKeyWithIdTests
{
    private static readonly byte[] Key = Hex.Parse("30 03 02 01 00");

    [Fact]
    public void It_says_whose_it_is_by_a_text_by_a_name_or_not_at_all()
    {
        Assert.Equal("3009" + "3003020100" + "0C026162", Hex.Of(new EncKeyWithId(Key, "ab", null).Encoded.Span));
        var text = EncKeyWithId.Decode(new EncKeyWithId(Key, "ab", null).Encoded);
        Assert.Equal(("ab", null), (text.Text, text.Name));
        Assert.Equal(Key, text.PrivateKeyInfo.ToArray());
        GeneralName name = GeneralName.FromName(Samples.Subject);
        var named = EncKeyWithId.Decode(new EncKeyWithId(Key, null, name).Encoded);
        Assert.Null(named.Text);
        Assert.True(named.Name!.IsSameAs(name));
        Assert.Equal([0x30, 0xA4], DerNode.Parse(named.Encoded.ToArray()).Children!.Select(c => (int)c.Tag));
        var alone = EncKeyWithId.Decode(new EncKeyWithId(Key, null, null).Encoded);
        Assert.Null(alone.Text);
        Assert.Null(alone.Name);
    }

    [Theory]
    [InlineData("30 00")]
    [InlineData("30 04 04 02 30 00")]
    [InlineData("30 06 30 00 02 02 01 01")]
    [InlineData("30 08 30 00 0C 01 61 0C 01 61")]
    public void Rule64_Anything_else_is_malformed_and_the_error_carries_no_octets(string octets) =>
        Assert.True(Expect.Malformed(() => EncKeyWithId.Decode(Hex.Parse(octets))).Octets.IsEmpty);
}
