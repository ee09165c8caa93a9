using System.Collections.Generic;

namespace Cmp.Announcements;

/// <summary>Which announcements this process has emitted, bounded: the oldest are forgotten. What was believed is kept apart, so that nothing that is not pushes it out.</summary>
internal sealed class SeenAnnouncements
{
    private const int MaxEach = 10_000;

    private readonly Ring _believed = new();
    private readonly Ring _others = new();

    /// <summary>Whether one of this content was emitted.</summary>
    /// <param name="id">What names its content.</param>
    /// <param name="believed">Whether it was believed then.</param>
    /// <returns>Whether it was.</returns>
    public bool Contains(string id, bool believed) => (believed ? _believed : _others).Contains(id);

    /// <summary>One was emitted.</summary>
    /// <param name="announcement">Which.</param>
    public void Add(Announcement announcement) => (announcement.Verified ? _believed : _others).Add(announcement.Id);

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
