using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Tests.Messages;

namespace Cmp.Fuzz;

/// <summary>What must hold for any octets that are pushed to us (rules 64, 70 and 74): each announcement in them is judged, or they are refused as none.</summary>
/// <param name="client">The server whose announcements they claim to be.</param>
/// <param name="settings">How they are judged.</param>
public sealed class JudgeTarget(CmpClient client, JudgeSettings? settings = null)
{
    private readonly AnnouncementJudge _judge = new(client, settings: settings);

    /// <summary>Judges, and asks for everything.</summary>
    /// <param name="octets">Octets of anybody.</param>
    /// <returns>What was judged; empty where they are refused as no announcement.</returns>
    /// <exception cref="InvalidOperationException">What must hold does not; any other exception is such a fault too.</exception>
    public IReadOnlyList<Announcement> Run(byte[] octets)
    {
        IReadOnlyList<Announcement> announcements;
        try
        {
            announcements = _judge.JudgeAsync(octets, AnnouncementSource.Push, "somebody").GetAwaiter().GetResult();
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed && e.ErrorId is "CmpMessage.Malformed" or "CmpAnnouncement.NotOne" or "CmpAnnouncement.TooMany")
        {
            return [];
        }
        foreach (Announcement announcement in announcements)
        {
            if (announcement.Reasons.Count == 0 || announcement.Reasons.Any(reason => reason.Text.Length == 0 || PeerText.Escape(reason.Text, int.MaxValue) != reason.Text))
                throw new InvalidOperationException("An announcement without a reason, or with one that is not escaped.");
            if (announcement.Id.Length != 64)
                throw new InvalidOperationException("An announcement without a name.");
            if (announcement.Verified)
                Touch.All(announcement.Message!);
        }
        return announcements;
    }
}
