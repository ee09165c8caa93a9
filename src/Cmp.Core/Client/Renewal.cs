using System;
using System.Globalization;
using Cmp.Cryptography;
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
    /// <exception cref="CmpException"><c>CmpArgument.RenewBefore</c>: the window is longer than the certificate lives, which would be due from its first day on.</exception>
    public static DateTimeOffset After(Certificate certificate, RenewalWindow? window = null)
    {
        TimeSpan lifetime = certificate.NotAfter - certificate.NotBefore;
        if (window?.Fits(lifetime) == false)
        {
            string days = lifetime.TotalDays.ToString("0.##", CultureInfo.InvariantCulture);
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RenewBefore", $"The certificate {certificate} lives {days} days, and was to be renewed {window} before its end.")
            {
                RecommendedAction = "Give -RenewBefore a shorter time, or a percentage as in '20%': so much of the lifetime, however long that is.",
            };
        }
        TimeSpan third = TimeSpan.FromTicks(lifetime.Ticks / 3);
        return certificate.NotAfter - (window?.Before(lifetime) ?? (third < LongestWindow ? third : LongestWindow));
    }

    /// <summary>The time from which a certificate should be renewed, where somebody may have said so just now: that counts before what its enrolment remembers.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="said">The window that was said, or <see langword="null"/>.</param>
    /// <param name="record">The enrolment that brought it, or <see langword="null"/>.</param>
    /// <returns>The time.</returns>
    /// <exception cref="CmpException">As <see cref="After(Certificate, RenewalWindow?)"/>.</exception>
    public static DateTimeOffset After(Certificate certificate, RenewalWindow? said, EnrollmentRecord? record) => After(certificate, said ?? record?.RenewBefore);

    /// <summary>Says before a certificate is asked for that its window makes no sense, as far as that can be known.</summary>
    /// <param name="window">How long before its end it is to be renewed, each time; <see langword="null"/>: not said.</param>
    /// <param name="lifetime">How long it is to live; <see langword="null"/> where the CA decides that.</param>
    /// <exception cref="CmpException"><c>CmpArgument.RenewBefore</c>: it would be due as soon as it is there, or only when it is over and signs nothing.</exception>
    public static void Check(RenewalWindow? window, TimeSpan? lifetime = null)
    {
        // a year stands for all: what a percentage leaves is the same part of each
        TimeSpan life = lifetime ?? (window?.Percent is null ? TimeSpan.MaxValue : TimeSpan.FromDays(365));
        if (window is null || window.Lasts(life))
            return;
        string why = window.Before(life) > TimeSpan.Zero ? "as soon as it is there, and renewed each time somebody looks" : "only when it is over, and signs for no other one";
        throw new CmpException(CmpErrorKind.Argument, "CmpArgument.RenewBefore", $"A certificate that is renewed {window} before its end is due {why}.")
        {
            RecommendedAction = "Give -RenewBefore a time shorter than the certificate lives, or a percentage as in '20%': so much of the lifetime, however long that is.",
        };
    }

    /// <summary>How long a renewal waits, so that a fleet does not come at once.</summary>
    /// <param name="longest">It waits for less than this.</param>
    /// <param name="rest">What is left of the old certificate: it waits for less than half of that, but where it has expired, and nothing more is lost by waiting.</param>
    /// <param name="chance">What <see cref="Chance"/> gave.</param>
    /// <returns>The time.</returns>
    public static TimeSpan Delay(TimeSpan longest, TimeSpan rest, double chance)
    {
        var half = TimeSpan.FromTicks(rest.Ticks / 2);
        TimeSpan bound = rest > TimeSpan.Zero && half < longest ? half : longest;
        return TimeSpan.FromTicks((long)(bound.Ticks * chance));
    }

    /// <summary>A number from 0 to less than 1, each as likely as any other.</summary>
    /// <returns>The number.</returns>
    public static double Chance()
    {
        // of machines that started together, Random begins alike on .NET Framework; 53 bits are what a double holds
        byte[] octets = Secrets.Random(8);
        return (BitConverter.ToUInt64(octets, 0) >> 11) / (double)(1UL << 53);
    }
}
