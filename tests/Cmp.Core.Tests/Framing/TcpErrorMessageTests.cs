using System;
using System.Text;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class TcpErrorMessageTests
{
    [Theory]
    [InlineData("010100010A6E6F", TcpErrorType.VersionNotSupported, "0A", "no")]
    [InlineData("0201000109", TcpErrorType.InvalidMessageType, "09", "")]
    [InlineData("0202000400000001", TcpErrorType.InvalidPollId, "00000001", "")]
    [InlineData("02020004000000016E6F", TcpErrorType.InvalidPollId, "00000001", "no")]
    [InlineData("02000000", TcpErrorType.GeneralClientError, "", "")]
    [InlineData("03000000627573C3BD", TcpErrorType.GeneralServerError, "", "busý")]
    [InlineData("8001000201026E6F", (TcpErrorType)0x8001, "0102", "no")]
    public void Data_and_text_stand_apart(string value, TcpErrorType type, string data, string text)
    {
        TcpErrorMessage error = TcpErrorMessage.Decode(Hex.Parse(value));
        Assert.Equal(type, error.Type);
        Assert.Equal(data, Hex.Of(error.Data.Span));
        Assert.Equal(text, error.Text);
        Assert.Equal(value, Hex.Of(error.ToArray()));
    }

    /// <summary>As drawn since draft -06.</summary>
    [Theory]
    [InlineData("030000026E6F", TcpErrorType.GeneralServerError, "no")]
    [InlineData("800100026E6F", (TcpErrorType)0x8001, "no")]
    [InlineData("010100026E6F", TcpErrorType.VersionNotSupported, "no")]
    [InlineData("010100010A", TcpErrorType.VersionNotSupported, "")]
    public void Where_there_is_no_text_the_data_may_be_one(string value, TcpErrorType type, string text)
    {
        TcpErrorMessage error = TcpErrorMessage.Decode(Hex.Parse(value));
        Assert.Equal(type, error.Type);
        Assert.Equal(text, error.Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0300")]
    [InlineData("030000")]
    [InlineData("0202000400")]
    [InlineData("0300FFFF6E6F")]
    public void An_error_that_ends_too_early_is_refused(string value) =>
        Assert.Equal("CmpTcp.InvalidMessage", Assert.Throws<CmpException>(() => TcpErrorMessage.Decode(Hex.Parse(value))).ErrorId);

    [Fact]
    public void Language_tags_are_left_out_and_what_could_mislead_is_escaped()
    {
        // RFC 2482: U+E0001 U+E0064 U+E0065 is "de", U+E007F cancels it
        const string tagged = "\U000E0001\U000E0064\U000E0065Fehler\U000E007F";
        Assert.Equal("Fehler", TcpErrorMessage.ReadText(Encoding.UTF8.GetBytes(tagged)));
        Assert.Equal("Fehler", TcpErrorMessage.Decode(new TcpErrorMessage(TcpErrorType.GeneralServerError, default, tagged).ToArray()).Text);
        Assert.Equal("a\\u{001B}[2Jb\\u{202E}", TcpErrorMessage.ReadText(Encoding.UTF8.GetBytes("a\u001B[2Jb\u202E")));
        // U+E0100 is no tag
        Assert.Equal("a\U000E0100", TcpErrorMessage.ReadText(Encoding.UTF8.GetBytes("a\U000E0100")));
    }

    [Fact]
    public void A_text_of_RFC_2510_may_be_in_another_charset() => Assert.Equal("ungültig", TcpErrorMessage.ReadText([0x75, 0x6E, 0x67, 0xFC, 0x6C, 0x74, 0x69, 0x67]));

    [Fact]
    public void A_text_is_bounded_and_no_character_is_cut_in_two()
    {
        foreach (int shift in new[] { 0, 1, 2 })
        {
            string text = TcpErrorMessage.ReadText(Encoding.UTF8.GetBytes(new string('a', shift) + new string('€', 1_000_000)));
            Assert.InRange(text.Length, 2000, 2100);
            Assert.DoesNotContain("â", text);
        }
    }
}
