using System;
using System.Linq;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class FolderPatienceTests
{
    private static readonly DateTimeOffset Written = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FolderPatience _patience;
    private DateTimeOffset _now = Written;

    public FolderPatienceTests() => _patience = new FolderPatience(TimeSpan.FromSeconds(120), () => _now);

    [Fact]
    public void It_is_looked_soon_at_first_and_then_every_few_seconds()
    {
        double[] waits = [.. Enumerable.Range(0, 10).Select(_ => (_patience.Next("a") - _now).TotalMilliseconds)];
        Assert.Equal([100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000, 5000], waits);
    }

    [Fact]
    public void Each_thing_is_waited_for_by_itself()
    {
        _patience.Next("a");
        Assert.Equal(_now.AddMilliseconds(100), _patience.Next("b"));
        Assert.Equal(_now.AddMilliseconds(200), _patience.Next("a"));
        _patience.Forget("a");
        Assert.Equal(_now.AddMilliseconds(100), _patience.Next("a"));
    }

    [Fact]
    public void What_grows_is_looked_at_often_and_has_not_stood_still()
    {
        for (int octets = 0; octets < 100; octets++)
        {
            _now += TimeSpan.FromSeconds(119);
            Assert.False(_patience.HasStoodStill("a", octets, _now));
            Assert.Equal(_now.AddMilliseconds(100), _patience.Next("a"));
        }
    }

    [Fact]
    public void What_does_not_change_for_too_long_has()
    {
        Assert.False(_patience.HasStoodStill("a", 120, Written));
        _now += TimeSpan.FromSeconds(119);
        Assert.False(_patience.HasStoodStill("a", 120, Written));
        _now += TimeSpan.FromSeconds(1);
        Assert.True(_patience.HasStoodStill("a", 120, Written));
        Assert.False(_patience.HasStoodStill("a", 121, Written));
    }

    [Fact]
    public void What_nobody_wrote_to_for_long_has_at_first_sight()
    {
        _now = Written + TimeSpan.FromMinutes(62);
        Assert.True(_patience.HasStoodStill("a", 120, Written));
        Assert.False(_patience.HasStoodStill("b", 120, Written.AddSeconds(1)));
        Assert.False(_patience.HasStoodStill("c", 120, null));
    }

    [Fact]
    public void A_clock_that_is_behind_hurts_nobody() => Assert.False(_patience.HasStoodStill("a", 120, Written.AddDays(1)));

    [Fact]
    public void It_remembers_so_many_and_no_more()
    {
        for (int i = 0; i < 10_000; i++)
            _patience.Next(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(_now.AddMilliseconds(200), _patience.Next("9999"));
        Assert.Equal(_now.AddMilliseconds(100), _patience.Next("0"));
    }
}
