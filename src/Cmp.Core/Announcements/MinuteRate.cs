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
    public bool TryTake(out TimeSpan wait)
    {
        lock (_gate)
        {
            TimeSpan now = clock();
            _left = Math.Min(perMinute, _left + ((now - _at).TotalMinutes * perMinute));
            _at = now;
            if (_left >= 1)
            {
                _left--;
                wait = TimeSpan.Zero;
                return true;
            }
            wait = TimeSpan.FromMinutes((1 - _left) / perMinute);
            return false;
        }
    }
}
