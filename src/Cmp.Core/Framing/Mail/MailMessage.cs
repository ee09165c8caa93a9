using System;
using System.Globalization;
using System.Text;

namespace Cmp.Framing;

/// <summary>
/// A mail that carries one PKIMessage (RFC 2510 5.3, RFC 9483 6.4.2, RFC 8551 3.1), as it is written: <c>application/pkixcmp</c> in base64, with a file name.
/// Any mailer takes it: it is RFC 5322 in ASCII with CRLF and lines of at most 78 characters where its values allow that.
/// </summary>
/// <remarks>No value can end its field: what holds control characters is refused, a Subject that is not ASCII is encoded, and everything else is ASCII.</remarks>
public sealed record MailMessage
{
    private const int LineLength = 76;
    private const int MaxSubject = 500;
    private const int MaxId = 250;
    private const int MaxFileName = 200;

    /// <summary>Who sends it, and gets the answer.</summary>
    public required MailAddress From { get; init; }

    /// <summary>Whom it goes to; <see langword="null"/> where who sends it says so.</summary>
    public MailAddress? To { get; init; }

    /// <summary>What it is about, in any characters but control characters.</summary>
    public required string Subject { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset Date { get; init; }

    /// <summary>The Message-ID, in angle brackets.</summary>
    public required string MessageId { get; init; }

    /// <summary>The Message-ID of the mail that it answers, in angle brackets; or <see langword="null"/>.</summary>
    public string? InReplyTo { get; init; }

    /// <summary>Whether a program answers by it, by itself (RFC 3834 5): nobody's out-of-office program answers it then.</summary>
    public bool IsAutomaticAnswer { get; init; }

    /// <summary>Whether it is one that its reader is to send: mail programs of Microsoft open it to be sent then.</summary>
    public bool IsDraft { get; init; }

    /// <summary>The name of the file, in letters, digits, dots and hyphens of ASCII, and ending in <c>.pki</c>.</summary>
    public required string FileName { get; init; }

    /// <summary>The DER of the PKIMessage.</summary>
    public required ReadOnlyMemory<byte> Octets { get; init; }

    /// <summary>The Message-ID of a mail by its name, which no other has (RFC 5322 3.6.4).</summary>
    /// <param name="name">What the mail is called.</param>
    /// <param name="sender">Who sends it; an address of a machine stands without its brackets.</param>
    /// <returns>It, in angle brackets.</returns>
    public static string MessageIdOf(string name, MailAddress sender) => $"<{name}@{sender.Domain.Trim('[', ']')}>";

    /// <summary>Whether a text is a Message-ID that can stand in a field: in angle brackets, of printable ASCII, without blanks.</summary>
    /// <param name="text">The text; it may be a peer's.</param>
    /// <returns>Whether it is.</returns>
    public static bool IsMessageId(string? text)
    {
        if (text is not { Length: > 2 and <= MaxId } || text[0] != '<' || text.IndexOf('>') != text.Length - 1 || text.LastIndexOf('<') != 0)
            return false;
        foreach (char c in text)
        {
            if (c is <= ' ' or > '~')
                return false;
        }
        return true;
    }

    /// <summary>Writes it.</summary>
    /// <returns>The octets of the file.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Mail</c>: a value cannot stand in its field.</exception>
    public byte[] Write()
    {
        var mail = new StringBuilder(1024 + (Octets.Length * 3 / 2));
        Put(mail, "From", From.ToString());
        if (To is not null)
            Put(mail, "To", To.ToString());
        Put(mail, "Subject", SubjectField());
        Put(mail, "Date", Date.ToUniversalTime().ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000");
        Put(mail, "Message-ID", Id(MessageId));
        if (InReplyTo is not null)
        {
            Put(mail, "In-Reply-To", Id(InReplyTo));
            Put(mail, "References", Id(InReplyTo));
        }
        if (IsAutomaticAnswer)
            Put(mail, "Auto-Submitted", "auto-replied");
        if (IsDraft)
            Put(mail, "X-Unsent", "1");
        Put(mail, "MIME-Version", "1.0");
        string name = Name();
        Put(mail, "Content-Type", $"{CmpMediaType.Pkixcmp};\r\n name=\"{name}\"");
        Put(mail, "Content-Transfer-Encoding", "base64");
        Put(mail, "Content-Disposition", $"attachment;\r\n filename=\"{name}\"");
        mail.Append("\r\n");
        string base64 = Convert.ToBase64String(Octets.ToArray());
        for (int i = 0; i < base64.Length; i += LineLength)
            mail.Append(base64, i, Math.Min(LineLength, base64.Length - i)).Append("\r\n");
        return Encoding.ASCII.GetBytes(mail.ToString());
    }

    private static void Put(StringBuilder mail, string name, string value) => mail.Append(name).Append(": ").Append(value).Append("\r\n");

    private static string Id(string id) => IsMessageId(id) ? id : throw Refused("Message-ID", id);

    private string SubjectField()
    {
        foreach (char c in Subject)
        {
            if (char.IsControl(c))
                throw Refused("subject", Subject);
        }
        if (Subject.Length > MaxSubject)
            throw Refused("subject", Subject);
        string encoded = MailWords.Encode(Subject);
        // it folds where it has a blank, before what names the message: what folds within a word is lost to some mailers
        int token = encoded.LastIndexOf(" [", StringComparison.Ordinal);
        return token > 0 && encoded.Length > LineLength - 10 ? encoded.Insert(token, "\r\n") : encoded;
    }

    private string Name()
    {
        bool isName = FileName.Length is > 4 and <= MaxFileName && FileName[0] != '.' && FileName.EndsWith(".pki", StringComparison.Ordinal);
        foreach (char c in FileName)
            isName &= c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '.' or '-';
        return isName ? FileName : throw Refused("file name", FileName);
    }

    private static CmpException Refused(string what, string value) =>
        new(CmpErrorKind.Argument, "CmpArgument.Mail", $"'{PeerText.Escape(value, 200)}' cannot be the {what} of a mail.");
}
