using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Says whether a certificate may vouch for answers: it is for what it does, it is trusted, and it speaks for the CA (rules 27, 29 and 65).</summary>
/// <param name="trust">Whom we believe.</param>
/// <param name="credential">What authenticates our own messages, or <see langword="null"/>.</param>
internal sealed class PeerTrust(TrustSettings trust, Credential? credential)
{
    /// <summary>Certificates of one key whose paths are looked for: so many, each with its part of the signature checks, whatever a peer sends.</summary>
    internal const int MaxSigners = 5;

    private TrustSettings Trust { get; } = trust;

    /// <summary>Validates a certificate whose key was found to vouch for an answer, or is to.</summary>
    /// <param name="signer">The certificate; where one is pinned, that one.</param>
    /// <param name="needed">What its key usage must allow, one of these.</param>
    /// <param name="candidates">Certificates that its path may go through.</param>
    /// <param name="known">The one that was validated before, or <see langword="null"/>.</param>
    /// <param name="issuing">Certificates that answers bring or the transaction is about.</param>
    /// <param name="issuers">CAs that the transaction names as issuers of certificates that are not at hand.</param>
    /// <param name="now">The time.</param>
    /// <param name="warnings">Takes what the user should know.</param>
    /// <exception cref="CmpException"><c>CmpTrust.…</c>.</exception>
    internal ValidatedSigner Validate(
        Certificate signer,
        KeyUsages needed,
        IReadOnlyList<Certificate> candidates,
        ValidatedSigner? known,
        IReadOnlyList<Certificate> issuing,
        IReadOnlyList<Name> issuers,
        DateTimeOffset now,
        List<string> warnings)
    {
        if (signer.KeyUsage is { } usage && (usage & needed) == 0)
            throw Distrusted("CmpTrust.KeyUsage", $"The key usage of the signer {signer} lacks {NameOf(needed)}.", signer);
        if (IsOurs(signer, issuing))
            throw Distrusted("CmpTrust.SignerNotAuthorized", $"The message is signed by our own certificate {signer}.", signer);
        if (Trust.Pin is not null)
        {
            if (now < signer.NotBefore || now > signer.NotAfter)
            {
                string validity = $"The pinned certificate {signer} is valid from {signer.NotBefore:u} to {signer.NotAfter:u} only.";
                if (!Trust.AllowExpiredServerCertificate)
                    throw Distrusted("CmpTrust.Expired", validity, signer);
                warnings.Add(validity);
            }
            return new ValidatedSigner(signer, CheckPin(signer, candidates, now, warnings) is { } good && good < signer.NotAfter ? good : signer.NotAfter);
        }
        if (known is { } before && before.Certificate.IsSameAs(signer) && now <= before.ValidUntil)
            return before;
        CmpLimits limits = Trust.Limits with { MaxSignatureChecks = Math.Max(1, Trust.Limits.MaxSignatureChecks / MaxSigners) };
        List<Certificate> brought = TrustedBy(candidates);
        var options = new PathOptions(now, Trust.Algorithms, limits);
        (CertificatePath path, RevocationReport revocation) = Trust.Crls is { } crls
            ? new RevocationChecker(crls, Trust.Untrusted.Concat(candidates), options).Build(signer, Trust.Anchors.Concat(brought))
            : (PathBuilder.Build(signer, Trust.Anchors.Concat(brought), Trust.Untrusted.Concat(candidates), options), RevocationReport.Nothing);
        bool maySign = MaySign(signer, issuing, issuers) || (brought.Exists(signer.IsSameAs) && !Trust.TrustFirstUse);
        if (!(Trust.MaySign?.Invoke(path, maySign) ?? maySign))
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.SignerNotAuthorized", $"The signer {signer} has a path to an anchor, but nothing says that it speaks for the CA.")
            {
                RecommendedAction = "If it does, pin it with -ServerCertificate, name it with -ExpectedSender, or allow any signer with -AllowAnySigner.",
                Octets = signer.Encoded,
            };
        }
        warnings.AddRange(revocation.Warnings);
        if (brought.Exists(path.Anchor.IsSameAs))
            warnings.Add($"The root {path.Anchor} (SHA-256 {HashOf(path.Anchor)}) came with the answer, and was trusted because -TrustExtraCerts {(Trust.TrustFirstUse ? "trusts each at its first use" : "names it")}.");
        DateTimeOffset until = path.Certificates.Min(certificate => certificate.NotAfter);
        return new ValidatedSigner(signer, revocation.ValidUntil is { } end && end < until ? end : until);
    }

    /// <summary>A pin needs no path (rule 29), but the issuer's CRL counts where there is one.</summary>
    /// <returns>Until when it is known to be good, or <see langword="null"/>.</returns>
    private DateTimeOffset? CheckPin(Certificate pin, IReadOnlyList<Certificate> candidates, DateTimeOffset now, List<string> warnings)
    {
        if (Trust.Crls is not { } crls || pin.IsSelfIssued)
            return null;
        List<Certificate> known = [.. Trust.Anchors, .. Trust.Untrusted, .. candidates];
        if (known.Find(candidate => IsIssuer(candidate, pin)) is not { } issuer)
        {
            warnings.Add($"Whether the pinned certificate {pin} is revoked is not known: no certificate of its issuer is at hand.");
            return null;
        }
        var options = new PathOptions(now, Trust.Algorithms, Trust.Limits);
        RevocationReport report = new RevocationChecker(crls, known, options).Check(new CertificatePath([pin, issuer]));
        report.ThrowIfMissing();
        try
        {
            report.ThrowIfRevoked();
        }
        catch (CmpException e) when (Trust.AllowExpiredServerCertificate)
        {
            warnings.Add(e.Message);
        }
        warnings.AddRange(report.Warnings);
        return report.ValidUntil;
    }

    /// <summary>Rule 32: of the certificates that came, those that the user trusts: self-signed ones of CAs, by their hashes or all of them.</summary>
    private List<Certificate> TrustedBy(IReadOnlyList<Certificate> candidates)
    {
        if (Trust.TrustedExtraCerts.Count == 0 && !Trust.TrustFirstUse)
            return [];
        return [.. candidates.Where(certificate => IsRoot(certificate)
            && (Trust.TrustFirstUse || Trust.TrustedExtraCerts.Contains(HashOf(certificate), StringComparer.OrdinalIgnoreCase)))];
    }

    private bool IsRoot(Certificate certificate)
    {
        try
        {
            return certificate.IsCA && IsIssuer(certificate, certificate);
        }
        catch (CmpException)
        {
            return false; // unreadable
        }
    }

    private static string HashOf(Certificate certificate) => Hex.Of(Digests.Compute(Oids.Sha256, certificate.Encoded));

    /// <summary>A certificate of our own key is never a responder (rule 65), be it the one that signs, the one that is updated, or the new one.</summary>
    private bool IsOurs(Certificate signer, IReadOnlyList<Certificate> issuing) =>
        (credential is CertificateCredential own && own.Certificate.PublicKey.IsSameAs(signer.PublicKey))
        || issuing.Any(certificate => certificate.PublicKey.IsSameAs(signer.PublicKey));

    /// <summary>Rule 65: who may speak for the CA.</summary>
    private bool MaySign(Certificate signer, IReadOnlyList<Certificate> issuing, IReadOnlyList<Name> issuers) =>
        Trust.AllowAnySigner
        || (Trust.ExpectedSender is { } expected && expected.IsSameAs(signer.Subject, ignoreOrder: true))
        || Trust.Anchors.Any(anchor => anchor.IsSameAs(signer))
        || (signer.EnhancedKeyUsage is { } usages && usages.Any(usage => usage is Oids.CmcCA or Oids.CmcRA))
        || (signer.IsCA && (issuing.Any(certificate => IsIssuer(signer, certificate)) || issuers.Any(name => name.IsSameAs(signer.Subject))));

    private bool IsIssuer(Certificate signer, Certificate certificate) => CertificatePath.IsIssuer(signer, certificate, Trust.Limits);

    private static CmpException Distrusted(string errorId, string message, Certificate signer) =>
        new(CmpErrorKind.Trust, errorId, message) { Octets = signer.Encoded };

    private static string NameOf(KeyUsages needed) => needed switch
    {
        KeyUsages.KeyEncipherment => "keyEncipherment",
        KeyUsages.KeyAgreement => "keyAgreement",
        _ => "digitalSignature",
    };
}
