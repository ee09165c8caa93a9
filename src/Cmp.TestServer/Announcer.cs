using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Announcements;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>What the authority says unasked (RFC 9810 5.3.13 to 5.3.16): made from what it knows at the time, and signed.</summary>
/// <remarks>
/// The signer speaks for the CA that issues, which says so by cmcCA; that CA has a certificate of each root that there was, so a key update is signed under the old one
/// (rule 73) as it was before.
/// </remarks>
internal sealed class Announcer(TestServerOptions options, CertificationAuthority authority, CertificateRegister register, CrlPublisher crls, MessageProtector protector)
{
    /// <summary>What is warned of is in the CRL of tomorrow.</summary>
    private static readonly TimeSpan Notice = TimeSpan.FromDays(1);

    /// <summary>Announces something.</summary>
    /// <param name="type">What.</param>
    /// <param name="certificate">Which certificate, or whose.</param>
    /// <param name="now">The time.</param>
    /// <returns>The message.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>, <c>CmpArgument.Certificate</c>, <c>CmpStore.…</c>: see <see cref="Responder.Announce"/>.</exception>
    internal PkiMessage Announce(AnnouncementType type, Certificate? certificate, DateTimeOffset now)
    {
        if (certificate is not null && type is AnnouncementType.CaKeyUpdate or AnnouncementType.Crl)
            throw Wrong("Certificate", $"A certificate has no place in an announcement of the type {type}.", "Leave it out.");
        return type switch
        {
            AnnouncementType.CaKeyUpdate => KeyUpdate(authority.RootChanges is [.., var last] ? last : throw Wrong("Announcement", "The root has not changed.", "Call UpdateRoot() first."), now),
            AnnouncementType.Certificate => Write(new CertAnnContent(certificate ?? LastIssued(now)), now),
            AnnouncementType.Revocation => Revocation(certificate ?? throw Wrong("Certificate", "Nothing says which certificate's revocation is announced.", "Name one that was issued here."), now),
            AnnouncementType.Crl => Write(new CrlAnnContent([crls.OfIssuing(now), crls.Of(authority.Root.Subject, now)!]), now),
            _ => throw Wrong("Announcement", $"There is no announcement of the type {type}.", $"Take one of these: {string.Join(", ", Enum.GetNames(typeof(AnnouncementType)))}."),
        };
    }

    /// <summary>RFC 9810 D.4: the certificates of the new key go along.</summary>
    private PkiMessage KeyUpdate(RootChange change, DateTimeOffset now)
    {
        CaKeyUpdContent content = options.AnnounceInCmp2021
            ? new CaKeyUpdContent(change.Content)
            : new CaKeyUpdContent(new CaKeyUpdAnnContent(change.Content.OldWithNew!, change.Content.NewWithOld!, change.Content.NewWithNew));
        return Write(content, now, [authority.Signer, change.Issuing, authority.Issuing]);
    }

    private Certificate LastIssued(DateTimeOffset now) =>
        register.Good(now) is [.., var last] ? last : throw Wrong("Announcement", "No certificate was issued.", "Name one, or have one issued first.");

    private PkiMessage Revocation(Certificate certificate, DateTimeOffset now)
    {
        if (register.FindWarned(certificate.SerialNumber, now) is not { } found || !found.Certificate.IsSameAs(certificate))
            throw Wrong("Certificate", $"The certificate of {certificate} was not issued here, or its owner did not take it.", "Name one of those that this server issued.");
        if (found.Revocation is not null)
            return Revoked(certificate, found.Revocation, now);
        DateTimeOffset at = CertificationAuthority.WholeSeconds(now + Notice);
        register.Warn(certificate, at);
        return ToBeRevoked(certificate, at, now);
    }

    /// <summary>It is not to be relied on since what its revocation says, else since then.</summary>
    private PkiMessage Revoked(Certificate certificate, CertificateRevocation revocation, DateTimeOffset now) => Write(
        new RevAnnContent(PkiStatus.RevocationNotification, CertId.Of(certificate), revocation.At, revocation.InvalidityDate ?? revocation.At, revocation.Reason is { } reason ? [CrlExtensions.Reason(reason)] : []), now);

    /// <summary>Until then it is good.</summary>
    private PkiMessage ToBeRevoked(Certificate certificate, DateTimeOffset at, DateTimeOffset now) =>
        Write(new RevAnnContent(PkiStatus.RevocationWarning, CertId.Of(certificate), at, at, []), now);

    /// <summary>Who trusts a former root finds the way to the present one.</summary>
    private PkiMessage Write(PkiBody content, DateTimeOffset now) =>
        Write(content, now, [authority.Signer, authority.Issuing, .. authority.RootChanges.Select(change => change.Content.NewWithOld!)]);

    private PkiMessage Write(PkiBody content, DateTimeOffset now, IReadOnlyList<Certificate> extraCerts) =>
        AnnouncementWriter.Write(content, authority.Signer.Subject, protector, now, extraCerts: extraCerts);

    private static CmpException Wrong(string what, string message, string action) => new(CmpErrorKind.Argument, "CmpArgument." + what, message) { RecommendedAction = action };
}
