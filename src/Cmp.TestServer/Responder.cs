using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Announcements;
using Cmp.Cryptography;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.TestServer;

/// <summary>
/// The server without a road: a message in, a message out, safe from several threads. Tests, fuzzers and every road use it.
/// It shares the messages and their protection with the client; what may follow what, and all checks, are its own.
/// </summary>
/// <remarks>
/// RFC 9810 5.1 to 5.3, RFC 9483 3.5, 3.6 and 5.1. Checks come in this order, each with its failure bit: syntax (badDataFormat), pvno (unsupportedVersion),
/// transactionID (badDataFormat), senderNonce (badSenderNonce), where it is <see cref="TestServerOptions.Strict"/> the rules of <see cref="MessageRules"/>, protection (wrongIntegrity, badMessageCheck, badAlg, signerNotTrusted), messageTime (badTime),
/// origPKIMessage (notAuthorized, badDataFormat, badRequest, badPOP), transaction (transactionIdInUse, wrongIntegrity, notAuthorized), recipNonce (badRecipientNonce), body (badRequest), and what the body asks for.
/// Only a message that comes this far can end its transaction.
/// <para>A message that comes again (the same transactionID, senderNonce and body, by the same requester) gets the answer that it had, protected anew: a
/// client that died, or lost its connection, cannot know whether it was heard, and a request is not to be granted twice. RFC 9810 does not speak of
/// it, RFC 9483 6 leaves retransmission to the transfer, and HTTP clients do it there where a connection breaks (RFC 9110 9.2.2). Of each transaction the last
/// answer is remembered, for a client sends nothing new before it has that. What differs is refused as ever (transactionIdInUse, badRecipientNonce,
/// certConfirmed).</para>
/// <para>In pvno 1 (where not <see cref="TestServerOptions.Strict"/>) RFC 2510 is spoken: no polling and no implicit confirmation, a conf in place of certConf,
/// which is answered by nothing, and answers whose recipKID names the secret as their senderKID would.</para>
/// <para>A nested message is opened (<see cref="NestedHandler"/>): what is in it is answered as if it had come alone, to one message by its answer,
/// to a batch by a batch.</para>
/// <para>An answer has the kind of protection that its request has or claims to have (RFC 9483 3.2). So who uses a wrong secret gets an error under
/// the right one: he cannot verify it, yet it says badMessageCheck. What claims nothing gets a signature.</para>
/// </remarks>
public sealed class Responder : IDisposable
{
    private const int NonceLength = 16;
    private const int MaxIdLength = 256;
    private const int WholeAnswer = -1;
    private const int HighestVersion = 3;

    /// <summary>The bits that RFC 2510 3.2.3 knows.</summary>
    private const FailInfo Cmp1999FailInfo = (FailInfo)0x3FF;

    /// <summary>A client's clock that runs a little behind does not make its poll an early one.</summary>
    private static readonly TimeSpan PollTolerance = TimeSpan.FromMilliseconds(250);

    private readonly TestServerOptions _options;
    private readonly CertificationAuthority _authority;
    private readonly ServerState? _state;
    private readonly CertificateRegister _register;
    private readonly TransactionTable _transactions;
    private readonly SharedSecretMacs _macs;
    private readonly AgreedMacs _agreed;
    private readonly ServerKeys _keys;
    private readonly KeyArchive _archive;
    private readonly RequestVerifier _verifier;
    private readonly Dictionary<PkiBodyType, IRequestHandler> _handlers;
    private readonly NestedHandler _nested;
    private readonly MessageProtector _signatures;
    private readonly SigningCertificate _signer;
    private readonly Announcer _announcer;
    private readonly GeneralName _sender;
    private readonly Func<DateTimeOffset> _clock;
    private readonly DecodeOptions _decode;
    private readonly StrictRules _rules;

    /// <summary>Makes one.</summary>
    /// <param name="options">How it behaves.</param>
    /// <param name="authority">Who issues; the caller disposes of it.</param>
    /// <param name="secret">The octets of the shared secret; copied.</param>
    public Responder(TestServerOptions options, CertificationAuthority authority, byte[] secret)
        : this(options, authority, secret, state: null)
    {
    }

