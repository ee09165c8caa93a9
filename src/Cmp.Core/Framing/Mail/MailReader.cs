using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Cmp.Framing;

/// <summary>
/// Reads a mail that is to carry one PKIMessage (RFC 2510 5.3, RFC 9483 6.4.2): of the media type <c>application/pkixcmp</c>, or <c>application/x-pkixcmp</c> as in
/// drafts before RFC 2510, in base64 and in no other encoding, for all others change or lose octets on some way.
/// </summary>
/// <remarks>
/// A mail with parts is not that. What mail programs make of an attachment, a multipart/mixed with one message and text, is taken where that is allowed; a mail
/// with two messages never is.
/// </remarks>
public static class MailReader
{
    private const string LegacyType = "application/x-pkixcmp";
    private const string UnknownType = "application/octet-stream";
    private const string MixedType = "multipart/mixed";
    private const string ReportType = "multipart/report";
    private const string Base64 = "base64";

    private const int MaxShownLines = 5;
    private const int MaxShown = 500;
    private const int MaxRecipients = 20;

    /// <summary>The most octets that a mail may have which carries a message of so many: base64 in lines, the header, and words beside it.</summary>
    /// <param name="maxBytes">Octets of a message.</param>
    /// <returns>Octets of a mail.</returns>
    public static int MaxMailBytes(int maxBytes) => (int)Math.Min(int.MaxValue / 2, (2L * maxBytes) + (2 * MailHead.MaxBytes));

