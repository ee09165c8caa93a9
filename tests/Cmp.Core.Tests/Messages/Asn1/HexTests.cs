using System;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Messages.Asn1;

public class HexTests
{
    [Fact]
    public void Octets_go_there_and_back()
    {
        byte[] all = Samples.Octets(256, 0);
        Assert.Equal(all, Hex.Parse(Hex.Of(all)));
        Assert.Equal("000FA0FF", Hex.Of([0, 0x0F, 0xA0, 0xFF]));
        Assert.Equal(string.Empty, Hex.Of([]));
    }

    [Theory]
    [InlineData("0a0B0c")]
    [InlineData("0a:0b:0c")]
    [InlineData("0A 0B-0C")]
    public void People_write_them_in_many_ways(string text) => Assert.Equal([10, 11, 12], Hex.Parse(text));

    [Theory]
    [InlineData("0")]
    [InlineData("0g")]
    [InlineData("+1")]
    [InlineData("0x01")]
    [InlineData("１２")]
    public void What_is_no_hexadecimal_is_refused(string text) => Assert.Throws<FormatException>(() => Hex.Parse(text));
}
