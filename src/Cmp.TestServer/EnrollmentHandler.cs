using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>Answers ir, cr, p10cr and kur (RFC 9810 5.3.1 to 5.3.6, RFC 9483 4.1 and 5.1.1), and challenges those who want to prove themselves so (RFC 9810 5.2.8.3.3).</summary>
internal sealed class EnrollmentHandler(TestServerOptions options, CertificationAuthority authority, CertificateRegister register, PossessionCheck possession, KeyArchive archive, KeyGeneration generation) : IChallengingHandler
{
    private readonly IssuingPolicy _policy = new(options, authority);

    /// <inheritdoc/>
    public PkiBody Answer(PkiMessage request, ServerTransaction transaction, DateTimeOffset now) =>
        (request.Body as CertReqMessages is { } asked ? Challenge(asked, request, transaction, now) : null) ?? Answer(request, proven: null, transaction, now);

    /// <inheritdoc/>
    public PkiBody AnswerChallenged(PkiMessage request, ISet<int> proven, ServerTransaction transaction, DateTimeOffset now) => Answer(request, proven, transaction, now);

    private PkiBody Answer(PkiMessage request, ISet<int>? proven, ServerTransaction transaction, DateTimeOffset now)
    {
        PkiBodyType type = AnswerTo(request.Body.Type);
        IReadOnlyList<CertResponse> responses = request.Body switch
        {
            P10crBody pkcs10 => [Answer(pkcs10.Request, transaction, now)],
            CertReqMessages { Requests: [var only] } => [Answer(only, request, proven, transaction, now)],
            CertReqMessages several => AnswerSeveral(several.Requests, request, proven, transaction, now),
            _ => throw new InvalidOperationException(),
        };
        if (!IsRefusing)
        {
            bool hasRoot = type == PkiBodyType.Ip && transaction.Requester.Kind.IsUnderSharedSecret() && transaction.Unconfirmed.Count > 0;
            return new CertRepMessage(type, responses) { CaPubs = hasRoot ? [authority.Root] : [] };
        }
        foreach (UnconfirmedCertificate issued in transaction.Unconfirmed.Values)
            archive.Forget(issued.Certificate);
        transaction.Unconfirmed.Clear();
        return Rejection(request.Body);
    }

    private bool IsRefusing => options.FailInfo != FailInfo.None && options.Outcome is null;

    private PkiBody Rejection(PkiBody request)
    {
        PkiStatusInfo rejection = PkiStatusInfo.Rejection(options.FailInfo, "This server was told to refuse.");
        return options.RejectByError ? new ErrorMsgContent(rejection) : Refuse(request, rejection);
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
        possession.Check(request);
        Decide(options.Pkcs10CertReqId, request.Subject, transaction);
        var changes = new List<string>();
        Certificate certificate = authority.Issue(_policy.Decide(request, now, changes));
        transaction.Unconfirmed[options.Pkcs10CertReqId] = new UnconfirmedCertificate(certificate);
        return Granted(options.Pkcs10CertReqId, new CertifiedKeyPair { Certificate = certificate }, changes);
    }

