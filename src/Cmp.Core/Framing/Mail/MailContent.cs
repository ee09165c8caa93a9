using System;

namespace Cmp.Framing;

/// <summary>What a mail brings, where it is none that must be refused. There are no other kinds.</summary>
public abstract record MailContent
{
    private MailContent()
    {
    }

    /// <summary>A message: one SEQUENCE of definite length, whole and with nothing behind it, not looked into.</summary>
    /// <param name="Octets">The DER of the PKIMessage.</param>
    /// <param name="Warning">A departure from the rules that was tolerated, one sentence, escaped; or <see langword="null"/>.</param>
    public sealed record Message(ReadOnlyMemory<byte> Octets, string? Warning) : MailContent;

    /// <summary>The beginning of a mail: it is still being written, or was cut off.</summary>
    public sealed record Unfinished : MailContent;

    /// <summary>A mail system reports that a mail did not arrive (RFC 3464).</summary>
    /// <param name="Text">What it says, its first lines, escaped.</param>
    public sealed record Bounce(string Text) : MailContent;

    /// <summary>Words, and no message.</summary>
    /// <param name="Text">Subject and first lines, escaped.</param>
    /// <param name="IsAutomatic">Whether a program wrote them by itself, as one does for who is out of office, or for a mail that is late (RFC 3834 5, RFC 3464, RFC 8098).</param>
    public sealed record Words(string Text, bool IsAutomatic) : MailContent;
}
