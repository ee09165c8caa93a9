using System;

namespace Cmp.Announcements;

/// <summary>So many a minute: all of them at once where there were none for a minute, else as they grow back one by one. Safe for several threads.</summary>
/// <param name="perMinute">How many.</param>
/// <param name="clock">A time that only grows.</param>
internal sealed class MinuteRate(int perMinute, Func<TimeSpan> clock)
{
    private readonly object _gate = new();
    private double _left = perMinute;
    private TimeSpan _at = clock();

    /// <summary>Takes one, if there is one.</summary>
    /// <param name="wait">Where there is none, how long until there is.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake(out TimeSpan wait) => TryTake(1, out wait);

    /// <summary>Takes several, if there are so many. More than there ever are count as that many.</summary>
    /// <param name="count">How many.</param>
    /// <param name="wait">Where there are less, how long until there are so many.</param>
    /// <returns>Whether they were there; else none is taken.</returns>
    public bool TryTake(int count, out TimeSpan wait)
    {
        count = Math.Min(count, perMinute);
        lock (_gate)
        {
            TimeSpan now = clock();
            _left = Math.Min(perMinute, _left + ((now - _at).TotalMinutes * perMinute));
            _at = now;
            if (_left >= count)
            {
                _left -= count;
                wait = TimeSpan.Zero;
                return true;
            }
            wait = TimeSpan.FromMinutes((count - _left) / perMinute);
            return false;
        }
    }
}
