using System;
using System.Collections.Generic;
using Cmp.Messages;
using Cmp.Messages.Rules;

namespace Cmp.Tests.Messages.Rules;

/// <summary>A rule with messages that depart from it in one place, and their twins that do not.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Departs">The octets of a message, or of a conversation in its order.</param>
/// <param name="Twin">The same without the departure.</param>
/// <param name="Where">The part of a message at which the finding is to be: its octets, a slice of the message.</param>
internal sealed record RuleCase(MessageRule Rule, IReadOnlyList<byte[]> Departs, IReadOnlyList<byte[]> Twin, Func<PkiMessage, ReadOnlyMemory<byte>> Where)
{
    /// <summary>Which message of the conversation the finding is about.</summary>
    internal int At { get; init; }

    /// <summary>Whether it is about what follows what, and not about one message.</summary>
    internal bool IsConversation { get; init; }
}
