using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// Observing a resource (RFC 7641): it registers, takes notifications in their order, fetches the rest of those that come in blocks (RFC 7959 3.4), and
/// registers again when a server has been silent for longer than it said, since servers forget (RFC 9482 2.6). It has no socket and no clock.
/// </summary>
internal sealed class CoapObservation : ICoapWork
{
    /// <summary>The longest that a registration is relied on, whatever the server says.</summary>
    internal static readonly TimeSpan LongestTrust = TimeSpan.FromHours(1);

    /// <summary>After this a number that is smaller may be newer (RFC 7641 3.4).</summary>
    private static readonly TimeSpan OrderTime = TimeSpan.FromSeconds(128);

    /// <summary>Notifications that wait to be taken.</summary>
    private const int MaxNotifications = 16;

    private const int MaxChanges = 3;

    private readonly CoapMessageLayer _layer;
    private readonly CoapQuestion _question;
    private readonly Func<int, byte[]> _random;
    private readonly CoapRequest _registration;
    private readonly Queue<CoapNotification> _notifications = new();
    private (uint Number, TimeSpan Time)? _last;
    private CoapNotification? _shown;
    private CoapTransfer? _fetch;
    private bool _fetchIsRegistered;
    private int _changes;
    private TimeSpan? _answerBy;
    private TimeSpan _renewAt;
    private bool _isDeregistered;

    /// <summary>Registers; the first datagram waits to be sent.</summary>
    /// <param name="layer">What carries it.</param>
    /// <param name="question">What asks for the resource.</param>
    /// <param name="random">Octets at random, as many as are asked for.</param>
    /// <param name="now">The time.</param>
    public CoapObservation(CoapMessageLayer layer, CoapQuestion question, Func<int, byte[]> random, TimeSpan now)
    {
        _layer = layer;
        _question = question;
        _random = random;
        _registration = layer.Send(CoapCode.Get, Options(CoapObserveValue.Register), default, isObserving: true, now);
        _answerBy = now + question.Timeout;
    }

    /// <summary>Whether a notification waits to be taken.</summary>
    public bool HasNotification => _notifications.Count > 0;

    /// <inheritdoc/>
    public CmpException? Error { get; private set; }

    /// <inheritdoc/>
    public bool IsOver => Error is not null || _isDeregistered;

    /// <inheritdoc/>
    public TimeSpan? Due
    {
        get
        {
            TimeSpan due = _answerBy ?? _renewAt;
            return IsOver ? null : _fetch?.Due < due ? _fetch.Due : due;
        }
    }

    /// <summary>Takes the oldest notification that was not taken yet.</summary>
    /// <returns>The notification.</returns>
    public CoapNotification Take() => _notifications.Dequeue();

    /// <inheritdoc/>
    public void Advance(TimeSpan now)
    {
        while (!IsOver && _registration.Take() is { } message)
            TakeMessage(message, now);
        if (!IsOver && _fetch is not null)
            TakeFetched(now);
        if (IsOver)
            return;
        switch (_registration.State)
        {
            case CoapRequestState.Reset:
                End(CoapFailure.Reset(_question.Server));
                break;
            case CoapRequestState.Unheard:
                End(CoapFailure.Unheard(_question.Server, _layer));
                break;
            case CoapRequestState.Refused:
                End(CoapFailure.Refused(_question.Server));
                break;
            case not CoapRequestState.Answered when now >= _answerBy:
                End(CoapFailure.Timeout(_question, _layer));
                break;
            case CoapRequestState.Answered when now >= _renewAt:
                Renew(now);
                break;
        }
    }

    /// <summary>Tells the server, once, that nobody observes any more (RFC 7641 3.6). Whether it hears that does not matter: it finds out with the next notification.</summary>
    public void Deregister()
    {
        _isDeregistered = true;
        _fetch?.Abandon();
        _layer.SendOnce(_registration, Options(CoapObserveValue.Deregister));
        _layer.Forget(_registration);
    }

