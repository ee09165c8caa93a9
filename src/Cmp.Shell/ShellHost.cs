using System;
using System.Globalization;
using System.Management.Automation.Host;
using System.Threading;

namespace Cmp.Shell;

/// <summary>What the engine sees of this process: a console that runs one script and has no prompt.</summary>
/// <param name="stopping">Ends a question to the user.</param>
internal sealed class ShellHost(CancellationToken stopping) : PSHost
{
    private readonly ShellUserInterface _ui = new(stopping);

    /// <summary>What the script exited with; <see langword="null"/> while it did not.</summary>
    public int? ExitCode { get; private set; }

    /// <summary>Whether what is written now belongs to the error stream.</summary>
    public bool OutputIsError { set => _ui.OutputIsError = value; }

    public override string Name => "Cmp.Shell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => _ui;

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new HostException("This shell has no prompt.");

    public override void ExitNestedPrompt() => throw new HostException("This shell has no prompt.");

    public override void NotifyBeginApplication() => _ui.EraseProgress();

    public override void NotifyEndApplication()
    {
        // the next record draws the progress again
    }

    /// <summary>Leaves the terminal as a script found it.</summary>
    public void End() => _ui.EraseProgress();
}