    /// <summary>One that goes on where another one of the same state ended, however it did.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>: the state is damaged.</exception>
    internal Responder(TestServerOptions options, CertificationAuthority authority, byte[] secret, ServerState? state)
    {
        _options = options;
        _authority = authority;
        _state = state;
        IReadOnlyList<ServerTransaction> transactions = state?.ReadTransactions() ?? [];
        // what a transaction says of its certificates is newer than what was kept for the time after it
        _register = new CertificateRegister(state, transactions.SelectMany(transaction => transaction.Registered).Concat(state?.ReadCertificates() ?? []));
        _transactions = new TransactionTable(state, transactions);
        _macs = new SharedSecretMacs(options.Reference, (byte[])secret.Clone(), options.Limits, allowSha1: !options.Strict);
        _clock = options.Clock ?? (() => DateTimeOffset.UtcNow);
        _keys = new ServerKeys(options, authority, state, _clock);
        _agreed = new AgreedMacs(options, authority, _clock());
        _verifier = new RequestVerifier(options, _macs, _agreed, _register, authority);
        IEnumerable<ServerTransaction> changing = transactions.Where(transaction => transaction.Changes.Exists(change => change.At is not null));
        foreach ((ServerTransaction transaction, StatusChange change) in changing.SelectMany(one => one.Changes.Select(change => (one, change))).OrderBy(pair => pair.change.At))
        {
            if (change.At is not null && _register.Change(change) is { } entry)
                transaction.Changed.Add(entry);
        }
        var crls = new CrlPublisher(authority, _register, state);
        _archive = new KeyArchive(state, serial => _register.FindTaken(serial) ?? FindPending(transactions, serial));
        var possession = new PossessionCheck(options, _macs, _keys, _agreed);
        var generation = new KeyGeneration(options, authority, _keys, _macs);
        var enrollment = new EnrollmentHandler(options, authority, _register, possession, _archive, generation);
        _nested = new NestedHandler(Respond);
        _handlers = new Dictionary<PkiBodyType, IRequestHandler>
        {
            [PkiBodyType.Ir] = enrollment,
            [PkiBodyType.Cr] = enrollment,
            [PkiBodyType.P10cr] = enrollment,
            [PkiBodyType.Kur] = enrollment,
            [PkiBodyType.Ccr] = new CrossCertificationHandler(options, authority, possession),
            [PkiBodyType.Krr] = new KeyRecoveryHandler(options, authority, _register, possession, _archive, generation),
            [PkiBodyType.Rr] = new RevocationHandler(options, authority, _register, crls),
            [PkiBodyType.Genm] = new GeneralHandler(options, authority, crls, _keys),
            [PkiBodyType.Nested] = _nested,
        };
        _signer = new SigningCertificate(authority.Signer, authority.SignerKey);
        _signatures = MessageProtector.Signature(_signer, authority.HashAlgorithm, authority.Pss);
        _sender = GeneralName.FromName(authority.Signer.Subject);
        _announcer = new Announcer(options, authority, _register, crls, _signatures);
        _decode = new DecodeOptions(options.Limits);
        _rules = new StrictRules(options);
    }

    /// <summary>The certificates that are good: issued, and neither refused nor left unconfirmed for too long. Of more than 20 000 the oldest are forgotten.</summary>
    public IReadOnlyList<Certificate> Issued => _register.Good(_clock());

    /// <summary>Answers a message. Whatever the octets are, nothing is thrown, and there is an answer, but for a conf of cmp1999.</summary>
    /// <param name="octets">What came, as a rule one PKIMessage.</param>
    /// <returns>The answer's octets; none where RFC 2510 knows no answer.</returns>
    public ReadOnlyMemory<byte> Respond(ReadOnlyMemory<byte> octets)
    {
        DateTimeOffset now = _clock();
        PkiHeader? header = null;
        Requester? requester = null;
        PkiMessage answer;
        bool isConf = false;
        string what = "?";
        try
        {
            List<Finding>? findings = _rules.Collect();
            PkiMessage request = PkiMessage.Decode(octets, _decode with { Findings = findings });
            header = request.Header;
            isConf = request.Body is PkiConfirmContent;
            what = request.ToString();
            _options.Trace?.Message(TraceDirection.Received, octets, what, TimeSpan.Zero);
            CheckHeader(request);
            if (request.Body is NestedMessageContent within)
                NestedHandler.CheckSize(within);
            RefusalException? ofBody = _rules.Judge(request, findings);
            ServerTransaction? transaction = _transactions.Find(header.TransactionId!.Value, now);
            if (transaction is null && AgreedMacs.IsCiphertextRequest(request))
                return Traced(GiveCiphertext(request, now));
            requester = _verifier.Verify(request, transaction?.Requester, now);
            CheckTime(header, now);
            _agreed.TakeCiphertext(header, now);
            if (_options.KemOnDemand && _agreed.KemCertificate is { } kem && _agreed.KemProtector(header.TransactionId.Value, now) is null)
                return Traced(AskForCiphertext(header, kem, now));
            OriginalCheck.Check(request, requester, _decode);
            if (NestedHandler.IsApproval(request))
                return ofBody is null ? _nested.Forward(request, requester) : throw ofBody;
            answer = request.Body is NestedMessageContent batch ? Unbundle(batch, request, requester, transaction, ofBody, now)
                : _handlers.TryGetValue(request.Body.Type, out IRequestHandler? handler)
                ? Begin(request, requester, handler, ofBody, now)
                : Continue(request, requester, transaction, ofBody, now);
        }
        catch (Exception e)
        {
            answer = Protect(new ErrorMsgContent(Told(e, what).Status), header ?? HeaderOf(octets), requester, Secrets.Random(NonceLength), now, [], null);
        }
        return isConf && answer.Body is PkiConfirmContent ? ReadOnlyMemory<byte>.Empty : Traced(answer);
    }

