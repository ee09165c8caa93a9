using System;
using System.Globalization;
using System.Linq;
using System.Text;
using Cmp.State;

namespace Cmp.Scheduling;

/// <summary>A job as the two units that systemd wants of it (systemd.service(5), systemd.timer(5)).</summary>
internal static class SystemdUnit
{
    private const string Mark = "# Made by Register-CmpRenewal; Unregister-CmpRenewal removes it.\n";
    private const string JobKey = "Job=";
    private const string NoName = "[X-Cmp]";

    /// <summary>The first run of what runs again and again, after the timer was started, at boot for example.</summary>
    private static readonly TimeSpan FirstRun = TimeSpan.FromMinutes(5);

    /// <summary>The service: what runs.</summary>
    internal static string Service(RenewalJob job)
    {
        bool isSystem = job.Scope == StateScope.LocalMachine;
        // a system service has a HOME, where stores and state are, only if it says whose it is
        return $"{Mark}[Unit]\nDescription={Text(job.Description)}\n{(isSystem ? "Wants=network-online.target\nAfter=network-online.target\n" : string.Empty)}\n"
            + $"[Service]\nType=oneshot\nTimeoutStartSec={Seconds(job.LongestRun)}\n{(isSystem ? "User=root\n" : string.Empty)}ExecStart={Word(job.Program)} {string.Join(" ", job.Arguments.Select(Word))}\n";
    }

    /// <summary>The timer: when it runs. What was slept through is made up for.</summary>
    internal static string Timer(RenewalJob job)
    {
        string when = job.Schedule.RepetitionInterval is { } interval
            ? $"OnActiveSec={Seconds(interval < FirstRun ? interval : FirstRun)}\nOnUnitActiveSec={Seconds(interval)}\n"
            : $"OnCalendar=*-*-* {job.Schedule.At.ToString(@"hh\:mm\:ss", CultureInfo.InvariantCulture)}\nPersistent=true\n";
        return $"{Mark}[Unit]\nDescription={Text(job.Description)}, {job.Schedule}\n\n[Timer]\n{when}\n[Install]\nWantedBy=timers.target\n\n{NoName}\n{JobKey}{job.Write()}\n";
    }

    /// <summary>The job of a timer.</summary>
    /// <exception cref="FormatException">It says none.</exception>
    internal static RenewalJob Read(string timer)
    {
        string? word = timer.Split('\n').SkipWhile(line => line != NoName).FirstOrDefault(line => line.StartsWith(JobKey, StringComparison.Ordinal));
        return RenewalJob.Read(word?.Substring(JobKey.Length) ?? throw new FormatException($"It has no {NoName}."));
    }

    /// <summary>A word of a command line: quoted, and nothing in it is an escape, a specifier or a variable.</summary>
    internal static string Word(string text)
    {
        var word = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => word.Append('\\').Append(c),
                '%' or '$' => word.Append(c).Append(c),
                < ' ' or '\x7f' => word.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture)),
                _ => word.Append(c),
            };
        }
        return word.Append('"').ToString();
    }

    /// <summary>Words for people: no specifier is in them, and no line goes on behind a backslash.</summary>
    private static string Text(string text) => text.Replace("%", "%%").Replace('\\', '/').Replace('\n', ' ').Replace('\r', ' ');

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
