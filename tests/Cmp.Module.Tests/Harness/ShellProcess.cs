using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Cmp.Module.Tests.Harness;

/// <summary>Cmp.Shell as a process of its own.</summary>
public sealed class ShellProcess : IDisposable
{
    // What takes longer hangs; the first start of a process on a busy machine does not.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly Reader _output;
    private readonly Reader _error;

    private ShellProcess(string program, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = TestHome.Path,
        };
        start.Environment["TERM"] = "xterm";
        start.Environment.Remove("NO_COLOR");
        _process = Process.Start(start)!;
        _output = new Reader(_process.StandardOutput);
        _error = new Reader(_process.StandardError);
    }

    /// <summary>What it wrote to its output so far.</summary>
    public string Output => _output.Text;

    /// <summary>What it wrote to its error stream so far.</summary>
    public string Error => _error.Text;

    // in this project's own folder
    private static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "Cmp.Shell.dll");

    /// <summary>Runs the shell to its end, with nothing on its standard input.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The exit code, the output and the error stream, with <c>\n</c> between lines.</returns>
    public static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using ShellProcess shell = Start(arguments);
        shell._process.StandardInput.Close();
        int exitCode = shell.WaitForExit();
        return (exitCode, shell.Output.ReplaceLineEndings("\n"), shell.Error.ReplaceLineEndings("\n"));
    }

    /// <summary>Runs a script as a user whom the permissions of files bind, with a home of its own; skips where that is not to be had.</summary>
    /// <param name="script">The script.</param>
    /// <returns>As <see cref="Run"/>.</returns>
    public static (int ExitCode, string Output, string Error) RunUnprivileged(string script)
    {
        Skip.If(OperatingSystem.IsWindows(), "modes and permissions of Unix");
        string file = WriteScript(script);
        string home = Directory.CreateTempSubdirectory("cmp-home-").FullName;
        try
        {
            List<string> command = ["env", $"HOME={home}", $"CMP_HOME={home}/.cmp", $"CMP_MANIFEST={Repository.Manifest}", Environment.ProcessPath is { } path && System.IO.Path.GetFileName(path) == "dotnet" ? path : "dotnet", Path];
            if (Environment.IsPrivilegedProcess)
            {
                Skip.IfNot(File.Exists("/usr/bin/setpriv"), "the tests run as root, whom no permission binds, and there is no setpriv to become another user");
                Chown(home);
                command = ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", .. command];
            }
            using var shell = new ShellProcess(command[0], [.. command.Skip(1), "-File", file]);
            shell._process.StandardInput.Close();
            int exitCode = shell.WaitForExit();
            Skip.If(exitCode != 0 && shell.Output.Length == 0 && !CanRead(file), "the tests run as root, and the user nobody may not read their folder");
            return (exitCode, shell.Output.ReplaceLineEndings("\n"), shell.Error.ReplaceLineEndings("\n"));
        }
        finally
        {
            using var undo = Process.Start("chmod", ["-R", "u+rwX", home]);
            undo.WaitForExit();
            Directory.Delete(home, recursive: true);
        }

        static void Chown(string folder)
        {
            using var chown = Process.Start("chown", ["65534:65534", folder]);
            chown.WaitForExit();
        }

        static bool CanRead(string file)
        {
            using var test = Process.Start("/usr/bin/setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", "test", "-r", file]);
            test.WaitForExit();
            return test.ExitCode == 0;
        }
    }

    /// <summary>Starts the shell.</summary>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>The process.</returns>
    public static ShellProcess Start(params string[] arguments) =>
        // a test runner in the background may have inherited that SIGINT is ignored
        OperatingSystem.IsLinux()
            ? new ShellProcess("env", ["--default-signal=INT", "dotnet", Path, .. arguments])
            : new ShellProcess("dotnet", [Path, .. arguments]);

    /// <summary>Starts the shell on a pseudo-terminal (Linux).</summary>
    /// <param name="script">What it runs.</param>
    /// <returns>The process; its output is the terminal's.</returns>
    public static ShellProcess StartOnTerminal(string script) =>
        new("script", ["--quiet", "--return", "--command", $"dotnet '{Path}' -File '{WriteScript(script)}'", "/dev/null"]);

    /// <summary>Writes a script file that goes when the tests end.</summary>
    /// <param name="script">Its text.</param>
    /// <returns>Its path.</returns>
    public static string WriteScript(string script)
    {
        string path = System.IO.Path.Combine(TestHome.CreateFolder(), "script.ps1");
        File.WriteAllText(path, script);
        return path;
    }

    /// <summary>Waits for a text in the output.</summary>
    /// <param name="text">The text.</param>
    public void WaitFor(string text) => Assert.True(_output.WaitFor(text, Limit), $"'{text}' did not come. Output: {Output} Errors: {Error}");

    /// <summary>Types.</summary>
    /// <param name="text">The keys; <c>\x03</c> is Ctrl+C on a terminal.</param>
    public void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>Sends a signal (Unix).</summary>
    /// <param name="name">As <c>INT</c>.</param>
    public void Signal(string name)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Waits for the end.</summary>
    /// <returns>The exit code.</returns>
    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(Limit) && _output.WaitForEnd(Limit) && _error.WaitForEnd(Limit), $"The shell did not end. Output: {Output} Errors: {Error}");
        return _process.ExitCode;
    }

    /// <summary>Ends the process if it still runs.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    private sealed class Reader
    {
        private readonly StringBuilder _text = new();
        private readonly Task _reading;
        private bool _ended;

        public Reader(StreamReader stream) => _reading = Task.Run(() => Read(stream));

        public string Text
        {
            get
            {
                lock (_text)
                    return _text.ToString();
            }
        }

        public bool WaitFor(string text, TimeSpan limit)
        {
            var clock = Stopwatch.StartNew();
            lock (_text)
            {
                while (!_text.ToString().Contains(text, StringComparison.Ordinal))
                {
                    if (_ended || clock.Elapsed > limit || !Monitor.Wait(_text, limit))
                        return false;
                }
            }
            return true;
        }

        public bool WaitForEnd(TimeSpan limit) => _reading.Wait(limit);

        private void Read(StreamReader stream)
        {
            char[] buffer = new char[1024];
            int count;
            do
            {
                count = stream.Read(buffer);
                lock (_text)
                {
                    _text.Append(buffer, 0, count);
                    _ended = count == 0;
                    Monitor.PulseAll(_text);
                }
            }
            while (count > 0);
        }
    }
}
