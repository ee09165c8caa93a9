using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Protection;

/// <summary>
/// Verifies answers under a secret that the key of the server's certificate gave it: KemBasedMac and DHBasedMac. They count as signatures of that
/// certificate (rule 31), which has to be trusted as a signer's has (rule 65).
/// </summary>
internal sealed class AgreedMacAnswers : AnswerCheck
{
    private readonly PeerTrust _peers;
    private readonly Certificate _peer;
    private readonly SharedSecret _secret;
    private readonly ReadOnlyMemory<byte> _transactionId;

    /// <summary>What was encapsulated for the server.</summary>
    internal AgreedMacAnswers(TrustSettings trust, PeerTrust peers, Certificate peer, SharedSecret secret, ReadOnlyMemory<byte> transactionId)
        : base(trust)
    {
        _peers = peers;
        _peer = peer;
        _secret = secret;
        _transactionId = transactionId;
        Kind = ProtectionKind.KemBasedMac;
    }

    /// <summary>What two certificates agree on.</summary>
    internal AgreedMacAnswers(TrustSettings trust, PeerTrust peers, DhCertificate certificate)
        : base(trust)
    {
        _peers = peers;
        _peer = certificate.Peer;
        _secret = certificate.Secret;
        Kind = ProtectionKind.DhBasedMac;
    }

    /// <summary>Which of the two.</summary>
    internal ProtectionKind Kind { get; }

    /// <summary>Verifies one, over the octets that arrived.</summary>
    internal VerifiedAnswer Verify(PkiMessage answer, AlgorithmIdentifier algorithm, SignerKnowledge known, IReadOnlyList<Certificate> issuing, DateTimeOffset now)
    {
        Name? sender = CheckExpectedSender(answer, underMac: false);
        bool ignoreOrder = Trust.Pin is not null || Trust.ExpectedSender is not null;
        if (sender is { IsEmpty: false } && !sender.IsSameAs(_peer.Subject, ignoreOrder))
            throw Invalid($"The message comes from {answer.Header.Sender}, and {_peer} protects it.", answer);
        SharedSecretMac mac = SharedSecretMac.ReadAgreed(algorithm, _transactionId, Trust.Limits);
        if (mac.UsesSha1 && !Trust.AllowPbmSha1)
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Algorithm", $"The server protects by {mac}, which is not accepted here.") { Octets = answer.Encoded };
        if (mac.Verify(_secret, answer.ProtectedPart, answer.Protection!.Value) is null)
            throw Invalid("The MAC of the message is wrong: the server has another key, or the message was changed on its way.", answer, "See that -ServerCertificate is the one that the server uses now.");
        var warnings = new List<string>();
        KeyUsages needed = Kind == ProtectionKind.KemBasedMac ? KeyUsages.KeyEncipherment : KeyUsages.KeyAgreement;
        IReadOnlyList<Certificate> candidates = [.. answer.ExtraCerts.Take(AnswerVerifier.MaxExtraCerts), .. known.Seen];
        return new VerifiedAnswer(Kind, _peers.Validate(_peer, needed, candidates, known.Signer, issuing, known.Issuers, now, warnings), warnings);
    }
}
