using System.Threading;
using System.Threading.Tasks;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Announcements;

/// <summary>Judges a certificate that was issued: its issuer says it, or who speaks for a CA, and it leads to a trust anchor and is valid now (RFC 9810 5.3.14).</summary>
internal sealed class CertificateJudgement(JudgedContent given, CertAnnContent content) : Judgement(given)
{
    private readonly Certificate _certificate = content.Certificate;

    /// <inheritdoc/>
    private protected override TrustSettings SignersTrust() => Trust with
    {
        MaySign = (path, maySign) => maySign || (path.Leaf.IsCA && path.Leaf.Subject.IsSameAs(_certificate.Issuer)),
    };

    /// <inheritdoc/>
    private protected override async Task<Announcement> JudgeContentAsync(Announcement announcement, CancellationToken cancellationToken)
    {
        CertificatePath path = await BuildPathAsync(_certificate, cancellationToken).ConfigureAwait(false);
        For("CmpAnnouncement.Path", $"The certificate of {Show(_certificate)} leads to the trust anchor {Show(path.Anchor)}, and is valid until {_certificate.NotAfter:u}.");
        return announcement;
    }
}
