using System;
using System.Collections.Generic;
using Cmp.Announcements;

namespace Cmp.Commands;

/// <summary>What was emitted along one pipeline: two certificates may lead to the same root, and its next key is told of once.</summary>
internal sealed class EmittedAnnouncements
{
    private readonly HashSet<string> _believed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _others = new(StringComparer.Ordinal);

    /// <summary>Whether the same was emitted, and was believed then if it is now.</summary>
    internal bool Knows(Announcement announcement) => _believed.Contains(announcement.Id) || (!announcement.Verified && _others.Contains(announcement.Id));

    internal void Add(Announcement announcement) => (announcement.Verified ? _believed : _others).Add(announcement.Id);
}
