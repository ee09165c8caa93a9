using System;

namespace Cmp.Scheduling;

/// <summary>When a job runs: each day at a time, or again and again.</summary>
/// <param name="At">The time of day, local time; of what runs again and again on Windows the time of the first run.</param>
/// <param name="RepetitionInterval">How long after one run the next one follows, 1 minute to 31 days; <see langword="null"/>: each day.</param>
public sealed record RenewalSchedule(TimeSpan At, TimeSpan? RepetitionInterval)
{
    /// <summary>The longest interval that the task scheduler of Windows takes, and the shortest.</summary>
    public static readonly TimeSpan LongestInterval = TimeSpan.FromDays(31), ShortestInterval = TimeSpan.FromMinutes(1);

    /// <summary>The last time of a day.</summary>
    internal static readonly TimeSpan LastTime = TimeSpan.FromDays(1) - TimeSpan.FromTicks(1);

    /// <summary>The next run of what runs each day; <see langword="null"/> for what follows its own last run.</summary>
    /// <param name="now">The local time.</param>
    /// <returns>The local time of the run.</returns>
    public DateTime? Next(DateTime now) => RepetitionInterval is not null ? null : now.TimeOfDay < At ? now.Date + At : now.Date.AddDays(1) + At;

    /// <summary>As in <c>daily at 03:00</c>.</summary>
    /// <returns>Words.</returns>
    public override string ToString() => RepetitionInterval is { } interval ? $"every {interval:c}" : $"daily at {At:hh\\:mm}";
}
