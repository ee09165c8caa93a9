using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;

namespace Cmp.Messages.Rules;

/// <summary>
/// Holds the messages of one transaction, as they come, against the rules about what follows what. What each message is by itself
/// <see cref="RuleChecker"/> says. A conversation whose beginning is missing is judged by what can be told without it.
/// </summary>
/// <remarks>RFC 9810 5.1.1, 5.3 and 7, RFC 9483 3.1, 3.2, 4.1.1 and 4.4. Both sides' words are taken as they are: nothing is verified.</remarks>
/// <param name="profile">Whether what only RFC 9483 asks for is looked for too.</param>
public sealed class ConversationChecker(bool profile)
{
    private const int WholeAnswer = -1;

    /// <summary>Longer conversations are not told repetitions any more.</summary>
    private const int MaxMessages = 10_000;

    private readonly Dictionary<string, PkiMessage> _byNonce = [];
    private readonly Dictionary<int, Phase> _requests = [];

    // of requests that say it: whether the CA is to make the key
    private readonly Dictionary<int, bool> _centralKeys = [];
    private PkiMessage? _first;
    private PkiMessage? _begun;
    private PkiMessage? _lastOfClient;
    private PkiMessage? _lastOfServer;
    private PkiMessage? _firstOfServer;
    private PkiMessage? _last;
    private ReadOnlyMemory<byte>? _delayedNonce;
    private ProtectionFamily _family;
    private bool _isWholeLate;
    private bool _isImplicit;

    private enum Phase
    {
        Requested,
        Waiting,
        Unconfirmed,
        Ended,
    }

    /// <summary>Whether the message that begins the transaction was among those that came.</summary>
    public bool HasBeginning => _begun is not null;

    /// <summary>Takes the next message.</summary>
    /// <param name="message">It; announcements belong to no transaction and are passed over.</param>
    /// <returns>What is to be said of its place among the others.</returns>
    public IReadOnlyList<Finding> Add(PkiMessage message)
    {
        var found = new FindingCollector(message.Encoded, profile);
        if (message.Body.Type.IsAnnouncement())
            return found.Findings;
        message = Approved(message);
        _first ??= message;
        PkiHeader header = message.Header;
        if (_last is not null && header.TransactionId is { } id && _first.Header.TransactionId is { } common && !id.Span.SequenceEqual(common.Span))
            found.Add(MessageRules.ConversationTransactionId, $"The transactionID is {Hex.Of(Start(id))}, that of the first message {Hex.Of(Start(common))}.", id, header.Encoded);
        bool isOfClient = IsOfClient(message);
        if (IsRepeated(ref found, message))
            return found.Findings;
        CheckNonce(ref found, message, isOfClient);
        CheckSender(ref found, message, isOfClient);
        if (isOfClient)
            TakeRequest(ref found, message);
        else
            TakeAnswer(ref found, message);
        _last = message;
        if (isOfClient)
            _lastOfClient = message;
        else
            _lastOfServer = message;
        return found.Findings;
    }

    /// <summary>Says what is missing at the end. More may come all the same.</summary>
    /// <returns>Findings at the last message.</returns>
    public IReadOnlyList<Finding> End()
    {
        if (_last is null)
            return [];
        var found = new FindingCollector(_last.Encoded, profile);
        bool isLastWord = _last.Body is ErrorMsgContent || (_last.Header.Pvno == 1 && _last.Body is PkiConfirmContent);
        if (ReferenceEquals(_last, _lastOfClient) && !isLastWord)
            found.Add(MessageRules.ConversationUnanswered, $"The {_last.Body} has no answer.", _last.Body.Encoded);
        if (ReferenceEquals(_last, _lastOfServer) && _last.Body is CertRepMessage && Has(Phase.Unconfirmed))
            found.Add(MessageRules.ConversationUnconfirmed, "A certificate was issued, and its confirmation is missing: the server may take it for refused.", _last.Body.Encoded);
        return found.Findings;
    }

