using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class CoapStoreTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void What_nobody_touches_is_forgotten_after_its_lifetime()
    {
        var store = new CoapStore<int, string>(10, 100_000, 10 * Second);
        Assert.Null(store.Due);
        Assert.True(store.TryPut(1, "one", 0, TimeSpan.Zero));
        Assert.True(store.TryPut(2, "two", 0, Second));
        Assert.Equal(10 * Second, store.Due);
        Assert.True(store.TryTouch(1, 0, 5 * Second));
        store.Expire(11 * Second);
        Assert.Equal(("one", null), (store.Find(1), store.Find(2)));
        store.Expire((15 * Second) - TimeSpan.FromTicks(1));
        Assert.Equal(1, store.Count);
        store.Expire(15 * Second);
        Assert.Equal((0, 0L), (store.Count, store.Bytes));
        Assert.False(store.TryTouch(1, 0, 16 * Second));
    }

    [Fact]
    public void The_one_untouched_longest_gives_way()
    {
        var store = new CoapStore<int, string>(3, 100_000, 10 * Second);
        for (int i = 0; i < 3; i++)
            store.TryPut(i, "x", 0, Second);
        store.TryTouch(0, 0, 2 * Second);
        Assert.True(store.TryPut(3, "x", 0, 3 * Second));
        Assert.Equal([0, 2, 3], Keys(store));
        // a new value of the same name takes no other's place
        Assert.True(store.TryPut(2, "y", 0, 3 * Second));
        Assert.Equal([0, 2, 3], Keys(store));
        Assert.Equal("y", store.Find(2));
    }

    [Fact]
    public void Octets_are_counted_and_bounded()
    {
        const int Entry = CoapStore<int, string>.Overhead;
        var store = new CoapStore<int, string>(100, 10 * Entry, 10 * Second);
        for (int i = 0; i < 5; i++)
            Assert.True(store.TryPut(i, "x", Entry, Second));
        Assert.Equal(10 * Entry, store.Bytes);
        // growing pushes others out, never itself
        Assert.True(store.TryTouch(0, 3 * Entry, Second));
        Assert.Equal([0, 2, 3, 4], Keys(store));
        Assert.True(store.TryTouch(0, 9 * Entry, Second));
        Assert.Equal([0], Keys(store));
        Assert.False(store.TryTouch(0, 10 * Entry, Second));
        Assert.Equal(10 * Entry, store.Bytes);
        // what is larger than all there is does not come in
        Assert.False(store.TryPut(1, "x", 10 * Entry, Second));
        store.Remove(0);
        Assert.Equal(0, store.Bytes);
    }

    [Fact]
    public void What_is_held_stays()
    {
        HashSet<string> held = ["a", "b"];
        var store = new CoapStore<int, string>(2, 100_000, 10 * Second, (value, age) => held.Contains(value) && age < 100 * Second);
        store.TryPut(1, "a", 0, TimeSpan.Zero);
        store.TryPut(2, "b", 0, TimeSpan.Zero);
        Assert.False(store.TryPut(3, "c", 0, Second));
        store.Expire(50 * Second);
        Assert.Equal(60 * Second, store.Due);
        held.Remove("b");
        Assert.True(store.TryPut(3, "c", 0, Second));
        Assert.Equal([1, 3], Keys(store));
        Assert.True(store.TryPut(4, "d", 0, 200 * Second));
        Assert.Equal([3, 4], Keys(store));
    }

    private static IEnumerable<int> Keys(CoapStore<int, string> store) => Enumerable.Range(0, 10).Where(key => store.Find(key) is not null);
}
