using System;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class CoapTimingTests
{
    /// <summary>RFC 7252 tables 2 and 3.</summary>
    [Fact]
    public void The_times_are_those_of_RFC_7252()
    {
        CoapTiming timing = CoapTiming.Default;
        Assert.Equal((2, 1.5, 4, 45), (timing.AckTimeout.TotalSeconds, timing.AckRandomFactor, timing.MaxRetransmit, timing.MaxTransmitSpan.TotalSeconds));
        Assert.Equal((93, 247, 145), (timing.MaxTransmitWait.TotalSeconds, timing.ExchangeLifetime.TotalSeconds, timing.NonLifetime.TotalSeconds));
    }

    [Theory]
    [InlineData(0, new double[] { 2, 6, 14, 30 }, 62)]
    [InlineData(1, new double[] { 3, 9, 21, 45 }, 93)]
    [InlineData(0.5, new[] { 2.5, 7.5, 17.5, 37.5 }, 77.5)]
    public void A_message_is_repeated_four_times_each_after_twice_as_long(double random, double[] seconds, double end)
    {
        TimeSpan start = TimeSpan.FromSeconds(1000);
        CoapRetransmission message = new(CoapTiming.Default, random, start);
        foreach (double due in seconds)
        {
            Assert.Equal(due, (message.Due - start).TotalSeconds);
            Assert.True(message.Repeat(message.Due));
        }
        Assert.Equal(end, (message.Due - start).TotalSeconds);
        Assert.False(message.Repeat(message.Due));
        Assert.Equal(4, message.Count);
    }

    [Fact]
    public void Who_comes_late_keeps_repetitions_apart_and_within_the_span()
    {
        CoapRetransmission message = new(CoapTiming.Default, 0, TimeSpan.Zero);
        Assert.True(message.Repeat(TimeSpan.FromSeconds(7)));
        Assert.Equal(9, message.Due.TotalSeconds);
        Assert.True(message.Repeat(TimeSpan.FromSeconds(45)));
        Assert.Equal(47, message.Due.TotalSeconds);
        Assert.False(message.Repeat(message.Due));
    }
}
