using System;
using System.Collections.Generic;

namespace Cmp.Transports;

/// <summary>
/// How often a folder is looked into for what is to come, and how long something that is being written there may stand still. What comes soon is seen soon;
/// who waits for days wears out no disk.
/// </summary>
/// <param name="stillness">How long something may stand still.</param>
/// <param name="clock">The time.</param>
internal sealed class FolderPatience(TimeSpan stillness, Func<DateTimeOffset> clock)
{
    private const int MaxWaits = 4096;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>A file's time is another clock's: it is believed to be right by the hour.</summary>
    private static readonly TimeSpan ClockDoubt = TimeSpan.FromHours(1);

    private readonly Dictionary<string, Wait> _waits = new(StringComparer.Ordinal);

    /// <summary>When to look again.</summary>
    /// <param name="name">What is waited for.</param>
    /// <returns>Soon at first, later and later while nothing changes.</returns>
    public DateTimeOffset Next(string name)
    {
        lock (_waits)
        {
            Wait wait = Of(name);
            TimeSpan interval = wait.Interval;
            wait.Interval = interval + interval < Longest ? interval + interval : Longest;
            return clock() + interval;
        }
    }

    /// <summary>Tells how far something is that is being written.</summary>
    /// <param name="name">What.</param>
    /// <param name="octets">How many octets are there.</param>
    /// <param name="written">When it was written to, as its file system says; <see langword="null"/> where it does not.</param>
    /// <returns>Whether it has stood still for too long: nobody writes it any more.</returns>
    public bool HasStoodStill(string name, long octets, DateTimeOffset? written)
    {
        lock (_waits)
        {
            Wait wait = Of(name);
            DateTimeOffset now = clock();
            if (wait.Seen != (octets, written))
            {
                wait.Seen = (octets, written);
                wait.Since = now;
                wait.Interval = First;
            }
            return now - wait.Since >= stillness || now - written >= stillness + ClockDoubt;
        }
    }

    /// <summary>It is there.</summary>
    /// <param name="name">What was waited for.</param>
    public void Forget(string name)
    {
        lock (_waits)
            _waits.Remove(name);
    }

    private Wait Of(string name)
    {
        if (_waits.TryGetValue(name, out Wait? wait))
            return wait;
        // who gave up says nothing: to forget all is to be eager once more
        if (_waits.Count == MaxWaits)
            _waits.Clear();
        return _waits[name] = new Wait { Interval = First };
    }

    private sealed class Wait
    {
        public TimeSpan Interval { get; set; }

        public (long Octets, DateTimeOffset? Written)? Seen { get; set; }

        public DateTimeOffset Since { get; set; }
    }
}
