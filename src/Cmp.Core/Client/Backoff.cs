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
        if (asked >= rest)
            return null;
        TimeSpan wait = asked + TimeSpan.FromSeconds(_ownSeconds * (1 + random()) / 2);
        _ownSeconds = Math.Min(2 * _ownSeconds, LongestSeconds);
        return wait < rest ? wait : null;
    }
}
