using System.Collections.Generic;

namespace Cmp.Announcements;

/// <summary>
/// Which announcements were emitted by this process, or along one pipeline, bounded: the oldest are forgotten. What was believed is kept apart, so that nothing that is not pushes it
/// out. For one at a time.
/// </summary>
public sealed class SeenAnnouncements
{
    private const int MaxEach = 10_000;

    private readonly Ring _believed = new();
    private readonly Ring _others = new();

    /// <summary>Whether it is no news to who has asked for it: the same was emitted, and was believed then if it is now.</summary>
    /// <param name="announcement">What was judged.</param>
    /// <returns>Whether it is none.</returns>
    public bool HasSaid(Announcement announcement) => _believed.Contains(announcement.Id) || (!announcement.Verified && _others.Contains(announcement.Id));

    /// <summary>Whether the same was emitted as what it is now: that somebody says without proof what was believed of another is news once.</summary>
    /// <param name="announcement">What was judged.</param>
    /// <returns>Whether it was.</returns>
    internal bool Contains(Announcement announcement) => (announcement.Verified ? _believed : _others).Contains(announcement.Id);

    /// <summary>Whether this very message was believed and emitted.</summary>
    /// <param name="announcement">What was judged.</param>
    /// <returns>Whether it was.</returns>
    internal bool HasBelieved(Announcement announcement) => _believed.Contains(announcement.MessageId ?? announcement.Id);

    /// <summary>One was emitted.</summary>
    /// <param name="announcement">Which.</param>
    public void Add(Announcement announcement)
    {
        (announcement.Verified ? _believed : _others).Add(announcement.Id);
        if (announcement is { Verified: true, MessageId: { } message })
            _believed.Add(message);
    }

    private sealed class Ring
    {
        private readonly HashSet<string> _ids = [];
        private readonly Queue<string> _order = new();

        public bool Contains(string id) => _ids.Contains(id);

        public void Add(string id)
        {
            if (!_ids.Add(id))
                return;
            _order.Enqueue(id);
            if (_order.Count > MaxEach)
                _ids.Remove(_order.Dequeue());
        }
    }
}
