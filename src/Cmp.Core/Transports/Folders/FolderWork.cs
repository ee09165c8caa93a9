using System;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Transports;

/// <summary>
/// Does what is done with a folder, which may be on the other side of a network, beside the caller: he waits neither longer than an exchange may take nor when
/// he has had enough. Nothing can call it back, so a share that does not answer keeps the thread.
/// </summary>
/// <param name="folder">The folder, for the words of the error.</param>
/// <param name="limit">How long one look may take.</param>
internal sealed class FolderWork(string folder, TimeSpan limit)
{
    /// <summary>Does a piece of work.</summary>
    /// <exception cref="CmpException"><c>CmpTransport.Timeout</c>; what the work throws.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    internal async Task<T> InTimeAsync<T>(Func<CancellationToken, T> work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timer.CancelAfter(limit);
        CancellationToken token = timer.Token;
        Task<T> done = Task.Run(() => work(token), token);
        TaskCompletionSource<bool> enough = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using (token.Register(() => enough.TrySetResult(true)))
            await Task.WhenAny(done, enough.Task).ConfigureAwait(false);
        try
        {
            if (done.IsCompleted)
                return await done.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // one of the two reasons below
        }
        // what still comes of it is nobody's
        _ = done.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellationToken.ThrowIfCancellationRequested();
        throw new CmpException(CmpErrorKind.Timeout, "CmpTransport.Timeout", "The folder '" + PeerText.Escape(folder) + "' did not answer within " + limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s.")
        {
            RecommendedAction = "Check whether the share that it is on can be reached.",
        };
    }
}
