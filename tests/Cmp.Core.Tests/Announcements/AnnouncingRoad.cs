using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Transports;

namespace Cmp.Tests.Announcements;

/// <summary>A road without sockets that has all ways of its own but GET: it answers messages, knows references, and lets itself be observed, as a test says.</summary>
internal sealed class AnnouncingRoad : IReferenceTransport, IObservingTransport
{
    /// <summary>What was sent.</summary>
    internal List<PkiMessage> Sent { get; } = [];

    /// <summary>The tickets that were asked with.</summary>
    internal List<string> Collected { get; } = [];

    /// <summary>How often it was observed.</summary>
    internal int Observations { get; private set; }

    /// <summary>Answers a message.</summary>
    internal Func<PkiMessage, ReadOnlyMemory<byte>> Answer { get; init; } = _ => throw new InvalidOperationException("Nothing was to be sent.");

    /// <summary>Answers tickets, one after the other.</summary>
    internal Queue<TransportReply> Held { get; init; } = new();

    /// <summary>What each observation does, from 1; when it returns, it stands still until it is cancelled.</summary>
    internal Func<int, Func<CoapNotification, CancellationToken, Task>, CancellationToken, Task> Observe { get; init; } = (_, _, _) => throw new InvalidOperationException("Nothing was to be observed.");

    /// <summary>The general messages that were sent: what each asks for.</summary>
    internal IReadOnlyList<InfoTypeAndValue> Asked => [.. Sent.Select(message => ((GenMsgContent)message.Body).Items[0])];

    public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var message = PkiMessage.Decode(request.Octets);
        Sent.Add(message);
        return Task.FromResult<TransportReply>(new TransportReply.Octets(Answer(message)));
    }

    public Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Collected.Add(ticket);
        return Task.FromResult(Held.Dequeue());
    }

    public string TicketOf(PollingReference reference) => "Fake-" + reference;

    public async Task ObserveAsync(string? path, Func<CoapNotification, CancellationToken, Task> take, CancellationToken cancellationToken)
    {
        if (path is not null)
            throw new InvalidOperationException("Announcements have a path of their own.");
        await Observe(++Observations, take, cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken);
    }

    public void Dispose()
    {
    }
}
