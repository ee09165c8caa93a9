using System;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class MessageFileNameTests
{
    private static readonly TransportRequest Message = new(new byte[] { 0x30, 0x00 }, CmpOperation.Initialization, First: true, Last: false)
    {
        TransactionId = "00ff",
        MessageId = "0123456789abcdef0123456789ABCDEF",
        Number = 7,
    };

    [Fact]
    public void A_name_says_transaction_order_and_message() => Assert.Equal("00FF-007-0123456789ABCDEF", MessageFileName.StemOf(Message));

    [Fact]
    public void Rule50_What_is_said_again_is_the_same_file_though_its_octets_differ() =>
        Assert.Equal(MessageFileName.StemOf(Message), MessageFileName.StemOf(Message with { Octets = new byte[] { 0x30, 0x01, 0x00 } }));

    [Fact]
    public void Another_message_is_another_file()
    {
        Assert.NotEqual(MessageFileName.StemOf(Message), MessageFileName.StemOf(Message with { MessageId = "1123456789abcdef0123456789ABCDEF" }));
        Assert.NotEqual(MessageFileName.StemOf(Message with { MessageId = null }), MessageFileName.StemOf(Message with { MessageId = null, Octets = new byte[] { 0x30, 0x01, 0x00 } }));
        Assert.NotEqual(MessageFileName.StemOf(Message), MessageFileName.StemOf(Message with { TransactionId = "00FE" }));
    }

    [Fact]
    public void A_message_without_identifiers_of_its_own_is_called_by_its_octets() =>
        Assert.Matches("^00FF-001-[0-9A-F]{16}$", MessageFileName.StemOf(Message with { MessageId = null, Number = null }));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("../../etc/passwd")]
    [InlineData("0g")]
    [InlineData("00/00")]
    [InlineData("00\n0")]
    [InlineData("٠٠")]
    public void Rule71_A_transactionID_that_is_not_hexadecimal_becomes_no_name(string? id)
    {
        CmpException error = Assert.Throws<CmpException>(() => MessageFileName.StemOf(Message with { TransactionId = id }));
        Assert.Equal("CmpTransport.TransactionId", error.ErrorId);
        Assert.Equal(CmpErrorKind.Argument, error.Kind);
    }

    [Fact]
    public void Rule71_Neither_does_one_that_is_too_long_nor_another_identifier_that_is_none()
    {
        Assert.Throws<CmpException>(() => MessageFileName.StemOf(Message with { TransactionId = new string('0', 130) }));
        Assert.Throws<CmpException>(() => MessageFileName.StemOf(Message with { MessageId = "../../0000000000" }));
        Assert.Throws<CmpException>(() => MessageFileName.StemOf(Message with { MessageId = "00" }));
        Assert.Throws<CmpException>(() => MessageFileName.StemOf(Message with { Number = 0 }));
        Assert.Equal(128 + 1 + 3 + 1 + 16, MessageFileName.StemOf(Message with { TransactionId = new string('0', 128) }).Length);
    }

    [Theory]
    [InlineData("00FF-007-0123456789ABCDEF", "00FF")]
    [InlineData("00FF-1234-0123456789ABCDEF", "00FF")]
    public void A_ticket_of_ours_is_known_again(string ticket, string transactionId)
    {
        Assert.True(MessageFileName.IsStem(ticket));
        Assert.Equal(transactionId, MessageFileName.TransactionIdIn(ticket));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00FF")]
    [InlineData("00FF-007")]
    [InlineData("00FF-007-0123456789ABCDEF-")]
    [InlineData("00FF-007-0123456789ABCDEF.request.pki")]
    [InlineData("00ff-007-0123456789ABCDEF")]
    [InlineData("00FF-7-0123456789ABCDEF")]
    [InlineData("00FF-0007-0123456789ABCDEF")]
    [InlineData("00FF-000-0123456789ABCDEF")]
    [InlineData("00FF--07-0123456789ABCDEF")]
    [InlineData("00FF-+07-0123456789ABCDEF")]
    [InlineData("00FF- 07-0123456789ABCDEF")]
    [InlineData("00FF-99999999999-0123456789ABCDEF")]
    [InlineData("../0-007-0123456789ABCDEF")]
    [InlineData("/etc-007-0123456789ABCDEF")]
    [InlineData(@"..\0-007-0123456789ABCDEF")]
    [InlineData("00FF-007-0123456789ABCDE/")]
    [InlineData("00FF-007-0123456789ABCDEF\0")]
    [InlineData("C:00-007-0123456789ABCDEF")]
    public void Rule71_Nothing_else_is_a_ticket(string ticket)
    {
        Assert.False(MessageFileName.IsStem(ticket));
        Assert.Null(MessageFileName.TransactionIdIn(ticket));
    }
}
