using System;
using System.Linq;
using System.Text.RegularExpressions;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>A row of the table of differences: what is different, who is right, and why.</summary>
/// <param name="Kind">What is different.</param>
/// <param name="Theirs">Wireshark's field and what it says; <c>*</c> stands for anything.</param>
/// <param name="Ours">Our part and what we say; <c>*</c> stands for anything. Of a name: the one that we have for it.</param>
/// <param name="Right">Who is right: <c>Wireshark</c>, <c>we</c>, or <c>both</c>, where it is said in two ways.</param>
/// <param name="Section">Where that is written down.</param>
/// <param name="Why">Why, in a sentence.</param>
internal sealed record Difference(DifferenceKind Kind, string Theirs, string Ours, string Right, string Section, string Why)
{
    private readonly Regex _theirs = Pattern(Theirs);
    private readonly Regex _ours = Pattern(Ours);

    /// <summary>Whether it is this difference.</summary>
    /// <param name="found">What was found.</param>
    /// <returns>Whether kind and both sides fit.</returns>
    public bool Explains(Disagreement found) => Kind == found.Kind && _theirs.IsMatch(found.Theirs) && _ours.IsMatch(found.Ours);

    private static Regex Pattern(string text) => new("^" + string.Join(".*", text.Split('*').Select(Regex.Escape)) + "$", RegexOptions.Singleline | RegexOptions.CultureInvariant);
}
