namespace Cmp.Transports;

/// <summary>
/// How a CMP server is reached by mail (RFC 2510 5.3, RFC 9483 6.4.2): by writing to one address, as in <c>mailto:ca@example.com</c> (RFC 6068). Of header fields it may name
/// <c>from</c>, the address that answers come to, else the user's at this machine, and <c>subject</c>.
/// </summary>
public sealed record MailTransportSettings : TransportSettings
{
    /// <summary>
    /// The folder that a mailer shares with us; it is there. Mails to be sent are put into <c>outbox</c> in it, as <c>.eml</c> files, and answers are looked for in
    /// <c>inbox</c>; either may be a maildir, and where there is no <c>inbox</c>, so may be the folder itself.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>Takes the message that a mail program attached, beside text or under another media type, with a warning.</summary>
    public bool Lenient { get; init; }
}
