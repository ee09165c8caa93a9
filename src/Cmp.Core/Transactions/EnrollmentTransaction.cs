using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>Enrols or renews certificates, one or several in one message: ir, cr, p10cr or kur, polling, the decisions, the confirmation.</summary>
/// <remarks>
/// <code>
/// Requested --ip/cp/kup: certificates--> Deciding --all accepted or refused--> Confirming --pkiconf--> Ended
///     |  \--all wait--> Polling --pollRep--> (wait) --pollReq--> Polling  |  \--implicitly confirmed--> Ended
///     |                    ^----------- Settled: some have ended, others wait --/
///     \--error, rejection of all--> Ended (an error with status waiting begins polling in any state: RFC 9483 4.4)
/// </code>
/// Each response of an answer is for one request: a rejection ends that request alone. One certConf speaks of all certificates of an answer;
/// then the transaction polls for the requests that wait.
/// RFC 9810 5.3.1 to 5.3.6, 5.3.18, 5.3.22; RFC 9483 4.1 and 4.4 (which know one request a message).
/// </remarks>
public sealed class EnrollmentTransaction : Transaction
{
    private readonly PkiBody _request;
    private readonly IReadOnlyList<RequestedCertificate> _requests;
    private readonly Name? _subject;
    private readonly Name? _issuer;
    private readonly Certificate? _oldCertificate;
    private readonly List<ReadOnlyMemory<byte>> _answers = [];

    private TransactionPhase _phase = TransactionPhase.New;
    private ReadOnlyMemory<byte> _firstMessage;

    /// <summary>Prepares an enrolment.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body: CertReqMsgs, each with a certReqId of its own (ir, cr, kur), or a PKCS #10.</param>
    /// <param name="oldCertificate">The certificate that is updated, or <see langword="null"/>.</param>
    public EnrollmentTransaction(TransactionSettings settings, PkiBody request, Certificate? oldCertificate = null)
        : base(settings)
    {
        _request = request;
        _oldCertificate = oldCertificate;
        switch (request)
        {
            case P10crBody pkcs10:
                _requests = [new RequestedCertificate(0, 0, pkcs10.Request.PublicKey)];
                _subject = pkcs10.Request.Subject;
                break;
            case CertReqMessages { Requests: { Count: > 0 } requests } when requests.Select(one => one.CertReq.CertReqId).Distinct().Count() == requests.Count:
                _requests = [.. requests.Select((one, number) => new RequestedCertificate(number, one.CertReq.CertReqId, one.CertReq.CertTemplate.PublicKey))];
                _subject = oldCertificate?.Subject ?? requests[0].CertReq.CertTemplate.Subject;
                _issuer = requests[0].CertReq.CertTemplate.Issuer ?? oldCertificate?.Issuer;
                break;
            default:
                throw new ArgumentException("An enrolment has a request, and each of several has a certReqId of its own.", nameof(request));
        }
    }

    /// <summary>Takes up an enrolment that another process left.</summary>
    /// <param name="settings">Who speaks to whom, and how; the transactionID is that of the messages.</param>
    /// <param name="state">What <see cref="Capture()"/> gave there.</param>
    /// <param name="oldCertificate">The certificate that is updated, or <see langword="null"/>.</param>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: what is in the state is none of ours.</exception>
    public EnrollmentTransaction(TransactionSettings settings, TransactionState state, Certificate? oldCertificate = null)
        : this(settings, PkiMessage.Decode(state.Request), state, oldCertificate)
    {
    }

    private EnrollmentTransaction(TransactionSettings settings, PkiMessage request, TransactionState state, Certificate? oldCertificate)
        : this(settings with { TransactionId = request.Header.TransactionId }, request.Body, oldCertificate)
    {
        Restore(state);
        _phase = state.Phase;
        _firstMessage = state.Request;
        foreach (ReadOnlyMemory<byte> octets in state.Answers)
        {
            PkiMessage answer = PkiMessage.Decode(octets);
            if (answer.Body is not CertRepMessage rep)
                continue;
            _answers.Add(octets);
            foreach (CertResponse response in rep.Responses)
            {
                if (Find(response.CertReqId) is { } asked)
                    Take(asked, response, rep, answer, new VerifiedAnswer(state.AnswerProtection ?? ProtectionKind.None, null, []));
            }
        }
        foreach (RequestedCertificate one in _requests)
        {
            if (one.Number >= state.Requests.Count)
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The state of the transaction knows fewer requests than its message.");
            RequestState said = state.Requests[one.Number];
            if (said.Phase is not (RequestPhase.Requested or RequestPhase.Waiting) && one.Issued is null && one.Failure is null)
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The state of the transaction lacks an answer that had come.");
            one.Phase = said.Phase;
            one.Confirmed = said.Confirmed;
            if (said.Refusal is { } refusal)
                one.Failure = new CmpException(CmpErrorKind.Trust, said.RefusalErrorId ?? "CmpTransaction.Refused", refusal);
        }
    }

