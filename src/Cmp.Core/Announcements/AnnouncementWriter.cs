using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Transactions;

namespace Cmp.Announcements;

/// <summary>Makes the message of an announcement, as a CA does.</summary>
/// <remarks>RFC 9810 5.1.1 and D.4: the sender is the CA; there is nobody in particular whom it is for, and nothing that it answers.</remarks>
public static class AnnouncementWriter
{
    private const int NonceLength = 16;

    /// <summary>Makes a message.</summary>
    /// <param name="content">What is announced.</param>
    /// <param name="sender">Whose word it is: the CA's name (RFC 9810 D.4), or that of who speaks for it.</param>
    /// <param name="protector">Vouches for it.</param>
    /// <param name="now">The time, which the message tells: without it nobody could tell it from an older one (rule 74).</param>
    /// <param name="recipient">For whom it is; <see langword="null"/> for nobody in particular, which is the empty name.</param>
    /// <param name="extraCerts">Certificates that go with it, those first that lead from the signer to its root; none by default.</param>
    /// <returns>The message.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>: the body announces nothing; <c>CmpKey.…</c>: the key cannot sign.</exception>
    public static PkiMessage Write(PkiBody content, Name sender, MessageProtector protector, DateTimeOffset now, Name? recipient = null, IReadOnlyList<Certificate>? extraCerts = null)
    {
        if (Announcement.TypeOf(content) is null)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Announcement", $"A {PkiBodyTypeNames.Of(content.Type)} announces nothing.");
        // RFC 9810 7: the version hangs on syntax
        var header = new PkiHeader(content.NeedsPvno3 ? 3 : 2, GeneralName.FromName(sender), recipient is null ? GeneralName.NullDn : GeneralName.FromName(recipient))
        {
            MessageTime = now,
            SenderKid = protector.SenderKid,
            TransactionId = Secrets.Random(NonceLength),
            SenderNonce = Secrets.Random(NonceLength),
        };
        return protector.Protect(header, content, extraCerts ?? []);
    }

    /// <summary>Makes a message that is vouched for as settings say, with the certificates that a verifier needs (rule 10).</summary>
    /// <param name="content">What is announced.</param>
    /// <param name="speaker">Who vouches for it and how: credential, <see cref="ServerSettings.Protection"/>, algorithms; <see cref="ServerSettings.Recipient"/>, and <see cref="ServerSettings.ExtraCertificate"/>.</param>
    /// <param name="now">The time, which the message tells.</param>
    /// <param name="sender">Whose word it is; <see langword="null"/>: the subject of the certificate that signs, else the CA that the content is of.</param>
    /// <returns>The message.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>, <c>CmpArgument.NoCredential</c>, <c>CmpArgument.Protection</c>, <c>CmpArgument.Sender</c>, <c>CmpArgument.Algorithm</c>, <c>CmpKey.…</c>.</exception>
    public static PkiMessage Write(PkiBody content, ServerSettings speaker, DateTimeOffset now, Name? sender = null)
    {
        ServerSettings settings = speaker.Resolve();
        if (settings.Protection is ProtectionKind.KemBasedMac or ProtectionKind.DhBasedMac)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Protection", $"{settings.Protection} needs somebody to agree on a key with, and an announcement is for nobody in particular.")
            {
                RecommendedAction = "Have it signed, or protect it by a shared secret.",
            };
        }
        if (settings is { Protection: null, Secret: null, HasClientCertificate: false })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.NoCredential", "There is nothing to protect the announcement with.")
            {
                RecommendedAction = "Give -Signer with its key, or -Credential; -Protection None makes one that nobody has a reason to believe.",
            };
        }
        using Identity identity = Identity.Open(settings);
        var signer = identity.Credential as CertificateCredential;
        Name? name = sender ?? signer?.Certificate.Subject ?? AuthorityOf(content);
        if (name is null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Sender", "Nothing says whose word the announcement is.")
            {
                RecommendedAction = "Name the CA with -Sender.",
            };
        }
        var correspondents = new Correspondents(
            new TransactionSettings { Protector = identity.Protector, Credential = identity.Credential, Trust = new TrustSettings(), ExtraCertificates = settings.ExtraCertificate! },
            new HeaderNames(null, null));
        return Write(content, name, identity.Protector, now, settings.Recipient, correspondents.Certificates);
    }

    /// <summary>A message as an announcement that was made here. Nobody has judged it: that is for who gets it.</summary>
    /// <param name="message">A message that announces something.</param>
    /// <param name="now">The time.</param>
    /// <returns>The announcement, which is not verified.</returns>
    public static Announcement Made(PkiMessage message, DateTimeOffset now) => new()
    {
        Content = message.Body,
        Message = message,
        Source = AnnouncementSource.Made,
        Received = now,
        Reasons = [AnnouncementReason.Against("CmpAnnouncement.NotJudged", "It was made here, and nobody has judged it.")],
        Crls = message.Body is CrlAnnContent crls ? [.. crls.Crls.Select(crl => Crl.Judge(crl, [], [], now))] : [],
        Id = AnnouncementId.Of(message.Body),
    };

    /// <summary>The CA that content is of; <see langword="null"/> where a revocation names it by something that is no name of X.500.</summary>
    private static Name? AuthorityOf(PkiBody content) => content switch
    {
        CaKeyUpdContent update => update.NewWithNew.Subject,
        CertAnnContent announced => announced.Certificate.Issuer,
        RevAnnContent revocation => revocation.CertId.Issuer.DirectoryName,
        CrlAnnContent { Crls: [var first, ..] } => first.Issuer,
        _ => null,
    };
}
