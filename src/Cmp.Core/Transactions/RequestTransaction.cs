using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Protection;

namespace Cmp.Transactions;

/// <summary>One question and one answer, which may be late: rr and rp, genm and genp, krr and krp.</summary>
/// <remarks>
/// <code>
/// Requested --answer--> Ended
///     |  \--waiting, in the body or by an error--> Polling --pollRep--> (wait) --pollReq--> Polling --answer--> Ended
///     \--error--> Ended
/// </code>
/// RFC 9810 5.3.9, 5.3.10, 5.3.19 to 5.3.22; RFC 9483 4.2 to 4.4.
/// </remarks>
public abstract class RequestTransaction : Transaction
{
    private readonly PkiBody _request;
    private readonly PkiBodyType _answerType;
    private readonly IReadOnlyList<InfoTypeAndValue> _generalInfo;
    private TransactionPhase _phase = TransactionPhase.New;
    private ReadOnlyMemory<byte> _firstMessage;
    private ReadOnlyMemory<byte>? _answer;

    private protected RequestTransaction(TransactionSettings settings, PkiBody request, PkiBodyType answerType, IReadOnlyList<InfoTypeAndValue>? generalInfo = null)
        : base(settings)
    {
        _request = request;
        _answerType = answerType;
        _generalInfo = generalInfo ?? [];
    }

    /// <summary>How far it is: one of <see cref="TransactionPhase.New"/>, <see cref="TransactionPhase.Requested"/> and <see cref="TransactionPhase.Ended"/>.</summary>
    public TransactionPhase Phase => _phase;

    /// <summary>What is asked.</summary>
    public PkiBody Request => _request;

    /// <inheritdoc/>
    public override TransactionStep Start(DateTimeOffset now)
    {
        if (_phase != TransactionPhase.New)
            throw new InvalidOperationException("A transaction starts once.");
        _phase = TransactionPhase.Requested;
        return Ask(now);
    }

    /// <summary>What another process needs to go on from here.</summary>
    /// <returns>The state; a copy.</returns>
    public TransactionState Capture() => Capture(_phase, _firstMessage) with { Answers = _answer is { } answer ? [answer] : [] };

    /// <inheritdoc/>
    public override TransactionStep Continue(DateTimeOffset now)
    {
        switch (_phase)
        {
            case TransactionPhase.Ended:
                return new TransactionStep.Done();
            case TransactionPhase.Requested when !IsWaitedFor || IsCmp1999:
                TransactionStep.Send request = Again(now, first: true, last: false);
                _firstMessage = request.Octets;
                return request;
            case TransactionPhase.Requested:
                return Again(now, first: false, last: false);
            default:
                throw new InvalidOperationException("Nothing was said yet.");
        }
    }

    /// <inheritdoc/>
    public override TransactionStep Unanswered(CmpException? error, DateTimeOffset now) =>
        new TransactionStep.Failed(error ?? new CmpException(CmpErrorKind.Protocol, "CmpTransport.NoAnswer", "The server answered without a message where one is due."), null);

    /// <summary>Takes up what another process left.</summary>
    private protected void TakeUp(TransactionState state)
    {
        Restore(state);
        _phase = state.Phase;
        _firstMessage = state.Request;
        if (state.Answers is not [var octets, ..])
            return;
        _answer = octets;
        if (PkiMessage.Decode(octets) is { } answer && answer.Body.Type == _answerType)
            Take(answer, state.AnswerProtection is not (null or ProtectionKind.None));
    }

    /// <summary>The version that is spoken where the user names none and the syntax needs none.</summary>
    private protected virtual int PreferredPvno => 2;

    /// <summary>What is polled for where an answer of the right kind says that it comes later; one that is late as a whole by an error is called -1.</summary>
    private protected virtual IReadOnlyList<int> LateIds => [WholeAnswer];

    /// <summary>Whether an answer of the right kind says that it, or a part of it, comes later.</summary>
    private protected abstract bool IsLate(PkiBody answer);

    /// <summary>Takes an answer that is whole. It is called again where another process goes on after the end.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="isAuthenticated">Whether somebody vouches for it.</param>
    /// <exception cref="CmpException">The answer does not fit the request.</exception>
    private protected abstract void Take(PkiMessage answer, bool isAuthenticated);

    private protected override PkiStatusInfo? NegativeStatus(PkiMessage answer) =>
        answer.Body is ErrorMsgContent { Status.Status: not PkiStatus.Waiting } error ? error.Status : null;

    private protected override TransactionStep Advance(PkiMessage answer, VerifiedAnswer verified, DateTimeOffset now)
    {
        switch (answer.Body)
        {
            case ErrorMsgContent { Status.Status: PkiStatus.Waiting }:
                return BeginPolling([WholeAnswer], now);
            case ErrorMsgContent error when _phase == TransactionPhase.Requested && !IsWaitedFor && IsInvitedToAskAgain(error, answer, verified):
                return Ask(now);
            case ErrorMsgContent error:
                _phase = TransactionPhase.Ended;
                return new TransactionStep.Failed(ServerError(error.Status, answer, verified.IsAuthenticated), null);
            case PollRepContent poll when IsWaitedFor:
                return Wait(poll, answer, now);
            case RawBody { Type: > PkiBodyType.PollRep } unknown:
                throw new CmpException(CmpErrorKind.Malformed, "CmpMessage.UnknownBody", $"The server sent a body with the tag [{(int)unknown.Type}], which no version of CMP knows.") { Octets = answer.Encoded };
            case { } body when body.Type == _answerType && _phase == TransactionPhase.Requested:
                if (IsLate(body))
                    return BeginPolling(LateIds, now);
                Take(answer, verified.IsAuthenticated);
                _answer = answer.Encoded;
                _phase = TransactionPhase.Ended;
                EndPolling();
                return new TransactionStep.Done();
            default:
                throw Unexpected(answer, $"In answer to {PkiBodyTypeNames.Of(_request.Type)}").Error;
        }
    }

    private TransactionStep.Send Ask(DateTimeOffset now)
    {
        TransactionStep.Send first = Message(_request, now, pvno: _request.NeedsPvno3 ? 3 : PreferredPvno, last: false, [.. _generalInfo, .. Settings.GeneralInfo]);
        _firstMessage = first.Octets;
        return first;
    }
}
