using System;
using System.Threading.Tasks;
using Cmp.Announcements;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>So many a minute, and not one more.</summary>
public class MinuteRateTests
{
    private TimeSpan _now = TimeSpan.FromHours(3);

    private MinuteRate Rate(int perMinute) => new(perMinute, () => _now);

    private static int Taken(MinuteRate rate)
    {
        int taken = 0;
        while (rate.TryTake(out _))
            taken++;
        return taken;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(600)]
    public void All_of_them_may_come_at_once_and_then_none(int perMinute)
    {
        MinuteRate rate = Rate(perMinute);
        Assert.Equal(perMinute, Taken(rate));
        Assert.False(rate.TryTake(out TimeSpan wait));
        Assert.Equal(60.0 / perMinute, wait.TotalSeconds, 3);
    }

    [Fact]
    public void They_grow_back_one_by_one_and_no_more_than_there_were()
    {
        MinuteRate rate = Rate(60);
        Taken(rate);
        _now += TimeSpan.FromSeconds(3);
        Assert.Equal(3, Taken(rate));
        _now += TimeSpan.FromHours(5);
        Assert.Equal(60, Taken(rate));
    }

    [Fact]
    public void Who_waits_as_long_as_he_is_told_gets_one()
    {
        MinuteRate rate = Rate(7);
        Taken(rate);
        _now += TimeSpan.FromSeconds(1);
        Assert.False(rate.TryTake(out TimeSpan wait));
        _now += wait - TimeSpan.FromMilliseconds(1);
        Assert.False(rate.TryTake(out _));
        _now += TimeSpan.FromMilliseconds(2);
        Assert.True(rate.TryTake(out wait));
        Assert.Equal(TimeSpan.Zero, wait);
    }

    [Fact]
    public void Several_are_taken_together_or_none()
    {
        MinuteRate rate = Rate(60);
        Assert.True(rate.TryTake(50, out _));
        Assert.False(rate.TryTake(15, out TimeSpan wait));
        Assert.Equal(5, wait.TotalSeconds, 3);
        Assert.Equal(10, Taken(rate));
        // who wants more than there ever are waits for all of them
        Assert.False(rate.TryTake(1000, out wait));
        Assert.Equal(60, wait.TotalSeconds, 3);
        _now += TimeSpan.FromMinutes(1);
        Assert.True(rate.TryTake(1000, out _));
        Assert.Equal(0, Taken(rate));
    }

    [Fact]
    public void Several_at_once_get_no_more()
    {
        MinuteRate rate = Rate(100);
        int taken = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (rate.TryTake(out TimeSpan _))
                System.Threading.Interlocked.Increment(ref taken);
        });
        Assert.Equal(100, taken);
    }
}
