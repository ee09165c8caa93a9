using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>
/// A conversation with a CMP server as a state machine: it hands out the next step and takes what came of it. It has no sockets,
/// no clock and no files; the time comes with every call. What a peer sends ends in a step, never in an exception.
/// </summary>
/// <remarks>RFC 9810 5.3 and 5.2.4, RFC 9483 3 and 4; the rules named are those of correct clients in about_Cmp.</remarks>
public abstract class Transaction : IDisposable
{
    /// <summary>What a pollReq names where the answer as a whole is late (RFC 9483 4.4).</summary>
    private protected const int WholeAnswer = -1;

    private const int NonceLength = 16;
    private const int HighestVersion = 3;

    /// <summary>How long a server is left alone that answers pollReq by waiting once more, without a checkAfter.</summary>
    private static readonly TimeSpan WaitAgain = TimeSpan.FromSeconds(5);

    private readonly List<string> _warnings = [];
    private readonly ReadOnlyMemory<byte> _transactionId;
    private readonly KemExchange? _kem;
    private ReadOnlyMemory<byte>? _lastSenderNonce;
    private ReadOnlyMemory<byte>? _delayedNonce;
    private ReadOnlyMemory<byte>? _peerNonce;
    private GeneralName? _peer;
    private ReadOnlyMemory<byte> _lastMessage;
    private PkiBodyType? _lastBody;
    private int _lastPvno;
    private IReadOnlyList<int> _pollIds = [];
    private RoadReport _road = new();

    private protected Transaction(TransactionSettings settings)
    {
        Settings = settings;
        _transactionId = settings.TransactionId ?? Secrets.Random(NonceLength);
        var own = settings.Credential as KemCertificate;
        _kem = settings.Kem is { } options ? new KemExchange(options, own, _transactionId) : null;
        Verifier = new AnswerVerifier(settings.Trust, settings.Credential, _kem is not null && own is not null ? ProtectionKind.KemBasedMac : settings.Protector.Kind, settings.KnownSigner);
    }

    /// <summary>The transactionID of all messages (rule 4).</summary>
    public ReadOnlyMemory<byte> TransactionId => _transactionId;

    /// <summary>The signer of the answers, validated; for the next transaction with the same server (rule 51).</summary>
    public ValidatedSigner? KnownSigner => Verifier.KnownSigner;

    /// <summary>How the answers so far are protected; <see langword="null"/> before the first that somebody vouches for.</summary>
    public ProtectionKind? AnswerProtection => Verifier.Kind;

    /// <summary>
    /// Whether it failed for good: by an answer that somebody vouches for, or that the user believes. What else goes wrong, on the road or by
    /// octets of anybody, changes nothing: it can be gone on with.
    /// </summary>
    public bool IsOver { get; private protected set; }

    /// <summary>Whether the server has the request and makes us wait.</summary>
    public bool IsWaitedFor => _pollIds.Count > 0;

    /// <summary>Which message of ours was the last, from 1; one that is said again keeps its number. 0 before the first.</summary>
    public int MessageNumber { get; private set; }

    /// <summary>Certificates that came in extraCerts so far: candidates for paths, no more (rule 28).</summary>
    public IReadOnlyList<Certificate> SeenCertificates => Verifier.SeenCertificates;

    /// <summary>Warnings so far, escaped, each once.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The senderNonce of our last message: no other message has it, but the same one said again.</summary>
    internal ReadOnlyMemory<byte>? LastSenderNonce => _lastSenderNonce;

    /// <summary>Whether something is waited for that was not asked for yet.</summary>
    internal bool IsPollDue => IsWaitedFor && _lastBody != PkiBodyType.PollReq;

    /// <summary>Whether a message is due in answer to our last: in cmp1999 conf, and an error in its place, are the last word (RFC 2510 3.3.17 and 5.2).</summary>
    internal bool IsAnswerDue => !(IsCmp1999 && _lastBody is (PkiBodyType.Pkiconf or PkiBodyType.Error));

    private protected TransactionSettings Settings { get; }

    private MessageProtector Protector => _kem?.Protector ?? Settings.Protector;

