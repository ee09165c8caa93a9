using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Who makes a capture chooses addresses and numbers, and knows how .NET makes hashes of them.</summary>
public class SeededHashTests
{
    private const int Many = 4000;

    [Fact]
    public void Fragments_cannot_be_made_to_fall_into_one_place()
    {
        // both halves of a number of 64 bits cancel each other out in its own hash
        IEnumerable<FragmentKey> keys = Enumerable.Range(1, Many).Select(i => new FragmentKey(new NetworkAddress(((ulong)i << 32) | (uint)i, 7), new NetworkAddress(1, 2), 3, 0));
        Assert.Single(keys.Select(key => key.Source.GetHashCode()).Distinct());
        Assert.InRange(keys.Select(key => key.GetHashCode()).Distinct().Count(), Many - 10, Many);
        FragmentKey one = keys.First();
        Assert.Equal(one.GetHashCode(), (one with { }).GetHashCode());
        Assert.Equal(6, new[] { one, one with { Id = 4 }, one with { Protocol = 6 }, one with { Destination = default }, one with { Source = default }, one with { Source = one.Destination, Destination = one.Source } }.Select(key => key.GetHashCode()).Distinct().Count());
    }

    [Fact]
    public void Connections_and_endpoints_cannot_be_made_to_fall_into_one_place()
    {
        // .NET Framework makes the hash of an endpoint of its address and its port as they are
        IPEndPoint server = new(IPAddress.Parse("192.0.2.2"), 443);
        IEnumerable<ConnectionKey> keys = Enumerable.Range(1, Many).Select(i => ConnectionKey.Of(new IPEndPoint(new IPAddress([(byte)i, (byte)(i >> 8), 2, 1]), i), server, out _));
        Assert.InRange(keys.Select(key => key.GetHashCode()).Distinct().Count(), Many - 10, Many);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("2001:db8::1", "2001:db8:1::")]
    [InlineData("192.0.2.1", "192.0.2.1")]
    public void Both_directions_have_one_key(string first, string second)
    {
        IPEndPoint low = new(IPAddress.Parse(first), 1000), high = new(IPAddress.Parse(second), 2000);
        ConnectionKey there = ConnectionKey.Of(low, high, out bool isFromLow), back = ConnectionKey.Of(high, low, out bool isBackFromLow);
        Assert.True(isFromLow);
        Assert.False(isBackFromLow);
        Assert.Equal(there, back);
        Assert.Equal(there.GetHashCode(), back.GetHashCode());
        Assert.Equal((low, high), (there.Low, there.High));
        Assert.NotEqual(there, ConnectionKey.Of(low, new IPEndPoint(high.Address, 2001), out _));
    }
}
