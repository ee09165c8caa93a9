namespace Cmp.Announcements;

/// <summary>One thing that was found of an announcement, for it or against it.</summary>
/// <param name="Holds">Whether it speaks for the announcement.</param>
/// <param name="Id">What was looked at, stable: <c>CmpAnnouncement.…</c>, or the ErrorId of what failed, such as <c>CmpTrust.NoPath</c>.</param>
/// <param name="Text">One sentence for the user, escaped where it holds words of a peer.</param>
public sealed record AnnouncementReason(bool Holds, string Id, string Text)
{
    /// <summary>Something that speaks for the announcement.</summary>
    /// <param name="id">What was looked at.</param>
    /// <param name="text">One sentence, escaped.</param>
    /// <returns>The reason.</returns>
    public static AnnouncementReason For(string id, string text) => new(true, id, text);

    /// <summary>Something that speaks against it.</summary>
    /// <param name="id">What was looked at.</param>
    /// <param name="text">One sentence, escaped.</param>
    /// <returns>The reason.</returns>
    public static AnnouncementReason Against(string id, string text) => new(false, id, text);

    /// <summary>A check that failed.</summary>
    /// <param name="error">How.</param>
    /// <returns>The reason.</returns>
    public static AnnouncementReason Against(CmpException error) => new(false, error.ErrorId, error.Message);

    /// <summary>The sentence.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => Text;
}
