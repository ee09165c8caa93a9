using System;
using System.Linq;
using Cmp.Client;
using Cmp.Messages.Pkix;
using Cmp.Stores;
using Cmp.Tests.Transactions;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>When a certificate is due, and how long a renewal waits so that a fleet does not come at once.</summary>
public sealed class RenewalTests
{
    private static Certificate OfDays(int days) => Peer.Shared.Certify(Peer.Shared.Client.Key.PublicKey, shape: Shape.Leaf with { NotBefore = Peer.Now, NotAfter = Peer.Now.AddDays(days) });

    [Fact]
    public void A_certificate_is_due_30_days_or_a_third_of_its_lifetime_before_its_end()
    {
        Assert.Equal(Peer.Now.AddDays(335), Renewal.After(OfDays(365)));
        Assert.Equal(Peer.Now.AddDays(40), Renewal.After(OfDays(60)));
        Assert.Equal(Peer.Now.AddDays(80), Renewal.After(OfDays(100), new RenewalWindow(null, 20)));
        Assert.Equal(Peer.Now.AddDays(99), Renewal.After(OfDays(100), new RenewalWindow(TimeSpan.FromDays(1), null)));
    }

    [Fact]
    public void A_window_is_as_long_as_the_lifetime_at_most()
    {
        Assert.Equal(Peer.Now, Renewal.After(OfDays(10), new RenewalWindow(TimeSpan.FromDays(10), null)));
        Assert.Equal(Peer.Now, Renewal.After(OfDays(10), new RenewalWindow(null, 100)));
        CmpException error = Assert.Throws<CmpException>(() => Renewal.After(OfDays(10), new RenewalWindow(TimeSpan.FromDays(10) + TimeSpan.FromTicks(1), null)));
        Assert.Equal("CmpArgument.RenewBefore", error.ErrorId);
        Assert.Contains("lives 10 days", error.Message);
        Assert.Contains("20%", error.RecommendedAction);
    }

    /// <summary>A CA dates certificates back some minutes: what is as long as the lifetime but for these is due at once, each time.</summary>
    [Theory]
    [InlineData("99%", true)]
    [InlineData("99.1%", false)]
    [InlineData("100%", false)]
    [InlineData("0%", false)]
    [InlineData("00:00:00", false)]
    [InlineData("00:00:01", true)]
    [InlineData("99.00:00:00", true)]
    [InlineData("99.00:00:01", false)]
    [InlineData("10675199.00:00:00", false)]
    public void A_window_that_is_remembered_leaves_a_hundredth_of_the_lifetime(string text, bool lasts)
    {
        RenewalWindow window = RenewalWindow.Parse(text);
        Assert.Equal(lasts, window.Lasts(TimeSpan.FromDays(100)));
        if (lasts)
            Renewal.Check(window, TimeSpan.FromDays(100));
        else
            Assert.Equal("CmpArgument.RenewBefore", Assert.Throws<CmpException>(() => Renewal.Check(window, TimeSpan.FromDays(100))).ErrorId);
    }

    [Fact]
    public void Of_a_lifetime_that_the_CA_decides_only_a_part_or_nothing_is_known_to_be_none()
    {
        Renewal.Check(null);
        Renewal.Check(new RenewalWindow(TimeSpan.FromDays(4000), null));
        Renewal.Check(new RenewalWindow(null, 99));
        Assert.Throws<CmpException>(() => Renewal.Check(new RenewalWindow(null, 100)));
        Assert.Throws<CmpException>(() => Renewal.Check(new RenewalWindow(TimeSpan.Zero, null)));
    }

    [Fact]
    public void What_was_said_just_now_counts_before_what_is_remembered_and_that_before_the_rule()
    {
        Certificate certificate = OfDays(100);
        EnrollmentRecord record = Remembered(new RenewalWindow(null, 20));
        Assert.Equal(Peer.Now.AddDays(60), Renewal.After(certificate, new RenewalWindow(null, 40), record));
        Assert.Equal(Peer.Now.AddDays(80), Renewal.After(certificate, null, record));
        Assert.Equal(Peer.Now.AddDays(70), Renewal.After(certificate, null, Remembered(null)));
        Assert.Equal(Peer.Now.AddDays(70), Renewal.After(certificate, null, null));

        static EnrollmentRecord Remembered(RenewalWindow? window) => new()
        {
            Name = "web1",
            Server = new ServerSettings(),
            Operation = EnrollmentOperation.Initialization,
            Thumbprint = new string('0', 40),
            Subject = "CN=web1",
            NotAfter = Peer.Now.AddDays(100),
            RenewAfter = Peer.Now.AddDays(1),
            Destination = new DestinationDescription(),
            RenewBefore = window,
        };
    }

    [Theory]
    [InlineData("20%")]
    [InlineData("33.5%")]
    [InlineData("0%")]
    [InlineData("100%")]
    [InlineData("14.00:00:00")]
    [InlineData("00:00:00")]
    public void A_window_is_written_as_it_is_read(string text) => Assert.Equal(text, RenewalWindow.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("101%")]
    [InlineData("-1%")]
    [InlineData("NaN%")]
    [InlineData("-1.00:00:00")]
    [InlineData("soon")]
    public void What_is_no_window_in_a_file_is_damage(string text) => Assert.Throws<FormatException>(() => RenewalWindow.Parse(text));

    [Fact]
    public void A_delay_is_a_part_of_the_longest_and_leaves_half_of_what_is_left()
    {
        TimeSpan hour = TimeSpan.FromHours(1), year = TimeSpan.FromDays(365);
        Assert.Equal(TimeSpan.Zero, Renewal.Delay(hour, year, 0));
        Assert.Equal(TimeSpan.FromMinutes(45), Renewal.Delay(hour, year, 0.75));
        // a certificate that ends in half an hour is not slept over
        Assert.Equal(TimeSpan.FromMinutes(7.5), Renewal.Delay(hour, TimeSpan.FromMinutes(30), 0.5));
        // one that has ended loses nothing more
        Assert.Equal(TimeSpan.FromMinutes(30), Renewal.Delay(hour, TimeSpan.FromMinutes(-30), 0.5));
        Assert.Equal(TimeSpan.FromMinutes(30), Renewal.Delay(hour, TimeSpan.Zero, 0.5));
        Assert.Equal(TimeSpan.Zero, Renewal.Delay(TimeSpan.Zero, year, 0.5));
    }

    /// <summary>Of 10,000 draws each tenth of the range gets 1,000, give or take; 200 more or less happens once in 10^10 runs.</summary>
    [Fact]
    public void Each_delay_is_as_likely_as_any_other()
    {
        double[] chances = [.. Enumerable.Range(0, 10000).Select(_ => Renewal.Chance())];
        Assert.All(chances, chance => Assert.InRange(chance, 0, 0.99999999999999999));
        Assert.DoesNotContain(1.0, chances);
        foreach (IGrouping<int, double> tenth in chances.GroupBy(chance => (int)(chance * 10)))
            Assert.InRange(tenth.Count(), 800, 1200);
    }
}
