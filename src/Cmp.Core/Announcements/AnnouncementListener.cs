using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;

namespace Cmp.Announcements;

/// <summary>
/// Takes announcements that are pushed, over HTTP, HTTP over TLS or TCP-Messages, and answers when it is known what became of each: it was judged, and taken by whoever wants them
/// (RFC 6712 3.7, RFC 9811 3.5; draft-ietf-pkix-cmp-transport-protocols-06 3.3). What arrives is believed or not, and changes nothing by itself.
/// </summary>
/// <remarks>
/// The statuses, without a body: 201 believed and emitted, or emitted before; 202 emitted, and not believed; 400 no announcement; 404 another path; 405 another method than POST;
/// 408 too slow; 411 no length; 413 too large; 415 not CMP; 417, 431, 505 what <see cref="CmpHttpListener"/> refuses; 500 it failed here; 503 over a bound, or nobody takes it.
/// Over TCP-Messages 201 and 202 are a finRep, and the others an errorMsgRep, be it the client's error or the server's.
/// </remarks>
public sealed class AnnouncementListener : IFinishingListener
{
    private const int MaxShown = 200;
    private const string TooManyInAMinute = "Too many come in a minute.";
    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(5);

    private readonly AnnouncementListenerSettings _settings;
    private readonly ListeningPlace _place;
    private readonly Func<ReadOnlyMemory<byte>, string?, CancellationToken, Task<IReadOnlyList<Announcement>>> _judge;
    private readonly AnnouncementMemory? _memory;
    private readonly Func<Announcement, CancellationToken, Task> _emit;
    private readonly PushRefusals _refusals;
    private readonly MinuteRate _rate;
    private readonly SeenAnnouncements _seen = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly X509Certificate2? _placedCertificate;
    private readonly IFinishingListener _listener;
    private int _waiting;
    private volatile bool _finishing;

    private AnnouncementListener(
        AnnouncementListenerSettings settings,
        ListeningPlace place,
        Func<ReadOnlyMemory<byte>, string?, CancellationToken, Task<IReadOnlyList<Announcement>>> judge,
        AnnouncementMemory? memory,
        Func<Announcement, CancellationToken, Task> emit,
        Action<PushRefusal>? refused)
    {
        _settings = settings;
        _place = place;
        _judge = judge;
        _memory = memory;
        _emit = emit;
        _rate = new MinuteRate(settings.MaxPushesPerMinute, settings.Clock);
        _refusals = new PushRefusals(refused, new MinuteRate(settings.MaxRefusalsPerMinute, settings.Clock));
        X509Certificate2? certificate = settings.TlsCertificate is null ? null : TlsIdentity.Of(settings.TlsCertificate);
        _placedCertificate = ReferenceEquals(certificate, settings.TlsCertificate) ? null : certificate;
        try
        {
            _listener = place.Scheme == "tcp" ? CmpTcpListener.Start(Bounded(new TcpListenerSettings()), AnswerAsync)
                : CmpHttpListener.Start(Bounded(new HttpListenerSettings { Certificate = certificate, Lenient = settings.Lenient }), AnswerAsync);
        }
        catch
        {
            _placedCertificate?.Dispose();
            throw;
        }
        Uri = new Uri(_listener.Uri.GetLeftPart(UriPartial.Authority) + (place.Scheme == "tcp" ? string.Empty : place.Path));
    }

    /// <summary>Where announcements are pushed to, with the port that it has.</summary>
    public Uri Uri { get; }

