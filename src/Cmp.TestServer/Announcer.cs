using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Announcements;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
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
            AnnouncementType.Certificate => Write(new CertAnnContent(certificate is null ? LastIssued(now) : Published(certificate)), now),
            AnnouncementType.Revocation => Revocation(certificate ?? throw Wrong("Certificate", "Nothing says which certificate's revocation is announced.", "Name one that was issued here."), now),
            AnnouncementType.Crl => Write(new CrlAnnContent([crls.OfIssuing(now)]), now),
            _ => throw Wrong("Announcement", $"There is no announcement of the type {type}.", $"Take one of these: {string.Join(", ", Enum.GetNames(typeof(AnnouncementType)))}."),
        };
    }

    /// <summary>Says it to who asks (draft-ietf-pkix-cmp-transport-protocols-11 3.7.2): what was announced, or would have been, as it is now.</summary>
    /// <param name="target">What is asked for.</param>
    /// <param name="now">The time.</param>
    /// <returns>The message; <see langword="null"/> where there is nothing to say.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: what is asked for is named by what is none; <c>CmpStore.…</c>: the number of a CRL cannot be kept.</exception>
    internal PkiMessage? Find(AnnouncementTarget target, DateTimeOffset now) => target switch
    {
        AnnouncementTarget.CaKeyUpdate asked => FindKeyUpdate(AuthorityKeyIdentifier.Decode(asked.AuthorityKeyIdentifier), now),
        AnnouncementTarget.Revocation asked => FindRevocation(Issuers(asked.Issuer), asked.SerialNumber, now),
        AnnouncementTarget.Crl asked => Issuers(asked.Issuer).Select(issuer => crls.Of(issuer, now)).FirstOrDefault(crl => crl is not null) is { } crl ? Write(new CrlAnnContent([crl]), now) : null,
        _ => null,
    };

    private PkiMessage? FindKeyUpdate(AuthorityKeyIdentifier old, DateTimeOffset now) => authority.RootChanges.FirstOrDefault(change => old.Means(change.Old)) is { } change ? KeyUpdate(change, now) : null;

    /// <summary>None of the serial numbers here has an octet for its sign, so they are what they count.</summary>
    private PkiMessage? FindRevocation(IReadOnlyList<Name> issuers, ReadOnlyMemory<byte> serial, DateTimeOffset now)
    {
        if (register.FindWarned(serial, now) is not { } found || !issuers.Any(issuer => issuer.IsSameAs(found.Certificate.Issuer)))
            return null;
        // a warning is over when its time has come
        return found.Revocation is { } revocation ? Revoked(found.Certificate, revocation, now)
            : found.WillBeRevokedAt is { } at && now < at ? ToBeRevoked(found.Certificate, at, now)
            : null;
    }

    /// <summary>A Name, as the examples have it, or GeneralNames, as the text calls it: a SEQUENCE of SETs, or of tagged names.</summary>
    private static IReadOnlyList<Name> Issuers(ReadOnlyMemory<byte> octets)
    {
        IReadOnlyList<Name> names = Asn1Reader.Decode<IReadOnlyList<Name>>(octets, null, (ref Asn1Reader reader) =>
        {
            Asn1Reader ahead = reader;
            Asn1Reader first = ahead.ReadSequence();
            return first.HasData && first.PeekTag().TagClass == TagClass.ContextSpecific
                ? [.. reader.ReadList(GeneralName.Read).Select(name => name.DirectoryName).OfType<Name>()]
                : [Name.Read(ref reader)];
        });
        // a name is taken apart when it is first asked for something: now
        foreach (Name name in names)
            _ = name.ComparableParts();
        return names;
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
        register.Good(now).LastOrDefault(register.IsPublished) ?? throw Wrong("Announcement", "No certificate was issued that is to be published.", "Name one, or have one issued first.");

    private Certificate Published(Certificate certificate) =>
        register.IsPublished(certificate) ? certificate : throw Wrong("Certificate", $"The owner of the certificate of {certificate} wants it not to be published.", "Name another one.");

    private PkiMessage Revocation(Certificate certificate, DateTimeOffset now)
    {
        if (register.FindWarned(certificate.SerialNumber, now) is not { } found || !found.Certificate.IsSameAs(certificate))
            throw Wrong("Certificate", $"The certificate of {certificate} was not issued here, or its owner did not take it.", "Name one of those that this server issued.");
        if (found.Revocation is not null)
            return Revoked(certificate, found.Revocation, now);
        // said again it is the same
        DateTimeOffset at = found.WillBeRevokedAt is { } told && now < told ? told : CertificationAuthority.WholeSeconds(now + Notice);
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
