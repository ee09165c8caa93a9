using System;

namespace Cmp.Inspection;

/// <summary>How much of conversations is remembered while a capture is read. Times are those of the capture.</summary>
public sealed record ConversationBounds
{
    /// <summary>The bounds that hold where nothing else is said.</summary>
    public static ConversationBounds Default { get; } = new();

    /// <summary>After so long without a word a conversation has ended; a server that asks to be asked again later gets that time on top.</summary>
    public TimeSpan MaxIdle { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long what has ended waits for a last word of its road.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Conversations at a time; beyond them the one that was silent longest is told as far as it went.</summary>
    public int MaxConversations { get; init; } = 4096;

    /// <summary>Events of one conversation; beyond them it is told, and what follows is another one.</summary>
    public int MaxEvents { get; init; } = 1000;

    /// <summary>Octets of all messages that are remembered, 64 MiB; beyond them the one that was silent longest is told as far as it went.</summary>
    public long MaxOctets { get; init; } = 1L << 26;
}
