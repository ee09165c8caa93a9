using System;
using System.Globalization;
using System.Management.Automation;
using Cmp.Client;

namespace Cmp.Binding;

/// <summary>Takes a time span, or a percentage as in <c>20%</c>, for <c>-RenewBefore</c>. A number alone is days, as it is within a text; PowerShell would count ticks.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RenewalWindowTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object input = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        if (input is RenewalWindow window)
            return window;
        if (input is string text && text.EndsWith("%", StringComparison.Ordinal))
        {
            return double.TryParse(text.Substring(0, text.Length - 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double percent) && percent is >= 0 and <= 100
                ? new RenewalWindow(null, percent)
                : throw new ArgumentTransformationMetadataException($"'{text}' is no percentage from 0% to 100%.");
        }
        TimeSpan time = TimeOf(input);
        return time >= TimeSpan.Zero ? new RenewalWindow(time, null) : throw new ArgumentTransformationMetadataException("The time before the end is not negative.");
    }
    private static TimeSpan TimeOf(object? input)
    {
        try
        {
            return input switch
            {
                TimeSpan span => span,
                int or long or short or byte or double or float or decimal => TimeSpan.FromDays(Convert.ToDouble(input, CultureInfo.InvariantCulture)),
                _ => LanguagePrimitives.ConvertTo<TimeSpan>(input),
            };
        }
        catch (Exception e) when (e is OverflowException or PSInvalidCastException or ArgumentException)
        {
            throw new ArgumentTransformationMetadataException($"'{PeerText.Escape(input?.ToString(), 100)}' is no time before the end: 30.00:00:00 is 30 days, and 20% a part of the lifetime.", e);
        }
    }
}
