using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Messages;
using Cmp.TestServer;
using Cmp.Transports;

namespace Cmp.Tests.Client;

/// <summary>A road without sockets: what is sent goes to a handler, or by turns to those of a script.</summary>
internal sealed class FakeRoad(Func<TransportRequest, CancellationToken, Task<TransportReply>> handler) : ICmpTransport
{
    private readonly object _gate = new();

    internal List<TransportRequest> Requests { get; } = [];

    internal IReadOnlyList<PkiMessage> Sent
    {
        get
        {
            lock (_gate)
                return Requests.Select(request => PkiMessage.Decode(request.Octets)).ToList();
        }
    }

    internal IReadOnlyList<string> Kinds => Sent.Select(message => message.ToString()).ToList();

    internal Func<string, TransportReply> Collect { get; init; } = _ => throw new InvalidOperationException();

    internal bool IsDisposed { get; private set; }

    /// <summary>Answers one message after the other.</summary>
    internal static FakeRoad Of(params Func<PkiMessage, TransportReply>[] script)
    {
        int turn = -1;
        return new FakeRoad((request, token) =>
        {
            token.ThrowIfCancellationRequested();
            return Task.FromResult(script[Interlocked.Increment(ref turn)](PkiMessage.Decode(request.Octets)));
        });
    }

    internal static FakeRoad Of(params Func<PkiMessage, ReadOnlyMemory<byte>>[] script) =>
        Of(script.Select(one => new Func<PkiMessage, TransportReply>(request => new TransportReply.Octets(one(request)))).ToArray());

    /// <summary>Leads to the test server's protocol.</summary>
    internal static FakeRoad To(Responder responder) =>
        new((request, _) => Task.FromResult<TransportReply>(responder.Respond(request.Octets) is { IsEmpty: false } answer ? new TransportReply.Octets(answer) : new TransportReply.Nothing()));

    /// <summary>Leads to a server that takes what comes and never says a word.</summary>
    internal static FakeRoad ToSilence(Action? sent = null) => new(async (_, token) =>
    {
        sent?.Invoke();
        await Task.Delay(Timeout.Infinite, token);
        throw new InvalidOperationException();
    });

    /// <summary>Leads nowhere: nothing is to be sent.</summary>
    internal static FakeRoad ToNobody() => new((_, _) => throw new InvalidOperationException("Nothing was to be sent."));

    public Task<TransportReply> ExchangeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        lock (_gate)
            Requests.Add(request);
        return handler(request, cancellationToken);
    }

    public Task<TransportReply> CollectAsync(string ticket, CancellationToken cancellationToken) => Task.FromResult(Collect(ticket));

    public void Dispose() => IsDisposed = true;
}
