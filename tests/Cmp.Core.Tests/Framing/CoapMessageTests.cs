using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Framing;

public class CoapMessageTests
{
    /// <summary>RFC 7252, figures 16 to 22: each message as its header, token and options are written there.</summary>
    public static TheoryData<string, string, CoapType, string, string?, string?> Figures => new()
    {
        { "16: request", "40017D34 BB" + Text("temperature"), CoapType.Confirmable, "0.01", "temperature", null },
        { "16: response", "60457D34 FF" + Text("22.3 C"), CoapType.Acknowledgement, "2.05", null, "22.3 C" },
        { "17: request", "41017D35 20 BB" + Text("temperature"), CoapType.Confirmable, "0.01", "temperature", null },
        { "17: response", "61457D35 20 FF" + Text("22.3 C"), CoapType.Acknowledgement, "2.05", null, "22.3 C" },
        { "20: acknowledgement", "60007D38", CoapType.Acknowledgement, "0.00", null, null },
        { "20: response", "4145AD7B 53 FF" + Text("22.3 C"), CoapType.Confirmable, "2.05", null, "22.3 C" },
        { "21: reset", "7000AD7C", CoapType.Reset, "0.00", null, null },
        { "22: request", "51017D40 75 BB" + Text("temperature"), CoapType.NonConfirmable, "0.01", "temperature", null },
    };

    [Theory]
    [MemberData(nameof(Figures))]
    public void The_examples_of_RFC_7252_are_read_and_written(string figure, string datagram, CoapType type, string code, string? path, string? payload)
    {
        byte[] octets = Hex.Parse(datagram);
        Assert.Null(CoapMessage.Decode(octets, out CoapMessage? message));
        Assert.Equal(type, message!.Type);
        Assert.Equal(code, message.Code.ToString());
        Assert.Equal(path is null ? "/" : "/" + path, CoapPath.TextOf(message));
        Assert.Equal(payload ?? "", Encoding.UTF8.GetString(message.Payload.ToArray()));
        Assert.Equal(Hex.Of(octets), Hex.Of(message.Encode()));
        // the lengths that the text gives
        Assert.True(figure != "16: request" || octets.Length == 16);
        Assert.True(figure != "17: response" || octets.Length == 12);
    }

    [Fact]
    public void Options_are_written_in_the_order_of_their_numbers_and_each_kind_of_length_comes_back()
    {
        int[] lengths = [0, 1, 12, 13, 14, 268, 269, 270, CoapMessage.MaxOptionBytes];
        CoapMessage message = new()
        {
            Type = CoapType.Confirmable,
            Code = CoapCode.Post,
            MessageId = 0xFFFF,
            Token = new byte[8],
            Options = [.. lengths.Select((length, i) => new CoapOption(65000 - i * 7000, new byte[length])), CoapOption.Of(12, 259), new CoapOption(11, new byte[] { 1 }), new CoapOption(11, new byte[] { 2 })],
            Payload = new byte[] { 0xFF },
        };
        Assert.Null(CoapMessage.Decode(message.Encode(), out CoapMessage? read));
        Assert.Equal(message.Options.Select(o => o.Number), read!.Options.Select(o => o.Number));
        Assert.Equal(message.Options.Select(o => Hex.Of(o.Value.Span)), read.Options.Select(o => Hex.Of(o.Value.Span)));
        Assert.Equal([11, 11, 12], read.Options.Take(3).Select(o => o.Number));
        Assert.Equal(["01", "02", "0103"], read.Options.Take(3).Select(o => Hex.Of(o.Value.Span)));
        Assert.Equal("FF", Hex.Of(read.Payload.Span));
    }