    /// <summary>The names that the request suggests for headers (rules 1 and 2).</summary>
    private protected abstract HeaderNames Names { get; }

    private protected AnswerVerifier Verifier { get; }

    private Correspondents Correspondents => new(Settings, Names);

    /// <summary>Forgets the secrets of this transaction. What can be asked of it stays.</summary>
    public virtual void Dispose()
    {
        _kem?.Dispose();
        Verifier.Dispose();
    }

    /// <summary>The first step.</summary>
    /// <param name="now">The time.</param>
    /// <returns>What to send.</returns>
    public abstract TransactionStep Start(DateTimeOffset now);

    /// <summary>Takes an answer. One that fails a check changes nothing here (rule 34).</summary>
    /// <param name="octets">What came, exactly one message.</param>
    /// <param name="now">The time.</param>
    /// <param name="road">What the road told besides.</param>
    /// <returns>What to do next.</returns>
    public TransactionStep Receive(ReadOnlyMemory<byte> octets, DateTimeOffset now, RoadReport? road = null)
    {
        PkiMessage? answer = null;
        bool isVouchedFor = false;
        bool isAccepted = false;
        _road = road ?? new RoadReport();
        try
        {
            List<Finding>? findings = Settings.Trace is null ? null : [];
            answer = PkiMessage.Decode(octets, new DecodeOptions(Settings.Trust.Limits, findings));
            if (findings is not null)
                Tell(answer, findings);
            if (MeetKemServer(answer, now) is { } again)
                return again;
            VerifiedAnswer verified = Verify(answer, now);
            isVouchedFor = verified.IsAuthenticated;
            CheckHeader(answer, isVouchedFor);
            Verifier.Accept(answer, verified);
            // a ciphertext is nobody's word: what is wrong with it ends nothing
            isAccepted = verified.IsAuthenticated || !IsCiphertextDue(answer);
            foreach (string warning in verified.Warnings)
                Warn(warning);
            _peerNonce = answer.Header.SenderNonce ?? _peerNonce;
            _peer = answer.Header.Sender;
            TransactionStep step = _kem is { LacksCiphertext: true } kem ? TakeCiphertext(kem, answer, verified, now) : Advance(answer, verified, now);
            IsOver = step is TransactionStep.Failed;
            return step;
        }
        catch (CmpException e)
        {
            IsOver = isAccepted;
            // what is no message is none
            return answer is null ? Unanswered(_road.StatusError ?? e, now) : Fail(e, isVouchedFor ? answer : null, now);
        }
        catch (Exception e)
        {
            IsOver = isAccepted;
            // the boundary: whatever a peer's octets provoke becomes the one exception
            var error = new CmpException(CmpErrorKind.Malformed, "CmpMessage.Malformed", "The answer cannot be handled.", e) { Octets = octets, HttpStatus = _road.HttpStatus };
            return answer is null ? Unanswered(error, now) : Fail(error, isVouchedFor ? answer : null, now);
        }
    }

    /// <summary>Goes on after a <see cref="TransactionStep.Wait"/>.</summary>
    /// <param name="now">The time.</param>
    /// <returns>What to send.</returns>
    public TransactionStep Resume(DateTimeOffset now) => IsWaitedFor ? IsCmp1999 ? Continue(now) : Poll(now) : throw new InvalidOperationException("Nothing is waited for.");

    /// <summary>Goes on from a state that another process left, or after the road lost what it was asked for: says again what may not have been heard, or what comes next (rule 50).</summary>
    /// <param name="now">The time.</param>
    /// <returns>What to do.</returns>
    public abstract TransactionStep Continue(DateTimeOffset now);

    /// <summary>The road delivered our last message and brought no message back (rule 57), or broke (rule 44).</summary>
    /// <param name="error">What happened; <see langword="null"/> where the answer was empty.</param>
    /// <param name="now">The time.</param>
    /// <returns>What to do next.</returns>
    public abstract TransactionStep Unanswered(CmpException? error, DateTimeOffset now);

    /// <summary>Whether what is asked for is known again when it comes, so that an answer without protection can be taken at all (rule 76).</summary>
    private protected virtual bool MayBeUnprotected => false;

