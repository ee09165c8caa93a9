using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Cmp.Benchmarks;

/// <summary>What an answer costs before anybody asks the network: BenchmarkDotNet, within this process.</summary>
internal static class DecodeBench
{
    internal static Task RunAsync()
    {
        IConfig config = ManualConfig.CreateEmpty()
            .AddJob(Job.MediumRun.WithToolchain(InProcessEmitToolchain.DontLogOutput).WithLaunchCount(1))
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(NullLogger.Instance)
            .WithOptions(ConfigOptions.DisableLogFile);
        Summary summary = BenchmarkRunner.Run<AnswerBenchmarks>(config);

        Console.WriteLine($"| ip of {new AnswerBenchmarks().Octets} octets, signed | time | allocated |");
        Console.WriteLine("|---|---|---|");
        foreach (BenchmarkReport report in summary.Reports.Where(report => report.ResultStatistics is not null))
        {
            string name = report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            Console.WriteLine(FormattableString.Invariant($"| {name} | {report.ResultStatistics!.Median / 1000:0.0} µs ({report.ResultStatistics.Min / 1000:0.0} to {report.ResultStatistics.Max / 1000:0.0}) | {report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) / 1000.0:0.0} kB |"));
        }
        Console.WriteLine();
        Console.WriteLine("BenchmarkDotNet in process, medians with least and greatest.");
        foreach (string error in Errors(summary))
            Console.WriteLine(error);
        return Task.CompletedTask;
    }

    private static IEnumerable<string> Errors(Summary summary) => summary.ValidationErrors.Where(error => error.IsCritical).Select(error => error.Message)
        .Concat(summary.Reports.Where(report => report.ResultStatistics is null).Select(report => $"{report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo} was not measured."));
}
