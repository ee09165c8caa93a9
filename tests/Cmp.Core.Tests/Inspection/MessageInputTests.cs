using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Inspection;
using Cmp.Messages.Asn1;
using Cmp.Tests.Messages;
using Xunit;

namespace Cmp.Tests.Inspection;

public class MessageInputTests
{
    private static readonly byte[] One = Samples.AllMessages[0].Encoded.ToArray();
    private static readonly byte[] Other = Samples.AllMessages[8].Encoded.ToArray();

    public static TheoryData<string> Texts
    {
        get
        {
            string hex = Hex.Of(One), base64 = Convert.ToBase64String(One);
            return
            [
                hex, hex.ToLowerInvariant(), "0x" + hex, "\uFEFF" + hex, base64, base64.Replace('+', '-').Replace('/', '_'), Convert.ToBase64String(One, Base64FormattingOptions.InsertLineBreaks),
                string.Join(":", One.Select(octet => octet.ToString("X2"))), string.Join(" ", One.Select(octet => octet.ToString("x2"))), string.Join("-", One.Select(octet => octet.ToString("X2"))),
                string.Join(", ", One.Select(octet => "0x" + octet.ToString("x2"))), string.Join("\r\n", One.Select(octet => octet.ToString("X2"))),
                Encoding.ASCII.GetString(Pem.Write("CMP MESSAGE", One)), "some words\r\n" + Encoding.ASCII.GetString(Pem.Write("PKIMESSAGE", One)) + "and more\n",
            ];
        }
    }

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_text_is_read_whichever_form_it_has(string text)
    {
        Assert.Equal(One, Assert.Single(MessageInput.Read(text, CmpLimits.Default)).ToArray());
        Assert.Equal(One, Assert.Single(MessageInput.Read(Encoding.UTF8.GetBytes(text), CmpLimits.Default)).ToArray());
        Assert.Equal(One, Assert.Single(MessageInput.Read((byte[])[0xFF, 0xFE, .. Encoding.Unicode.GetBytes(text)], CmpLimits.Default)).ToArray());
    }

    [Theory]
    [InlineData("0A0D0D0A1C0000004D3C2B1A")]
    [InlineData("D4C3B2A1020004000000000000000000")]
    [InlineData("1F8B08000000000000030300")]
    public void A_capture_among_messages_is_told_where_it_belongs(string octets) =>
        Assert.Contains("-CapturePath", Assert.Throws<CmpException>(() => MessageInput.Read(Hex.Parse(octets), CmpLimits.Default)).Message, StringComparison.Ordinal);

