using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>Enrols or renews certificates, one or several in one message: ir, cr, p10cr or kur, challenges, polling, the decisions, the confirmation.</summary>
/// <remarks>
/// <code>
/// Requested --ip/cp/kup: certificates--> Deciding --all accepted or refused--> Confirming --pkiconf--> Ended
///     |  \--all wait--> Polling --pollRep--> (wait) --pollReq--> Polling  |  \--implicitly confirmed--> Ended
///     |                    ^----------- Settled: some have ended, others wait --/
///     |--popdecc: answered by popdecr--> Proving, which goes on as Requested does
///     \--error, rejection of all--> Ended (an error with status waiting begins polling in any state: RFC 9483 4.4)
/// </code>
/// Each response of an answer is for one request: a rejection ends that request alone. One certConf speaks of all certificates of an answer;
/// then the transaction polls for the requests that wait.
/// What is encrypted is opened once somebody vouches for the answer, and before anything is said to it: an encrypted certificate is judged like any other, and a
/// key that the CA made has to be signed by an authority for that, and to be the certificate's (rule 48).
/// RFC 9810 5.2.8.3, 5.3.1 to 5.3.6, 5.3.18, 5.3.22; RFC 9483 4.1 and 4.4 (which know one request a message).
/// </remarks>
public sealed class EnrollmentTransaction : Transaction
{
    private readonly PkiBody _request;
    private readonly IReadOnlyList<RequestedCertificate> _requests;
    private readonly Name? _subject;
    private readonly Name? _issuer;
    private readonly Certificate? _oldCertificate;
    private readonly List<ReadOnlyMemory<byte>> _answers = [];

    private readonly List<PrivateKey> _opened = [];

    private TransactionPhase _phase = TransactionPhase.New;
    private ReadOnlyMemory<byte> _firstMessage;
    private ReadOnlyMemory<byte>? _proofNonce;

    /// <summary>Prepares an enrolment.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body: CertReqMsgs, each with a certReqId of its own (ir, cr, kur), or a PKCS #10.</param>
    /// <param name="oldCertificate">The certificate that is updated, or <see langword="null"/>.</param>
    /// <param name="keys">What opens what comes encrypted, one a request; <see langword="null"/> where nothing does.</param>
    public EnrollmentTransaction(TransactionSettings settings, PkiBody request, Certificate? oldCertificate = null, IReadOnlyList<RequestKey?>? keys = null)
        : this(settings, request, oldCertificate)
    {
        for (int i = 0; i < _requests.Count; i++)
            _requests[i].Opener = keys is not null && i < keys.Count ? keys[i] : null;
        if (_requests.FirstOrDefault(one => (one.IsCentralKey && one.Opener?.Recipient is null) || (one.Subsequent is not null && one.Opener?.Own is null)) is { } closed)
            throw new ArgumentException($"Nothing opens what will come for the certReqId {closed.CertReqId}.", nameof(keys));
    }

    private EnrollmentTransaction(TransactionSettings settings, PkiBody request, Certificate? oldCertificate)
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
                _requests = [.. requests.Select((one, number) => new RequestedCertificate(number, one.CertReq.CertReqId, one.CertReq.CertTemplate.PublicKey)
                {
                    IsCentralKey = one.AsksForKey,
                    Subsequent = (one.Popo as PopoPrivKey)?.Subsequent,
                })];
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
    /// <param name="keys">What opens what came encrypted and what will, one a request; <see langword="null"/> where nothing does, or its request has ended.</param>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: what is in the state is none of ours; <c>CmpEnvelope.NotOpened</c>: what came encrypted
    /// does not open any more.</exception>
    public EnrollmentTransaction(TransactionSettings settings, TransactionState state, Certificate? oldCertificate = null, IReadOnlyList<RequestKey?>? keys = null)
        : this(settings, PkiMessage.Decode(state.Request), state, oldCertificate, keys ?? [])
    {
    }

