using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>What came of a conversation.</summary>
internal sealed class ConversationVerdict
{
    private readonly TimeSpan? _duration;
    private int _polls;
    private long _checkAfter;
    private bool _isDeclined;
    private bool _isConfirmed;
    private string? _reason;

    internal ConversationVerdict(IReadOnlyList<ConversationEvent> events, TimeSpan? duration)
    {
        _duration = duration;
        foreach (ConversationEvent said in events)
            Hear(said);
        Text = Tell(events);
    }

    internal PkiBodyType? Operation { get; private set; }

    internal ConversationOutcome Outcome { get; private set; }

    internal string Text { get; }

    internal PkiStatus? Status { get; private set; }

    internal FailInfo? FailInfo { get; private set; }

    internal string? Subject { get; private set; }

    internal string? SerialNumber { get; private set; }

    private void Hear(ConversationEvent said)
    {
        if (said.Message is not { } message)
        {
            HearRoad(said);
            return;
        }
        if (said.IsRequest)
            HearRequest(message);
        else
            HearAnswer(message);
    }

    private void HearRoad(ConversationEvent said)
    {
        if (said.IsPolling)
        {
            if (said.IsRequest)
                _polls++;
            Outcome = ConversationOutcome.Waiting;
        }
        else if (said.IsRoadFailure && Outcome is ConversationOutcome.Unanswered or ConversationOutcome.Unfinished or ConversationOutcome.Waiting)
        {
            Outcome = ConversationOutcome.Failed;
            _reason = said.Place.RoadText;
        }
    }

    private void HearRequest(CmpMessage message)
    {
        CmpMessage inner = message is { Type: PkiBodyType.Nested, Body.Messages: [{ } only] } ? only : message;
        switch (inner.Type)
        {
            case PkiBodyType.PollReq:
                _polls++;
                return;
            case PkiBodyType.CertConf:
                _isDeclined = inner.Body.Status == PkiStatus.Rejection;
                if (_isDeclined)
                    Decline(inner);
                return;
            case PkiBodyType.Error:
                // who asked gives up
                Decline(inner);
                _isDeclined = true;
                return;
            case PkiBodyType.Popdecr:
                return;
        }
        Operation ??= inner.Type;
        Outcome = inner.Type is PkiBodyType.Ckuann or PkiBodyType.Cann or PkiBodyType.Rann or PkiBodyType.Crlann ? ConversationOutcome.Announced : ConversationOutcome.Unanswered;
        if (inner.Body.Items.Count == 0)
            return;
        About(inner.Body.Items[0]);
        // the number is the CA's to choose
        if (inner.Body.Items[0].Kind == CmpMessageItemKind.CertificateRequest)
            SerialNumber = null;
    }

    private void Decline(CmpMessage message)
    {
        Outcome = ConversationOutcome.Declined;
        _reason = message.Body.Items.FirstOrDefault(item => item.Status == PkiStatus.Rejection) is { } item ? ItemText.Refusal(item) : "no reason is given";
    }

    private void HearAnswer(CmpMessage message)
    {
        CmpMessageBody body = message.Body;
        Status = body.Status ?? Status;
        FailInfo = body.FailInfo ?? FailInfo;
        switch (message.Type)
        {
            case PkiBodyType.Ip or PkiBodyType.Cp or PkiBodyType.Kup or PkiBodyType.Ccp or PkiBodyType.Krp:
                HearCertificates(message);
                break;
            case PkiBodyType.Rp:
                HearRevocation(body);
                break;
            case PkiBodyType.Error:
                Refuse(body);
                break;
            case PkiBodyType.Genp:
                Outcome = ConversationOutcome.Answered;
                break;
            case PkiBodyType.Pkiconf when Outcome == ConversationOutcome.Issued:
                _isConfirmed = true;
                Outcome = ConversationOutcome.Enrolled;
                break;
            case PkiBodyType.PollRep:
                Outcome = ConversationOutcome.Waiting;
                foreach (CmpMessageItem item in body.Items)
                    _checkAfter = item.CheckAfterSec ?? _checkAfter;
                break;
            case PkiBodyType.Ckuann or PkiBodyType.Cann or PkiBodyType.Rann or PkiBodyType.Crlann:
                Outcome = ConversationOutcome.Announced;
                if (body.Items.Count > 0)
                    About(body.Items[0]);
                break;
            case PkiBodyType.Popdecc or PkiBodyType.Pkiconf:
                break;
            default:
                Outcome = ConversationOutcome.Unfinished;
                break;
        }
    }

