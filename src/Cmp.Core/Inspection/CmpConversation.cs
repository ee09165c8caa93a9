using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Cmp.Inspection.Captures;
using Cmp.Messages;
using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>A transaction from its first word to its last, as far as it was seen: who asked whom for what, what came of it, and what was wrong with it.</summary>
public sealed class CmpConversation
{
    private readonly IReadOnlyList<ConversationEvent> _events;
    private readonly ConversationVerdict _verdict;
    private Finding[]? _findings;
    private IReadOnlyList<string>? _story;

    internal CmpConversation(IReadOnlyList<ConversationEvent> events, string? note)
    {
        _events = events;
        Note = note;
        Messages = events.Select(said => said.Message).OfType<CmpMessage>().ToArray();
        ConversationPlace place = events[0].Place;
        Client = place.Client;
        Server = place.Server;
        Road = place.Road;
        Id = Messages.Select(message => message.Header.TransactionId).FirstOrDefault(id => id is not null);
        Start = events.Select(said => said.Time).FirstOrDefault(time => time is not null);
        Duration = events.Select(said => said.Time).LastOrDefault(time => time is not null) - Start;
        _verdict = new ConversationVerdict(events, Duration);
    }

    /// <summary>The transactionID, hexadecimal; <see langword="null"/> where no message has one.</summary>
    public string? Id { get; }

    /// <summary>Who asks, as in <c>192.0.2.7:49152</c>; <see langword="null"/> where that is not known.</summary>
    public string? Client { get; }

    /// <summary>Who is asked.</summary>
    public string? Server { get; }

    /// <summary>How they talk.</summary>
    public CaptureRoad? Road { get; }

    /// <summary>When it began: when the first octets were captured, else as the first message says.</summary>
    public DateTimeOffset? Start { get; }

    /// <summary>From the first word to the last.</summary>
    public TimeSpan? Duration { get; }

    /// <summary>What was asked for: the body of the first request, of a nested message that of the message in it.</summary>
    public PkiBodyType? Operation => _verdict.Operation;

    /// <summary>What came of it.</summary>
    public ConversationOutcome Outcome => _verdict.Outcome;

    /// <summary>The same in one sentence, as in <c>Enrolled CN=web01, serial 4A, in 0.8 s, confirmed.</c></summary>
    public string OutcomeText => _verdict.Text;

    /// <summary>The last status of the server.</summary>
    public PkiStatus? Status => _verdict.Status;

    /// <summary>Why the server refused.</summary>
    public FailInfo? FailInfo => _verdict.FailInfo;

    /// <summary>Whose certificate it is about, escaped: as it was issued, else as it was asked for.</summary>
    public string? Subject => _verdict.Subject;

    /// <summary>The number of the certificate that was issued or revoked, hexadecimal.</summary>
    public string? SerialNumber => _verdict.SerialNumber;

    /// <summary>The messages, in their order.</summary>
    public IReadOnlyList<CmpMessage> Messages { get; }

    /// <summary>Where the messages depart from the rules, and what else is worth a word.</summary>
    public IReadOnlyList<Finding> Findings => _findings ??= [.. ConversationFindings.Of(_events).Select(found => found.Finding)];

    /// <summary>The conversation as a person would tell it: a line each for what was said, what came of it, and what was wrong.</summary>
    public IReadOnlyList<string> Story => _story ??= ConversationStory.Of(this, _events);

    /// <summary>The story as text, for a ticket or a mail.</summary>
    /// <param name="width">How many characters a line has; of one that is longer the rest is in the next, under its words. Nothing above zero: 100.</param>
    /// <returns>Lines, without one at the end.</returns>
    public string GetText(int width = 0)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = Environment.NewLine };
        foreach (string line in Story)
            TextLines.Write(writer, line, TextLines.WidthOf(width), ConversationStory.IndentOf(line));
        return writer.ToString().TrimEnd();
    }

    /// <summary>Why it is not told to its end; <see langword="null"/> where it is.</summary>
    internal string? Note { get; }

    /// <summary>What came of it.</summary>
    /// <returns>One sentence.</returns>
    public override string ToString() => OutcomeText;
}
