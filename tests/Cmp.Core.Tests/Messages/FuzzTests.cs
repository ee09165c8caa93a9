using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using Cmp.Fuzz;
using Cmp.Messages;
using Xunit;
using Xunit.Abstractions;

namespace Cmp.Tests.Messages;

/// <summary>A bounded round of tests/Fuzz, the same at each run: <c>dotnet run -c Release --project tests/Fuzz</c> goes on for as long as wanted.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    [Fact]
    public void Rule64_Twenty_thousand_broken_messages_end_well()
    {
        const int Count = 20_000;
        var mutator = new Mutator([.. Samples.AllMessages.Select(m => m.Encoded.ToArray())], seed: 20261123);
        var watch = Stopwatch.StartNew();
        int whole = 0;
        for (int i = 0; i < Count; i++)
        {
            byte[] octets = mutator.Next();
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                if (FuzzTarget.Run(octets))
                    whole++;
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Message {i}: {Convert.ToBase64String(octets)}", e);
            }
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4 << 20);
        }
        output.WriteLine($"{Count} messages, {whole} decoded, {watch.Elapsed.TotalSeconds:F1} s");
        Assert.InRange(whole, Count / 10, Count * 9 / 10); // a mutator that breaks all, or none, tries little
    }

    [Fact]
    public void Noise_is_no_message()
    {
        var random = new Random(7);
        for (int i = 0; i < 10_000; i++)
        {
            var octets = new byte[random.Next(200)];
            random.NextBytes(octets);
            Assert.False(FuzzTarget.Run(octets));
        }
    }

    [Fact]
    public void The_same_seed_breaks_the_same_way()
    {
        IReadOnlyList<byte[]> seeds = [.. Samples.AllMessages.Select(m => m.Encoded.ToArray())];
        Mutator one = new(seeds, 3), other = new(seeds, 3);
        for (int i = 0; i < 200; i++)
            Assert.Equal(one.Next(), other.Next());
    }
}
