using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;

namespace Cmp.Commands;

/// <summary>
/// Rows whose messages go out in one. Each is a row as any other: it ends with its own answer or its own error, and writes in its own place. The batch
/// goes out when it is full, or when no further row goes with it.
/// </summary>
internal sealed class ForwardingBatch(CmpClient client, int size)
{
    private readonly List<Member> _members = [];
    private readonly HashSet<string> _transactions = [];
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The row that is to be heard of what concerns all.</summary>
    internal PipelineWriter Writer => _members[0].Writer;

    /// <summary>Sends them, and gives what became of each, in their order.</summary>
    internal required Func<ForwardingBatch, CancellationToken, Task<IReadOnlyList<ForwardingOutcome>>> Run { get; init; }

    /// <summary>What is sent, in the order of the rows.</summary>
    internal IReadOnlyList<MessageToForward> Messages => [.. _members.Select(member => member.Message)];

    /// <summary>Whether no further row has room.</summary>
    internal bool IsFull => _members.Count == size;

    /// <summary>Whether a row goes with those that are there: the same server, the same credential, and another transaction.</summary>
    internal bool Takes(CmpClient other, PkiMessage message) => ReferenceEquals(client, other) && !_transactions.Contains(NameOf(message));

    /// <summary>Adds a row; its work waits until the batch was answered.</summary>
    internal Func<CancellationToken, Task<Delivery>> Join(PipelineWriter writer, PkiMessage message, ForwardingOptions forwarding)
    {
        var member = new Member(writer, new MessageToForward(message.Encoded, forwarding));
        bool isFirst = _members.Count == 0;
        _members.Add(member);
        _transactions.Add(NameOf(message));
        return async token =>
        {
            using (token.Register(() => _ready.TrySetCanceled(token)))
                await _ready.Task.ConfigureAwait(false);
            if (isFirst)
                _ = RunAsync(token);
            ForwardingOutcome outcome = await member.Outcome.Task.ConfigureAwait(false);
            return outcome.Delivery ?? throw outcome.Error!;
        };
    }

    /// <summary>Lets the batch go out.</summary>
    internal void Start() => _ready.TrySetResult(true);

    private async Task RunAsync(CancellationToken token)
    {
        try
        {
            IReadOnlyList<ForwardingOutcome> outcomes = await Run(this, token).ConfigureAwait(false);
            for (int i = 0; i < _members.Count; i++)
                _members[i].Outcome.TrySetResult(outcomes[i]);
        }
        catch (OperationCanceledException)
        {
            _members.ForEach(member => member.Outcome.TrySetCanceled(token));
        }
        catch (Exception e)
        {
            _members.ForEach(member => member.Outcome.TrySetException(e));
        }
    }

    private static string NameOf(PkiMessage message) => message.Header.TransactionId is { } id ? Hex.Of(id.Span) : string.Empty;

    /// <summary>One row.</summary>
    private sealed record Member(PipelineWriter Writer, MessageToForward Message)
    {
        internal TaskCompletionSource<ForwardingOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
