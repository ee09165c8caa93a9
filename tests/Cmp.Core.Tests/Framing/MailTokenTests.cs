using System;
using System.Linq;
using System.Text;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class MailTokenTests
{
    private static readonly string[] Names = ["01-001-0123456789ABCDEF", "01-002-0123456789ABCDEF", "0123ABCD-1000-FEDCBA9876543210"];

    [Fact]
    public void They_are_found_in_texts()
    {
        Assert.Equal(Names, MailToken.In($"<{MailToken.Of(Names[0])}@x> cmp.cmp. CMP.01-002-0123456789abcdef; {MailToken.Of(Names[2])}"));
        Assert.Empty(MailToken.In("Re: CMP request"));
        Assert.Empty(MailToken.In(null));
        Assert.Equal(100, MailToken.In(string.Concat(Enumerable.Repeat(MailToken.Of(Names[0]) + " ", 200))).Count);
        Assert.Single(MailToken.In(MailToken.Of(new string('0', 128) + "-001-0123456789ABCDEF")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cmp")]
    [InlineData("cmp.")]
    [InlineData("cmp.01-001-0123")]
    [InlineData("cmp.01-001-0123456789abcdef0")]
    [InlineData("cmp.01-001-0123456789abcdeg")]
    [InlineData("cmp.01-01-0123456789abcdef")]
    [InlineData("cmp.01-0A1-0123456789abcdef")]
    [InlineData("cmp.01-00000000001-0123456789abcdef")]
    [InlineData("cmp.1-001-0123456789abcdef")]
    [InlineData("cmp.-001-0123456789abcdef")]
    [InlineData("cmp.../01-001-0123456789abcdef")]
    [InlineData("cmp.01-001")]
    [InlineData("cmp.01-001-")]
    [InlineData("re.01-001-0123456789abcdef")]
    public void Rule71_Nothing_else_is_one(string text) => Assert.Empty(MailToken.In(text));

    [Fact]
    public void One_that_is_too_long_is_none() => Assert.Empty(MailToken.In("cmp." + new string('0', 130) + "-001-0123456789ABCDEF"));

    [Theory]
    [InlineData("In-Reply-To: <{1}@x>\nReferences: <{2}@x>\nSubject: [{2}]", "1")]
    [InlineData("In-Reply-To: <other@x>\nReferences: <{0}@x>\n <{1}@x>\nSubject: [{2}]", "0 1")]
    [InlineData("In-Reply-To: <other@x>\nSubject: AW: CMP request [{2}]", "2")]
    [InlineData("Subject: =?utf-8?B?{b2}?=", "2")]
    [InlineData("Message-ID: <{2}@x>\nSubject: CMP request [{2}]", "")]
    [InlineData("Message-ID: <{1}@x>\nIn-Reply-To: <{0}@x>\nSubject: CMP request [{1}]", "0")]
    [InlineData("Message-ID: <{2}@x>\nReferences: <{2}@x>\nSubject: CMP request [{1}]", "1")]
    [InlineData("Subject: CMP request", "")]
    [InlineData("X-Token: {1}", "")]
    public void A_mail_answers_what_its_fields_say_in_this_order_and_never_itself(string fields, string answered)
    {
        for (int i = 0; i < 3; i++)
            fields = fields.Replace($"{{{i}}}", MailToken.Of(Names[i])).Replace($"{{b{i}}}", Convert.ToBase64String(Encoding.ASCII.GetBytes("Re: [" + MailToken.Of(Names[i]) + "]")));
        MailHead head = MailHead.Parse(Encoding.ASCII.GetBytes(fields + "\n\n"));
        Assert.Equal(answered, string.Join(" ", MailToken.AnsweredBy(head).Select(name => Array.IndexOf(Names, name))));
    }
}
