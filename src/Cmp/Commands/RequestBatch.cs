using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Transactions;

namespace Cmp.Commands;

/// <summary>
/// Rows whose certificates are asked for in one message. Each row is a row as any other: it ends when its own certificate is there, or has failed, and
/// writes in its own place. The message goes out when it is full, or when no further row goes with it.
/// </summary>
internal sealed class RequestBatch(CmpClient client, EnrollmentOperation operation, int size)
{
    private readonly List<Member> _members = [];
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The row that is to be heard of what concerns all: the first that has not ended.</summary>
    internal PipelineWriter Writer => (_members.Find(member => !member.HasEnded) ?? _members[_members.Count - 1]).Writer;

    /// <summary>Runs the whole of it: asks in one message, and gives each row what is its.</summary>
    internal required Func<RequestBatch, CancellationToken, Task> Run { get; init; }

    /// <summary>What is asked for, in the order of the rows.</summary>
    internal IReadOnlyList<EnrollmentRequest> Requests => [.. _members.Select(member => member.Request)];

    /// <summary>Whether no further row has room.</summary>
    internal bool IsFull => _members.Count == size;

    /// <summary>Whether a row goes with those that are there: the same server, the same credential, the same kind of request.</summary>
    internal bool Takes(CmpClient other, EnrollmentRequest request) => ReferenceEquals(client, other) && request.Operation == operation;

    /// <summary>Adds a row; its work waits until it has ended.</summary>
    internal Func<CancellationToken, Task> Join(PipelineWriter writer, EnrollmentRequest request)
    {
        var member = new Member(writer, request);
        bool isFirst = _members.Count == 0;
        _members.Add(member);
        return async token =>
        {
            using (token.Register(() => _ready.TrySetCanceled(token)))
                await _ready.Task.ConfigureAwait(false);
            if (isFirst)
                _ = RunAsync(token);
            (await member.Outcome.ConfigureAwait(false))();
        };
    }

    /// <summary>Lets the message go out.</summary>
    internal void Start() => _ready.TrySetResult(true);

    /// <summary>The row that a certificate is for.</summary>
    internal PipelineWriter WriterOf(EnrollmentItem item) => Of(item).Writer;

    /// <summary>A row has ended: what it writes, or throws. The last one ends with the whole, since what all of them use is its.</summary>
    internal void End(EnrollmentItem item, Action<PipelineWriter> write)
    {
        Member member = Of(item);
        bool isLast = _members.Count(other => !other.HasEnded) == 1;
        member.End(() => write(member.Writer), isLast ? _over.Task : Task.CompletedTask);
    }

    private Member Of(EnrollmentItem item) => _members.First(member => ReferenceEquals(member.Request, item.Request));

    private async Task RunAsync(CancellationToken token)
    {
        try
        {
            await Run(this, token).ConfigureAwait(false);
            EndRest(() => { });
        }
        catch (Exception e)
        {
            EndRest(System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(e).Throw);
        }
        _over.TrySetResult(true);
    }

    private void EndRest(Action write)
    {
        foreach (Member member in _members.Where(member => !member.HasEnded))
            member.End(write, _over.Task);
    }

    /// <summary>One row.</summary>
    private sealed class Member(PipelineWriter writer, EnrollmentRequest request)
    {
        private readonly TaskCompletionSource<Action> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal PipelineWriter Writer => writer;

        internal EnrollmentRequest Request => request;

        internal Task<Action> Outcome => _outcome.Task;

        internal bool HasEnded { get; private set; }

        internal void End(Action write, Task when)
        {
            HasEnded = true;
            when.ContinueWith(_ => _outcome.TrySetResult(write), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
