using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Cmp.Module.Tests.Harness;

/// <summary>
/// A PowerShell session that imported the packed module by its manifest, as a user's does. Open one in each test.
/// </summary>
/// <example>
/// <code>
/// using var session = new ModuleSession();
/// session["ca"] = session.Invoke("Start-CmpTestServer").Single();
/// var certificate = session.Invoke("New-CmpCertificateRequest $ca.Uri -Credential $ca.Credential -Subject CN=a -NoInstall").Single&lt;X509Certificate2&gt;();
///
/// ErrorRecord error = session.Invoke("New-CmpCertificateRequest http://127.0.0.1:1/").AssertError("CmpTransport.ConnectFailed");
///
/// session.Host.Answers.Enqueue(1);                        // the second choice of the -Confirm question
/// session.Invoke("Stop-CmpTestServer -Confirm").AssertSucceeded();
///
/// string table = session.Show("Get-CmpTestServer");       // what a user sees
///
/// using RunningInvocation running = session.Start("New-CmpCertificateRequest $ca.Uri -Subject CN=a");
/// running.WaitUntil(streams => streams.Progress.Count > 0);
/// Assert.InRange(running.Stop(), TimeSpan.Zero, TimeSpan.FromSeconds(2));
/// </code>
/// </example>
/// <remarks>
/// The engine is the one from NuGet. It lacks the modules Utility and Management: no Select-Object, Write-Output,
/// Get-Item, ConvertTo-Json. HOME and CMP_HOME are those of <see cref="TestHome"/>.
/// </remarks>
public sealed class ModuleSession : IDisposable
{
    private readonly Runspace _runspace;

    /// <summary>Opens a session.</summary>
    /// <param name="import">Whether to import the module.</param>
    public ModuleSession(bool import = true)
    {
        _runspace = RunspaceFactory.CreateRunspace(Host, InitialSessionState.CreateDefault2());
        _runspace.Open();
        this["manifest"] = Repository.Manifest;
        if (import)
            Invoke("Import-Module $manifest").AssertSucceeded();
    }

    /// <summary>Sees what is shown and answers what is asked.</summary>
    public TestHost Host { get; } = new();

    /// <summary>A variable of the session, to bring objects in and out.</summary>
    /// <param name="name">Without the dollar sign.</param>
    /// <returns>Its value.</returns>
    public object? this[string name]
    {
        get => _runspace.SessionStateProxy.GetVariable(name);
        set => _runspace.SessionStateProxy.SetVariable(name, value);
    }

    /// <summary>Runs commands to their end; whatever goes wrong is in the result.</summary>
    /// <param name="script">The commands.</param>
    /// <returns>What came of them.</returns>
    public Invocation Invoke(string script)
    {
        using RunningInvocation running = Start(script);
        return running.Wait();
    }

    /// <summary>Runs commands and gives what a user would see of them.</summary>
    /// <param name="script">The commands.</param>
    /// <returns>The text, with <c>\n</c> between lines and without escapes.</returns>
    public string Show(string script)
    {
        int start = Host.Text.Length;
        Invoke($"& {{ {script}\n}} | Out-Default").AssertSucceeded();
        return Host.Text[start..];
    }

    /// <summary>Begins to run commands, to be waited for or stopped.</summary>
    /// <param name="script">The commands.</param>
    /// <returns>The run.</returns>
    public RunningInvocation Start(string script)
    {
        var shell = PowerShell.Create(_runspace);
        shell.AddScript(script, useLocalScope: false);
        return new RunningInvocation(shell);
    }

    /// <summary>Closes the session.</summary>
    public void Dispose() => _runspace.Dispose();
}
