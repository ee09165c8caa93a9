using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Tests.Messages;

namespace Cmp.Fuzz;

/// <summary>Breaks messages by the million: <c>dotnet run -c Release --project tests/Fuzz -- --count 1000000 --seed 7 [--data folder]</c>.</summary>
internal static class Program
{
    private static int Main(string[] args)
    {
        int count = 100_000, seed = 1;
        string? data = null;
        for (int i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--count":
                    count = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--seed":
                    seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
                    break;
                case "--data":
                    data = args[i + 1];
                    break;
                default:
                    Console.Error.WriteLine("--count <messages> --seed <number> --data <folder of .der messages>");
                    return 2;
            }
        }

        var seeds = new List<byte[]>();
        foreach (PkiMessage message in Samples.AllMessages)
            seeds.Add(message.Encoded.ToArray());
        if (data is not null)
        {
            foreach (string file in Directory.EnumerateFiles(data, "*.der", SearchOption.AllDirectories))
                seeds.Add(File.ReadAllBytes(file));
        }

        // its announcements are judged as well, by somebody who believes nobody in them
        using CmpClient client = CmpClient.ByHand(new ServerSettings { Secret = new ReferenceAndSecret("fuzz", new NetworkCredential(string.Empty, "fuzz").SecurePassword), TrustAnchor = [Samples.Certificate] });
        var judge = new JudgeTarget(client);
        var mutator = new Mutator(seeds, seed);
        var total = Stopwatch.StartNew();
        int whole = 0;
        TimeSpan worst = TimeSpan.Zero;
        byte[] worstOctets = [];
        long most = 0;
        for (int i = 0; i < count; i++)
        {
            byte[] octets = mutator.Next();
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            TimeSpan start = total.Elapsed;
            try
            {
                if (FuzzTarget.Run(octets))
                    whole++;
                judge.Run(octets);
                TreeTarget.Run(octets);
                InspectionTarget.Run(octets);
            }
            catch (Exception e)
            {
                Console.WriteLine($"Message {i} of seed {seed}:{Environment.NewLine}{Convert.ToBase64String(octets)}{Environment.NewLine}{e}");
                return 1;
            }
            if (i < 2000)
                continue; // the first ones pay for compilation
            TimeSpan taken = total.Elapsed - start;
            if (taken > worst)
                (worst, worstOctets) = (taken, octets);
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
        double rate = count / total.Elapsed.TotalSeconds;
        Console.WriteLine(FormattableString.Invariant(
            $"{count} messages of {seeds.Count} seeds, {whole} decoded, {rate:F0} a second; worst {worst.TotalMilliseconds:F1} ms ({Again(worstOctets).TotalMilliseconds:F1} ms when run again), {most / 1024} KiB"));
        return 0;
    }

    /// <summary>The best of five: what a message costs, without what a busy machine adds.</summary>
    private static TimeSpan Again(byte[] octets)
    {
        TimeSpan best = TimeSpan.MaxValue;
        for (int i = 0; i < 5; i++)
        {
            var watch = Stopwatch.StartNew();
            FuzzTarget.Run(octets);
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }
        return best;
    }
}
