using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>Verifies signed answers: finds the signer, and says whether it speaks for the CA (rules 24, 27 to 29 and 65).</summary>
/// <param name="trust">Whom we believe.</param>
/// <param name="credential">What authenticates our own messages, or <see langword="null"/>.</param>
/// <param name="ours">How our own messages are protected.</param>
internal sealed class SignedAnswers(TrustSettings trust, Credential? credential, ProtectionKind ours) : AnswerCheck(trust)
{
    /// <summary>Certificates of one key whose paths are looked for: so many, each with its part of the signature checks, whatever a peer sends.</summary>
    private const int MaxSigners = 5;

    /// <summary>Verifies one, over the octets that arrived, and validates its signer.</summary>
    internal VerifiedAnswer Verify(PkiMessage answer, AlgorithmIdentifier algorithm, SignerKnowledge known, IReadOnlyList<Certificate> issuing, DateTimeOffset now)
    {
        var warnings = new List<string>();
        if (!Trust.CanVerifySignatures)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.NoAnchor", "The answer is signed, and there is no trust anchor or pinned certificate to verify it by.")
            {
                RecommendedAction = "Give the CA's root with -TrustAnchor, or the server's certificate with -ServerCertificate.",
                Octets = answer.Encoded,
            };
        }
        if (ours is not (ProtectionKind.Signature or ProtectionKind.None) && known.IsFirst && Trust.WarnOnMixedProtection)
            warnings.Add("The server answers with a signature where the request has a MAC; RFC 9483 3.2 wants one kind for both.");
        Name? sender = CheckExpectedSender(answer, underMac: false);
        IReadOnlyList<Certificate> candidates = [.. answer.ExtraCerts.Take(AnswerVerifier.MaxExtraCerts), .. known.Seen];

