using System;
using System.Management.Automation;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Commands;

/// <summary>
/// A cmdlet whose work runs off the pipeline's thread, so that Ctrl+C answers at once while a server is silent, and several rows are worked on at once.
/// The work gets a <see cref="PipelineWriter"/> and a token, never the cmdlet: what it writes is pumped back to the pipeline's thread, row by row.
/// </summary>
public abstract class AsyncCmdlet : PSCmdlet, IDisposable
{
    // what a row wrote waits for the rows before it; a slow one does not hold the others up until so many times the limit wait
    private const int Backlog = 4;

    private readonly CancellationTokenSource _cancel = new();
    private readonly RowQueue _rows = new();
    private Action? _end;

    /// <summary>How many rows are worked on at once.</summary>
    private protected virtual int AtOnce => 1;

    /// <summary>What progress calls the rows together.</summary>
    private protected virtual string Activity => MyInvocation.MyCommand.Name;

    /// <inheritdoc/>
    protected sealed override void StopProcessing() => _cancel.Cancel();

    /// <inheritdoc/>
    protected override void BeginProcessing() => HostPresence.Tell(Host);

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        WaitForRows();
        if (AtOnce > 1)
            WriteProgress(CmdletProgress.Completed(Activity));
    }

    /// <summary>Lets go of what the command holds.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Ends what is in flight, where another command ended the pipeline, and lets go of what the command holds.</summary>
    /// <param name="disposing">True: called by <see cref="Dispose()"/>.</param>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing)
            return;
        _cancel.Cancel();
        _rows.Close();
        Pump(0, 0);
        _cancel.Dispose();
    }

    /// <summary>
    /// Prepares a row here, lets its work run beside the pipeline, and returns when there is room for another row: where one runs at once, when this one
    /// has ended. Its error is written in its place, also one of the preparation.
    /// </summary>
    /// <param name="target">The row: what its error is about.</param>
    /// <param name="prepare">Takes what the row needs of the cmdlet's properties, since the next row changes them, asks the user, and gives the work; <see langword="null"/> where there is nothing to do.</param>
    private protected void ProcessRow(object target, Func<PipelineWriter, Func<CancellationToken, Task>?> prepare)
    {
        var row = new PipelineWriter(this, _rows);
        Func<CancellationToken, Task>? work = null;
        Action? error = null;
        try
        {
            work = prepare(row);
        }
        catch (CmpException e)
        {
            error = () => Fail(e, target);
        }
        catch (Exception e)
        {
            // a question was answered by Halt, for example
            Break(e);
        }
        _rows.Begin(row);
        if (work is not null)
        {
            Task.Run(() => WorkAsync(row, target, work));
        }
        else
        {
            row.Release();
            End(row, error);
        }
        Keep(AtOnce - 1, (AtOnce * Backlog) - 1);
    }

    /// <summary>Runs work and pumps what it writes until it has ended, also where it was stopped.</summary>
    /// <param name="work">The work; a <see cref="CmpException"/> that it throws reaches the caller.</param>
    protected void Run(Func<PipelineWriter, CancellationToken, Task> work)
    {
        ExceptionDispatchInfo? error = null;
        ProcessRow(this, row => async token =>
        {
            try
            {
                await work(row, token).ConfigureAwait(false);
            }
            catch (CmpException e)
            {
                error = ExceptionDispatchInfo.Capture(e);
            }
        });
        WaitForRows();
        error?.Throw();
    }

    /// <summary>Pumps until every row has ended.</summary>
    private protected void WaitForRows()
    {
        StartGathered();
        Keep(0, 0);
    }

    /// <summary>Lets work begin that waits for further rows: there are none.</summary>
    private protected virtual void StartGathered()
    {
    }

    /// <summary>Writes the error of one object, or ends the command where no other object could fare better.</summary>
    /// <param name="error">The error.</param>
    /// <param name="target">What it is about.</param>
    internal void Report(CmpException error, object? target)
    {
        ErrorRecord record = error.ToErrorRecord(target);
        if (error.IsTerminating())
            ThrowTerminatingError(record);
        WriteError(record);
    }

    /// <summary>The error of a row in its turn: one that ends the command does so when the rows in flight have ended.</summary>
    private void Fail(CmpException error, object target)
    {
        if (error.IsTerminating())
            End(() => Report(error, target));
        else
            Report(error, target);
    }

    private async Task WorkAsync(PipelineWriter row, object target, Func<CancellationToken, Task> work)
    {
        Action? error = null;
        try
        {
            try
            {
                _cancel.Token.ThrowIfCancellationRequested();
                await work(_cancel.Token).ConfigureAwait(false);
            }
            finally
            {
                row.Release();
            }
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            // what it had made is gone
        }
        catch (CmpException e)
        {
            error = () => Fail(e, target);
        }
        catch (Exception e)
        {
            error = () => End(ExceptionDispatchInfo.Capture(e).Throw);
        }
        End(row, error);
    }

    private void End(PipelineWriter row, Action? error) => _rows.End(row, error, AtOnce > 1 ? ShowRows : null);

    private void ShowRows() => WriteProgress(CmdletProgress.Of(Activity, _rows.Counts));

    /// <summary>Does what rows want of this thread until no more of them are there than may be; where the command ends early, until none is.</summary>
    private void Keep(int running, int rows)
    {
        Pump(running, rows);
        if (!_cancel.IsCancellationRequested)
            return;
        // what is in flight is undone before the command ends, and what ended before that is not lost where the pipeline still takes it
        Pump(0, 0);
        _end?.Invoke();
        throw new PipelineStoppedException();
    }

    private void Pump(int running, int rows)
    {
        while (_rows.Next(running, rows) is { } action)
        {
            try
            {
                action();
            }
            catch (Exception e)
            {
                Break(e);
            }
        }
    }

    /// <summary>The command ends by this when the rows in flight have ended.</summary>
    private void End(Action end)
    {
        _end ??= end;
        _cancel.Cancel();
    }

    /// <summary>Whoever reads the pipeline has had enough, or it was stopped: the work ends, and then this is thrown.</summary>
    private void Break(Exception e)
    {
        _end = ExceptionDispatchInfo.Capture(e).Throw;
        _rows.Close();
        _cancel.Cancel();
    }
}
