using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>Enrols or renews one certificate: ir, cr, p10cr or kur, polling, the decision, the confirmation.</summary>
/// <remarks>
/// <code>
/// Requested --ip/cp/kup: certificate--> Deciding --accept, reject--> Confirming --pkiconf--> Ended
///     |  \--waiting--> Polling --pollRep--> (wait) --pollReq--> Polling    \--implicitly confirmed--> Ended
///     \--error, rejection--> Ended (an error with status waiting begins polling in any state: RFC 9483 4.4)
/// </code>
/// RFC 9810 5.3.1 to 5.3.6, 5.3.18, 5.3.22; RFC 9483 4.1 and 4.4.
/// </remarks>
public sealed class EnrollmentTransaction : Transaction
{
    private readonly PkiBody _request;
    private readonly SubjectPublicKeyInfo? _requestedKey;
    private readonly Name? _subject;
    private readonly Name? _issuer;
    private readonly Certificate? _oldCertificate;

    private TransactionPhase _phase = TransactionPhase.New;
    private ReadOnlyMemory<byte> _firstMessage;
    private ReadOnlyMemory<byte>? _answer;
    private int _certReqId;
    private bool _accepted;
    private CmpException? _refusal;

    /// <summary>Prepares an enrolment.</summary>
    /// <param name="settings">Who speaks to whom, and how.</param>
    /// <param name="request">The body: one CertReqMsg (ir, cr, kur) or a PKCS #10.</param>
    /// <param name="oldCertificate">The certificate that is updated, or <see langword="null"/>.</param>
    public EnrollmentTransaction(TransactionSettings settings, PkiBody request, Certificate? oldCertificate = null)
        : base(settings)
    {
        _request = request;
        _oldCertificate = oldCertificate;
        switch (request)
        {
            case P10crBody pkcs10:
                _requestedKey = pkcs10.Request.PublicKey;
                _subject = pkcs10.Request.Subject;
                break;
            case CertReqMessages { Requests: [{ CertReq: var certReq }] }:
                _requestedKey = certReq.CertTemplate.PublicKey;
                _subject = oldCertificate?.Subject ?? certReq.CertTemplate.Subject;
                _issuer = certReq.CertTemplate.Issuer ?? oldCertificate?.Issuer;
                _certReqId = certReq.CertReqId;
                break;
            default:
                throw new ArgumentException("An enrolment has one request.", nameof(request));
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
        Confirmed = state.Confirmed;
        if (state.Answer is { } octets && PkiMessage.Decode(octets) is { Body: CertRepMessage { Responses: [{ CertifiedKeyPair.Certificate: { } certificate } response] } rep } answer)
        {
            _answer = octets;
            _certReqId = response.CertReqId;
            Issued = Issue(rep, certificate, answer.Header, state.AnswerProtection ?? ProtectionKind.None);
        }
        if (state.Refusal is { } refusal)
            _refusal = new CmpException(CmpErrorKind.Trust, state.RefusalErrorId ?? "CmpTransaction.Refused", refusal);
        _accepted = Issued is not null && _refusal is null && _phase is TransactionPhase.Confirming or TransactionPhase.Ended;
    }

    /// <summary>How far it is.</summary>
    public TransactionPhase Phase => _phase;

    /// <summary>What is asked for.</summary>
    public PkiBody Request => _request;

    /// <summary>Whether the certificate that came was accepted.</summary>
    public bool IsAccepted => _accepted;

    /// <summary>What the server issued; <see langword="null"/> before.</summary>
    public IssuedCertificate? Issued { get; private set; }

    /// <summary>Whether the server knows that the certificate was accepted: by pkiConf that somebody vouches for, or implicitly.</summary>
    public bool Confirmed { get; private set; }

    /// <summary>
    /// Whether the certificate may be in force although the transaction failed: we accepted it, and the server answered that by an error.
    /// Its key is not to be deleted then (rule 44).
    /// </summary>
    public bool IsInDoubt { get; private set; }

    private protected override HeaderNames Names => new(_subject, _issuer);

    private PkiBodyType ExpectedAnswer => _request.Type switch
    {
        PkiBodyType.Ir => PkiBodyType.Ip,
        PkiBodyType.Kur => PkiBodyType.Kup,
        _ => PkiBodyType.Cp,
    };

    /// <inheritdoc/>
    public override TransactionStep Start(DateTimeOffset now)
    {
        if (_phase != TransactionPhase.New)
            throw new InvalidOperationException("A transaction starts once.");
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
        Answer = _answer,
        Refusal = _refusal?.Message,
        RefusalErrorId = _refusal?.ErrorId,
        Confirmed = Confirmed,
    };

    /// <summary>Goes on from a state that another process left: says again what may not have been heard, or what comes next.</summary>
    /// <param name="now">The time.</param>
    /// <returns>What to do.</returns>
    public TransactionStep Continue(DateTimeOffset now)
    {
        switch (_phase)
        {
            case TransactionPhase.Deciding:
                return new TransactionStep.Decide(Issued!);
            case TransactionPhase.Ended:
                return new TransactionStep.Done();
            case TransactionPhase.Requested when !IsWaitedFor:
                TransactionStep.Send request = Again(now, first: true, last: false);
                _firstMessage = request.Octets;
                return request;
            case TransactionPhase.Requested or TransactionPhase.Confirming:
                return Again(now, first: false, last: !IsWaitedFor);
            default:
                throw new InvalidOperationException("Nothing was said yet.");
        }
    }

    /// <summary>Accepts or refuses the certificate of a <see cref="TransactionStep.Decide"/>.</summary>
    /// <param name="refusal">Why it is refused; <see langword="null"/> accepts it.</param>
    /// <param name="now">The time.</param>
    /// <returns>The certConf to send, or the end.</returns>
    public TransactionStep Decide(CmpException? refusal, DateTimeOffset now)
    {
        if (_phase != TransactionPhase.Deciding)
            throw new InvalidOperationException("There is no certificate to decide on.");
        _accepted = refusal is null;
        _refusal = refusal;
        if (!Issued!.ImplicitlyConfirmed)
            return Confirm(now);
        // rule 43: the server takes it as accepted; a refusal is ours alone
        if (refusal is not null)
            return End(refusal);
        _phase = TransactionPhase.Ended;
        Confirmed = true;
        return new TransactionStep.Done();
    }

    /// <inheritdoc/>
    public override TransactionStep Unanswered(CmpException? error, DateTimeOffset now)
    {
        if (_phase != TransactionPhase.Confirming)
        {
            return new TransactionStep.Failed(error ?? new CmpException(CmpErrorKind.Protocol, "CmpTransport.NoAnswer", "The server answered without a message where one is due."), null);
        }
        if (_refusal is not null)
            return End(_refusal);
        _phase = TransactionPhase.Ended;
        if (IsCmp1999 && error is null)
        {
            // RFC 2510 has no answer to conf: that it arrived is all that can be known
            Confirmed = true;
            return new TransactionStep.Done();
        }
        // rule 44: the certificate is good, only the server's last word is missing
        string deadline = Issued!.ConfirmWaitTime is { } time ? $" The server waits for it until {time:u} and may revoke the certificate then." : string.Empty;
        Warn($"The server did not acknowledge the confirmation of the certificate.{(error is null ? string.Empty : " " + error.Message)}{deadline}");
        return new TransactionStep.Done();
    }

    private protected override IReadOnlyList<Certificate> Concerned(PkiMessage answer)
    {
        var concerned = new List<Certificate>();
        if (answer.Body is CertRepMessage rep)
            concerned.AddRange(rep.Responses.Select(response => response.CertifiedKeyPair?.Certificate).OfType<Certificate>());
        if (Issued is { } issued)
            concerned.Add(issued.Certificate);
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
            case ErrorMsgContent { Status.Status: PkiStatus.Waiting } when _refusal is { } refusal:
                return End(refusal); // the acknowledgement of a refusal is not worth waiting for
            case ErrorMsgContent { Status.Status: PkiStatus.Waiting }:
                return BeginPolling([WholeAnswer], now);
            case ErrorMsgContent error when _phase == TransactionPhase.Requested && !IsWaitedFor && IsInvitedToAskAgain(error, answer, verified):
                return Ask(now);
            case ErrorMsgContent error when _phase == TransactionPhase.Confirming && verified.IsAuthenticated && (error.Status.FailInfo & FailInfo.CertConfirmed) != 0:
                return EndConfirmation(confirmed: true);
            case ErrorMsgContent when _phase == TransactionPhase.Confirming && _refusal is { } refusal:
                return End(refusal);
            case ErrorMsgContent error:
                IsInDoubt = _phase == TransactionPhase.Confirming && verified.IsAuthenticated;
                return End(ServerError(error.Status, answer, verified.IsAuthenticated));
            case PollRepContent poll when IsWaitedFor:
                return Wait(poll, answer, now);
            case CertRepMessage rep when _phase == TransactionPhase.Requested && rep.Type == ExpectedAnswer:
                return TakeResponse(rep, answer, verified, now);
            case PkiConfirmContent when _phase == TransactionPhase.Confirming:
                return EndConfirmation(verified.IsAuthenticated);
            case RawBody { Type: > PkiBodyType.PollRep } unknown:
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.UnknownBody", $"The server sent a body with the tag [{(int)unknown.Type}], which no version of CMP knows.") { Octets = answer.Encoded };
            default:
                throw Unexpected(answer, _phase == TransactionPhase.Confirming ? "In answer to certConf" : $"In answer to {PkiBodyTypeNames.Of(_request.Type)}").Error;
        }
    }

