using System;
using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp;

/// <summary>A certificate is about to be revoked, or has been.</summary>
public sealed class RevocationAnnouncement : CmpAnnouncement
{
    internal RevocationAnnouncement(Announcement announcement, RevAnnContent content, ServerSettings? server, X509Certificate2? certificate)
        : base(announcement, server)
    {
        Status = content.Status;
        Issuer = content.CertId.Issuer.ToString();
        SerialNumber = Hex.Of(content.CertId.SerialNumber.Span);
        WillBeRevokedAt = content.WillBeRevokedAt.LocalDateTime;
        BadSince = content.BadSinceDate.LocalDateTime;
        Reason = Hold(() => content.Reason);
        Certificate = certificate ?? Hold(announcement.Concerned);
    }

    /// <summary>RevocationWarning: it is about to be revoked; RevocationNotification: it has been.</summary>
    public PkiStatus Status { get; }

    /// <summary>Who issued the certificate, escaped.</summary>
    public string Issuer { get; }

    /// <summary>Its serial number in hexadecimal digits, as an X509Certificate2 has it.</summary>
    public string SerialNumber { get; }

    /// <summary>When it is revoked, local time.</summary>
    public DateTime WillBeRevokedAt { get; }

    /// <summary>Since when it is not to be relied on, local time.</summary>
    public DateTime BadSince { get; }

    /// <summary>Why; <see langword="null"/> where no reason is given.</summary>
    public RevocationReason? Reason { get; }

    /// <summary>The certificate, where it is at hand, as it was given: with its key where it has one; else <see langword="null"/>.</summary>
    public X509Certificate2? Certificate { get; }

    /// <inheritdoc/>
    public override string About =>
        $"Certificate {(Certificate is { } certificate ? $"{PeerText.Escape(certificate.Subject)}, " : string.Empty)}serial number {SerialNumber} of {Issuer}, {(Status == PkiStatus.RevocationNotification ? "revoked since" : "to be revoked at")} {WillBeRevokedAt:yyyy-MM-dd HH:mm:ss}";
}
