using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Management.Automation;
using System.Threading;
using Xunit;

namespace Cmp.Module.Tests.Harness;

/// <summary>Commands that run beside the test.</summary>
public sealed class RunningInvocation : IDisposable
{
    // What takes longer hangs.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly PowerShell _shell;
    private readonly PSDataCollection<PSObject> _output = [];
    private readonly IAsyncResult _end;
    private readonly AutoResetEvent _wrote = new(false);

    internal RunningInvocation(PowerShell shell)
    {
        _shell = shell;
        PSDataStreams streams = shell.Streams;
        streams.Progress.DataAdded += OnWrote;
        streams.Verbose.DataAdded += OnWrote;
        streams.Debug.DataAdded += OnWrote;
        streams.Warning.DataAdded += OnWrote;
        streams.Information.DataAdded += OnWrote;
        streams.Error.DataAdded += OnWrote;
        _end = shell.BeginInvoke<PSObject, PSObject>(null, _output);
    }

    /// <summary>Waits until the commands wrote what the test needs; fails when they end or a minute passes without it.</summary>
    /// <param name="condition">Looks at what was written so far.</param>
    public void WaitUntil(Func<PSDataStreams, bool> condition)
    {
        var clock = Stopwatch.StartNew();
        while (!condition(_shell.Streams))
        {
            Assert.True(clock.Elapsed < Limit, "The commands did not write in time what the test waits for.");
            Assert.NotEqual(1, WaitHandle.WaitAny([_wrote, _end.AsyncWaitHandle], Limit));
        }
    }

    /// <summary>Stops the commands as Ctrl+C does.</summary>
    /// <returns>How long that took.</returns>
    public TimeSpan Stop()
    {
        var clock = Stopwatch.StartNew();
        IAsyncResult stop = _shell.BeginStop(null, null);
        Assert.True(stop.AsyncWaitHandle.WaitOne(Limit), "The commands did not stop.");
        _shell.EndStop(stop);
        return clock.Elapsed;
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>What came of the commands.</returns>
    public Invocation Wait()
    {
        Assert.True(_end.AsyncWaitHandle.WaitOne(Limit), "The commands did not end.");
        ErrorRecord? terminating = null;
        try
        {
            _shell.EndInvoke(_end);
        }
        catch (PipelineStoppedException)
        {
            // the state says so, with and without this
        }
        catch (RuntimeException exception)
        {
            terminating = exception.ErrorRecord;
        }
        return new Invocation([.. _output], _shell.Streams, terminating, _shell.InvocationStateInfo.State == PSInvocationState.Stopped);
    }

    /// <summary>Stops what still runs.</summary>
    public void Dispose()
    {
        if (!_end.IsCompleted)
            Stop();
        _shell.Dispose();
        _wrote.Dispose();
    }

    private void OnWrote(object? sender, DataAddedEventArgs args) => _wrote.Set();
}
