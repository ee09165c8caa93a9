using System;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Announcements;

/// <summary>
/// Pushes announcements to who wants to know, as a CA does: nothing is due in answer. Who has only accepted one gets it again, after 1, 2, 4 … 60 seconds, half of each chance, until
/// he has stored it or there is no more time.
/// </summary>
/// <param name="client">Leads to who gets them.</param>
/// <remarks>RFC 6712 3.7 and RFC 9811 3.5 for HTTP, draft-ietf-pkix-cmp-tcp-00 3.3 for TCP-Messages. It is the same octets each time, by which they are known again.</remarks>
public sealed class AnnouncementSender(CmpClient client)
{
    /// <summary>So often it is sent again to who closes the connection without a word: he may be no listener at all.</summary>
    private const int MaxBreaks = 5;

    /// <summary>Whether a message announces something, or is a batch of such (RFC 9810 5.1.3.5).</summary>
    /// <param name="message">Any message.</param>
    /// <returns>Whether nothing is due in answer to it.</returns>
    public static bool IsAnnouncement(PkiMessage message) =>
        Announcement.TypeOf(message.Body) is not null || (message.Body is NestedMessageContent { Messages.Count: > 0 } nested && nested.Messages.All(IsAnnouncement));

    /// <summary>Pushes one.</summary>
    /// <param name="octets">The DER of its message.</param>
    /// <param name="options">How long it may take, and who hears of it. Who is impatient sends it once.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    /// <returns>How far it came; where it was accepted only, a warning has said so, but to who is impatient.</returns>
    /// <exception cref="CmpException">
    /// <c>CmpMessage.Malformed</c>, <c>CmpAnnouncement.NotOne</c>: it is no announcement, and nothing was sent; <c>CmpAnnouncement.Answered</c>: a message came back;
    /// <c>CmpServer.…</c>: one that refuses it, and nobody vouches for it; <c>CmpTransport.…</c>, <c>CmpHttp.…</c> and the like: it was not delivered, or not taken.
    /// After a connection that breaks without an answer it is sent again, five times at most, and once it was accepted nothing that goes wrong on the road is an error.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Delivery> SendAsync(ReadOnlyMemory<byte> octets, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        var message = PkiMessage.Decode(octets);
        if (!IsAnnouncement(message))
            throw new CmpException(CmpErrorKind.Malformed, "CmpAnnouncement.NotOne", $"A {PkiBodyTypeNames.Of(message.Body.Type)} announces nothing.") { Octets = message.Encoded };
        Sending sending = client.Prepare(message, isAnswerDue: false, options);
        Delivery? accepted = null;
        int breaks = 0;
        while (true)
        {
            CmpException? broken = null;
            string why;
            try
            {
                Delivery delivery = await PushAsync(sending, cancellationToken).ConfigureAwait(false);
                if (delivery.Status != DeliveryStatus.Accepted)
                    return delivery;
                accepted = delivery;
                why = $"{client.Settings} has accepted the announcement, and does not say that it has stored it.";
            }
            catch (CmpException e) when (accepted is not null && (e.Kind is CmpErrorKind.Transport or CmpErrorKind.Timeout || e.RetryAfter is not null))
            {
                why = e.Message;
            }
            catch (CmpException e) when (accepted is null && e.ErrorId == "CmpTransport.ConnectionClosed" && breaks++ < MaxBreaks)
            {
                // somebody is there, and may have no time to say so: RFC 9811 3.5 has it sent again
                broken = e;
                why = e.Message;
            }
            if (sending.Options.IsImpatient)
                return accepted ?? throw broken!;
            // who holds his last word back for longer than there is time need not get it again
            if (sending.Ticket is not null || sending.Backoff.Next(sending.Deadline.End - client.Now) is not { } pause)
            {
                if (accepted is null)
                    throw broken!;
                sending.Options.Trace?.Warning($"{client.Settings} has accepted the announcement, and has not said that it has stored it. The time is up; it was sent {Times(sending.Attempts)}.");
                return accepted with { Attempts = sending.Attempts };
            }
            await client.WaitAgainAsync(sending, why, accepted is null ? "The announcement is not delivered yet" : "The announcement is accepted, and not stored yet", pause, accepted?.HttpStatus, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Delivery> PushAsync(Sending sending, CancellationToken cancellationToken)
    {
        try
        {
            return await client.SendAsync(sending, cancellationToken).ConfigureAwait(false) switch
            {
                TransportReply.Octets answer => throw Answered(sending, answer),
                TransportReply.Nothing nothing => sending.Ends(client.SilentStatus(nothing), nothing.HttpStatus),
                // who gives a reference for his last word has the announcement
                _ => sending.Ends(DeliveryStatus.Accepted, null),
            };
        }
        catch (CmpException e) when (e is { ErrorId: "CmpHttp.ContentType", HttpStatus: 201 or 202 })
        {
            // the status says it all; that the body is to be empty is not worth saying it again
            sending.Options.Trace?.Note($"{e.Message} The body of an answer to an announcement is to be empty.");
            return sending.Ends(client.SilentStatus(new TransportReply.Nothing { HttpStatus = e.HttpStatus }), e.HttpStatus);
        }
        catch (CmpException e) when (e.ErrorId == "CmpHttp.400")
        {
            throw new CmpException(e.Kind, e.ErrorId, e.Message, e)
            {
                RecommendedAction = "Who got it does not take it for an announcement: look at it with Get-CmpAnnouncement -Path, and check whether https is spoken at this port.",
                HttpStatus = e.HttpStatus,
                ServerTime = e.ServerTime,
            };
        }
    }

    /// <summary>RFC 9811 3.5: no message answers an announcement. One that refuses it says more than that.</summary>
    private CmpException Answered(Sending sending, TransportReply.Octets reply)
    {
        var answer = PkiMessage.Decode(reply.Value);
        if (answer.Body is ErrorMsgContent error)
        {
            var words = new ServerWords(sending.Message.Body.Type, sending.Message.Header.Pvno, new RoadReport { ServerTime = reply.ServerTime, HttpStatus = reply.HttpStatus }, CmpLimits.Default);
            return words.Refusal(error.Status, answer, isAuthenticated: false);
        }
        return new CmpException(CmpErrorKind.Protocol, "CmpAnnouncement.Answered", $"{client.Settings} answered the announcement by a message ({answer}), where none is due (RFC 9811 3.5).")
        {
            RecommendedAction = "Check the address: who listens there takes announcements for something else.",
            HttpStatus = reply.HttpStatus,
            Octets = answer.Encoded,
        };
    }

    private static string Times(int attempts) => attempts == 1 ? "once" : $"{attempts} times";
}