    /// <summary>Begins to listen.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="judge">Says of each announcement whether it is believed; it should have the same memory.</param>
    /// <param name="memory">What was emitted before, also by other processes; <see langword="null"/>: only what this listener emits is known.</param>
    /// <param name="emit">Takes each announcement, one after the other; when it has returned, the announcement is remembered and the push answered. Where it throws, the push is
    /// refused by 503, and comes again. Its token is cancelled when the listener stops.</param>
    /// <param name="refused">Hears of each push that is refused; it is called by several at once, must not wait, and what it throws is lost.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Scheme</c>, <c>CmpArgument.ListenUri</c>: nothing is listened for at such an address; <c>CmpArgument.TlsCertificate</c>: one without its
    /// key, none for https, or one for another road; <c>CmpTransport.InvalidSetting</c>: a bound that is not positive; <c>CmpTransport.ListenFailed</c>: the host is not this machine,
    /// or the port is taken.</exception>
    public static AnnouncementListener Start(
        AnnouncementListenerSettings settings,
        AnnouncementJudge judge,
        AnnouncementMemory? memory,
        Func<Announcement, CancellationToken, Task> emit,
        Action<PushRefusal>? refused = null) =>
        Start(settings, (octets, from, stopping) => judge.JudgeAsync(octets, AnnouncementSource.Push, from, stopping), memory, emit, refused);

    /// <summary>Begins to listen.</summary>
    /// <param name="settings">Where, and what is borne.</param>
    /// <param name="judge">Gets the octets of each push, and where it came from, and judges what they announce.</param>
    /// <param name="memory">What was emitted before, also by other processes; <see langword="null"/>: only what this listener emits is known.</param>
    /// <param name="emit">Takes each announcement, one after the other; the push is answered when it has returned.</param>
    /// <param name="refused">Hears of what is refused.</param>
    /// <returns>The listener; it listens until it is disposed.</returns>
    internal static AnnouncementListener Start(
        AnnouncementListenerSettings settings,
        Func<ReadOnlyMemory<byte>, string?, CancellationToken, Task<IReadOnlyList<Announcement>>> judge,
        AnnouncementMemory? memory,
        Func<Announcement, CancellationToken, Task> emit,
        Action<PushRefusal>? refused = null)
    {
        settings.Check();
        var place = new ListeningPlace(settings.Uri);
        bool isTls = place.Scheme == "https";
        if (isTls ? settings.TlsCertificate is not { HasPrivateKey: true } : settings.TlsCertificate is not null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.TlsCertificate", !isTls ? "A certificate to speak TLS with is for https: addresses only."
                : settings.TlsCertificate is null ? "To listen at an https: address needs a certificate." : "The certificate to speak TLS with has no private key that TLS can be spoken with here.")
            {
                RecommendedAction = isTls ? "Give a certificate with its key, of RSA or ECDSA: one of a store, or a file that holds both." : "Listen at an https: address, or leave the certificate out.",
            };
        }
        return new AnnouncementListener(settings, place, judge, memory, emit, refused);
    }

    /// <summary>Stops listening, closes every connection at once, and waits until their work has ended, 5 seconds at most. What was not emitted by then is not answered.</summary>
    /// <returns>The end of it.</returns>
    public Task StopAsync() => EndAsync(_listener.StopAsync);

    /// <summary>
    /// Takes no push any more, waits until the answer is out for that which is being emitted, 5 seconds at most, and stops. Pushes that wait for their turn are told that we are busy.
    /// It must not be waited for within what takes the announcements.
    /// </summary>
    /// <returns>The end of it.</returns>
    public Task FinishAsync() => EndAsync(_listener.FinishAsync);

    /// <summary>Does what <see cref="StopAsync"/> does, and waits for it.</summary>
    public void Dispose() => StopAsync().GetAwaiter().GetResult();

#if NET
    /// <summary>Does what <see cref="StopAsync"/> does.</summary>
    /// <returns>The end of it.</returns>
    public ValueTask DisposeAsync() => new(StopAsync());
