using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Threading;
using Cmp.Client;
using Cmp.State;

namespace Cmp.Announcements;

/// <summary>
/// What of announcements outlives the process: which were emitted, and of those that were believed the last times and CRLs, than which nothing older is believed
/// (rule 74). Safe for several processes.
/// </summary>
/// <remarks>
/// What is not believed is remembered only as emitted, in a file of its own: however much of it comes, it makes nothing forgotten that was believed.
/// </remarks>
public sealed class AnnouncementMemory
{
    private const string Accepted = "accepted";
    private const string Unverified = "unverified";

    /// <summary>How long another process may take that writes.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly StateKind Kind = new("announcements", 1);

    private readonly StateFolder _folder;
    private readonly object _gate = new();

    /// <summary>Opens what a scope has; nothing is read yet.</summary>
    /// <param name="scope">Whose.</param>
    /// <exception cref="CmpException"><c>CmpState.Home</c>.</exception>
    public AnnouncementMemory(StateScope scope = StateScope.CurrentUser)
        : this(StateHome.Of(scope))
    {
    }

    /// <summary>Opens what is in a folder.</summary>
    /// <param name="home">The folder that holds it all.</param>
    public AnnouncementMemory(string home) => _folder = new StateFolder(home, Kind);

    /// <summary>Whether the same was emitted before, and was believed then if it is now.</summary>
    /// <param name="announcement">What was judged.</param>
    /// <returns>True where it is no news. That somebody says without proof what the CA said is news once.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>: what is remembered cannot be read; <c>CmpStore.AccessDenied</c>.</exception>
    public bool Knows(Announcement announcement) => Knows(announcement, out _);

    /// <summary>The same, and whether it is believed for that.</summary>
    /// <param name="announcement">What was judged; of the answer to a general message its content counts as the message.</param>
    /// <param name="isBelieved">Whether it is verified, or this very message was believed before: what speaks against it now speaks against its repetition only.</param>
    /// <returns>True where it is no news.</returns>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.AccessDenied</c>.</exception>
    internal bool Knows(Announcement announcement, out bool isBelieved)
    {
        IReadOnlyCollection<string> accepted = Read(Accepted).Ids;
        bool wasBelieved = accepted.Contains(announcement.MessageId ?? announcement.Id);
        isBelieved = announcement.Verified || wasBelieved;
        return wasBelieved || (announcement.Verified ? accepted : Read(Unverified).Ids).Contains(announcement.Id);
    }

    /// <summary>Remembers that an announcement was emitted, and where it was believed its time and its CRLs.</summary>
    /// <param name="announcement">What was judged.</param>
    /// <exception cref="CmpException">
    /// <c>CmpState.…</c>: what is remembered cannot be read, and is not overwritten; <c>CmpState.Busy</c>: other processes write all the time; <c>CmpStore.…</c>.
    /// </exception>
    public void Remember(Announcement announcement)
    {
        string name = announcement.Verified ? Accepted : Unverified;
        lock (_gate)
        {
            using StateLock held = Lock(name);
            _folder.Sweep(name);
            AcceptedBefore before = Read(name);
            before.AddId(announcement.Id);
            if (announcement.Verified)
                Advance(before, announcement);
            // a replay must not be believed after a loss of power
            _folder.Write(name, before.Write(), durable: announcement.Verified);
        }
    }

    /// <summary>What was believed before.</summary>
    /// <exception cref="CmpException"><c>CmpState.…</c>, <c>CmpStore.AccessDenied</c>.</exception>
    internal AcceptedBefore Before() => Read(Accepted);

    private static void Advance(AcceptedBefore before, Announcement announcement)
    {
        if (announcement.MessageId is { } message)
            before.AddId(message);
        // the answer to a question has its nonce: its time says nothing of what others may repeat
        if (announcement.Message?.Header.MessageTime is { } time)
        {
            foreach (string about in AnnouncementId.About(announcement.Content))
                before.SetTime(about, time);
        }
        foreach (Crl crl in announcement.Crls)
            before.SetCrl(AnnouncementId.ScopeOf(crl.Value), crl.ThisUpdate, crl.Number);
    }

    private AcceptedBefore Read(string name) => _folder.Read(name, (_, state) => AcceptedBefore.Read(state)) ?? new AcceptedBefore();

    private StateLock Lock(string name)
    {
        var waiting = Stopwatch.StartNew();
        for (; ; )
        {
            if (_folder.TryLock(name) is { } held)
                return held;
            if (waiting.Elapsed > Patience)
            {
                throw new CmpException(CmpErrorKind.Store, "CmpState.Busy", "Other processes remember announcements, so this one is not remembered.")
                {
                    RecommendedAction = "Try again when they have ended.",
                };
            }
            Thread.Sleep(20);
        }
    }
}
