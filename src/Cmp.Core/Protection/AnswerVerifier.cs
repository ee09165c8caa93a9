using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>
/// Says whether an answer is the server's. One for a transaction: it remembers the signer and the certificates that came,
/// and after the first answer that was accepted only the same signer or secret will do (rules 28 and 66).
/// </summary>
public sealed class AnswerVerifier
{
    private const int MaxExtraCerts = 100;

    /// <summary>Certificates of one key whose paths are looked for: so many, each with its part of the signature checks, whatever a peer sends.</summary>
    private const int MaxSigners = 5;

    private readonly TrustSettings _trust;
    private readonly Credential? _credential;
    private readonly ProtectionKind _ours;
    private readonly List<Certificate> _seen = [];
    private ProtectionKind? _kind;

    /// <summary>Makes one for a transaction.</summary>
    /// <param name="trust">Whom we believe.</param>
    /// <param name="credential">What authenticates our own messages, or <see langword="null"/>.</param>
    /// <param name="ours">How our own messages are protected.</param>
    /// <param name="knownSigner">A signer that an earlier transaction with the same server validated, or <see langword="null"/> (rules 27 and 51).</param>
    public AnswerVerifier(TrustSettings trust, Credential? credential, ProtectionKind ours, ValidatedSigner? knownSigner = null)
    {
        _trust = trust;
        _credential = credential;
        _ours = ours;
        KnownSigner = knownSigner;
    }

    /// <summary>The signer that was validated, in this transaction or before; <see langword="null"/> before the first.</summary>
    public ValidatedSigner? KnownSigner { get; private set; }

    /// <summary>How the answers so far are protected; <see langword="null"/> before the first.</summary>
    public ProtectionKind? Kind => _kind;

    /// <summary>Certificates that came in extraCerts so far, bounded: candidates for paths, no more (rule 28).</summary>
    public IReadOnlyList<Certificate> SeenCertificates => _seen;

    /// <summary>Verifies the protection of an answer over the octets that arrived. Nothing is remembered of it (rule 34): see <see cref="Accept"/>.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="issuing">Certificates that the answer brings or the transaction is about: their issuer may sign (rule 65).</param>
    /// <param name="now">The time that certificates must be valid at.</param>
    /// <returns>Who vouches for it; an answer without protection gives <see cref="ProtectionKind.None"/>.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Invalid</c>, <c>CmpProtection.Kind</c>, <c>CmpProtection.Algorithm</c>,
    /// <c>CmpProtection.NoSigner</c>, <c>CmpProtection.Sender</c>, <c>CmpTrust.…</c>.</exception>
    public VerifiedAnswer Verify(PkiMessage answer, IReadOnlyList<Certificate> issuing, DateTimeOffset now)
    {
        AlgorithmIdentifier? algorithm = answer.Header.ProtectionAlg;
        if (algorithm is null != answer.Protection is null)
            throw Invalid("The answer has a protectionAlg without protection, or the reverse.", answer);
        if (answer.UnusedProtectionBits != 0)
            throw Invalid("The protection of the answer does not end at a whole octet.", answer);
        if (algorithm is null)
            return new VerifiedAnswer(ProtectionKind.None, null, []);

        ProtectionKind kind = KindOf(algorithm.Oid);
        if (_kind is { } earlier && earlier != kind)
            throw WrongKind($"The answer is protected by {kind}, the one before by {earlier}.", answer);
        return kind switch
        {
            ProtectionKind.PasswordBasedMac => VerifyMac(answer, algorithm),
            ProtectionKind.Signature => VerifySignature(answer, algorithm, issuing, now),
            _ => throw WrongKind($"The answer is protected by {kind}, which is not configured.", answer),
        };
    }

    /// <summary>Remembers who vouched for an answer that belongs to the transaction, and the certificates that it brought.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="verified">What <see cref="Verify"/> said of it.</param>
    public void Accept(PkiMessage answer, VerifiedAnswer verified)
    {
        if (!verified.IsAuthenticated)
            return;
        _kind = verified.Kind;
        KnownSigner = verified.Signer ?? KnownSigner;
        foreach (Certificate certificate in answer.ExtraCerts)
        {
            if (_seen.Count == MaxExtraCerts)
                return;
            if (!_seen.Exists(certificate.IsSameAs))
                _seen.Add(certificate);
        }
    }