    private TransactionStep TakeResponse(CertRepMessage rep, PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now)
    {
        if (rep.Responses.Count != 1)
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.CertReqId", $"The answer holds {rep.Responses.Count} responses to one request.") { Octets = answer.Encoded };
        CertResponse response = rep.Responses[0];
        if (!IsOurs(response.CertReqId))
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.CertReqId", $"The answer is for the certReqId {response.CertReqId}, which was not asked for.") { Octets = answer.Encoded };
        PkiStatus status = response.Status.Status;
        if (status == PkiStatus.Waiting)
            return BeginPolling([response.CertReqId], now);
        switch (status)
        {
            case PkiStatus.Accepted:
                break;
            case PkiStatus.GrantedWithMods:
                Warn($"The server granted the request with changes. {Show(response.Status.StatusString)}".TrimEnd());
                break;
            case PkiStatus.RevocationWarning:
                Warn($"The server warns that the certificate is about to be revoked. {Show(response.Status.StatusString)}".TrimEnd());
                break;
            case PkiStatus.KeyUpdateWarning when rep.Type == PkiBodyType.Kup:
                Warn($"The server had updated this certificate before. {Show(response.Status.StatusString)}".TrimEnd());
                break;
            default:
                return End(ServerError(response.Status, answer, verified.IsAuthenticated));
        }

        if (response.CertifiedKeyPair is not { } pair)
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.NoCertificate", $"The server answered {PkiStatusNames.Of(status)} and sent no certificate.") { Octets = answer.Encoded };
        if (pair.Certificate is not { } certificate)
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.EncryptedCertificate", "The server encrypted the certificate, which was not asked for.") { Octets = answer.Encoded };
        if (pair.PrivateKey is not null)
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.UnexpectedKey", "The server sent a private key, which was not asked for.") { Octets = answer.Encoded };

        if (rep.CaPubs.Count > 0 && rep.Type != PkiBodyType.Ip)
            Warn($"caPubs of {PkiBodyTypeNames.Of(rep.Type)} are ignored: only an ip may bring them (RFC 9483 4.1).");
        Issued = Issue(rep, certificate, answer.Header, verified.Kind);
        _answer = answer.Encoded;
        _certReqId = response.CertReqId;
        EndPolling();
        _phase = TransactionPhase.Deciding;

        if (_requestedKey is { Key.IsEmpty: false } requested && !requested.IsSameAs(certificate.PublicKey))
        {
            // rule 40: nobody needs to be asked
            return Decide(new CmpException(CmpErrorKind.Trust, "CmpTransaction.WrongKey", $"The certificate that came, {certificate}, holds another key than the one that was to be certified.") { Octets = certificate.Encoded }, now);
        }
        return new TransactionStep.Decide(Issued);
    }

