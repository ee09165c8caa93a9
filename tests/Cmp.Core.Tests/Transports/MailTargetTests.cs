using System;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class MailTargetTests
{
    [Theory]
    [InlineData("mailto:ca@example.com", "ca@example.com", "CMP request")]
    [InlineData("MAILTO:ca%2Bcmp@example.com", "ca+cmp@example.com", "CMP request")]
    [InlineData("mailto:ca%25b@example.com?Subject=Zertifikat%20f%C3%BCr%20uns", "ca%b@example.com", "Zertifikat für uns")]
    [InlineData("mailto:ca@example.com?subject=a+b%26c&from=ra@example.org", "ca@example.com", "a+b&c")]
    public void One_recipient_a_subject_and_a_sender_are_said(string uri, string recipient, string subject)
    {
        var target = new MailTarget(new Uri(uri));
        Assert.Equal(recipient, target.Recipient.ToString());
        Assert.Equal(subject, target.Subject);
        Assert.Equal(uri.Contains("from=", StringComparison.Ordinal) ? "ra@example.org" : MailTarget.Here().ToString(), target.Sender.ToString());
    }

    [Theory]
    [InlineData("mailto:")]
    [InlineData("mailto:?subject=x")]
    [InlineData("mailto:ca")]
    [InlineData("mailto:ca,cb@example.com")]
    [InlineData("mailto:ca%2Ccb@example.com")]
    [InlineData("mailto:ca@example.com#x")]
    [InlineData("mailto:ca%@example.com")]
    [InlineData("mailto:ca%zz@example.com")]
    [InlineData("mailto:ca%0D%0ABcc:x@example.com")]
    [InlineData("mailto:%22c%20a%22@example.com")]
    [InlineData("mailto:c%C3%A4@example.com")]
    [InlineData("mailto:ca@example.com?to=cb@example.com")]
    [InlineData("mailto:ca@example.com?bcc=cb@example.com")]
    [InlineData("mailto:ca@example.com?body=x")]
    [InlineData("mailto:ca@example.com?in-reply-to=x")]
    [InlineData("mailto:ca@example.com?subject=a&subject=b")]
    [InlineData("mailto:ca@example.com?from=a@b&from=a@b")]
    [InlineData("mailto:ca@example.com?from=a@b%0AX:y")]
    [InlineData("mailto:ca@example.com?from=")]
    [InlineData("mailto:ca@example.com?subject=")]
    [InlineData("mailto:ca@example.com?subject=a%0D%0ABcc:%20x@y")]
    [InlineData("mailto:ca@example.com?subject=a%00")]
    [InlineData("mailto:ca@example.com?subject=a%C2%85")]
    [InlineData("mailto:ca@example.com?")]
    [InlineData("http://ca@example.com")]
    public void Rule58_Anything_else_is_refused_and_no_line_end_comes_in(string uri)
    {
        CmpException error = Assert.Throws<CmpException>(() => new MailTarget(new Uri(uri)));
        Assert.Equal("CmpTransport.InvalidUri", error.ErrorId);
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        Assert.DoesNotContain(error.Message, c => char.IsControl(c));
    }

    [Fact]
    public void A_subject_has_a_bound() => Assert.Throws<CmpException>(() => new MailTarget(new Uri("mailto:ca@example.com?subject=" + new string('x', 201))));

    [Fact]
    public void The_user_at_this_machine_is_an_address() => Assert.True(MailAddress.TryParse(MailTarget.Here().ToString(), out _));
}