    [Theory]
    [InlineData("", CoapDefect.TooShort, false)]
    [InlineData("400100", CoapDefect.TooShort, false)]
    [InlineData("00010001", CoapDefect.Version, false)]
    [InlineData("80010001", CoapDefect.Version, false)]
    [InlineData("C0010001", CoapDefect.Version, false)]
    [InlineData("49010001 010203040506070809", CoapDefect.Token, true)]
    [InlineData("4F010001 0102030405060708090A0B0C0D0E0F", CoapDefect.Token, true)]
    [InlineData("44010001 010203", CoapDefect.Token, true)]
    [InlineData("6F450001", CoapDefect.Token, false)]
    [InlineData("40200001", CoapDefect.ReservedCode, true)]
    [InlineData("50C00001", CoapDefect.ReservedCode, true)]
    [InlineData("60E10001", CoapDefect.ReservedCode, false)]
    [InlineData("41000001 AA", CoapDefect.EmptyWithContent, true)]
    [InlineData("40000001 FF01", CoapDefect.EmptyWithContent, true)]
    [InlineData("70000001 00", CoapDefect.EmptyWithContent, false)]
    [InlineData("50000001", CoapDefect.CodeOfType, true)]
    [InlineData("60010001", CoapDefect.CodeOfType, false)]
    [InlineData("70450001", CoapDefect.CodeOfType, false)]
    [InlineData("40010001 F0", CoapDefect.ReservedNibble, true)]
    [InlineData("40010001 0F", CoapDefect.ReservedNibble, true)]
    [InlineData("40010001 BF", CoapDefect.ReservedNibble, true)]
    [InlineData("40010001 B4746573", CoapDefect.TruncatedOption, true)]
    [InlineData("40010001 D0", CoapDefect.TruncatedOption, true)]
    [InlineData("40010001 E000", CoapDefect.TruncatedOption, true)]
    [InlineData("40010001 0D", CoapDefect.TruncatedOption, true)]
    [InlineData("40010001 0E00", CoapDefect.TruncatedOption, true)]
    [InlineData("40010001 0EFFFF 00", CoapDefect.TruncatedOption, true)]
    [InlineData("40010001 E0FFFF", CoapDefect.OptionNumber, true)]
    [InlineData("40010001 E0FEF2 10", CoapDefect.OptionNumber, true)]
    [InlineData("40010001 FF", CoapDefect.EmptyPayload, true)]
    [InlineData("60450001 C0FF", CoapDefect.EmptyPayload, false)]
    public void What_is_no_message_is_refused_for_what_it_is(string datagram, CoapDefect defect, bool mayReset)
    {
        CoapRefusal? refusal = CoapMessage.Decode(Hex.Parse(datagram), out CoapMessage? message);
        Assert.Null(message);
        Assert.Equal(defect, refusal!.Defect);
        Assert.Equal(mayReset, refusal.ResetId is not null);
        Assert.StartsWith(defect.ToString(), refusal.ToString());
    }

    [Fact]
    public void The_last_number_of_an_option_is_taken_and_the_next_one_is_not()
    {
        Assert.Null(CoapMessage.Decode(Hex.Parse("40010001 E0FEF2"), out CoapMessage? message));
        Assert.Equal(65535, message!.Options[0].Number);
        Assert.Equal(CoapDefect.OptionNumber, CoapMessage.Decode(Hex.Parse("40010001 E0FEF3"), out _)!.Defect);
    }

    [Fact]
    public void There_are_as_many_options_and_as_long_ones_as_are_borne()
    {
        CoapMessage message = new() { Type = CoapType.Confirmable, Code = CoapCode.Get, Options = [.. Enumerable.Repeat(new CoapOption(11, new byte[1]), CoapMessage.MaxOptions)] };
        Assert.Null(CoapMessage.Decode(message.Encode(), out _));
        message = message with { Options = [.. message.Options, new CoapOption(12, default)] };
        Assert.Equal(CoapDefect.TooManyOptions, CoapMessage.Decode(message.Encode(), out _)!.Defect);
        byte[] tooLong = [.. Hex.Parse("40010001 BE 02FE"), .. new byte[CoapMessage.MaxOptionBytes + 1]];
        Assert.Equal(CoapDefect.OptionTooLong, CoapMessage.Decode(tooLong, out _)!.Defect);
    }

    [Fact]
    public void Any_octets_are_a_message_that_comes_back_the_same_or_are_refused()
    {
        Random random = new(5683);
        int read = 0;
        byte[] good = Hex.Parse("4402BEEF 01020304 B3636D70 120103 510103 D10A08 FF 3003020101");
        for (int round = 0; round < 50_000; round++)
        {
            byte[] octets;
            if (round % 2 == 0)
            {
                octets = new byte[random.Next(40)];
                random.NextBytes(octets);
                if (octets.Length > 0)
                    octets[0] = (byte)(0x40 | (octets[0] & 0x3F));
            }
            else
            {
                octets = [.. good];
                for (int i = random.Next(4); i >= 0; i--)
                    octets[random.Next(octets.Length)] = (byte)random.Next(256);
                octets = [.. octets.Take(random.Next(octets.Length + 1))];
            }
            CoapRefusal? refusal = CoapMessage.Decode(octets, out CoapMessage? message);
            Assert.Equal(refusal is null, message is not null);
            if (message is null)
                continue;
            read++;
            Assert.Equal(Hex.Of(octets), Hex.Of(message.Encode()));
            foreach (CoapOption option in message.Options)
            {
                _ = option.ToText();
                _ = option.ToNumber();
            }
            Assert.All(CoapPath.TextOf(message), c => Assert.InRange(c, '!', '~'));
            _ = message.FindNotUnderstood(1, 3);
            _ = message.ToString();
        }
        Assert.InRange(read, 1000, 49_000);
    }