    /// <summary>Takes an answer that is authentic and belongs here.</summary>
    private protected abstract TransactionStep Advance(PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now);

    /// <summary>Certificates that the answer is about, whose issuer may sign it (rule 65).</summary>
    private protected abstract IReadOnlyList<Certificate> Concerned(PkiMessage answer);

    /// <summary>Who issued certificates that it is about and that are not at hand (rule 65).</summary>
    private protected virtual IReadOnlyList<Name> ConcernedIssuers => [];

    /// <summary>Whether an answer without protection, or with a wrong one, counts all the same: none does but errors, rejections and pkiConf.</summary>
    private protected abstract PkiStatusInfo? NegativeStatus(PkiMessage answer);

    /// <summary>Makes a message of ours: header by rules 1 to 8, protection, extraCerts by rule 10.</summary>
    private protected TransactionStep.Send Message(PkiBody body, DateTimeOffset now, int pvno, bool last, IReadOnlyList<InfoTypeAndValue>? generalInfo = null) =>
        Message(VersionFor(body.NeedsPvno3 || generalInfo?.Any(item => item.NeedsPvno3) == true ? 3 : pvno), body, now, last, generalInfo);

    private TransactionStep.Send Message(int version, PkiBody body, DateTimeOffset now, bool last, IReadOnlyList<InfoTypeAndValue>? generalInfo = null)
    {
        EncapsulateForServer(now);
        if (_kem is { LacksCiphertext: true } kem)
        {
            // the request waits, and says what is to be said of it when it is saved meanwhile
            kem.Request = new PkiMessage(new PkiHeader(version, Correspondents.Sender, Correspondents.Recipient(_peer)) { TransactionId = _transactionId, GeneralInfo = generalInfo ?? [] }, body);
            (body, last, generalInfo) = (new GenMsgContent([InfoTypes.KemCiphertextInfo()]), false, null);
        }
        else
        {
            generalInfo = WithCiphertext(generalInfo ?? []);
        }
        ReadOnlyMemory<byte> nonce = Secrets.Random(NonceLength);
        var header = new PkiHeader(version, Correspondents.Sender, Correspondents.Recipient(_peer))
        {
            MessageTime = now,
            SenderKid = Protector.SenderKid,
            TransactionId = _transactionId,
            SenderNonce = nonce,
            RecipNonce = _peerNonce,
            RecipKid = (Settings.Credential as DhCertificate)?.Peer.SubjectKeyIdentifier,
            GeneralInfo = generalInfo ?? [],
        };
        if (header.Sender.IsNullDn && header.SenderKid is null && Protector.Kind != ProtectionKind.None)
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Sender", $"A message without a sender's name needs a senderKID ({MessageRules.HeaderNullSender.Section}).");
        PkiMessage message = Protector.Protect(header, body, Correspondents.Certificates);
        bool first = _lastBody is null;
        Sent(message);
        return new TransactionStep.Send(message.Encoded, body.Type, first, last);
    }

    /// <summary>
    /// Rule 7: what the user wants, or the syntax needs, and never less than before; so a version that was negotiated stays. cmp1999 is another
    /// protocol: it is spoken where the user wants it, and nothing else then.
    /// </summary>
    /// <exception cref="CmpException"><c>CmpArgument.ProtocolVersion</c>: cmp1999 has no word for it.</exception>
    private int VersionFor(int needed)
    {
        if (!IsCmp1999)
            return Math.Max(Math.Max(Settings.Pvno ?? needed, needed), _lastPvno);
        return needed <= 2 ? 1 : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProtocolVersion", "What was asked for cannot be said in cmp1999 (RFC 2510): it needs cmp2021.")
        {
            RecommendedAction = "Leave -ProtocolVersion 1 out, or ask for less.",
        };
    }

