using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Protection;

/// <summary>Verifies signed answers: finds the signer, and says whether it speaks for the CA (rules 24, 27 to 29 and 65).</summary>
/// <param name="trust">Whom we believe.</param>
/// <param name="credential">What authenticates our own messages, or <see langword="null"/>.</param>
/// <param name="ours">How our own messages are protected.</param>
internal sealed class SignedAnswers(TrustSettings trust, Credential? credential, ProtectionKind ours) : AnswerCheck(trust)
{
    private readonly PeerTrust _peers = new(trust, credential);

    /// <summary>Verifies one, over the octets that arrived, and validates its signer.</summary>
    internal VerifiedAnswer Verify(PkiMessage answer, AlgorithmIdentifier algorithm, SignerKnowledge known, IReadOnlyList<Certificate> issuing, DateTimeOffset now)
    {
        var warnings = new List<string>();
        if (!Trust.CanVerifySignatures)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.NoAnchor", "The message is signed, and there is no trust anchor or pinned certificate to verify it by.")
            {
                RecommendedAction = "Give the CA's root with -TrustAnchor, or the server's certificate with -ServerCertificate.",
                Octets = answer.Encoded,
            };
        }
        if (ours is not (ProtectionKind.Signature or ProtectionKind.None or ProtectionKind.KemBasedMac) && known.IsFirst && Trust.WarnOnMixedProtection)
            warnings.Add($"The server answers with a signature where the request has a MAC; {MessageRules.ConversationProtection.Section} wants one kind for both.");
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
            if (++checks > Trust.Limits.MaxSignatureChecks || signers == PeerTrust.MaxSigners)
                break;
            try
            {
                (Trust.AllowSha1Messages ? Trust.Algorithms with { AllowSha1Signatures = true } : Trust.Algorithms).Check(algorithm, candidate.PublicKey);
                if (!SignatureAlgorithms.Verify(algorithm, candidate.PublicKey, answer.ProtectedPart, answer.Protection!.Value, Trust.Limits))
                {
                    reason ??= Invalid("The signature of the message is wrong.", answer);
                    continue;
                }
                signers++;
                KeyUsages needed = Trust.AllowSigningCA && candidate.IsCA ? KeyUsages.DigitalSignature | KeyUsages.KeyCertSign : KeyUsages.DigitalSignature;
                ValidatedSigner signer = _peers.Validate(candidate, needed, candidates, known.Signer, issuing, known.Issuers, now, warnings);
                return new VerifiedAnswer(ProtectionKind.Signature, signer, warnings);
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
        throw reason ?? new CmpException(CmpErrorKind.Protection, "CmpProtection.NoSigner", $"No certificate at hand belongs to the signer of the message, {answer.Header.Sender}.")
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
        CertificateCredential ours => ours.Certificate.SubjectKeyIdentifier,
        _ => null,
    };
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
