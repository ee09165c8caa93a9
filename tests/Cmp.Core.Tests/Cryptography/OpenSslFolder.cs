using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using Xunit;

namespace Cmp.Tests.Cryptography;

/// <summary>The <c>openssl</c> program as the judge that others wrote. Works in a folder of its own that it removes.</summary>
internal sealed class OpenSslFolder : IDisposable
{
    private const int PatienceMilliseconds = 60_000;

    private static readonly Lazy<bool> Found = new(() =>
    {
        try
        {
            return Run("version", null).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    });

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "cmp-" + Guid.NewGuid().ToString("N"));

    private OpenSslFolder() => Directory.CreateDirectory(_folder);

    internal static OpenSslFolder OrSkip()
    {
        Skip.IfNot(Found.Value, "the program openssl is not on the PATH");
        return new OpenSslFolder();
    }

    internal string Write(string name, byte[] octets)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, octets);
        return path;
    }

    internal string WritePem(string name, string label, params IEnumerable<byte[]> ders)
    {
        var text = new StringBuilder();
        foreach (byte[] der in ders)
            text.Append($"-----BEGIN {label}-----\n{Convert.ToBase64String(der, Base64FormattingOptions.InsertLineBreaks)}\n-----END {label}-----\n");
        return Write(name, Encoding.ASCII.GetBytes(text.ToString()));
    }

    internal string PathOf(string name) => Path.Combine(_folder, name);

    internal byte[] Read(string name) => File.ReadAllBytes(PathOf(name));

    /// <summary>Runs it; file names in the arguments are of its folder.</summary>
    internal (int ExitCode, string Output) Try(string arguments) => Run(arguments, _folder);

    internal string Do(string arguments)
    {
        (int exitCode, string output) = Try(arguments);
        Assert.True(exitCode == 0, $"openssl {arguments}: {output}");
        return output;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static (int ExitCode, string Output) Run(string arguments, string? folder)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo("openssl", arguments)
            {
                WorkingDirectory = folder ?? string.Empty,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            },
        };
        var output = new StringBuilder();
        void Gather(object sender, DataReceivedEventArgs line)
        {
            lock (output)
                output.AppendLine(line.Data);
        }
        process.OutputDataReceived += Gather;
        process.ErrorDataReceived += Gather;
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        if (!process.WaitForExit(PatienceMilliseconds))
        {
            process.Kill();
            throw new TimeoutException($"openssl {arguments} did not end.");
        }
        process.WaitForExit();
        lock (output)
            return (process.ExitCode, output.ToString());
    }
}
