using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Answers krr: gives the keys back that were kept for somebody, and certifies a new key for signatures where the request has one (RFC 9810 5.3.7 and 5.3.8).</summary>
/// <remarks>
/// RFC 9810 says little of what a krr names, so several ways are understood: one certificate by its issuer and serial number, in the template or as oldCertID, or by an archived
/// public key without a proof; else all certificates of a subject, the template's or the requester's own. A public key with a proof is new, and is certified.
/// Keys come back to who has the shared secret, to who signs with a certificate of the same subject, and to registration authorities.
/// </remarks>
internal sealed class KeyRecoveryHandler(TestServerOptions options, CertificationAuthority authority, CertificateRegister register, PossessionCheck possession, KeyArchive archive, KeyGeneration generation) : IDeliveringHandler
{
    /// <summary>So that the answer stays within what a client reads.</summary>
    private const int MaxKeys = 100;

    private readonly IssuingPolicy _policy = new(options, authority);

    /// <inheritdoc/>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (transaction.Requester.Kind == ProtectionKind.None)
            throw new RefusalException(FailInfo.WrongIntegrity, "Keys are given back to somebody: the message is protected.") { IsOfMessage = true };
        if (((CertReqMessages)request.Body).Requests is not [var asked])
            throw new RefusalException(FailInfo.BadRequest, "A krr holds one request here.");
        if (options.FailInfo != FailInfo.None)
        {
            PkiStatusInfo rejection = PkiStatusInfo.Rejection(options.FailInfo, "This server was told to refuse.");
            return options.RejectByError ? new ErrorMsgContent(rejection) : Refuse(request.Body, rejection);
        }
        RequestNotes.Tell(options.Trace, asked);
        var changes = new List<string>();
        Certificate? renewed = Certify(asked, request.Header, transaction.Requester, now, changes);
        IReadOnlyList<CertifiedKeyPair> history = [];
        if (asked.CertReq.FindControl(Oids.ProtocolEncrKey) is not null)
            history = Recover(asked, renewed is not null, request.Header, transaction.Requester, now, changes);
        else if (renewed is null)
            throw new RefusalException(FailInfo.BadRequest, "A krr names by protocolEncrKey the key that what is recovered is encrypted for (RFC 9810 5.3.7).");
        PkiStatusInfo status = changes.Count == 0 ? new PkiStatusInfo(PkiStatus.Accepted) : new PkiStatusInfo(PkiStatus.GrantedWithMods, new PkiFreeText(changes));
        return new KeyRecRepContent(status) { NewSigCert = renewed, CaCerts = [authority.Issuing, authority.Root], KeyPairHist = history };
    }

    /// <inheritdoc/>
    public PkiBody Refuse(PkiBody request, PkiStatusInfo status) => new KeyRecRepContent(status);

    /// <summary>RFC 9483 has no krp.</summary>
    public PkiBody? Waiting(PkiBody answer) => answer is KeyRecRepContent && !options.Strict ? new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Waiting)) : null;

    /// <summary>A certificate for signatures is there for good: nothing confirms what a krp brings (RFC 9810 5.3.18).</summary>
    public PkiBody Deliver(PkiBody answer, ServerTransaction transaction, DateTimeOffset now)
    {
        if (answer is KeyRecRepContent { NewSigCert: { } renewed })
            transaction.Registered.Add(register.Add(new UnconfirmedCertificate(renewed), deadline: null));
        return answer;
    }

    private Certificate? Certify(CertReqMsg request, PkiHeader header, Requester requester, DateTimeOffset now, List<string> changes)
    {
        if (request.Popo is null)
            return null;
        if (request.CertReq.CertTemplate.PublicKey is not { Key.IsEmpty: false } key)
            throw new RefusalException(MessageRules.TemplateCentralKey);
        using PossessionProof proof = possession.Check(request, key, header, requester);
        if (proof.Kind is Client.ProofOfPossessionKind.EncryptedCertificate or Client.ProofOfPossessionKind.ChallengeResponse)
            throw new RefusalException(FailInfo.BadPOP, "What a krr has certified is a key for signatures: it signs.");
        return authority.Issue(_policy.Decide(request.CertReq.CertTemplate, key, requester, null, now, changes));
    }

    private IReadOnlyList<CertifiedKeyPair> Recover(CertReqMsg request, bool hasNew, PkiHeader header, Requester requester, DateTimeOffset now, List<string> changes)
    {
        IReadOnlyList<Certificate> wanted = Find(request, requester, now);
        if (wanted.Count == 0 && !hasNew)
            throw new RefusalException(FailInfo.BadCertId, "No certificate of ours is meant.");
        if (!wanted.All(certificate => MayHave(requester, certificate)))
            throw new RefusalException(FailInfo.NotAuthorized, "Keys are given back to their owner, to who has the secret, or to a registration authority.");
        var history = new List<CertifiedKeyPair>();
        foreach (Certificate certificate in wanted)
        {
            using PrivateKey? key = history.Count < MaxKeys ? archive.Find(certificate) : null;
            if (key is not null)
                history.Add(new CertifiedKeyPair { Certificate = certificate, PrivateKey = generation.Seal(key, request.CertReq, header, requester) });
        }
        if (history.Count > 0)
            return history;
        if (!hasNew)
            throw new RefusalException(FailInfo.BadCertId, "No private key was archived with what is meant.");
        changes.Add("There is no private key to give back.");
        return history;
    }

    private static bool MayHave(Requester requester, Certificate certificate) =>
        requester.Kind.IsUnderSharedSecret() || requester.IsRegistrationAuthority || (requester.IsOurs && requester.Certificate!.Subject.IsSameAs(certificate.Subject));

    private IReadOnlyList<Certificate> Find(CertReqMsg request, Requester requester, DateTimeOffset now)
    {
        CertTemplate template = request.CertReq.CertTemplate;
        if (request.CertReq.FindControl(Oids.OldCertId) is { } control)
        {
            CertId id = Controls.ReadOldCertId(control);
            return id.Issuer.DirectoryName is { } issuer ? Find(id.SerialNumber, issuer, now) : [];
        }
        if (template.SerialNumber is { } serial)
            return Find(serial, template.Issuer, now);
        if (template.PublicKey is { Key.IsEmpty: false } key && request.Popo is null)
            return register.FindIssued(key, now);
        return register.FindIssued(template.Subject ?? _policy.NameOf(requester), now);
    }

    private IReadOnlyList<Certificate> Find(ReadOnlyMemory<byte> serial, Name? issuer, DateTimeOffset now) =>
        register.FindIssued(serial, now) is { } found && issuer?.IsSameAs(found.Certificate.Issuer) != false ? [found.Certificate] : [];
}
