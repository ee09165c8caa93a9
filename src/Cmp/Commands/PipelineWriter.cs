using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Tasks;

namespace Cmp.Commands;

/// <summary>
/// The pipeline as the work of one row sees it, on another thread. What is written goes out in its order, after what the rows before it write;
/// what is called is called at once.
/// </summary>
public sealed class PipelineWriter
{
    private readonly PSCmdlet _cmdlet;
    private readonly RowQueue _rows;
    private readonly Stack<IDisposable> _owned = new();

    internal PipelineWriter(PSCmdlet cmdlet, RowQueue rows)
    {
        _cmdlet = cmdlet;
        _rows = rows;
    }

    /// <summary>What was written and waits to go out; <see cref="RowQueue"/> guards it.</summary>
    internal Queue<Action> Written { get; } = new();

    /// <summary>Whether the work has ended; <see cref="RowQueue"/> guards it.</summary>
    internal bool HasEnded { get; set; }

    /// <summary>Whether the user stops the pipeline, and waits for it.</summary>
    public bool IsStopping => _cmdlet.Stopping;

    /// <summary>Emits an object.</summary>
    /// <param name="value">It.</param>
    public void Write(object value) => _rows.Write(this, () => _cmdlet.WriteObject(value));

    /// <summary>Emits an object, in its turn, and waits until whoever reads the pipeline has done with it what he does.</summary>
    /// <param name="value">It.</param>
    /// <returns>When that is done; cancelled where the pipeline ended over it, be it that it failed or that it was enough: PowerShell does not say which.</returns>
    public async Task WriteAsync(object value)
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rows.Write(this, () =>
        {
            _cmdlet.WriteObject(value);
            done.SetResult(true);
        });
        await UntilClosedAsync(done.Task).ConfigureAwait(false);
    }

    /// <summary>Writes an error that does not end the command.</summary>
    /// <param name="record">It.</param>
    public void Error(ErrorRecord record) => _rows.Write(this, () => _cmdlet.WriteError(record));

    /// <summary>Writes a warning.</summary>
    /// <param name="text">One sentence, escaped where it holds text of a peer.</param>
    public void Warning(string text) => _rows.Write(this, () => _cmdlet.WriteWarning(text));

    /// <summary>Writes what -Verbose shows.</summary>
    /// <param name="text">One line.</param>
    public void Verbose(string text) => _rows.Write(this, () => _cmdlet.WriteVerbose(text));

    /// <summary>Writes what -Debug shows.</summary>
    /// <param name="text">One line.</param>
    public void Debug(string text) => _rows.Write(this, () => _cmdlet.WriteDebug(text));

    /// <summary>Tells Windows that a certificate took the place of another one.</summary>
    /// <param name="old">The one that was replaced.</param>
    /// <param name="renewed">The one in its place.</param>
    internal void Replaced(X509Certificate2 old, X509Certificate2 renewed) => _rows.Write(this, () => ReplacementNotice.Raise(_cmdlet, old, renewed));

    /// <summary>Shows how far it is, at once.</summary>
    /// <param name="record">It.</param>
    public void Progress(ProgressRecord record) => _rows.Call(this, () => _cmdlet.WriteProgress(record));

    /// <summary>Calls something on the pipeline's thread, such as a script block or a question to the user, whatever earlier rows do.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="call">The call.</param>
    /// <returns>Its result; cancelled where the pipeline was stopped.</returns>
    public async Task<T> CallAsync<T>(Func<T> call)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _rows.Call(this, () =>
        {
            try
            {
                result.SetResult(call());
            }
            catch (Exception e)
            {
                result.SetException(e);
                if (e is PipelineStoppedException)
                    throw;
            }
        });
        return await UntilClosedAsync(result.Task).ConfigureAwait(false);
    }

    /// <summary>Keeps something for the work, and disposes of it when the row has ended.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="thing">It.</param>
    /// <returns>It.</returns>
    internal T Own<T>(T thing)
        where T : IDisposable?
    {
        if (thing is not null)
            _owned.Push(thing);
        return thing;
    }

    /// <summary>Lets go of what the row owned, the last first.</summary>
    internal void Release()
    {
        while (_owned.Count > 0)
            _owned.Pop().Dispose();
    }

    private async Task<T> UntilClosedAsync<T>(Task<T> done)
    {
        await Task.WhenAny(done, _rows.Closed).ConfigureAwait(false);
        // what was done before the end counts
        return done.IsCompleted ? await done.ConfigureAwait(false) : throw new OperationCanceledException();
    }
}
