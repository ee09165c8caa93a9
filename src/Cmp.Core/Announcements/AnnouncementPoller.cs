using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Transports;

namespace Cmp.Announcements;

/// <summary>Asks a CA for what it announces, by the way that a question names, and has it judged. What is said is the same, whichever way it comes.</summary>
/// <param name="client">The server, with a road to it.</param>
/// <param name="judge">Judges what comes.</param>
public sealed class AnnouncementPoller(CmpClient client, AnnouncementJudge judge)
{
    /// <summary>
    /// Asks. General messages and HTTP GET are asked once, each type and each root or CA by itself; a polling reference is waited for until it is picked up; what is observed
    /// comes until the token is cancelled or <see cref="RequestOptions.Timeout"/> is over, and breaks of the network are waited out. The trace is warned of such breaks, and of what is
    /// observed and is no announcement.
    /// </summary>
    /// <param name="question">What is asked.</param>
    /// <param name="emit">Gets each announcement, believed or not, one after the other. What several questions bring alike comes once.</param>
    /// <param name="options">How long it may take as a whole, and who hears of it.</param>
    /// <param name="failed">
    /// Of questions that are asked one by one, hears about which type one was that was not answered, and why: once for each, and the others are asked all the same.
    /// <see langword="null"/>: the first such error is thrown when all were asked.
    /// </param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CmpException">
    /// Before any traffic as <see cref="AnnouncementQuestion.Check"/> says. What ends all questions: the server is not reached (<c>CmpTransport.…</c>), the time is up
    /// (<c>CmpTransaction.Timeout</c>, <c>CmpTransaction.StillWaiting</c>), our credential or what is remembered cannot be used.
    /// Of one question: <c>CmpServer.…</c>, <c>CmpProtection.…</c>, <c>CmpTrust.…</c>, <c>CmpHttp.…</c>, <c>CmpTcp.…</c>, <c>CmpCoap.…</c>; <c>CmpTransport.UnknownTicket</c>: the server does not know
    /// the polling reference; <c>CmpAnnouncement.NotOne</c>, <c>CmpMessage.Malformed</c>: what came is no announcement; <c>CmpAnnouncement.NotAsked</c>: it is another one.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Task PollAsync(
        AnnouncementQuestion question,
        Func<Announcement, CancellationToken, Task> emit,
        RequestOptions? options = null,
        Action<AnnouncementType, CmpException>? failed = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new RequestOptions();
        question.Check(client.Said);
        return question.PollBy switch
        {
            PollingWay.Observe => ObserveAsync(question, emit, options, cancellationToken),
            PollingWay.TcpReference => CollectAsync(question, emit, options, cancellationToken),
            _ => AskAsync(question, emit, options, failed, cancellationToken),
        };
    }

    private string? From => client.Settings.Uri?.OriginalString;

    private Deadline Until(RequestOptions options) => Deadline.After(client.Now, options.Timeout ?? client.Settings.Timeout!.Value);

    /// <summary>Asks one by one. What only one question met keeps no other from being asked; what all would meet ends them.</summary>
    private async Task AskAsync(AnnouncementQuestion question, Func<Announcement, CancellationToken, Task> emit, RequestOptions options, Action<AnnouncementType, CmpException>? failed, CancellationToken cancellationToken)
    {
        var round = new PollingRound(client, judge, question, options, Until(options));
        var emitted = new SeenAnnouncements();
        CmpException? first = null;
        foreach ((AnnouncementType type, Func<CancellationToken, Task<IReadOnlyList<Announcement>>> ask) in round.Questions())
        {
            IReadOnlyList<Announcement> announced = [];
            try
            {
                announced = await ask(cancellationToken).ConfigureAwait(false);
            }
            catch (CmpException e) when (IsOfOne(e))
            {
                first ??= e;
                failed?.Invoke(type, e);
            }
            foreach (Announcement announcement in announced)
            {
                if (emitted.HasSaid(announcement))
                    continue;
                await emit(announcement, cancellationToken).ConfigureAwait(false);
                emitted.Add(announcement);
            }
        }
        if (first is not null && failed is null)
            ExceptionDispatchInfo.Capture(first).Throw();
    }

    private async Task CollectAsync(AnnouncementQuestion question, Func<Announcement, CancellationToken, Task> emit, RequestOptions options, CancellationToken cancellationToken)
    {
        await client.CollectAnnouncementsAsync(question.Reference!.Value, TakeAsync, Until(options), options, cancellationToken).ConfigureAwait(false);

        async Task TakeAsync(TransportReply.Octets part, CancellationToken token)
        {
            if (await client.RefusalInAsync(part.Value, options.Trace, token).ConfigureAwait(false) is { } refusal)
                throw refusal;
            if (part.StatusError is { } status && judge.WhyNone(part.Value) is not null)
                throw status;
            await EmitAsync(question, await judge.JudgeAsync(part.Value, AnnouncementSource.TcpReference, From, token).ConfigureAwait(false), emit, options, token).ConfigureAwait(false);
        }
    }

    private Task ObserveAsync(AnnouncementQuestion question, Func<Announcement, CancellationToken, Task> emit, RequestOptions options, CancellationToken cancellationToken)
    {
        return client.ObserveAnnouncementsAsync(TakeAsync, options, cancellationToken);

        async Task TakeAsync(CoapNotification notification, CancellationToken token)
        {
            if (notification.Octets.IsEmpty)
                return; // there is nothing to tell yet
            bool isCmp = notification.ContentFormat == CoapContentFormat.Pkixcmp || (notification.ContentFormat is null && client.Settings.Lenient!.Value);
            string? fault = isCmp ? judge.WhyNone(notification.Octets)?.Message
                : notification.ContentFormat is { } format ? $"It has the content format {format}." : "It has no content format.";
            if (fault is null)
                await EmitAsync(question, await judge.JudgeAsync(notification.Octets, AnnouncementSource.Observe, From, token).ConfigureAwait(false), emit, options, token).ConfigureAwait(false);
            else
                options.Trace?.Warning($"What was observed is no announcement, and is passed over. {fault}");
        }
    }

    /// <summary>Hands on what is wanted of what came without being asked for.</summary>
    private static async Task EmitAsync(AnnouncementQuestion question, IReadOnlyList<Announcement> announcements, Func<Announcement, CancellationToken, Task> emit, RequestOptions options, CancellationToken cancellationToken)
    {
        foreach (Announcement announcement in announcements)
        {
            if (question.Wants(announcement.Type))
                await emit(announcement, cancellationToken).ConfigureAwait(false);
            else
                options.Trace?.Note($"A {announcement.Type} was announced, which is not asked for: it is left out.");
        }
    }

    /// <summary>Whether an error is what came of one question; else the next one would meet it too.</summary>
    private static bool IsOfOne(CmpException error) =>
        error.Kind is CmpErrorKind.Protocol or CmpErrorKind.Malformed or CmpErrorKind.Transaction or CmpErrorKind.Protection or CmpErrorKind.Trust or CmpErrorKind.Server;
}
