using System;
using System.IO;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Threading;
using System.Threading.Tasks;
using Microsoft.PowerShell;

namespace Cmp.Shell;

/// <summary>One run of a script on an engine of its own, which another thread can stop.</summary>
internal sealed class ScriptRun : IDisposable
{
    // How long a script may take to stop before it is pulled out of its wait, and how long after that the process ends.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _ended = new();
    private readonly Thread _pipelineThread = Thread.CurrentThread;
    private readonly ShellHost _host;
    private readonly Runspace _runspace;
    private PowerShell? _shell;

    public ScriptRun()
    {
        _host = new ShellHost(_stopping.Token);
        var state = InitialSessionState.CreateDefault2();
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        if (OperatingSystem.IsWindows())
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        // now, since opening puts the user's folders in front
        if (FindOutputFolder() is { } output)
        {
            string? others = Environment.GetEnvironmentVariable("PSModulePath");
            Environment.SetEnvironmentVariable("PSModulePath", output + Path.PathSeparator + others);
        }
    }

    /// <summary>Runs to the end.</summary>
    /// <param name="commands">What to run.</param>
    /// <returns>What the commands exited with, else 0; 1 after an error that ended them.</returns>
    public int Execute(string commands)
    {
        var command = new Command(commands, isScript: true, useLocalScope: false);
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.Commands.AddCommand(command).AddCommand("Out-Default");
        ForgetWhatWasShown(shell.Streams);
        _shell = shell;
        try
        {
            shell.Invoke();
            return _host.ExitCode ?? 0;
        }
        catch (Exception) when (_stopping.IsCancellationRequested)
        {
            return 1;
        }
        catch (RuntimeException exception)
        {
            Report(exception.ErrorRecord);
            return 1;
        }
        finally
        {
            _ended.Cancel();
            _host.End();
        }
    }

    /// <summary>Stops the script; its <c>finally</c> blocks run. Returns at once.</summary>
    /// <param name="exitCode">What the process ends with where the script does not let go.</param>
    public void Stop(int exitCode)
    {
        _stopping.Cancel();
        _ = StopAsync(exitCode);
    }

    public void Dispose()
    {
        _runspace.Dispose();
        _stopping.Dispose();
        _ended.Dispose();
    }

    /// <summary>The engine keeps each record for a caller that would read it; the host has shown it, and a long script would fill the memory.</summary>
    private static void ForgetWhatWasShown(PSDataStreams streams)
    {
        streams.Progress.DataAdded += Forget;
        streams.Verbose.DataAdded += Forget;
        streams.Debug.DataAdded += Forget;
        streams.Warning.DataAdded += Forget;
        streams.Information.DataAdded += Forget;

        static void Forget(object? records, DataAddedEventArgs added) => ((System.Collections.IList)records!).Clear();
    }

    private static string? FindOutputFolder()
    {
        foreach (string start in new[] { Environment.CurrentDirectory, AppContext.BaseDirectory })
        {
            for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            {
                if (File.Exists(Path.Combine(folder.FullName, "Cmp.slnx")))
                    return Path.Combine(folder.FullName, "output");
            }
        }
        return null;
    }

    // The engine stops a cmdlet and a program, but no wait in a .NET method that a script calls.
    private async Task StopAsync(int exitCode)
    {
        try
        {
            _shell?.BeginStop(null, null);
            await Task.Delay(Patience, _ended.Token).ConfigureAwait(false);
            _pipelineThread.Interrupt();
            await Task.Delay(Patience, _ended.Token).ConfigureAwait(false);
            Environment.Exit(exitCode);
        }
        catch (OperationCanceledException)
        {
            // it let go in time
        }
    }

    // The engine writes an error that it is given as an object to the output.
    private void Report(ErrorRecord error)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        _host.OutputIsError = true;
        shell.AddCommand("Out-Default").Invoke(new[] { error });
    }
}
