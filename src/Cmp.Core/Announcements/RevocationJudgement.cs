using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Announcements;

/// <summary>Judges a revocation: the issuer of the certificate says it, or its CRL issuer, and nobody else (rule 74; RFC 9810 5.3.15).</summary>
internal sealed class RevocationJudgement : Judgement
{
    private readonly RevAnnContent _content;
    private readonly Certificate? _concerned;

    internal RevocationJudgement(JudgedContent given, RevAnnContent content)
        : base(given)
    {
        _content = content;
        _concerned = given.Settings.About.FirstOrDefault(IsMeant);
    }

    private CertId Id => _content.CertId;

    private string Named => $"{Show(Hex.Of(Id.SerialNumber.Span))} of {Show(Id.Issuer)}";

    /// <inheritdoc/>
    private protected override TrustSettings SignersTrust() => Trust with { MaySign = (path, _) => MaySign(path) };

    /// <summary>Whoever has the secret is the server, but a server does not revoke what other CAs issued.</summary>
    private protected override async Task JudgeMacAsync(CancellationToken cancellationToken)
    {
        CmpException? reason = null;
        foreach (Certificate issuer in Anchors.Concat(Candidates).Concat(Given.Settings.About).Where(IsIssuer).Take(PeerTrust.MaxSigners))
        {
            try
            {
                await BuildPathAsync(issuer, cancellationToken).ConfigureAwait(false);
                For("CmpAnnouncement.Issuer", $"The issuer of the certificate, {Show(issuer)}, leads to a trust anchor of the server.");
                return;
            }
            catch (CmpException e)
            {
                reason = e;
            }
        }
        if (reason is null)
            Against("CmpTrust.NoPath", $"No certificate of {Show(Id.Issuer)}, who issued what is to be revoked, is at hand: whether it is a CA of this server is not known.");
        else
            Against(reason);
    }

    /// <inheritdoc/>
    private protected override Task<Announcement> JudgeContentAsync(Announcement announcement, CancellationToken cancellationToken)
    {
        announcement = announcement with { Concerned = _concerned };
        if (Id.Issuer.DirectoryName is not { IsEmpty: false })
            Against("CmpAnnouncement.CertId", $"The issuer of the certificate, {Show(Id.Issuer)}, is no directoryName.");
        string since = $"it is not to be relied on since {_content.BadSinceDate:u}";
        switch (_content.Status)
        {
            case PkiStatus.RevocationWarning:
                For("CmpAnnouncement.Status", $"It says that the certificate {Named} will be revoked at {_content.WillBeRevokedAt:u}; {since}.");
                break;
            case PkiStatus.RevocationNotification:
                For("CmpAnnouncement.Status", $"It says that the certificate {Named} was revoked at {_content.WillBeRevokedAt:u}; {since}.");
                break;
            default:
                Against("CmpAnnouncement.Status", $"Its status is {PkiStatusNames.Of(_content.Status)}, which says nothing of a revocation.");
                break;
        }
        return Task.FromResult(announcement);
    }

    /// <summary>Rule 74. Who speaks for another CA of the same PKI says nothing of this one's certificates.</summary>
    private bool MaySign(CertificatePath path)
    {
        Certificate signer = path.Leaf;
        if (IsIssuer(signer))
        {
            Standing = "who issued the certificate";
            return true;
        }
        // RFC 9810 4.5: it speaks for the CA that certified it
        if (signer.EnhancedKeyUsage is { } usages && usages.Any(usage => usage is Oids.CmcCA or Oids.CmcRA) && path.Certificates.Count > 1 && IsIssuer(path.Certificates[1]))
        {
            Standing = "who speaks for the issuer of the certificate";
            return true;
        }
        if (IsCrlIssuer(signer))
        {
            Standing = "whom the certificate names as issuer of its CRLs";
            return true;
        }
        // the sender, and so the signer, has the name that the user gave
        if (Trust.ExpectedSender is not null)
        {
            Standing = "whom -ExpectedSender names";
            return true;
        }
        throw new CmpException(CmpErrorKind.Trust, "CmpTrust.SignerNotAuthorized", $"The signer {Show(signer)} has a path to an anchor, but is neither the issuer of the certificate, {Show(Id.Issuer)}, nor the issuer of its CRLs.")
        {
            RecommendedAction = "If it speaks for that CA, pin it with -ServerCertificate or name it with -ExpectedSender.",
            Octets = signer.Encoded,
        };
    }

    /// <summary>By its name; where the certificate is at hand, by its key too.</summary>
    private bool IsIssuer(Certificate candidate)
    {
        try
        {
            return candidate.IsCA && Id.Issuer.DirectoryName is { IsEmpty: false } issuer && candidate.Subject.IsSameAs(issuer)
                && (_concerned is null || CertificatePath.IsIssuer(candidate, _concerned, Trust.Limits));
        }
        catch (CmpException)
        {
            return false; // a certificate that does not decode is nobody's, and so is an algorithm that is not known here
        }
    }

    private bool IsCrlIssuer(Certificate signer) =>
        _concerned is not null
        && (signer.KeyUsage is not { } usage || (usage & KeyUsages.CrlSign) != 0)
        && CrlDistributionPoint.Of(_concerned).Any(point => point.CrlIssuer.Any(name => name.DirectoryName?.IsSameAs(signer.Subject) == true));

    private bool IsMeant(Certificate certificate)
    {
        try
        {
            return Id.SerialNumber.Span.SequenceEqual(certificate.SerialNumber.Span) && Id.Issuer.DirectoryName?.IsSameAs(certificate.Issuer) == true;
        }
        catch (CmpException)
        {
            return false; // one of both does not decode
        }
    }
}
