using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.HttpTest;

namespace Cmp.Tests.Transports;

/// <summary>How long connections live, when a message is sent twice, and how long anything waits.</summary>
public class HttpTransportConnectionTests
{
    private static Task HangAsync(ScriptedConnection connection) => Task.Delay(Timeout.Infinite, connection.Stopping);

    [Fact]
    public async Task Rule53_A_connection_is_kept()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ServeAsync();
            await c.ServeAsync();
            await c.ServeAsync();
        });
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First);
        await transport.OctetsAsync(Later);
        await transport.OctetsAsync(First);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Rule53_Where_the_server_closes_the_client_connects_again()
    {
        await using ScriptedServer server = new(c => c.ServeAsync("Connection: close\r\n"), c => c.ServeAsync("Connection: close\r\n"));
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Rule53_A_server_of_HTTP_1_0_keeps_the_connection_where_it_says_so()
    {
        static async Task Old(ScriptedConnection c)
        {
            await c.ReceiveAsync();
            await c.SendAsync([.. "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Type: application/pkixcmp\r\nContent-Length: 5\r\n\r\n"u8, .. Some.Message]);
        }

        await using ScriptedServer server = new(async c =>
        {
            await Old(c);
            await Old(c);
        });
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First);
        await transport.OctetsAsync(Later);
        Assert.Equal(1, server.Accepted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule53_The_first_message_is_sent_once_more_when_a_kept_connection_closes_under_it(bool reset)
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                await c.ReceiveAsync();
                if (reset)
                    c.Reset();
            },
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(Later);
        await transport.OctetsAsync(First);
        Assert.Equal(2, server.Accepted);
        Assert.Equal(3, server.Requests.Count);
        Assert.Equal(2, server.Requests.Count(r => r.Body.AsSpan().SequenceEqual(First.Octets.Span)));
    }

    [Fact]
    public async Task Rule53_It_goes_over_a_fresh_connection_though_other_kept_ones_lie_there()
    {
        const int Kept = 5;
        using Barrier all = new(Kept);
        async Task KeepThenClose(ScriptedConnection c)
        {
            await c.ReceiveAsync();
            // all at once, so that each has a connection of its own
            await Task.Run(() => all.SignalAndWait(c.Stopping));
            await c.SendAsync(Some.Answer(Some.Message));
            await c.ReceiveAsync();
        }

        await using ScriptedServer server = new([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(KeepThenClose, Kept), c => c.ServeAsync()]);
        using HttpTransport transport = new(Settings(server.Uri));
        await Task.WhenAll(Enumerable.Range(0, Kept).Select(_ => transport.OctetsAsync(Later)));
        Assert.Equal(Kept, server.Accepted);
        await transport.OctetsAsync(First);
        Assert.Equal(Kept + 1, server.Accepted);
        Assert.Equal(2, server.Requests.Count(r => r.Body.AsSpan().SequenceEqual(First.Octets.Span)));
    }

    [Fact]
    public async Task Rule53_A_later_message_is_never_sent_twice()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                await c.ReceiveAsync();
            },
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First);
        CmpException error = await transport.FailsAsync(Later);
        Assert.Equal("CmpTransport.ConnectionClosed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
        Assert.Equal(1, server.Accepted);
        Assert.Equal(2, server.Requests.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule53_Nothing_is_sent_twice_because_of_a_fresh_connection(bool reset)
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ReceiveAsync();
                if (reset)
                    c.Reset();
            },
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        Assert.Equal("CmpTransport.ConnectionClosed", (await transport.FailsAsync(First)).ErrorId);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Rule53_Nothing_is_sent_twice_after_an_octet_of_the_answer()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                await c.ReceiveAsync();
                await c.SendAsync("H");
            },
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First);
        Assert.Equal("CmpTransport.ConnectionClosed", (await transport.FailsAsync(First)).ErrorId);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Rule53_Nothing_is_sent_three_times()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                await c.ReceiveAsync();
            },
            c => c.ReceiveAsync(),
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(Later);
        Assert.Equal("CmpTransport.ConnectionClosed", (await transport.FailsAsync(First)).ErrorId);
        Assert.Equal(2, server.Accepted);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Rule53_KeepAlive_No_gives_each_message_a_connection()
    {
        await using ScriptedServer server = new(c => c.ServeAsync(), c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri) with { KeepAlive = KeepAliveMode.No });
        await transport.OctetsAsync(First);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
        Assert.All(server.Requests, r => Assert.Equal("close", r.Fields["Connection"]));
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_refuses_a_server_that_closes_too_early()
    {
        await using ScriptedServer server = new(c => c.ServeAsync("Connection: close\r\n"), c => c.ServeAsync("Connection: close\r\n"));
        using HttpTransport transport = new(Settings(server.Uri) with { KeepAlive = KeepAliveMode.Require });
        CmpException error = await transport.FailsAsync(First);
        Assert.Equal("CmpHttp.NotKept", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        await transport.OctetsAsync(First with { Last = true });
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_opens_no_connection_for_a_later_message()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ServeAsync();
            await c.ServeAsync();
            await c.UntilClosedAsync();
        });
        using HttpTransport transport = new(Settings(server.Uri) with { KeepAlive = KeepAliveMode.Require });
        Assert.Equal("CmpHttp.NotKept", (await transport.FailsAsync(Later)).ErrorId);
        Assert.Equal(0, server.Accepted);
        await transport.OctetsAsync(First);
        await transport.OctetsAsync(Later);
        Assert.Equal(1, server.Accepted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rule53_A_connection_that_closed_while_it_lay_idle_is_replaced_for_every_message(bool isFirst)
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                c.EndSending();
                closed.SetResult();
                await c.UntilClosedAsync();
            },
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync(First);
        await closed.Task.WaitAsync(Some.Time);
        await transport.OctetsAsync(First with { First = isFirst });
        Assert.Equal((2, 2), (server.Accepted, server.Requests.Count));
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_tells_that_it_closed_while_it_lay_idle()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(
            async c =>
            {
                await c.ServeAsync();
                c.EndSending();
                closed.SetResult();
                await c.UntilClosedAsync();
            },
            c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri) with { KeepAlive = KeepAliveMode.Require });
        await transport.OctetsAsync(First);
        await closed.Task.WaitAsync(Some.Time);
        Assert.Equal("CmpHttp.NotKept", (await transport.FailsAsync(Later)).ErrorId);
        Assert.Single(server.Requests);
        // the next transaction may begin on a connection of its own
        await transport.OctetsAsync(First);
    }

    [Fact]
    public async Task Rule53_With_HTTP_1_0_keeping_is_asked_for()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri) with { HttpVersion = new Version(1, 0) });
        await transport.OctetsAsync();
        Assert.Equal("keep-alive", server.Requests.Single().Fields["Connection"]);
    }

    [Fact]
    public async Task Many_transactions_share_one_transport()
    {
        await using CmpHttpListener listener = CmpHttpListener.Start(new HttpListenerSettings(), (r, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(r.Octets)));
        using HttpTransport transport = new(Settings(listener.Uri) with { MaxConnections = 8 });
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            byte[] message = [0x30, 4, 2, 2, (byte)(i >> 8), (byte)i];
            TransportReply.Octets reply = await transport.OctetsAsync(First with { Octets = message });
            Assert.Equal(message, reply.Value.ToArray());
        });
    }

    [Fact]
    public async Task Rule61_A_connection_that_takes_too_long_has_an_error_of_its_own()
    {
        // accepts and says nothing: TLS belongs to the connection
        await using ScriptedServer server = new(HangAsync);
        using HttpTransport transport = new(Settings(new Uri("https://127.0.0.1:" + server.Port + "/")) with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.ConnectTimeout", error.ErrorId);
        Assert.Equal(CmpErrorKind.Timeout, error.Kind);
        Assert.Contains("0.3 s", error.Message, StringComparison.Ordinal);
        Assert.Contains("took the connection", error.Message, StringComparison.Ordinal);
        Assert.Contains("http:", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule61_A_silent_server_has_an_error_of_its_own()
    {
        await using ScriptedServer server = new(HangAsync);
        using HttpTransport transport = new(Settings(server.Uri) with { ExchangeTimeout = TimeSpan.FromMilliseconds(300) });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.Timeout", error.ErrorId);
        Assert.Equal(CmpErrorKind.Timeout, error.Kind);
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: appl")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 5\r\n\r\n0")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n\r\n")]
    public async Task Rule61_A_server_that_stops_in_the_middle_is_too_slow(string start)
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(start);
            await HangAsync(c);
        });
        using HttpTransport transport = new(Settings(server.Uri) with { ExchangeTimeout = TimeSpan.FromMilliseconds(300) });
        Assert.Equal("CmpTransport.Timeout", (await transport.FailsAsync()).ErrorId);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 100005\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nX: ")]
    [InlineData("HTTP/1.1 200 ")]
    [InlineData("")]
    public async Task Rule61_The_time_is_one_for_the_whole_round_trip_not_for_each_octet(string start)
    {
        byte[] octets = start.EndsWith("\r\n\r\n", StringComparison.Ordinal) ? Some.Sequence(100_000) : [.. Enumerable.Repeat((byte)'H', 10_000)];
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(start);
            foreach (byte octet in octets)
            {
                await c.SendAsync([octet]);
                await Task.Delay(20, c.Stopping);
            }
        });
        using HttpTransport transport = new(Settings(server.Uri) with { ExchangeTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.Equal("CmpTransport.Timeout", (await transport.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule61_A_refused_connection_is_no_timeout()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        using HttpTransport transport = new(Settings(new Uri("http://" + unused.LocalEndPoint + "/")));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.ConnectFailed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
        Assert.Contains(unused.LocalEndPoint!.ToString()!, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Ty")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 5\r\n\r\n0\u0003")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0\u0003")]
    public async Task A_connection_that_breaks_in_the_middle_is_no_answer(string start)
    {
        CmpException error = await RefusedAsync(System.Text.Encoding.Latin1.GetBytes(start));
        Assert.Equal("CmpTransport.ConnectionClosed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\nContent-Length: 5\r\n\r\n0")]
    public async Task Cancelling_ends_the_wait_and_closes_the_connection_at_once(string start)
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(async c =>
        {
            await c.ReceiveAsync();
            await c.SendAsync(start);
            received.SetResult();
            try
            {
                await c.UntilClosedAsync();
            }
            catch (IOException)
            {
                // a reset is a close too
            }
            closed.SetResult();
        });
        using HttpTransport transport = new(Settings(server.Uri));
        using CancellationTokenSource stop = new();
        Task<TransportReply> exchange = transport.ExchangeAsync(First, stop.Token);
        await received.Task.WaitAsync(Some.Time);
        await stop.CancelAsync();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange.WaitAsync(Some.Time));
        Assert.Equal(stop.Token, cancelled.CancellationToken);
        await closed.Task.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task Cancelling_ends_a_connect()
    {
        TaskCompletionSource accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(c =>
        {
            accepted.SetResult();
            return HangAsync(c);
        });
        using HttpTransport transport = new(Settings(new Uri("https://127.0.0.1:" + server.Port + "/")));
        using CancellationTokenSource stop = new();
        Task<TransportReply> exchange = transport.ExchangeAsync(First, stop.Token);
        await accepted.Task.WaitAsync(Some.Time);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange.WaitAsync(Some.Time));
    }

    [Fact]
    public async Task What_is_cancelled_already_sends_nothing()
    {
        await using ScriptedServer server = new(c => c.ServeAsync());
        using HttpTransport transport = new(Settings(server.Uri));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transport.SendAsync(cancellationToken: new CancellationToken(canceled: true)));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public async Task Disposing_closes_the_connections()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(async c =>
        {
            await c.ServeAsync();
            await c.UntilClosedAsync();
            closed.SetResult();
        });
        HttpTransport transport = new(Settings(server.Uri));
        await transport.OctetsAsync();
        transport.Dispose();
        await closed.Task.WaitAsync(Some.Time);
    }
}
