using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Rules;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>A conversation as a person would tell it.</summary>
internal sealed class ConversationStory
{
    private const string Asks = "client → server";
    private const string Answers = "client ← server";
    private const string Both = "client ↔ server";
    private const int KindWidth = 8; // certConf
    private const int TimeWidth = 9; // +3600.000
    private const int ClockWidth = 12; // 23:59:59.999

    private readonly List<string> _lines = [];
    private readonly DateTimeOffset? _start;
    private readonly Dictionary<MessageDirection, string> _protections = [];

    private ConversationStory(DateTimeOffset? start) => _start = start;

    /// <summary>By how much the rest of a line is indented: what was said stands under its beginning.</summary>
    internal static int IndentOf(string line)
    {
        int at = line.IndexOf("client ", StringComparison.Ordinal);
        bool isSaid = at is 0 or TimeWidth + 2 or ClockWidth + 2 && line.Length > at + Asks.Length && line.IndexOf("server", at, Asks.Length, StringComparison.Ordinal) > 0;
        return isSaid && line[at + "client ".Length] is '→' or '←' or '↔' ? at + Asks.Length + 2 + KindWidth + 2 : 2;
    }

    /// <summary>A message that stands by itself, by the clock, with its findings.</summary>
    internal static string LineOf(CmpMessage message, int width)
    {
        var said = new ConversationEvent(message.Conversation ?? new ConversationPlace(), message);
        string time = said.Time is { } at ? at.LocalDateTime.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture) + "  " : string.Empty;
        string line = time + LineOf(said, message, IsProtectionTold(message) ? message.Protection.ToString() : null);
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = Environment.NewLine };
        TextLines.Write(writer, line, TextLines.WidthOf(width), IndentOf(line));
        foreach (Finding finding in message.Findings.Where(finding => finding.Severity >= FindingSeverity.Warning))
            TextLines.Write(writer, new string(' ', time.Length) + FindingText.Of(finding, $"at octet {finding.Offset}"), TextLines.WidthOf(width), time.Length + 2);
        return writer.ToString().TrimEnd();
    }

    /// <summary>Of a message by itself the protection is worth a word where it begins, where somebody signs for an answer, and where there is none.</summary>
    private static bool IsProtectionTold(CmpMessage message) => message.Type switch
    {
        null => false,
        PkiBodyType.CertConf or PkiBodyType.Pkiconf or PkiBodyType.PollReq or PkiBodyType.PollRep => message.Protection.Kind == ProtectionKind.None,
        PkiBodyType.Ip or PkiBodyType.Cp or PkiBodyType.Kup or PkiBodyType.Ccp or PkiBodyType.Krp or PkiBodyType.Rp or PkiBodyType.Genp or PkiBodyType.Error =>
            !message.Protection.Kind.IsUnderSharedSecret(),
        _ => true,
    };

    internal static IReadOnlyList<string> Of(CmpConversation conversation, IReadOnlyList<ConversationEvent> events)
    {
        var story = new ConversationStory(conversation.Start);
        story.Introduce(conversation, events[0].Place);
        for (int i = 0; i < events.Count;)
        {
            int end = i;
            while (end < events.Count && events[end].IsPolling)
                end++;
            if (end - i > 2)
            {
                story.SumUp(events, i, end);
                i = end;
            }
            else
            {
                story.Tell(events[i++]);
            }
        }
        story._lines.Add(conversation.OutcomeText);
        if (conversation.Note is { } note)
            story._lines.Add(note);
        foreach ((Finding finding, string where) in ConversationFindings.Of(events))
        {
            if (finding.Severity >= FindingSeverity.Warning)
                story._lines.Add(FindingText.Of(finding, $"in {where}"));
        }
        return story._lines;
    }

    private void Introduce(CmpConversation conversation, ConversationPlace place)
    {
        var parts = new List<string>();
        if (place.Client is not null)
            parts.Add($"client {place.Client}, server {place.Server}");
        if (place.Road is { } road)
            parts.Add(RoadName(road) + (place is { Direction: MessageDirection.Request, RoadText: { } text } && conversation.Messages.Count > 0 ? $" ({text})" : string.Empty));
        if (conversation.Id is { } id)
            parts.Add($"transaction {id}");
        if (conversation.Start is { } start)
            parts.Add(ValueText.Of(start));
        if (parts.Count > 0)
            _lines.Add(string.Join(", ", parts));
    }

    private static string RoadName(CaptureRoad road) => road switch
    {
        CaptureRoad.Http => "HTTP",
        CaptureRoad.HttpTcp => "TCP-Messages in HTTP",
        CaptureRoad.Tcp => "TCP-Messages",
        CaptureRoad.Coap => "CoAP",
        _ => road.ToString(),
    };

    private void Tell(ConversationEvent said)
    {
        if (said.Message is not { } message)
        {
            string text = said.Place.Defect is { } defect ? $"{said.Place.RoadText} {defect}".Trim() : said.Place.RoadText ?? "nothing";
            _lines.Add($"{Time(said)}{(said.IsRequest ? Asks : Answers)}  {text}");
            return;
        }
        string protection = message.Type is null ? string.Empty : message.Protection.ToString();
        // who protects how is worth a word once, and where it changes
        bool isTold = _protections.TryGetValue(said.Direction, out string? before) && before == protection;
        _protections[said.Direction] = protection;
        _lines.Add(Time(said) + LineOf(said, message, isTold || protection.Length == 0 ? null : protection));
    }

    private static string LineOf(ConversationEvent said, CmpMessage message, string? protection)
    {
        string kind = message.Type is { } type ? PkiBodyTypeNames.Of(type) : "?";
        string road = said.IsRoadFailure ? $" [{said.Place.RoadText}]" : string.Empty;
        return $"{(said.IsRequest ? Asks : Answers)}  {kind.PadRight(KindWidth)}  {message.Summary}{(protection is null ? string.Empty : $"; {protection}")}{road}";
    }

    private void SumUp(IReadOnlyList<ConversationEvent> events, int from, int end)
    {
        int questions = 0;
        for (int i = from; i < end; i++)
            questions += events[i].IsRequest ? 1 : 0;
        ConversationEvent last = events[end - 1];
        string until = _start is null ? string.Empty : $" until {Time(last).Trim()}";
        string word = !last.IsRequest ? $": {last.Message?.Summary ?? last.Place.RoadText}" : end < events.Count ? ", then the answer came" : ", the last time without an answer";
        _lines.Add($"{Time(events[from])}{Both}  {"polling".PadRight(KindWidth)}  asked {questions} times{until}{word}");
    }

    private string Time(ConversationEvent said) => _start is null ? string.Empty
        : said.Time - _start is { } time ? string.Format(CultureInfo.InvariantCulture, "{0,9:+0.000;-0.000}  ", time.TotalSeconds) : new string(' ', TimeWidth + 2);
}
