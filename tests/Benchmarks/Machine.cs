using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    /// <summary>One line for under the tables.</summary>
    internal static string Describe() =>
        $"{Environment.ProcessorCount} cores{Processor()}, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}, "
        + $"{(OpenSsl.IsAvailable ? "OpenSSL " + OpenSsl.Version : OpenSsl.WhyNot)}{Load()}, {DateTime.UtcNow:yyyy-MM-dd}";

    private static string Processor() => Line("/proc/cpuinfo", "model name") is { } line ? $" ({line.Substring(line.IndexOf(':') + 1).Trim()})" : string.Empty;

    private static string Load() => Line("/proc/loadavg", string.Empty) is { } line ? $", load {line.Split(' ')[0]}" : string.Empty;

    private static string? Line(string file, string beginning) =>
        File.Exists(file) ? File.ReadLines(file).FirstOrDefault(line => line.StartsWith(beginning, StringComparison.Ordinal)) : null;
}
