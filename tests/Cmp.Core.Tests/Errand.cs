using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Xunit;

namespace Cmp.Tests;

/// <summary>Runs <see cref="Program"/> in another process, with a bounded wait.</summary>
internal static class Errand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Runs an errand as the user who tests.</summary>
    internal static (int ExitCode, string Output) Run(params string[] arguments) => Start("dotnet", ["exec", typeof(Program).Assembly.Location, .. arguments], home: null);

    /// <summary>Runs an errand that needs secrets, which go by variables.</summary>
    internal static (int ExitCode, string Output) Run(IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        ProgramResult result = Programs.Run(Programs.Find("dotnet")!, ["exec", typeof(Program).Assembly.Location, .. arguments], environment: variables);
        return (result.ExitCode, (result.Text + result.Error).Trim());
    }

    /// <summary>Runs an errand as a user whom the permissions of files bind; skips where that is not to be had.</summary>
    internal static (int ExitCode, string Output) RunUnprivileged(string? home, params string[] arguments)
    {
        UnixMode.OrSkip();
        if (!Environment.IsPrivilegedProcess)
            return Start("dotnet", ["exec", typeof(Program).Assembly.Location, .. arguments], home);
        Skip.IfNot(File.Exists("/usr/bin/setpriv"), "the tests run as root, whom no permission binds, and there is no setpriv to become another user");
        string[] dotnet = ["--reuid=65534", "--regid=65534", "--clear-groups", Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet"];
        (int exitCode, _) = Start("/usr/bin/setpriv", [.. dotnet, "exec", typeof(Program).Assembly.Location, "write", Path.Combine(Path.GetTempPath(), "cmp-" + Guid.NewGuid().ToString("N"))], home);
        Skip.If(exitCode > 1, "the tests run as root, and the user nobody may not read their folder");
        return Start("/usr/bin/setpriv", [.. dotnet, "exec", typeof(Program).Assembly.Location, .. arguments], home);
    }

    private static (int ExitCode, string Output) Start(string program, IEnumerable<string> arguments, string? home)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        if (home is not null)
            start.Environment["CMP_TEST_HOME"] = home;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end.");
        }
        return (process.ExitCode, (output.Result + error.Result).Trim());
    }
}
