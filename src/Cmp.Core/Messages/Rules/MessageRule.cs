namespace Cmp.Messages.Rules;

/// <summary>A rule that messages keep to. All stand in one table: <see cref="MessageRules"/>.</summary>
/// <param name="Id">Its stable name, as in <c>Header.SenderNonce</c>; scripts may test for it.</param>
/// <param name="Section">Where it stands, as in <c>RFC 9483 3.1</c>.</param>
/// <param name="Severity">How much a departure from it matters.</param>
/// <param name="Title">The rule in one sentence.</param>
public sealed record MessageRule(string Id, string Section, FindingSeverity Severity, string Title)
{
    /// <summary>Whether only the Lightweight Profile (RFC 9483) asks for it: a message that departs from it can be right by RFC 9810.</summary>
    public bool IsProfile { get; init; }

    /// <summary>The failure that a strict receiver answers; <see langword="null"/> where it takes the message all the same.</summary>
    public FailInfo? FailInfo { get; init; }

    /// <summary>The name of the rule.</summary>
    /// <returns><see cref="Id"/>.</returns>
    public override string ToString() => Id;
}
