using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Keys;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>
/// What it costs that nothing is lost: the same enrolments with and without their record on disk. Rounds of both alternate, so that what else the machine
/// does hits both; the server is a process of its own, and keeps nothing.
/// </summary>
internal static class StateBench
{
    private const int Rounds = 11;
    private const int WarmUp = 300;
    private const int Count = 200;

    internal static async Task RunAsync()
    {
        using var home = new TestFolder();
        string secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var environment = new Dictionary<string, string> { ["CMP_BENCH_SECRET"] = secret, ["HOME"] = home.Path, ["CMP_HOME"] = home.Path };
        using Process server = Shell.Own.Start("FleetServer.ps1", [Shell.Manifest], environment);
        try
        {
            string uri = server.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start: " + server.StandardError.ReadToEnd());
            using var client = new CmpClient(new ServerSettings
            {
                Uri = new Uri(uri),
                Secret = new ReferenceAndSecret("bench", new NetworkCredential(string.Empty, secret).SecurePassword),
                IterationCount = 500,
                ImplicitConfirm = false,
            });
            var store = new EnrollmentStore(home.PathOf("state"));
            await EnrollAsync(client, null, WarmUp);
            await EnrollAsync(client, store, WarmUp);

            Figures cpu = new(), bareCpu = new(), cpuRatio = new(), wall = new(), bareWall = new(), wallRatio = new();
            for (int round = 0; round < Rounds; round++)
            {
                Cost without = await Cost.OfAsync(() => EnrollAsync(client, null, Count)) / Count;
                Cost with = await Cost.OfAsync(() => EnrollAsync(client, store, Count)) / Count;
                cpu.Add(with.Cpu.TotalMilliseconds);
                bareCpu.Add(without.Cpu.TotalMilliseconds);
                cpuRatio.Add(with.Cpu / without.Cpu);
                wall.Add(with.Wall.TotalMilliseconds);
                bareWall.Add(without.Wall.TotalMilliseconds);
                wallRatio.Add(with.Wall / without.Wall);
            }
            Console.WriteLine("| one enrolment | with its record on disk | without | ratio |");
            Console.WriteLine("|---|---|---|---|");
            Console.WriteLine($"| CPU | {cpu.Show("0.00", " ms")} | {bareCpu.Show("0.00", " ms")} | {cpuRatio.Show("0.00")} |");
            Console.WriteLine($"| time | {wall.Show("0.00", " ms")} | {bareWall.Show("0.00", " ms")} | {wallRatio.Show("0.00")} |");
            Console.WriteLine();
            Console.WriteLine($"Medians of {Rounds} rounds with least and greatest; ir and certConf, a new P-256 key for each, PasswordBasedMac with 500 iterations, one after another; the disk is waited for twice for each.");
        }
        finally
        {
            Programs.Stop(server);
        }
    }

    private static async Task EnrollAsync(CmpClient client, EnrollmentStore? store, int count)
    {
        var request = new EnrollmentRequest { Subject = Name.Parse("CN=router7, O=Cmp tests"), Key = new KeyRequest(), Destination = CertificateDestination.None };
        for (int i = 0; i < count; i++)
        {
            using var enrollment = new Enrollment(client, request) { Store = store };
            if (await enrollment.RunAsync() is not { Confirmed: true })
                throw new InvalidOperationException("An enrolment did not come to its end.");
        }
    }
}