    /// <summary>Whether a notification is newer than another one (RFC 7641 3.4): numbers of 24 bits go round, and after a while they say nothing.</summary>
    /// <param name="number">The number of the one that came later.</param>
    /// <param name="time">When it came.</param>
    /// <param name="last">The number of the other one.</param>
    /// <param name="lastTime">When that came.</param>
    /// <returns>Whether it is.</returns>
    internal static bool IsNewer(uint number, TimeSpan time, uint last, TimeSpan lastTime) =>
        (last < number && number - last < 1 << 23) || (last > number && last - number > 1 << 23) || time > lastTime + OrderTime;

    private IReadOnlyList<CoapOption> Options(CoapObserveValue observe)
    {
        CoapOption option = CoapOption.Of(CoapOptionNumber.Observe, (uint)observe);
        return _question.Exponent == CoapBlock.MaxExponent
            ? _question.Options(hasBody: false, option)
            : _question.Options(hasBody: false, option, new CoapBlock(0, HasMore: false, _question.Exponent).ToOption(CoapOptionNumber.Block2));
    }

    private void Renew(TimeSpan now)
    {
        _layer.Renew(_registration, now);
        _answerBy = now + _question.Timeout;
    }

    private void End(CmpException error)
    {
        _fetch?.Abandon();
        _layer.Forget(_registration);
        Error = error;
    }

    private void TakeMessage(CoapMessage message, TimeSpan now)
    {
        _answerBy = null;
        if (!message.Code.IsSuccess)
        {
            // RFC 7641 3.2: whatever the server did before, it does not notify us any more
            End(CoapFailure.Status(CoapResponse.Of(message, message.Payload), _question.Server));
            return;
        }
        CoapResponse response = CoapResponse.Of(message, message.Payload);
        uint? number = message.FindNumber(CoapOptionNumber.Observe);
        // an acknowledgement answers what was asked just now, and is new whatever its number
        if (number is { } n && _last is { } last && message.Type != CoapType.Acknowledgement && !IsNewer(n, now, last.Number, last.Time))
            return;
        _last = number is { } newest ? (newest, now) : null;
        // RFC 7641 3.3.1: from 5 to 15 s after the time that the server named, so that not all come at once
        TimeSpan trust = response.MaxAge < LongestTrust ? response.MaxAge : LongestTrust;
        _renewAt = now + trust + TimeSpan.FromSeconds(5 + (10.0 * BinaryPrimitives.ReadUInt16BigEndian(_random(2)) / ushort.MaxValue));
        _fetch?.Abandon();
        _fetch = new CoapTransfer(_layer, _question, message, now + _question.Timeout, now);
        _fetchIsRegistered = number is not null;
        TakeFetched(now);
    }

    /// <summary>What is whole is shown; what changed while it was fetched is asked for anew, a few times.</summary>
    private void TakeFetched(TimeSpan now)
    {
        _fetch!.Advance(now);
        if (!_fetch.IsOver)
            return;
        CoapTransfer fetched = _fetch;
        _fetch = null;
        if (fetched.Response is { } response)
        {
            _changes = 0;
            Show(new CoapNotification(response.Body, _fetchIsRegistered) { ContentFormat = response.ContentFormat });
        }
        else if (fetched.Error!.ErrorId == "CmpCoap.Changed" && ++_changes <= MaxChanges)
        {
            Renew(now);
        }
        else
        {
            End(fetched.Error);
        }
    }

    /// <summary>What is as it was is not shown again: a registration that was renewed brings the same, mostly.</summary>
    private void Show(CoapNotification notification)
    {
        if (_shown is { } shown && shown.IsRegistered == notification.IsRegistered && shown.Octets.Span.SequenceEqual(notification.Octets.Span))
            return;
        _shown = notification;
        // who takes them slowly gets the newest ones: that is what observing is about (RFC 7641 1.3)
        if (_notifications.Count == MaxNotifications)
            _notifications.Dequeue();
        _notifications.Enqueue(notification);
    }
}
