using System;
using System.Threading;

namespace Cmp.Client;

/// <summary>When an operation as a whole must be over (rule 61).</summary>
/// <param name="End">The time.</param>
/// <param name="Timeout">How long it had, for the words of the error.</param>
internal sealed record Deadline(DateTimeOffset End, TimeSpan Timeout)
{
    internal static Deadline After(DateTimeOffset now, TimeSpan timeout) =>
        new(timeout < DateTimeOffset.MaxValue - now ? now + timeout : DateTimeOffset.MaxValue, timeout);

    /// <summary>A token that is cancelled with the caller's, or when the time is up.</summary>
    internal CancellationTokenSource Limit(DateTimeOffset now, CancellationToken cancellationToken, TimeSpan? atMost = null)
    {
        var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        TimeSpan rest = End - now;
        if (atMost < rest)
            rest = atMost.Value;
        if (rest <= TimeSpan.Zero)
            limited.Cancel();
        else if (rest.TotalMilliseconds < int.MaxValue)
            limited.CancelAfter(rest);
        return limited;
    }

    internal CmpException Error() => new(CmpErrorKind.Timeout, "CmpTransaction.Timeout", $"The operation did not end within {Timeout.TotalSeconds:0.###} seconds.")
    {
        RecommendedAction = "Give it more time with -TimeoutSec.",
    };
}
