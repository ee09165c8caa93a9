using System;
using System.Globalization;

namespace Cmp.Client;

/// <summary>How long before its end a certificate is renewed: a time, or a part of its lifetime.</summary>
/// <param name="Time">The time; <see langword="null"/> where a percentage is given.</param>
/// <param name="Percent">0 to 100 percent of the lifetime; <see langword="null"/> where a time is given.</param>
public sealed record RenewalWindow(TimeSpan? Time, double? Percent)
{
    private const string PercentSign = "%";

    /// <summary>As it is written: <c>20%</c>, or a time span such as <c>14.00:00:00</c>.</summary>
    /// <returns>What <see cref="Parse"/> reads.</returns>
    public override string ToString() => Time?.ToString("c", CultureInfo.InvariantCulture) ?? Percent!.Value.ToString("R", CultureInfo.InvariantCulture) + PercentSign;

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The window.</returns>
    /// <exception cref="FormatException">It is none.</exception>
    internal static RenewalWindow Parse(string text)
    {
        if (text.EndsWith(PercentSign, StringComparison.Ordinal))
        {
            return double.TryParse(text.Substring(0, text.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) && percent is >= 0 and <= 100
                ? new RenewalWindow(null, percent)
                : throw new FormatException($"'{text}' is no percentage.");
        }
        return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out TimeSpan time) && time >= TimeSpan.Zero
            ? new RenewalWindow(time, null)
            : throw new FormatException($"'{text}' is no time before an end.");
    }

    /// <summary>Whether a certificate lives as long as that at all.</summary>
    internal bool Fits(TimeSpan lifetime) => Before(lifetime) <= lifetime;

    /// <summary>
    /// Whether it is worth remembering: there is something of it, and a hundredth of the certificate's life is over before it is due. A CA that
    /// dates certificates back some minutes would else have each of them due as soon as it is there, and renewed whenever somebody looks.
    /// </summary>
    internal bool Lasts(TimeSpan lifetime) => Before(lifetime) > TimeSpan.Zero && Before(lifetime).Ticks <= lifetime.Ticks - (lifetime.Ticks / 100);

    internal TimeSpan Before(TimeSpan lifetime) => Time ?? TimeSpan.FromTicks((long)(lifetime.Ticks * (Percent!.Value / 100)));
}
