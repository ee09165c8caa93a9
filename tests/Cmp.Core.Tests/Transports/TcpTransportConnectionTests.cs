using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.TcpTest;

namespace Cmp.Tests.Transports;

/// <summary>In which style a server is spoken to, how long connections live, when a message is sent twice, and how long anything waits.</summary>
public class TcpTransportConnectionTests
{
    /// <summary>A question and an answer with the close flag.</summary>
    private const string AskedAndClosing = "000000080A01003003020101", PkiRepAndClosing = "000000080A01053003020105";

    private static TcpTransport Open(ScriptedServer server, Func<TcpTransportSettings, TcpTransportSettings>? change = null) =>
        new(change is null ? Settings(server.Uri()) : change(Settings(server.Uri())));

    [Fact]
    public async Task Rule62_A_server_of_RFC_2510_is_asked_again_on_the_same_connection_and_known_from_then_on()
    {
        await using ScriptedServer server = new(Keeping(ErrorOld, FinalMsgRep), Keeping(FinalMsgRep), Keeping(NegPollRep));
        using TcpTransport transport = Open(server);
        Assert.Equal(Some.Message, (await transport.OctetsAsync()).Value.ToArray());
        Assert.Equal([Asked, AskedOld], server.Frames());
        Assert.Equal(1, server.Accepted);
        await transport.OctetsAsync();
        await transport.SendAsync(Later);
        Assert.Equal([Asked, AskedOld, AskedOld, AskedOld], server.Frames());
    }

