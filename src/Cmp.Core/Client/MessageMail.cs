using System;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.State;
using Cmp.Transports;

namespace Cmp.Client;

/// <summary>A message as a mail that a person sends, or got: what is written and read where messages are carried by hand.</summary>
public static class MessageMail
{
    /// <summary>Writes a message as a mail that a mail program opens to be sent.</summary>
    /// <param name="message">The DER of the message.</param>
    /// <param name="server">Where it goes: with a mailto address the recipient is named, and who sends it where the address says that.</param>
    /// <param name="now">The time.</param>
    /// <returns>The octets of an .eml file.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>; <c>CmpTransport.InvalidUri</c>: a mailto address that cannot be written to.</exception>
    public static byte[] Write(ReadOnlyMemory<byte> message, Uri? server, DateTimeOffset now)
    {
        var prepared = PkiMessage.Decode(message);
        MailTarget? target = server is { IsAbsoluteUri: true, Scheme: "mailto" } ? new MailTarget(server) : null;
        MailAddress sender = target?.Sender ?? MailTarget.Here();
        string name = MailToken.Of(MessageFileName.StemOf(PreparedMessage.Request(prepared, isAnswerDue: true)));
        return new MailMessage
        {
            From = sender,
            To = target?.Recipient,
            Subject = $"{target?.Subject ?? MailTarget.DefaultSubject} [{name}]",
            Date = now,
            MessageId = MailMessage.MessageIdOf(name, sender),
            IsDraft = true,
            FileName = name + ".pki",
            Octets = message,
        }.Write();
    }

    /// <summary>Reads the message of a mail that somebody got. What his mail program made of it is taken, with a warning: he has chosen it.</summary>
    /// <param name="mail">The octets of an .eml file.</param>
    /// <param name="warn">Hears of what was tolerated, one sentence, escaped.</param>
    /// <returns>The DER of the message; it is not looked into.</returns>
    /// <exception cref="CmpException"><c>CmpMail.NoMessage</c>, <c>CmpMail.Incomplete</c>, and as <see cref="MailReader.Read"/>.</exception>
    public static ReadOnlyMemory<byte> Read(ReadOnlyMemory<byte> mail, Action<string> warn)
    {
        switch (MailReader.Read(mail, BoundedFile.DefaultLimit, lenient: true))
        {
            case MailContent.Message message:
                if (message.Warning is { } warning)
                    warn(warning);
                return message.Octets;
            case MailContent.Unfinished:
                throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Incomplete", "The mail ends in the middle.");
            case MailContent.Bounce bounce:
                throw new CmpException(CmpErrorKind.Transport, "CmpMail.Bounced", $"A mail did not arrive: {bounce.Text}");
            case MailContent.Words words:
                throw new CmpException(CmpErrorKind.Protocol, "CmpMail.NoMessage", $"The mail has no CMP message: {words.Text}");
            default:
                throw new InvalidOperationException("There are no other kinds.");
        }
    }
}
