using System;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>When a certificate is due.</summary>
public static class Renewal
{
    private static readonly TimeSpan LongestWindow = TimeSpan.FromDays(30);

    /// <summary>The time from which a certificate should be renewed.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="window">How long before its end; <see langword="null"/>: min(30 days, a third of the lifetime).</param>
    /// <returns>The time.</returns>
    public static DateTimeOffset After(Certificate certificate, RenewalWindow? window = null)
    {
        TimeSpan lifetime = certificate.NotAfter - certificate.NotBefore;
        TimeSpan third = TimeSpan.FromTicks(lifetime.Ticks / 3);
        return certificate.NotAfter - (window?.Before(lifetime) ?? (third < LongestWindow ? third : LongestWindow));
    }
}

/// <summary>How long before its end a certificate is renewed: a time, or a part of its lifetime.</summary>
/// <param name="Time">The time; <see langword="null"/> where a percentage is given.</param>
/// <param name="Percent">0 to 100 percent of the lifetime; <see langword="null"/> where a time is given.</param>
public sealed record RenewalWindow(TimeSpan? Time, double? Percent)
{
    internal TimeSpan Before(TimeSpan lifetime) => Time ?? TimeSpan.FromTicks((long)(lifetime.Ticks * (Percent!.Value / 100)));
}
