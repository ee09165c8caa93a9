using System;
using System.Collections.Generic;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>A part of a packet as Wireshark shows it.</summary>
/// <param name="Name">The name to filter by, as in <c>cmp.pvno</c>; empty where a line is nothing but text.</param>
/// <param name="Label">What it shows, as in <c>pvno: cmp2000 (2)</c>; lines are cut at some length.</param>
/// <param name="Show">The value alone, as in <c>2</c>.</param>
/// <param name="Offset">Its place in the packet, or in what was put together of several.</param>
/// <param name="Length">Its octets.</param>
internal sealed record WiresharkField(string Name, string Label, string Show, int Offset, int Length)
{
    /// <summary>What stands below it.</summary>
    public List<WiresharkField> Children { get; } = [];

    /// <summary>What it is called, without its protocol and what Wireshark adds: <c>header</c> of <c>cmp.header_element</c>.</summary>
    public string Word
    {
        get
        {
            string word = Name.Substring(Name.LastIndexOf('.') + 1);
            return word.EndsWith("_element", StringComparison.Ordinal) ? word.Substring(0, word.Length - 8) : word;
        }
    }

    /// <summary>The text after its name in <see cref="Label"/>; empty where there is none.</summary>
    public string Text
    {
        get
        {
            int colon = Label.IndexOf(": ", StringComparison.Ordinal);
            return colon < 0 ? string.Empty : Label.Substring(colon + 2);
        }
    }

    /// <summary>Whether it is no part, but what Wireshark thinks of one.</summary>
    public bool IsWarning => Name is "_ws.expert" or "_ws.malformed";
}
