using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Messages.Bodies;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>When it was said: an announcement has no nonce, so its time alone tells it from one that somebody kept (rule 74).</summary>
public class TimeJudgementTests
{
    private static readonly Herald Herald = Herald.Shared;

    private static byte[] Made(TimeSpan ago) => Herald.Say(Herald.Revocation, Herald.Speaker, Herald.Now - ago);

    [Theory]
    [InlineData(0, "0 s ago")]
    [InlineData(12, "12 s ago")]
    [InlineData(600, "10 min ago")]
    [InlineData(86_400, "24 h ago")]
    [InlineData(-3, "our clock being 3 s behind")]
    [InlineData(-300, "our clock being 5 min behind")]
    public async Task Rule74_What_was_made_within_a_day_is_believed(int seconds, string text)
    {
        Announcement announcement = await Herald.BelievesAsync(Made(TimeSpan.FromSeconds(seconds)));
        Assert.EndsWith(text + ".", announcement.Reasons.Single(reason => reason.Id == "CmpAnnouncement.Time").Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(86_401, "CmpAnnouncement.TooOld")]
    [InlineData(31_536_000, "CmpAnnouncement.TooOld")]
    [InlineData(-301, "CmpAnnouncement.Ahead")]
    [InlineData(-86_400, "CmpAnnouncement.Ahead")]
    public async Task Rule74_What_is_older_or_ahead_of_our_clock_is_not(int seconds, string id) => await Herald.RefusesAsync(Made(TimeSpan.FromSeconds(seconds)), id);

    [Fact]
    public async Task Rule74_How_old_it_may_be_is_the_users_to_say()
    {
        await Herald.BelievesAsync(Made(TimeSpan.FromDays(6)), how: new JudgeSettings { MaxAge = TimeSpan.FromDays(7) });
        await Herald.RefusesAsync(Made(TimeSpan.FromMinutes(2)), "CmpAnnouncement.TooOld", how: new JudgeSettings { MaxAge = TimeSpan.FromMinutes(1) });
        await Herald.BelievesAsync(Made(TimeSpan.FromHours(-1)), how: new JudgeSettings { MaxAhead = TimeSpan.FromHours(1) });
    }

    [Fact]
    public void Times_that_cannot_be_are_refused()
    {
        using var client = Cmp.Client.CmpClient.ByHand(Herald.Settings);
        Assert.Equal("CmpArgument.MaxAge", Assert.Throws<CmpException>(() => new AnnouncementJudge(client, settings: new JudgeSettings { MaxAge = TimeSpan.FromSeconds(-1) })).ErrorId);
        Assert.Equal("CmpArgument.MaxAhead", Assert.Throws<CmpException>(() => new AnnouncementJudge(client, settings: new JudgeSettings { MaxAhead = TimeSpan.FromSeconds(-1) })).ErrorId);
    }

    [Fact]
    public async Task Rule74_What_does_not_say_when_it_was_made_is_not_believed()
    {
        byte[] octets = Herald.Say(Herald.Revocation, Peer.Signature(Herald.Speaker), Herald.Speaker.Certificate.Subject, header => header with { MessageTime = null });
        await Herald.RefusesAsync(octets, "CmpAnnouncement.NoTime");
    }

    [Fact]
    public async Task Each_of_several_faults_is_a_reason()
    {
        byte[] octets = Herald.Say(Herald.RevocationOf(Herald.Leaf.Certificate, Cmp.Messages.PkiStatus.Accepted), Cmp.Protection.MessageProtector.None(null), Herald.Speaker.Certificate.Subject, header => header with { MessageTime = Herald.Now.AddDays(-3) });
        Announcement announcement = await Herald.RefusesAsync(octets, ["CmpProtection.Missing", "CmpAnnouncement.TooOld", "CmpAnnouncement.Status"]);
        Assert.Equal("CmpProtection.Missing", announcement.Problem!.Id);
        Assert.Contains("Nobody vouches for it", announcement.ToString());
    }
}
