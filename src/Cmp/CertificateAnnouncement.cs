using System.Security.Cryptography.X509Certificates;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages.Bodies;

namespace Cmp;

/// <summary>A CA has issued a certificate.</summary>
public sealed class CertificateAnnouncement : CmpAnnouncement
{
    internal CertificateAnnouncement(Announcement announcement, CertAnnContent content, ServerSettings? server)
        : base(announcement, server) => Certificate = Hold(content.Certificate);

    /// <summary>The certificate; <see langword="null"/> where it cannot be read.</summary>
    public X509Certificate2? Certificate { get; }

    /// <inheritdoc/>
    public override string About => Certificate is { } certificate
        ? $"Certificate {PeerText.Escape(certificate.Subject)}, serial number {certificate.SerialNumber}"
        : "A certificate that cannot be read";
}
