using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailReaderTests
{
    private const string Head = "From: ca@example.com\nMIME-Version: 1.0\n";
    private const string Type = "Content-Type: application/pkixcmp; name=\"x.pki\"\nContent-Transfer-Encoding: base64\n";

    private static readonly byte[] Octets = MailMessageTests.Sequence(300);
    private static readonly string Base64 = Convert.ToBase64String(Octets, Base64FormattingOptions.InsertLineBreaks);
    private static readonly string Part = Type + "\n" + Base64 + "\n";

    private static MailContent Read(string mail, bool lenient = false, int maxBytes = 1 << 20) => MailReader.Read(Encoding.UTF8.GetBytes(mail), maxBytes, lenient);

    private static CmpException Fails(string mail, string errorId, bool lenient = false, int maxBytes = 1 << 20)
    {
        CmpException error = Assert.Throws<CmpException>(() => Read(mail, lenient, maxBytes));
        Assert.Equal(errorId, error.ErrorId);
        return error;
    }

    private static MailContent.Message Takes(string mail, bool lenient = false)
    {
        var message = Assert.IsType<MailContent.Message>(Read(mail, lenient));
        Assert.Equal(Octets, message.Octets.ToArray());
        return message;
    }

    private static string Multipart(string type, params string[] parts) =>
        Head + $"Content-Type: {type}; boundary=\"=_b\"\n\nFor readers without MIME.\n" + string.Concat(parts.Select(part => "--=_b\n" + part + "\n")) + "--=_b--\n";

    [Theory]
    [InlineData("Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n")]
    [InlineData("content-type:APPLICATION/PKIXCMP;\n charset=x\ncontent-transfer-encoding: BASE64 (of course)\n")]
    [InlineData("Content-Transfer-Encoding: base64\nContent-Disposition: inline\nContent-Type:\n application/pkixcmp (CMP); name*=utf-8''x.pki\n")]
    public void The_media_type_counts_without_case_parameters_and_comments(string fields) => Assert.Null(Takes(Head + fields + "\n" + Base64).Warning);

    [Fact]
    public void The_legacy_type_is_taken_with_a_warning() => Assert.Contains("x-pkixcmp", Takes(Head + Type.Replace("pkixcmp", "x-pkixcmp") + "\n" + Base64).Warning);

    [Fact]
    public void A_line_of_mbox_before_it_and_empty_lines_behind_it_do_not_matter() => Takes("From ca@example.com Thu Nov 26 00:00:00 2026\n" + Head + Part + "\n\r\n");

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    [InlineData(" \t\r\n")]
    [InlineData("")]
    public void Base64_stands_in_lines_of_any_length_and_end(string end) =>
        Takes(Head.Replace("\n", "\r\n") + Type + "\n" + string.Join(end, Convert.ToBase64String(Octets).Select((c, i) => i % 7 == 6 ? c + end : c.ToString())));

    [Theory]
    [InlineData("-")]
    [InlineData("_")]
    [InlineData("*")]
    [InlineData("\0")]
    [InlineData("ä")]
    [InlineData("=")]
    [InlineData("\u000B")]
    [InlineData("-- \nSent from my phone")]
    public void Rule56_Base64_holds_nothing_else(string alien)
    {
        Assert.DoesNotContain("\0", Fails(Head + Type + "\n" + Base64.Insert(100, alien), "CmpMail.Malformed").Message);
        Fails(Head + Type + "\n" + Base64 + "\n" + alien, "CmpMail.Malformed");
    }

    [Fact]
    public void Rule56_What_follows_padding_or_a_whole_message_is_an_error()
    {
        string padded = Convert.ToBase64String(MailMessageTests.Sequence(301));
        Assert.EndsWith("==", padded, StringComparison.Ordinal);
        Fails(Head + Type + "\n" + padded + "AAAA", "CmpMail.Malformed");
        Fails(Head + Type + "\n" + Base64 + "AAAA", "CmpMessage.Malformed");
        Fails(Head + Type + "\n" + Base64 + "A", "CmpMail.Malformed");
        Fails(Head + Type + "\n" + Base64 + "\n\nFrom another@x\n", "CmpMail.Malformed");
        Fails(Head + Part + Head + Part, "CmpMail.Malformed");
    }

    [Fact]
    public void Missing_padding_is_a_mail_that_is_not_whole()
    {
        string padded = Convert.ToBase64String(MailMessageTests.Sequence(301));
        Assert.IsType<MailContent.Unfinished>(Read(Head + Type + "\n" + padded.TrimEnd('=')));
        Assert.IsType<MailContent.Unfinished>(Read(Head + Type + "\n" + padded.Substring(0, padded.Length - 1)));
    }

    [Fact]
    public void Padding_that_comes_too_early_is_an_error() =>
        Fails(Head + Type + "\n" + Convert.ToBase64String(Octets.Take(100).ToArray()), "CmpMessage.Malformed");

    [Theory]
    [InlineData("quoted-printable")]
    [InlineData("8bit")]
    [InlineData("7bit")]
    [InlineData("binary")]
    [InlineData("x-uuencode")]
    [InlineData("\u001B[2J")]
    public void Another_encoding_is_a_typed_error(string encoding)
    {
        CmpException error = Fails(Head + Part.Replace("base64", encoding), "CmpMail.Encoding");
        Assert.NotNull(error.RecommendedAction);
        Assert.DoesNotContain("\u001B", error.Message);
        Fails(Head + Part.Replace("base64", encoding), "CmpMail.Encoding", lenient: true);
    }

    [Fact]
    public void No_encoding_is_one_too() => Fails(Head + "Content-Type: application/pkixcmp\n\n" + Base64, "CmpMail.Encoding");

    [Theory]
    [InlineData("Content-Type: application/pkixcmp\n")]
    [InlineData("Content-Transfer-Encoding: base64\n")]
    public void Two_fields_of_a_kind_let_nobody_choose(string field) => Fails(Head + field + Part, "CmpMail.Malformed");

    [Fact]
    public void Rule56_What_is_carried_is_one_message_within_its_bound()
    {
        Fails(Head + Type + "\n" + Convert.ToBase64String([0x04, 1, 2]), "CmpMessage.Malformed");
        Fails(Head + Type + "\n" + Convert.ToBase64String([0x30, 0x80, 0, 0]), "CmpMessage.Malformed");
        Fails(Head + Part, "CmpMessage.TooLarge", maxBytes: 299);
        Assert.IsType<MailContent.Message>(Read(Head + Part, maxBytes: 300));
        Fails(Head + Part + new string('\n', (2 * MailHead.MaxBytes) + 600), "CmpMessage.TooLarge", maxBytes: 300);
        Fails(new string('x', MailHead.MaxBytes + 1), "CmpMail.Malformed");
    }

    [Fact]
    public void Each_beginning_of_a_mail_is_one_that_is_still_being_written()
    {
        foreach (string mail in new[] { Head + Part.TrimEnd(), Encoding.ASCII.GetString(MailMessageTests.Sample(301).Write()).TrimEnd() })
        {
            for (int i = 0; i < mail.Length; i++)
                Assert.IsType<MailContent.Unfinished>(Read(mail.Substring(0, i)));
            Assert.IsType<MailContent.Message>(Read(mail));
        }
    }

    [Fact]
    public void Each_beginning_of_a_mail_with_parts_is_so_too()
    {
        string mail = Multipart("multipart/mixed", "\nHere it is.", Part).TrimEnd();
        for (int i = 0; i < mail.Length; i++)
            Assert.IsType<MailContent.Unfinished>(Read(mail.Substring(0, i), lenient: true));
        Takes(mail, lenient: true);
    }

    [Fact]
    public void A_mail_with_two_parts_is_refused_and_says_what_to_do()
    {
        CmpException error = Fails(Multipart("multipart/mixed", "\nHere it is.", Part), "CmpMail.SeveralParts");
        Assert.Contains("text/plain, application/pkixcmp", error.Message);
        Assert.Contains("-Lenient", error.RecommendedAction);
        Fails(Multipart("multipart/mixed", Part), "CmpMail.SeveralParts");
    }

    [Fact]
    public void What_mail_programs_make_of_an_attachment_is_taken_on_demand_with_a_warning()
    {
        string alternative = "Content-Type: multipart/alternative; boundary=in\n\n--in\nContent-Type: text/plain\n\nHere\n--in\nContent-Type: text/html\n\n<p>Here\n--in--\n";
        Assert.Contains("multipart/mixed", Takes(Multipart("multipart/mixed", "\nHere it is.", Part), lenient: true).Warning);
        Takes(Multipart("multipart/mixed", alternative, Part), lenient: true);
        Takes(Multipart("Multipart/Mixed", Part, "Content-Type: text/plain\n\nA list's footer"), lenient: true);
        Takes(Multipart("multipart/mixed", Part).Replace("\n", "\r\n"), lenient: true);
        Assert.Contains(".pki", Takes(Multipart("multipart/mixed", Part.Replace("pkixcmp", "octet-stream")), lenient: true).Warning);
    }

    [Theory]
    [InlineData("multipart/signed")]
    [InlineData("multipart/alternative")]
    [InlineData("multipart/report")]
    public void Other_wrappings_are_refused_even_so(string type) => Fails(Multipart(type, "\nHere it is.", Part), "CmpMail.SeveralParts", lenient: true);

    [Theory]
    [InlineData("Content-Type: image/png\n\nx")]
    [InlineData("Content-Type: application/pkcs7-signature\n\nx")]
    [InlineData("Content-Type: message/rfc822\n\nA: b\n\nx")]
    public void Other_parts_are_refused_even_so(string part) => Fails(Multipart("multipart/mixed", Part, part), "CmpMail.SeveralParts", lenient: true);

    [Fact]
    public void Two_messages_are_never_taken()
    {
        foreach (bool lenient in new[] { false, true })
        {
            Fails(Multipart("multipart/mixed", Part, Part), "CmpMail.SeveralMessages", lenient);
            Fails(Multipart("multipart/mixed", Part, Part.Replace("pkixcmp", "octet-stream")), "CmpMail.SeveralMessages", lenient);
        }
    }

    [Fact]
    public void A_part_that_is_closed_and_too_short_is_an_error()
    {
        Fails(Multipart("multipart/mixed", Type + "\n"), "CmpMessage.Malformed", lenient: true);
        string part = Type + "\n" + Base64.Substring(0, 152) + "\n";
        Fails(Multipart("multipart/mixed", part), "CmpMessage.Malformed", lenient: true);
        Assert.IsType<MailContent.Unfinished>(Read(Multipart("multipart/mixed", part).Replace("--=_b--\n", string.Empty), lenient: true));
    }

    [Fact]
    public void A_media_type_that_says_nothing_is_taken_for_the_name_on_demand_only()
    {
        string mail = Head + Part.Replace("pkixcmp", "octet-stream");
        Assert.Contains("-Lenient", Fails(mail, "CmpMail.MediaType").RecommendedAction);
        Assert.NotNull(Takes(mail, lenient: true).Warning);
        Assert.IsType<MailContent.Words>(Read(mail.Replace("x.pki", "x.bin"), lenient: true));
        Takes(mail.Replace("name=\"x.pki\"", "x=y").Replace("\n\n", "\nContent-Disposition: attachment; filename=X.PKI\n\n"), lenient: true);
    }

    [Theory]
    [InlineData("Content-Type: multipart/mixed\n\nx\n")]
    [InlineData("Content-Type: multipart/mixed; boundary=\"\"\n\nx\n")]
    public void Parts_without_a_boundary_are_malformed(string mail) => Fails(mail, "CmpMail.Malformed");

    [Fact]
    public void Rule56_Parts_are_bounded_in_number_and_depth()
    {
        Fails(Multipart("multipart/mixed", [.. Enumerable.Repeat("\nx", 101)]), "CmpMail.Malformed");
        string deep = string.Empty;
        for (int i = 9; i >= 0; i--)
            deep = $"Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n{deep}\n--b{i}--\n";
        Fails(deep, "CmpMail.Malformed");
    }

    [Fact]
    public void A_boundary_that_begins_as_another_one_is_not_taken_for_it() =>
        Takes(Multipart("multipart/mixed", "\nHere\n--=_bb\nit is.", Part), lenient: true);

    [Theory]
    [InlineData("Subject: Your request\n\nWe know\nyou not.\n\nThe \u001B[31mCA\n", "Your request / We know / you not. / The \\u{001B}[31mCA")]
    [InlineData("Subject: =?utf-8?Q?R=C3=A9f?=\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nNo=20=E9\n", "Réf / No é")]
    [InlineData("Content-Transfer-Encoding: base64\n\nTm8K\n", "No")]
    [InlineData("Subject: x\nContent-Type: application/pdf\n\nbinary\n", "x")]
    public void Words_are_shown_by_their_first_lines_escaped(string mail, string text)
    {
        var words = Assert.IsType<MailContent.Words>(Read(mail));
        Assert.Equal(text, words.Text);
        Assert.False(words.IsAutomatic);
    }

    [Fact]
    public void Words_that_a_program_wrote_are_known_by_that()
    {
        Assert.True(Assert.IsType<MailContent.Words>(Read("Auto-Submitted: auto-replied\nSubject: Out of office\n\nBack on Monday\n")).IsAutomatic);
        Assert.False(Assert.IsType<MailContent.Words>(Read("Auto-Submitted: no\n\nBack\n")).IsAutomatic);
        Assert.True(Assert.IsType<MailContent.Words>(Read("Auto-Submitted: auto-replied\n" + Multipart("multipart/alternative", "\nBack on Monday", "Content-Type: text/html\n\n<p>"))).IsAutomatic);
        // a message that a program sent is a message
        Assert.IsType<MailContent.Message>(Read("Auto-Submitted: auto-replied\n" + Head + Part));
    }

    [Fact]
    public void A_long_text_is_cut()
    {
        var words = Assert.IsType<MailContent.Words>(Read("Subject: " + new string('x', 2000) + "\n\n" + new string('y', 100_000)));
        Assert.InRange(words.Text.Length, 400, 520);
    }

    private static string Status(string action, string type = "multipart/report; report-type=delivery-status") => Multipart(
        type,
        "\nYour mail to ca@example.com\ndid not arrive.",
        $"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\nFinal-Recipient: rfc822; ca@example.com\n{action}\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 no\u001B such user",
        "Content-Type: message/rfc822\n\n" + Head + Part);

    [Fact]
    public void A_report_that_a_mail_did_not_arrive_is_told_escaped() => Assert.Equal(
        "smtp; 550 no\\u{001B} such user / Your mail to ca@example.com / did not arrive.",
        Assert.IsType<MailContent.Bounce>(Read(Status("Action: failed"))).Text);

    /// <summary>As OpenSMTPD 6.8 writes it.</summary>
    [Fact]
    public void A_report_in_multipart_mixed_is_one_too() => Assert.Equal(
        "smtp; 550 no\\u{001B} such user / Your mail to ca@example.com / did not arrive.",
        Assert.IsType<MailContent.Bounce>(Read(Status("Action: failed", "multipart/mixed"))).Text);

    [Theory]
    [InlineData("Action: delayed")]
    [InlineData("Action: delivered")]
    [InlineData("X-Action: failed")]
    public void A_report_that_it_is_late_or_there_only_tells(string action) => Assert.True(Assert.IsType<MailContent.Words>(Read(Status(action))).IsAutomatic);

    [Fact]
    public void A_report_that_it_was_read_only_tells() =>
        Assert.True(Assert.IsType<MailContent.Words>(Read(Multipart("multipart/report; report-type=disposition-notification", "\nI read it.", "Content-Type: message/disposition-notification\n\nDisposition: manual-action/MDN-sent-manually; displayed"))).IsAutomatic);

    /// <summary>Octets of a mail that were changed, dropped, doubled or put elsewhere: each mail is read, or refused by the one exception.</summary>
    [Fact]
    public void Rule64_Any_octets_are_read_or_refused_by_one_exception()
    {
        byte[][] mails =
        [
            .. new[]
            {
                Head + Part,
                Multipart("multipart/mixed", "\nHere it is.", Part),
                Multipart("multipart/mixed", "Content-Type: multipart/alternative; boundary=in\n\n--in\n\nx\n--in--\n", Part),
                Status("Action: failed"),
                "Subject: =?utf-8?Q?R=C3=A9f?= =?utf-8?B?YQ==?=\nContent-Type: text/plain (x); charset=\"utf-8\"\nContent-Transfer-Encoding: quoted-printable\n\nNo=20=C3=A9=\n\n",
            }.Select(Encoding.UTF8.GetBytes),
            MailMessageTests.Sample().Write(),
        ];
        var random = new Random(5);
        var outcomes = new HashSet<string>();
        for (int i = 0; i < 20_000; i++)
        {
            var mail = new List<byte>(mails[random.Next(mails.Length)]);
            for (int change = random.Next(1, 6); change > 0; change--)
            {
                int at = random.Next(mail.Count), length = Math.Min(random.Next(1, 40), mail.Count - at);
                switch (random.Next(4))
                {
                    case 0:
                        mail[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        mail.RemoveRange(at, Math.Min(length, mail.Count - 1));
                        break;
                    case 2:
                        mail.InsertRange(at, mail.GetRange(at, length));
                        break;
                    default:
                        mail.Insert(at, (byte)"\n\r:;=\"(\\- ?\0"[random.Next(12)]);
                        break;
                }
            }
            try
            {
                outcomes.Add(MailReader.Read(mail.ToArray(), 1 << 16, lenient: i % 2 == 0).GetType().Name);
                MailToken.AnsweredBy(MailHead.Parse(mail.ToArray()));
            }
            catch (CmpException e)
            {
                Assert.DoesNotContain(e.Message, c => char.IsControl(c));
                outcomes.Add(e.ErrorId);
            }
        }
        Assert.Superset(new HashSet<string> { "Message", "Unfinished", "Bounce", "Words", "CmpMail.Malformed", "CmpMail.SeveralParts", "CmpMail.Encoding", "CmpMessage.Malformed" }, outcomes);
    }
}
