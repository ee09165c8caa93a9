using System;
using System.Collections.Concurrent;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;

namespace Cmp.Tests.Client;

/// <summary>Gives a polling reference for each message, and the answer to who asks by it: as often as is wanted, since a connection may break under it.</summary>
internal sealed class PollingDesk(Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> answer)
{
    private readonly ConcurrentDictionary<string, TransportReply> _answers = new();
    private int _last;

    /// <summary>How often an answer is asked for in vain.</summary>
    internal int InVain { get; set; }

    /// <summary>Questions for answers so far.</summary>
    internal int Asked { get; private set; }

    /// <summary>Answers at once.</summary>
    internal Task<TransportReply> AnswerAsync(TransportRequest request, CancellationToken cancellationToken) =>
        Task.FromResult<TransportReply>(answer(request.Octets) is { IsEmpty: false } octets ? new TransportReply.Octets(octets) : new TransportReply.Nothing());

    internal Task<TransportReply> TakeAsync(TransportRequest request, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> octets = answer(request.Octets);
        string reference = new PollingReference((uint)Interlocked.Increment(ref _last)).ToString();
        _answers[reference] = octets.IsEmpty ? new TransportReply.Nothing() : new TransportReply.Octets(octets);
        return Later(reference);
    }

    internal Task<TransportReply> CollectAsync(string reference, CancellationToken cancellationToken)
    {
        Asked++;
        if (!_answers.TryGetValue(reference, out TransportReply? reply))
            throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "Nobody knows this reference.");
        return InVain-- > 0 ? Later(reference) : Task.FromResult(reply);
    }

    /// <summary>Forgets what it gave references for, as a server that was started anew.</summary>
    internal void Forget() => _answers.Clear();

    private static Task<TransportReply> Later(string reference) => Task.FromResult<TransportReply>(new TransportReply.NotYet(reference, DateTimeOffset.UtcNow));
}
