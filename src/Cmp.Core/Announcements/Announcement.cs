using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Announcements;

/// <summary>Something that a CA said unasked, and what was found of it. Nothing is trusted, stored or revoked by that.</summary>
/// <remarks>
/// The content is a body of an announcement, also where it came as the answer to a general message: what is said is the same, whichever way it came. It is decoded;
/// certificates and CRLs inside may turn out to be none when they are asked for something (<c>CmpMessage.Malformed</c>), but not where <see cref="Verified"/> is true.
/// </remarks>
public sealed record Announcement
{
    /// <summary>What is said: <see cref="CaKeyUpdContent"/>, <see cref="CertAnnContent"/>, <see cref="RevAnnContent"/> or <see cref="CrlAnnContent"/>.</summary>
    public required PkiBody Content { get; init; }

    /// <summary>The message that said it, over the octets that came; <see langword="null"/> where a general message was answered, whose content it is.</summary>
    public PkiMessage? Message { get; init; }

    /// <summary>How it came.</summary>
    public required AnnouncementSource Source { get; init; }

    /// <summary>Where it came from: the address of a server, of whoever pushed it, or a file, escaped; <see langword="null"/> where nothing is known.</summary>
    public string? From { get; init; }

    /// <summary>When it came.</summary>
    public required DateTimeOffset Received { get; init; }

    /// <summary>Who signed the message, where its signature was found right and its signer trusted; else <see langword="null"/>.</summary>
    public Certificate? Signer { get; init; }

    /// <summary>What was found, in the order in which it was looked at; never empty.</summary>
    public required IReadOnlyList<AnnouncementReason> Reasons { get; init; }

    /// <summary>Of a key update the new root, proven to follow one that is trusted (rule 73); <see langword="null"/> where it is not proven.</summary>
    public RootUpdate? RootUpdate { get; init; }

    /// <summary>Of a key update the root that is trusted and that it names; <see langword="null"/> where none is at hand.</summary>
    public Certificate? OldRoot { get; init; }

    /// <summary>Of CRLs what was found of each, in the order of the content; else empty.</summary>
    public IReadOnlyList<Crl> Crls { get; init; } = [];

    /// <summary>Of a revocation the certificate that it names, where it is at hand; else <see langword="null"/>.</summary>
    public Certificate? Concerned { get; init; }

    /// <summary>What it names its content by, hexadecimal: the same whenever the same is said, whichever way it comes and however it is protected.</summary>
    public required string Id { get; init; }

    /// <summary>What names the message itself, hexadecimal; <see langword="null"/> where a general message was answered.</summary>
    internal string? MessageId => Message is null ? null : AnnouncementId.Of(Message);

    /// <summary>Which kind it is.</summary>
    public AnnouncementType Type => TypeOf(Content) ?? throw new InvalidOperationException("A body that announces nothing.");

    /// <summary>Whether it is believed: who says so may, and nothing speaks against what is said (rules 65, 73 and 74).</summary>
    public bool Verified => Reasons.All(reason => reason.Holds);

    /// <summary>The first thing that speaks against it; <see langword="null"/> where it is believed.</summary>
    public AnnouncementReason? Problem => Reasons.FirstOrDefault(reason => !reason.Holds);

    /// <summary>Which kind of announcement a body is.</summary>
    /// <param name="body">Any body.</param>
    /// <returns>The kind; <see langword="null"/> where it is none.</returns>
    public static AnnouncementType? TypeOf(PkiBody body) => body switch
    {
        CaKeyUpdContent => AnnouncementType.CaKeyUpdate,
        CertAnnContent => AnnouncementType.Certificate,
        RevAnnContent => AnnouncementType.Revocation,
        CrlAnnContent => AnnouncementType.Crl,
        _ => null,
    };

    /// <summary>The kind, how it came, and whether it is believed.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => $"{Type} by {Source}, {(Verified ? "verified" : Problem!.Text)}";
}
