using System;
using System.Net;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>RFC 7252 11.3: how much goes to an address that anybody may have written.</summary>
public class CoapAllowanceTests
{
    private static readonly IPAddress Victim = IPAddress.Parse("192.0.2.1");

    [Fact]
    public void An_address_gets_an_advance_and_then_three_times_what_came_from_it()
    {
        CoapAllowance allowance = new();
        Assert.True(allowance.Spend(Victim, CoapAllowance.Advance, TimeSpan.Zero));
        Assert.False(allowance.Spend(Victim, 1, TimeSpan.Zero));
        allowance.Earn(Victim, 100, TimeSpan.Zero);
        Assert.True(allowance.Spend(Victim, 300, TimeSpan.Zero));
        Assert.False(allowance.Spend(Victim, 1, TimeSpan.Zero));
        // that is its own affair
        Assert.True(allowance.Spend(IPAddress.Parse("192.0.2.2"), CoapAllowance.Advance, TimeSpan.Zero));
    }

    [Fact]
    public void Silence_earns_some_and_never_more_than_the_advance()
    {
        CoapAllowance allowance = new();
        allowance.Spend(Victim, CoapAllowance.Advance, TimeSpan.Zero);
        Assert.False(allowance.Spend(Victim, CoapAllowance.PerSecond, TimeSpan.FromSeconds(0.9)));
        Assert.True(allowance.Spend(Victim, CoapAllowance.PerSecond, TimeSpan.FromSeconds(1)));
        allowance.Expire(TimeSpan.FromHours(1));
        Assert.False(allowance.Spend(Victim, CoapAllowance.Advance + 1, TimeSpan.FromHours(1)));
        allowance.Earn(Victim, 1_000_000, TimeSpan.FromHours(1));
        Assert.False(allowance.Spend(Victim, CoapAllowance.Advance + 1, TimeSpan.FromHours(1)));
    }

    [Fact]
    public void The_loopback_is_not_counted()
    {
        CoapAllowance allowance = new();
        for (int i = 0; i < 10; i++)
        {
            Assert.True(allowance.Spend(IPAddress.Loopback, CoapAllowance.Advance, TimeSpan.Zero));
            Assert.True(allowance.Spend(IPAddress.IPv6Loopback, CoapAllowance.Advance, TimeSpan.Zero));
        }
    }
}