    /// <summary>How far it is.</summary>
    public TransactionPhase Phase => _phase;

    /// <summary>What is asked for.</summary>
    public PkiBody Request => _request;

    /// <summary>Each request of it, and what became of it, in the order of the message.</summary>
    public IReadOnlyList<RequestedCertificate> Requests => _requests;

    /// <summary>Whether a certificate that came was accepted.</summary>
    public bool IsAccepted => _requests.Any(one => one.IsAccepted);

    /// <summary>What the server issued for the first request, which is the only one as a rule; <see langword="null"/> before.</summary>
    public IssuedCertificate? Issued => _requests[0].Issued;

    /// <summary>Whether the server knows of each certificate that was accepted that it was: by pkiConf that somebody vouches for, or implicitly.</summary>
    public bool Confirmed => _requests.Any(one => one.Confirmed) && _requests.All(one => one.Confirmed || !one.IsAccepted);

    /// <summary>
    /// Whether a certificate may be in force although the transaction failed: we accepted it, and the server answered that by an error.
    /// Its key is not to be deleted then (rule 44).
    /// </summary>
    public bool IsInDoubt => _requests.Any(one => one.IsInDoubt);

    /// <summary>Certificates of keys that we named.</summary>
    private protected override bool MayBeUnprotected => _requests.All(one => one.Key is { Key.IsEmpty: false });

    private protected override HeaderNames Names => new(_subject, _issuer);

    private PkiBodyType ExpectedAnswer => _request.Type switch
    {
        PkiBodyType.Ir => PkiBodyType.Ip,
        PkiBodyType.Kur => PkiBodyType.Kup,
        PkiBodyType.Ccr => PkiBodyType.Ccp,
        _ => PkiBodyType.Cp,
    };

    private bool IsWaiting => _requests.Any(one => one.Phase == RequestPhase.Waiting);

    /// <summary>What the certConf is about whose acknowledgement is awaited.</summary>
    private IEnumerable<RequestedCertificate> Told => _requests.Where(one => one.Phase is RequestPhase.Accepted or RequestPhase.Refused);

    /// <summary>Whether it is refusals only that the server is told of: what it answers does not matter then.</summary>
    private bool IsRefusal => _phase == TransactionPhase.Confirming && Told.All(one => one.Phase == RequestPhase.Refused);

