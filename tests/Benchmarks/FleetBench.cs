using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>What -ThrottleLimit brings: the same enrolments of one pipeline, one at once and 32 at once, server and pipeline each in a process of its own.</summary>
internal static class FleetBench
{
    private static readonly int[] Marks = [1000, 2500, 5000, 10_000];

    internal static Task RunAsync()
    {
        Console.WriteLine("| at once | enrolments in one pipeline | managed heap | working set | client's CPU for each | enrolments/s |");
        Console.WriteLine("|---|---|---|---|---|---|");
        double one = Measure(1);
        double many = Measure(32);
        Console.WriteLine();
        Console.WriteLine(FormattableString.Invariant(
            $"32 at once are {many / one:0.00} times one at once. New-CmpCertificateRequest -NoInstall in Cmp.Shell, a new P-256 key for each, PasswordBasedMac with 500 iterations; client and server share the machine's cores; memory after a garbage collection."));
        return Task.CompletedTask;
    }

    /// <summary>Prints a line for each mark.</summary>
    /// <returns>Enrolments a second over all.</returns>
    private static double Measure(int atOnce)
    {
        using var home = new TestFolder();
        var environment = new Dictionary<string, string>
        {
            ["CMP_BENCH_SECRET"] = Convert.ToHexString(RandomNumberGenerator.GetBytes(16)), ["HOME"] = home.Path, ["CMP_HOME"] = home.Path,
        };
        using Process server = Shell.Own.Start("FleetServer.ps1", [Shell.Manifest], environment);
        try
        {
            string uri = server.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start: " + server.StandardError.ReadToEnd());
            string limit = atOnce.ToString(CultureInfo.InvariantCulture);
            long[][] marks = [.. Shell.Own
                .Run("PipelineBench.ps1", [Shell.Manifest, uri, string.Join(",", Marks), limit], environment, TimeSpan.FromMinutes(10))
                .Select(line => line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray())];
            foreach (long[] figures in marks)
                Console.WriteLine(FormattableString.Invariant($"| {atOnce} | {figures[0]} | {figures[1] / 1e6:0.0} MB | {figures[2] / 1e6:0} MB | {(double)figures[4] / figures[0]:0.00} ms | {figures[0] * 1000.0 / figures[3]:0} |"));
            return marks[^1][0] * 1000.0 / marks[^1][3];
        }
        finally
        {
            Programs.Stop(server);
        }
    }
}
