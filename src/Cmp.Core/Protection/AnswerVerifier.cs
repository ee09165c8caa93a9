using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>
/// Says whether an answer is the server's. One for a transaction: it remembers the signer and the certificates that came,
/// and after the first answer that was accepted only the same signer or secret will do (rules 28 and 66).
/// </summary>
public sealed class AnswerVerifier
{
    /// <summary>Certificates of one message that are looked at.</summary>
    internal const int MaxExtraCerts = 100;

    private readonly SignedAnswers _signed;
    private readonly MacAnswers? _macs;
    private readonly List<Certificate> _seen = [];
    private readonly bool _allowMacAsBefore;
    private ProtectionKind? _kind;
    private AlgorithmIdentifier? _lastMac;

    /// <summary>Makes one for a transaction.</summary>
    /// <param name="trust">Whom we believe.</param>
    /// <param name="credential">What authenticates our own messages, or <see langword="null"/>.</param>
    /// <param name="ours">How our own messages are protected.</param>
    /// <param name="knownSigner">A signer that an earlier transaction with the same server validated, or <see langword="null"/> (rules 27 and 51).</param>
    public AnswerVerifier(TrustSettings trust, Credential? credential, ProtectionKind ours, ValidatedSigner? knownSigner = null)
    {
        _signed = new SignedAnswers(trust, credential, ours);
        _macs = ours.IsUnderSharedSecret() && credential is SharedSecret secret ? new MacAnswers(trust, secret, ours) : null;
        _allowMacAsBefore = trust.AllowMacAsBefore;
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
    /// <param name="issuers">Who issued certificates that the transaction is about and that are not at hand: a CA of that name may sign (rule 65).</param>
    /// <returns>Who vouches for it; an answer without protection gives <see cref="ProtectionKind.None"/>.</returns>
    /// <exception cref="CmpException"><c>CmpProtection.Invalid</c>, <c>CmpProtection.Kind</c>, <c>CmpProtection.Algorithm</c>,
    /// <c>CmpProtection.NoSigner</c>, <c>CmpProtection.Sender</c>, <c>CmpTrust.…</c>.</exception>
    public VerifiedAnswer Verify(PkiMessage answer, IReadOnlyList<Certificate> issuing, DateTimeOffset now, IReadOnlyList<Name>? issuers = null)
    {
        AlgorithmIdentifier? algorithm = answer.Header.ProtectionAlg;
        if (algorithm is null != answer.Protection is null)
            throw AnswerCheck.Invalid("The answer has a protectionAlg without protection, or the reverse.", answer);
        if (answer.UnusedProtectionBits != 0)
            throw AnswerCheck.Invalid("The protection of the answer does not end at a whole octet.", answer);
        if (algorithm is null)
            return new VerifiedAnswer(ProtectionKind.None, null, []);

        // rules 66 and 67: the kind is matched to ours and to that of the answers before, then only the algorithm picks a verifier
        ProtectionKind kind = ProtectionKinds.Of(algorithm);
        if (_kind is { } earlier && !earlier.IsOfFamily(kind))
            throw AnswerCheck.WrongKind($"The answer is protected by {kind}, the one before by {earlier}.", answer);
        return kind switch
        {
            ProtectionKind.Signature => _signed.Verify(answer, algorithm, new SignerKnowledge(KnownSigner, _seen, IsFirst: _kind is null) { Issuers = issuers ?? [] }, issuing, now),
            _ when kind.IsUnderSharedSecret() && _macs is { } macs => macs.Verify(answer, IsAsBefore(algorithm) ? _lastMac! : algorithm),
            _ => throw AnswerCheck.WrongKind($"The answer is protected by {kind}, our request is not by anything that it could answer.", answer),
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
        if (answer.Header.ProtectionAlg is { HasNoParameters: false, Oid: Oids.PasswordBasedMac } mac)
            _lastMac = mac;
        foreach (Certificate certificate in answer.ExtraCerts)
        {
            if (_seen.Count == MaxExtraCerts)
                return;
            if (!_seen.Exists(certificate.IsSameAs))
                _seen.Add(certificate);
        }
    }

    private bool IsAsBefore(AlgorithmIdentifier algorithm) =>
        _allowMacAsBefore && _lastMac is not null && algorithm is { HasNoParameters: true, Oid: Oids.PasswordBasedMac };

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
}
