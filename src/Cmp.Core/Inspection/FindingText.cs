using Cmp.Messages.Rules;

namespace Cmp.Inspection;

/// <summary>A finding in one line.</summary>
internal static class FindingText
{
    /// <summary>As in <c>Error in ir: There is no senderNonce. [Header.SenderNonce, RFC 9483 3.1]</c>, and what can be done about it.</summary>
    internal static string Of(Finding finding, string where) =>
        $"{finding.Severity} {where}: {finding.Text} [{finding.Rule}, {finding.Section}]{(finding.RecommendedAction is { } action ? " " + action : string.Empty)}";
}
