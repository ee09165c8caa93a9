using System;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class TcpMessageTests
{
    private const int Max = 1 << 20;
    private static readonly PollingReference One = new(1);
    private static readonly byte[] Message = [0x30, 3, 2, 1, 5];

    private static TcpMessage Decode(string octets) => TcpMessage.Decode(Hex.Parse(octets), Max);

    private static string Encode(TcpMessage message) => Hex.Of(message.ToArray());

    /// <summary>The octets of facts A.1.</summary>
    [Fact]
    public void Rule62_The_old_style_is_written_octet_for_octet()
    {
        Assert.Equal("000000050200000001", Encode(TcpMessage.PollReq(TcpMessageStyle.Rfc2510, One)));
        Assert.Equal("00000009010000000165000000", Encode(TcpMessage.PollRep(TcpMessageStyle.Rfc2510, One, 0x65000000)));
        Assert.Equal("000000020300", Encode(TcpMessage.FinRep(TcpMessageStyle.Rfc2510)));
        Assert.Equal("00000006003003020105", Encode(new TcpMessage(TcpMessageStyle.Rfc2510, TcpMessageType.PkiReq, Message)));
        Assert.Equal("0000000E0400000001650000003003020105", Encode(TcpMessage.PartialMsgRep(One, 0x65000000, Message)));
    }

    /// <summary>The octets of facts A.2.</summary>
    [Fact]
    public void Rule62_Version_10_is_written_octet_for_octet()
    {
        Assert.Equal("000000070A000200000001", Encode(TcpMessage.PollReq(TcpMessageStyle.Version10, One)));
        Assert.Equal("0000000B0A0001000000010000001E", Encode(TcpMessage.PollRep(TcpMessageStyle.Version10, One, 30)));
        Assert.Equal("000000040A010300", Encode(TcpMessage.FinRep(TcpMessageStyle.Version10) with { Closes = true }));
        Assert.Equal("000000080A00003003020105", Encode(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, Message)));
        Assert.Equal("0000000A0A0006010100010A6E6F", Encode(Error(new TcpErrorMessage(TcpErrorType.VersionNotSupported, new byte[] { 10 }, "no"))));
        Assert.Equal("000000080A00060201000109", Encode(Error(new TcpErrorMessage(TcpErrorType.InvalidMessageType, new byte[] { 9 }, ""))));
        Assert.Equal("0000000B0A00060202000400000001", Encode(Error(new TcpErrorMessage(TcpErrorType.InvalidPollId, new byte[] { 0, 0, 0, 1 }, ""))));

        static TcpMessage Error(TcpErrorMessage error) => new(TcpMessageStyle.Version10, TcpMessageType.ErrorMsgRep, error.ToArray());
    }

    [Theory]
    [InlineData("000000050200000001", TcpMessageStyle.Rfc2510, TcpMessageType.PollReq, "00000001", false)]
    [InlineData("00000009010000000165000000", TcpMessageStyle.Rfc2510, TcpMessageType.PollRep, "0000000165000000", false)]
    [InlineData("000000020300", TcpMessageStyle.Rfc2510, TcpMessageType.FinRep, "00", false)]
    [InlineData("0000000106", TcpMessageStyle.Rfc2510, TcpMessageType.ErrorMsgRep, "", false)]
    [InlineData("0000000109", TcpMessageStyle.Rfc2510, (TcpMessageType)9, "", false)]
    [InlineData("000000070A000200000001", TcpMessageStyle.Version10, TcpMessageType.PollReq, "00000001", false)]
    [InlineData("000000040A010300", TcpMessageStyle.Version10, TcpMessageType.FinRep, "00", true)]
    [InlineData("000000040AFE0300", TcpMessageStyle.Version10, TcpMessageType.FinRep, "00", false)]
    [InlineData("000000040AFF0300", TcpMessageStyle.Version10, TcpMessageType.FinRep, "00", true)]
    [InlineData("000000030A0005", TcpMessageStyle.Version10, TcpMessageType.PkiRep, "", false)]
    [InlineData("000000030A00FF", TcpMessageStyle.Version10, (TcpMessageType)0xFF, "", false)]
    public void Rule62_The_fifth_octet_tells_the_styles_apart(string octets, TcpMessageStyle style, TcpMessageType type, string value, bool closes)
    {
        TcpMessage message = Decode(octets);
        Assert.Equal(style, message.Style);
        Assert.Equal(type, message.Type);
        Assert.Equal(closes, message.Closes);
        Assert.Equal(value, Hex.Of(message.Value.Span));
        Assert.Equal(Hex.Parse(octets).Length, TcpMessage.ReadLength(Hex.Parse(octets), Max));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("000000")]
    [InlineData("00000001")]
    [InlineData("00000005")]
    public void Rule62_Too_few_octets_tell_nothing_yet(string start) => Assert.Equal(0, TcpMessage.ReadLength(Hex.Parse(start), Max));

    [Theory]
    [InlineData("00000000")]
    [InlineData("000000000A0005")]
    [InlineData("000000010A")]
    [InlineData("000000020A0005")]
    public void Rule62_A_length_that_is_less_than_the_header_is_refused(string start) =>
        Assert.Equal("CmpTcp.InvalidMessage", Assert.Throws<CmpException>(() => TcpMessage.ReadLength(Hex.Parse(start), Max)).ErrorId);

    [Theory]
    [InlineData("FFFFFFFF")]
    [InlineData("7FFFFFFF")]
    [InlineData("80000000")]
    [InlineData("01000000")]
    [InlineData("0010000C")]
    public void Rule62_A_length_over_the_bound_is_refused_as_soon_as_it_is_read(string start)
    {
        CmpException error = Assert.Throws<CmpException>(() => TcpMessage.ReadLength(Hex.Parse(start), Max));
        Assert.Equal("CmpMessage.TooLarge", error.ErrorId);
        Assert.Equal(CmpErrorKind.Malformed, error.Kind);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void Rule62_The_bound_is_of_the_message_within()
    {
        Assert.Equal(Max + 15, TcpMessage.ReadLength(Hex.Parse("0010000B04"), Max));
        Assert.Equal("CmpMessage.TooLarge", Assert.Throws<CmpException>(() => TcpMessage.ReadLength(Hex.Parse("FFFFFFFF00"), int.MaxValue)).ErrorId);
        TcpMessage large = new(TcpMessageStyle.Version10, TcpMessageType.PkiRep, Message);
        Assert.Equal(5, large.PkiMessage(5).Length);
        Assert.Equal("CmpMessage.TooLarge", Assert.Throws<CmpException>(() => large.PkiMessage(4)).ErrorId);
    }

    [Theory]
    [InlineData("000000040B000300")]
    [InlineData("000000040B")]
    [InlineData("00000004FF")]
    public void Rule62_A_version_above_10_is_refused(string start)
    {
        CmpException error = Assert.Throws<CmpException>(() => TcpMessage.ReadLength(Hex.Parse(start), Max));
        Assert.Equal("CmpTcp.UnknownVersion", error.ErrorId);
        Assert.Equal(CmpErrorKind.Protocol, error.Kind);
    }

    [Theory]
    [InlineData("485454502F312E3120", "HTTP")]
    [InlineData("15030300020246", "TLS")]
    [InlineData("16030100020246", "TLS")]
    [InlineData("3082010030820100", "nothing around it")]
    public void What_speaks_another_protocol_is_named(string start, string word)
    {
        CmpException error = Assert.Throws<CmpException>(() => TcpMessage.ReadLength(Hex.Parse(start), Max));
        Assert.Equal("CmpTcp.InvalidMessage", error.ErrorId);
        Assert.Contains(word, error.Message);
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000004")]
    [InlineData("000000040A0003")]
    [InlineData("000000040A00030000")]
    [InlineData("00000002030000")]
    public void Rule62_Missing_and_trailing_octets_are_refused(string octets) =>
        Assert.Equal("CmpTcp.InvalidMessage", Assert.Throws<CmpException>(() => Decode(octets)).ErrorId);

    [Fact]
    public void What_is_written_is_read()
    {
        foreach (TcpMessageStyle style in new[] { TcpMessageStyle.Version10, TcpMessageStyle.Rfc2510 })
        {
            // a flag of 10 would be a version
            for (int type = 0; type < (style == TcpMessageStyle.Rfc2510 ? 10 : 256); type++)
            {
                TcpMessage written = new(style, (TcpMessageType)type, Message) { Closes = type % 2 == 1 };
                TcpMessage read = TcpMessage.Decode(written.ToArray(), Max);
                Assert.Equal(written.Style, read.Style);
                Assert.Equal(written.Type, read.Type);
                Assert.Equal(style == TcpMessageStyle.Version10 && written.Closes, read.Closes);
                Assert.True(read.Value.Span.SequenceEqual(Message));
            }
        }
    }

    [Fact]
    public void A_polling_reference_and_its_time_are_read()
    {
        TcpMessage later = TcpMessage.PollRep(TcpMessageStyle.Version10, new PollingReference(0xDEADBEEF), 30);
        Assert.Equal("DEADBEEF", later.PollingReference().ToString());
        Assert.Equal(30u, later.CheckBack());
        TcpMessage part = TcpMessage.PartialMsgRep(new PollingReference(42), 7, Message);
        Assert.Equal("0000002A", part.PollingReference().ToString());
        Assert.Equal(7u, part.CheckBack());
        Assert.True(part.PkiMessage(Max).Span.SequenceEqual(Message));
        Assert.Equal(One, TcpMessage.PollReq(TcpMessageStyle.Rfc2510, One).PollingReference());
    }

    [Theory]
    [InlineData("000000080A0001000000010000")]
    [InlineData("0000000C0A0001000000010000001E00")]
    [InlineData("000000030A0001")]
    [InlineData("000000060A0002000000")]
    [InlineData("0000000B0A0002000000010000001E")]
    [InlineData("000000080400000001650000")]
    public void A_polling_reference_of_another_length_is_refused(string octets)
    {
        byte[] whole = Hex.Parse(octets);
        whole[3] = (byte)(whole.Length - 4);
        TcpMessage message = TcpMessage.Decode(whole, Max);
        Assert.Equal("CmpTcp.InvalidMessage", Assert.Throws<CmpException>(() => message.PollingReference()).ErrorId);
        if (message.Type != TcpMessageType.PollReq)
            Assert.Equal("CmpTcp.InvalidMessage", Assert.Throws<CmpException>(() => message.CheckBack()).ErrorId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("300302010500")]
    [InlineData("30800201050000")]
    [InlineData("0403020105")]
    public void A_value_that_is_not_one_message_is_refused(string value)
    {
        byte[] octets = Hex.Parse(value);
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, octets).PkiMessage(Max)).ErrorId);
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => TcpMessage.PartialMsgRep(One, 0, octets).PkiMessage(Max)).ErrorId);
    }

    [Fact]
    public void A_part_that_is_too_short_for_its_reference_is_refused() => Assert.Equal("CmpTcp.InvalidMessage",
        Assert.Throws<CmpException>(() => new TcpMessage(TcpMessageStyle.Rfc2510, TcpMessageType.PartialMsgRep, Message).PkiMessage(Max)).ErrorId);

    [Theory]
    [InlineData("000000040A000300", true)]
    [InlineData("000000030A0003", true)]
    [InlineData("000000040A000301", false)]
    [InlineData("000000050A00030000", false)]
    public void FinRep_says_nothing(string octets, bool isRight)
    {
        TcpMessage message = Decode(octets);
        if (isRight)
            message.EnsureSaysNothing();
        else
            Assert.Equal("CmpTcp.InvalidMessage", Assert.Throws<CmpException>(message.EnsureSaysNothing).ErrorId);
    }
}
