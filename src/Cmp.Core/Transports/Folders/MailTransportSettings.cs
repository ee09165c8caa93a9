using System;

namespace Cmp.Transports;

/// <summary>How a CMP server is reached by mail (RFC 2510 5.3, RFC 9483 6.4.2).</summary>
public sealed record MailTransportSettings
{
    /// <summary>
    /// Whom to write to (RFC 6068): one address, as in <c>mailto:ca@example.com</c>. Of header fields it may name <c>from</c>, the address that answers come
    /// to, else the user's at this machine, and <c>subject</c>.
    /// </summary>
    public required Uri Uri { get; init; }

    /// <summary>
    /// The folder that a mailer shares with us; it is there. Mails to be sent are put into <c>outbox</c> in it, as <c>.eml</c> files, and answers are looked for in
    /// <c>inbox</c>; either may be a maildir, and where there is no <c>inbox</c>, so may be the folder itself.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>How long a mail that answers us may stay unfinished and unchanged before it counts as cut off.</summary>
    public TimeSpan ExchangeTimeout { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Octets of one answer (rule 56).</summary>
    public int MaxResponseBytes { get; init; } = CmpLimits.Default.MaxResponseBytes;

    /// <summary>Takes the message that a mail program attached, beside text or under another media type, with a warning.</summary>
    public bool Lenient { get; init; }

    /// <summary>The URI.</summary>
    /// <returns>The URI as written.</returns>
    public override string ToString() => PeerText.Escape(Uri.OriginalString);
}
