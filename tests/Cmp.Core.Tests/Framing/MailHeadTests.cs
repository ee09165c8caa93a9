using System;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailHeadTests
{
    private static MailHead Parse(string text) => MailHead.Parse(Encoding.UTF8.GetBytes(text));

    [Theory]
    [InlineData("A: b\r\n\r\nbody", 8)]
    [InlineData("A: b\n\nbody", 6)]
    [InlineData("A: b\r\n\nbody", 7)]
    [InlineData("\r\nbody", 2)]
    [InlineData("A: b\r\n", -1)]
    [InlineData("A: b\r\n\r", -1)]
    [InlineData("A: b\r\r", -1)]
    [InlineData("", -1)]
    public void The_end_is_an_empty_line(string text, int end) => Assert.Equal(end, MailHead.FindEnd(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n")]
    public void Folded_fields_are_one_line_with_either_line_end(string end)
    {
        MailHead head = Parse(string.Join(end, "Subject: a", "\tb", "  c", "X-Other : d", "", "Subject: body"));
        Assert.Equal("a\tb  c", head.First("SUBJECT"));
        Assert.Equal("d", head.First("x-other"));
        Assert.Single(head.All("Subject"));
        Assert.Null(head.First("Body"));
    }

    [Fact]
    public void What_is_no_field_is_passed_over_with_what_continues_it()
    {
        MailHead head = Parse("From ca@example.com Thu Nov 26 00:00:00 2026\nno field\n goes on\nB\u00FCcher: x\nA: 1\n: 2\nF\u0001: 3\n\n");
        Assert.Equal("1", head.First("A"));
        Assert.Null(head.First("From"));
        Assert.Null(head.First("B\u00FCcher"));
        Assert.False(head.IsEmpty);
        Assert.True(Parse("<html>\n<head>\n\n").IsEmpty);
    }

    [Fact]
    public void A_line_of_an_mbox_file_counts_nowhere_else()
    {
        Assert.Equal("x", Parse("A: 1\nFrom : x\n\n").First("From"));
        Assert.Null(Parse("From : x\n\n").First("From"));
    }

    [Fact]
    public void What_editors_put_in_front_does_not_count() => Assert.Equal("1", Parse("\uFEFFA: 1\n\n").First("A"));

    [Fact]
    public void The_last_field_of_a_header_that_is_cut_off_does_not_count()
    {
        Assert.Equal("1", Parse("A: 1\r\nB: 2").First("A"));
        Assert.Null(Parse("A: 1\r\nB: 2").First("B"));
        Assert.Null(Parse("A: 1\r\nB: 2\r\n").First("B"));
        Assert.Equal("2", Parse("A: 1\r\nB: 2\r\n\r\n").First("B"));
    }

    [Fact]
    public void Rule56_A_header_is_bounded_in_size_fields_and_their_length()
    {
        Refused(string.Concat(Enumerable.Repeat("A: b\n", MailHead.MaxFields + 1)) + "\n");
        Assert.NotNull(Parse(string.Concat(Enumerable.Repeat("A: b\n", MailHead.MaxFields)) + "\n"));
        Refused("A: " + new string('x', MailHead.MaxFieldBytes) + "\n\n");
        Refused("A: x\n" + string.Concat(Enumerable.Repeat(" " + new string('x', 999) + "\n", 66)) + "\n");
        Refused(string.Concat(Enumerable.Repeat("A: " + new string('x', 60_000) + "\n", 5)) + "\n");

        static void Refused(string text) => Assert.Equal("CmpMail.Malformed", Assert.Throws<CmpException>(() => Parse(text)).ErrorId);
    }

    [Fact]
    public void A_field_of_MIME_stands_there_once_and_well_formed()
    {
        MailHead head = Parse("Content-Type: text/plain\nContent-Type: application/pkixcmp\nContent-Disposition: a; \u001B[2J\n\n");
        Assert.Equal("CmpMail.Malformed", Assert.Throws<CmpException>(() => head.Mime("Content-Type")).ErrorId);
        CmpException broken = Assert.Throws<CmpException>(() => head.Mime("Content-Disposition"));
        Assert.DoesNotContain("\u001B", broken.Message);
        Assert.Null(head.Mime("Content-Transfer-Encoding"));
    }

    [Theory]
    [InlineData("auto-replied", true)]
    [InlineData("Auto-Generated; owner-email=\"x\"", true)]
    [InlineData("no", false)]
    [InlineData("No (really)", false)]
    public void Who_writes_by_itself_says_so(string value, bool isAutomatic) => Assert.Equal(isAutomatic, Parse($"Auto-Submitted: {value}\n\n").IsAutomatic);

    [Fact]
    public void Nobody_writes_by_itself_who_does_not_say_so() => Assert.False(Parse("A: b\n\n").IsAutomatic);

    [Theory]
    [InlineData("Content-Type: multipart/report; report-type=delivery-status; boundary=b", true)]
    [InlineData("From: Mailer Daemon <MAILER-DAEMON@vm>\nContent-Type: multipart/mixed; boundary=b", true)]
    [InlineData("From: postmaster@example.com", true)]
    [InlineData("From: ca@example.com\nContent-Type: multipart/mixed; boundary=b", false)]
    [InlineData("Content-Type: multipart/report; boundary=\"", false)]
    [InlineData("X: y", false)]
    public void A_mail_system_is_known_by_its_report_or_its_name(string fields, bool isIt) => Assert.Equal(isIt, Parse(fields + "\n\n").IsOfMailSystem);
}
