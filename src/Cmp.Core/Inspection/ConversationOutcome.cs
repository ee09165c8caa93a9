namespace Cmp.Inspection;

/// <summary>What came of a conversation.</summary>
public enum ConversationOutcome
{
    /// <summary>Nothing yet: it goes on behind what was seen, or was broken off.</summary>
    Unfinished,

    /// <summary>A request that no answer was seen to.</summary>
    Unanswered,

    /// <summary>The server has no answer yet.</summary>
    Waiting,

    /// <summary>A certificate was issued, and neither confirmed nor does it do without.</summary>
    Issued,

    /// <summary>A certificate was issued, and is confirmed or does without.</summary>
    Enrolled,

    /// <summary>A certificate was issued, and who asked for it does not want it.</summary>
    Declined,

    /// <summary>A certificate was revoked.</summary>
    Revoked,

    /// <summary>A question was answered.</summary>
    Answered,

    /// <summary>Something was announced.</summary>
    Announced,

    /// <summary>The server refused.</summary>
    Refused,

    /// <summary>The road answered in place of the server, as with HTTP 404, or broke.</summary>
    Failed,
}
