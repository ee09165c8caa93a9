using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Something that Wireshark and we do not say alike.</summary>
/// <param name="Kind">What is different.</param>
/// <param name="Theirs">Wireshark's field, and what it says.</param>
/// <param name="Ours">Our part, and what it says.</param>
/// <param name="Message">Where it was met.</param>
internal sealed record Disagreement(DifferenceKind Kind, string Theirs, string Ours, string Message)
{
    /// <summary>Fails where there are any, and says each.</summary>
    /// <param name="found">What was found.</param>
    public static void AssertNone(IEnumerable<Disagreement> found)
    {
        string[] lines = [.. found.Select(one => one.ToString()).Distinct()];
        Assert.True(lines.Length == 0, string.Join('\n', lines));
    }

    /// <summary>One line, as a row of the table would begin.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"| {Kind} | {Theirs} | {Ours} | ({Message})";
}
