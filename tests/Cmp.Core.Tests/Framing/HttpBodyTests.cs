using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class HttpBodyTests
{
    private const int Max = 1 << 20;

    [Theory]
    [InlineData("3003020105", null, 5)]
    [InlineData("3003", 5L, 5)]
    [InlineData("000000020300", null, 6)]
    [InlineData("0000000203", 6L, 6)]
    [InlineData("000000040A000300", 8L, 8)]
    [InlineData("0000000B0A", null, 15)]
    [InlineData("", 8L, 0)]
    [InlineData("000000", 8L, 0)]
    [InlineData("00000004", 8L, 0)]
    [InlineData("30", 8L, 0)]
    public void Rule56_A_message_and_a_TCP_Message_are_told_apart_by_their_octets(string start, long? declared, int length) =>
        Assert.Equal(length, HttpBody.ReadLength(Hex.Parse(start), declared, Max, takesTcpMessages: true));

    [Theory]
    [InlineData("000000040A", 9L, "CmpMessage.Malformed")]
    [InlineData("00000004", 7L, "CmpMessage.Malformed")]
    [InlineData("3C68746D6C3E", 100L, "CmpMessage.Malformed")]
    [InlineData("0000000406", long.MaxValue, "CmpMessage.Malformed")]
    [InlineData("000000020B", 6L, "CmpTcp.UnknownVersion")]
    [InlineData("0000000003", 4L, "CmpTcp.InvalidMessage")]
    [InlineData("000000020A", 6L, "CmpTcp.InvalidMessage")]
    [InlineData("7FFFFFFF", null, "CmpMessage.TooLarge")]
    [InlineData("FFFFFFFF", 4294967299L, "CmpMessage.TooLarge")]
    [InlineData("001000100A", 1048596L, "CmpMessage.TooLarge")]
    [InlineData("3084FFFFFFFF", null, "CmpMessage.TooLarge")]
    [InlineData("3080", null, "CmpMessage.Malformed")]
    public void Rule56_What_is_neither_is_refused_as_soon_as_it_shows(string start, long? declared, string errorId) =>
        Assert.Equal(errorId, Assert.Throws<CmpException>(() => HttpBody.ReadLength(Hex.Parse(start), declared, Max, takesTcpMessages: true)).ErrorId);

    [Theory]
    [InlineData("3003", 5L, 5)]
    [InlineData("000000", 8L, 0)]
    [InlineData("000000", 7L, 0)]
    public void Where_no_TCP_Message_is_taken_only_its_length_is_waited_for(string start, long? declared, int length) =>
        Assert.Equal(length, HttpBody.ReadLength(Hex.Parse(start), declared, Max, takesTcpMessages: false));

    /// <summary>Who is advised to write http+tcp has a TCP-Message before him: its length is the body's.</summary>
    [Theory]
    [InlineData("00000004", 8L, true)]
    [InlineData("000000040A000300", 8L, true)]
    [InlineData("00000004", 7L, false)]
    [InlineData("00000004", null, false)]
    [InlineData("00", null, false)]
    [InlineData("3C", 1013478513L, false)]
    [InlineData("3C68746D6C3E", 1013478513L, false)]
    public void A_TCP_Message_that_is_not_taken_is_named(string start, long? declared, bool isOne)
    {
        CmpException error = Assert.Throws<CmpException>(() => HttpBody.ReadLength(Hex.Parse(start), declared, Max, takesTcpMessages: false));
        Assert.Equal("CmpMessage.Malformed", error.ErrorId);
        Assert.Equal(isOne, error.Message.Contains("TCP-Message"));
        Assert.Equal(isOne, error.RecommendedAction?.Contains("http+tcp://") == true);
    }
}
