using System;
using System.Collections.Concurrent;
using System.Management.Automation;
using System.Threading.Tasks;

namespace Cmp.Commands;

/// <summary>The pipeline as work on another thread sees it. What is written goes out in its order.</summary>
public sealed class PipelineWriter
{
    private readonly PSCmdlet _cmdlet;
    private readonly BlockingCollection<Action> _pump;
    private readonly TaskCompletionSource<bool> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal PipelineWriter(PSCmdlet cmdlet, BlockingCollection<Action> pump)
    {
        _cmdlet = cmdlet;
        _pump = pump;
    }

    /// <summary>Emits an object.</summary>
    /// <param name="value">It.</param>
    public void Write(object value) => Post(() => _cmdlet.WriteObject(value));

    /// <summary>Writes an error that does not end the command.</summary>
    /// <param name="record">It.</param>
    public void Error(ErrorRecord record) => Post(() => _cmdlet.WriteError(record));

    /// <summary>Writes a warning.</summary>
    /// <param name="text">One sentence, escaped where it holds text of a peer.</param>
    public void Warning(string text) => Post(() => _cmdlet.WriteWarning(text));

    /// <summary>Writes what -Verbose shows.</summary>
    /// <param name="text">One line.</param>
    public void Verbose(string text) => Post(() => _cmdlet.WriteVerbose(text));

    /// <summary>Writes what -Debug shows.</summary>
    /// <param name="text">One line.</param>
    public void Debug(string text) => Post(() => _cmdlet.WriteDebug(text));

    /// <summary>Shows how far it is.</summary>
    /// <param name="record">It.</param>
    public void Progress(ProgressRecord record) => Post(() => _cmdlet.WriteProgress(record));

    /// <summary>Calls something on the pipeline's thread, such as a script block or a question to the user.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="call">The call.</param>
    /// <returns>Its result; cancelled where the pipeline was stopped.</returns>
    public async Task<T> CallAsync<T>(Func<T> call)
    {
        var result = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() =>
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
        if (await Task.WhenAny(result.Task, _broken.Task).ConfigureAwait(false) != result.Task)
            throw new OperationCanceledException();
        return await result.Task.ConfigureAwait(false);
    }

    /// <summary>The pipeline takes nothing any more; whoever waits for it is let go.</summary>
    internal void Break() => _broken.TrySetResult(true);

    private void Post(Action action)
    {
        try
        {
            _pump.Add(action);
        }
        catch (InvalidOperationException)
        {
            // a late word of progress, after the work has ended
        }
    }
}