    /// <summary>Reads a mail.</summary>
    /// <param name="octets">The mail, or its beginning.</param>
    /// <param name="maxBytes">The most octets that its message may have.</param>
    /// <param name="lenient">Whether a message is taken that a mail program attached: beside text, or under a media type that says nothing but with a name in .pki.</param>
    /// <returns>What it brings.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpMail.Malformed</c>: it breaks the syntax of mail; <c>CmpMail.Encoding</c>: the message is not in base64; <c>CmpMail.SeveralMessages</c>;
    /// <c>CmpMail.SeveralParts</c>: there are parts beside the message; <c>CmpMail.MediaType</c>: a message of a media type that is not allowed here;
    /// <c>CmpMessage.Malformed</c>, <c>CmpMessage.TooLarge</c>: what it carries is no message, more than one, or too large.
    /// </exception>
    public static MailContent Read(ReadOnlyMemory<byte> octets, int maxBytes, bool lenient)
    {
        if (octets.Length > MaxMailBytes(maxBytes))
            throw MessageOctets.TooLarge(octets.Length, MaxMailBytes(maxBytes), default);
        if (MailPart.Read(octets, isClosed: false) is not { } mail)
            return new MailContent.Unfinished();
        if (!mail.HasParts)
            return IsMessage(mail) ? Message(mail, maxBytes, null) : IsNamedMessage(mail) ? Named(mail, maxBytes, lenient) : Words(mail, mail, mail.Head.IsAutomatic);
        IReadOnlyList<MailPart> parts = mail.Leaves(out bool isClosed);
        MailPart[] messages = [.. parts.Where(part => IsMessage(part) || IsNamedMessage(part))];
        if (messages.Length > 1)
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpMail.SeveralMessages", $"The mail has {messages.Length} CMP messages; there is to be one.")
            {
                RecommendedAction = "Have each sent in a mail of its own.",
            };
        }
        if (!isClosed)
            return new MailContent.Unfinished();
        if (messages.Length == 0)
            return Report(mail, parts) ?? Words(mail, parts.FirstOrDefault(IsText), mail.Head.IsAutomatic || mail.MediaType == ReportType);
        if (!lenient || mail.MediaType != MixedType || parts.Any(part => part != messages[0] && !IsText(part)))
            throw SeveralParts(mail, parts);
        string warning = $"The mail is {MixedType}, as mail programs make it of an attachment; its one message was taken.";
        return IsMessage(messages[0]) ? Message(messages[0], maxBytes, warning) : Named(messages[0], maxBytes, lenient);
    }

    private static bool IsMessage(MailPart part) => part.MediaType is CmpMediaType.Pkixcmp or LegacyType;

    /// <summary>RFC 9483 6.4.2 has the name end so because some mailers know no other way to tell what it is (RFC 8551 3.2.1).</summary>
    private static bool IsNamedMessage(MailPart part) => part.MediaType == UnknownType && part.FileName.EndsWith(".pki", StringComparison.OrdinalIgnoreCase);

    private static bool IsText(MailPart part) => part.MediaType.StartsWith("text/", StringComparison.Ordinal);

    private static MailContent Named(MailPart part, int maxBytes, bool lenient) => lenient
        ? Message(part, maxBytes, $"The media type of the message is {UnknownType}; it was taken for its name in .pki.")
        : throw new CmpException(CmpErrorKind.Protocol, "CmpMail.MediaType", $"The message has the media type {UnknownType}, where {CmpMediaType.Pkixcmp} is due.")
        {
            RecommendedAction = "Where a mailer on the way changes media types, register the server with -Lenient.",
        };

    private static MailContent Message(MailPart part, int maxBytes, string? warning)
    {
        string? encoding = part.Head.Mime("Content-Transfer-Encoding")?.Value;
        if (encoding != Base64)
        {
            throw new CmpException(CmpErrorKind.Protocol, "CmpMail.Encoding", encoding is null ? "The message has no Content-Transfer-Encoding, where base64 is due." : $"The message has the Content-Transfer-Encoding '{PeerText.Escape(encoding, 100)}', where base64 is due.")
            {
                RecommendedAction = "Have it sent again in base64 (RFC 9483 6.4.2): in other encodings octets change on some ways.",
            };
        }
        MailBase64.Decoded decoded = MailBase64.Decode(part.Body.Span);
        ReadOnlySpan<byte> octets = decoded.Octets.Span;
        int length = MessageOctets.ReadLength(octets, maxBytes);
        bool isShort = length == 0 || octets.Length < length;
        if (isShort && !decoded.IsPadded && !part.IsClosed)
            return new MailContent.Unfinished();
        MessageOctets.Verify(octets, maxBytes);
        if (decoded.Left > 0)
            throw new CmpException(CmpErrorKind.Malformed, "CmpMail.Malformed", "The base64 of the mail goes on behind the message.");
        return new MailContent.Message(decoded.Octets, part.MediaType == LegacyType ? $"The mail has the media type {LegacyType} of drafts before RFC 2510." : warning);
    }

    private static CmpException SeveralParts(MailPart mail, IReadOnlyList<MailPart> parts) =>
        new(CmpErrorKind.Protocol, "CmpMail.SeveralParts", $"The mail is {PeerText.Escape(mail.MediaType, 100)} with {parts.Count} parts ({PeerText.Escape(string.Join(", ", parts.Take(10).Select(part => part.MediaType)), 300)}); it is to be the message and nothing else.")
        {
            RecommendedAction = "Save the attachment and give it to Wait-CmpTransaction -ResponsePath, have it sent again by itself, or, for one message beside text in multipart/mixed, register the server with -Lenient.",
        };

    /// <summary>
    /// A report on the way of a mail (RFC 6522; OpenSMTPD sends the same as multipart/mixed). Only that it failed ends the wait for an answer: who hears that it
    /// is late, or was read, waits on.
    /// </summary>
    /// <returns>It; <see langword="null"/> where there is none.</returns>
    private static MailContent? Report(MailPart mail, IReadOnlyList<MailPart> parts)
    {
        MailPart? text = parts.FirstOrDefault(IsText);
        if (parts.FirstOrDefault(part => part.MediaType == "message/delivery-status") is not { } status)
            return null;
        MailHead[] recipients = [.. Blocks(status.Body).Take(MaxRecipients)];
        if (!recipients.Any(recipient => recipient.First("Action")?.StartsWith("failed", StringComparison.OrdinalIgnoreCase) == true))
            return Words(mail, text, isAutomatic: true);
        string? reason = recipients.Select(recipient => recipient.First("Diagnostic-Code") ?? recipient.First("Status")).FirstOrDefault(value => value is not null);
        return new MailContent.Bounce(Shown([mail.Head.Subject, reason ?? string.Empty, .. Lines(text)]));
    }

    /// <summary>The groups of fields in a delivery status: of the mail, then of each recipient (RFC 3464 2.1).</summary>
    private static IEnumerable<MailHead> Blocks(ReadOnlyMemory<byte> body)
    {
        while (!body.IsEmpty)
        {
            int end = MailHead.FindEnd(body.Span);
            // the last one need not have an empty line, and its last field counts: the part is whole
            byte[] block = end < 0 ? [.. body.ToArray(), (byte)'\n', (byte)'\n'] : body.Slice(0, end).ToArray();
            yield return MailHead.Parse(block);
            body = body.Slice(end < 0 ? body.Length : end);
        }
    }

    private static MailContent.Words Words(MailPart mail, MailPart? text, bool isAutomatic) => new(Shown([mail.Head.Subject, .. Lines(text)]), isAutomatic);

    private static IEnumerable<string> Lines(MailPart? part) =>
        part is null || !IsText(part) ? [] : part.Text().Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0).Take(MaxShownLines);

    private static string Shown(IEnumerable<string> lines) => PeerText.Escape(string.Join(" / ", lines.Select(line => line.Trim()).Where(line => line.Length > 0)), MaxShown);
}