    [Fact]
    public async Task Rule62_Where_it_closes_with_its_error_it_is_asked_again_on_another_connection()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.FrameAsync();
                await c.SendAsync(Hex.Parse(ErrorOld));
                c.Socket.Shutdown(SocketShutdown.Send);
                await c.UntilClosedAsync();
            },
            Keeping(FinalMsgRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        Assert.Equal(AskedOld, server.Frames().Last());
    }

    [Fact]
    public async Task Rule62_A_server_that_refuses_both_is_asked_anew_the_next_time()
    {
        await using ScriptedServer server = new(Keeping(ErrorOld, ErrorOld), Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTcp.Error", error.ErrorId);
        Assert.Contains("no", error.Message, StringComparison.Ordinal);
        await transport.OctetsAsync();
        Assert.Equal([Asked, AskedOld, Asked], server.Frames());
    }

    /// <summary>For the preset Cryptlib, whose server speaks nothing else, and for who says so.</summary>
    [Fact]
    public async Task Rule62_Who_names_version_10_never_falls_back()
    {
        await using ScriptedServer server = new(Keeping(ErrorOld, FinalMsgRep), Keeping(PkiRep));
        using TcpTransport transport = Open(server, settings => settings with { Style = TcpMessageStyle.Version10 });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTcp.WrongStyle", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        await transport.OctetsAsync();
        Assert.Equal([Asked, Asked], server.Frames());
    }

    [Theory]
    [InlineData(FinalMsgRep)]
    [InlineData(NegPollRep)]
    [InlineData("00000006003003020105")]
    [InlineData("00000009010000002A00000005")]
    public async Task Rule62_Anything_else_of_the_old_style_ends_the_connection(string answer)
    {
        await using ScriptedServer server = new(Keeping(answer), Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTcp.WrongStyle", error.ErrorId);
        Assert.Contains("Rfc2510", error.RecommendedAction, StringComparison.Ordinal);
        await transport.OctetsAsync();
        Assert.Equal([Asked, Asked], server.Frames());
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Rule62_A_ticket_of_the_old_style_tells_what_the_server_speaks()
    {
        await using ScriptedServer server = new(Keeping(FinalMsgRep), Keeping(NegPollRep));
        using TcpTransport transport = Open(server);
        await transport.CollectAsync("Rfc2510-0000002A");
        await transport.SendAsync(Later);
        Assert.Equal(["00000005020000002A", AskedOld], server.Frames());
    }

    [Theory]
    [InlineData("000000070A000602000000", "CmpTcp.GeneralClientError")]
    [InlineData(ErrorOld, "CmpTcp.Error")]
    public async Task Rule62_Nobody_makes_us_speak_the_old_style_for_good(string refusal, string errorId)
    {
        await using ScriptedServer server = new(Keeping(ErrorOld, FinalMsgRep), Keeping(refusal), Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        Assert.Equal(errorId, (await transport.FailsAsync()).ErrorId);
        await transport.OctetsAsync();
        Assert.Equal([Asked, AskedOld, AskedOld, Asked], server.Frames());
    }

    [Fact]
    public async Task Rule53_A_connection_is_kept()
    {
        await using ScriptedServer server = new(Keeping(PkiRep, PkiRep, "0000000B0A00010000002A00000005", PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        await transport.OctetsAsync(Later);
        var later = Assert.IsType<TransportReply.NotYet>(await transport.SendAsync());
        Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(later.Ticket));
        Assert.Equal(1, server.Accepted);
        Assert.All(server.Frames(), frame => Assert.Equal("0A00", frame.Substring(8, 4)));
    }

    [Fact]
    public async Task Rule62_A_connection_that_the_server_says_it_closes_is_not_used_again()
    {
        // it says so and does not: nothing more is sent on it all the same
        await using ScriptedServer server = new(Keeping(PkiRepAndClosing), Keeping("000000040A010300"), Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        await transport.SendAsync(Later);
        await transport.OctetsAsync();
        Assert.Equal(3, server.Accepted);
    }

    [Fact]
    public async Task Rule53_Where_the_server_closes_the_client_connects_again()
    {
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                c.Socket.Shutdown(SocketShutdown.Send);
                closed.SetResult();
                await c.UntilClosedAsync();
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        await closed.Task.WaitAsync(Some.Time);
        // it is looked at before it is used: no message is in doubt, not even a later one
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Rule62_In_the_old_style_nobody_says_who_closes_so_each_message_has_a_connection()
    {
        await using ScriptedServer server = new(Keeping(FinalMsgRep), Keeping(FinalMsgRep));
        using TcpTransport transport = Open(server, Old);
        await transport.OctetsAsync();
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Rule62_Unless_it_is_required_to_be_kept()
    {
        await using ScriptedServer server = new(Keeping(FinalMsgRep, FinalMsgRep));
        using TcpTransport transport = Open(server, settings => Old(settings) with { KeepAlive = KeepAliveMode.Require });
        await transport.OctetsAsync();
        await transport.OctetsAsync(Later);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Rule53_KeepAlive_No_asks_the_server_to_close()
    {
        await using ScriptedServer server = new(Keeping(PkiRepAndClosing), Keeping(PkiRep));
        using TcpTransport transport = Open(server, settings => settings with { KeepAlive = KeepAliveMode.No });
        await transport.OctetsAsync();
        // the server forgot to: nothing more is sent on it all the same
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
        Assert.Equal([AskedAndClosing, AskedAndClosing], server.Frames());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule53_The_first_message_is_sent_once_more_when_a_kept_connection_closes_under_it(bool reset)
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await c.FrameAsync();
                if (reset)
                    c.Reset();
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync(Later);
        await transport.OctetsAsync();
        Assert.Equal(2, server.Accepted);
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task Rule53_So_is_a_question_for_an_answer()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await c.FrameAsync();
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        Assert.IsType<TransportReply.Octets>(await transport.CollectAsync("Version10-0000002A"));
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Rule53_It_goes_over_a_fresh_connection_though_other_kept_ones_lie_there()
    {
        const int Kept = 5;
        using Barrier all = new(Kept);
        async Task KeepThenClose(ScriptedConnection c)
        {
            await c.FrameAsync();
            // all at once, so that each has a connection of its own
            await Task.Run(() => all.SignalAndWait(c.Stopping));
            await c.SendAsync(Hex.Parse(PkiRep));
            await c.FrameAsync();
        }

        await using ScriptedServer server = new([.. Enumerable.Repeat<Func<ScriptedConnection, Task>>(KeepThenClose, Kept), Keeping(PkiRep)]);
        using TcpTransport transport = Open(server);
        await Task.WhenAll(Enumerable.Range(0, Kept).Select(_ => transport.OctetsAsync(Later)));
        Assert.Equal(Kept, server.Accepted);
        await transport.OctetsAsync();
        Assert.Equal(Kept + 1, server.Accepted);
        Assert.Equal(Kept + 2, server.Requests.Count);
    }

    [Fact]
    public async Task Rule53_A_later_message_is_never_sent_twice()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await c.FrameAsync();
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
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
                await c.FrameAsync();
                if (reset)
                    c.Reset();
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        Assert.Equal("CmpTransport.ConnectionClosed", (await transport.FailsAsync()).ErrorId);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Rule53_Nothing_is_sent_twice_after_an_octet_of_the_answer()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await c.FrameAsync();
                await c.SendAsync([0]);
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        Assert.Equal("CmpTransport.ConnectionClosed", (await transport.FailsAsync()).ErrorId);
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Rule53_Nothing_is_sent_three_times()
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await c.FrameAsync();
            },
            c => c.FrameAsync(),
            Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await transport.OctetsAsync(Later);
        Assert.Equal("CmpTransport.ConnectionClosed", (await transport.FailsAsync()).ErrorId);
        Assert.Equal(2, server.Accepted);
        Assert.Equal(3, server.Requests.Count);
    }

    /// <summary>cryptlib's transactions live on their connections.</summary>
    [Fact]
    public async Task Rule53_KeepAlive_Require_keeps_each_transaction_on_its_connection()
    {
        List<string>[] seen = [[], []];
        Func<ScriptedConnection, Task> Noting(int number) => async c =>
        {
            for (int i = 0; i < 3; i++)
            {
                seen[number].Add((await c.FrameAsync()).Substring(22));
                await c.SendAsync(Hex.Parse(PkiRep));
            }
            await c.UntilClosedAsync();
        };
        await using ScriptedServer server = new(Noting(0), Noting(1));
        using TcpTransport transport = Open(server, settings => settings with { KeepAlive = KeepAliveMode.Require });
        await transport.OctetsAsync(Message("AA", 1));
        await transport.OctetsAsync(Message("BB", 2));
        await transport.OctetsAsync(Message("AA", 3) with { First = false });
        await transport.OctetsAsync(Message("BB", 4) with { First = false });
        await transport.OctetsAsync(Message("AA", 5) with { First = false, Last = true });
        // where one has ended, its connection is anybody's
        await transport.OctetsAsync(Message("BB", 6) with { First = false, Last = true });
        Assert.Equal(["01", "03", "05"], seen[0]);
        Assert.Equal(["02", "04", "06"], seen[1]);
        Assert.Equal(2, server.Accepted);

        static TransportRequest Message(string transaction, byte number) => First with { TransactionId = transaction, Octets = new byte[] { 0x30, 3, 2, 1, number } };
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_keeps_the_connection_over_a_wait_for_a_polling_reference()
    {
        const string PollRep = "0000000B0A00010000002A00000005";
        await using ScriptedServer server = new(Keeping(PollRep, PollRep, PkiRep, FinRep), Keeping(PkiRep));
        using TcpTransport transport = Open(server, settings => settings with { KeepAlive = KeepAliveMode.Require });
        string ticket = Assert.IsType<TransportReply.NotYet>(await transport.SendAsync()).Ticket;
        // it is nobody else's meanwhile
        await transport.OctetsAsync(First with { TransactionId = "BB" });
        Assert.IsType<TransportReply.NotYet>(await transport.CollectAsync(ticket));
        Assert.IsType<TransportReply.Octets>(await transport.CollectAsync(ticket));
        Assert.IsType<TransportReply.Nothing>(await transport.SendAsync(Later));
        Assert.Equal(2, server.Accepted);
        Assert.Equal([Asked, Asked, "000000070A00020000002A", "000000070A00020000002A", Asked], server.Frames());
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_refuses_a_server_that_closes_too_early()
    {
        await using ScriptedServer server = new(Keeping(PkiRepAndClosing), Keeping(PkiRepAndClosing), Keeping("000000040A010300"));
        using TcpTransport transport = Open(server, settings => settings with { KeepAlive = KeepAliveMode.Require });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTcp.NotKept", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        await transport.OctetsAsync(First with { Last = true });
        await transport.SendAsync();
    }

    [Fact]
    public async Task Rule53_KeepAlive_Require_opens_no_connection_for_a_later_message()
    {
        await using ScriptedServer server = new(Keeping(PkiRep, PkiRep));
        using TcpTransport transport = Open(server, settings => settings with { KeepAlive = KeepAliveMode.Require });
        Assert.Equal("CmpTcp.NotKept", (await transport.FailsAsync(Later)).ErrorId);
        Assert.Equal(0, server.Accepted);
        await transport.OctetsAsync(First with { TransactionId = null });
        Assert.Equal("CmpTcp.NotKept", (await transport.FailsAsync(Later)).ErrorId);
        await transport.OctetsAsync(Later with { TransactionId = null });
        Assert.Equal(1, server.Accepted);
    }

    [Fact]
    public async Task Interwoven_transactions_share_connections_and_each_gets_its_answer()
    {
        int open = 0, most = 0;
        using CmpTcpListener listener = CmpTcpListener.Start(new TcpListenerSettings(), async (request, _) =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref open));
            await Task.Yield();
            Interlocked.Decrement(ref open);
            return new TransportReply.Octets(request.Octets);
        });
        using TcpTransport transport = new(Settings(listener.Uri) with { MaxConnections = 8 });
        await Parallel.ForEachAsync(Enumerable.Range(0, 400), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            byte[] message = [0x30, 4, 2, 2, (byte)(i >> 8), (byte)i];
            Assert.Equal(message, (await transport.OctetsAsync(First with { Octets = message })).Value.ToArray());
        });
        Assert.InRange(most, 1, 8);
    }

    [Theory]
    [InlineData(KeepAliveMode.Prefer)]
    [InlineData(KeepAliveMode.Require)]
    public async Task There_are_never_more_connections_than_are_borne(KeepAliveMode keepAlive)
    {
        int open = 0;
        using CmpTcpListener listener = CmpTcpListener.Start(new TcpListenerSettings(), (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Message)));
        await using CountingRelay relay = new(listener.Uri, change => Interlocked.Add(ref open, change));
        using TcpTransport transport = new(Settings(relay.Uri) with { MaxConnections = 3, KeepAlive = keepAlive });
        for (int i = 0; i < 20; i++)
        {
            // each transaction that is begun and never ended would keep one for itself
            await transport.OctetsAsync(First with { TransactionId = i.ToString() });
            using CancellationTokenSource limit = new(Some.Time);
            while (Volatile.Read(ref open) > 3)
                await Task.Delay(1, limit.Token);
        }
        Assert.Equal(keepAlive == KeepAliveMode.Require ? 3 : 1, Volatile.Read(ref open));
    }

    [SkippableFact]
    public async Task Rule61_A_connection_that_takes_too_long_has_an_error_of_its_own()
    {
        // a queue of one that is full leaves the others waiting; other systems refuse at once
        Skip.IfNot(OperatingSystem.IsLinux(), "only Linux lets a connection wait that does not fit into the queue");
        using Socket busy = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        busy.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        busy.Listen(0);
        List<TcpClient> queue = [];
        try
        {
            for (int i = 0; i < 4; i++)
            {
                queue.Add(new TcpClient());
                _ = queue[i].ConnectAsync((IPEndPoint)busy.LocalEndPoint!).ContinueWith(task => _ = task.Exception, TaskScheduler.Default);
            }
            using TcpTransport transport = new(Settings(new Uri("tcp://" + busy.LocalEndPoint)) with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
            CmpException error = await transport.FailsAsync();
            Assert.Equal("CmpTransport.ConnectTimeout", error.ErrorId);
            Assert.Equal(CmpErrorKind.Timeout, error.Kind);
            Assert.Contains("0.3 s", error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.RecommendedAction);
        }
        finally
        {
            queue.ForEach(client => client.Dispose());
        }
    }

    [Fact]
    public async Task Rule61_A_refused_connection_is_no_timeout()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using TcpTransport transport = new(Settings(new Uri("tcp://" + unused.LocalEndPoint)));
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.ConnectFailed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
        Assert.Contains(unused.LocalEndPoint!.ToString()!, error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task A_name_that_nobody_has_is_not_reached()
    {
        using TcpTransport transport = new(Settings(new Uri("tcp://nobody.invalid")));
        Assert.Equal("CmpTransport.ConnectFailed", (await transport.FailsAsync()).ErrorId);
    }

    /// <summary>Half a frame, then silence; less than that; nothing at all.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("00000008")]
    [InlineData("000000080A0005")]
    [InlineData("000000080A000530030201")]
    public async Task Rule61_A_server_that_falls_silent_is_too_slow_and_its_connection_is_not_used_again(string start)
    {
        await using ScriptedServer server = new(
            async c =>
            {
                await c.FrameAsync();
                await c.SendAsync(Hex.Parse(start));
                await c.UntilClosedAsync();
            },
            Keeping(PkiRep));
        using TcpTransport transport = Open(server, settings => settings with { ExchangeTimeout = TimeSpan.FromMilliseconds(500) });
        CmpException error = await transport.FailsAsync();
        Assert.Equal("CmpTransport.Timeout", error.ErrorId);
        Assert.Equal(CmpErrorKind.Timeout, error.Kind);
        Assert.NotNull(error.RecommendedAction);
        await transport.OctetsAsync(Later);
        Assert.Equal(2, server.Accepted);
    }

    [Fact]
    public async Task Rule61_The_time_is_one_for_the_whole_round_trip_not_for_each_octet()
    {
        await using ScriptedServer server = new(async c =>
        {
            await c.FrameAsync();
            await c.SendAsync(Hex.Parse("000186A80A0005"));
            foreach (byte octet in Some.Sequence(100_000))
            {
                await c.SendAsync([octet]);
                await Task.Delay(20, c.Stopping);
            }
        });
        using TcpTransport transport = Open(server, settings => settings with { ExchangeTimeout = TimeSpan.FromMilliseconds(500) });
        Assert.Equal("CmpTransport.Timeout", (await transport.FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule61_Who_waits_for_a_connection_waits_no_longer_than_for_an_answer()
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(async c =>
        {
            await c.FrameAsync();
            received.SetResult();
            await HangAsync(c);
        }, HangAsync);
        using TcpTransport transport = Open(server, settings => settings with { MaxConnections = 1, ExchangeTimeout = TimeSpan.FromSeconds(1) });
        Task<CmpException> first = transport.FailsAsync();
        await received.Task.WaitAsync(Some.Time);
        Assert.Equal("CmpTransport.Timeout", (await transport.FailsAsync(Later)).ErrorId);
        Assert.Equal("CmpTransport.Timeout", (await first).ErrorId);
    }

    [Theory]
    [InlineData("00")]
    [InlineData("000000080A")]
    [InlineData("000000080A000530030201")]
    public async Task A_connection_that_breaks_in_the_middle_is_no_answer(string start)
    {
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => AnsweredAsync(start));
        Assert.Equal("CmpTransport.ConnectionClosed", error.ErrorId);
        Assert.Equal(CmpErrorKind.Transport, error.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000080A000530030201")]
    public async Task Cancelling_ends_the_wait_and_closes_the_connection_at_once(string start)
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(async c =>
        {
            await c.FrameAsync();
            await c.SendAsync(Hex.Parse(start));
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
        using TcpTransport transport = Open(server);
        using CancellationTokenSource stop = new();
        Task<TransportReply> exchange = transport.ExchangeAsync(First, stop.Token);
        await received.Task.WaitAsync(Some.Time);
        await stop.CancelAsync();
        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange.WaitAsync(Some.Time));
        Assert.Equal(stop.Token, cancelled.CancellationToken);
        await closed.Task.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task Cancelling_ends_a_write_that_the_server_does_not_take()
    {
        TaskCompletionSource accepted = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(c =>
        {
            accepted.SetResult();
            return HangAsync(c);
        });
        using TcpTransport transport = Open(server);
        using CancellationTokenSource stop = new();
        Task<TransportReply> exchange = transport.ExchangeAsync(First with { Octets = new byte[64 << 20] }, stop.Token);
        await accepted.Task.WaitAsync(Some.Time);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange.WaitAsync(Some.Time));
    }

    [Fact]
    public async Task What_is_cancelled_already_sends_nothing()
    {
        await using ScriptedServer server = new(Keeping(PkiRep));
        using TcpTransport transport = Open(server);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => transport.SendAsync(cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(0, server.Accepted);
    }

    [Fact]
    public async Task Disposing_closes_the_connections_and_ends_what_is_under_way()
    {
        TaskCompletionSource received = new(TaskCreationOptions.RunContinuationsAsynchronously), closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ScriptedServer server = new(
            async c =>
            {
                await Answering(PkiRep)(c);
                await c.UntilClosedAsync();
                closed.SetResult();
            },
            async c =>
            {
                await c.FrameAsync();
                received.SetResult();
                await HangAsync(c);
            });
        TcpTransport transport = Open(server);
        await transport.OctetsAsync();
        Task<CmpException> one = transport.FailsAsync(), other = transport.FailsAsync();
        await received.Task.WaitAsync(Some.Time);
        transport.Dispose();
        await closed.Task.WaitAsync(Some.Time);
        Assert.Equal("CmpTransport.ConnectionClosed", (await one).ErrorId);
        Assert.Equal("CmpTransport.ConnectionClosed", (await other).ErrorId);
    }

    private static void InterlockedMax(ref int most, int now)
    {
        int before;
        while ((before = Volatile.Read(ref most)) < now && Interlocked.CompareExchange(ref most, now, before) != before)
        {
        }
    }

    /// <summary>Passes connections on and counts those that are open.</summary>
    private sealed class CountingRelay : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stopping = new();
        private readonly List<Task> _running = [];
        private readonly Task _accepting;

        public CountingRelay(Uri server, Action<int> changed)
        {
            _listener.Start();
            _accepting = AcceptAsync(server, changed);
        }

        public Uri Uri => new("tcp://127.0.0.1:" + ((IPEndPoint)_listener.LocalEndpoint).Port);

        public async ValueTask DisposeAsync()
        {
            await _stopping.CancelAsync();
            _listener.Stop();
            await _accepting;
            await Task.WhenAll(_running);
            _stopping.Dispose();
        }

        private async Task AcceptAsync(Uri server, Action<int> changed)
        {
            try
            {
                while (true)
                {
                    TcpClient client = await _listener.AcceptTcpClientAsync(_stopping.Token);
                    changed(1);
                    _running.Add(ServeAsync(client, server, changed));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException)
            {
                // the end
            }
        }

        private async Task ServeAsync(TcpClient client, Uri server, Action<int> changed)
        {
            try
            {
                using (client)
                using (TcpClient beyond = new() { NoDelay = true })
                {
                    client.NoDelay = true;
                    await beyond.ConnectAsync("127.0.0.1", server.Port, _stopping.Token);
                    await Task.WhenAny(client.GetStream().CopyToAsync(beyond.GetStream(), _stopping.Token), beyond.GetStream().CopyToAsync(client.GetStream(), _stopping.Token));
                }
            }
            catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
            {
                // one side is gone
            }
            changed(-1);
        }
    }
}
