using System;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>
    /// Sends a message that was made before, as it is, and waits for its answer. Nobody looks whether what comes back answers it, or who says so: it is for whoever made the message.
    /// </summary>
    /// <param name="octets">The DER of the message; one that announces something has a way of its own, where nothing is due in answer.</param>
    /// <param name="options">How long it may take, and who hears of it. Who is impatient does not wait for an answer that is not there yet.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How far it came, and what came back.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: it is no message, and nothing was sent; <c>CmpTransport.…</c>, <c>CmpHttp.…</c> and the like of the road;
    /// <c>CmpTransaction.StillWaiting</c>, <c>CmpTransaction.Timeout</c>: no answer came in time.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async Task<Delivery> SendAsync(ReadOnlyMemory<byte> octets, RequestOptions? options = null, CancellationToken cancellationToken = default)
    {
        var message = PkiMessage.Decode(octets);
        // RFC 2510 has no answer to the conf, and RFC 9810 none to a pkiConf
        return await DeliverAsync(Prepare(message, isAnswerDue: message.Body.Type != PkiBodyType.Pkiconf, options), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends it, and says what came of it; what nobody waits for any more is taken back.</summary>
    private async Task<Delivery> DeliverAsync(Sending sending, CancellationToken cancellationToken)
    {
        bool hasEnded = false;
        try
        {
            TransportReply reply = await SendAsync(sending, cancellationToken).ConfigureAwait(false);
            hasEnded = reply is not TransportReply.NotYet || sending.Options.IsImpatient;
            return reply switch
            {
                TransportReply.Octets answer => sending.Ends(DeliveryStatus.Answered, answer.HttpStatus) with { Answer = answer.Value },
                TransportReply.Nothing nothing => sending.Ends(SilentStatus(nothing), nothing.HttpStatus),
                TransportReply.NotYet when sending.Options.IsImpatient => sending.Ends(IsCarried ? DeliveryStatus.Sent : DeliveryStatus.Accepted, null),
                TransportReply.NotYet later => throw StillWaiting(later.Ticket, new TransactionStep.Wait(later.NotBefore, later.Reason)),
                _ => throw new InvalidOperationException("There are no other kinds."),
            };
        }
        finally
        {
            if (!hasEnded)
                await RecallAsync(sending.Ticket, sending.Options.Trace).ConfigureAwait(false);
        }
    }

    /// <summary>Whether others carry what is sent.</summary>
    private bool IsCarried => Roads.IsFolder(Settings.Uri);

    /// <summary>A prepared message on its way: nothing is sent yet.</summary>
    internal Sending Prepare(PkiMessage message, bool isAnswerDue, RequestOptions? options)
    {
        options ??= new RequestOptions();
        return new Sending(message, PreparedMessage.Request(message, isAnswerDue), options)
        {
            Deadline = Deadline.After(Now, options.Timeout ?? Settings.Timeout!.Value),
            Backoff = new Backoff(_random),
        };
    }

    /// <summary>What it means that no message came back.</summary>
    internal DeliveryStatus SilentStatus(TransportReply.Nothing nothing) => nothing.HttpStatus switch
    {
        201 => DeliveryStatus.Stored,
        202 => DeliveryStatus.Accepted,
        _ when IsCarried => DeliveryStatus.Sent,
        _ => DeliveryStatus.Delivered,
    };

    /// <summary>
    /// Sends a prepared message once, and again only where the road says that the server is busy (rule 55). It is the same octets then: who only carries it cannot date it anew.
    /// </summary>
    /// <returns>A message that decodes, or nothing; a ticket where nobody is to wait, or the time is up first.</returns>
    internal async Task<TransportReply> SendAsync(Sending sending, CancellationToken cancellationToken)
    {
        sending.Ticket = null;
        return Heard(sending, await CallAsync(sending, token => SendOnceAsync(sending, token), "Waiting for the answer", cancellationToken).ConfigureAwait(false));
    }

    private Task<TransportReply> SendOnceAsync(Sending sending, CancellationToken cancellationToken)
    {
        sending.Attempts++;
        sending.Sent = Now;
        sending.Options.Progress?.Report(new CmpProgress($"Sent {sending.Kind}, waiting for the answer"));
        sending.Options.Trace?.Message(TraceDirection.Sent, sending.Request.Octets, sending.Kind, TimeSpan.Zero);
        return _transport.ExchangeAsync(sending.Request, cancellationToken);
    }

    /// <summary>What came back: octets only where they are a message; of what is none, the status is the error (rule 55).</summary>
    private TransportReply Heard(Sending sending, TransportReply reply)
    {
        if (reply is not TransportReply.Octets answer)
            return reply;
        ICmpTrace? trace = sending.Options.Trace;
        trace?.Message(TraceDirection.Received, answer.Value, Describe(answer.Value), Now - sending.Sent);
        try
        {
            _ = PkiMessage.Decode(answer.Value);
        }
        catch (CmpException) when (answer.StatusError is { } error)
        {
            throw error;
        }
        if (answer.Warning is { } warning)
            trace?.Warning(warning);
        if (answer.Next is not null)
            trace?.Warning("The server has more to say than this: it was a part of the answer only, and the rest is not asked for.");
        return answer;
    }
}
