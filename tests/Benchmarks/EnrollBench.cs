using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Cryptography;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Stores;
using Cmp.Tests;

namespace Cmp.Benchmarks;

/// <summary>
/// The same enrolments by our client and by OpenSSL's, at the same OpenSSL server: ir, ip, certConf, pkiconf, with a key that is at hand, one after
/// another. Rounds of both alternate, so that what else the machine does hits both.
/// </summary>
internal static class EnrollBench
{
    private const int Rounds = 11;
    private const int WarmUp = 400;
    private const int Ours = 400;

    // OpenSSL's client mostly waits, so its rounds are shorter
    private const int Theirs = 60;

    internal static async Task RunAsync()
    {
        if (!OpenSsl.IsAvailable)
        {
            Console.WriteLine($"Enrolments were not measured: {OpenSsl.WhyNot}.");
            return;
        }
        Console.WriteLine("| protection | CPU of Cmp | CPU of `openssl cmp` | ratio | enrolments/s by Cmp | by `openssl cmp` | ratio |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        await MeasureAsync("PasswordBasedMac, 500 iterations", ProtectionKind.PasswordBasedMac, () => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        await MeasureAsync("signature, RSA-2048", ProtectionKind.Signature, () => RSA.Create(2048));
        await MeasureAsync("signature, P-256", ProtectionKind.Signature, () => ECDsa.Create(ECCurve.NamedCurves.nistP256));
        Console.WriteLine();
        Console.WriteLine($"Medians of {Rounds} rounds with least and greatest; ratios are those of rounds, Cmp's figure over OpenSSL's. The start of each `openssl` process is taken off.");
    }

    private static async Task MeasureAsync(string name, ProtectionKind protection, Func<AsymmetricAlgorithm> newKey)
    {
        using AsymmetricAlgorithm caKey = newKey();
        using AsymmetricAlgorithm key = newKey();
        using var ca = new TestCa(key: caKey);
        using X509Certificate2 issued = ca.Issue("CN=router7, O=Cmp tests", key);
        using MockServer server = MockServer.Start(new MockServerOptions { Ca = ca, Issued = issued });
        var openssl = new OpenSslClient(server, protection, key);
        using PrivateKey ourKey = PrivateKey.Of(issued)!;
        using var client = new CmpClient(Settings(server, protection));
        await EnrollAsync(client, ourKey, WarmUp);
        openssl.Run(1);

        Figures ourCpu = new(), theirCpu = new(), cpuRatio = new(), ourRate = new(), theirRate = new(), rateRatio = new();
        for (int round = 0; round < Rounds; round++)
        {
            Cost start = Cost.OfChildren(() => openssl.Run(1));
            Cost ours = await Cost.OfAsync(() => EnrollAsync(client, ourKey, Ours)) / Ours;
            Cost theirs = (Cost.OfChildren(() => openssl.Run(Theirs + 1)) - start) / Theirs;
            ourCpu.Add(ours.Cpu.TotalMilliseconds);
            theirCpu.Add(theirs.Cpu.TotalMilliseconds);
            cpuRatio.Add(ours.Cpu / theirs.Cpu);
            ourRate.Add(1 / ours.Wall.TotalSeconds);
            theirRate.Add(1 / theirs.Wall.TotalSeconds);
            rateRatio.Add(theirs.Wall / ours.Wall);
        }
        Console.WriteLine($"| {name} | {ourCpu.Show("0.00", " ms")} | {theirCpu.Show("0.00", " ms")} | {cpuRatio.Show("0.00")} | {ourRate.Show("0")} | {theirRate.Show("0")} | {rateRatio.Show("0.0")} |");
    }

    private static async Task EnrollAsync(CmpClient client, PrivateKey key, int count)
    {
        var request = new EnrollmentRequest
        {
            Operation = EnrollmentOperation.Initialization,
            Subject = Name.Parse("CN=router7, O=Cmp tests"),
            ExistingKey = key,
            Destination = CertificateDestination.None,
        };
        for (int i = 0; i < count; i++)
        {
            using var enrollment = new Enrollment(client, request);
            if (await enrollment.RunAsync() is not { Confirmed: true })
                throw new InvalidOperationException("An enrolment did not come to its end.");
        }
    }

    private static ServerSettings Settings(MockServer server, ProtectionKind protection) => new()
    {
        Uri = server.Uri,
        Preset = "OpenSslMock",
        Protection = protection,
        Secret = new ReferenceAndSecret(server.Reference, new NetworkCredential(string.Empty, server.Secret).SecurePassword),
        IterationCount = 500,
        ClientCertificate = server.Issued,
        TrustAnchor = [Certificate.From(server.Ca.Certificate)],
        ImplicitConfirm = false,
    };

    /// <summary>The same by <c>openssl cmp -repeat</c>.</summary>
    private sealed class OpenSslClient
    {
        private readonly string[] _arguments;
        private readonly Dictionary<string, string> _environment;

        internal OpenSslClient(MockServer server, ProtectionKind protection, AsymmetricAlgorithm key)
        {
            (string certificate, string keyFile) = server.Write("client", server.Issued, key);
            string ca = server.Write("trusted", server.Ca.Certificate).Certificate;
            _environment = new Dictionary<string, string> { ["CMP_BENCH_SECRET"] = server.Secret };
            _arguments =
            [
                "cmp", "-config", string.Empty, "-batch", "-verbosity", "3", "-cmd", "ir", "-server", $"127.0.0.1:{server.Port.ToString(CultureInfo.InvariantCulture)}", "-path", "pkix/",
                "-newkey", keyFile, "-subject", "/O=Cmp tests/CN=router7", "-certout", certificate + ".out",
                .. protection == ProtectionKind.Signature
                    ? new[] { "-cert", certificate, "-key", keyFile, "-trusted", ca }
                    : ["-ref", server.Reference, "-secret", "env:CMP_BENCH_SECRET", "-mac", "hmacWithSHA256"],
                "-repeat",
            ];
        }

        internal void Run(int count) => OpenSsl.Require([.. _arguments, count.ToString(CultureInfo.InvariantCulture)], environment: _environment);
    }
}
