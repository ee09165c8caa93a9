using System;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class MessageOctetsTests
{
    [Theory]
    [InlineData("3000", 2)]
    [InlineData("3003020105", 5)]
    [InlineData("3003", 5)]
    [InlineData("307F", 129)]
    [InlineData("308180", 131)]
    [InlineData("30820100", 260)]
    [InlineData("3083010000", 65541)]
    [InlineData("308400000005", 11)]
    public void Rule56_The_outer_length_is_known_from_the_first_octets(string start, int length) =>
        Assert.Equal(length, MessageOctets.ReadLength(Hex.Parse(start), 1 << 20));

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("3082")]
    [InlineData("308201")]
    [InlineData("3084000000")]
    public void Rule56_Too_few_octets_tell_nothing_yet(string start) => Assert.Equal(0, MessageOctets.ReadLength(Hex.Parse(start), 1 << 20));

    [Theory]
    [InlineData("3080")]
    [InlineData("3085")]
    [InlineData("30FF")]
    [InlineData("31")]
    [InlineData("04020000")]
    [InlineData("3C68746D6C3E")]
    [InlineData("00")]
    public void Rule56_What_is_no_definite_sequence_is_refused(string start) =>
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => MessageOctets.ReadLength(Hex.Parse(start), 1 << 20)).ErrorId);

    [Theory]
    [InlineData("30847FFFFFFF")]
    [InlineData("3084FFFFFFFF")]
    [InlineData("3083100000")]
    public void Rule56_A_length_over_the_bound_is_refused_as_soon_as_it_is_read(string start)
    {
        CmpException error = Assert.Throws<CmpException>(() => MessageOctets.ReadLength(Hex.Parse(start), 1 << 20));
        Assert.Equal("CmpMessage.TooLarge", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        Assert.False(error.Octets.IsEmpty);
    }

    [Fact]
    public void Rule56_The_bound_itself_is_allowed()
    {
        Assert.Equal(5, MessageOctets.ReadLength([0x30, 3], 5));
        Assert.Throws<CmpException>(() => MessageOctets.ReadLength([0x30, 3], 4));
        Assert.Throws<CmpException>(() => MessageOctets.ReadLength([0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF], int.MaxValue));
    }

    [Fact]
    public void Rule56_One_value_and_nothing_else_is_a_message() => MessageOctets.Verify([0x30, 3, 2, 1, 5], 100);

    [Theory]
    [InlineData("300302010500")]
    [InlineData("30030201")]
    [InlineData("30")]
    public void Rule56_Trailing_and_missing_octets_are_refused(string body) =>
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => MessageOctets.Verify(Hex.Parse(body), 100)).ErrorId);
}
