using System;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class CoapBlockTests
{
    /// <summary>The first two are RFC 7959's own (3: "a Block2 Option value of 33", "a Block1 Option value of 59"), the others the blocks of its figures.</summary>
    [Theory]
    [InlineData("21", "2/0/32")]
    [InlineData("3B", "3/1/128")]
    [InlineData("", "0/0/16")]
    [InlineData("0B", "0/1/128")]
    [InlineData("13", "1/0/128")]
    [InlineData("49", "4/1/32")]
    [InlineData("61", "6/0/32")]
    [InlineData("02", "0/0/64")]
    [InlineData("0E", "0/1/1024")]
    [InlineData("FFFFFE", "1048575/1/1024")]
    [InlineData("0100", "16/0/16")]
    public void Blocks_are_read_and_written_as_RFC_7959_has_them(string value, string shown)
    {
        CoapBlock? block = CoapBlock.Read(new CoapOption(CoapOptionNumber.Block1, Hex.Parse(value)));
        Assert.Equal(shown, block.ToString());
        Assert.Equal(value, Hex.Of(block!.Value.ToOption(CoapOptionNumber.Block1).Value.Span));
        Assert.Equal((long)block.Value.Number * block.Value.Size, block.Value.Offset);
    }

    [Theory]
    [InlineData("07")]
    [InlineData("0F")]
    [InlineData("FFFFFF")]
    [InlineData("00000001")]
    public void The_reserved_exponent_and_four_octets_are_no_block(string value)
    {
        Assert.Null(CoapBlock.Read(new CoapOption(CoapOptionNumber.Block2, Hex.Parse(value))));
        CoapMessage message = new() { Type = CoapType.Confirmable, Code = CoapCode.Content, Options = [new CoapOption(CoapOptionNumber.Block2, Hex.Parse(value))] };
        Assert.Null(message.FindBlock(CoapOptionNumber.Block2));
        Assert.True(message.Has(CoapOptionNumber.Block2));
    }

    [Theory]
    [InlineData(16, 0)]
    [InlineData(31, 0)]
    [InlineData(32, 1)]
    [InlineData(1023, 5)]
    [InlineData(1024, 6)]
    [InlineData(100_000, 6)]
    public void The_largest_blocks_of_a_size_are_found(int size, int exponent) => Assert.Equal(exponent, CoapBlock.ExponentOf(size));

    [Fact]
    public void There_is_no_block_beyond_the_last_number()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CoapBlock(CoapBlock.MaxNumber + 1, false, 6).ToOption(CoapOptionNumber.Block1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CoapBlock(0, false, 7).ToOption(CoapOptionNumber.Block1));
        Assert.Equal("FFFFF6", Hex.Of(new CoapBlock(CoapBlock.MaxNumber, false, 6).ToOption(CoapOptionNumber.Block1).Value.Span));
    }
}
