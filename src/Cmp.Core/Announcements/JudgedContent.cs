using System.Collections.Generic;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Transactions;

namespace Cmp.Announcements;

/// <summary>What is judged, how it came, and by what it is judged.</summary>
/// <param name="Content">What is said.</param>
/// <param name="Source">How it came.</param>
/// <param name="From">Where it came from, as it was given.</param>
internal sealed record JudgedContent(PkiBody Content, AnnouncementSource Source, string? From)
{
    /// <summary>The server whose word it is.</summary>
    internal required CmpClient Client { get; init; }

    /// <summary>How it is judged.</summary>
    internal required JudgeSettings Settings { get; init; }

    /// <summary>What was believed before.</summary>
    internal required AcceptedBefore Before { get; init; }

    /// <summary>The message; <see langword="null"/> where a question was answered.</summary>
    internal PkiMessage? Message { get; init; }

    /// <summary>The transaction that took the answer; <see langword="null"/> where a message came.</summary>
    internal GeneralTransaction? Answer { get; init; }

    /// <summary>Certificates that the server gave besides, when it was asked for them.</summary>
    internal IReadOnlyList<Certificate> Brought { get; init; } = [];
}