    /// <inheritdoc/>
    public override TransactionStep Start(DateTimeOffset now)
    {
        if (_phase != TransactionPhase.New)
            throw new InvalidOperationException("A transaction starts once.");
        if (IsCmp1999 && _requests.Count > 1)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProtocolVersion", "In cmp1999 (RFC 2510) all certificates of a message are accepted or none: it is asked for one at a time.")
            {
                RecommendedAction = "Leave -BatchSize or -ProtocolVersion 1 out.",
            };
        }
        _phase = TransactionPhase.Requested;
        return Ask(now);
    }

    private TransactionStep.Send Ask(DateTimeOffset now)
    {
        var info = new List<InfoTypeAndValue>();
        // cmp1999 knows no implicit confirmation
        if (Settings.ImplicitConfirm && !Settings.ExplicitConfirm && !IsCmp1999)
            info.Add(InfoTypeAndValue.ImplicitConfirm);
        if (Settings.CertProfile is { } profile)
            info.Add(InfoTypeAndValue.CertProfile(profile));
        info.AddRange(Settings.GeneralInfo);
        TransactionStep.Send first = Message(_request, now, pvno: 2, last: false, info);
        _firstMessage = first.Octets;
        return first;
    }

    /// <summary>What another process needs to go on from here.</summary>
    /// <returns>The state; a copy.</returns>
    public TransactionState Capture() => Capture(_phase, _firstMessage) with
    {
        Answers = [.. _answers],
        Requests = [.. _requests.Select(one => new RequestState(one.Phase)
        {
            // what the server refused stands in its answer
            Refusal = one.Issued is null ? null : one.Failure?.Message,
            RefusalErrorId = one.Issued is null ? null : one.Failure?.ErrorId,
            Confirmed = one.Confirmed,
        })],
    };

    /// <inheritdoc/>
    public override TransactionStep Continue(DateTimeOffset now)
    {
        switch (_phase)
        {
            case TransactionPhase.Deciding:
                return Next(now);
            case TransactionPhase.Ended:
                return Ended();
            case TransactionPhase.Requested when !IsWaitedFor || IsCmp1999:
                TransactionStep.Send request = Again(now, first: true, last: false);
                _firstMessage = request.Octets;
                return request;
            case TransactionPhase.Requested when IsPollDue:
                return Resume(now);
            case TransactionPhase.Requested or TransactionPhase.Confirming:
                return Again(now, first: false, last: !IsWaitedFor && !IsWaiting);
            default:
                throw new InvalidOperationException("Nothing was said yet.");
        }
    }

    /// <summary>Accepts or refuses the certificate of a <see cref="TransactionStep.Decide"/>.</summary>
    /// <param name="refusal">Why it is refused; <see langword="null"/> accepts it.</param>
    /// <param name="now">The time.</param>
    /// <returns>The next certificate to decide on, the certConf to send, or the end.</returns>
    public TransactionStep Decide(CmpException? refusal, DateTimeOffset now)
    {
        if (_phase != TransactionPhase.Deciding || _requests.FirstOrDefault(one => one.Phase == RequestPhase.Deciding) is not { } request)
            throw new InvalidOperationException("There is no certificate to decide on.");
        Decide(request, refusal);
        return Next(now);
    }

    /// <inheritdoc/>
    public override TransactionStep Unanswered(CmpException? error, DateTimeOffset now)
    {
        if (_phase != TransactionPhase.Confirming)
        {
            return new TransactionStep.Failed(error ?? new CmpException(CmpErrorKind.Protocol, "CmpTransport.NoAnswer", "The server answered without a message where one is due."), null);
        }
        // RFC 2510 has no answer to conf: that it arrived is all that can be known
        bool isAll = IsCmp1999 && error is null;
        if (!IsRefusal && !isAll)
        {
            // rule 44: the certificate is good, only the server's last word is missing
            string deadline = Told.First().Issued!.ConfirmWaitTime is { } time ? $" The server waits for it until {time:u} and may revoke the certificate then." : string.Empty;
            Warn($"The server did not acknowledge the confirmation of the certificate.{(error is null ? string.Empty : " " + error.Message)}{deadline}");
        }
        return EndConfirmation(confirmed: isAll, now);
    }

    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer)
    {
        var concerned = new List<Certificate>();
        if (answer.Body is CertRepMessage rep)
            concerned.AddRange(rep.Responses.Select(response => response.CertifiedKeyPair?.Certificate).OfType<Certificate>().Where(certificate => Unreadable(certificate) is null));
        concerned.AddRange(_requests.Select(one => one.Issued?.Certificate).OfType<Certificate>());
        if (_oldCertificate is not null)
            concerned.Add(_oldCertificate);
        return concerned;
    }

    private protected override PkiStatusInfo? NegativeStatus(PkiMessage answer) => answer.Body switch
    {
        ErrorMsgContent { Status.Status: not PkiStatus.Waiting } error => error.Status,
        CertRepMessage { Responses.Count: > 0 } rep when rep.Responses.All(response => response.Status.Status == PkiStatus.Rejection) => rep.Responses[0].Status,
        PkiConfirmContent => new PkiStatusInfo(PkiStatus.Accepted),
        _ => null,
    };

    private protected override TransactionStep Advance(PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now)
    {
        switch (answer.Body)
        {
            case ErrorMsgContent { Status.Status: PkiStatus.Waiting } when IsRefusal:
                return EndConfirmation(confirmed: false, now); // the acknowledgement of a refusal is not worth waiting for
            case ErrorMsgContent { Status.Status: PkiStatus.Waiting }:
                return BeginPolling([WholeAnswer], now);
            case ErrorMsgContent error when _phase == TransactionPhase.Requested && !IsWaitedFor && IsInvitedToAskAgain(error, answer, verified):
                return Ask(now);
            case ErrorMsgContent error when _phase == TransactionPhase.Confirming && verified.IsAuthenticated && (error.Status.FailInfo & FailInfo.CertConfirmed) != 0:
                return EndConfirmation(confirmed: true, now);
            case ErrorMsgContent error:
                return EndByError(ServerError(error.Status, answer, verified.IsAuthenticated));
            case PollRepContent poll when IsWaitedFor:
                return Wait(poll, answer, now);
            case CertRepMessage rep when _phase == TransactionPhase.Requested && rep.Type == ExpectedAnswer:
                return TakeResponses(rep, answer, verified, now);
            case PkiConfirmContent when _phase == TransactionPhase.Confirming:
                if (!verified.IsAuthenticated && !IsRefusal)
                    Warn("The server's pkiConf is not protected: whether it took the confirmation is not known.");
                return EndConfirmation(verified.IsAuthenticated, now);
            case RawBody { Type: > PkiBodyType.PollRep } unknown:
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.UnknownBody", $"The server sent a body with the tag [{(int)unknown.Type}], which no version of CMP knows.") { Octets = answer.Encoded };
            default:
                throw Unexpected(answer, _phase == TransactionPhase.Confirming ? "In answer to certConf" : $"In answer to {PkiBodyTypeNames.Of(_request.Type)}").Error;
        }
    }

    private TransactionStep TakeResponses(CertRepMessage rep, PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now)
    {
        CheckIds(rep, answer);
        foreach (CertResponse response in rep.Responses)
        {
            RequestedCertificate request = Find(response.CertReqId)!;
            Take(request, response, rep, answer, verified);
            if (request.Phase == RequestPhase.Deciding)
                TellStatus(request, response);
        }
        if (rep.Responses.All(response => response.Status.Status == PkiStatus.Waiting))
            return BeginPolling(WaitingIds(), now);
        if (rep.CaPubs.Count > 0 && rep.Type != PkiBodyType.Ip && rep.Responses.Any(response => response.CertifiedKeyPair is not null))
            Warn($"caPubs of {PkiBodyTypeNames.Of(rep.Type)} are ignored: only an ip may bring them ({MessageRules.CaPubsPlace.Section}).");
        if (Settings.ExpectsCaPubs && rep.Type == PkiBodyType.Ip && rep.CaPubs.Count == 0 && rep.Responses.Any(response => response.CertifiedKeyPair is not null))
            Warn("The server sent no certificates of the CA in caPubs, where they are expected.");
        if (!verified.IsAuthenticated && rep.Responses.Any(response => response.CertifiedKeyPair is not null))
            Warn("Nobody vouches for the answer that brought the certificate, but the TLS connection and whoever issued it.");
        _answers.Add(answer.Encoded);
        EndPolling();
        _phase = TransactionPhase.Deciding;
        return Next(now);
    }

    /// <summary>An answer speaks once of each request that it is about: of all in the first place, later of one or more of those that wait.</summary>
    private void CheckIds(CertRepMessage rep, PkiMessage answer)
    {
        if (_requests.Count == 1 && rep.Responses.Count != 1)
            throw Wrong($"The answer holds {rep.Responses.Count} responses to one request.");
        var named = new HashSet<int>();
        foreach (CertResponse response in rep.Responses)
        {
            if (Find(response.CertReqId) is not { Phase: RequestPhase.Requested or RequestPhase.Waiting } request)
                throw Wrong($"The answer is for the certReqId {response.CertReqId}, which was not asked for{(Find(response.CertReqId) is null ? string.Empty : " again")}.");
            if (!named.Add(request.Number))
                throw Wrong($"The answer has two responses for the certReqId {response.CertReqId}.");
        }
        if (_requests.FirstOrDefault(one => one.Phase == RequestPhase.Requested && !named.Contains(one.Number)) is { } missing)
            throw Wrong($"The answer has no response for the certReqId {missing.CertReqId}.");
        if (named.Count == 0)
            throw Wrong("The answer has no response for any request that waits.");

        CmpException Wrong(string message) => new(CmpErrorKind.Transaction, "CmpTransaction.CertReqId", message) { Octets = answer.Encoded };
    }

    /// <summary>Rule 9: a PKCS #10 has no number, and servers answer 0 or -1.</summary>
    private RequestedCertificate? Find(int certReqId) => _request is P10crBody
        ? certReqId is 0 or WholeAnswer ? _requests[0] : null
        : _requests.FirstOrDefault(one => one.CertReqId == certReqId);

    /// <summary>Notes what a response says of its request (rule 37).</summary>
    private void Take(RequestedCertificate request, CertResponse response, CertRepMessage rep, PkiMessage answer, VerifiedAnswer verified)
    {
        PkiStatus status = response.Status.Status;
        switch (status)
        {
            case PkiStatus.Waiting:
                request.Phase = RequestPhase.Waiting;
                break;
            case PkiStatus.Accepted or PkiStatus.GrantedWithMods or PkiStatus.RevocationWarning:
            case PkiStatus.KeyUpdateWarning when rep.Type == PkiBodyType.Kup:
                if (response.CertifiedKeyPair is not { } pair)
                {
                    Spoil("CmpTransaction.NoCertificate", $"The server answered {PkiStatusNames.Of(status)} and sent no certificate.");
                }
                else if (pair.Certificate is not { } certificate)
                {
                    Spoil("CmpTransaction.EncryptedCertificate", "The server encrypted the certificate, which was not asked for.");
                }
                else if (pair.PrivateKey is not null)
                {
                    Spoil("CmpTransaction.UnexpectedKey", "The server sent a private key, which was not asked for.");
                }
                else if (Unreadable(certificate) is { } error)
                {
                    SpoilBy(error);
                }
                else
                {
                    request.Issued = Issue(request, rep, response, certificate, answer.Header, verified.Kind);
                    request.Phase = RequestPhase.Deciding;
                }
                break;
            default:
                request.Fail(ServerError(response.Status, answer, verified.IsAuthenticated));
                break;
        }
        request.CertReqId = response.CertReqId;

        void Spoil(string errorId, string message) => SpoilBy(new CmpException(CmpErrorKind.Transaction, errorId, message) { Octets = answer.Encoded });

        void SpoilBy(CmpException error)
        {
            // of several requests this one fails; else it is the answer that is worth nothing, and a good one may follow
            if (_requests.Count == 1)
                throw error;
            request.Fail(error);
        }
    }

    /// <summary>What is wrong with a certificate, which is read when it is first asked for something; <see langword="null"/>: it decodes.</summary>
    private static CmpException? Unreadable(Certificate certificate)
    {
        try
        {
            _ = certificate.PublicKey;
            return null;
        }
        catch (CmpException e)
        {
            return e;
        }
    }

    private void TellStatus(RequestedCertificate request, CertResponse response)
    {
        string? said = response.Status.Status switch
        {
            PkiStatus.GrantedWithMods => "The server granted the request with changes.",
            PkiStatus.RevocationWarning => "The server warns that the certificate is about to be revoked.",
            PkiStatus.KeyUpdateWarning => "The server had updated this certificate before.",
            _ => null,
        };
        if (said is not null)
            Warn($"{(_requests.Count > 1 ? $"{request.Issued!.Certificate}: " : string.Empty)}{said} {Show(response.Status.StatusString)}".TrimEnd());
    }

    private IssuedCertificate Issue(RequestedCertificate request, CertRepMessage rep, CertResponse response, Certificate certificate, PkiHeader header, ProtectionKind protection)
    {
        bool mayBringRoots = rep.Type == PkiBodyType.Ip;
        return new IssuedCertificate(certificate, response.Status)
        {
            Request = request.Number,
            CaPubs = mayBringRoots ? rep.CaPubs : [],
            CaPubsAreTrusted = mayBringRoots && protection.IsUnderSharedSecret(),
            IsAuthenticated = protection != ProtectionKind.None,
            Candidates = Verifier.SeenCertificates,
            ImplicitlyConfirmed = header.FindInfo(Oids.ImplicitConfirm) is not null && !Settings.ExplicitConfirm && !IsCmp1999,
            ConfirmWaitTime = header.FindInfo(Oids.ConfirmWaitTime)?.ReadTime(),
        };
    }

    /// <summary>The next certificate to decide on; where all are decided on, what follows from that.</summary>
    private TransactionStep Next(DateTimeOffset now)
    {
        foreach (RequestedCertificate request in _requests.Where(one => one.Phase == RequestPhase.Deciding))
        {
            Certificate certificate = request.Issued!.Certificate;
            if (request.Key is not { Key.IsEmpty: false } asked || asked.IsSameAs(certificate.PublicKey))
                return new TransactionStep.Decide(request.Issued);
            // rule 40: nobody needs to be asked
            Decide(request, new CmpException(CmpErrorKind.Trust, "CmpTransaction.WrongKey", $"The certificate that came, {certificate}, holds another key than the one that was to be certified.") { Octets = certificate.Encoded });
        }
        return Told.Any() ? Confirm(now) : Settle(now);
    }

    private static void Decide(RequestedCertificate request, CmpException? refusal)
    {
        request.Failure = refusal;
        // rule 43: the server takes it as accepted; a refusal is ours alone
        bool isOver = request.Issued!.ImplicitlyConfirmed;
        request.Confirmed = isOver && refusal is null;
        request.Phase = refusal is null ? isOver ? RequestPhase.Granted : RequestPhase.Accepted : isOver ? RequestPhase.Failed : RequestPhase.Refused;
    }

    /// <summary>
    /// One certConf for all certificates of an answer (RFC 9810 5.3.18, rule 42); in cmp1999 a conf without any hash, or an error message that
    /// refuses (RFC 2510 3.3.17 and 3.3.20).
    /// </summary>
    private TransactionStep.Send Confirm(DateTimeOffset now)
    {
        _phase = TransactionPhase.Confirming;
        CertStatus[] statuses = [.. Told.Select(StatusOf)];
        if (IsCmp1999)
            return Message(statuses[0].StatusInfo is { } refusal ? new ErrorMsgContent(refusal) : new PkiConfirmContent(), now, pvno: 2, last: true);
        return Message(new CertConfirmContent(statuses), now, statuses.Any(status => status.HashAlg is not null) ? 3 : 2, last: !IsWaiting);
    }

    private static CertStatus StatusOf(RequestedCertificate request)
    {
        Certificate certificate = request.Issued!.Certificate;
        string? digest = ImpliedDigest(certificate.SignatureAlgorithm);
        byte[] hash = Digests.Compute(digest ?? Oids.Sha256, certificate.Encoded);
        // what somebody else's exception says stays here
        string? reason = request.Failure?.InnerException is null or CmpException ? request.Failure?.Message : null;
        PkiStatusInfo? status = request.IsAccepted ? null : PkiStatusInfo.Rejection(FailInfo.IncorrectData, reason);
        return new CertStatus(hash, request.CertReqId, status, digest is null ? new AlgorithmIdentifier(Oids.Sha256) : null);
    }

    /// <summary>The digest that the signature names, where it is known here.</summary>
    private static string? ImpliedDigest(AlgorithmIdentifier signatureAlgorithm)
    {
        try
        {
            return SignatureAlgorithms.DigestOid(signatureAlgorithm) is { } digest && Digests.IsSupported(digest) ? digest : null;
        }
        catch (CmpException)
        {
            return null; // parameters that do not decode name none
        }
    }

    private TransactionStep EndConfirmation(bool confirmed, DateTimeOffset now)
    {
        foreach (RequestedCertificate request in Told.ToList())
        {
            request.Confirmed = confirmed && request.IsAccepted;
            request.Phase = request.IsAccepted ? RequestPhase.Granted : RequestPhase.Failed;
        }
        EndPolling();
        return Settle(now);
    }

    /// <summary>All that came is done with: the transaction ends, or goes on with the requests that wait.</summary>
    private TransactionStep Settle(DateTimeOffset now)
    {
        if (!IsWaiting)
        {
            _phase = TransactionPhase.Ended;
            return Ended();
        }
        _phase = TransactionPhase.Requested;
        PollLater(WaitingIds(), PkiMessage.Decode(AsSent(_firstMessage)).Header.SenderNonce);
        return new TransactionStep.Settled();
    }

    private TransactionStep Ended()
    {
        if (_requests.Any(one => one.IsAccepted))
            return new TransactionStep.Done();
        IsOver = true;
        return new TransactionStep.Failed(_requests[0].Failure!, null);
    }

    /// <summary>A server that refuses the message as a whole has ended the transaction: what had ended before stays as it is.</summary>
    private TransactionStep.Failed EndByError(CmpServerException error)
    {
        _phase = TransactionPhase.Ended;
        IsOver = true;
        foreach (RequestedCertificate request in _requests.Where(one => !one.HasEnded).ToList())
        {
            request.IsInDoubt = request.Phase == RequestPhase.Accepted;
            request.Fail(error);
        }
        return new TransactionStep.Failed(_requests.Count == 1 ? _requests[0].Failure! : error, null);
    }

    private List<int> WaitingIds() => _requests.Where(one => one.Phase == RequestPhase.Waiting).Select(one => one.CertReqId).ToList();

    /// <summary>A PKCS #10 has two numbers, 0 and -1 (rule 9).</summary>
    private protected override bool IsPending(int certReqId) =>
        base.IsPending(certReqId) || (_request is P10crBody && certReqId is 0 or WholeAnswer);
}