    private EnrollmentTransaction(TransactionSettings settings, PkiMessage request, TransactionState state, Certificate? oldCertificate, IReadOnlyList<RequestKey?> keys)
        : this(settings with { TransactionId = request.Header.TransactionId }, request.Body, oldCertificate)
    {
        try
        {
            TakeUp(state, keys);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    private void TakeUp(TransactionState state, IReadOnlyList<RequestKey?> keys)
    {
        Restore(state);
        _phase = state.Phase;
        _firstMessage = state.Request;
        _proofNonce = state.ProofNonce;
        foreach (RequestedCertificate one in _requests)
        {
            if (one.Number >= state.Requests.Count)
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The state of the transaction knows fewer requests than its message.");
            one.Opener = one.Number < keys.Count ? keys[one.Number] : null;
        }
        var unopened = new HashSet<int>();
        foreach (ReadOnlyMemory<byte> octets in state.Answers)
        {
            PkiMessage answer = PkiMessage.Decode(octets);
            if (answer.Body is not CertRepMessage rep)
                continue;
            _answers.Add(octets);
            // who made a key was looked at when it came
            var verified = new VerifiedAnswer(state.AnswerProtection ?? ProtectionKind.None, null, []);
            foreach (CertResponse response in rep.Responses)
            {
                if (Find(response.CertReqId) is not { } asked)
                    continue;
                // of what has ended nobody asks any more
                if (IsSealed(response) && asked.Opener is null)
                    unopened.Add(asked.Number);
                else
                    Take(asked, response, rep, answer, verified, Deliver(asked, response, rep, answer, verified, now: null, hasFailed: state.Requests[asked.Number].Phase == RequestPhase.Failed));
            }
        }
        foreach (RequestedCertificate one in _requests)
        {
            RequestState said = state.Requests[one.Number];
            bool isSealed = unopened.Contains(one.Number) && said.Phase is RequestPhase.Granted or RequestPhase.Failed;
            if (said.Phase is not (RequestPhase.Requested or RequestPhase.Waiting) && one.Issued is null && one.Failure is null && !isSealed)
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

    /// <summary>
    /// Whether it may end without a certConf. cmp1999 knows nothing else than a conf; and what comes encrypted is not in force at the CA before it was opened
    /// and fits: the hash of such a certificate is a proof of possession, and a key that the CA made may have to be refused.
    /// </summary>
    private bool MayBeImplicit => !Settings.ExplicitConfirm && !IsCmp1999 && !_requests.Any(one => one.IsCentralKey || one.Subsequent == SubsequentMessage.EncrCert);

    private bool IsWaiting => _requests.Any(one => one.Phase == RequestPhase.Waiting);

    /// <summary>Whether certificates are awaited.</summary>
    private bool IsAsking => _phase is TransactionPhase.Requested or TransactionPhase.Proving;

    /// <summary>What was said last to be given certificates.</summary>
    private string Asking => PkiBodyTypeNames.Of(_phase == TransactionPhase.Proving ? PkiBodyType.Popdecr : _request.Type);

    /// <summary>Those whose key is to answer a challenge, in the order of the message.</summary>
    private IEnumerable<RequestedCertificate> Challenged => _requests.Where(one => one.Subsequent == SubsequentMessage.ChallengeResp);

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
        if (IsCmp1999 && _requests.Any(one => one.Subsequent == SubsequentMessage.EncrCert))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProtocolVersion", "In cmp1999 (RFC 2510) nothing confirms a certificate by its hash, which proves that it could be opened.")
            {
                RecommendedAction = "Prove possession by ChallengeResponse, or leave -ProtocolVersion 1 out.",
            };
        }
        _phase = TransactionPhase.Requested;
        return Ask(now);
    }

    private TransactionStep.Send Ask(DateTimeOffset now)
    {
        var info = new List<InfoTypeAndValue>();
        if (Settings.ImplicitConfirm && MayBeImplicit)
            info.Add(InfoTypeAndValue.ImplicitConfirm);
        if (Settings.CertProfile is { } profile)
            info.Add(InfoTypeAndValue.CertProfile(profile));
        info.AddRange(Settings.GeneralInfo);
        TransactionStep.Send first = Message(_request, now, _requests.Any(ExpectsEnvelope) ? 3 : 2, last: false, info);
        _firstMessage = first.Octets;
        return first;
    }

    /// <summary>
    /// Whether what will be encrypted for a request needs the syntax of cmp2021, so that the first message has to say so (RFC 9810 7): but for RSA keys it has
    /// no other form, and those get the old one only where that is taken.
    /// </summary>
    private bool ExpectsEnvelope(RequestedCertificate request)
    {
        KeyProofs? proof = request.Subsequent switch
        {
            SubsequentMessage.EncrCert => KeyProofs.EncryptedCertificate,
            SubsequentMessage.ChallengeResp => KeyProofs.ChallengeResponse,
            _ => null,
        };
        return proof is { } follows && request.Key is { } key && (Proofs.NeedsPvno3(key, follows) || (!Settings.AllowEncryptedValue && Settings.Pvno is null));
    }

    /// <summary>Lets go of the keys that the CA made, too.</summary>
    public override void Dispose()
    {
        base.Dispose();
        _opened.ForEach(key => key.Dispose());
    }

    /// <summary>What another process needs to go on from here. Keys that the CA made are in the answers, as they came.</summary>
    /// <returns>The state; a copy.</returns>
    public TransactionState Capture() => Capture(_phase, _firstMessage) with
    {
        ProofNonce = _proofNonce,
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
            case TransactionPhase.Requested or TransactionPhase.Proving when IsPollDue:
                return Resume(now);
            case TransactionPhase.Requested or TransactionPhase.Proving or TransactionPhase.Confirming:
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
            case PopoDecKeyChallContent challenges when _phase == TransactionPhase.Requested && _proofNonce is null && Challenged.Any():
                return Prove(challenges, answer, now);
            case ErrorMsgContent error when _phase == TransactionPhase.Requested && !IsWaitedFor && IsInvitedToAskAgain(error, answer, verified):
                return Ask(now);
            case ErrorMsgContent error when _phase == TransactionPhase.Confirming && verified.IsAuthenticated && (error.Status.FailInfo & FailInfo.CertConfirmed) != 0:
                return EndConfirmation(confirmed: true, now);
            case ErrorMsgContent error:
                return EndByError(ServerError(error.Status, answer, verified.IsAuthenticated));
            case PollRepContent poll when IsWaitedFor:
                return Wait(poll, answer, now);
            case CertRepMessage rep when IsAsking && rep.Type == ExpectedAnswer:
                return TakeResponses(rep, answer, verified, now);
            case PkiConfirmContent when _phase == TransactionPhase.Confirming:
                if (!verified.IsAuthenticated && !IsRefusal)
                    Warn("The server's pkiConf is not protected: whether it took the confirmation is not known.");
                return EndConfirmation(verified.IsAuthenticated, now);
            case RawBody { Type: > PkiBodyType.PollRep } unknown:
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.UnknownBody", $"The server sent a body with the tag [{(int)unknown.Type}], which no version of CMP knows.") { Octets = answer.Encoded };
            default:
                throw Unexpected(answer, _phase == TransactionPhase.Confirming ? "In answer to certConf" : $"In answer to {Asking}").Error;
        }
    }

    /// <summary>
    /// Answers challenges, once: one for each request that asked for one, in their order (RFC 9810 5.2.8.3.3). Nothing is given back that is no number made for
    /// this by the sender of the message.
    /// </summary>
    private TransactionStep.Send Prove(PopoDecKeyChallContent challenges, PkiMessage answer, DateTimeOffset now)
    {
        if (Challenged.FirstOrDefault(one => one.Phase is not (RequestPhase.Requested or RequestPhase.Waiting)) is { } late)
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.UnexpectedBody", $"The server challenges the certReqId {late.CertReqId}, which it has answered before.") { Octets = answer.Encoded };
        AnsweredChallenges answered = Challenges.Answer(challenges, [.. Challenged.Select(one => one.Opener!.Own!)], answer.Header, Settings.Trust.Limits, TakesEncryptedValue(answer));
        foreach (string warning in answered.Warnings)
            Warn(warning);
        EndPolling();
        _phase = TransactionPhase.Proving;
        TransactionStep.Send proof = Message(answered.Content, now, pvno: 2, last: false);
        _proofNonce = LastSenderNonce;
        return proof;
    }

    private TransactionStep TakeResponses(CertRepMessage rep, PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now)
    {
        CheckIds(rep, answer);
        // all is opened before anything changes: where CRLs are missing, the answer comes once more
        List<Delivery> deliveries = [.. rep.Responses.Select(response => Deliver(Find(response.CertReqId)!, response, rep, answer, verified, now))];
        for (int i = 0; i < deliveries.Count; i++)
        {
            CertResponse response = rep.Responses[i];
            RequestedCertificate request = Find(response.CertReqId)!;
            Take(request, response, rep, answer, verified, deliveries[i]);
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

    /// <summary>Whether a response grants its request (rule 37).</summary>
    private static bool IsGrant(CertResponse response, CertRepMessage rep) => response.Status.Status switch
    {
        PkiStatus.Accepted or PkiStatus.GrantedWithMods or PkiStatus.RevocationWarning => true,
        PkiStatus.KeyUpdateWarning => rep.Type == PkiBodyType.Kup,
        _ => false,
    };

    /// <summary>Whether something in a response is encrypted.</summary>
    private static bool IsSealed(CertResponse response) => response.CertifiedKeyPair is { EncryptedCert: not null } or { PrivateKey: not null };

    /// <summary>Opens what a response grants; it changes nothing.</summary>
    /// <param name="request">What was asked for.</param>
    /// <param name="response">The response.</param>
    /// <param name="rep">The body that it is in.</param>
    /// <param name="answer">The message.</param>
    /// <param name="verified">Who vouches for it.</param>
    /// <param name="now">The time; <see langword="null"/>: who made a key was looked at before.</param>
    /// <param name="hasFailed">Whether the request failed by this in an earlier process.</param>
    private Delivery Deliver(RequestedCertificate request, CertResponse response, CertRepMessage rep, PkiMessage answer, VerifiedAnswer verified, DateTimeOffset? now, bool hasFailed = false)
    {
        if (!IsGrant(response, rep))
            return new Delivery(null, null, null);
        try
        {
            CertifiedKeyPair pair = response.CertifiedKeyPair
                ?? throw Wrong("CmpTransaction.NoCertificate", $"The server answered {PkiStatusNames.Of(response.Status.Status)} and sent no certificate.");
            if (pair.PrivateKey is not null && !request.IsCentralKey)
                throw Wrong("CmpTransaction.UnexpectedKey", "The server sent a private key, which was not asked for.", "Ask with -CentralKeyGeneration where the CA is to make the key.");
            if (pair.PrivateKey is null && request.IsCentralKey)
                throw Wrong("CmpTransaction.NoKey", "The server was asked to make the key, and sent none with the certificate.", "Leave -CentralKeyGeneration out, or ask the CA's administrator whether it makes keys.");
            Certificate certificate = pair.Certificate ?? OpenCertificate(request, pair.EncryptedCert!.Value, answer);
            if (Unreadable(certificate) is { } error)
                throw error;
            return new Delivery(certificate, pair.PrivateKey is { } key ? OpenKey(request, key, certificate, answer, verified, now) : null, null);
        }
        // of several requests this one fails; else it is the answer that is worth nothing
        catch (CmpException e) when (_requests.Count > 1 && (now is not null || hasFailed) && e is not CrlsMissingException)
        {
            return new Delivery(null, null, e);
        }

        CmpException Wrong(string errorId, string message, string? action = null) => new(CmpErrorKind.Transaction, errorId, message) { Octets = answer.Encoded, RecommendedAction = action };
    }

    /// <summary>Opens an encrypted certificate. Which key it is for is known; whom its recipient names does not matter (RFC 9810 5.2.8.3.2).</summary>
    private Certificate OpenCertificate(RequestedCertificate request, ReadOnlyMemory<byte> octets, PkiMessage answer)
    {
        if (request.Subsequent != SubsequentMessage.EncrCert || request.Opener?.Own is not { } own)
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.EncryptedCertificate", "The server encrypted the certificate, which was not asked for.") { Octets = answer.Encoded };
        return EncryptedCertificate.Open(EncryptedKey.Decode(octets, new DecodeOptions(Settings.Trust.Limits)), own, Settings.Trust.Limits, TakesEncryptedValue(answer));
    }

    /// <summary>Opens a key that the CA made (RFC 9483 4.1.6, rule 48): signed by an authority for keys, and in the old form vouched for by the message alone.</summary>
    private PrivateKey OpenKey(RequestedCertificate request, ReadOnlyMemory<byte> octets, Certificate certificate, PkiMessage answer, VerifiedAnswer verified, DateTimeOffset? now)
    {
        EncryptedKey encrypted = EncryptedKey.Decode(octets, new DecodeOptions(Settings.Trust.Limits));
        using OpenedEnvelope opened = EncryptedKeys.Open(encrypted, request.Opener!.Recipient!, Settings.Trust.Limits, TakesEncryptedValue(answer));
        if (encrypted.EncryptedValue is not null)
            return OpenBareKey(opened, now);
        if (opened.ContentType != Oids.SignedData)
        {
            throw new CmpException(CmpErrorKind.Trust, "CmpTransaction.UnsignedKey", "The private key that the server sent is not signed by who made it.")
            {
                RecommendedAction = "Have the authority sign the keys that it makes (RFC 9483 4.1.6).",
            };
        }
        using SignedKeyPackage package = SignedKeyPackage.Open(opened.Content, Settings.Trust.Algorithms, Settings.Trust.Limits);
        if (now is { } time)
            CheckAuthority(package, certificate, verified, time);
        return Keep(ReadKey(package.Key));
    }

    /// <summary>In the old form a key is as it is, without a word of who made it; and what is none was not opened, so that nobody learns how far it went.</summary>
    private PrivateKey OpenBareKey(OpenedEnvelope opened, DateTimeOffset? now)
    {
        PrivateKey key;
        try
        {
            key = PrivateKey.FromPkcs8(opened.Content);
        }
        catch (CmpException e) when (e.ErrorId is "CmpKey.Malformed" or "CmpKey.Algorithm")
        {
            throw EnvelopeErrors.NotOpened();
        }
        if (now is not null)
            Warn("The private key that the CA made is signed by nobody; only the message vouches for it (RFC 9810 5.2.2).");
        return Keep(key);
    }

    private static PrivateKey ReadKey(ReadOnlyMemory<byte> pkcs8)
    {
        try
        {
            return PrivateKey.FromPkcs8(pkcs8);
        }
        catch (CmpException e) when (e.ErrorId is "CmpKey.Malformed" or "CmpKey.Algorithm")
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.NoKey", $"What the server sent as the private key cannot be used: {e.Message}", e);
        }
    }

    /// <summary>
    /// Who made a key must be an authority for that under a trust anchor. Where the message is under the shared secret and there is no anchor, the secret speaks for
    /// whoever made it (RFC 9483 4.1.6).
    /// </summary>
    private void CheckAuthority(SignedKeyPackage package, Certificate certificate, VerifiedAnswer verified, DateTimeOffset now)
    {
        if (verified.Kind.IsUnderSharedSecret() && !Settings.Trust.CanVerifySignatures)
        {
            Settings.Trace?.Note($"Nobody looked whether {package.Signer}, which signed the private key, may make keys: there is no trust anchor. The shared secret vouches for it.");
            return;
        }
        var warnings = new List<string>();
        KeyGenerationAuthority.Check(package, Settings.Trust, now, warnings, Verifier.SeenCertificates, certificate);
        warnings.ForEach(Warn);
    }

    private PrivateKey Keep(PrivateKey key)
    {
        _opened.Add(key);
        return key;
    }

    /// <summary>
    /// Whether an answer may hold the form before cmp2021 (RFC 9810 5.2.2): where it was asked for in an old version, or the user wants one. An answer in an old
    /// version to what was asked in pvno 3 gets nobody around what the new form brings with it, such as the signature of who made a key.
    /// </summary>
    private bool TakesEncryptedValue(PkiMessage answer) => Settings.AllowEncryptedValue && answer.Header.Pvno < 3
        && (Settings.Pvno is < 3 || PkiMessage.Decode(AsSent(_firstMessage)).Header.Pvno < 3);

    /// <summary>Notes what a response says of its request (rule 37).</summary>
    private void Take(RequestedCertificate request, CertResponse response, CertRepMessage rep, PkiMessage answer, VerifiedAnswer verified, Delivery delivery)
    {
        if (delivery.Error is { } error)
        {
            request.Fail(error);
        }
        else if (delivery.Certificate is { } certificate)
        {
            request.Issued = Issue(request, rep, response, certificate, answer.Header, verified.Kind) with { Key = delivery.Key };
            request.Phase = RequestPhase.Deciding;
        }
        else if (response.Status.Status == PkiStatus.Waiting)
        {
            request.Phase = RequestPhase.Waiting;
        }
        else
        {
            request.Fail(ServerError(response.Status, answer, verified.IsAuthenticated));
        }
        request.CertReqId = response.CertReqId;
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
            ImplicitlyConfirmed = header.FindInfo(Oids.ImplicitConfirm) is not null && MayBeImplicit,
            ConfirmWaitTime = header.FindInfo(Oids.ConfirmWaitTime)?.ReadTime(),
        };
    }

    /// <summary>The next certificate to decide on; where all are decided on, what follows from that.</summary>
    private TransactionStep Next(DateTimeOffset now)
    {
        foreach (RequestedCertificate request in _requests.Where(one => one.Phase == RequestPhase.Deciding))
        {
            if (WrongKey(request) is not { } wrong)
                return new TransactionStep.Decide(request.Issued!);
            // rules 40 and 48: nobody needs to be asked
            Decide(request, wrong);
        }
        return Told.Any() ? Confirm(now) : Settle(now);
    }

    /// <summary>Whether a certificate is for the key that was to be certified, or for the one that came with it; <see langword="null"/>: it is.</summary>
    private static CmpException? WrongKey(RequestedCertificate request)
    {
        Certificate certificate = request.Issued!.Certificate;
        if (request.Issued.Key is { } made)
        {
            try
            {
                made.EnsureFits(certificate.PublicKey);
                return null;
            }
            catch (CmpException e)
            {
                return new CmpException(CmpErrorKind.Trust, "CmpTransaction.WrongKey", $"The private key that came with {certificate} is not that of the certificate.", e) { Octets = certificate.Encoded };
            }
        }
        return request.Key is not { Key.IsEmpty: false } asked || asked.IsSameAs(certificate.PublicKey)
            ? null
            : new CmpException(CmpErrorKind.Trust, "CmpTransaction.WrongKey", $"The certificate that came, {certificate}, holds another key than the one that was to be certified.") { Octets = certificate.Encoded };
    }

    private static void Decide(RequestedCertificate request, CmpException? refusal)
    {
        request.Failure = refusal;
        // of what is refused no key stays
        if (refusal is not null)
            request.Issued!.Key?.Dispose();
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
        PollLater(WaitingIds(), _proofNonce ?? PkiMessage.Decode(AsSent(_firstMessage)).Header.SenderNonce);
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

    /// <summary>What a response brought, opened.</summary>
    /// <param name="Certificate">The certificate; <see langword="null"/> where none was granted, or it is worth nothing.</param>
    /// <param name="Key">The private key that the CA made, or <see langword="null"/>.</param>
    /// <param name="Error">Why what was granted is worth nothing, or <see langword="null"/>.</param>
    private sealed record Delivery(Certificate? Certificate, PrivateKey? Key, CmpException? Error);
}