    /// <summary>
    /// Whether a refusal is an invitation to ask again in a higher version: by unsupportedVersion, in a version that is spoken here, where the user
    /// has fixed none, and only if somebody vouches for it (RFC 9810 7, rule 77). Downwards there is no way: the syntax needed what was said. The version
    /// only rises, so this happens once.
    /// </summary>
    private protected bool IsInvitedToAskAgain(ErrorMsgContent error, PkiMessage answer, VerifiedAnswer verified)
    {
        bool isInvited = verified.IsAuthenticated && Settings.Pvno is null
            && (error.Status.FailInfo & FailInfo.UnsupportedVersion) != 0 && answer.Header.Pvno > _lastPvno && answer.Header.Pvno <= HighestVersion;
        if (!isInvited)
            return false;
        Settings.Trace?.Note($"The server does not speak {ServerWords.VersionName(_lastPvno)}: it is asked again in {ServerWords.VersionName(answer.Header.Pvno)}.");
        _lastPvno = answer.Header.Pvno;
        // the request begins the transaction anew, as if nothing had been said (RFC 9483 3.1)
        _peerNonce = null;
        _lastBody = null;
        return true;
    }

    /// <summary>Whether this is a conversation in cmp1999, by RFC 2510.</summary>
    private protected bool IsCmp1999 => Settings.Pvno == 1;

    /// <summary>
    /// Says again what was said last and perhaps never heard: the same transactionID, senderNonce and body, with the time and the peer's nonce
    /// of now, protected again (rule 50). A server that heard it knows it again by that nonce.
    /// </summary>
    private protected TransactionStep.Send Again(DateTimeOffset now, bool first, bool last)
    {
        PkiMessage before = PkiMessage.Decode(_lastMessage);
        EncapsulateForServer(now);
        PkiHeader header = before.Header with { GeneralInfo = WithCiphertext(before.Header.GeneralInfo), Sender = Correspondents.Sender, SenderKid = Protector.SenderKid, MessageTime = now, RecipNonce = _peerNonce };
        PkiMessage message = Protector.Protect(header, before.Body, Correspondents.Certificates);
        if (first && _kem is { LacksCiphertext: false } kem)
            kem.Request = message;
        Sent(message);
        return new TransactionStep.Send(message.Encoded, message.Body.Type, first, last);
    }

    private void Sent(PkiMessage message)
    {
        if (!IsSame(message.Header.SenderNonce, _lastSenderNonce))
            MessageNumber++;
        _lastMessage = message.Encoded;
        _lastSenderNonce = message.Header.SenderNonce;
        _lastPvno = message.Header.Pvno;
        _lastBody = message.Body.Type;
    }

