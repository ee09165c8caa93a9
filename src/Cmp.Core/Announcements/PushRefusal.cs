namespace Cmp.Announcements;

/// <summary>A push that an <see cref="AnnouncementListener"/> did not take.</summary>
/// <param name="Status">The HTTP status that it was answered by; over TCP-Messages the one that stands for the errorMsgRep. <see langword="null"/> where nothing could be said, and the
/// connection was just closed.</param>
/// <param name="Reason">One sentence for the user, escaped. The peer does not hear it.</param>
/// <param name="From">The address and port that it came from; <see langword="null"/> where that is not known any more.</param>
public sealed record PushRefusal(int? Status, string Reason, string? From)
{
    /// <summary>How many more were refused before this one that were not told of, since they came too fast (<see cref="AnnouncementListenerSettings.MaxRefusalsPerMinute"/>).</summary>
    public int Others { get; init; }

    /// <summary>What happened, and to whom.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        $"A push{(From is null ? string.Empty : " from " + From)} was refused{(Status is null ? string.Empty : $" ({Status})")}: {Reason}{(Others > 0 ? $" So were {Others} more before it." : string.Empty)}";
}
