using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;

namespace Cmp.Transports;

/// <summary>
/// Those who wait for announcements, and the latest one (RFC 9482 2.6, RFC 7641). Announcements are events: one that comes while another is on its way
/// waits for it, and none but the oldest of many is left out. No clock, no socket.
/// </summary>
internal sealed class CoapObservers
{
    /// <summary>Announcements that wait for one client; the oldest gives way. RFC 7641 4.5 lets a server skip any but the latest.</summary>
    public const int MaxWaiting = 16;

    /// <summary>Registrations of one client.</summary>
    public const int MaxOfPeer = 4;

    private readonly CoapListenerSettings _settings;
    private readonly CoapBodies _bodies;
    private readonly Action<CoapPeer, CoapMessage, Action<bool>, TimeSpan> _send;
    private readonly List<CoapObserver> _observers = [];

    /// <summary>Nobody waits yet.</summary>
    /// <param name="settings">What is borne.</param>
    /// <param name="bodies">Keeps announcements that do not fit into one message.</param>
    /// <param name="send">Sends a confirmable message, but for type and Message ID, and says how it ended and when.</param>
    public CoapObservers(CoapListenerSettings settings, CoapBodies bodies, Action<CoapPeer, CoapMessage, Action<bool>, TimeSpan> send)
    {
        _settings = settings;
        _bodies = bodies;
        _send = send;
    }

    /// <summary>The latest announcement, or nothing.</summary>
    public ReadOnlyMemory<byte> Latest { get; private set; }

    /// <summary>Those who wait.</summary>
    public int Count => _observers.Count;

    /// <summary>When <see cref="Tick"/> has something to do at the earliest, or <see langword="null"/>.</summary>
    public TimeSpan? Due => _observers.Count == 0 ? null
        : _observers.Min(observer => observer is { FetchingUntil: { } until, Sent: null, Waiting.Count: > 0 } && until < observer.Until ? until : observer.Until);

    /// <summary>A client registers, or says again that it waits (RFC 7641 4.1).</summary>
    /// <param name="peer">The client; <see langword="null"/> where there is no room for it.</param>
    /// <param name="token">The token of its request.</param>
    /// <param name="now">The time.</param>
    /// <returns>The observer, or <see langword="null"/> where there are too many.</returns>
    public CoapObserver? Register(CoapPeer? peer, ReadOnlyMemory<byte> token, TimeSpan now)
    {
        if (peer is null)
            return null;
        CoapObserver? observer = Find(peer, token);
        if (observer is null)
        {
            if (_observers.Count >= _settings.MaxObservers || peer.Observers >= MaxOfPeer)
                return null;
            observer = new CoapObserver(peer, token.ToArray());
            _observers.Add(observer);
            peer.Observers++;
        }
        observer.Until = Forgotten(now);
        return observer;
    }

    /// <summary>A client waits no longer.</summary>
    /// <param name="peer">The client; <see langword="null"/> where it is not known.</param>
    /// <param name="token">The token of the request by which it registered.</param>
    public void Deregister(CoapPeer? peer, ReadOnlyMemory<byte> token)
    {
        if (peer is not null && Find(peer, token) is { } observer)
            Remove(observer);
    }

    /// <summary>Tells everybody.</summary>
    /// <param name="announcement">What they are told.</param>
    /// <param name="now">The time.</param>
    public void Announce(CoapAnnouncement announcement, TimeSpan now)
    {
        Latest = announcement.Message;
        foreach (CoapObserver observer in _observers)
        {
            announcement.Open();
            observer.Waiting.Enqueue(announcement);
            if (observer.Waiting.Count > MaxWaiting)
                observer.Waiting.Dequeue().Close(isAcknowledged: false);
        }
        announcement.Close(isAcknowledged: false);
        Tick(now);
    }

    /// <summary>Sends what may be sent, and forgets who has not said anything for too long.</summary>
    /// <param name="now">The time.</param>
    public void Tick(TimeSpan now)
    {
        foreach (CoapObserver observer in _observers.ToArray())
        {
            if (now >= observer.Until)
                Remove(observer);
            else if (observer.Sent is null && observer.Waiting.Count > 0 && !(now < observer.FetchingUntil))
                Notify(observer, now);
        }
    }

    /// <summary>Forgets all; what they were to be told has ended.</summary>
    public void Clear()
    {
        foreach (CoapObserver observer in _observers.ToArray())
            Remove(observer);
    }

    /// <summary>An announcement as the answer of a GET, whole.</summary>
    /// <param name="message">The DER of the PKIMessage; empty for none.</param>
    /// <returns>The answer.</returns>
    public CoapMessage Content(ReadOnlyMemory<byte> message)
    {
        CoapMessage answer = CoapAnswer.Of(CoapCode.Content, CoapContentFormat.Pkixcmp, message);
        return answer with { Options = [.. answer.Options, CoapOption.Of(CoapOptionNumber.MaxAge, (uint)_settings.ObserverLifetime.TotalSeconds)] };
    }

    /// <summary>Makes an answer a notification.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="observer">Whom it goes to.</param>
    /// <param name="now">The time.</param>
    /// <returns>The answer with the option Observe.</returns>
    public static CoapMessage Numbered(CoapMessage answer, CoapObserver observer, TimeSpan now) =>
        answer with { Options = [.. answer.Options, CoapOption.Of(CoapOptionNumber.Observe, observer.NextNumber(now))] };

    /// <summary>A client comes again some seconds after the time that each answer and each notification names anew (RFC 7641 3.3.1), and perhaps has to do so more than once.</summary>
    private TimeSpan Forgotten(TimeSpan now) => now + _settings.ObserverLifetime + _settings.Timing.MaxTransmitWait;

    private void Notify(CoapObserver observer, TimeSpan now)
    {
        CoapAnnouncement announcement = observer.Waiting.Dequeue();
        observer.Sent = announcement;
        observer.Until = Forgotten(now);
        observer.FetchingUntil = null;
        int exponent = observer.Peer.IsVerified ? observer.MaxExponent : observer.UnverifiedExponent;
        CoapMessage first = _bodies.First(observer.Key, Content(announcement.Message), exponent, observer.AsksForBlocks, now, fetched: () => observer.FetchingUntil = null);
        // it has the rest to fetch as soon as it has this
        if (first.FindBlock(CoapOptionNumber.Block2) is { HasMore: true })
            observer.FetchingUntil = now + _settings.Timing.MaxTransmitWait;
        _send(observer.Peer, Numbered(first, observer, now) with { Token = observer.Token }, Ended, now);

        void Ended(bool isAcknowledged)
        {
            // it was forgotten meanwhile
            if (observer.Sent != announcement)
                return;
            observer.Sent = null;
            announcement.Close(isAcknowledged);
            // RFC 7641 4.5: who resets a notification, or does not answer it, is no longer interested
            if (!isAcknowledged)
                Remove(observer);
        }
    }

    private void Remove(CoapObserver observer)
    {
        if (!_observers.Remove(observer))
            return;
        observer.Peer.Observers--;
        observer.Sent?.Close(isAcknowledged: false);
        observer.Sent = null;
        while (observer.Waiting.Count > 0)
            observer.Waiting.Dequeue().Close(isAcknowledged: false);
    }

    private CoapObserver? Find(CoapPeer peer, ReadOnlyMemory<byte> token) =>
        _observers.Find(observer => observer.Peer == peer && observer.Token.Span.SequenceEqual(token.Span));
}
