using System;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Commands;

/// <summary>
/// A cmdlet whose work runs off the pipeline's thread, so that Ctrl+C answers at once while a server is silent.
/// The work gets a <see cref="PipelineWriter"/> and a token, never the cmdlet: what it writes is pumped back to the pipeline's thread.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _stop.Cancel();

    /// <summary>Lets go of what the command holds.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the command holds.</summary>
    /// <param name="disposing">True: called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
            _stop.Dispose();
    }

    /// <summary>Runs work and pumps what it writes until it has ended, also where it was stopped.</summary>
    /// <param name="work">The work; a <see cref="CmpException"/> that it throws reaches the caller.</param>
    protected void Run(Func<PipelineWriter, CancellationToken, Task> work)
    {
        using var pump = new BlockingCollection<Action>();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var writer = new PipelineWriter(this, pump);
        Task running = Task.Run(async () =>
        {
            try
            {
                await work(writer, cancel.Token).ConfigureAwait(false);
            }
            finally
            {
                pump.CompleteAdding();
            }
        });

        ExceptionDispatchInfo? broken = null;
        foreach (Action action in pump.GetConsumingEnumerable())
        {
            if (broken is not null)
                continue;
            try
            {
                action();
            }
            catch (Exception e)
            {
                // whoever reads the pipeline has had enough, or it was stopped: the work ends, and then this is thrown
                broken = ExceptionDispatchInfo.Capture(e);
                writer.Break();
                cancel.Cancel();
            }
        }
        try
        {
            running.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (broken is not null || _stop.IsCancellationRequested)
        {
            broken?.Throw();
            throw new PipelineStoppedException();
        }
        broken?.Throw();
    }
}
