using System;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class CoapChannelTests
{
    /// <summary>On the timer's thread anything that is thrown would end the process.</summary>
    [Fact]
    public async Task Whatever_is_thrown_when_something_is_due_is_one_error_for_who_waits()
    {
        using UdpClient server = new(new IPEndPoint(IPAddress.Loopback, 0));
        using CoapChannel channel = CoapChannel.Open((IPEndPoint)server.Client.LocalEndPoint!, "server", CoapTiming.Default);
        Broken work = channel.Begin((_, now) => new Broken { Due = now });
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => channel.WhenAsync(() => work.IsOver, CancellationToken.None).WaitAsync(Some.Time));
        Assert.Equal("CmpMessage.Malformed", error.ErrorId);
        Assert.False(channel.IsUsable);
    }

    private sealed class Broken : ICoapWork
    {
        private int _calls;

        public required TimeSpan? Due { get; init; }

        public CmpException? Error => null;

        public bool IsOver => false;

        public void Advance(TimeSpan now)
        {
            if (Interlocked.Increment(ref _calls) > 1)
                throw new InvalidOperationException("It is broken.");
        }
    }
}