    [Fact]
    public void A_message_that_there_cannot_be_is_not_written()
    {
        CoapMessage get = new() { Type = CoapType.Confirmable, Code = CoapCode.Get };
        Assert.Throws<ArgumentException>(() => (get with { Token = new byte[9] }).Encode());
        Assert.Throws<ArgumentException>(() => (get with { Options = [new CoapOption(65536, default)] }).Encode());
        Assert.Throws<ArgumentException>(() => (get with { Code = CoapCode.Empty, Token = new byte[1] }).Encode());
        Assert.Equal("40010000", Hex.Of(get.Encode()));
    }

    [Theory]
    [InlineData(0u, "")]
    [InlineData(1u, "01")]
    [InlineData(255u, "FF")]
    [InlineData(256u, "0100")]
    [InlineData(259u, "0103")]
    [InlineData(65536u, "010000")]
    [InlineData(uint.MaxValue, "FFFFFFFF")]
    public void Numbers_are_as_short_as_they_can_be(uint number, string octets)
    {
        CoapOption option = CoapOption.Of(60, number);
        Assert.Equal(octets, Hex.Of(option.Value.Span));
        Assert.Equal(number, option.ToNumber());
    }

    [Fact]
    public void Numbers_with_zeros_before_them_are_read_and_those_of_five_octets_are_none()
    {
        Assert.Equal(259u, new CoapOption(60, Hex.Parse("00000103")).ToNumber());
        Assert.Null(new CoapOption(60, Hex.Parse("0000000103")).ToNumber());
        // RFC 7252 5.4.3: a length that is not allowed makes the option an unknown one
        Assert.Null(With(new CoapOption(CoapOptionNumber.ContentFormat, Hex.Parse("000103"))).FindNumber(CoapOptionNumber.ContentFormat));
        Assert.Equal(259u, With(new CoapOption(CoapOptionNumber.ContentFormat, Hex.Parse("0103"))).FindNumber(CoapOptionNumber.ContentFormat));
    }

    [Fact]
    public void A_critical_option_that_is_not_understood_is_found_and_an_elective_one_is_passed_over()
    {
        Assert.Null(With(new CoapOption(65000, default)).FindNotUnderstood());
        Assert.Equal(65001, With(new CoapOption(65001, default)).FindNotUnderstood(CoapOptionNumber.Block2)?.Number);
        Assert.Null(With(new CoapOption(65001, default)).FindNotUnderstood(65001));
        Assert.Null(With(new CoapOption(CoapOptionNumber.Block2, new byte[3])).FindNotUnderstood(CoapOptionNumber.Block2));
        // too long, or a second time where there is only one
        Assert.Equal(CoapOptionNumber.Block2, With(new CoapOption(CoapOptionNumber.Block2, new byte[4])).FindNotUnderstood(CoapOptionNumber.Block2)?.Number);
        Assert.Equal(CoapOptionNumber.Block2, With(CoapOption.Of(23, 1), CoapOption.Of(23, 1)).FindNotUnderstood(CoapOptionNumber.Block2)?.Number);
        Assert.Null(With(CoapOption.Of(11, "a"), CoapOption.Of(11, "b")).FindNotUnderstood(CoapOptionNumber.UriPath));
    }

    [Fact]
    public void Codes_tell_what_they_are()
    {
        Assert.Equal("2.31 Continue", CoapCode.Continue + " " + CoapCode.Continue.Phrase);
        Assert.True(CoapCode.Post.IsRequest && !CoapCode.Post.IsResponse && !CoapCode.Empty.IsRequest);
        Assert.True(CoapCode.Changed.IsSuccess && CoapCode.Changed.IsResponse && !CoapCode.NotFound.IsSuccess && CoapCode.NotFound.IsResponse);
        Assert.Equal([1, 6, 7], Enumerable.Range(0, 8).Where(c => new CoapCode((byte)(c << 5)).IsReserved));
    }

    private static string Text(string text) => Hex.Of(Encoding.ASCII.GetBytes(text));

    private static CoapMessage With(params CoapOption[] options) => new() { Type = CoapType.Confirmable, Code = CoapCode.Content, Options = options };
}