    /// <summary>Says something unasked (RFC 9810 5.3.13 to 5.3.16), signed.</summary>
    /// <param name="type">What: the last change of the root, a certificate, a revocation, or the current CRL of the CA that issues.</param>
    /// <param name="certificate">The certificate that is announced, <see langword="null"/> for the last one that was issued; of a revocation whose it is. It goes with these two only.</param>
    /// <returns>The octets of the message.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Announcement</c>: there is no such thing to announce; <c>CmpArgument.Certificate</c>: a certificate is missing, none of this
    /// authority, or has no place; <c>CmpStore.…</c>: the number of a CRL cannot be kept.</exception>
    public ReadOnlyMemory<byte> Announce(AnnouncementType type, Certificate? certificate = null) => Traced(_announcer.Announce(type, certificate, _clock()));

    /// <summary>Says to who asks what was announced, or could have been (draft-ietf-pkix-cmp-transport-protocols-11 3.7.2), as it is now.</summary>
    /// <param name="target">What is asked for.</param>
    /// <returns>The octets of the message; <see langword="null"/> where there is nothing to say.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: issuer or key are named by octets that are no such name; <c>CmpStore.…</c>: the number of a CRL cannot be kept.</exception>
    public ReadOnlyMemory<byte>? Announced(AnnouncementTarget target) => _announcer.Find(target, _clock()) is { } message ? Traced(message) : default(ReadOnlyMemory<byte>?);

    private ReadOnlyMemory<byte> Traced(PkiMessage answer)
    {
        _options.Trace?.Message(TraceDirection.Sent, answer.Encoded, answer.ToString(), TimeSpan.Zero);
        return answer.Encoded;
    }

    /// <summary>RFC 9810 appendix E, figure 3: nobody vouches for question and answer, and no transaction begins with them.</summary>
    private PkiMessage GiveCiphertext(PkiMessage request, DateTimeOffset now)
    {
        Certificate client = _verifier.VerifyKemClient(request, now);
        var body = new GenRepContent([InfoTypes.KemCiphertextInfo(_agreed.Encapsulate(request.Header, client, now))]);
        return Protect(body, request.Header, new Requester(ProtectionKind.None), Secrets.Random(NonceLength), now, [], null);
    }