    private List<CertResponse> AnswerSeveral(IReadOnlyList<CertReqMsg> requests, PkiMessage message, ISet<int>? proven, ServerTransaction transaction, DateTimeOffset now)
    {
        if (requests.Select(one => one.CertReq.CertReqId).Distinct().Count() != requests.Count)
            throw new RefusalException(MessageRules.RequestIdDoubled);
        return requests.Select(one =>
        {
            try
            {
                return Answer(one, message, proven, transaction, now);
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

    /// <summary>
    /// The challenges, one for each request that asks for one, in their order; <see langword="null"/>: there is nothing to challenge, for nobody asks, or who asks is
    /// refused in any case.
    /// </summary>
    private PkiBody? Challenge(CertReqMessages asked, PkiMessage message, ServerTransaction transaction, DateTimeOffset now)
    {
        List<CertReqMsg> requests = [.. asked.Requests.Where(request =>
            request is { Popo: PopoPrivKey { Subsequent: SubsequentMessage.ChallengeResp }, CertReq.CertTemplate.PublicKey: { Key.IsEmpty: false } })];
        if (requests.Count > 0 && IsRefusing)
            return Rejection(asked);
        if (!requests.Exists(request => WouldGrant(request, message, transaction, now)))
            return null;
        if (requests.Select(request => request.CertReq.CertReqId).Distinct().Count() != requests.Count)
            throw new RefusalException(MessageRules.RequestIdDoubled);
        (PopoDecKeyChallContent challenges, IReadOnlyList<BigInteger> numbers) = Made(() => Challenges.Create(
            [.. requests.Select(request => (request.CertReq.CertTemplate.PublicKey!, request.CertReq.CertReqId))], GeneralName.FromName(authority.Signer.Subject), message.Header.Pvno));
        transaction.Challenge = HeldChallenge.Of(
            message,
            requests.Select((request, i) => new KeyValuePair<int, BigInteger>(request.CertReq.CertReqId, numbers[i])),
            CertificationAuthority.WholeSeconds(now + options.ConfirmWaitTime));
        return challenges;
    }

    private bool WouldGrant(CertReqMsg request, PkiMessage message, ServerTransaction transaction, DateTimeOffset now)
    {
        try
        {
            using Judgement judgement = Judge(request, message, transaction, now);
            return true;
        }
        catch (Exception e) when (e is RefusalException or CmpException)
        {
            return false; // it is said why when all are answered
        }
    }

    private CertResponse Answer(CertReqMsg request, PkiMessage message, ISet<int>? proven, ServerTransaction transaction, DateTimeOffset now)
    {
        CertRequest asked = request.CertReq;
        RequestNotes.Tell(options.Trace, request);
        using Judgement judgement = Judge(request, message, transaction, now);
        if (judgement.Proof?.Kind == ProofOfPossessionKind.ChallengeResponse && proven?.Contains(asked.CertReqId) != true)
            throw new RefusalException(MessageRules.PopDoesNotVerify, "The number that came back is not the one that was encrypted.");
        using PrivateKey? made = judgement.KeyAlgorithm is { } algorithm ? PrivateKey.Generate(algorithm) : null;
        Certificate certificate = authority.Issue(made is null ? judgement.Content : judgement.Content with { PublicKey = made.PublicKey });
        bool isEncrypted = judgement.Proof?.Kind == ProofOfPossessionKind.EncryptedCertificate;
        CertifiedKeyPair pair = isEncrypted
            ? new CertifiedKeyPair { EncryptedCert = Made(() => EncryptedCertificate.Create(certificate, message.Header.Pvno, options.Envelope)).Encoded }
            : new CertifiedKeyPair { Certificate = certificate };
        using PrivateKey? unasked = made is null && options.KeyPackageFault == KeyPackageFault.Unasked ? PrivateKey.Generate(options.KeyAlgorithm) : null;
        if ((made ?? unasked) is { } sent)
            pair = pair with { PrivateKey = generation.Seal(sent, asked, message.Header, transaction.Requester) };
        Archive(request, certificate, made, judgement.Proof);
        transaction.Unconfirmed[asked.CertReqId] = new UnconfirmedCertificate(certificate) { IsUnproven = isEncrypted, IsUnpublished = Publication.IsForbidden(asked) };
        return Granted(asked.CertReqId, pair, judgement.Changes);
    }

    private Judgement Judge(CertReqMsg request, PkiMessage message, ServerTransaction transaction, DateTimeOffset now)
    {
        CertRequest asked = request.CertReq;
        Certificate? old = message.Body.Type == PkiBodyType.Kur ? FindOld(asked, transaction.Requester, now) : null;
        SubjectPublicKeyInfo? given = asked.CertTemplate.PublicKey is { Key.IsEmpty: false } key ? key : null;
        PossessionProof? proof = null;
        try
        {
            KeyAlgorithm? algorithm = null;
            if (given is not null)
            {
                proof = possession.Check(request, given, message.Header, transaction.Requester);
            }
            else
            {
                KeyGeneration.Check(request, message.Header);
                possession.CheckCentral();
                algorithm = generation.Decide(asked);
            }
            Decide(asked.CertReqId, asked.CertTemplate.Subject, transaction);
            var changes = new List<string>();
            SubjectPublicKeyInfo certified = given ?? new SubjectPublicKeyInfo(algorithm!.ToIdentifier(), ReadOnlyMemory<byte>.Empty);
            return new Judgement(_policy.Decide(asked.CertTemplate, certified, transaction.Requester, old, now, changes), proof, algorithm, changes);
        }
        catch
        {
            proof?.Dispose();
            throw;
        }
    }

    /// <summary>Keeps the private key where the requester wants it (RFC 4211 6.4); who sends it as its own proof wants that (RFC 9810 5.2.8.3.1).</summary>
    /// <exception cref="RefusalException">badRequest: there is no key to be kept.</exception>
    private void Archive(CertReqMsg request, Certificate certificate, PrivateKey? made, PossessionProof? proof)
    {
        PkiArchiveOptions? asked = request.CertReq.FindControl(Oids.PkiArchiveOptions) is { } control ? Controls.ReadArchiveOptions(control) : null;
        if (asked?.KeyGenParameters is not null)
            throw new RefusalException(FailInfo.BadRequest, "How a key could be made again from keyGenParameters is not agreed on (RFC 4211 6.4).");
        if (asked?.EncryptedPrivKey is not null && made is not null)
            throw new RefusalException(FailInfo.BadRequest, "A key came to be archived, and one is made here.");
        using PrivateKey? sent = asked?.EncryptedPrivKey is { } encrypted ? possession.Open(encrypted, certificate.PublicKey) : null;
        if ((sent ?? proof?.Key ?? (asked?.ArchiveRemGenPrivKey == true ? made : null)) is { } key)
            archive.Keep(certificate, key);
    }

    /// <summary>What cannot be made for a key proves nothing of it.</summary>
    private static T Made<T>(Func<T> make)
    {
        try
        {
            return make();
        }
        catch (CmpException e)
        {
            throw new RefusalException(FailInfo.BadPOP, $"The key does not prove itself so: {e.Message}");
        }
    }

    private static CertResponse Granted(int certReqId, CertifiedKeyPair pair, List<string> changes) => new(
        certReqId,
        changes.Count == 0 ? new PkiStatusInfo(PkiStatus.Accepted) : new PkiStatusInfo(PkiStatus.GrantedWithMods, new PkiFreeText(changes)),
        pair);

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

    /// <summary>A request that is in order.</summary>
    private sealed record Judgement(CertificateContent Content, PossessionProof? Proof, KeyAlgorithm? KeyAlgorithm, List<string> Changes) : IDisposable
    {
        public void Dispose() => Proof?.Dispose();
    }
}