    /// <summary>Takes up what another process remembered of a transaction.</summary>
    /// <param name="kind">How its answers are protected.</param>
    /// <param name="signer">Who signed them.</param>
    /// <param name="seen">The certificates that came.</param>
    public void Restore(ProtectionKind? kind, ValidatedSigner? signer, IEnumerable<Certificate> seen)
    {
        _kind = kind;
        KnownSigner = signer ?? KnownSigner;
        _seen.AddRange(seen.Take(MaxExtraCerts));
    }

    private static ProtectionKind KindOf(string oid) => oid switch
    {
        Oids.PasswordBasedMac => ProtectionKind.PasswordBasedMac,
        Oids.Pbmac1 => ProtectionKind.Pbmac1,
        Oids.KemBasedMac => ProtectionKind.KemBasedMac,
        Oids.DhBasedMac => ProtectionKind.DhBasedMac,
        Oids.Kmac128 or Oids.Kmac256 => ProtectionKind.Kmac,
        Oids.HmacSha1 or Oids.HmacWithSha1 or Oids.HmacWithSha224 or Oids.HmacWithSha256 or Oids.HmacWithSha384 or Oids.HmacWithSha512 => ProtectionKind.Hmac,
        _ => ProtectionKind.Signature,
    };

    private VerifiedAnswer VerifyMac(PkiMessage answer, AlgorithmIdentifier algorithm)
    {
        // rule 66: a MAC never answers a signature; rule 67: the kind is matched before the algorithm picks a verifier
        if (_ours != ProtectionKind.PasswordBasedMac || _credential is not SharedSecret secret)
            throw WrongKind("The answer is protected by a MAC, our request is not.", answer);
        CheckExpectedSender(answer, underMac: true);
        if (algorithm.Parameters is not { } octets)
            throw Invalid("PasswordBasedMac without parameters.", answer);
        PbmParameter pbm = PbmParameter.Decode(octets, new DecodeOptions(_trust.Limits));
        CheckBounds(pbm, answer);
        if (!_trust.AllowPbmSha1 && (pbm.Owf.Oid == Oids.Sha1 || pbm.Mac.Oid is Oids.HmacSha1 or Oids.HmacWithSha1))
        {
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Algorithm", $"The server protects by PasswordBasedMac with {Oids.NameOf(pbm.Owf.Oid)} and {Oids.NameOf(pbm.Mac.Oid)}, which is not accepted here.")
            {
                RecommendedAction = "If the server can do no better, name its preset, such as OpenSslMock, or register it with -MacAlgorithm HMAC-SHA1.",
                Octets = answer.Encoded,
            };
        }
        if (!PbmOptions.IsOwf(pbm.Owf.Oid) || !Macs.IsSupported(pbm.Mac.Oid))
            throw Algorithm($"PasswordBasedMac with {Oids.NameOf(pbm.Owf.Oid)} and {Oids.NameOf(pbm.Mac.Oid)} is not supported.", answer);

        byte[] key = PasswordBasedMacKey.Derive(secret.Secret, pbm.Salt, pbm.Owf.Oid, (int)pbm.IterationCount);
        try
        {
            byte[] expected = Macs.Compute(pbm.Mac, key, answer.ProtectedPart);
            if (!Secrets.FixedTimeEquals(expected, answer.Protection!.Value.Span))
            {
                throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Invalid", "The MAC of the answer is wrong: the server has another secret, or the answer was changed on its way.")
                {
                    RecommendedAction = "Check the reference (the user name of -Credential) and the secret with the CA's administrator.",
                    Octets = answer.Encoded,
                };
            }
        }
        finally
        {
            Secrets.Clear(key);
        }
        return new VerifiedAnswer(ProtectionKind.PasswordBasedMac, null, []);
    }

    private void CheckBounds(PbmParameter pbm, PkiMessage answer)
    {
        CmpLimits limits = _trust.Limits;
        if (pbm.IterationCount < limits.MinPbmIterations || pbm.IterationCount > limits.MaxPbmIterations)
            throw Algorithm($"The iterationCount of PasswordBasedMac is {Number(pbm.IterationCount)}, outside {limits.MinPbmIterations} to {limits.MaxPbmIterations}.", answer);
        if (pbm.Salt.Length > limits.MaxSaltBytes)
            throw Algorithm($"The salt of PasswordBasedMac has {pbm.Salt.Length} octets, more than {limits.MaxSaltBytes}.", answer);
    }

    private static string Number(System.Numerics.BigInteger number) =>
        System.Numerics.BigInteger.Abs(number) < new System.Numerics.BigInteger(long.MaxValue) ? number.ToString() : "a number of more than 63 bits";

