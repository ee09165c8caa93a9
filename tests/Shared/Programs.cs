using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace Cmp.Tests;

/// <summary>Runs programs that others wrote, with bounded waits.</summary>
public static class Programs
{
    /// <summary>How long a program may take where nothing else is said: enough for a machine that is busy with other tests.</summary>
    public static TimeSpan DefaultTimeout { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Looks for a program on the path, and where servers are, which users do not always have on it.</summary>
    /// <param name="name">Its name, without an extension.</param>
    /// <returns>Its file, or <see langword="null"/>.</returns>
    public static string? Find(string name)
    {
        string file = RuntimeInformation.IsOSPlatform(OSPlatform.Windows) ? name + ".exe" : name;
        foreach (string folder in $"{Environment.GetEnvironmentVariable("PATH")}{Path.PathSeparator}/usr/sbin".Split(Path.PathSeparator))
        {
            if (folder.Length > 0 && File.Exists(Path.Combine(folder, file)))
                return Path.Combine(folder, file);
        }
        return null;
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">What it is told; never a secret.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="environment">Variables added to its environment; a secret goes here.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <returns>What it wrote and how it ended.</returns>
    /// <exception cref="TimeoutException">It took longer, and was ended.</exception>
    public static ProgramResult Run(
        string file,
        IEnumerable<string> arguments,
        byte[]? input = null,
        IReadOnlyDictionary<string, string>? environment = null,
        TimeSpan? timeout = null)
    {
        using var process = new Process { StartInfo = StartInfo(file, arguments, environment) };
        process.Start();
        using var output = new MemoryStream();
        Task readOutput = process.StandardOutput.BaseStream.CopyToAsync(output);
        Task<string> readError = process.StandardError.ReadToEndAsync();
        Task write = WriteAsync(process.StandardInput.BaseStream, input ?? []);
        TimeSpan limit = timeout ?? DefaultTimeout;
        if (!Task.WaitAll([readOutput, readError, write], limit) || !process.WaitForExit((int)limit.TotalMilliseconds))
        {
            Stop(process);
            throw new TimeoutException($"{Path.GetFileName(file)} did not end within {limit.TotalSeconds} s.");
        }
        return new ProgramResult(process.ExitCode, output.ToArray(), readError.Result);
    }

    /// <summary>How a program is started: all streams redirected, no window, messages in English.</summary>
    /// <param name="file">The program.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="environment">Variables added to its environment.</param>
    /// <returns>What a process needs.</returns>
    internal static ProcessStartInfo StartInfo(string file, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment)
    {
        var info = new ProcessStartInfo(file)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
        };
        foreach (string argument in arguments)
            info.ArgumentList.Add(argument);
        info.Environment["LC_ALL"] = "C.UTF-8";
        foreach (KeyValuePair<string, string> variable in environment ?? new Dictionary<string, string>())
            info.Environment[variable.Key] = variable.Value;
        return info;
    }

    /// <summary>Ends a process and waits until it is gone.</summary>
    /// <param name="process">A process that we started.</param>
    internal static void Stop(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            return; // it has ended by itself
        }
        process.WaitForExit(10_000);
    }

    private static async Task WriteAsync(Stream stream, byte[] input)
    {
        try
        {
            await stream.WriteAsync(input).ConfigureAwait(false);
            stream.Close();
        }
        catch (IOException)
        {
            // a program that does not read its input to the end is free to do so
        }
    }
}

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">0 where all went well, as a rule.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Error">What it wrote to standard error.</param>
public sealed record ProgramResult(int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(Output);
}
