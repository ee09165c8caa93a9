using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transactions;
using Cmp.Transports;

namespace Cmp.Client;

public sealed partial class CmpClient
{
    /// <summary>Asks the road for what belongs to no transaction: waits for its tickets, and lets a busy server be for a while, as with transactions (rules 55 and 61).</summary>
    /// <param name="call">Until when, and who hears of it. Where it has a ticket, that is asked with first.</param>
    /// <param name="ask">Asks where there is none.</param>
    /// <param name="phase">What is waited for, for progress.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What came, not looked into; a ticket where nobody is to wait, or the time is up first.</returns>
    /// <exception cref="CmpException">What the road says; <c>CmpTransaction.Timeout</c>.</exception>
    private async Task<TransportReply> CallAsync(RoadCall call, Func<CancellationToken, Task<TransportReply>> ask, string phase, CancellationToken cancellationToken)
    {
        while (true)
        {
            using CancellationTokenSource limited = call.Deadline.Limit(Now, cancellationToken);
            try
            {
                TransportReply reply = await (call.Ticket is { } ticket ? _transport.CollectAsync(ticket, limited.Token) : ask(limited.Token)).ConfigureAwait(false);
                // what a busy server sends is an answer only where it is a message
                if (reply is TransportReply.Octets { StatusError: { RetryAfter: not null } busy } claimed && !IsMessage(claimed.Value))
                    throw busy;
                if (reply is not TransportReply.NotYet later)
                {
                    call.Ticket = null;
                    return reply;
                }
                if (!await WaitForTicketAsync(call, later, phase, cancellationToken).ConfigureAwait(false))
                    return later;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw call.Deadline.Error();
            }
            catch (CmpException e) when (e.RetryAfter is not null && !call.Options.IsImpatient)
            {
                if (call.Backoff.Next(e, call.Deadline.End - Now) is not { } pause)
                    throw;
                await WaitAgainAsync(call, e.Message, "The server is busy", pause, e.HttpStatus, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Takes a ticket, and waits until it may be asked with.</summary>
    /// <returns>Whether there is time to ask.</returns>
    private async Task<bool> WaitForTicketAsync(RoadCall call, TransportReply.NotYet later, string phase, CancellationToken cancellationToken)
    {
        if (call.Ticket != later.Ticket && later.Reason is { } reason)
            call.Options.Trace?.Note($"Waiting: {reason}.");
        call.Ticket = later.Ticket;
        if (call.Options.IsImpatient || later.NotBefore > call.Deadline.End)
            return false;
        await WaitAsync(call, phase, new TransactionStep.Wait(later.NotBefore, later.Reason), cancellationToken).ConfigureAwait(false);
        return Now < call.Deadline.End;
    }

    /// <summary>Waits before the same is said again, and tells that.</summary>
    internal Task WaitAgainAsync(RoadCall call, string why, string phase, TimeSpan pause, int? httpStatus, CancellationToken cancellationToken)
    {
        call.Options.Trace?.Note($"{why} It is {call.Done} again in {pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture)} seconds.");
        return WaitAsync(call, phase, new TransactionStep.Wait(Now + pause, httpStatus is { } status ? $"HTTP status {status}" : null), cancellationToken);
    }

    private Task WaitAsync(RoadCall call, string phase, TransactionStep.Wait wait, CancellationToken cancellationToken) =>
        WaitAsync(call.Options.Progress, phase, wait, isForTicket: call.Ticket is not null, cancellationToken);
}