    /// <summary>
    /// Protection that a registration authority adds to a message is no word of the transaction: the message within is, and its answer is not wrapped (RFC 9483 5.2.2.1). A batch
    /// has a transaction of its own.
    /// </summary>
    private static PkiMessage Approved(PkiMessage message)
    {
        while (message.Body is NestedMessageContent { Messages: [var only] } && message.Header.TransactionId is { } id && only.Header.TransactionId is { } within && id.Span.SequenceEqual(within.Span))
            message = only;
        return message;
    }

    /// <summary>An error is of who is to speak next, and so is what carries others.</summary>
    private bool IsOfClient(PkiMessage message) => message.Body.Type switch
    {
        PkiBodyType type when type.IsOfClient() => true,
        PkiBodyType type when type.IsAnswer() => false,
        PkiBodyType.Pkiconf => message.Header.Pvno == 1 && _last?.Body is CertRepMessage,
        PkiBodyType.Error => _last is not null && ReferenceEquals(_last, _lastOfServer),
        _ => _last is null || ReferenceEquals(_last, _lastOfServer),
    };

    private bool IsRepeated(ref FindingCollector found, PkiMessage message)
    {
        if (message.Header.SenderNonce is not { Length: > 0 } nonce)
            return false;
        string name = Hex.Of(Start(nonce));
        if (!_byNonce.TryGetValue(name, out PkiMessage? before))
        {
            if (_byNonce.Count < MaxMessages)
                _byNonce.Add(name, message);
            return false;
        }
        if (before.Body.Encoded.Span.SequenceEqual(message.Body.Encoded.Span))
        {
            found.Add(MessageRules.ConversationRepeated, $"The {message.Body} comes again, with the nonce that it had.", message.Body.Encoded);
            return true;
        }
        found.Add(MessageRules.ConversationSenderNonce, $"The {before.Body} before had the same senderNonce.", nonce, message.Header.Encoded);
        return false;
    }

    private void CheckNonce(ref FindingCollector found, PkiMessage message, bool isOfClient)
    {
        PkiMessage? before = isOfClient ? _lastOfServer : _lastOfClient;
        if (message.Header.RecipNonce is not { } nonce || before?.Header.SenderNonce is not { } expected || nonce.Span.SequenceEqual(expected.Span))
            return;
        if (!isOfClient && _delayedNonce is { } delayed && delayed.Span.SequenceEqual(nonce.Span) && !IsWaiting(message.Body))
            return;
        found.Add(MessageRules.ConversationRecipNonce, $"The recipNonce is not the senderNonce of the {before.Body} before.", nonce, message.Header.Encoded);
    }

