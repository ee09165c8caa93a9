using System;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailMessageTests
{
    internal static MailMessage Sample(int octets = 300) => new()
    {
        From = Address("ra@example.org"),
        To = Address("ca@example.com"),
        Subject = "CMP request [cmp.0123456789abcdef0123456789abcdef.0123456789abcdef]",
        Date = new DateTimeOffset(2026, 11, 26, 1, 2, 3, TimeSpan.FromHours(1)),
        MessageId = "<cmp.01.0123456789abcdef@example.org>",
        FileName = "cmp.01.0123456789abcdef.pki",
        Octets = Sequence(octets),
    };

    /// <summary>A SEQUENCE of so many octets in all, at least 4 and less than 65536.</summary>
    internal static byte[] Sequence(int octets)
    {
        byte[] sequence = [.. Enumerable.Range(0, octets).Select(i => (byte)(i * 7))];
        sequence[0] = 0x30;
        sequence[1] = 0x82;
        sequence[2] = (byte)((octets - 4) >> 8);
        sequence[3] = (byte)(octets - 4);
        return sequence;
    }

    internal static MailAddress Address(string text) => MailAddress.TryParse(text, out MailAddress? address) ? address! : throw new ArgumentException(text);

    private static string Text(MailMessage mail) => Encoding.ASCII.GetString(mail.Write());

    [Fact]
    public void It_is_what_RFC_9483_wants_to_its_last_octet()
    {
        byte[] octets = Sequence(120);
        string base64 = Convert.ToBase64String(octets);
        Assert.Equal(
            string.Join("\r\n",
                "From: ra@example.org",
                "To: ca@example.com",
                "Subject: CMP request",
                " [cmp.0123456789abcdef0123456789abcdef.0123456789abcdef]",
                "Date: Thu, 26 Nov 2026 00:02:03 +0000",
                "Message-ID: <cmp.01.0123456789abcdef@example.org>",
                "MIME-Version: 1.0",
                "Content-Type: application/pkixcmp;",
                " name=\"cmp.01.0123456789abcdef.pki\"",
                "Content-Transfer-Encoding: base64",
                "Content-Disposition: attachment;",
                " filename=\"cmp.01.0123456789abcdef.pki\"",
                "",
                base64.Substring(0, 76),
                base64.Substring(76, 76),
                base64.Substring(152),
                string.Empty),
            Text(Sample() with { Octets = octets }));
    }

    [Fact]
    public void An_answer_names_what_it_answers_and_that_nobody_wrote_it()
    {
        string text = Text(Sample() with { InReplyTo = "<q@x>", IsAutomaticAnswer = true });
        Assert.Contains("\r\nIn-Reply-To: <q@x>\r\nReferences: <q@x>\r\nAuto-Submitted: auto-replied\r\n", text);
        Assert.DoesNotContain("In-Reply-To", Text(Sample()));
        Assert.DoesNotContain("Auto-Submitted", Text(Sample()));
    }

    [Fact]
    public void A_draft_says_so_and_need_not_say_to_whom()
    {
        string text = Text(Sample() with { To = null, IsDraft = true });
        Assert.DoesNotContain("To:", text);
        Assert.Contains("\r\nX-Unsent: 1\r\n", text);
        Assert.DoesNotContain("X-Unsent", Text(Sample()));
    }

    [Fact]
    public void Lines_are_short_ASCII_and_end_with_CRLF()
    {
        string text = Text(Sample(5000) with { Subject = "Zertifikat für den Rechner im Büro von Herrn Müller [cmp.0123456789abcdef0123456789abcdef.0123456789abcdef]" });
        Assert.All(text, c => Assert.True(c is (>= ' ' and <= '~') or '\r' or '\n'));
        Assert.Equal(text.Count(c => c == '\n'), text.Split(["\r\n"], StringSplitOptions.None).Length - 1);
        Assert.All(text.Split(["\r\n"], StringSplitOptions.None), line => Assert.True(line.Length <= 86, line));
        MailHead head = MailHead.Parse(Encoding.ASCII.GetBytes(text).AsSpan(0, MailHead.FindEnd(Encoding.ASCII.GetBytes(text))));
        Assert.StartsWith("Zertifikat für den Rechner im Büro von Herrn Müller [cmp.", head.Subject, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a\r\nBcc: x@y")]
    [InlineData("a\nb")]
    [InlineData("a\rb")]
    [InlineData("a\0b")]
    [InlineData("a\u0085b")]
    public void Rule58_No_value_of_a_subject_begins_a_field(string subject) =>
        Assert.Equal("CmpArgument.Mail", Assert.Throws<CmpException>(() => (Sample() with { Subject = subject }).Write()).ErrorId);

    [Theory]
    [InlineData("x")]
    [InlineData("<>")]
    [InlineData("<a b>")]
    [InlineData("<a>\r\nBcc: x")]
    [InlineData("<a><b>")]
    [InlineData("<<a>")]
    [InlineData("<ä>")]
    [InlineData("")]
    public void Rule58_Nor_does_a_message_id(string id)
    {
        Assert.False(MailMessage.IsMessageId(id));
        Assert.Equal("CmpArgument.Mail", Assert.Throws<CmpException>(() => (Sample() with { MessageId = id }).Write()).ErrorId);
        Assert.Equal("CmpArgument.Mail", Assert.Throws<CmpException>(() => (Sample() with { InReplyTo = id }).Write()).ErrorId);
    }

    [Theory]
    [InlineData("x.pkj")]
    [InlineData(".pki")]
    [InlineData("../x.pki")]
    [InlineData("a b.pki")]
    [InlineData("a\".pki")]
    [InlineData("ä.pki")]
    public void Rule71_The_file_name_is_plain_and_ends_in_pki(string name) =>
        Assert.Equal("CmpArgument.Mail", Assert.Throws<CmpException>(() => (Sample() with { FileName = name }).Write()).ErrorId);

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(57)]
    [InlineData(58)]
    [InlineData(65535)]
    public void What_is_written_is_read_again(int octets)
    {
        var read = Assert.IsType<MailContent.Message>(MailReader.Read(Sample(octets).Write(), 1 << 20, lenient: false));
        Assert.Equal(Sequence(octets), read.Octets.ToArray());
        Assert.Null(read.Warning);
    }
}