    private IssuedCertificate Issue(CertRepMessage rep, Certificate certificate, PkiHeader header, ProtectionKind protection)
    {
        bool mayBringRoots = rep.Type == PkiBodyType.Ip;
        return new IssuedCertificate(certificate, rep.Responses[0].Status)
        {
            CaPubs = mayBringRoots ? rep.CaPubs : [],
            CaPubsAreTrusted = mayBringRoots && protection is ProtectionKind.PasswordBasedMac or ProtectionKind.Pbmac1 or ProtectionKind.Hmac or ProtectionKind.Kmac,
            Candidates = Verifier.SeenCertificates,
            ImplicitlyConfirmed = header.FindInfo(Oids.ImplicitConfirm) is not null && !Settings.ExplicitConfirm && !IsCmp1999,
            ConfirmWaitTime = header.FindInfo(Oids.ConfirmWaitTime)?.ReadTime(),
        };
    }

    /// <summary>Rule 9: a PKCS #10 has no number, and servers answer 0 or -1.</summary>
    private bool IsOurs(int certReqId) => _request is P10crBody ? certReqId is 0 or WholeAnswer : certReqId == _certReqId;

    /// <summary>Rule 42; in cmp1999 a conf without any hash, or an error message that refuses (RFC 2510 3.3.17 and 3.3.20).</summary>
    private TransactionStep.Send Confirm(DateTimeOffset now)
    {
        _phase = TransactionPhase.Confirming;
        Certificate certificate = Issued!.Certificate;
        string? digest = ImpliedDigest(certificate.SignatureAlgorithm);
        byte[] hash = Digests.Compute(digest ?? Oids.Sha256, certificate.Encoded);
        // what somebody else's exception says stays here
        string? reason = _refusal?.InnerException is null or CmpException ? _refusal?.Message : null;
        PkiStatusInfo? status = _accepted ? null : PkiStatusInfo.Rejection(FailInfo.IncorrectData, reason);
        if (IsCmp1999)
            return Message(status is null ? new PkiConfirmContent() : new ErrorMsgContent(status), now, pvno: 2, last: true);
        var content = new CertConfirmContent([new CertStatus(hash, _certReqId, status, digest is null ? new AlgorithmIdentifier(Oids.Sha256) : null)]);
        return Message(content, now, digest is null ? 3 : 2, last: true);
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

    private TransactionStep EndConfirmation(bool confirmed)
    {
        if (_refusal is not null)
            return End(_refusal);
        _phase = TransactionPhase.Ended;
        Confirmed = confirmed;
        if (!confirmed)
            Warn("The server's pkiConf is not protected: whether it took the confirmation is not known.");
        return new TransactionStep.Done();
    }

    /// <summary>A PKCS #10 has two numbers, 0 and -1 (rule 9).</summary>
    private protected override bool IsPending(int certReqId) =>
        base.IsPending(certReqId) || (_request is P10crBody && certReqId is 0 or WholeAnswer);

    private TransactionStep.Failed End(CmpException error)
    {
        _phase = TransactionPhase.Ended;
        IsOver = true;
        return new TransactionStep.Failed(error, null);
    }
}
