using System.Net;
using System.Text;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Xunit;

namespace Cmp.Tests.Messages.Pkix;

public class GeneralNameTests
{
    [Fact]
    public void The_null_dn_has_the_octets_of_the_RFC()
    {
        Assert.Equal("A4023000", Hex.Of(GeneralName.NullDn.Encoded.Span));
        Assert.True(GeneralName.NullDn.IsNullDn);
        Assert.True(GeneralName.Decode(Hex.Parse("A4 03 30 81 00")).IsNullDn);
        Assert.False(GeneralName.FromName(Samples.Subject).IsNullDn);
        Assert.False(GeneralName.FromText(GeneralNameType.DnsName, "a").IsNullDn);
    }

    [Fact]
    public void Each_form_is_written_with_its_tag()
    {
        Assert.Equal("8201" + "61", Hex.Of(GeneralName.FromText(GeneralNameType.DnsName, "a").Encoded.Span));
        Assert.Equal("8101" + "61", Hex.Of(GeneralName.FromText(GeneralNameType.Rfc822Name, "a").Encoded.Span));
        Assert.Equal("8601" + "61", Hex.Of(GeneralName.FromText(GeneralNameType.Uri, "a").Encoded.Span));
        Assert.Equal("87040A000001", Hex.Of(GeneralName.FromAddress(IPAddress.Parse("10.0.0.1")).Encoded.Span));
        Assert.Equal("A011" + "060A2B060104018237140203" + "A003" + "0C0161", Hex.Of(GeneralName.FromUserPrincipalName("a").Encoded.Span));
        Assert.Equal("2001:db8::7", GeneralName.FromAddress(IPAddress.Parse("2001:db8::7")).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("a\0")]
    [InlineData("a\n")]
    public void Text_that_is_not_ASCII_is_refused_before_it_is_sent(string text) =>
        Assert.Equal("CmpArgument.Name", Assert.Throws<CmpException>(() => GeneralName.FromText(GeneralNameType.DnsName, text)).ErrorId);

    [Theory]
    [InlineData(0x82, "Router.Example.COM", "router.example.com", true)]
    [InlineData(0x82, "router.example.com", "router.example.org", false)]
    [InlineData(0x82, "a", "aa", false)]
    [InlineData(0x81, "Ann@Example.com", "Ann@example.COM", true)]
    [InlineData(0x81, "ann@example.com", "Ann@example.com", false)]
    [InlineData(0x81, "a@b@c", "a@B@c", false)]
    [InlineData(0x86, "http://A/", "http://a/", false)]
    [InlineData(0x87, "abcd", "abcd", true)]
    [InlineData(0x87, "abcd", "ABCD", false)]
    public void Names_are_compared_by_their_form(int tag, string one, string other, bool same)
    {
        GeneralName Name(string text) => GeneralName.Decode(DerNode.Primitive((byte)tag, Encoding.ASCII.GetBytes(text)).Encode());
        Assert.Equal(same, Name(one).IsSameAs(Name(other)));
        Assert.Equal(same, Name(other).IsSameAs(Name(one)));
    }

    [Fact]
    public void Hosts_that_are_no_ASCII_are_not_all_the_same()
    {
        GeneralName one = GeneralName.Decode(DerNode.Primitive(0x82, 0xC3, 0xA4).Encode());
        GeneralName other = GeneralName.Decode(DerNode.Primitive(0x82, 0xC3, 0xB6).Encode());
        Assert.False(one.IsSameAs(other));
        Assert.True(one.IsSameAs(one with { }));
    }

    [Fact]
    public void Names_of_two_forms_are_two_names() =>
        Assert.False(GeneralName.FromText(GeneralNameType.DnsName, "a").IsSameAs(GeneralName.FromText(GeneralNameType.Uri, "a")));

    [Theory]
    [InlineData("A4 00")]
    [InlineData("A4 02 31 00")]
    [InlineData("A4 04 30 00 30 00")]
    [InlineData("84 02 30 00")]
    [InlineData("A2 01 61")]
    [InlineData("80 00")]
    [InlineData("89 00")]
    [InlineData("30 00")]
    [InlineData("9F 20 00")]
    [InlineData("")]
    public void Rule64_What_is_none_is_malformed(string octets) => Expect.Malformed(() => GeneralName.Decode(Hex.Parse(octets)));

    [Fact]
    public void Rule70_Texts_are_shown_escaped() =>
        Assert.Equal("a\\u{001B}b", GeneralName.Decode(DerNode.Primitive(0x86, (byte)'a', 0x1B, (byte)'b').Encode()).ToString());
}
