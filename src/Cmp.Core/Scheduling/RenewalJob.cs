using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>A command that the computer runs by itself, so that certificates are renewed. It holds no secret.</summary>
public sealed record RenewalJob
{
    private const string Prefix = "cmp-renewal";

    /// <summary>The enrolment that is renewed; <see langword="null"/>: all that there are.</summary>
    public string? Enrollment { get; init; }

    /// <summary>Whether the user runs it or the computer: root, or SYSTEM.</summary>
    public StateScope Scope { get; init; }

    /// <summary>When it runs.</summary>
    public required RenewalSchedule Schedule { get; init; }

    /// <summary>Up to how long the renewal waits by chance; the command does that itself, and only where something is due.</summary>
    public TimeSpan RandomDelay { get; init; }

    /// <summary>How long a run may take: one that hangs would keep away all that follow.</summary>
    internal TimeSpan LongestRun => RandomDelay + TimeSpan.FromDays(1);

    /// <summary>The full path of the program.</summary>
    public required string Program { get; init; }

    /// <summary>Its arguments, each as the program is to get it. On Windows there is no <c>%</c> and no <c>$</c> in them, which its scheduler replaces.</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>What timers and tasks are called: small letters, digits, and what else is in the enrolment's name in hexadecimal.</summary>
    public string Id => IdOf(Enrollment);

    /// <summary>One line for people.</summary>
    public string Description => $"Renews {(Enrollment is { } name ? $"the certificate of the enrolment {PeerText.Escape(name)}" : "certificates")} by CMP where due";

    /// <summary>What the job of an enrolment is called.</summary>
    /// <param name="enrollment">Its name in any case; <see langword="null"/> for all.</param>
    /// <returns>The name of the timer or task, without an extension.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.Name</c>: no enrolment can have that name.</exception>
    public static string IdOf(string? enrollment)
    {
        if (enrollment is null)
            return Prefix;
        _ = StateName.ToFile(enrollment);
        var id = new StringBuilder(Prefix).Append('-');
        foreach (byte octet in Encoding.UTF8.GetBytes(enrollment.ToLowerInvariant()))
        {
            char c = (char)octet;
            if (c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-')
                id.Append(c);
            else
                id.Append('_').Append(octet.ToString("x2", CultureInfo.InvariantCulture));
        }
        return id.ToString();
    }

    /// <summary>Whether a timer or task is called as ours are.</summary>
    internal static bool IsId(string name) => name == Prefix || name.StartsWith(Prefix + "-", StringComparison.Ordinal);

    /// <summary>The job as one word, to be kept beside what the scheduler itself knows of it.</summary>
    internal string Write()
    {
        var state = new StateObject();
        state.Set("enrolment", Enrollment);
        state.Set("scope", Scope.ToString());
        state.Set("at", Schedule.At.Ticks);
        state.Set("interval", Schedule.RepetitionInterval?.Ticks);
        state.Set("randomDelay", RandomDelay.Ticks);
        state.Set("program", Program);
        state.Set("arguments", Arguments);
        return Convert.ToBase64String(StateJson.Write(state));
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">It is no job.</exception>
    internal static RenewalJob Read(string word)
    {
        StateObject state = StateJson.Read(Convert.FromBase64String(word.Trim()));
        return new RenewalJob
        {
            Enrollment = state.Text("enrolment"),
            Scope = state.Word<StateScope>("scope") ?? StateScope.CurrentUser,
            Schedule = new RenewalSchedule(
                Time("at", TimeSpan.Zero, RenewalSchedule.LastTime) ?? throw new FormatException("'at' is missing."),
                Time("interval", RenewalSchedule.ShortestInterval, RenewalSchedule.LongestInterval)),
            RandomDelay = Time("randomDelay", TimeSpan.Zero, RenewalSchedule.LongestInterval) ?? TimeSpan.Zero,
            Program = state.Require("program"),
            Arguments = [.. state.Texts("arguments") ?? throw new FormatException("'arguments' is missing.")],
        };

        TimeSpan? Time(string name, TimeSpan least, TimeSpan most) => state.Number(name) is not { } ticks ? null
            : ticks >= least.Ticks && ticks <= most.Ticks ? TimeSpan.FromTicks(ticks) : throw new FormatException($"'{name}' is out of bounds.");
    }

    /// <summary>Whether another job does the same at the same times.</summary>
    /// <param name="other">It.</param>
    /// <returns>Whether it does.</returns>
    public bool IsSameAs(RenewalJob other) =>
        (Enrollment, Scope, Schedule, RandomDelay, Program) == (other.Enrollment, other.Scope, other.Schedule, other.RandomDelay, other.Program) && Arguments.SequenceEqual(other.Arguments);
}
