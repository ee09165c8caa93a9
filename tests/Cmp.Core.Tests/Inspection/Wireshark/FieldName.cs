using System;
using System.Collections.Generic;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Names of Wireshark's and ours: it writes <c>_</c> for <c>-</c> or leaves it out, and begins some names with a capital.</summary>
internal sealed class FieldName : IEqualityComparer<string>
{
    public static FieldName Comparer { get; } = new();

    public bool Equals(string? x, string? y) => string.Equals(Plain(x), Plain(y), StringComparison.OrdinalIgnoreCase);

    public int GetHashCode(string obj) => StringComparer.OrdinalIgnoreCase.GetHashCode(Plain(obj)!);

    private static string? Plain(string? name) => name?.Replace("-", string.Empty).Replace("_", string.Empty);
}
