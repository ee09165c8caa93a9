using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Client;
using Cmp.Cryptography.Paths;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Announcements;

/// <summary>Whom a question is about: what is put into requests is taken from its certificate, else from the trust anchors of the server. Nobody is trusted by that.</summary>
/// <param name="question">The question.</param>
/// <param name="settings">The settings of the server that hold.</param>
internal sealed class AnnouncementArguments(AnnouncementQuestion question, ServerSettings settings)
{
    private IReadOnlyList<Certificate>? _oldRoots;

    /// <summary>
    /// The roots whose next key is asked for: that which the certificate leads to; each anchor where there is no certificate, or what stands between is not at hand. None where there is no anchor.
    /// </summary>
    internal IReadOnlyList<Certificate> OldRoots => _oldRoots ??= question.Certificate is { } certificate && Root(certificate) is { } root ? [root] : settings.TrustAnchor!;

    /// <summary>Whether a root vouches for none any more: it is not asked about, unless the user gave it himself.</summary>
    internal bool HasEnded(Certificate root, DateTimeOffset now) => root.NotAfter < now && question.Certificate?.IsSameAs(root) != true;

    /// <summary>What HTTP GET asks for, each once.</summary>
    /// <param name="now">The time: anchors that have ended vouch for no new root, and are not asked about then.</param>
    /// <exception cref="CmpException"><c>CmpArgument.Certificate</c>: nothing says whom it is about; <c>CmpArgument.Server</c>: the address of the server has a query already; <c>CmpHttp.AnnouncementTarget</c>: a value is too long.</exception>
    internal IReadOnlyList<(AnnouncementType Type, AnnouncementTarget Target)> Targets(DateTimeOffset? now = null)
    {
        if (settings.Uri is { IsAbsoluteUri: true } uri && Roads.WithPath(uri, settings).OriginalString.Contains("?"))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Server", $"The address {PeerText.Escape(uri.OriginalString)} has a query, where HttpGet says whom it is about.")
            {
                RecommendedAction = "Give the address without what begins with ?, or use -PollBy GeneralMessage.",
            };
        }
        List<(AnnouncementType Type, AnnouncementTarget Target)> targets = [];
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (AnnouncementType type in question.AskedTypes.Distinct())
        {
            IReadOnlyList<AnnouncementTarget> ofType = Targets(type, now);
            // what nobody named is left out where it cannot be asked
            if (ofType.Count == 0 && question.Types is not null && !(type == AnnouncementType.CaKeyUpdate && OldRoots.Count > 0))
                throw Nobody(type);
            // two roots of one name have one CRL
            targets.AddRange(ofType.Where(target => known.Add(target.ToString())).Select(target => (type, target)));
        }
        return targets.Count > 0 || OldRoots.Count > 0 ? targets : throw Nobody(AnnouncementType.CaKeyUpdate);
    }

    private static CmpException Nobody(AnnouncementType type) =>
        new(CmpErrorKind.Argument, "CmpArgument.Certificate", $"Nothing says whose {type} is asked for.")
        {
            RecommendedAction = type == AnnouncementType.Revocation
                ? "Give the certificate with -Certificate, or leave Revocation out."
                : "Give a certificate of the CA with -Certificate, or give the server its -TrustAnchor.",
        };

    private IReadOnlyList<AnnouncementTarget> Targets(AnnouncementType type, DateTimeOffset? now) => type switch
    {
        AnnouncementType.CaKeyUpdate => [.. OldKeys(now).Select(key => new AnnouncementTarget.CaKeyUpdate(key))],
        AnnouncementType.Revocation => question.Certificate is { } certificate ? [new AnnouncementTarget.Revocation(Issuer(certificate.Issuer), certificate.SerialNumber)] : [],
        _ => [.. (question.Certificate is { } one ? [one.Issuer] : settings.TrustAnchor!.Select(anchor => anchor.Subject)).Select(issuer => new AnnouncementTarget.Crl(Issuer(issuer)))],
    };

    /// <summary>Where no root is known the certificate says itself by which key it was signed.</summary>
    private IEnumerable<ReadOnlyMemory<byte>> OldKeys(DateTimeOffset? now)
    {
        IReadOnlyList<Certificate> roots = OldRoots;
        if (roots.Count > 0)
            return roots.Where(root => now is not { } time || !HasEnded(root, time)).Select(root => AuthorityKeyIdentifier.Of(root).Encoded);
        return question.Certificate?.Extension(Oids.AuthorityKeyIdentifier) is { } extension ? [AuthorityKeyIdentifier.Decode(extension.Value).Encoded] : [];
    }

    /// <summary>
    /// The trust anchor that a certificate leads to, at a time when it could: what is asked about may have expired. A root that is given itself is the one that is meant.
    /// </summary>
    private Certificate? Root(Certificate certificate)
    {
        if (settings.TrustAnchor!.FirstOrDefault(certificate.IsSameAs) is { } itself)
            return itself;
        foreach (DateTimeOffset time in new[] { certificate.NotBefore, certificate.NotAfter })
        {
            try
            {
                return PathBuilder.Build(certificate, settings.TrustAnchor!, [.. settings.IssuedTrustAnchor!, .. settings.UntrustedCertificate!], new PathOptions(time)).Anchor;
            }
            catch (CmpException)
            {
                // it leads to none of them then
            }
        }
        return certificate is { IsSelfIssued: true, IsCA: true } ? certificate : null;
    }

    private ReadOnlyMemory<byte> Issuer(Name name)
    {
        if (!question.IssuerAsGeneralNames)
            return name.Encoded;
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteList([GeneralName.FromName(name)]);
        return writer.Encode();
    }
}
