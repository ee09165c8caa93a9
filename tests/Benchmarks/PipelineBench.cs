using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Cmp.Tests;
using Cmp.TestServer;

namespace Cmp.Benchmarks;

/// <summary>What a process holds while it enrols thousands of certificates in one pipeline; the test server is in this process, the pipeline in another.</summary>
internal static class PipelineBench
{
    private static readonly int[] Marks = [250, 500, 1000, 2000, 4000];

    internal static Task RunAsync()
    {
        string secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        using var home = new TestFolder();
        using var server = TestServer.TestServer.Start(new TestServerOptions { Reference = "bench", Secret = new NetworkCredential(string.Empty, secret).SecurePassword });
        string[] lines = Shell.Own.Run(
            "PipelineBench.ps1",
            [Shell.Manifest, server.Uri.AbsoluteUri, string.Join(",", Marks)],
            new Dictionary<string, string> { ["CMP_BENCH_SECRET"] = secret, ["HOME"] = home.Path, ["CMP_HOME"] = home.Path },
            TimeSpan.FromMinutes(10));

        Console.WriteLine("| enrolments in one pipeline | managed heap | working set | time for each |");
        Console.WriteLine("|---|---|---|---|");
        foreach (long[] figures in lines.Select(line => line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray()))
            Console.WriteLine(FormattableString.Invariant($"| {figures[0]} | {figures[1] / 1e6:0.0} MB | {figures[2] / 1e6:0} MB | {(double)figures[3] / figures[0]:0.0} ms |"));
        Console.WriteLine();
        Console.WriteLine("New-CmpCertificateRequest -NoInstall in Cmp.Shell, a new P-256 key for each, PasswordBasedMac with 500 iterations, at the module's own test server; after a garbage collection.");
        return Task.CompletedTask;
    }
}