#endif

    private async Task EndAsync(Func<Task> end)
    {
        _finishing = true;
        await end().ConfigureAwait(false);
        _refusals.End();
        _placedCertificate?.Dispose();
    }

    /// <summary>Where is listened and what is borne, whichever road it is.</summary>
    private T Bounded<T>(T settings)
        where T : ConnectionListenerSettings => (T)((ConnectionListenerSettings)settings with
        {
            Address = _place.Addresses[0],
            AlsoOn = [.. _place.Addresses.Skip(1)],
            HostName = _place.HostName,
            Port = _place.Port,
            MaxRequestBytes = _settings.MaxPushBytes,
            MaxConnections = _settings.MaxConnections,
            RequestTimeout = _settings.RequestTimeout,
            IdleTimeout = _settings.IdleTimeout,
            Refused = RefusedByRoad,
        });

    private void RefusedByRoad(ListenerRefusal refusal) => _refusals.Add(refusal.Status, refusal.Reason, refusal.From);

    private TransportReply.Nothing Refuse(int status, string reason, TransportRequest request, TimeSpan? retryAfter = null)
    {
        _refusals.Add(status, reason, request.From);
        return new TransportReply.Nothing { HttpStatus = status, RetryAfter = retryAfter };
    }

    private async Task<TransportReply> AnswerAsync(TransportRequest request, CancellationToken stopping)
    {
        if (!_place.Answers(request.Path))
            return Refuse(404, "It is for another path, " + PeerText.Escape(request.Path, MaxShown) + ".", request);
        try
        {
            if (Interlocked.Increment(ref _waiting) > _settings.MaxWaiting)
                return Refuse(503, "Too many wait already.", request, BusyPause);
            if (!_rate.TryTake(out TimeSpan wait))
                return Refuse(503, TooManyInAMinute, request, wait);
            // what is none needs no turn, and of a batch each has its price
            int count = AnnouncementMessages.Read(request.Octets, CmpLimits.Default).Count;
            if (count > 1 && !_rate.TryTake(count - 1, out wait))
                return Refuse(503, TooManyInAMinute, request, wait);
            return await InTurnAsync(request, stopping).ConfigureAwait(false);
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            return Refuse(400, e.Message, request);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            return Refuse(500, PeerText.Escape(e.Message), request);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>One after the other: each is judged by what was emitted before it, so that what comes twice at once is emitted once.</summary>
    private async Task<TransportReply> InTurnAsync(TransportRequest request, CancellationToken stopping)
    {
        await _turn.WaitAsync(stopping).ConfigureAwait(false);
        try
        {
            // his turn may come by the very end of who was before him
            stopping.ThrowIfCancellationRequested();
            if (_finishing)
                return Refuse(503, "The listening ends.", request);
            bool areBelieved = true;
            foreach (Announcement announcement in await _judge(request.Octets, request.From?.ToString(), stopping).ConfigureAwait(false))
            {
                if (IsKnown(announcement, out bool isBelieved))
                {
                    areBelieved &= isBelieved;
                    continue;
                }
                if (await EmitAsync(announcement, stopping).ConfigureAwait(false) is { } failure)
                    return Refuse(503, failure, request, BusyPause);
                areBelieved &= announcement.Verified;
                _seen.Add(announcement);
                _memory?.Remember(announcement);
            }
            return new TransportReply.Nothing { HttpStatus = areBelieved ? 201 : 202 };
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>
    /// Whether it was emitted before as what it is now. A message that was believed once need not be said again, whatever speaks against its repetition; the same said by another
    /// message counts only where that is believed too.
    /// </summary>
    private bool IsKnown(Announcement announcement, out bool isBelieved)
    {
        bool wasBelieved = _seen.HasBelieved(announcement);
        isBelieved = announcement.Verified || wasBelieved;
        bool isKnown = wasBelieved || _seen.Contains(announcement);
        // a file is read only where this process does not know it all
        if (_memory is null || (isKnown && isBelieved))
            return isKnown;
        isKnown |= _memory.Knows(announcement, out bool isBelievedThere);
        isBelieved |= isBelievedThere;
        return isKnown;
    }

    /// <summary>Has an announcement taken.</summary>
    /// <returns>Why it was not; <see langword="null"/> where it was.</returns>
    private async Task<string?> EmitAsync(Announcement announcement, CancellationToken stopping)
    {
        try
        {
            await _emit(announcement, stopping).ConfigureAwait(false);
            return null;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return "Nobody takes it any more.";
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            return "Who was to take it failed: " + PeerText.Escape(e.Message);
        }
    }
}
