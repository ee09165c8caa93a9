using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Stores;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>
/// The same enrolments over each road to one test server in a process of its own, 1 and 32 at once. Rounds go over all roads, so that what else the
/// machine does hits each.
/// </summary>
internal static class RoadsBench
{
    private const string Yardstick = "Http";
    private const int Rounds = 7;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(2);
    private static readonly int[] AtOnce = [1, 32];

    internal static async Task RunAsync()
    {
        using var home = new TestFolder();
        string secret = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        var environment = new Dictionary<string, string> { ["CMP_BENCH_SECRET"] = secret, ["HOME"] = home.Path, ["CMP_HOME"] = home.Path };
        using Process server = Shell.Own.Start("RoadsServer.ps1", [Shell.Manifest], environment);
        try
        {
            Dictionary<string, string> told = Listen(server);
            var common = new ServerSettings
            {
                Secret = new ReferenceAndSecret("bench", new NetworkCredential(string.Empty, secret).SecurePassword),
                IterationCount = 500,
                ImplicitConfirm = false,
                NoProxy = ["*"],
                MailFolder = told["Folder"],
                TlsTrustAnchor = [X509CertificateLoader.LoadCertificate(Convert.FromBase64String(told["TlsRoot"]))],
            };
            told.Remove("TlsRoot");
            told.Remove("Folder");
            Console.WriteLine("| road | at once | enrolments/s | ratio to HTTP | CPU of the client | ratio | CPU of the server | ratio |");
            Console.WriteLine("|---|---|---|---|---|---|---|---|");
            foreach (int atOnce in AtOnce)
                await MeasureAsync([.. told.Select(road => new Road(road.Key, common with { Uri = new Uri(road.Value) }, atOnce))], server, atOnce);
            Console.WriteLine();
            Console.WriteLine($"Medians of {Rounds} rounds of {Turn.TotalSeconds:0} s on each road with least and greatest; ratios are those of rounds. ir, ip, certConf and pkiconf with a key that is at hand, PasswordBasedMac with 500 iterations; client and server are two processes on one machine.");
        }
        finally
        {
            Programs.Stop(server);
        }
    }

    private static Dictionary<string, string> Listen(Process server)
    {
        var told = new Dictionary<string, string>();
        while (server.StandardOutput.ReadLine() is { } line)
        {
            if (line == ".")
                return told;
            string[] words = line.Split(' ', 2);
            told.Add(words[0], words[1]);
        }
        throw new InvalidOperationException("The server did not start: " + server.StandardError.ReadToEnd());
    }

    private static async Task MeasureAsync(IReadOnlyList<Road> roads, Process server, int atOnce)
    {
        foreach (Road road in roads)
            await road.EnrollAsync(WarmUp);
        for (int round = 0; round < Rounds; round++)
        {
            var turns = new Dictionary<Road, (double Rate, double Client, double Server)>();
            foreach (Road road in roads)
            {
                server.Refresh();
                TimeSpan before = server.TotalProcessorTime;
                int count = 0;
                Cost cost = await Cost.OfAsync(async () => count = await road.EnrollAsync(Turn));
                server.Refresh();
                turns.Add(road, (count / cost.Wall.TotalSeconds, cost.Cpu.TotalMilliseconds / count, (server.TotalProcessorTime - before).TotalMilliseconds / count));
            }
            (double rate, double client, double serving) = turns.Single(turn => turn.Key.Name == Yardstick).Value;
            foreach ((Road road, (double Rate, double Client, double Server) turn) in turns)
            {
                road.Rate.Add(turn.Rate);
                road.RateRatio.Add(turn.Rate / rate);
                road.Client.Add(turn.Client);
                road.ClientRatio.Add(turn.Client / client);
                road.Server.Add(turn.Server);
                road.ServerRatio.Add(turn.Server / serving);
            }
        }
        foreach (Road road in roads)
        {
            Console.WriteLine($"| {road.Name} | {atOnce} | {road.Rate.Show(road.Rate.Median < 10 ? "0.0" : "0")} | {road.RateRatio.Show(road.RateRatio.Median < 0.1 ? "0.000" : "0.00")} | {road.Client.Show("0.00", " ms")} | {road.ClientRatio.Show("0.00")} | {road.Server.Show("0.00", " ms")} | {road.ServerRatio.Show("0.00")} |");
            road.Dispose();
        }
    }

    /// <summary>A road with as many transactions on it at once as are measured.</summary>
    private sealed class Road(string name, ServerSettings settings, int atOnce) : IDisposable
    {
        private readonly PrivateKey _key = PrivateKey.Generate(KeyAlgorithm.Parse("ECDSA_P256"));
        private readonly CmpClient _client = new(settings, atOnce);

        internal string Name => name;

        internal Figures Rate { get; } = new();

        internal Figures RateRatio { get; } = new();

        internal Figures Client { get; } = new();

        internal Figures ClientRatio { get; } = new();

        internal Figures Server { get; } = new();

        internal Figures ServerRatio { get; } = new();

        /// <summary>Enrols, begins no more once the time is up, and waits for those that were begun.</summary>
        /// <returns>How many.</returns>
        internal async Task<int> EnrollAsync(TimeSpan time)
        {
            int count = 0;
            long began = Stopwatch.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(_ => Task.Run(async () =>
            {
                do
                {
                    await EnrollAsync();
                    Interlocked.Increment(ref count);
                }
                while (Stopwatch.GetElapsedTime(began) < time);
            })));
            return count;
        }

        public void Dispose()
        {
            _client.Dispose();
            _key.Dispose();
        }

        private async Task EnrollAsync()
        {
            var request = new EnrollmentRequest
            {
                Operation = EnrollmentOperation.Initialization,
                Subject = Messages.Pkix.Name.Parse("CN=router7, O=Cmp tests"),
                ExistingKey = _key,
                Destination = CertificateDestination.None,
            };
            using var enrollment = new Enrollment(_client, request);
            if (await enrollment.RunAsync() is not { Confirmed: true })
                throw new InvalidOperationException($"An enrolment over {name} did not come to its end.");
        }
    }
}