        var missing = new List<Uri>();
        CmpException? reason = null;
        int checks = 0;
        int signers = 0;
        foreach (Certificate candidate in SignerCandidates(candidates, known))
        {
            if (!IsCandidate(candidate, sender, answer.Header.SenderKid, warnings))
                continue;
            if (++checks > Trust.Limits.MaxSignatureChecks || signers == MaxSigners)
                break;
            try
            {
                (Trust.AllowSha1Messages ? Trust.Algorithms with { AllowSha1Signatures = true } : Trust.Algorithms).Check(algorithm, candidate.PublicKey);
                if (!SignatureAlgorithms.Verify(algorithm, candidate.PublicKey, answer.ProtectedPart, answer.Protection!.Value, Trust.Limits))
                {
                    reason ??= Invalid("The signature of the answer is wrong.", answer);
                    continue;
                }
                signers++;
                return new VerifiedAnswer(ProtectionKind.Signature, Validate(candidate, candidates, known, issuing, now, warnings), warnings);
            }
            catch (CrlsMissingException e)
            {
                missing.AddRange(e.Locations);
            }
            catch (CmpException e)
            {
                // a later candidate may do; of the reasons the first one that got furthest is the one to tell
                if (reason is null || (e.Kind == CmpErrorKind.Trust && reason.Kind != CmpErrorKind.Trust))
                    reason = e;
            }
        }
        if (missing.Count > 0)
            throw new CrlsMissingException(missing);
        throw reason ?? new CmpException(CmpErrorKind.Protection, "CmpProtection.NoSigner", $"No certificate at hand belongs to the signer of the answer, {answer.Header.Sender}.")
        {
            RecommendedAction = "Give the server's certificate with -UntrustedCertificate or -ServerCertificate.",
            Octets = answer.Encoded,
        };
    }

    /// <summary>Rule 27: extraCerts, untrusted, trusted, then the signer known; a pin is the only one; after the first answer the same one (rule 66).</summary>
    private IEnumerable<Certificate> SignerCandidates(IReadOnlyList<Certificate> extraCerts, SignerKnowledge known)
    {
        if (Trust.Pin is { } pin)
            return [pin];
        if (!known.IsFirst && known.Signer is { } signer)
            return [signer.Certificate];
        IEnumerable<Certificate> before = known.Signer is { } earlier ? [earlier.Certificate] : [];
        return extraCerts.Concat(Trust.Untrusted).Concat(Trust.Anchors).Concat(before);
    }

    private bool IsCandidate(Certificate candidate, Name? sender, ReadOnlyMemory<byte>? senderKid, List<string> warnings)
    {
        try
        {
            // names may be ordered anew only where a pin or an expected sender says who it is (rule 24)
            bool ignoreOrder = Trust.Pin is not null || Trust.ExpectedSender is not null;
            if (sender is { IsEmpty: false } && !sender.IsSameAs(candidate.Subject, ignoreOrder))
                return false;
            if (senderKid is { } kid && candidate.SubjectKeyIdentifier is { } ski && !kid.Span.SequenceEqual(ski.Span))
            {
                if (OurSenderKid is not { } ours || !kid.Span.SequenceEqual(ours.Span))
                    return false;
                const string Mirrored = "The server mirrors our senderKID instead of naming its own key.";
                if (!warnings.Contains(Mirrored))
                    warnings.Add(Mirrored);
            }
            return true;
        }
        catch (CmpException)
        {
            return false; // a certificate that does not decode is nobody's
        }
    }

    private ReadOnlyMemory<byte>? OurSenderKid => credential switch
    {
        SharedSecret secret => secret.Reference,
        SigningCertificate signer => signer.Certificate.SubjectKeyIdentifier,
        _ => null,
    };

    private ValidatedSigner Validate(Certificate signer, IReadOnlyList<Certificate> extraCerts, SignerKnowledge known, IReadOnlyList<Certificate> issuing, DateTimeOffset now, List<string> warnings)
    {
        KeyUsages needed = Trust.AllowSigningCA && signer.IsCA ? KeyUsages.DigitalSignature | KeyUsages.KeyCertSign : KeyUsages.DigitalSignature;
        if (signer.KeyUsage is { } usage && (usage & needed) == 0)
            throw Distrusted("CmpTrust.KeyUsage", $"The key usage of the signer {signer} lacks digitalSignature.", signer);
        if (IsOurs(signer, issuing))
            throw Distrusted("CmpTrust.SignerNotAuthorized", $"The answer is signed by our own certificate {signer}.", signer);
        if (Trust.Pin is not null)
        {
            if (now < signer.NotBefore || now > signer.NotAfter)
            {
                string validity = $"The pinned certificate {signer} is valid from {signer.NotBefore:u} to {signer.NotAfter:u} only.";
                if (!Trust.AllowExpiredServerCertificate)
                    throw Distrusted("CmpTrust.Expired", validity, signer);
                warnings.Add(validity);
            }
            return new ValidatedSigner(signer, CheckPin(signer, extraCerts, now, warnings) is { } good && good < signer.NotAfter ? good : signer.NotAfter);
        }
        if (known.Signer is { } before && before.Certificate.IsSameAs(signer) && now <= before.ValidUntil)
            return before;
        CmpLimits limits = Trust.Limits with { MaxSignatureChecks = Math.Max(1, Trust.Limits.MaxSignatureChecks / MaxSigners) };
        List<Certificate> brought = TrustedBy(extraCerts);
        var options = new PathOptions(now, Trust.Algorithms, limits);
        (CertificatePath path, RevocationReport revocation) = Trust.Crls is { } crls
            ? new RevocationChecker(crls, Trust.Untrusted.Concat(extraCerts), options).Build(signer, Trust.Anchors.Concat(brought))
            : (PathBuilder.Build(signer, Trust.Anchors.Concat(brought), Trust.Untrusted.Concat(extraCerts), options), RevocationReport.Nothing);
        if (!MaySign(signer, issuing, known.Issuers) && !(brought.Exists(signer.IsSameAs) && !Trust.TrustFirstUse))
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
    private DateTimeOffset? CheckPin(Certificate pin, IReadOnlyList<Certificate> extraCerts, DateTimeOffset now, List<string> warnings)
    {
        if (Trust.Crls is not { } crls || pin.IsSelfIssued)
            return null;
        List<Certificate> known = [.. Trust.Anchors, .. Trust.Untrusted, .. extraCerts];
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
    private List<Certificate> TrustedBy(IReadOnlyList<Certificate> extraCerts)
    {
        if (Trust.TrustedExtraCerts.Count == 0 && !Trust.TrustFirstUse)
            return [];
        return [.. extraCerts.Where(certificate => IsRoot(certificate)
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
        (credential is SigningCertificate own && own.Certificate.PublicKey.IsSameAs(signer.PublicKey))
        || issuing.Any(certificate => certificate.PublicKey.IsSameAs(signer.PublicKey));

    /// <summary>Rule 65: who may speak for the CA.</summary>
    private bool MaySign(Certificate signer, IReadOnlyList<Certificate> issuing, IReadOnlyList<Name> issuers) =>
        Trust.AllowAnySigner
        || (Trust.ExpectedSender is { } expected && expected.IsSameAs(signer.Subject, ignoreOrder: true))
        || Trust.Anchors.Any(anchor => anchor.IsSameAs(signer))
        || (signer.EnhancedKeyUsage is { } usages && usages.Any(usage => usage is Oids.CmcCA or Oids.CmcRA))
        || (signer.IsCA && (issuing.Any(certificate => IsIssuer(signer, certificate)) || issuers.Any(name => name.IsSameAs(signer.Subject))));

    private bool IsIssuer(Certificate signer, Certificate certificate)
    {
        try
        {
            return certificate.Issuer.IsSameAs(signer.Subject)
                && SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, signer.PublicKey, certificate.TbsCertificate, certificate.Signature, Trust.Limits);
        }
        catch (CmpException)
        {
            return false; // signed by an algorithm that is not known here
        }
    }

    private static CmpException Distrusted(string errorId, string message, Certificate signer) =>
        new(CmpErrorKind.Trust, errorId, message) { Octets = signer.Encoded };
}

/// <summary>What earlier answers said of signers.</summary>
/// <param name="Signer">The signer that was validated, in this transaction or before.</param>
/// <param name="Seen">Certificates that came in extraCerts.</param>
/// <param name="IsFirst">Whether no answer of this transaction was accepted yet.</param>
internal sealed record SignerKnowledge(ValidatedSigner? Signer, IReadOnlyList<Certificate> Seen, bool IsFirst)
{
    /// <summary>CAs that the transaction names as issuers of certificates that are not at hand.</summary>
    internal IReadOnlyList<Name> Issuers { get; init; } = [];
}
