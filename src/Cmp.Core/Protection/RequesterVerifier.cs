using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Protection;

/// <summary>Says who made a request, as a registration authority has to know before it puts its own protection in place of the one that is there (RFC 9483 5.2.3 and 3.5).</summary>
/// <param name="trust">Whose requests are taken.</param>
public sealed class RequesterVerifier(RequesterTrust trust)
{
    private const string Advice = "Give the requester's secret with -OriginalCredential, or who vouches for its certificate with -OriginalTrustAnchor.";

    /// <summary>Verifies the protection of a request over the octets that arrived.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The time that certificates must be valid at.</param>
    /// <returns>Who made it.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Missing</c>, <c>CmpProtection.Invalid</c>, <c>CmpProtection.Algorithm</c>, <c>CmpProtection.NoSigner</c>,
    /// <c>CmpProtection.Kind</c>, <c>CmpTrust.…</c>.</exception>
    public VerifiedRequester Verify(PkiMessage request, DateTimeOffset now)
    {
        if (request.Header.ProtectionAlg is null && request.Protection is null)
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Missing", $"The original message ({request}) is not protected: anybody may have made it.") { Octets = request.Encoded };
        if (request is not { Header.ProtectionAlg: { } algorithm, Protection: { } protection })
            throw AnswerCheck.Invalid($"The original message has a protectionAlg without protection, or the reverse ({MessageRules.ProtectionAlg.Section}).", request);
        if (request.UnusedProtectionBits != 0)
            throw AnswerCheck.Invalid($"The protection of the original message does not end at a whole octet ({MessageRules.ProtectionUnusedBits.Section}).", request);
        ProtectionKind kind = ProtectionKinds.Of(algorithm);
        return kind switch
        {
            _ when kind.IsUnderSharedSecret() => VerifyMac(request, algorithm, protection),
            ProtectionKind.Signature => VerifySignature(request, algorithm, protection, now),
            _ => throw AnswerCheck.WrongKind($"The original message is protected by {kind}, which only its recipient can verify.", request),
        };
    }

    private VerifiedRequester VerifyMac(PkiMessage request, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> protection)
    {
        PkiHeader header = request.Header;
        byte[]? commonName = header.Sender.DirectoryName?.CommonName() is { } name ? Encoding.UTF8.GetBytes(name) : null;
        ReadOnlyMemory<byte> reference = header.SenderKid ?? commonName;
        List<SharedSecret> named = [.. trust.Secrets.Where(secret => !reference.IsEmpty && secret.Reference.Span.SequenceEqual(reference.Span))];
        if (named.Count == 0)
            throw AnswerCheck.Invalid("The original message is protected under a reference that none of the secrets at hand has.", request, Advice);
        SharedSecretMac mac = SharedSecretMac.Read(algorithm, trust.Limits);
        if (mac.UsesSha1 && !trust.AllowPbmSha1)
        {
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Algorithm", $"The original message is protected by {mac}, which is not accepted here.")
            {
                RecommendedAction = "If its maker can do no better, name a preset that allows it, such as OpenSslMock, or register the server with -MacAlgorithm HMAC-SHA1.",
                Octets = request.Encoded,
            };
        }
        foreach (SharedSecret secret in named)
        {
            if (mac.Verify(secret, request.ProtectedPart, protection) is { } right)
                return new VerifiedRequester(right.Kind, null, secret);
        }
        throw AnswerCheck.Invalid("The MAC of the original message is wrong: the requester has another secret, or the message was changed on its way.", request);
    }

    private VerifiedRequester VerifySignature(PkiMessage request, AlgorithmIdentifier algorithm, ReadOnlyMemory<byte> protection, DateTimeOffset now)
    {
        if (trust.Anchors.Count == 0)
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.NoAnchor", "The original message is signed, and there is no trust anchor for its signer.") { RecommendedAction = Advice, Octets = request.Encoded };
        PkiHeader header = request.Header;
        if (header.Sender.DirectoryName is not { } sender)
            throw AnswerCheck.Invalid($"The sender of the original message, {header.Sender}, is no directoryName.", request);
        IReadOnlyList<Certificate> candidates = [.. request.ExtraCerts.Take(AnswerVerifier.MaxExtraCerts), .. trust.Untrusted];
        CmpException? reason = null;
        int signers = 0;
        foreach (Certificate candidate in candidates.Concat(trust.Anchors).Where(candidate => IsOf(candidate, sender, header.SenderKid)))
        {
            if (signers++ == PeerTrust.MaxSigners)
                break;
            try
            {
                trust.Algorithms.Check(algorithm, candidate.PublicKey);
                if (!SignatureAlgorithms.Verify(algorithm, candidate.PublicKey, request.ProtectedPart, protection, trust.Limits))
                    throw AnswerCheck.Invalid("The signature of the original message is wrong.", request);
                if (candidate.KeyUsage is { } usage && (usage & KeyUsages.DigitalSignature) == 0)
                    throw new CmpException(CmpErrorKind.Trust, "CmpTrust.KeyUsage", $"The key usage of the signer {candidate} lacks digitalSignature.") { Octets = candidate.Encoded };
                Validate(candidate, candidates, now);
                return new VerifiedRequester(ProtectionKind.Signature, candidate, null);
            }
            catch (CmpException e) when (e is not CrlsMissingException)
            {
                // of the reasons the first one that got furthest is the one to tell
                if (reason is null || (e.Kind == CmpErrorKind.Trust && reason.Kind != CmpErrorKind.Trust))
                    reason = e;
            }
        }
        throw reason ?? new CmpException(CmpErrorKind.Protection, "CmpProtection.NoSigner", $"No certificate at hand belongs to the signer of the original message, {header.Sender}.")
        {
            RecommendedAction = "Its certificate has to come in its extraCerts, or with -OriginalTrustAnchor.",
            Octets = request.Encoded,
        };
    }

    private void Validate(Certificate signer, IReadOnlyList<Certificate> candidates, DateTimeOffset now)
    {
        CmpLimits limits = trust.Limits with { MaxSignatureChecks = Math.Max(1, trust.Limits.MaxSignatureChecks / PeerTrust.MaxSigners) };
        var options = new PathOptions(now, trust.Algorithms, limits);
        if (trust.Crls is { } crls)
            new RevocationChecker(crls, candidates, options).Build(signer, trust.Anchors);
        else
            PathBuilder.Build(signer, trust.Anchors, candidates, options);
    }

    private static bool IsOf(Certificate candidate, Name sender, ReadOnlyMemory<byte>? senderKid)
    {
        try
        {
            // a nameless sender is known by its key only (RFC 9810 5.1.1)
            bool hasName = sender.IsEmpty ? senderKid is not null : sender.IsSameAs(candidate.Subject);
            return hasName && (senderKid is not { } kid || candidate.SubjectKeyIdentifier is not { } ski || kid.Span.SequenceEqual(ski.Span));
        }
        catch (CmpException)
        {
            return false; // a certificate that does not decode is nobody's
        }
    }
}
