using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>A message as text: what it says in short, its parts, and its findings.</summary>
internal static class MessageReport
{
    private const int MaxLines = 2000;

    internal static string Of(CmpMessage message, int width)
    {
        width = TextLines.WidthOf(width);
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = Environment.NewLine };
        foreach (string line in Head(message))
            TextLines.Write(writer, line, width, 2);
        writer.WriteLine();
        MessageText.Write(writer, message.GetTree(), new MessageTextOptions { Width = width, MaxLines = MaxLines });
        if (message.Findings.Count > 0)
        {
            writer.WriteLine();
            foreach (Finding finding in message.Findings)
                TextLines.Write(writer, FindingText.Of(finding, $"at octet {finding.Offset}"), width, 2);
        }
        return writer.ToString().TrimEnd();
    }

    /// <summary>What it says, who says it to whom, and when.</summary>
    private static IEnumerable<string> Head(CmpMessage message)
    {
        string kind = message.Type is { } type ? PkiBodyTypeNames.Of(type) : "message";
        yield return $"{kind}: {message.Summary}; {message.Protection}";
        CmpMessageHeader header = message.Header;
        var parts = new List<string>();
        if (header.Sender is not null)
            parts.Add($"from {header.Sender} to {header.Recipient}");
        if (header.MessageTime is { } time)
            parts.Add(ValueText.Of(time));
        if (header.TransactionId is { } id)
            parts.Add($"transaction {id}");
        parts.Add($"{message.Length} octets");
        yield return string.Join(", ", parts);
        if (message.Conversation is { } place && PlaceOf(place) is { Length: > 0 } text)
            yield return text;
        if (message.Source is { } source)
            yield return source;
    }

    private static string PlaceOf(ConversationPlace place)
    {
        string[] parts = [place.ToString(), place.Time is { } time ? time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture) : string.Empty, place.RoadText ?? string.Empty];
        return string.Join(", ", parts.Where(part => part.Length > 0));
    }
}
