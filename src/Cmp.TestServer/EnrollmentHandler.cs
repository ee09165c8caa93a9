using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Answers ir, cr, p10cr and kur (RFC 9810 5.3.1 to 5.3.6, RFC 9483 4.1 and 5.1.1).</summary>
internal sealed class EnrollmentHandler(TestServerOptions options, CertificationAuthority authority, CertificateRegister register, PossessionCheck possession) : IRequestHandler
{
    private readonly IssuingPolicy _policy = new(options, authority);

    /// <inheritdoc/>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        PkiBodyType type = AnswerTo(request.Body.Type);
        IReadOnlyList<CertResponse> responses = request.Body switch
        {
            P10crBody pkcs10 => [Answer(pkcs10.Request, transaction, now)],
            CertReqMessages { Requests: [var only] } => [Answer(only, request, transaction, now)],
            CertReqMessages several => AnswerSeveral(several.Requests, request, transaction, now),
            _ => throw new InvalidOperationException(),
        };
        if (options.FailInfo == FailInfo.None || options.Outcome is not null)
        {
            bool hasRoot = type == PkiBodyType.Ip && transaction.Requester.Kind.IsUnderSharedSecret() && transaction.Unconfirmed.Count > 0;
            return new CertRepMessage(type, responses) { CaPubs = hasRoot ? [authority.Root] : [] };
        }
        transaction.Unconfirmed.Clear();
        PkiStatusInfo rejection = PkiStatusInfo.Rejection(options.FailInfo, "This server was told to refuse.");
        return options.RejectByError ? new ErrorMsgContent(rejection) : Refuse(request.Body, rejection);
    }

    /// <inheritdoc/>
    public PkiBody Refuse(PkiBody request, PkiStatusInfo status) =>
        new CertRepMessage(AnswerTo(request.Type), request is CertReqMessages { Requests: var requests }
            ? requests.Select(one => new CertResponse(one.CertReq.CertReqId, status)).ToList()
            : [new CertResponse(options.Pkcs10CertReqId, status)]);

    /// <inheritdoc/>
    public PkiBody? Waiting(PkiBody answer) =>
        answer is CertRepMessage rep ? new CertRepMessage(rep.Type, rep.Responses.Select(response => new CertResponse(response.CertReqId, new PkiStatusInfo(PkiStatus.Waiting))).ToList()) : null;

    private static PkiBodyType AnswerTo(PkiBodyType request) => request switch
    {
        PkiBodyType.Ir => PkiBodyType.Ip,
        PkiBodyType.Kur => PkiBodyType.Kup,
        _ => PkiBodyType.Cp,
    };

    private CertResponse Answer(CertificationRequest request, ServerTransaction transaction, DateTimeOffset now)
    {
        PossessionCheck.Check(request);
        Decide(options.Pkcs10CertReqId, request.Subject, transaction);
        var changes = new List<string>();
        return Issue(options.Pkcs10CertReqId, _policy.Decide(request, now, changes), changes, transaction);
    }

    private List<CertResponse> AnswerSeveral(IReadOnlyList<CertReqMsg> requests, PkiMessage message, ServerTransaction transaction, DateTimeOffset now)
    {
        if (requests.Select(one => one.CertReq.CertReqId).Distinct().Count() != requests.Count)
            throw new RefusalException(MessageRules.RequestIdDoubled);
        return requests.Select(one =>
        {
            try
            {
                return Answer(one, message, transaction, now);
            }
            catch (RefusalException refusal)
            {
                return new CertResponse(one.CertReq.CertReqId, refusal.Status);
            }
            catch (CmpException e)
            {
                return new CertResponse(one.CertReq.CertReqId, RefusalException.From(e).Status);
            }
        }).ToList();
    }

    private CertResponse Answer(CertReqMsg request, PkiMessage message, ServerTransaction transaction, DateTimeOffset now)
    {
        CertRequest asked = request.CertReq;
        Certificate? old = message.Body.Type == PkiBodyType.Kur ? FindOld(asked, transaction.Requester, now) : null;
        if (asked.CertTemplate.PublicKey is { Key.IsEmpty: false } publicKey)
            possession.Check(request, publicKey, message.Header, transaction.Requester);
        Decide(asked.CertReqId, asked.CertTemplate.Subject, transaction);
        var changes = new List<string>();
        return Issue(asked.CertReqId, _policy.Decide(asked.CertTemplate, transaction.Requester, old, now, changes), changes, transaction);
    }

    /// <summary>What this server was told to do with a request that is in order.</summary>
    private void Decide(int certReqId, Name? subject, ServerTransaction transaction)
    {
        switch (options.Outcome?.Invoke(certReqId, subject))
        {
            case RequestOutcome.Reject:
                throw new RefusalException(options.FailInfo == FailInfo.None ? FailInfo.BadRequest : options.FailInfo, "This server was told to refuse.");
            case RequestOutcome.Wait:
                transaction.LateIds.Add(certReqId);
                break;
            default:
                break;
        }
    }

    /// <summary>RFC 9483 4.1.3: the certificate that is updated signs the request; RFC 9810 lets a secret stand for it.</summary>
    private Certificate FindOld(CertRequest request, Requester requester, DateTimeOffset now)
    {
        if (requester.Kind == ProtectionKind.None || (options.Strict && requester.Certificate is null))
            throw new RefusalException(MessageRules.UpdateProtection);
        Certificate? old = request.FindControl(Oids.OldCertId) is { } control ? Find(Controls.ReadOldCertId(control), now)
            : requester.IsOurs ? requester.Certificate
            : null;
        if (old is null || now > old.NotAfter)
            throw new RefusalException(FailInfo.BadCertId, "The certificate to be updated is none of ours, or not valid any more.");
        if (requester is { Certificate: { } certificate, IsRegistrationAuthority: false } && !old.IsSameAs(certificate))
            throw new RefusalException(FailInfo.NotAuthorized, "The certificate to be updated is not the one that signs.");
        return old;
    }

    private Certificate? Find(CertId id, DateTimeOffset now) =>
        id.Issuer.DirectoryName?.IsSameAs(authority.Issuing.Subject) == true ? register.Find(id.SerialNumber, now) : null;

    private CertResponse Issue(int certReqId, CertificateContent content, List<string> changes, ServerTransaction transaction)
    {
        Certificate certificate = authority.Issue(content);
        transaction.Unconfirmed[certReqId] = certificate;
        PkiStatusInfo status = changes.Count == 0 ? new PkiStatusInfo(PkiStatus.Accepted) : new PkiStatusInfo(PkiStatus.GrantedWithMods, new PkiFreeText(changes));
        return new CertResponse(certReqId, status, new CertifiedKeyPair { Certificate = certificate });
    }
}
