using System;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Accepting goes on, whatever becomes of one connection.</summary>
public class ConnectionAcceptorTests
{
    public static TheoryData<Exception> Failures => [new IOException("It is not connected."), new SocketException((int)SocketError.NotConnected), new ObjectDisposedException("Socket")];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Rule64_One_that_cannot_be_taken_over_takes_nobodys_place(Exception failure)
    {
        int opened = 0, refused = 0;
        var settings = new TcpListenerSettings { MaxConnections = 1, Refused = _ => Interlocked.Increment(ref refused) };
        var acceptor = new ConnectionAcceptor(settings, saysNo: false, socket =>
        {
            Interlocked.Increment(ref opened);
            throw failure;
        });
        acceptor.Begin();
        try
        {
            foreach (int _ in Enumerable.Range(0, 3))
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, acceptor.UriOf("tcp").Port);
                Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Some.Time));
            }
        }
        finally
        {
            await acceptor.StopAsync();
        }
        Assert.Equal(3, opened);
        Assert.Equal(0, refused);
    }
}
