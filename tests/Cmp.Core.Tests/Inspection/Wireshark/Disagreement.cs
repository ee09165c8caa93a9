namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Something that Wireshark and we do not say alike.</summary>
/// <param name="Kind">What is different.</param>
/// <param name="Theirs">Wireshark's field, and what it says.</param>
/// <param name="Ours">Our part, and what it says.</param>
/// <param name="Message">Where it was met.</param>
internal sealed record Disagreement(DifferenceKind Kind, string Theirs, string Ours, string Message)
{
    /// <summary>One line, as a row of the table would begin.</summary>
    /// <returns>The line.</returns>
    public override string ToString() => $"| {Kind} | {Theirs} | {Ours} | ({Message})";
}
