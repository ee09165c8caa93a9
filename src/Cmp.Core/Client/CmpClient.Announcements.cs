using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Protection;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    private const string Awaited = "Waiting for the announcement";

    /// <summary>The longest that a server which is observed is left alone because it asks for it.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromHours(1);

    /// <summary>Asks for an announcement by HTTP GET.</summary>
    /// <param name="announcement">Which one.</param>
    /// <param name="deadline">Until when; a busy server is asked again till then (rule 55).</param>
    /// <param name="options">Who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What came, not looked into; <see langword="null"/> where there is none.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.PollBy</c>: the road has no GET; else as for <see cref="HttpTransport.GetAsync"/>; <c>CmpTransaction.Timeout</c>, <c>CmpTransaction.StillWaiting</c>.</exception>
    internal async Task<TransportReply.Octets?> GetAnnouncementAsync(AnnouncementTarget announcement, Deadline deadline, RequestOptions options, CancellationToken cancellationToken)
    {
        HttpTransport road = _transport as HttpTransport ?? throw NoSuchWay("HTTP GET");
        options.Trace?.Note($"Asking for {announcement} by HTTP GET.");
        RoadCall call = Call(deadline, options);
        return Announced(call, await CallAsync(call, token => road.GetAsync(announcement, token), Awaited, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Picks up what a CA gave a polling reference for, and waits for it where it is not there yet.</summary>
    /// <param name="reference">The reference.</param>
    /// <param name="take">Gets each part; in the old style there may be several (RFC 2510 5.2). It is not called where there is nothing.</param>
    /// <param name="deadline">Until when.</param>
    /// <param name="options">Who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CmpException">
    /// <c>CmpArgument.PollBy</c>: the road has no polling references; <c>CmpTransport.UnknownTicket</c>: the server does not know it;
    /// <c>CmpTransaction.StillWaiting</c>: it is not there yet; else as for <see cref="ICmpTransport.CollectAsync"/>; <c>CmpTransaction.Timeout</c>.
    /// </exception>
    internal async Task CollectAnnouncementsAsync(PollingReference reference, Func<TransportReply.Octets, CancellationToken, Task> take, Deadline deadline, RequestOptions options, CancellationToken cancellationToken)
    {
        IReferenceTransport road = _transport as IReferenceTransport ?? throw NoSuchWay("A polling reference");
        RoadCall call = Call(deadline, options);
        call.Ticket = road.TicketOf(reference);
        try
        {
            while (call.Ticket is { } ticket)
            {
                if (Announced(call, await CallAsync(call, token => road.CollectAsync(ticket, token), Awaited, cancellationToken).ConfigureAwait(false)) is not { } part)
                    return;
                await take(part, cancellationToken).ConfigureAwait(false);
                if (part.Next is { } next && !await WaitForTicketAsync(call, next, Awaited, cancellationToken).ConfigureAwait(false))
                    throw StillWaiting(next);
            }
        }
        catch (CmpException e) when (e.ErrorId == UnknownTicket)
        {
            throw new CmpException(e.Kind, e.ErrorId, $"The server knows nothing of the polling reference {reference}: {e.Message}", e)
            {
                RecommendedAction = "Check the reference, and whether it was picked up already; with a server from before version 10 of TCP-Messages use -TcpStyle Rfc2510.",
            };
        }
    }

    /// <summary>
    /// Observes the announcements of a CA until the token is cancelled, or the time is up where the options name one. Nobody stands by when a network or a server is away for a
    /// while: an observation that stood once is begun anew after a while, ever longer, and the user is warned. What never stood, and what the server refuses, is an error.
    /// </summary>
    /// <param name="take">Gets each notification; what the last one before a break brought does not come again after it.</param>
    /// <param name="options">How long, and who hears of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CmpException"><c>CmpArgument.PollBy</c>: the road has no observing; else as for <see cref="IObservingTransport.ObserveAsync"/>, and what <paramref name="take"/> throws.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal async Task ObserveAnnouncementsAsync(Func<CoapNotification, CancellationToken, Task> take, RequestOptions options, CancellationToken cancellationToken)
    {
        IObservingTransport road = _transport as IObservingTransport ?? throw NoSuchWay("Observing");
        Deadline deadline = Deadline.After(Now, options.Timeout ?? TimeSpan.MaxValue);
        var backoff = new Backoff(_random);
        CoapNotification? shown = null;
        CmpException? ours = null;
        while (true)
        {
            using CancellationTokenSource limited = deadline.Limit(Now, cancellationToken);
            TimeSpan pause;
            try
            {
                await road.ObserveAsync(null, TakeAsync, limited.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (limited.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (CmpException e) when (shown is not null && ours is null && MayPass(e))
            {
                TimeSpan asked = e.RetryAfter is { } wish && wish < LongestPause ? wish : TimeSpan.Zero;
                pause = asked + backoff.Next(TimeSpan.MaxValue)!.Value;
                options.Trace?.Warning($"The observation ended: {e.Message} It is begun anew in {pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds.");
            }
            if (Now + pause >= deadline.End)
                pause = deadline.End - Now;
            await WaitAsync(options.Progress, "Waiting to observe again", new TransactionStep.Wait(Now + pause, null), isForTicket: false, cancellationToken).ConfigureAwait(false);
            if (Now >= deadline.End)
                return;
        }

        async Task TakeAsync(CoapNotification notification, CancellationToken token)
        {
            bool isSame = shown is not null && shown.Octets.Span.SequenceEqual(notification.Octets.Span);
            shown = notification;
            backoff = new Backoff(_random);
            if (isSame)
                return;
            if (!notification.Octets.IsEmpty)
                options.Trace?.Message(TraceDirection.Received, notification.Octets, Describe(notification.Octets), TimeSpan.Zero);
            try
            {
                await take(notification, token).ConfigureAwait(false);
            }
            catch (CmpException e)
            {
                ours = e;
                throw;
            }
        }
    }

    /// <summary>What a server says in place of what was to be picked up, as its user sees it; it counts as it does everywhere only where somebody vouches for it (rule 33).</summary>
    /// <param name="octets">What came.</param>
    /// <param name="trace">Hears of CRLs that were fetched to see who vouches for it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The error; <see langword="null"/> where the octets are no error message.</returns>
    internal async Task<CmpException?> RefusalInAsync(ReadOnlyMemory<byte> octets, ICmpTrace? trace, CancellationToken cancellationToken)
    {
        if (Read(octets) is not { Body: ErrorMsgContent error } message)
            return null;
        TransactionSettings settings = TransactionSettings(IdentityToListen, null, trace);
        var words = new ServerWords(PkiBodyType.PollReq, Settings.ProtocolVersion ?? message.Header.Pvno, new RoadReport(), settings.Trust.Limits);
        using var verifier = new AnswerVerifier(settings.Trust, settings.Credential, settings.Protector.Kind, KnownSigner);
        var verified = new VerifiedAnswer(ProtectionKind.None, null, []);
        try
        {
            await Crls.WithCrlsAsync(() => verified = verifier.Verify(message, [], Now), trace, cancellationToken).ConfigureAwait(false);
        }
        catch (CmpException e)
        {
            return words.Unauthenticated(error.Status, message, e);
        }
        return verified.IsAuthenticated || settings.Trust.AllowUnprotectedErrors
            ? words.Refusal(error.Status, message, verified.IsAuthenticated)
            : words.Unauthenticated(error.Status, message, null);
    }

    private RoadCall Call(Deadline deadline, RequestOptions options) => new(options) { Deadline = deadline, Backoff = new Backoff(_random), Sent = Now };

    /// <summary>What came in place of nothing.</summary>
    /// <exception cref="CmpException"><c>CmpTransaction.StillWaiting</c>: it is not there yet.</exception>
    private TransportReply.Octets? Announced(RoadCall call, TransportReply reply)
    {
        if (reply is TransportReply.NotYet later)
            throw StillWaiting(later);
        if (reply is not TransportReply.Octets octets)
            return null;
        call.Options.Trace?.Message(TraceDirection.Received, octets.Value, Describe(octets.Value), Now - call.Sent);
        if (octets.Warning is { } warning)
            call.Options.Trace?.Warning(warning);
        return octets;
    }

    /// <summary>In the old style each answer may have another reference.</summary>
    private static CmpException StillWaiting(TransportReply.NotYet later) => StillWaiting(
        later.Ticket,
        new TransactionStep.Wait(later.NotBefore, later.Reason),
        PollingReference.TryParse(later.Ticket.Substring(later.Ticket.LastIndexOf('-') + 1), out PollingReference reference) ? $"Give it more time with -TimeoutSec, or ask later by -PollingReference {reference}." : null);

    /// <summary>Whether what ended an observation may be over soon: nobody was there, or what came was out of order; a server that says that it has no such thing means it.</summary>
    private static bool MayPass(CmpException error) => error.RetryAfter is not null
        || (error.Kind is CmpErrorKind.Transport or CmpErrorKind.Timeout or CmpErrorKind.Protocol or CmpErrorKind.Malformed && !error.ErrorId.StartsWith("CmpCoap.4", StringComparison.Ordinal));

    private CmpException NoSuchWay(string what) =>
        new(CmpErrorKind.Argument, "CmpArgument.PollBy", $"{what} is no way to ask the server {Settings}.");
}