    private void HearCertificates(CmpMessage message)
    {
        CmpMessageBody body = message.Body;
        switch (body.Status)
        {
            case PkiStatus.Rejection when body.Items.All(item => item.Status == PkiStatus.Rejection):
                Refuse(body);
                return;
            case PkiStatus.Waiting:
                Outcome = ConversationOutcome.Waiting;
                return;
        }
        Outcome = ConversationOutcome.Issued;
        if (body.Items.FirstOrDefault(item => item.Status != PkiStatus.Rejection) is { } issued)
            About(issued);
        if (message.Type == PkiBodyType.Krp)
        {
            Outcome = ConversationOutcome.Enrolled;
        }
        else if (message.Header.GeneralInfo.Any(item => item.Oid == Oids.ImplicitConfirm))
        {
            Outcome = ConversationOutcome.Enrolled;
            _reason = "and needs no confirmation";
        }
    }

    private void HearRevocation(CmpMessageBody body)
    {
        if (body.Status == PkiStatus.Rejection)
        {
            Refuse(body);
            return;
        }
        Outcome = body.Status == PkiStatus.Waiting ? ConversationOutcome.Waiting : ConversationOutcome.Revoked;
        if (body.Items.FirstOrDefault(item => item.SerialNumber is not null) is { } revoked)
            About(revoked);
    }

    private void Refuse(CmpMessageBody body)
    {
        // what was said of a certificate that who asked does not want is no refusal of it
        if (_isDeclined && Outcome == ConversationOutcome.Declined)
            return;
        Outcome = ConversationOutcome.Refused;
        _reason = body.Items.FirstOrDefault(item => item.Status is null or PkiStatus.Rejection) is { } item ? ItemText.Refusal(item) : "no reason is given";
    }

    private void About(CmpMessageItem item)
    {
        Subject = item.Subject ?? Subject;
        SerialNumber = item.SerialNumber ?? SerialNumber;
    }

    private string Tell(IReadOnlyList<ConversationEvent> events)
    {
        string? serial = SerialNumber is null ? null : $"serial {SerialNumber}";
        string? polls = _polls == 0 ? null : $"after {_polls} {(_polls == 1 ? "question" : "questions")} for it";
        string? duration = _duration is { } time ? string.Format(CultureInfo.InvariantCulture, "in {0:0.0##} s", time.TotalSeconds) : null;
        return Outcome switch
        {
            ConversationOutcome.Enrolled => Sentence($"{Deed} {Subject ?? "a certificate"}", serial, duration, polls, _isConfirmed ? "confirmed" : _reason),
            ConversationOutcome.Issued => Sentence($"Issued {Subject ?? "a certificate"}", serial, duration, polls, "and not confirmed: a server may revoke it then"),
            ConversationOutcome.Declined => $"Declined by who asked for it: {Subject ?? "a certificate"}{(serial is null ? string.Empty : $", {serial}")}: {_reason}.",
            ConversationOutcome.Revoked => Sentence($"Revoked {Subject ?? "a certificate"}", serial, duration, polls),
            ConversationOutcome.Answered => Sentence("Answered", duration),
            ConversationOutcome.Announced => Sentence("Announced", duration),
            ConversationOutcome.Refused => $"Refused{(polls is null ? string.Empty : $", {polls}")}: {_reason}.",
            ConversationOutcome.Failed => Sentence("No answer of CMP came", polls, $"but {_reason}"),
            ConversationOutcome.Waiting => Sentence("The server has no answer yet", polls, _checkAfter > 0 ? string.Format(CultureInfo.InvariantCulture, "and wants to be asked again in {0} s", _checkAfter) : null),
            ConversationOutcome.Unanswered => "No answer was seen.",
            _ => events[events.Count - 1].Message is { Type: null } ? "The last message does not decode." : "The end was not seen.",
        };
    }

    private string Deed => Operation switch
    {
        PkiBodyType.Krr => "Recovered",
        PkiBodyType.Kur => "Renewed",
        _ => "Enrolled",
    };

    private static string Sentence(params string?[] parts) => string.Join(", ", parts.Where(part => part is not null)) + ".";
}
