using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Cmp.Commands;

/// <summary>
/// The rows of a pipeline that are worked on, and what they want of the pipeline's thread: what a row writes waits until the rows before it have
/// ended, what it calls does not.
/// </summary>
internal sealed class RowQueue
{
    private readonly object _gate = new();
    private readonly Queue<PipelineWriter> _rows = new();
    private readonly Queue<Action> _calls = new();
    private readonly TaskCompletionSource<bool> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _done;
    private int _failed;
    private int _running;

    /// <summary>Ends when the pipeline takes nothing any more.</summary>
    internal Task Closed => _closed.Task;

    /// <summary>How many rows have ended well, how many not, and how many are in flight.</summary>
    internal (int Done, int Failed, int Running) Counts
    {
        get
        {
            lock (_gate)
                return (_done, _failed, _running);
        }
    }

    /// <summary>A row begins; what it writes comes after what the rows before it write.</summary>
    internal void Begin(PipelineWriter row)
    {
        lock (_gate)
        {
            _running++;
            _rows.Enqueue(row);
        }
    }

    /// <summary>A row ends; its error, where it has one, is its last word. Whoever shows how far the rows are is called at once.</summary>
    internal void End(PipelineWriter row, Action? error, Action? show)
    {
        lock (_gate)
        {
            if (error is not null && !Closed.IsCompleted)
                row.Written.Enqueue(error);
            if (show is not null && !Closed.IsCompleted)
                _calls.Enqueue(show);
            row.HasEnded = true;
            _running--;
            if (error is null)
                _done++;
            else
                _failed++;
            Monitor.PulseAll(_gate);
        }
    }

    internal void Write(PipelineWriter row, Action action) => Post(row, row.Written, action);

    internal void Call(PipelineWriter row, Action action) => Post(row, _calls, action);

    /// <summary>The pipeline takes nothing any more: whoever waits for it is let go, and what was written is forgotten.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed.TrySetResult(true);
            _calls.Clear();
            foreach (PipelineWriter row in _rows)
                row.Written.Clear();
        }
    }

    /// <summary>Gives what the pipeline's thread has to do next, and waits for it.</summary>
    /// <param name="running">How many rows may be in flight,</param>
    /// <param name="rows">and how many there may be with those whose words wait for an earlier row, when nothing is left to do.</param>
    /// <returns>The action; <see langword="null"/> where nothing is left to do and no more rows are there.</returns>
    internal Action? Next(int running, int rows)
    {
        lock (_gate)
        {
            while (true)
            {
                while (_rows.Count > 0 && _rows.Peek() is { HasEnded: true, Written.Count: 0 })
                    _rows.Dequeue();
                if (_rows.Count > 0 && _rows.Peek().Written is { Count: > 0 } written)
                    return written.Dequeue();
                if (_calls.Count > 0)
                    return _calls.Dequeue();
                if (_running <= running && _rows.Count <= rows)
                    return null;
                Monitor.Wait(_gate);
            }
        }
    }

    private void Post(PipelineWriter row, Queue<Action> queue, Action action)
    {
        lock (_gate)
        {
            // a late word of progress comes after the work has ended, or after anybody listens
            if (row.HasEnded || Closed.IsCompleted)
                return;
            queue.Enqueue(action);
            Monitor.PulseAll(_gate);
        }
    }
}
