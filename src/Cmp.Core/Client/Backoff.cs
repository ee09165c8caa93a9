using System;

namespace Cmp.Client;

/// <summary>
/// How long a busy server is left alone before the same is asked again (rule 55): never for less than it asks, and for longer each time. A part of it is
/// chance, so that not all who were sent away together come back together. It serves for one message.
/// </summary>
/// <param name="random">A number from 0 to 1.</param>
internal sealed class Backoff(Func<double> random)
{
    /// <summary>A server that does not say how long is asked so many times more, within half a minute: one that has no more to say is out of order.</summary>
    private const int MostWithoutWord = 5;

    private const double LongestSeconds = 60;

    private double _ownSeconds = 1;
    private int _withoutWord;

    /// <summary>Looks whether and when to ask again.</summary>
    /// <param name="error">What the road reported.</param>
    /// <param name="rest">How much time the operation has left.</param>
    /// <returns>How long to wait; <see langword="null"/>: the error stands, since it is none that passes, or would outlast the operation.</returns>
    internal TimeSpan? Next(CmpException error, TimeSpan rest)
    {
        if (error.RetryAfter is not { } asked || (asked <= TimeSpan.Zero && ++_withoutWord > MostWithoutWord))
            return null;
        // what is asked comes from a peer: no time that it names can be added to before it is known to be short
        return asked >= rest ? null : Grow(asked, rest);
    }

    /// <summary>How long to wait where nobody is busy, and the same is to be said again all the same.</summary>
    /// <param name="rest">How much time the operation has left.</param>
    /// <returns>How long; <see langword="null"/>: it would outlast the operation.</returns>
    internal TimeSpan? Next(TimeSpan rest) => Grow(TimeSpan.Zero, rest);

    private TimeSpan? Grow(TimeSpan asked, TimeSpan rest)
    {
        TimeSpan wait = asked + TimeSpan.FromSeconds(_ownSeconds * (1 + random()) / 2);
        _ownSeconds = Math.Min(2 * _ownSeconds, LongestSeconds);
        return wait < rest ? wait : null;
    }
}