    [Fact]
    public void Octets_are_read_whichever_form_they_have()
    {
        byte[][] forms =
        [
            One,
            new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, One).ToArray(),
            new TcpMessage(TcpMessageStyle.Rfc2510, TcpMessageType.PkiRep, One).ToArray(),
            TcpMessage.PartialMsgRep(new PollingReference(7), 1, One).ToArray(),
            [.. "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n\r\n"u8, .. One],
            [.. "POST /cmp HTTP/1.1\r\nHost: ca\r\n\r\n"u8, .. new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, One).ToArray()],
            MessageMail.Write(One, new Uri("mailto:ca@example.com"), Samples.Time),
        ];
        foreach (byte[] form in forms)
            Assert.Equal(One, Assert.Single(MessageInput.Read(form, CmpLimits.Default)).ToArray());
    }

    [Fact]
    public void Several_messages_are_several()
    {
        byte[][] rows =
        [
            [.. One, .. Other],
            [.. new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, One).ToArray(), .. TcpMessage.FinRep(TcpMessageStyle.Version10).ToArray(), .. new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, Other).ToArray()],
            [.. Pem.Write("CMP MESSAGE", One), .. Pem.Write("CERTIFICATE", Samples.Certificate.Encoded.ToArray()), .. Pem.Write("CMP MESSAGE", Other)],
            Encoding.ASCII.GetBytes(Convert.ToBase64String(One) + "\n" + Hex.Of(Other) + "\n"),
            Encoding.ASCII.GetBytes(Hex.Of(One) + "\n" + Hex.Of(Other) + "\n"),
        ];
        foreach (byte[] row in rows)
        {
            var warnings = new List<string>();
            Assert.Equal([One, Other], MessageInput.Read(row, CmpLimits.Default, warnings.Add).Select(message => message.ToArray()));
        }
    }

    [Fact]
    public void What_is_left_out_is_said()
    {
        var warnings = new List<string>();
        MessageInput.Read((byte[])[.. Pem.Write("CMP MESSAGE", One), .. Pem.Write("CERTIFICATE", Samples.Certificate.Encoded.ToArray())], CmpLimits.Default, warnings.Add);
        Assert.Contains("1 of 2 PEM blocks", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_broken_message_is_given_as_it_is()
    {
        byte[] cut = One.AsSpan(0, 100).ToArray();
        Assert.Equal(cut, Assert.Single(MessageInput.Read(cut, CmpLimits.Default)).ToArray());
        Assert.Equal(cut, Assert.Single(MessageInput.Read(Hex.Of(cut), CmpLimits.Default)).ToArray());
        byte[] more = [.. One, 1, 2, 3];
        Assert.Equal(more, Assert.Single(MessageInput.Read(more, CmpLimits.Default)).ToArray());
    }

    public static TheoryData<string> NoMessages => ["", " ", "hello", "AAAA", "30", "30820", "Subject: hello\r\n\r\nno message\r\n", "HTTP/1.1 404 Not Found\r\n\r\n", "GET / HTTP/1.1", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "-----BEGIN X-----", "\0\0\0\u0001"];

    [Theory]
    [MemberData(nameof(NoMessages))]
    public void What_is_no_message_is_refused(string text)
    {
        Assert.Equal("CmpMessage.NotAMessage", Assert.Throws<CmpException>(() => MessageInput.Read(text, CmpLimits.Default)).ErrorId);
        Assert.Equal("CmpMessage.NotAMessage", Assert.Throws<CmpException>(() => MessageInput.Read(Encoding.UTF8.GetBytes(text), CmpLimits.Default)).ErrorId);
    }

    [Fact]
    public void A_line_that_is_a_whole_message_needs_no_more_lines()
    {
        Assert.True(MessageInput.IsWhole(Hex.Of(One)));
        Assert.True(MessageInput.IsWhole(Convert.ToBase64String(One)));
        Assert.False(MessageInput.IsWhole(Hex.Of(One.AsSpan(0, 64))));
        Assert.False(MessageInput.IsWhole(Hex.Of(One) + "00"));
        Assert.False(MessageInput.IsWhole("-----BEGIN CMP MESSAGE-----"));
    }

    [Fact]
    public void Rule64_Whatever_comes_ends_in_messages_or_in_one_kind_of_error()
    {
        byte[][] seeds = [One, new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, One).ToArray(), Pem.Write("CMP MESSAGE", Other), Encoding.ASCII.GetBytes(Hex.Of(Other)), MessageMail.Write(Other, null, Samples.Time), [.. "HTTP/1.1 200 OK\r\n\r\n"u8, .. Other]];
        var random = new Random(20261126);
        for (int i = 0; i < 5000; i++)
        {
            byte[] octets = [.. seeds[i % seeds.Length]];
            for (int j = random.Next(4); j >= 0; j--)
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            octets = octets.AsSpan(0, random.Next(4) == 0 ? random.Next(octets.Length) : octets.Length).ToArray();
            try
            {
                Assert.NotEmpty(MessageInput.Read(octets, CmpLimits.Default));
            }
            catch (CmpException e)
            {
                Assert.True(e.ErrorId == "CmpMessage.NotAMessage" || e.ErrorId.StartsWith("CmpMail.", StringComparison.Ordinal) || e.ErrorId.StartsWith("CmpMessage.", StringComparison.Ordinal), e.ErrorId);
            }
        }
    }
}
