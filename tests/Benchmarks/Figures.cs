using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Cmp.Benchmarks;

/// <summary>One figure, measured in several rounds.</summary>
internal sealed class Figures
{
    private readonly List<double> _values = [];

    /// <summary>The middle one: what a busy machine disturbs least.</summary>
    internal double Median
    {
        get
        {
            double[] sorted = [.. _values.Order()];
            int middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    /// <summary>The one that was measured last.</summary>
    internal double Last => _values[^1];

    internal void Add(double value) => _values.Add(value);

    /// <summary>The median with the least and the greatest.</summary>
    internal string Show(string format, string unit = "") => string.Create(
        CultureInfo.InvariantCulture, $"{Median.ToString(format, CultureInfo.InvariantCulture)}{unit} ({_values.Min().ToString(format, CultureInfo.InvariantCulture)} to {_values.Max().ToString(format, CultureInfo.InvariantCulture)})");
}
