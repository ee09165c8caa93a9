using System;
using System.Linq;
using Cmp.Scheduling;
using Cmp.State;

namespace Cmp;

/// <summary>A renewal that the computer runs by itself: a timer of systemd, or a scheduled task of Windows.</summary>
public sealed class CmpRenewal
{
    /// <summary>What <see cref="Name"/> says of a renewal of all enrolments.</summary>
    internal const string All = "*";

    internal CmpRenewal(RegisteredJob registered, StateScope scope)
    {
        Path = registered.Path;
        Scope = scope;
        Active = registered.IsActive;
        Problem = registered.Problem;
        if (registered.Job is not { } job)
            return;
        Name = job.Enrollment ?? All;
        Schedule = job.Schedule.ToString();
        At = job.Schedule.At;
        RepetitionInterval = job.Schedule.RepetitionInterval;
        RandomDelay = job.RandomDelay;
        NextRun = Active ? job.Schedule.Next(DateTime.Now) : null;
        CommandLine = string.Join(" ", new[] { job.Program }.Concat(job.Arguments).Select(TaskWord));
    }

    /// <summary>The enrolment that is renewed; <c>*</c>: all. <see langword="null"/> where that cannot be read.</summary>
    public string? Name { get; }

    /// <summary>Whether the user runs it or the computer.</summary>
    public StateScope Scope { get; }

    /// <summary>When it runs, in words.</summary>
    public string? Schedule { get; }

    /// <summary>The time of day, local time.</summary>
    public TimeSpan? At { get; }

    /// <summary>How long after one run the next one follows; <see langword="null"/>: each day.</summary>
    public TimeSpan? RepetitionInterval { get; }

    /// <summary>Up to how long a renewal waits by chance.</summary>
    public TimeSpan? RandomDelay { get; }

    /// <summary>Whether it will run by itself.</summary>
    public bool Active { get; }

    /// <summary>When it runs next, where that is a time of day; local time.</summary>
    public DateTime? NextRun { get; }

    /// <summary>Why it will not run, or cannot be read; else <see langword="null"/>.</summary>
    public string? Problem { get; }

    /// <summary>The file of the timer, or the path of the task.</summary>
    public string Path { get; }

    /// <summary>What runs.</summary>
    public string? CommandLine { get; }

    /// <summary>The name and the schedule.</summary>
    /// <returns>As in <c>web1: daily at 03:00</c>.</returns>
    public override string ToString() => $"{Name ?? Path}: {Schedule ?? Problem}";

    private static string TaskWord(string word) => word.Any(char.IsWhiteSpace) ? $"\"{word}\"" : word;
}
