using System.Collections.Generic;
using Cmp.Messages.Rules;

namespace Cmp.Tests.Messages.Rules;

/// <summary>What a server's words mean.</summary>
public class StatusExplanationTests
{
    /// <summary>The rules of the table that are told here.</summary>
    internal static IReadOnlyList<MessageRule> Tested { get; } =
    [
        MessageRules.StatusRejection, MessageRules.StatusWaiting, MessageRules.StatusGrantedWithMods, MessageRules.StatusRevocationWarning,
        MessageRules.StatusRevocationNotification, MessageRules.StatusKeyUpdateWarning,
    ];
}
