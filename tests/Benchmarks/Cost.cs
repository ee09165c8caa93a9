using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace Cmp.Benchmarks;

/// <summary>What work has cost: processor time of one process, and time on the wall.</summary>
/// <param name="Cpu">Processor time, of user and system.</param>
/// <param name="Wall">Time on the wall.</param>
internal readonly record struct Cost(TimeSpan Cpu, TimeSpan Wall)
{
    public static Cost operator -(Cost left, Cost right) => new(left.Cpu - right.Cpu, left.Wall - right.Wall);

    public static Cost operator /(Cost cost, int count) => new(cost.Cpu / count, cost.Wall / count);

    /// <summary>Of work in this process, with its garbage collector and compiler.</summary>
    internal static async Task<Cost> OfAsync(Func<Task> work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long started = Stopwatch.GetTimestamp();
        await work();
        TimeSpan wall = Stopwatch.GetElapsedTime(started);
        return new Cost(Environment.CpuUsage.TotalTime - before, wall);
    }

    /// <summary>Of programs that the work starts and waits for, while nothing else that this process started ends.</summary>
    internal static Cost OfChildren(Action work)
    {
        TimeSpan before = ChildrenCpu();
        long started = Stopwatch.GetTimestamp();
        work();
        TimeSpan wall = Stopwatch.GetElapsedTime(started);
        return new Cost(ChildrenCpu() - before, wall);
    }

    private static TimeSpan ChildrenCpu()
    {
        const int Children = -1;
        var usage = new long[32]; // struct rusage begins with two timevals; the rest is not read
        if (getrusage(Children, usage) != 0)
            throw new InvalidOperationException("getrusage: " + Marshal.GetLastPInvokeErrorMessage());
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    [DllImport("libc", SetLastError = true)]
    private static extern int getrusage(int who, long[] usage);
}