    private VerifiedAnswer VerifySignature(PkiMessage answer, AlgorithmIdentifier algorithm, IReadOnlyList<Certificate> issuing, DateTimeOffset now)
    {
        var warnings = new List<string>();
        if (!_trust.CanVerifySignatures)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.NoAnchor", "The answer is signed, and there is no trust anchor or pinned certificate to verify it by.")
            {
                RecommendedAction = "Give the CA's root with -TrustAnchor, or the server's certificate with -ServerCertificate.",
                Octets = answer.Encoded,
            };
        }
        if (_ours is not (ProtectionKind.Signature or ProtectionKind.None) && _kind is null && _trust.WarnOnMixedProtection)
            warnings.Add("The server answers with a signature where the request has a MAC; RFC 9483 3.2 wants one kind for both.");
        Name? sender = CheckExpectedSender(answer, underMac: false);
        IReadOnlyList<Certificate> candidates = [.. answer.ExtraCerts.Take(MaxExtraCerts), .. _seen];

        CmpException? reason = null;
        int checks = 0;
        int signers = 0;
        foreach (Certificate candidate in SignerCandidates(candidates))
        {
            if (!IsCandidate(candidate, sender, answer.Header.SenderKid, warnings))
                continue;
            if (++checks > _trust.Limits.MaxSignatureChecks || signers == MaxSigners)
                break;
            try
            {
                _trust.Algorithms.Check(algorithm, candidate.PublicKey);
                if (!SignatureAlgorithms.Verify(algorithm, candidate.PublicKey, answer.ProtectedPart, answer.Protection!.Value, _trust.Limits))
                {
                    reason ??= Invalid("The signature of the answer is wrong.", answer);
                    continue;
                }
                signers++;
                return new VerifiedAnswer(ProtectionKind.Signature, Validate(candidate, candidates, issuing, now, warnings), warnings);
            }
            catch (CmpException e)
            {
                // a later candidate may do; of the reasons the first one that got furthest is the one to tell
                if (reason is null || (e.Kind == CmpErrorKind.Trust && reason.Kind != CmpErrorKind.Trust))
                    reason = e;
            }
        }
        throw reason ?? new CmpException(CmpErrorKind.Protection, "CmpProtection.NoSigner", $"No certificate at hand belongs to the signer of the answer, {answer.Header.Sender}.")
        {
            RecommendedAction = "Give the server's certificate with -UntrustedCertificate or -ServerCertificate.",
            Octets = answer.Encoded,
        };
    }

    /// <summary>Rule 27: extraCerts, untrusted, trusted, then the signer known; a pin is the only one; after the first answer the same one (rule 66).</summary>
    private IEnumerable<Certificate> SignerCandidates(IReadOnlyList<Certificate> extraCerts)
    {
        if (_trust.Pin is { } pin)
            return [pin];
        if (_kind is not null && KnownSigner is { } signer)
            return [signer.Certificate];
        IEnumerable<Certificate> known = KnownSigner is { } earlier ? [earlier.Certificate] : [];
        return extraCerts.Concat(_trust.Untrusted).Concat(_trust.Anchors).Concat(known);
    }

    private bool IsCandidate(Certificate candidate, Name? sender, ReadOnlyMemory<byte>? senderKid, List<string> warnings)
    {
        try
        {
            // names may be ordered anew only where a pin or an expected sender says who it is (rule 24)
            bool ignoreOrder = _trust.Pin is not null || _trust.ExpectedSender is not null;
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

    private ReadOnlyMemory<byte>? OurSenderKid => _credential switch
    {
        SharedSecret secret => secret.Reference,
        SigningCertificate signer => signer.Certificate.SubjectKeyIdentifier,
        _ => null,
    };

    private ValidatedSigner Validate(Certificate signer, IReadOnlyList<Certificate> extraCerts, IReadOnlyList<Certificate> issuing, DateTimeOffset now, List<string> warnings)
    {
        if (signer.KeyUsage is { } usage && (usage & KeyUsages.DigitalSignature) == 0)
            throw Trust("CmpTrust.KeyUsage", $"The key usage of the signer {signer} lacks digitalSignature.", signer);
        if (IsOurs(signer, issuing))
            throw Trust("CmpTrust.SignerNotAuthorized", $"The answer is signed by our own certificate {signer}.", signer);
        if (_trust.Pin is not null)
        {
            if (now < signer.NotBefore || now > signer.NotAfter)
            {
                string validity = $"The pinned certificate {signer} is valid from {signer.NotBefore:u} to {signer.NotAfter:u} only.";
                if (!_trust.AllowExpiredServerCertificate)
                    throw Trust("CmpTrust.Expired", validity, signer);
                warnings.Add(validity);
            }
            return new ValidatedSigner(signer, signer.NotAfter);
        }
        if (KnownSigner is { } known && known.Certificate.IsSameAs(signer) && now <= known.ValidUntil)
            return known;
        CmpLimits limits = _trust.Limits with { MaxSignatureChecks = Math.Max(1, _trust.Limits.MaxSignatureChecks / MaxSigners) };
        CertificatePath path = PathBuilder.Build(signer, _trust.Anchors, _trust.Untrusted.Concat(extraCerts), new PathOptions(now, _trust.Algorithms, limits));
        if (!MaySign(signer, issuing))
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.SignerNotAuthorized", $"The signer {signer} has a path to an anchor, but nothing says that it speaks for the CA.")
            {
                RecommendedAction = "If it does, pin it with -ServerCertificate, name it with -ExpectedSender, or allow any signer with -AllowAnySigner.",
                Octets = signer.Encoded,
            };
        }
        return new ValidatedSigner(signer, path.Certificates.Min(certificate => certificate.NotAfter));
    }

    /// <summary>A certificate of our own key is never a responder (rule 65), be it the one that signs, the one that is updated, or the new one.</summary>
    private bool IsOurs(Certificate signer, IReadOnlyList<Certificate> issuing) =>
        (_credential is SigningCertificate own && own.Certificate.PublicKey.IsSameAs(signer.PublicKey))
        || issuing.Any(certificate => certificate.PublicKey.IsSameAs(signer.PublicKey));

    /// <summary>Rule 65: who may speak for the CA.</summary>
    private bool MaySign(Certificate signer, IReadOnlyList<Certificate> issuing) =>
        _trust.AllowAnySigner
        || (_trust.ExpectedSender is { } expected && expected.IsSameAs(signer.Subject, ignoreOrder: true))
        || _trust.Anchors.Any(anchor => anchor.IsSameAs(signer))
        || (signer.EnhancedKeyUsage is { } usages && usages.Any(usage => usage is Oids.CmcCA or Oids.CmcRA))
        || (signer.IsCA && issuing.Any(certificate => IsIssuer(signer, certificate)));

    private bool IsIssuer(Certificate signer, Certificate certificate)
    {
        try
        {
            return certificate.Issuer.IsSameAs(signer.Subject)
                && SignatureAlgorithms.Verify(certificate.SignatureAlgorithm, signer.PublicKey, certificate.TbsCertificate, certificate.Signature, _trust.Limits);
        }
        catch (CmpException)
        {
            return false; // signed by an algorithm that is not known here
        }
    }

    /// <summary>Rule 24. Gives the name that a signer must have: the sender's; where the sender is the NULL-DN, the expected one.</summary>
    private Name? CheckExpectedSender(PkiMessage answer, bool underMac)
    {
        Name? sender = answer.Header.Sender.DirectoryName;
        if (sender is null && !underMac)
            throw Sender($"The sender of the answer, {answer.Header.Sender}, is no directoryName.", answer);
        Name? expected = _trust.ExpectedSender ?? (underMac ? null : _trust.Pin?.Subject);
        if (expected is null)
            return sender;
        if (sender is { IsEmpty: true } && !underMac)
            return expected;
        if (sender is null || !expected.IsSameAs(sender, ignoreOrder: true))
            throw Sender($"The answer comes from {answer.Header.Sender}, expected was {expected}.", answer);
        return sender;
    }

    private static CmpException Invalid(string message, PkiMessage answer) =>
        new(CmpErrorKind.Protection, "CmpProtection.Invalid", message) { Octets = answer.Encoded };

    private static CmpException WrongKind(string message, PkiMessage answer) =>
        new(CmpErrorKind.Protection, "CmpProtection.Kind", message) { Octets = answer.Encoded };

    private static CmpException Algorithm(string message, PkiMessage answer) =>
        new(CmpErrorKind.Protection, "CmpProtection.Algorithm", message) { Octets = answer.Encoded };

    private static CmpException Sender(string message, PkiMessage answer) =>
        new(CmpErrorKind.Protection, "CmpProtection.Sender", message)
        {
            RecommendedAction = "Name the sender with -ExpectedSender as the server writes it.",
            Octets = answer.Encoded,
        };

    private static CmpException Trust(string errorId, string message, Certificate signer) =>
        new(CmpErrorKind.Trust, errorId, message) { Octets = signer.Encoded };
}