    /// <summary>Takes up what another process left.</summary>
    private protected void Restore(TransactionState state)
    {
        PkiMessage last = PkiMessage.Decode(state.LastMessage);
        if (_kem is { } kem)
        {
            kem.Request = PkiMessage.Decode(state.Request);
            if (state.KemCiphertext is { } ciphertext && Settings.Credential is KemCertificate)
                kem.Take(Asn1Reader.Decode(ciphertext, null, KemCiphertextInfo.Read));
        }
        // rule 17: the kind chosen is kept; who has nothing more to say needs none
        ProtectionKind before = ProtectionKinds.Of(last.Header.ProtectionAlg);
        if (state.Phase != TransactionPhase.Ended && before != Protector.Kind)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.Protection", $"The transaction began with protection by {before} and cannot go on with {Protector.Kind}.")
            {
                RecommendedAction = $"Give the credential that it began with, and -Protection {before} if any.",
            };
        }
        Sent(last);
        MessageNumber = state.MessageNumber ?? MessageNumber;
        _peerNonce = state.PeerNonce;
        _peer = state.Peer;
        _delayedNonce = state.DelayedNonce;
        _pollIds = state.PollIds;
        Verifier.Restore(state.AnswerProtection, state.Signer, state.SeenCertificates);
    }

    /// <summary>The request as it was sent last, or as it waits: under KemBasedMac that need not be the first message, nor as it was sent at first.</summary>
    /// <param name="first">The first message.</param>
    private protected ReadOnlyMemory<byte> AsSent(ReadOnlyMemory<byte> first) => _kem?.Request is { } request ? request.Encoded : first;

    /// <summary>What another process needs of it, in the parts that every transaction has.</summary>
    private protected TransactionState Capture(TransactionPhase phase, ReadOnlyMemory<byte> request) => new()
    {
        Phase = phase,
        Request = AsSent(request),
        KemCiphertext = _kem?.Ciphertext?.Encoded,
        LastMessage = _lastMessage,
        MessageNumber = MessageNumber,
        PeerNonce = _peerNonce,
        Peer = _peer,
        DelayedNonce = _delayedNonce,
        PollIds = _pollIds,
        AnswerProtection = Verifier.Kind,
        Signer = Verifier.KnownSigner,
        SeenCertificates = [.. Verifier.SeenCertificates],
    };

    /// <summary>
    /// Begins to ask for an answer that is late (RFC 9810 5.3.22, RFC 9483 4.4), or goes on to ask where it is late still. What the road will bring by itself
    /// is waited for only: in cmp1999 there is no other way (RFC 2510 5.2).
    /// </summary>
    /// <param name="certReqIds">What is late; <see cref="WholeAnswer"/> is the answer as a whole.</param>
    /// <param name="now">The time.</param>
    private protected TransactionStep BeginPolling(IReadOnlyList<int> certReqIds, DateTimeOffset now)
    {
        if (_road.HasMore)
        {
            _pollIds = certReqIds;
            _delayedNonce ??= _lastSenderNonce;
            return new TransactionStep.Wait(now, null);
        }
        if (IsCmp1999)
        {
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.Waiting", "The server needs time, and cmp1999 (RFC 2510) has no messages to ask it again by.")
            {
                RecommendedAction = "Ask the operator whether the server speaks a later version too, and leave -ProtocolVersion 1 out.",
            };
        }
        bool isAgain = IsWaitedFor;
        _pollIds = certReqIds;
        if (isAgain)
            return new TransactionStep.Wait(now + WaitAgain, null);
        // the final answer may echo the nonce of the message whose answer is late (rule 26)
        _delayedNonce ??= _lastSenderNonce;
        return Poll(now);
    }

    /// <summary>Has what is late be asked for when <see cref="Resume"/> is called: other things come first.</summary>
    /// <param name="certReqIds">What is late.</param>
    /// <param name="delayedNonce">The nonce of the message whose answer is late (rule 26).</param>
    private protected void PollLater(IReadOnlyList<int> certReqIds, ReadOnlyMemory<byte>? delayedNonce)
    {
        _pollIds = certReqIds;
        _delayedNonce = delayedNonce;
    }

    /// <summary>Takes the server's word how long to wait (rule 38).</summary>
    private protected TransactionStep.Wait Wait(PollRepContent poll, PkiMessage answer, DateTimeOffset now)
    {
        if (poll.Entries.Count == 0 || !poll.Entries.All(entry => IsPending(entry.CertReqId)))
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.PollRep", "The server's pollRep speaks of a request that does not wait.") { Octets = answer.Encoded };
        BigInteger checkAfter = poll.Entries.Min(entry => entry.CheckAfter);
        if (poll.Entries.Any(entry => entry.CheckAfter < 0 || entry.CheckAfter > int.MaxValue))
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.PollRep", "The server's checkAfter is negative or more than 2^31-1 seconds.") { Octets = answer.Encoded };
        // of several certificates that wait for the same, once
        string reason = Show(new PkiFreeText([.. poll.Entries.SelectMany(entry => entry.Reason?.Texts ?? []).Distinct()]));
        return new TransactionStep.Wait(now + TimeSpan.FromSeconds((int)checkAfter), reason.Length > 0 ? reason : null);
    }

    /// <summary>The answer is there.</summary>
    private protected void EndPolling()
    {
        _pollIds = [];
        _delayedNonce = null;
    }

    /// <summary>Whether what waits may be called so: a whole answer has two numbers, 0 and -1 (RFC 9483 4.4).</summary>
    private protected virtual bool IsPending(int certReqId) =>
        _pollIds.Contains(certReqId) || (certReqId is 0 or WholeAnswer && _pollIds.Contains(WholeAnswer));

    private TransactionStep.Send Poll(DateTimeOffset now) => Message(new PollReqContent(_pollIds), now, pvno: 2, last: false);

    /// <summary>Tells the user something, once.</summary>
    internal void Warn(string text)
    {
        if (_warnings.Contains(text))
            return;
        _warnings.Add(text);
        Settings.Trace?.Warning(text);
    }

    private protected string Show(PkiFreeText? texts) => texts?.Show(Settings.Trust.Limits) ?? string.Empty;

    /// <summary>The error of a server whose refusal counts: somebody vouches for it, or the user wants it believed all the same (rule 33).</summary>
    private protected CmpServerException ServerError(PkiStatusInfo status, PkiMessage answer, bool isAuthenticated) => Words.Refusal(status, answer, isAuthenticated);

    private protected static TransactionStep.Failed Unexpected(PkiMessage answer, string where) =>
        new(new CmpException(CmpErrorKind.Transaction, "CmpTransaction.UnexpectedBody", $"{where} the server sent {PkiBodyTypeNames.Of(answer.Body.Type)}.") { Octets = answer.Encoded }, null);

    /// <summary>Rule 7.</summary>
    private bool IsSpoken(int pvno) => ServerWords.IsSpoken(pvno, _lastPvno);

    private ServerWords Words => new(_lastBody!.Value, _lastPvno, _road, Settings.Trust.Limits) { Request = PkiMessage.Decode(_lastMessage) };

    /// <summary>Who listens hears where an answer departs from the rules, be it believed or not.</summary>
    private void Tell(PkiMessage answer, List<Finding> findings)
    {
        findings.AddRange(RuleChecker.Check(answer, profile: true));
        foreach (Finding finding in findings.Where(finding => finding.Severity != FindingSeverity.Information).Take(Settings.Trust.Limits.MaxTexts))
            Settings.Trace?.Note($"finding: {finding}");
    }

    /// <summary>Says who vouches for an answer. One that nobody vouches for comes this far only where it may count all the same (rules 33 and 76).</summary>
    private VerifiedAnswer Verify(PkiMessage answer, DateTimeOffset now)
    {
        PkiStatusInfo? negative = NegativeStatus(answer);
        CmpException? unspoken = Unspoken(answer);
        VerifiedAnswer verified;
        CmpException? reason = null;
        try
        {
            verified = Verifier.Verify(answer, Concerned(answer), now, ConcernedIssuers);
        }
        catch (CmpException e) when ((negative is not null || unspoken is not null) && e is not CrlsMissingException)
        {
            reason = e;
            verified = new VerifiedAnswer(ProtectionKind.None, null, []);
        }
        if (!verified.IsAuthenticated && unspoken is not null)
            throw unspoken;
        if (!verified.IsAuthenticated && !(answer.Protection is null && (TakesUnprotectedAnswers || IsCiphertextDue(answer))))
        {
            // rule 33: only an error, a rejection or a pkiConf can count, and only where the user said so
            if (negative is null)
                throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Missing", $"The answer ({answer}) is not protected.") { Octets = answer.Encoded };
            if (!Settings.Trust.AllowUnprotectedErrors)
                throw Words.Unauthenticated(negative, answer, reason);
            if (reason is not null)
                Settings.Trace?.Note($"The protection of the answer does not hold: {reason.Message}");
        }
        return verified;
    }

    /// <summary>What is wrong with an answer whoever vouches for it: its version, or that it belongs elsewhere.</summary>
    private void CheckHeader(PkiMessage answer, bool isAuthenticated)
    {
        if (Unspoken(answer) is { } unspoken)
            throw unspoken;
        CheckIdentifiers(answer, NegativeStatus(answer), isAuthenticated);
    }

    /// <summary>Rule 7; but the words of an error reach the user in any version (rule 77 says what may follow from them).</summary>
    private CmpException? Unspoken(PkiMessage answer)
    {
        int pvno = answer.Header.Pvno;
        if (IsSpoken(pvno) || (answer.Body is ErrorMsgContent && NegativeStatus(answer) is not null))
            return null;
        return new CmpException(CmpErrorKind.Transaction, "CmpTransaction.Version", $"The answer is of {ServerWords.VersionName(pvno)}, which is not spoken here.")
        {
            RecommendedAction = pvno == 1 ? "The server speaks cmp1999: use -ProtocolVersion 1." : null,
            Octets = answer.Encoded,
        };
    }

    /// <summary>Rule 76: to a request without protection, where the user and the road allow it, and until somebody vouches for an answer (rule 66).</summary>
    private bool TakesUnprotectedAnswers =>
        Settings.Trust.AllowUnprotectedAnswers && _kem is null && Protector.Kind == ProtectionKind.None && Verifier.Kind is null && MayBeUnprotected;

    /// <summary>Whether an answer is the genp that rule 33 lets be without protection: our key is to come in it, and nothing else can.</summary>
    private bool IsCiphertextDue(PkiMessage answer) => _kem is { LacksCiphertext: true } && answer.Body is GenRepContent;

    /// <summary>Takes the ciphertext for our key, and sends the request that waited for it.</summary>
    private TransactionStep TakeCiphertext(KemExchange kem, PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now)
    {
        if (answer.Body is ErrorMsgContent { Status.Status: not PkiStatus.Waiting })
            return Advance(answer, verified, now);
        if (answer.Body is not GenRepContent rep)
            throw Unexpected(answer, "Asked for a ciphertext").Error;
        if (rep.Items is not [{ InfoType: Oids.KemCiphertextInfo, InfoValue: { } value }])
            throw new CmpException(CmpErrorKind.Transaction, "CmpTransaction.Ciphertext", "Asked for a ciphertext, the server has to answer by one and nothing else (RFC 9810 appendix E).") { Octets = answer.Encoded };
        kem.Take(Asn1Reader.Decode(value, new DecodeOptions(Settings.Trust.Limits), KemCiphertextInfo.Read));
        PkiMessage request = kem.Request!;
        TransactionStep.Send sent = Message(request.Header.Pvno, request.Body, now, last: false, request.Header.GeneralInfo);
        kem.Request = PkiMessage.Decode(sent.Octets);
        return sent;
    }

    /// <summary>
    /// Hears a server that can only answer by KemBasedMac and that we do not know yet: an error without protection, wrongIntegrity, brings its
    /// certificate, and where that is trusted the request is sent again with a ciphertext for it (RFC 9810 appendix E, figure 5; rule 33). Once, for nothing
    /// else is believed afterwards.
    /// </summary>
    /// <returns>The request; <see langword="null"/>: this is no such error.</returns>
    private TransactionStep? MeetKemServer(PkiMessage answer, DateTimeOffset now)
    {
        if (_kem is not { LacksCiphertext: false } || Verifier.HasEncapsulated || Verifier.Kind is not null
            || answer is not { Header.ProtectionAlg: null, Protection: null, Body: ErrorMsgContent { Status: { Status: PkiStatus.Rejection } status } }
            || (status.FailInfo & FailInfo.WrongIntegrity) is null or FailInfo.None
            || !IsSame(answer.Header.TransactionId, _transactionId) || !IsSame(answer.Header.RecipNonce, _lastSenderNonce)
            || answer.ExtraCerts.Take(AnswerVerifier.MaxExtraCerts).FirstOrDefault(HasKemKey) is not { } certificate)
        {
            return null;
        }
        try
        {
            foreach (string warning in Verifier.Meet(answer, certificate, Concerned(answer), ConcernedIssuers, _transactionId, now))
                Warn(warning);
        }
        catch (CmpException e) when (e is not CrlsMissingException)
        {
            return Fail(Words.Unauthenticated(status, answer, e), answer, now);
        }
        Settings.Trace?.Note($"The server protects by KemBasedMac only: it is asked again, with a ciphertext for {certificate}.");
        PkiMessage before = PkiMessage.Decode(_lastMessage);
        _peerNonce = answer.Header.SenderNonce;
        TransactionStep.Send sent = Message(before.Header.Pvno, before.Body, now, last: false, before.Header.GeneralInfo);
        _kem!.Request = PkiMessage.Decode(sent.Octets);
        return sent;
    }

    /// <summary>A server whose KEM key is known, by a pin or from before, gets a ciphertext at once, and a new one where the secret ended with another process.</summary>
    private void EncapsulateForServer(DateTimeOffset now)
    {
        if (_kem is null || Verifier.HasEncapsulated || (Settings.Trust.Pin ?? Verifier.KnownSigner?.Certificate) is not { } certificate || !HasKemKey(certificate))
            return;
        // one that has expired since is not known any more: the server brings its certificate anew
        if (Settings.Trust.Pin is null && Verifier.Kind is null && now > Verifier.KnownSigner!.ValidUntil)
            return;
        Verifier.Encapsulate(certificate, _transactionId);
    }

    /// <summary>The ciphertext goes with each message until the server shows that it has it.</summary>
    private IReadOnlyList<InfoTypeAndValue> WithCiphertext(IReadOnlyList<InfoTypeAndValue> generalInfo) =>
        Verifier.Ciphertext is { } ciphertext ? [.. generalInfo.Where(item => item.InfoType != Oids.KemCiphertextInfo), InfoTypes.KemCiphertextInfo(ciphertext)] : generalInfo;

    private static bool HasKemKey(Certificate certificate)
    {
        try
        {
            return Kem.IsSupported(certificate.PublicKey.Algorithm);
        }
        catch (CmpException)
        {
            return false; // a certificate that does not decode is nobody's
        }
    }

    /// <summary>Rules 25 and 26, for errors too; but what a server says is told, whatever it answers to.</summary>
    private void CheckIdentifiers(PkiMessage answer, PkiStatusInfo? negative, bool isAuthenticated)
    {
        PkiHeader header = answer.Header;
        if (!IsSame(header.TransactionId, _transactionId))
            throw Mismatch("CmpTransaction.TransactionId", "The answer belongs to another transaction.");
        if (!IsSame(header.RecipNonce, _lastSenderNonce) && !(IsSame(header.RecipNonce, _delayedNonce) && !IsWaiting(answer.Body)))
            throw Mismatch("CmpTransaction.RecipNonce", "The answer does not repeat the nonce of our message: it may be an old one.");

        CmpException Mismatch(string errorId, string message) => negative is null
            ? new CmpException(CmpErrorKind.Transaction, errorId, message) { Octets = answer.Encoded }
            : Words.Told(CmpErrorKind.Transaction, errorId, message, negative, answer, isAuthenticated, advice: null);
    }

    private static bool IsSame(ReadOnlyMemory<byte>? theirs, ReadOnlyMemory<byte>? ours) =>
        theirs is { } left && ours is { } right && left.Span.SequenceEqual(right.Span);

    /// <summary>Whether an answer only says that the answer comes later.</summary>
    private static bool IsWaiting(PkiBody body) => body switch
    {
        PollRepContent => true,
        ErrorMsgContent error => error.Status.Status == PkiStatus.Waiting,
        CertRepMessage rep => rep.Responses.Any(response => response.Status.Status == PkiStatus.Waiting),
        RevRepContent rep => rep.Statuses.Any(status => status.Status == PkiStatus.Waiting),
        KeyRecRepContent rep => rep.Status.Status == PkiStatus.Waiting,
        _ => false,
    };

    /// <summary>It fails; the server hears why where it is an answer of its own that is the cause.</summary>
    private TransactionStep.Failed Fail(CmpException error, PkiMessage? answer, DateTimeOffset now)
    {
        bool mayTell = Settings.NotifyErrors && _kem is not { LacksCiphertext: true } && error.Kind is CmpErrorKind.Transaction or CmpErrorKind.Malformed
            && answer is not null && answer.Body.Type != PkiBodyType.Error;
        return new TransactionStep.Failed(error, mayTell ? Notice(error, answer!, now) : null);
    }

    /// <summary>Tells the server why we stop, protected as everything else (rule 49).</summary>
    private TransactionStep.Send Notice(CmpException error, PkiMessage answer, DateTimeOffset now)
    {
        FailInfo failInfo = error.ErrorId switch
        {
            "CmpTransaction.RecipNonce" => FailInfo.BadRecipientNonce,
            "CmpTransaction.TransactionId" or "CmpMessage.Malformed" => FailInfo.BadDataFormat,
            _ => FailInfo.BadRequest,
        };
        // RFC 9810 7.1.1: an RFC 2510 server hears it in its own version
        int version = answer.Header.Pvno == 1 ? 1 : VersionFor(2);
        return Message(version, new ErrorMsgContent(PkiStatusInfo.Rejection(failInfo)), now, last: true);
    }
}
