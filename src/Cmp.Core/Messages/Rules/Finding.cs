using System;

namespace Cmp.Messages.Rules;

/// <summary>A place where a message departs from a rule, or something else that is worth a word about it.</summary>
public sealed record Finding
{
    /// <summary>Makes one.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="text">What is not as it should be: one or more sentences, with everything of a peer in them escaped.</param>
    /// <param name="offset">The place, in octets from the message's beginning.</param>
    public Finding(MessageRule rule, string text, int offset)
    {
        Rule = rule.Id;
        Severity = rule.Severity;
        Section = rule.Section;
        Text = text;
        Offset = offset;
    }

    /// <summary>The name of the rule, as in <c>Header.SenderNonce</c> (<see cref="MessageRule.Id"/>).</summary>
    public string Rule { get; }

    /// <summary>How much it matters.</summary>
    public FindingSeverity Severity { get; }

    /// <summary>Where the rule stands, as in <c>RFC 9483 3.1</c>.</summary>
    public string Section { get; }

    /// <summary>What is not as it should be, fit to be shown.</summary>
    public string Text { get; }

    /// <summary>The place, in octets from the message's beginning: of the part concerned, or of the part that lacks something.</summary>
    public int Offset { get; }

    /// <summary>What can be done about it; <see langword="null"/> where the rule says it all.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>The rule and the text in one line.</summary>
    /// <returns>As in <c>Error Header.SenderNonce (RFC 9483 3.1): There is no senderNonce.</c></returns>
    public override string ToString() => $"{Severity} {Rule} ({Section}): {Text}";
}
