using System;
using Cmp.Framing;
using Xunit;

namespace Cmp.Tests.Framing;

public class CheckBackTimeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly uint Epoch = (uint)Now.ToUnixTimeSeconds();

    private static double Wait(uint value, TcpMessageStyle style) => (CheckBackTime.Read(value, style, Now) - Now).TotalSeconds;

    /// <summary>Each as it is meant, and as SSH's and others' clients and servers mix it up (facts A.4).</summary>
    [Theory]
    [InlineData(TcpMessageStyle.Version10)]
    [InlineData(TcpMessageStyle.Rfc2510)]
    public void A_span_and_a_time_are_told_apart_in_either_style(TcpMessageStyle style)
    {
        Assert.Equal(30, Wait(30, style));
        Assert.Equal(3600, Wait(3600, style));
        Assert.Equal(30, Wait(Epoch + 30, style));
        Assert.Equal(3600, Wait(Epoch + 3600, style));
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10)]
    [InlineData(TcpMessageStyle.Rfc2510)]
    public void What_makes_no_sense_ends_within_bounds(TcpMessageStyle style)
    {
        // 1970, or at once
        Assert.Equal(CheckBackTime.Shortest.TotalSeconds, Wait(0, style));
        // it was due on its way here
        Assert.Equal(CheckBackTime.Shortest.TotalSeconds, Wait(Epoch, style));
        Assert.Equal(CheckBackTime.Shortest.TotalSeconds, Wait(Epoch - 60, style));
        // in the past: a clock goes wrong
        Assert.Equal(CheckBackTime.Unknown.TotalSeconds, Wait(Epoch - 61, style));
        Assert.Equal(CheckBackTime.Unknown.TotalSeconds, Wait(Epoch - 86400 * 365, style));
        // in 2106, and in a week
        Assert.Equal(CheckBackTime.Longest.TotalSeconds, Wait(uint.MaxValue, style));
        Assert.Equal(CheckBackTime.Longest.TotalSeconds, Wait(Epoch + 7 * 86400, style));
        Assert.Equal(CheckBackTime.Longest.TotalSeconds, Wait(7 * 86400, style));
    }

    [Fact]
    public void Numbers_between_the_two_are_what_their_style_says()
    {
        Assert.Equal(CheckBackTime.Longest.TotalSeconds, Wait(200_000_000, TcpMessageStyle.Version10));
        Assert.Equal(CheckBackTime.Unknown.TotalSeconds, Wait(200_000_000, TcpMessageStyle.Rfc2510));
        Assert.Equal(CheckBackTime.Longest.TotalSeconds, Wait(0x2FFFFFFF, TcpMessageStyle.Version10));
        Assert.Equal(CheckBackTime.Unknown.TotalSeconds, Wait(0x30000000, TcpMessageStyle.Version10));
        Assert.Equal(CheckBackTime.Longest.TotalSeconds, Wait(100_000_000, TcpMessageStyle.Rfc2510));
        Assert.Equal(CheckBackTime.Unknown.TotalSeconds, Wait(100_000_001, TcpMessageStyle.Rfc2510));
    }

    [Fact]
    public void Every_number_ends_within_bounds_at_any_time()
    {
        foreach (DateTimeOffset now in new[] { Now, new DateTimeOffset(1990, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2107, 1, 1, 0, 0, 0, TimeSpan.Zero) })
        {
            for (long value = 0; value <= uint.MaxValue; value += 10_000_019)
            {
                Assert.InRange((CheckBackTime.Read((uint)value, TcpMessageStyle.Version10, now) - now).TotalSeconds, 1, 86400);
                Assert.InRange((CheckBackTime.Read((uint)value, TcpMessageStyle.Rfc2510, now) - now).TotalSeconds, 1, 86400);
            }
        }
    }

    [Fact]
    public void A_span_is_written_in_version_10_and_a_time_in_the_old_style()
    {
        Assert.Equal(30u, CheckBackTime.Write(Now.AddSeconds(29.1), TcpMessageStyle.Version10, Now));
        Assert.Equal(Epoch + 30, CheckBackTime.Write(Now.AddSeconds(29.1), TcpMessageStyle.Rfc2510, Now));
        Assert.Equal(0u, CheckBackTime.Write(Now.AddSeconds(-5), TcpMessageStyle.Version10, Now));
        Assert.Equal(Epoch - 5, CheckBackTime.Write(Now.AddSeconds(-5), TcpMessageStyle.Rfc2510, Now));
        Assert.Equal(uint.MaxValue, CheckBackTime.Write(DateTimeOffset.MaxValue, TcpMessageStyle.Version10, Now));
        Assert.Equal(uint.MaxValue, CheckBackTime.Write(DateTimeOffset.MaxValue, TcpMessageStyle.Rfc2510, Now));
        Assert.Equal(0u, CheckBackTime.Write(DateTimeOffset.MinValue, TcpMessageStyle.Rfc2510, Now));
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10, 0x2FFFFFFFu, false)]
    [InlineData(TcpMessageStyle.Version10, 0x30000000u, true)]
    [InlineData(TcpMessageStyle.Rfc2510, 100_000_000u, false)]
    [InlineData(TcpMessageStyle.Rfc2510, 100_000_001u, true)]
    public void Whether_a_number_is_a_time_is_told(TcpMessageStyle style, uint value, bool isTime) =>
        Assert.Equal(isTime ? DateTimeOffset.FromUnixTimeSeconds(value) : null, CheckBackTime.TimeOf(value, style));
}
