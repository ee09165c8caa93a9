using System;
using System.IO;

namespace Cmp.Inspection;

/// <summary>Breaks lines between words.</summary>
internal static class TextLines
{
    private const int DefaultWidth = 100;
    private const int MinWidth = 64;

    /// <summary>A width that a text can be told in.</summary>
    /// <param name="width">As asked for; nothing above zero where nobody knows.</param>
    /// <returns>Characters.</returns>
    internal static int WidthOf(int width) => width <= 0 ? DefaultWidth : Math.Max(width, MinWidth);

    /// <summary>Writes a text in lines that are no longer than may be.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="text">One line, however long.</param>
    /// <param name="width">How many characters a line has.</param>
    /// <param name="indent">By how many the further ones are indented.</param>
    internal static void Write(TextWriter writer, string text, int width, int indent)
    {
        string margin = string.Empty;
        while (margin.Length + text.Length > width)
        {
            int room = Math.Max(width - margin.Length, 20);
            if (text.Length <= room)
                break;
            int at = text.LastIndexOf(' ', room, room / 2);
            int length = at > 0 ? at : room;
            if (char.IsLowSurrogate(text[length]))
                length--;
            writer.WriteLine(margin + text.Substring(0, length).TrimEnd());
            text = text.Substring(length).TrimStart();
            margin = new string(' ', indent);
        }
        writer.WriteLine(margin + text);
    }
}
