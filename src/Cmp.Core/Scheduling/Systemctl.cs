using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Cmp.Scheduling;

/// <inheritdoc cref="ISystemctl"/>
/// <remarks>It is started by its full path: .NET looks for a bare name in the current folder first, and that may be anybody's.</remarks>
internal sealed class Systemctl : ISystemctl
{
    private const int MaxText = 300;
    private const int PatienceMs = 30_000;

    // NixOS has it elsewhere
    private static readonly string[] Programs = ["/usr/bin/systemctl", "/bin/systemctl", "/run/current-system/sw/bin/systemctl"];

    private readonly string? _program;

    /// <summary>For the program of this computer.</summary>
    internal Systemctl()
        : this(Array.Find(Programs, File.Exists))
    {
    }

    /// <summary>For tests: another program.</summary>
    internal Systemctl(string? program) => _program = program;

    /// <inheritdoc/>
    public bool IsRunning => Directory.Exists("/run/systemd/system");

    /// <inheritdoc/>
    public bool IsLingering => File.Exists("/var/lib/systemd/linger/" + Environment.UserName);

    /// <inheritdoc/>
    public string? Run(bool isUser, params string[] arguments)
    {
        if (_program is null)
            return "there is no systemctl";
        try
        {
            // names of units have no blank and no quote in them
            using Process? process = Process.Start(new ProcessStartInfo(_program, string.Join(" ", (isUser ? new[] { "--user" } : []).Concat(["--no-ask-password", "--quiet"]).Concat(arguments)))
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
            if (process is null)
                return "systemctl does not start";
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            if (!process.WaitForExit(PatienceMs))
            {
                process.Kill();
                return "systemctl does not answer";
            }
            Task.WaitAll([output, error], PatienceMs);
            return process.ExitCode == 0 ? null : PeerText.Escape(error.Result.Trim() is { Length: > 0 } text ? text : $"systemctl ended with {process.ExitCode}", MaxText);
        }
        catch (Exception e) when (e is Win32Exception or InvalidOperationException or IOException or AggregateException)
        {
            return PeerText.Escape(e.Message, MaxText);
        }
    }
}
