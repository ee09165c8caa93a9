using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>The table of differences, <c>Differences.md</c>, and which of its rows were met.</summary>
internal sealed class DifferenceTable
{
    private readonly HashSet<Difference> _met = [];

    private DifferenceTable(IReadOnlyList<Difference> rows) => Rows = rows;

    /// <summary>The rows.</summary>
    public IReadOnlyList<Difference> Rows { get; }

    /// <summary>Rows that nothing has met.</summary>
    public IEnumerable<Difference> NotMet => Rows.Where(row => !_met.Contains(row));

    /// <summary>Reads the table: in each of its parts a row for each difference, the kind being the first word of the heading.</summary>
    /// <returns>The table.</returns>
    public static DifferenceTable Load()
    {
        string file = Path.Combine(Repository.Root, "tests", "Cmp.Core.Tests", "Inspection", "Wireshark", "Differences.md");
        var rows = new List<Difference>();
        DifferenceKind? kind = null;
        foreach (string line in File.ReadLines(file))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
                kind = Enum.Parse<DifferenceKind>(line.Substring(3));
            string[] cells = [.. line.Split('|').Select(cell => cell.Trim().Trim('`'))];
            if (kind is { } known && cells.Length == 7 && cells[1] != "Wireshark" && !cells[1].StartsWith('-'))
                rows.Add(new Difference(known, cells[1], cells[2], cells[3], cells[4], cells[5]));
        }
        return new DifferenceTable(rows);
    }

    /// <summary>Looks for a row.</summary>
    /// <param name="found">What was found.</param>
    /// <returns>Whether there is one.</returns>
    public bool Explains(Disagreement found)
    {
        Difference? row = Rows.FirstOrDefault(row => row.Explains(found));
        if (row is not null)
            _met.Add(row);
        return row is not null;
    }

    /// <summary>The name that we have for what a field of Wireshark's stands for, of those that a part may have.</summary>
    /// <param name="field">Wireshark's name.</param>
    /// <param name="names">Our names for the part.</param>
    /// <returns>Whether one of them is another name for it.</returns>
    public bool IsOtherName(string field, IEnumerable<string> names)
    {
        Difference? row = Rows.FirstOrDefault(row => row.Kind == DifferenceKind.Name && row.Theirs == field && names.Contains(row.Ours));
        if (row is not null)
            _met.Add(row);
        return row is not null;
    }
}
