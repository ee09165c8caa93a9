using System;
using System.Collections.Generic;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>What a CA said unasked, and whether it is believed. Nothing is trusted, stored or revoked by that.</summary>
public abstract class CmpAnnouncement
{
    private readonly List<AnnouncementReason> _reasons;

    private protected CmpAnnouncement(Announcement announcement, ServerSettings? server)
    {
        _reasons = [.. announcement.Reasons];
        Type = announcement.Type;
        Source = announcement.Source;
        From = announcement.From;
        Server = server;
        Sender = announcement.Message?.Header.Sender.ToString();
        Signer = Hold(announcement.Signer);
        MessageTime = announcement.Message?.Header.MessageTime?.LocalDateTime;
        Received = announcement.Received.LocalDateTime;
        Id = announcement.Id;
        Message = announcement.Message?.Encoded.ToArray();
    }

    /// <summary>Which kind it is.</summary>
    public AnnouncementType Type { get; }

    /// <summary>Whether it is believed: who says so may, and nothing speaks against what is said.</summary>
    public bool Verified => _reasons.All(reason => reason.Holds);

    /// <summary>The first thing that speaks against it; <see langword="null"/> where it is believed.</summary>
    public string? Problem => Against?.Text;

    /// <summary>By what <see cref="Problem"/> is known to scripts, as in <c>CmpTrust.NoPath</c>; <see langword="null"/> where it is believed.</summary>
    public string? ProblemId => Against?.Id;

    /// <summary>All that was found, one sentence each: what speaks against it first, then what speaks for it.</summary>
    public string[] Reasons => [.. _reasons.OrderBy(reason => reason.Holds).Select(reason => (reason.Holds ? "For: " : "Against: ") + reason.Text)];

    /// <summary>How it came.</summary>
    public AnnouncementSource Source { get; }

    /// <summary>Where it came from: an address or a file, escaped; <see langword="null"/> where nothing is known.</summary>
    public string? From { get; }

    /// <summary>The server whose trust it was judged by.</summary>
    public ServerSettings? Server { get; }

    /// <summary>Who says so in the message, escaped; <see langword="null"/> where a general message was answered.</summary>
    public string? Sender { get; }

    /// <summary>Who signed the message, where the signature is right and the signer trusted; else <see langword="null"/>.</summary>
    public X509Certificate2? Signer { get; }

    /// <summary>When the message says that it was made, local time; <see langword="null"/> where it says nothing, and where a general message was answered.</summary>
    public DateTime? MessageTime { get; }

    /// <summary>When it came, local time.</summary>
    public DateTime Received { get; }

    /// <summary>What is said, in one line, escaped.</summary>
    public abstract string About { get; }

    /// <summary>The same whenever the same is said, whichever way it comes, hexadecimal.</summary>
    public string Id { get; }

    /// <summary>The message as it came; <see langword="null"/> where a general message was answered.</summary>
    public byte[]? Message { get; }

    private AnnouncementReason? Against => _reasons.FirstOrDefault(reason => !reason.Holds);

    /// <summary>What it says.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Verified ? About : $"{About} (not verified)";

    /// <summary>The object of an announcement.</summary>
    /// <param name="announcement">It.</param>
    /// <param name="server">By whose trust it was judged.</param>
    /// <param name="find">Finds the object of a certificate at hand: its key goes along; <see langword="null"/>: there is none.</param>
    /// <returns>The object of its kind.</returns>
    internal static CmpAnnouncement Of(Announcement announcement, ServerSettings? server, Func<Certificate, X509Certificate2?>? find = null) => announcement.Content switch
    {
        CaKeyUpdContent content => new CaKeyUpdateAnnouncement(announcement, content, server),
        CertAnnContent content => new CertificateAnnouncement(announcement, content, server),
        RevAnnContent content => new RevocationAnnouncement(announcement, content, server, announcement.Concerned is { } concerned ? find?.Invoke(concerned) : null),
        CrlAnnContent content => new CrlAnnouncement(announcement, content, server),
        var other => throw new InvalidOperationException($"A {other.Type} announces nothing."),
    };

    /// <summary>A certificate as .NET has it; where it is none that .NET can hold there is none, and that speaks against the announcement.</summary>
    private protected X509Certificate2? Hold(Certificate? certificate) => certificate is null ? null : Hold(() => CACertificateObject.ToX509(certificate));

    /// <summary>Reads something of what is said; what cannot be read speaks against it.</summary>
    private protected T? Hold<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (CmpException e)
        {
            if (!_reasons.Exists(reason => reason.Id == e.ErrorId && reason.Text == e.Message))
                _reasons.Add(AnnouncementReason.Against(e));
            return default;
        }
    }
}
