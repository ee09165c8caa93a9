namespace Cmp.Transports;

/// <summary>Where a <see cref="CmpMailListener"/> looks for mails, and what it bears. <see cref="FolderListenerSettings.Folder"/> is the client's: its <c>outbox</c> is what comes in.</summary>
public sealed record MailListenerSettings : FolderListenerSettings
{
    /// <summary>The address that clients write to, and that answers come from; it is not compared.</summary>
    public string Address { get; init; } = "ca@localhost";

    /// <summary>Takes the message that a mail program attached, beside text or under another media type.</summary>
    public bool Lenient { get; init; }
}
