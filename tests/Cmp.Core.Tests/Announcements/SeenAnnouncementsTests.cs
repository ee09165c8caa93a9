using System.Globalization;
using System.Linq;
using Cmp.Announcements;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>What a process has emitted is known again, each as what it was, and no more of it than is sensible.</summary>
public class SeenAnnouncementsTests
{
    private const int Most = 10_000;

    private static Announcement Said(string id, bool isVerified) => AnnouncementWriter.Made(ToPush.Signed(ToPush.Crl), Peer.Now) with
    {
        Id = id,
        Message = null,
        Reasons = [isVerified ? AnnouncementReason.For("CmpAnnouncement.Mac", "Yes.") : AnnouncementReason.Against("CmpProtection.Missing", "No.")],
    };

    [Fact]
    public void Who_asked_hears_the_same_once_and_once_more_where_it_is_believed()
    {
        var seen = new SeenAnnouncements();
        Assert.False(seen.HasSaid(Said("A", false)));
        seen.Add(Said("A", false));
        Assert.True(seen.HasSaid(Said("A", false)));
        Assert.False(seen.HasSaid(Said("A", true)));
        seen.Add(Said("A", true));
        Assert.True(seen.HasSaid(Said("A", true)));
        seen.Add(Said("B", true));
        Assert.True(seen.HasSaid(Said("B", false)));
    }

    [Fact]
    public void Rule64_The_oldest_are_forgotten_and_what_is_not_believed_pushes_out_nothing_that_is()
    {
        Announcement believed = Said("A", true), other = Said("B", false);
        var seen = new SeenAnnouncements();
        seen.Add(believed);
        seen.Add(other);
        foreach (int number in Enumerable.Range(1, Most - 1))
            seen.Add(other with { Id = number.ToString(CultureInfo.InvariantCulture) });
        Assert.True(seen.HasSaid(other));
        seen.Add(other with { Id = "last" });
        Assert.False(seen.HasSaid(other));
        Assert.True(seen.HasSaid(believed));
    }
}
