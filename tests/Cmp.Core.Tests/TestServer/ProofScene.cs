using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.TestServer;
using Xunit;

namespace Cmp.Tests.TestServer;

/// <summary>Requests of those who cannot sign, and what they do with the answers.</summary>
internal static class ProofScene
{
    internal static CertReqMsg EncrCert(PrivateKey key, string subject, int certReqId = 0, params AttributeTypeAndValue[] controls) => Later(key, subject, SubsequentMessage.EncrCert, certReqId, controls);

    internal static CertReqMsg Challenged(PrivateKey key, string subject, int certReqId = 0, params AttributeTypeAndValue[] controls) => Later(key, subject, SubsequentMessage.ChallengeResp, certReqId, controls);

    internal static CertReqMessages Ir(params CertReqMsg[] requests) => new(PkiBodyType.Ir, requests);

    internal static HandClient MacClient(this Peer peer, int pvno)
    {
        HandClient client = peer.MacClient();
        client.Pvno = pvno;
        return client;
    }

    internal static PkiHeader AskImplicit(PkiHeader header) => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] };

    internal static CertResponse Response(PkiMessage answer, int certReqId = 0) => Assert.IsType<CertRepMessage>(answer.Body).Responses.Single(response => response.CertReqId == certReqId);

    /// <summary>Opens what came encrypted.</summary>
    internal static Certificate Open(PkiMessage answer, PrivateKey key, int certReqId = 0)
    {
        CertResponse response = Response(answer, certReqId);
        Assert.True(response.CertifiedKeyPair is not null, response.Status.StatusString?.Texts[0]);
        Assert.Null(response.CertifiedKeyPair.Certificate);
        return EncryptedCertificate.Open(EncryptedKey.Decode(response.CertifiedKeyPair.EncryptedCert!.Value), key, CmpLimits.Default, answer.Header.Pvno < 3);
    }

    internal static Certificate Plain(PkiMessage answer, int certReqId = 0)
    {
        CertResponse response = Response(answer, certReqId);
        Assert.True(response.CertifiedKeyPair is not null, response.Status.StatusString?.Texts[0]);
        Assert.Null(response.CertifiedKeyPair.EncryptedCert);
        return response.CertifiedKeyPair.Certificate!;
    }

    /// <summary>The right answer to challenges.</summary>
    internal static PopoDecKeyRespContent Numbers(PkiMessage answer, params PrivateKey[] keys)
    {
        Assert.True(answer.Body is PopoDecKeyChallContent, answer.Body is CertRepMessage rep ? rep.Responses[0].Status.StatusString?.Texts[0] : answer.ToString());
        AnsweredChallenges answered = Challenges.Answer((PopoDecKeyChallContent)answer.Body, keys, answer.Header, CmpLimits.Default);
        Assert.Empty(answered.Warnings);
        return answered.Content;
    }

    internal static CertConfirmContent Confirm(params (Certificate Certificate, int CertReqId)[] entries) =>
        new([.. entries.Select(entry => Peer.Confirmation(entry.Certificate, entry.CertReqId).Statuses[0])]);

    internal static string[] Issued(Peer peer) => [.. peer.Responder.Issued.Select(certificate => certificate.Subject.ToString())];

    internal static AttributeTypeAndValue ProtocolEncrKey(PrivateKey key) => Controls.ProtocolEncrKey(key.PublicKey);

    private static CertReqMsg Later(PrivateKey key, string subject, SubsequentMessage how, int certReqId, AttributeTypeAndValue[] controls)
    {
        CertRequest asked = Peer.Asked(key, subject, certReqId: certReqId) with { Controls = controls };
        return new CertReqMsg(asked, PopoPrivKey.Later(Proofs.Of(key.Algorithm).HasFlag(KeyProofs.KeyAgreement), how), []);
    }
}