    /// <summary>RFC 9810 appendix E, figure 5.</summary>
    private PkiMessage AskForCiphertext(PkiHeader request, Certificate kem, DateTimeOffset now)
    {
        var header = new PkiHeader(Math.Max(request.Pvno, 2), _sender, request.Sender)
        {
            MessageTime = now,
            TransactionId = request.TransactionId,
            SenderNonce = Secrets.Random(NonceLength),
            RecipNonce = request.SenderNonce,
        };
        var error = new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.WrongIntegrity, "This server answers by KemBasedMac: send a ciphertext for its key."));
        return MessageProtector.None(null).Protect(header, error, [kem, _authority.Issuing]);
    }

    /// <summary>The certificate for the KEM key, or <see langword="null"/>.</summary>
    public Certificate? KemCertificate => _agreed.KemCertificate;

    /// <summary>The certificate for the (EC)DH key, or <see langword="null"/>.</summary>
    public Certificate? DhCertificate => _agreed.DhCertificate;

    /// <summary>
    /// The certificate to encrypt keys to, or to agree with; <see langword="null"/> where <see cref="TestServerOptions.EncryptionKeyAlgorithm"/> is. Who asks first waits
    /// until its key is made.
    /// </summary>
    /// <exception cref="CmpException"><c>CmpStore.…</c>: its key cannot be kept.</exception>
    public Certificate? EncryptionCertificate => _keys.Encryption?.Certificate;

    /// <summary>Forgets the secret. The authority stays.</summary>
    public void Dispose()
    {
        _keys.Dispose();
        _archive.Dispose();
        _macs.Dispose();
        _agreed.Dispose();
        _signer.Dispose();
    }

    /// <summary>RFC 9483 3.1 knows no cmp1999.</summary>
    private int LowestVersion => _options.LowestVersion ?? (_options.Strict ? 2 : 1);

    private void CheckHeader(PkiMessage request)
    {
        PkiHeader header = request.Header;
        if (header.Pvno < LowestVersion || header.Pvno > HighestVersion)
            throw new RefusalException(FailInfo.UnsupportedVersion, $"The versions {LowestVersion} to {HighestVersion} are spoken here.");
        if (header.TransactionId is not { Length: > 0 and <= MaxIdLength })
            throw new RefusalException(FailInfo.BadDataFormat, "There is no transactionID, or one too long.");
        if (header.SenderNonce is not { Length: >= NonceLength })
            throw new RefusalException(MessageRules.HeaderSenderNonce);
    }

    private void CheckTime(PkiHeader header, DateTimeOffset now)
    {
        if (_options.Strict && header.MessageTime is { } time && (now - time).Duration() > _options.MaxClockSkew)
            throw new RefusalException(MessageRules.HeaderMessageTime, $"The message is of {time:u}, here it is {now:u}.");
    }

    /// <summary>RFC 9483 5.2.2.2. What is within is answered before the batch's own transaction is locked, and not again where the batch was answered.</summary>
    private PkiMessage Unbundle(NestedMessageContent batch, PkiMessage request, Requester requester, ServerTransaction? transaction, RefusalException? ofBody, DateTimeOffset now) =>
        Begin(request, requester, transaction?.Last is null && ofBody is null ? _nested.Unbundle(batch) : _nested, ofBody, now);

    private PkiMessage Begin(PkiMessage request, Requester requester, IRequestHandler handler, RefusalException? ofBody, DateTimeOffset now)
    {
        MessageMark mark = MessageMark.Of(request);
        ServerTransaction transaction = _transactions.FindOrBegin(request.Header.TransactionId!.Value, requester, request.Body.Type, mark, now);
        lock (transaction)
        {
            if (!requester.IsSameAs(transaction.Requester) || !mark.IsSameAs(transaction.Last?.To ?? transaction.First))
                throw new RefusalException(FailInfo.TransactionIdInUse, "The transactionID was used before.");
            if (transaction.Last is { } last)
                return Repeat(last, request, transaction, now);
            transaction.AsksImplicitConfirm = request.Header.FindInfo(Oids.ImplicitConfirm) is not null;
            PkiBody answer;
            try
            {
                answer = ofBody is null ? handler.Answer(request, transaction, now) : throw ofBody;
            }
            catch (Exception e)
            {
                RefusalException refusal = Told(e, request.ToString());
                End(transaction);
                return Send(refusal.IsOfMessage ? new ErrorMsgContent(refusal.Status) : handler.Refuse(request.Body, refusal.Status), request, transaction, now);
            }
            if (answer is not PopoDecKeyChallContent)
                return Conclude(answer, handler, request, transaction, now);
            transaction.State = ServerTransaction.Phase.Challenged;
            return Send(answer, request, transaction, now);
        }
    }

    /// <summary>Gives the final answer, or what says that it takes time.</summary>
    private PkiMessage Conclude(PkiBody answer, IRequestHandler handler, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (request.Header.Pvno > 1)
            answer = Divide(answer, request, transaction);
        return _options.PollCount > 0 && _options.Outcome is null && !_options.DelayConfirmation && request.Header.Pvno > 1
            ? Delay(answer, handler.Waiting(answer), request, transaction, now)
            : Deliver(answer, request, transaction, now);
    }

    /// <summary>RFC 9810 5.2.8.3.3. There is one try: who is wrong begins anew, with other numbers.</summary>
    private PkiMessage AnswerChallenged(PopoDecKeyRespContent numbers, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (transaction.Challenge is not { } challenge)
            throw new RefusalException(FailInfo.BadRequest, "No challenge of this transaction is open.");
        transaction.Challenge = null;
        if (now > challenge.Deadline)
            throw new RefusalException(FailInfo.BadRequest, "The answer to the challenge comes too late.");
        var handler = (IChallengingHandler)_handlers[transaction.Request];
        PkiBody answer;
        try
        {
            answer = handler.AnswerChallenged(challenge.Request, challenge.Check(numbers.Numbers), transaction, now);
        }
        catch (Exception e)
        {
            RefusalException refusal = Told(e, request.ToString());
            End(transaction);
            return Send(refusal.IsOfMessage ? new ErrorMsgContent(refusal.Status) : handler.Refuse(challenge.Request.Body, refusal.Status), request, transaction, now);
        }
        return Conclude(answer, handler, request, transaction, now);
    }

    private PkiMessage Continue(PkiMessage request, Requester requester, ServerTransaction? transaction, RefusalException? ofBody, DateTimeOffset now)
    {
        bool isConfirmation = request.Header.Pvno == 1 ? request.Body is PkiConfirmContent : request.Body is CertConfirmContent or PollReqContent;
        if (!isConfirmation && request.Body is not PopoDecKeyRespContent && request.Body.Type != PkiBodyType.Error)
            throw new RefusalException(FailInfo.BadRequest, $"A {request} is not supported here.");
        if (transaction is null)
            throw new RefusalException(FailInfo.BadRequest, $"There is no transaction that a {request} could belong to.");
        if (requester.Kind != transaction.Requester.Kind)
            throw new RefusalException(FailInfo.WrongIntegrity, "The transaction began with another kind of protection.");
        if (!requester.IsSameAs(transaction.Requester))
            throw new RefusalException(FailInfo.NotAuthorized, "The transaction was begun by another signer.");
        lock (transaction)
        {
            if (transaction.Last is { } last && last.To.IsSameAs(MessageMark.Of(request)))
                return Repeat(last, request, transaction, now);
            if (transaction.State == ServerTransaction.Phase.Ended)
            {
                // told whatever the nonce
                throw request.Body is CertConfirmContent && transaction.IsConfirmed
                    ? new RefusalException(FailInfo.CertConfirmed, "The certificate is confirmed already.")
                    : new RefusalException(FailInfo.BadRequest, "The transaction has ended.");
            }
            if (request.Header.RecipNonce is not { } nonce || transaction.Last is not { } ours || !nonce.Span.SequenceEqual(ours.Nonce.Span))
                throw new RefusalException(MessageRules.ConversationRecipNonce, "The recipNonce is not the last senderNonce of this server.");
            try
            {
                return request.Body switch
                {
                    _ when ofBody is not null => throw ofBody,
                    CertConfirmContent confirmation => Confirm(confirmation, request, transaction, now),
                    PkiConfirmContent => ConfirmAll(request, transaction, now),
                    PollReqContent poll => Poll(poll, request, transaction, now),
                    PopoDecKeyRespContent numbers => AnswerChallenged(numbers, request, transaction, now),
                    _ => Abandon(request, transaction, now),
                };
            }
            catch (Exception e)
            {
                // RFC 9483 3.6.4: after an error nothing of the transaction goes on
                RefusalException refusal = Told(e, request.ToString());
                End(transaction);
                return Send(new ErrorMsgContent(refusal.Status), request, transaction, now);
            }
        }
    }

    /// <summary>RFC 9810 5.3.22: of several requests some may wait. What answers them is kept for later, and in its place stands that they do.</summary>
    private static PkiBody Divide(PkiBody answer, PkiMessage request, ServerTransaction transaction)
    {
        if (answer is not CertRepMessage rep || !rep.Responses.Any(IsLate))
            return answer;
        transaction.Late = new CertRepMessage(rep.Type, [.. rep.Responses.Where(IsLate)]) { CaPubs = rep.CaPubs };
        transaction.LateNonce = request.Header.SenderNonce!.Value.ToArray();
        foreach (int id in transaction.LateIds.Where(transaction.Unconfirmed.ContainsKey))
        {
            transaction.LateCertificates[id] = transaction.Unconfirmed[id];
            transaction.Unconfirmed.Remove(id);
        }
        var waiting = new PkiStatusInfo(PkiStatus.Waiting);
        return new CertRepMessage(rep.Type, [.. rep.Responses.Select(response => IsLate(response) ? new CertResponse(response.CertReqId, waiting) : response)])
        {
            CaPubs = transaction.Unconfirmed.Count > 0 ? rep.CaPubs : [],
        };

        // what is refused is refused at once
        bool IsLate(CertResponse response) => response.CertifiedKeyPair is not null && transaction.LateIds.Contains(response.CertReqId);
    }

    /// <summary>RFC 9483 4.4 and 5.1.5.</summary>
    private PkiMessage Delay(PkiBody answer, PkiBody? waiting, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        transaction.State = ServerTransaction.Phase.Waiting;
        transaction.Delayed = answer;
        transaction.DelayedNonce = request.Header.SenderNonce!.Value.ToArray();
        transaction.PollsLeft = _options.PollCount;
        transaction.NextPoll = now;
        if (_options.WaitByError || waiting is null)
        {
            transaction.PollIds = [WholeAnswer];
            return Send(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Waiting)), request, transaction, now);
        }
        transaction.PollIds = waiting is CertRepMessage rep ? rep.Responses.Select(response => response.CertReqId).ToList()
            : request.Body is CertReqMessages { Type: PkiBodyType.Krr } krr ? [WholeAnswer, .. krr.Requests.Select(one => one.CertReq.CertReqId)]
            : [WholeAnswer];
        return Send(waiting, request, transaction, now);
    }

    private PkiMessage Poll(PollReqContent poll, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (transaction.State != ServerTransaction.Phase.Waiting)
            throw new RefusalException(FailInfo.BadRequest, "Nothing of this transaction waits.");
        if (poll.CertReqIds.Count == 0 || poll.CertReqIds.Any(id => !transaction.PollIds.Contains(id) && (_options.Strict || id != WholeAnswer)))
            throw new RefusalException(MessageRules.ConversationPollId, "The pollReq names what does not wait.");
        bool isEarly = now + PollTolerance < transaction.NextPoll;
        if (transaction.PollsLeft == 0 && !isEarly)
            return Deliver(transaction.Delayed!, request, transaction, now);
        if (!isEarly)
        {
            transaction.PollsLeft--;
            transaction.NextPoll = now + TimeSpan.FromSeconds(_options.CheckAfter);
        }
        int seconds = (int)Math.Ceiling(Math.Max(0, (transaction.NextPoll - now).TotalSeconds));
        var reason = new PkiFreeText(["This server was told to take its time."]);
        return Send(new PollRepContent(poll.CertReqIds.Select(id => new PollRepEntry(id, seconds, reason)).ToList()), request, transaction, now);
    }

    /// <summary>Nothing is to be confirmed: the requests that wait may be polled for.</summary>
    private void AwaitPolls(ServerTransaction transaction, DateTimeOffset now)
    {
        transaction.State = ServerTransaction.Phase.Waiting;
        transaction.Delayed = transaction.Late;
        transaction.DelayedNonce = transaction.LateNonce;
        transaction.PollIds = [.. transaction.Late!.Responses.Select(response => response.CertReqId)];
        transaction.PollsLeft = _options.PollCount;
        transaction.NextPoll = now;
        transaction.Late = null;
        foreach (KeyValuePair<int, UnconfirmedCertificate> pair in transaction.LateCertificates)
            transaction.Unconfirmed[pair.Key] = pair.Value;
        transaction.LateCertificates.Clear();
    }

    /// <summary>Sends a final answer. What it issues becomes known now, confirmed or to be confirmed.</summary>
    private PkiMessage Deliver(PkiBody answer, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        ReadOnlyMemory<byte>? delayedNonce = transaction.State == ServerTransaction.Phase.Waiting && _options.EchoDelayedNonce ? transaction.DelayedNonce : null;
        transaction.Delayed = null;
        transaction.State = ServerTransaction.Phase.Ended;
        if (_handlers[transaction.Request] is IDeliveringHandler delivering)
            answer = delivering.Deliver(answer, transaction, now);
        var info = new List<InfoTypeAndValue>(1);
        if (answer is CertRepMessage && transaction.Unconfirmed.Count > 0)
        {
            bool isCmp1999 = request.Header.Pvno == 1;
            // the hash in certConf is what proves possession (RFC 9810 5.2.8.3.2)
            bool isImplicit = !isCmp1999 && !transaction.Unconfirmed.Values.Any(issued => issued.IsUnproven) && _options.ImplicitConfirmation switch
            {
                ImplicitConfirmation.Always => true,
                ImplicitConfirmation.WhenAsked => transaction.AsksImplicitConfirm,
                _ => false,
            };
            DateTimeOffset deadline = CertificationAuthority.WholeSeconds(now + _options.ConfirmWaitTime);
            foreach (UnconfirmedCertificate issued in transaction.Unconfirmed.Values)
                transaction.Registered.Add(_register.Add(issued, isImplicit ? null : deadline));
            if (isImplicit)
            {
                transaction.Unconfirmed.Clear();
                transaction.IsConfirmed = true;
                info.Add(InfoTypeAndValue.ImplicitConfirm);
            }
            else
            {
                transaction.State = ServerTransaction.Phase.Confirming;
                transaction.ConfirmDeadline = deadline;
                if (!isCmp1999)
                    info.Add(InfoTypeAndValue.ConfirmWaitTime(deadline));
            }
        }
        if (transaction.State == ServerTransaction.Phase.Ended && transaction.Late is not null)
            AwaitPolls(transaction, now);
        return Send(answer, request, transaction, now, info, delayedNonce);
    }

    /// <summary>RFC 9810 5.3.18, RFC 9483 4.1.1 and 5.1.2.</summary>
    private PkiMessage Confirm(CertConfirmContent confirmation, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (transaction.State != ServerTransaction.Phase.Confirming)
            throw new RefusalException(FailInfo.BadRequest, "Nothing of this transaction is to be confirmed.");
        if (now > transaction.ConfirmDeadline)
            throw new RefusalException(FailInfo.BadRequest, "The confirmation comes too late: the certificate counts as refused.");
        var accepted = new List<Certificate>();
        var named = new HashSet<int>();
        foreach (CertStatus status in confirmation.Statuses)
        {
            int id = FindId(status.CertReqId, transaction);
            if (!named.Add(id))
                throw new RefusalException(MessageRules.CertConfIdDoubled);
            CheckHash(status, transaction.Unconfirmed[id].Certificate);
            switch (status.StatusInfo?.Status ?? PkiStatus.Accepted)
            {
                case PkiStatus.Accepted:
                    accepted.Add(transaction.Unconfirmed[id].Certificate);
                    break;
                case PkiStatus.Rejection:
                    break;
                default:
                    throw new RefusalException(MessageRules.CertConfStatus);
            }
        }
        // what is not named is rejected
        foreach (UnconfirmedCertificate issued in transaction.Unconfirmed.Values)
        {
            if (accepted.Contains(issued.Certificate))
                _register.Confirm(issued.Certificate);
            else
                Discard(issued.Certificate);
        }
        transaction.IsConfirmed = accepted.Count > 0;
        transaction.Unconfirmed.Clear();
        return _options.PollCount > 0 && _options.DelayConfirmation
            ? Delay(new PkiConfirmContent(), null, request, transaction, now)
            : Deliver(new PkiConfirmContent(), request, transaction, now);
    }

    /// <summary>RFC 2510 3.3.17: it stands for all that was issued, and nothing answers it.</summary>
    private PkiMessage ConfirmAll(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (transaction.State != ServerTransaction.Phase.Confirming)
            throw new RefusalException(FailInfo.BadRequest, "Nothing of this transaction is to be confirmed.");
        if (now > transaction.ConfirmDeadline)
            throw new RefusalException(FailInfo.BadRequest, "The confirmation comes too late: the certificate counts as refused.");
        foreach (UnconfirmedCertificate issued in transaction.Unconfirmed.Values)
            _register.Confirm(issued.Certificate);
        transaction.IsConfirmed = true;
        transaction.Unconfirmed.Clear();
        return Deliver(new PkiConfirmContent(), request, transaction, now);
    }

    /// <summary>A PKCS #10 has no number: both -1 and 0 mean it, RFC 9483 having one in 4.1.4 and the other in 4.1.1 (rule 9).</summary>
    private static int FindId(int certReqId, ServerTransaction transaction)
    {
        if (transaction.Unconfirmed.ContainsKey(certReqId))
            return certReqId;
        if (transaction.Request == PkiBodyType.P10cr && certReqId is 0 or WholeAnswer)
            return transaction.Unconfirmed.Keys.Single();
        throw new RefusalException(MessageRules.ConversationCertConf, "The certReqId of the certConf names no certificate of this transaction.");
    }

    /// <summary>Rule 42: hashAlg is accepted always; without it the digest is the one of the certificate's signature.</summary>
    private static void CheckHash(CertStatus status, Certificate certificate)
    {
        string? digest = status.HashAlg?.Oid ?? SignatureAlgorithms.DigestOid(certificate.SignatureAlgorithm);
        if (digest is null || !Digests.IsSupported(digest))
            throw new RefusalException(FailInfo.BadAlg, "The digest of the certConf is not supported, or not named.");
        if (!Secrets.FixedTimeEquals(Digests.Compute(digest, certificate.Encoded), status.CertHash.Span))
            throw new RefusalException(MessageRules.CertConfHash, "The certHash is not that of the certificate that was issued.");
    }

    /// <summary>RFC 9810 5.3.21: a client that gives up says so, and is told that it was heard. RFC 9483 3.6.1 forbids it.</summary>
    private PkiMessage Abandon(PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        if (_options.Strict)
            throw new RefusalException(MessageRules.ErrorFromClient);
        End(transaction);
        return Send(new PkiConfirmContent(), request, transaction, now);
    }

    private void End(ServerTransaction transaction)
    {
        foreach (UnconfirmedCertificate issued in transaction.Unconfirmed.Values.Concat(transaction.LateCertificates.Values))
            Discard(issued.Certificate);
        transaction.Unconfirmed.Clear();
        transaction.LateCertificates.Clear();
        transaction.Challenge = null;
        transaction.Delayed = null;
        transaction.Late = null;
        transaction.State = ServerTransaction.Phase.Ended;
    }

    /// <summary>Nobody took it.</summary>
    private void Discard(Certificate certificate)
    {
        _register.Discard(certificate);
        _archive.Forget(certificate);
    }

    /// <summary>A certificate that is not given out yet: its answer waits.</summary>
    private static Certificate? FindPending(IReadOnlyList<ServerTransaction> transactions, string serial) => transactions
        .SelectMany(transaction => transaction.Unconfirmed.Values.Concat(transaction.LateCertificates.Values))
        .Select(issued => issued.Certificate)
        .FirstOrDefault(certificate => Hex.Of(certificate.SerialNumber.Span) == serial);

    /// <summary>What a client hears of something thrown, after who hears the trace has heard it. A fault of this server, and what is wrong with its files, is told to him only.</summary>
    private RefusalException Told(Exception error, string what)
    {
        RefusalException? refusal = error as RefusalException ?? (error is CmpException { Kind: not CmpErrorKind.Store } known ? RefusalException.From(known) : null);
        if (refusal is null)
        {
            _options.Trace?.Note($"{what} failed: {PeerText.Escape(error.ToString())}");
            return new RefusalException(FailInfo.SystemFailure, "This server failed.") { IsOfMessage = true };
        }
        _options.Trace?.Note($"{what} is refused: {string.Join(", ", FailInfoNames.Of(refusal.FailInfo))}. {PeerText.Escape(refusal.Message)}");
        return refusal;
    }

    /// <summary>The header of a message that does not decode as a whole, so that the error finds its way; or <see langword="null"/>.</summary>
    private PkiHeader? HeaderOf(ReadOnlyMemory<byte> octets)
    {
        PkiHeader? header = null;
        try
        {
            return Asn1Reader.Decode(octets, _decode, (ref Asn1Reader reader) =>
            {
                Asn1Reader message = reader.ReadSequence();
                return header = PkiHeader.Read(ref message);
            });
        }
        catch (CmpException)
        {
            return header;
        }
    }

    /// <summary>Answers within a transaction. The answer is remembered, and kept before it leaves: what a client has heard this server must know for ever.</summary>
    private PkiMessage Send(PkiBody body, PkiMessage request, ServerTransaction transaction, DateTimeOffset now, IReadOnlyList<InfoTypeAndValue>? info = null, ReadOnlyMemory<byte>? recipNonce = null)
    {
        transaction.Last = new RememberedAnswer(MessageMark.Of(request), body, Secrets.Random(NonceLength), recipNonce, info ?? []);
        transaction.Keep(now);
        try
        {
            _state?.Save(transaction);
        }
        catch (CmpException e)
        {
            Lose(transaction, request, e);
        }
        return Protect(transaction.Last, request, transaction, now);
    }

    /// <summary>What cannot be kept has not happened: nothing is issued, and the answer is an error, also when the message comes again.</summary>
    private void Lose(ServerTransaction transaction, PkiMessage request, CmpException error)
    {
        RefusalException refusal = Told(error, request.ToString());
        foreach (RegisteredCertificate entry in transaction.Registered)
            Discard(entry.Certificate);
        foreach (StatusChange change in transaction.Changes.Where(change => change.At is not null))
            _register.Change(change with { Revocation = change.Before });
        End(transaction);
        transaction.Last = new RememberedAnswer(MessageMark.Of(request), new ErrorMsgContent(refusal.Status), Secrets.Random(NonceLength), null, []);
    }

    /// <summary>Gives the answer that the same message had. Nothing else happens: nothing is issued, no poll counts, no time is put off.</summary>
    private PkiMessage Repeat(RememberedAnswer answer, PkiMessage request, ServerTransaction transaction, DateTimeOffset now)
    {
        _options.Trace?.Note($"{request} came again and gets the same answer.");
        return Protect(answer, request, transaction, now);
    }

    private PkiMessage Protect(RememberedAnswer answer, PkiMessage request, ServerTransaction transaction, DateTimeOffset now) =>
        Protect(answer.Body, request.Header, transaction.Requester, answer.Nonce, now, answer.Info, answer.RecipNonce);

    private PkiMessage Protect(PkiBody body, PkiHeader? request, Requester? requester, ReadOnlyMemory<byte> nonce, DateTimeOffset now, IReadOnlyList<InfoTypeAndValue> info, ReadOnlyMemory<byte>? recipNonce)
    {
        ProtectionKind kind = requester?.Kind ?? ProtectionKinds.Of(request?.ProtectionAlg);
        // who is not known to have the secret chooses no weak parameters for a MAC under it
        MessageProtector? kem = requester is { Kind: not ProtectionKind.None } && request?.TransactionId is { } id ? _agreed.KemProtector(id, now) : null;
        MessageProtector protector = kem is not null ? kem
            : _options.SignAnswers ? _signatures
            : kind.IsUnderSharedSecret() ? _macs.Protector(requester?.Mac ?? new PbmOptions())
            : requester?.Kind == ProtectionKind.None ? MessageProtector.None(null)
            : _signatures;
        bool isSigned = protector.Kind == ProtectionKind.Signature;
        // RFC 9810 7: the version of the request, or the nearest that is spoken
        int version = request is null ? Math.Max(2, LowestVersion) : Math.Min(Math.Max(request.Pvno, LowestVersion), HighestVersion);
        if (request?.Pvno == 1 && version == 1 && body is ErrorMsgContent error)
            body = error with { Status = InCmp1999(error.Status) };
        var header = new PkiHeader(version, _sender, request?.Sender ?? GeneralName.NullDn)
        {
            MessageTime = now,
            SenderKid = version == 1 ? null : protector.SenderKid,
            RecipKid = version == 1 ? request?.SenderKid : null,
            TransactionId = request?.TransactionId,
            SenderNonce = nonce,
            RecipNonce = recipNonce ?? request?.SenderNonce,
            GeneralInfo = info,
        };
        // RFC 9483 3.3: the signer and its chain, the chain of what is issued, and of CRLs, no root
        var extraCerts = new List<Certificate>(2);
        if (isSigned)
            extraCerts.Add(_authority.Signer);
        if (kem is not null)
            extraCerts.Add(_agreed.KemCertificate!);
        if (isSigned || kem is not null || body is CertRepMessage or RevRepContent or GenRepContent)
            extraCerts.Add(_authority.Issuing);
        // who trusts a former root finds the way to the present one: from the signer, and from CRLs that are asked for
        if (isSigned || body is GenRepContent)
            extraCerts.AddRange(_authority.RootChanges.Select(change => change.Content.NewWithOld!));
        if (requester is { Kind: ProtectionKind.DhBasedMac, Certificate: { } client } && kem is null && !_options.SignAnswers)
            return _agreed.ProtectByDh(client, requester.Mac, header, body, [_agreed.DhCertificate!, _authority.Issuing]);
        return protector.Protect(header, body, extraCerts);
    }

    /// <summary>Of the reasons only those that RFC 2510 has; badRequest where none of them is left.</summary>
    private static PkiStatusInfo InCmp1999(PkiStatusInfo status) => status.FailInfo is not { } failInfo ? status
        : status with { FailInfo = (failInfo & Cmp1999FailInfo) is not FailInfo.None and var known ? known : FailInfo.BadRequest };
}
