using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Xunit;

namespace Cmp.Tests.Client;

public class MessageMailTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 1, 2, 3, TimeSpan.Zero);

    private static ReadOnlyMemory<byte> Message(int idLength = 16, int nonceLength = 16) => new PkiMessage(
        new PkiHeader(2, Cmp.Messages.Pkix.GeneralName.NullDn, Cmp.Messages.Pkix.GeneralName.NullDn)
        {
            TransactionId = idLength == 0 ? null : new ReadOnlyMemory<byte>([.. Enumerable.Range(1, idLength).Select(i => (byte)i)]),
            SenderNonce = nonceLength == 0 ? null : new ReadOnlyMemory<byte>([.. Enumerable.Range(1, nonceLength).Select(i => (byte)(16 * i))]),
        },
        new PkiConfirmContent()).Encoded;

    private static MailHead Head(byte[] mail) => MailHead.Parse(mail.AsSpan(0, MailHead.FindEnd(mail)));

    [Theory]
    [InlineData(null, null, null)]
    [InlineData("https://ca.example/", null, null)]
    [InlineData("mailto:ca@example.com", "ca@example.com", null)]
    [InlineData("mailto:ca@example.com?from=ra@example.org&subject=Neues", "ca@example.com", "ra@example.org")]
    public void A_mail_names_whom_the_address_names(string? uri, string? to, string? from)
    {
        byte[] mail = MessageMail.Write(Message(), uri is null ? null : new Uri(uri), Now);
        MailHead head = Head(mail);
        Assert.Equal(to, head.First("To"));
        if (from is not null)
            Assert.Equal(from, head.First("From"));
        Assert.True(MailAddress.TryParse(head.First("From"), out _));
        Assert.StartsWith(from is null ? "CMP request [cmp." : "Neues [cmp.", head.Subject, StringComparison.Ordinal);
        Assert.Equal("1", head.First("X-Unsent"));
        Assert.Equal(Message().ToArray(), MessageMail.Read(mail, _ => Assert.Fail("a warning")).ToArray());
    }

    [Theory]
    [InlineData(16, 16)]
    [InlineData(0, 0)]
    [InlineData(1, 4)]
    [InlineData(100, 40)]
    public void Any_message_has_a_name(int id, int nonce) => Assert.Single(MailToken.In(Head(MessageMail.Write(Message(id, nonce), null, Now)).MessageId));

    [Fact]
    public void What_is_no_message_is_not_written_and_an_address_must_be_one()
    {
        Assert.Equal("CmpMessage.Malformed", Assert.Throws<CmpException>(() => MessageMail.Write(new byte[] { 1, 2 }, null, Now)).ErrorId);
        Assert.Equal("CmpTransport.InvalidUri", Assert.Throws<CmpException>(() => MessageMail.Write(Message(), new Uri("mailto:ca@example.com?cc=x@y"), Now)).ErrorId);
    }

    [Fact]
    public void What_was_attached_beside_text_is_taken_with_a_warning()
    {
        var warnings = new List<string>();
        string part = $"Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(Message().ToArray())}\n";
        byte[] mail = Encoding.ASCII.GetBytes($"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nHere.\n--b\n{part}--b--\n");
        Assert.Equal(Message().ToArray(), MessageMail.Read(mail, warnings.Add).ToArray());
        Assert.Contains("multipart/mixed", Assert.Single(warnings));
    }

    [Theory]
    [InlineData("CmpMail.NoMessage", "Subject: x\n\ny\n")]
    [InlineData("CmpMail.Incomplete", "Subject: x\n")]
    [InlineData("CmpMail.Incomplete", "Content-Type: application/pkixcmp\nContent-Transfer-Encoding: base64\n\nMIIB")]
    [InlineData("CmpMail.Bounced", "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: x\n\nAction: failed\n--b--\n")]
    [InlineData("CmpMail.Encoding", "Content-Type: application/pkixcmp\n\nMIIB")]
    public void What_brings_no_message_is_an_error(string errorId, string mail) =>
        Assert.Equal(errorId, Assert.Throws<CmpException>(() => MessageMail.Read(Encoding.ASCII.GetBytes(mail), _ => { })).ErrorId);
}