    private void CheckSender(ref FindingCollector found, PkiMessage message, bool isOfClient)
    {
        PkiHeader header = message.Header;
        ProtectionFamily family = ProtectionFamilies.Of(header.ProtectionAlg);
        if (family != ProtectionFamily.None)
        {
            if (_family == ProtectionFamily.None)
                _family = family;
            else if ((_family == ProtectionFamily.SharedSecret) != (family == ProtectionFamily.SharedSecret))
                found.Add(MessageRules.ConversationProtection, $"The message is protected by {header.ProtectionAlg}, others of the transaction by {(_family == ProtectionFamily.SharedSecret ? "a shared secret" : "a certificate's key")}.", header.ProtectionAlg!.Encoded, header.Encoded);
        }
        PkiMessage? first = isOfClient ? _begun : _firstOfServer;
        if (first is not null && family != ProtectionFamily.None && message.Body.Type != PkiBodyType.Nested && first.Body.Type != PkiBodyType.Nested && !IsSame(first.Header, header))
            found.Add(MessageRules.ConversationSender, $"The {(isOfClient ? "client" : "server")} calls itself {header.Sender}, and {first.Header.Sender} before.", header.Sender.Encoded, header.Encoded);
        if (!isOfClient && family != ProtectionFamily.None)
            _firstOfServer ??= message;
    }

    private static bool IsSame(PkiHeader first, PkiHeader next)
    {
        try
        {
            return first.Sender.Encoded.Span.SequenceEqual(next.Sender.Encoded.Span) || first.Sender.IsSameAs(next.Sender);
        }
        catch (CmpException)
        {
            return false; // names that do not decode are compared as octets
        }
    }

    private void TakeRequest(ref FindingCollector found, PkiMessage message)
    {
        PkiBody body = message.Body;
        switch (body)
        {
            case CertConfirmContent confirmation:
                TakeConfirmation(ref found, confirmation);
                break;
            case PkiConfirmContent: // cmp1999: all of them
                EndAll(Phase.Unconfirmed);
                break;
            case PollReqContent poll:
                if (_begun is not null && !_isWholeLate && !Has(Phase.Waiting))
                    found.Add(MessageRules.ConversationBody, "It is polled, and nothing waits.", body.Encoded);
                else if (_begun is not null)
                    CheckPoll(ref found, poll);
                break;
            case PopoDecKeyRespContent when _begun is not null && _lastOfServer?.Body is not PopoDecKeyChallContent:
                found.Add(MessageRules.ConversationBody, "A popdecr follows no popdecc.", body.Encoded);
                break;
            case ErrorMsgContent:
                found.Add(MessageRules.ErrorFromClient, "The client sends an error message.", body.Encoded);
                break;
            default:
                if (!body.Type.Begins() && body.Type != PkiBodyType.Nested)
                    break;
                if (_begun is not null && !MayBeginAgain(_lastOfServer))
                    found.Add(MessageRules.ConversationBody, $"A {body} begins a transaction that has begun.", body.Encoded);
                Begin(message);
                break;
        }
    }

    private void Begin(PkiMessage message)
    {
        _begun = message;
        _requests.Clear();
        _centralKeys.Clear();
        _isWholeLate = false;
        _delayedNonce = null;
        _isImplicit = message.Header.FindInfo(Oids.ImplicitConfirm) is not null;
        if (message.Body is CertReqMessages requests)
        {
            foreach (CertReqMsg request in requests.Requests)
            {
                _requests[request.CertReq.CertReqId] = Phase.Requested;
                // such a template says elsewhere what is asked for (RFC 9810 5.2.1)
                if (request.CertReq.FindControl(Oids.AltCertTemplate) is null)
                    _centralKeys[request.CertReq.CertReqId] = request.CertReq.CertTemplate.PublicKey is not { Key.IsEmpty: false } && request.Popo is null;
            }
        }
        else if (message.Body is P10crBody)
        {
            _requests[WholeAnswer] = Phase.Requested;
            _centralKeys[WholeAnswer] = false;
        }
    }

    /// <summary>After a ciphertext, and after an error that asks for one or for another version, the request is said, or said again.</summary>
    private static bool MayBeginAgain(PkiMessage? answer) => answer?.Body switch
    {
        GenRepContent { Items: [{ InfoType: Oids.KemCiphertextInfo }] } => true,
        ErrorMsgContent { Status.FailInfo: { } failInfo } => (failInfo & (FailInfo.UnsupportedVersion | FailInfo.WrongIntegrity)) != 0,
        _ => false,
    };

    private void TakeConfirmation(ref FindingCollector found, CertConfirmContent confirmation)
    {
        if (_begun is null)
            return;
        if (!Has(Phase.Unconfirmed))
        {
            found.Add(_isImplicit && _lastOfServer?.Body is CertRepMessage ? MessageRules.ConversationCertConf : MessageRules.ConversationBody, _isImplicit ? "A certConf follows where the certificate is confirmed implicitly." : "A certConf follows where nothing is to be confirmed.", confirmation.Encoded);
            return;
        }
        foreach (CertStatus status in confirmation.Statuses)
        {
            if (!Is(status.CertReqId, Phase.Unconfirmed))
                found.Add(MessageRules.ConversationCertConf, $"The certConf speaks of the certReqId {status.CertReqId}, for which no certificate was issued.", status.Encoded, confirmation.Encoded);
        }
        EndAll(Phase.Unconfirmed);
    }

    private void CheckPoll(ref FindingCollector found, PollReqContent poll)
    {
        foreach (int id in poll.CertReqIds)
        {
            if (id != WholeAnswer && !(id == 0 && _isWholeLate) && !Is(id, Phase.Waiting))
                found.Add(MessageRules.ConversationPollId, $"It is polled for the certReqId {id}, which does not wait.", poll.Encoded);
        }
    }

    private void TakeAnswer(ref FindingCollector found, PkiMessage message)
    {
        PkiBody body = message.Body;
        if (_lastOfClient is { } asked)
        {
            bool isNegotiation = body is ErrorMsgContent { Status.FailInfo: { } failInfo } && (failInfo & FailInfo.UnsupportedVersion) != 0;
            if (message.Header.Pvno != asked.Header.Pvno && !isNegotiation)
                found.Add(MessageRules.ConversationPvno, $"pvno is {message.Header.Pvno}, and {asked.Header.Pvno} in the {asked.Body} that is answered.", HeaderRules.FirstIn(message.Header.Encoded));
            if (!ReferenceEquals(_last, asked))
                found.Add(MessageRules.ConversationBody, $"A {body} comes unasked.", body.Encoded);
            else if (!Answers(body, asked.Body))
                found.Add(MessageRules.ConversationBody, $"A {asked.Body} is answered by {body}.", body.Encoded);
        }
        switch (body)
        {
            case CertRepMessage rep:
                TakeResponses(ref found, rep, message);
                break;
            case ErrorMsgContent { Status.Status: PkiStatus.Waiting }:
                Delay();
                break;
            case ErrorMsgContent:
                _requests.Clear();
                _isWholeLate = false;
                break;
            case RevRepContent rep:
                _isWholeLate = false;
                foreach (PkiStatusInfo status in rep.Statuses)
                {
                    if (status.Status == PkiStatus.Waiting)
                        Delay();
                }
                break;
            case KeyRecRepContent krp:
                _isWholeLate = false;
                if (krp.Status.Status == PkiStatus.Waiting)
                    Delay();
                break;
            case PollRepContent poll when _lastOfClient?.Body is PollReqContent request:
                foreach (PollRepEntry entry in poll.Entries)
                {
                    if (!Contains(request.CertReqIds, entry.CertReqId))
                        found.Add(MessageRules.ConversationPollId, $"The pollRep speaks of the certReqId {entry.CertReqId}, which was not asked for.", entry.Encoded, body.Encoded);
                }
                break;
            case PollRepContent or PopoDecKeyChallContent:
                break;
            default:
                _isWholeLate = false;
                break;
        }
    }

    /// <summary>The whole answer is late; it may repeat the nonce of the message that it answers (RFC 9483 4.4).</summary>
    private void Delay()
    {
        _isWholeLate = true;
        if (_lastOfClient?.Body is not PollReqContent)
            _delayedNonce = _lastOfClient?.Header.SenderNonce;
    }

    private void TakeResponses(ref FindingCollector found, CertRepMessage rep, PkiMessage message)
    {
        _isWholeLate = false;
        bool isFirst = Has(Phase.Requested);
        bool isGranted = message.Header.FindInfo(Oids.ImplicitConfirm) is not null;
        bool hasCertificate = false, isStrange = false;
        foreach (CertResponse response in rep.Responses)
        {
            int id = response.CertReqId;
            bool isUnknown = _begun is not null && !Is(id, Phase.Requested) && !Is(id, Phase.Waiting);
            isStrange |= isUnknown;
            if (isUnknown)
                found.Add(MessageRules.ConversationCertReqId, $"The answer speaks of the certReqId {id}, which was not asked for.", response.Encoded, rep.Encoded);
            hasCertificate |= response.CertifiedKeyPair is not null;
            if (response.CertifiedKeyPair is { } pair && _centralKeys.TryGetValue(Key(id), out bool isCentral) && isCentral != pair.PrivateKey is not null)
                found.Add(MessageRules.ConversationPrivateKey, isCentral ? "The CA was to make the key, and none comes with the certificate." : "A private key comes with the certificate, and the requester has made his own.", response.Encoded, rep.Encoded);
            _requests[Key(id)] = response.Status.Status == PkiStatus.Waiting ? Phase.Waiting : response.CertifiedKeyPair is not null && !isGranted ? Phase.Unconfirmed : Phase.Ended;
        }
        if (isFirst && !isStrange && Has(Phase.Requested))
            found.Add(MessageRules.ConversationCertReqId, "The answer does not speak of each request.", rep.Encoded);
        if (Has(Phase.Waiting) && _lastOfClient?.Body is not PollReqContent)
            _delayedNonce = _lastOfClient?.Header.SenderNonce;
        if (isGranted && hasCertificate && _begun is not null && _begun.Body.Type != PkiBodyType.Nested && !_isImplicit)
            found.Add(MessageRules.ConversationImplicitConfirm, "Implicit confirmation is granted, and nobody asked for it.", message.Header.FindInfo(Oids.ImplicitConfirm)!.Encoded, message.Header.Encoded);
        _isImplicit = isGranted;
    }

    /// <summary>RFC 9810 5.3: each body has its answer; any may be answered by an error.</summary>
    private bool Answers(PkiBody answer, PkiBody asked)
    {
        if (answer.Type == PkiBodyType.Error)
            return true;
        switch (asked.Type)
        {
            case PkiBodyType.Nested:
                return answer.Type == PkiBodyType.Nested;
            case PkiBodyType.CertConf:
                return answer.Type == PkiBodyType.Pkiconf;
            case PkiBodyType.Error:
                return answer.Type == PkiBodyType.Pkiconf;
            case PkiBodyType.PollReq:
                // what is late may be the answer to a certConf too
                return answer.Type is PkiBodyType.PollRep or PkiBodyType.Pkiconf || _begun is null || answer.Type == (_begun.Body.Type == PkiBodyType.Nested ? PkiBodyType.Nested : AnswerTo(_begun.Body.Type));
            case PkiBodyType.Popdecr:
                return _begun is null || answer.Type == AnswerTo(_begun.Body.Type);
            default:
                return answer.Type == AnswerTo(asked.Type) || (answer.Type == PkiBodyType.Popdecc && asked.Type.AsksForCertificates());
        }
    }

    private static PkiBodyType? AnswerTo(PkiBodyType request) => request switch
    {
        PkiBodyType.Ir => PkiBodyType.Ip,
        PkiBodyType.Cr or PkiBodyType.P10cr => PkiBodyType.Cp,
        PkiBodyType.Kur => PkiBodyType.Kup,
        PkiBodyType.Krr => PkiBodyType.Krp,
        PkiBodyType.Rr => PkiBodyType.Rp,
        PkiBodyType.Ccr => PkiBodyType.Ccp,
        PkiBodyType.Genm => PkiBodyType.Genp,
        _ => null,
    };

    /// <summary>A PKCS #10 has no number: 0 and -1 both mean it (RFC 9483 4.1.1 and 4.1.4).</summary>
    private int Key(int certReqId) => _begun?.Body is P10crBody && certReqId == 0 ? WholeAnswer : certReqId;

    private bool Is(int certReqId, Phase phase) => _requests.TryGetValue(Key(certReqId), out Phase current) && current == phase;

    private bool Has(Phase phase) => _requests.ContainsValue(phase);

    private void EndAll(Phase phase)
    {
        foreach (int id in new List<int>(_requests.Keys))
        {
            if (_requests[id] == phase)
                _requests[id] = Phase.Ended;
        }
    }

    private static bool IsWaiting(PkiBody body) => body switch
    {
        PollRepContent => true,
        ErrorMsgContent error => error.Status.Status == PkiStatus.Waiting,
        _ => false,
    };

    private static bool Contains(IReadOnlyList<int> ids, int id)
    {
        foreach (int one in ids)
        {
            if (one == id)
                return true;
        }
        return false;
    }

    private static ReadOnlySpan<byte> Start(ReadOnlyMemory<byte> octets) => octets.Span.Slice(0, Math.Min(octets.Length, 64));
}
