using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Protection;

/// <summary>
/// Says whether an answer is the server's. One for a transaction: it remembers the signer and the certificates that came,
/// and after the first answer that was accepted only the same signer or secret will do (rules 28 and 66).
/// </summary>
public sealed class AnswerVerifier : IDisposable
{
    /// <summary>Certificates of one message that are looked at.</summary>
    internal const int MaxExtraCerts = 100;

    private readonly SignedAnswers _signed;
    private readonly MacAnswers? _macs;
    private readonly List<Certificate> _seen = [];
    private readonly bool _allowMacAsBefore;
    private readonly TrustSettings _trust;
    private readonly PeerTrust _peers;
    private AgreedMacAnswers? _agreed;
    private SharedSecret? _encapsulated;
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
        _trust = trust;
        _peers = new PeerTrust(trust, credential);
        _agreed = ours == ProtectionKind.DhBasedMac && credential is DhCertificate dh ? new AgreedMacAnswers(trust, _peers, dh) : null;
        KnownSigner = knownSigner;
    }

    /// <summary>The signer that was validated, in this transaction or before; <see langword="null"/> before the first.</summary>
    public ValidatedSigner? KnownSigner { get; private set; }

    /// <summary>How the answers so far are protected; <see langword="null"/> before the first.</summary>
    public ProtectionKind? Kind => _kind;

    /// <summary>Certificates that came in extraCerts so far, bounded: candidates for paths, no more (rule 28).</summary>
    public IReadOnlyList<Certificate> SeenCertificates => _seen;

    /// <summary>What the server must get to protect its answers by KemBasedMac (<see cref="Encapsulate"/>); <see langword="null"/> where it has it, or nothing was encapsulated.</summary>
    public KemCiphertextInfo? Ciphertext { get; private set; }

    /// <summary>Whether answers are expected under what was encapsulated for the server.</summary>
    public bool HasEncapsulated => _encapsulated is not null;

    /// <summary>
    /// Encapsulates a secret for a server whose certificate has a KEM key. Its answers are believed under this secret from now on, and under nothing else
    /// (rule 66), and only where the certificate is trusted when they come (rule 65).
    /// </summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="transactionId">The transaction, to which the secret is bound.</param>
    /// <exception cref="CmpException"><c>CmpProtection.…</c>: its key is none that secrets can be encapsulated for.</exception>
    public void Encapsulate(Certificate certificate, ReadOnlyMemory<byte> transactionId)
    {
        using KemEncapsulation encapsulation = Kem.Encapsulate(certificate.PublicKey);
        _encapsulated?.Dispose();
        _encapsulated = new SharedSecret(ReadOnlyMemory<byte>.Empty, encapsulation.CopySecret());
        _agreed = new AgreedMacAnswers(_trust, _peers, certificate, _encapsulated, transactionId);
        Ciphertext = new KemCiphertextInfo(encapsulation.Algorithm, encapsulation.Ciphertext);
    }

    /// <summary>Encapsulates for a server that brought its certificate itself, once that is found to be trusted and to speak for the CA (rules 33 and 65).</summary>
    /// <param name="answer">What brought it.</param>
    /// <param name="certificate">The certificate.</param>
    /// <param name="issuing">Certificates that the transaction is about.</param>
    /// <param name="issuers">CAs that the transaction names as issuers of certificates that are not at hand.</param>
    /// <param name="transactionId">The transaction, to which the secret is bound.</param>
    /// <param name="now">The time.</param>
    /// <returns>What the user should know.</returns>
    /// <exception cref="CmpException"><c>CmpTrust.…</c>: it is not trusted, or does not speak for the CA; <c>CmpProtection.…</c>: its key is no KEM's.</exception>
    public IReadOnlyList<string> Meet(
        PkiMessage answer,
        Certificate certificate,
        IReadOnlyList<Certificate> issuing,
        IReadOnlyList<Name> issuers,
        ReadOnlyMemory<byte> transactionId,
        DateTimeOffset now)
    {
        if (_trust.Pin is { } pin && !pin.IsSameAs(certificate))
            throw new CmpException(CmpErrorKind.Trust, "CmpTrust.SignerNotAuthorized", $"The certificate {certificate} is not the one that is pinned.") { Octets = certificate.Encoded };
        var warnings = new List<string>();
        IReadOnlyList<Certificate> candidates = [.. answer.ExtraCerts.Take(MaxExtraCerts), .. _seen];
        ValidatedSigner peer = _peers.Validate(certificate, KeyUsages.KeyEncipherment, candidates, KnownSigner, issuing, issuers, now, warnings);
        Encapsulate(certificate, transactionId);
        KnownSigner = peer;
        return warnings;
    }

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
            throw AnswerCheck.Invalid($"The message has a protectionAlg without protection, or the reverse ({MessageRules.ProtectionAlg.Section}).", answer);
        if (answer.UnusedProtectionBits != 0)
            throw AnswerCheck.Invalid($"The protection of the message does not end at a whole octet ({MessageRules.ProtectionUnusedBits.Section}).", answer);
        if (algorithm is null)
            return new VerifiedAnswer(ProtectionKind.None, null, []);

        // rules 66 and 67: the kind is matched to ours and to that of the answers before, then only the algorithm picks a verifier
        ProtectionKind kind = ProtectionKinds.Of(algorithm);
        if (_kind is { } earlier && !earlier.IsOfFamily(kind))
            throw AnswerCheck.WrongKind($"The answer is protected by {kind}, the one before by {earlier}.", answer);
        return kind switch
        {
            _ when _agreed is { } agreed => agreed.Kind == kind
                ? agreed.Verify(answer, algorithm, new SignerKnowledge(KnownSigner, _seen, IsFirst: _kind is null) { Issuers = issuers ?? [] }, issuing, now)
                : throw AnswerCheck.WrongKind($"The message is protected by {kind}, and {agreed.Kind} was agreed on.", answer),
            ProtectionKind.Signature => _signed.Verify(answer, algorithm, new SignerKnowledge(KnownSigner, _seen, IsFirst: _kind is null) { Issuers = issuers ?? [] }, issuing, now),
            _ when kind.IsUnderSharedSecret() && _macs is { } macs => macs.Verify(answer, IsAsBefore(algorithm) ? _lastMac! : algorithm),
            _ => throw AnswerCheck.WrongKind($"The message is protected by {kind}, and nothing that we share with the server could verify that.", answer),
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
        if (verified.Kind == ProtectionKind.KemBasedMac)
            Ciphertext = null;
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

    /// <summary>Forgets what was encapsulated for the server.</summary>
    public void Dispose() => _encapsulated?.Dispose();
}
