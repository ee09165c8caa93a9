using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;

namespace Cmp.Benchmarks;

/// <summary>Measures Cmp beside its peers, and prints the tables that stand in the README.</summary>
public static class Program
{
    private static readonly Dictionary<string, (string What, Func<Task> Run)> All = new()
    {
        ["enrol"] = ("CPU and wall time of enrolments at OpenSSL's server, beside its client", EnrollBench.RunAsync),
        ["decode"] = ("decoding an answer, and what the protections cost", DecodeBench.RunAsync),
        ["import"] = ("importing the module, beside empty ones", ImportBench.RunAsync),
        ["state"] = ("CPU and wall time of enrolments with and without their record on disk", StateBench.RunAsync),
        ["fleet"] = ("enrolments of one pipeline, 1 and 32 at once, at a test server in a process of its own", FleetBench.RunAsync),
        ["roads"] = ("CPU and enrolments a second over each road at one test server, 1 and 32 at once", RoadsBench.RunAsync),
        ["capture"] = ("a capture of 220 MB read beside tshark, and what a message costs", CaptureBench.RunAsync),
        ["envelope"] = ("sealing and opening what is encrypted for a key, beside openssl cms", EnvelopeBench.RunAsync),
        ["pipeline"] = ("memory over thousands of enrolments in one pipeline", PipelineBench.RunAsync),
    };

    /// <summary>Runs the benchmarks that are named, or all.</summary>
    /// <param name="args">Names, or <c>all</c>.</param>
    /// <returns>0, or 1 where there is no benchmark of that name.</returns>
    public static async Task<int> Main(string[] args)
    {
        if (args is [CaptureBench.ReadArgument, var capture])
        {
            CaptureBench.Read(capture);
            return 0;
        }
        string[] names = args is [] or ["all"] ? [.. All.Keys] : args;
        if (names.FirstOrDefault(name => !All.ContainsKey(name)) is { } unknown)
        {
            Console.Error.WriteLine($"There is no benchmark '{unknown}'. There are:");
            foreach ((string name, (string what, _)) in All)
                Console.Error.WriteLine($"  {name,-10} {what}");
            Console.Error.WriteLine("  all        these, one after another");
            return 1;
        }
        Console.WriteLine(Machine.Describe());
        foreach (string name in names)
        {
            Console.WriteLine();
            await All[name].Run();
        }
        return 0;
    }
}
