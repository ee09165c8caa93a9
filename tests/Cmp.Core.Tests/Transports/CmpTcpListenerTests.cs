using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Transports.TcpTest;

namespace Cmp.Tests.Transports;

/// <summary>What the listener answers, octet for octet, to clients good and bad.</summary>
public class CmpTcpListenerTests
{
    private static readonly uint Epoch = (uint)Now.ToUnixTimeSeconds();

    private static Task<TransportReply> Octets(TransportRequest request, CancellationToken cancellationToken) => Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Message));

    private static CmpTcpListener Start(
        Func<TransportRequest, CancellationToken, Task<TransportReply>>? handler = null,
        Func<string, CancellationToken, Task<TransportReply>>? collect = null,
        Func<TcpListenerSettings, TcpListenerSettings>? change = null)
    {
        TcpListenerSettings settings = new() { Clock = () => Now };
        return CmpTcpListener.Start(change is null ? settings : change(settings), handler ?? Octets, collect);
    }

    private static CmpTcpListener Start(Func<TransportReply> reply, Func<TcpListenerSettings, TcpListenerSettings>? change = null) =>
        Start((_, _) => Task.FromResult(reply()), change: change);

    [Fact]
    public async Task Rule62_Each_question_is_answered_in_its_style()
    {
        ConcurrentQueue<TransportRequest> taken = new();
        using CmpTcpListener listener = Start((request, _) =>
        {
            taken.Enqueue(request);
            return Octets(request, default);
        });
        Assert.Equal("tcp", listener.Uri.Scheme);
        using RawTcp client = new(listener.Uri);
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
        Assert.Equal(FinalMsgRep, await client.AskAsync(AskedOld));
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
        Assert.All(taken, request =>
        {
            Assert.Equal("3003020101", Hex.Of(request.Octets.Span));
            Assert.False(request.First || request.Last);
            Assert.Null(request.Path);
            Assert.Equal(IPAddress.Loopback, request.From!.Address);
        });
    }

    [Fact]
    public async Task Rule62_Where_there_is_no_message_the_answer_says_that_nothing_follows()
    {
        using CmpTcpListener listener = Start(() => new TransportReply.Nothing());
        using RawTcp client = new(listener.Uri);
        Assert.Equal(FinRep, await client.AskAsync(Asked));
        Assert.Equal(NegPollRep, await client.AskAsync(AskedOld));
    }

    /// <summary>One handler serves this road and HTTP.</summary>
    [Theory]
    [InlineData(200, null, "")]
    [InlineData(201, null, "")]
    [InlineData(202, null, "")]
    [InlineData(204, null, "")]
    [InlineData(400, "0200", "The server does not take that.")]
    [InlineData(404, "0200", "The server does not take that.")]
    [InlineData(413, "0200", "The server does not take that.")]
    [InlineData(429, "0300", "The server is busy.")]
    [InlineData(500, "0300", "The server failed.")]
    [InlineData(503, "0300", "The server is busy.")]
    [InlineData(599, "0300", "The server failed.")]
    // none of an answer: the handler failed
    [InlineData(100, "0300", "The server failed.")]
    [InlineData(302, "0300", "The server failed.")]
    [InlineData(600, "0300", "The server failed.")]
    public async Task Rule57_A_status_of_HTTP_is_the_last_word_or_an_error(int status, string? error, string text)
    {
        List<Exception> failed = [];
        using CmpTcpListener listener = Start(() => new TransportReply.Nothing { HttpStatus = status }, settings => settings with { HandlerFailed = failed.Add });
        using RawTcp client = new(listener.Uri);
        string words = Hex.Of(Encoding.ASCII.GetBytes(text));
        Assert.Equal(error is null ? FinRep : "000000" + (7 + text.Length).ToString("X2") + "0A0006" + error + "0000" + words, await client.AskAsync(Asked));
        Assert.Equal(error is null ? NegPollRep : "000000" + (1 + text.Length).ToString("X2") + "06" + words, await client.AskAsync(AskedOld));
        Assert.Equal(status is < 200 or 302 or 600 ? 2 : 0, failed.Count);
    }

    [Fact]
    public async Task Rule57_A_message_comes_with_whatever_status()
    {
        using CmpTcpListener listener = Start(() => new TransportReply.Octets(Some.Message) { HttpStatus = 500 });
        using RawTcp client = new(listener.Uri);
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
    }

    [Fact]
    public async Task What_is_refused_without_the_handler_is_told_of_and_what_the_handler_refuses_is_not()
    {
        ConcurrentQueue<ListenerRefusal> refused = new();
        using CmpTcpListener listener = Start(() => new TransportReply.Nothing { HttpStatus = 400 }, settings => settings with { Refused = refused.Enqueue, MaxConnections = 1 });
        using (RawTcp client = new(listener.Uri))
        {
            await client.AskAsync(Asked);
            Assert.Empty(refused);
            await client.AskAsync("000000030A0080");
            await client.AskAsync("000000070A00020000002A");
            using (RawTcp another = new(listener.Uri))
                await another.AskAsync(Asked);
            await client.AskAsync("FFFFFFFF0A0000");
        }
        Assert.Equal([400, 400, 503, 413], refused.Select(refusal => refusal.Status));
        Assert.All(refused, refusal => Assert.Equal(IPAddress.Loopback, refusal.From!.Address));
        using CmpTcpListener strict = Start(change: settings => settings with { Refused = refused.Enqueue, Style = TcpMessageStyle.Version10 });
        using RawTcp old = new(strict.Uri);
        await old.AskAsync(AskedOld);
        Assert.Equal([400, 400, 503, 413, 400], refused.Select(refusal => refusal.Status));
    }

    [Fact]
    public async Task Finishing_answers_what_the_handler_has_and_closes_the_rest()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CmpTcpListener listener = Start(async (_, _) =>
        {
            asked.SetResult();
            await go.Task;
            return new TransportReply.Octets(Some.Message);
        });
        using RawTcp client = new(listener.Uri), half = new(listener.Uri);
        await half.SendAsync("0000000A");
        // a second question behind the first one does not cost the answer to the first
        await client.SendAsync(Asked + Asked);
        await asked.Task.WaitAsync(Some.Time);
        Task finishing = listener.FinishAsync();
        await half.UntilGoneAsync();
        go.SetResult();
        // with the close flag
        Assert.Equal("000000080A01053003020105", await client.AnswerAsync());
        Assert.True(await client.IsClosedAsync());
        client.Dispose();
        await finishing.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task Rule62_A_late_answer_gets_a_reference_and_is_given_out_by_it()
    {
        List<string> asked = [];
        using CmpTcpListener listener = Start(
            (_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("0000002A", Now.AddSeconds(30))),
            (reference, _) =>
            {
                asked.Add(reference);
                return Task.FromResult<TransportReply>(asked.Count % 2 == 1 ? new TransportReply.NotYet(reference, Now.AddSeconds(5)) : new TransportReply.Octets(Some.Message));
            });
        using RawTcp client = new(listener.Uri);
        Assert.Equal("0000000B0A00010000002A0000001E", await client.AskAsync(Asked));
        Assert.Equal("0000000B0A00010000002A00000005", await client.AskAsync("000000070A00020000002A"));
        Assert.Equal(PkiRep, await client.AskAsync("000000070A00020000002A"));
        // in the old style the time is one of the clock
        Assert.Equal("00000009010000002A" + (Epoch + 30).ToString("X8"), await client.AskAsync(AskedOld));
        Assert.Equal("00000009010000002A" + (Epoch + 5).ToString("X8"), await client.AskAsync("00000005020000002A"));
        Assert.Equal(FinalMsgRep, await client.AskAsync("00000005020000002A"));
        Assert.All(asked, reference => Assert.Equal("0000002A", reference));
    }

    [Fact]
    public async Task Rule62_An_answer_in_parts_is_for_the_old_style_only()
    {
        List<Exception> failed = [];
        using CmpTcpListener listener = Start(
            () => new TransportReply.Octets(Some.Message) { Next = new TransportReply.NotYet("00000007", Now.AddSeconds(9)) },
            settings => settings with { HandlerFailed = failed.Add });
        using RawTcp client = new(listener.Uri);
        Assert.Equal("0000000E0400000007" + (Epoch + 9).ToString("X8") + "3003020105", await client.AskAsync(AskedOld));
        Assert.Empty(failed);
        Assert.StartsWith("000000190A000603000000", await client.AskAsync(Asked), StringComparison.Ordinal);
        Assert.Single(failed);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rule62_A_reference_that_nobody_knows_is_an_error_with_it(bool knowsSome)
    {
        using CmpTcpListener listener = Start(collect: knowsSome ? (_, _) => throw new CmpException(CmpErrorKind.Argument, "CmpTransport.UnknownTicket", "x") : null);
        using RawTcp client = new(listener.Uri);
        string text = Hex.Of(Encoding.ASCII.GetBytes("The polling reference is not known."));
        Assert.Equal("0000002E0A0006020200040000002A" + text, await client.AskAsync("000000070A00020000002A"));
        Assert.Equal("0000002406" + text, await client.AskAsync("00000005020000002A"));
        // the connection is as good as before
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
    }

    [Theory]
    [InlineData("000000080A01003003020101", "000000080A01053003020105")]
    [InlineData("000000080AFF003003020101", "000000080A01053003020105")]
    public async Task Rule62_The_close_flag_is_answered_and_kept(string question, string answer)
    {
        using CmpTcpListener listener = Start();
        using RawTcp client = new(listener.Uri);
        Assert.Equal(answer, await client.AskAsync(question));
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Rule62_Other_flags_mean_nothing()
    {
        using CmpTcpListener listener = Start();
        using RawTcp client = new(listener.Uri);
        Assert.Equal(PkiRep, await client.AskAsync("000000080AFE003003020101"));
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
    }

    [Theory]
    // a version that is too high: the highest there is
    [InlineData("000000040B000300", "0A0106010100010A")]
    // a length of nothing, one that is less than its header, one that is too much
    [InlineData("00000000", "0A010602000000")]
    [InlineData("000000020A0000", "0A010602000000")]
    [InlineData("FFFFFFFF", "0A010602000000")]
    [InlineData("FFFFFFFF0A0000", "0A010602000000")]
    [InlineData("FFFFFFFF00", "06")]
    [InlineData("504F5354202F20485454502F312E31", "0A010602000000")]
    public async Task What_is_no_message_is_answered_by_an_error_and_the_end(string octets, string error)
    {
        int taken = 0;
        using CmpTcpListener listener = Start(() =>
        {
            taken++;
            return new TransportReply.Nothing();
        });
        using RawTcp client = new(listener.Uri);
        string answer = Assert.IsType<string>(await client.AskAsync(octets));
        Assert.StartsWith(error, answer.Substring(8), StringComparison.Ordinal);
        Assert.True(await client.IsClosedAsync());
        Assert.Equal(0, taken);
        using RawTcp other = new(listener.Uri);
        Assert.Equal(FinRep, await other.AskAsync(Asked));
    }

    [Theory]
    // a type that no client sends, or nobody knows
    [InlineData("000000040A000300", "0A00060201000103")]
    [InlineData("000000030A0080", "0A00060201000180")]
    [InlineData("000000020300", "06")]
    [InlineData("0000000109", "06")]
    // no PKIMessage in it, or more than one
    [InlineData("000000030A0000", "0A000602000000")]
    [InlineData("000000050A00000400", "0A000602000000")]
    [InlineData("0000000A0A000030030201010000", "0A000602000000")]
    [InlineData("0000000100", "06")]
    // a reference of three octets
    [InlineData("000000060A0002000000", "0A000602000000")]
    public async Task What_makes_no_sense_is_answered_by_an_error_and_others_may_follow(string octets, string error)
    {
        using CmpTcpListener listener = Start();
        using RawTcp client = new(listener.Uri);
        Assert.StartsWith(error, Assert.IsType<string>(await client.AskAsync(octets)).Substring(8), StringComparison.Ordinal);
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
    }

    [Fact]
    public async Task A_message_may_be_as_large_as_is_borne_and_no_larger()
    {
        int length = 0;
        using CmpTcpListener listener = Start((request, _) =>
        {
            length = request.Octets.Length;
            return Octets(request, default);
        }, change: settings => settings with { MaxRequestBytes = 200_000 });
        using RawTcp client = new(listener.Uri);
        Assert.Equal(PkiRep, await client.AskAsync(Hex.Of(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, Some.Sequence(199_995)).ToArray())));
        Assert.Equal(200_000, length);
        Assert.Contains("0A000602000000", await client.AskAsync(Hex.Of(new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, Some.Sequence(199_996)).ToArray())), StringComparison.Ordinal);
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
    }

    [Fact]
    public async Task Questions_that_come_at_once_are_answered_one_by_one()
    {
        using CmpTcpListener listener = Start();
        using RawTcp client = new(listener.Uri);
        await client.SendAsync(Asked + AskedOld + Asked);
        Assert.Equal(PkiRep, await client.AnswerAsync());
        Assert.Equal(FinalMsgRep, await client.AnswerAsync());
        Assert.Equal(PkiRep, await client.AnswerAsync());
    }

    [Fact]
    public async Task A_question_may_come_octet_by_octet()
    {
        using CmpTcpListener listener = Start();
        using RawTcp client = new(listener.Uri);
        for (int i = 0; i < Asked.Length; i += 2)
            await client.SendAsync(Asked.Substring(i, 2));
        Assert.Equal(PkiRep, await client.AnswerAsync());
    }

    /// <summary>draft-ietf-pkix-cmp-tcp-00 2.4: who does not want RFC 2510 answers by its error; who knows nothing else has none but that.</summary>
    [Theory]
    [InlineData(TcpMessageStyle.Version10, AskedOld, Asked, PkiRep)]
    [InlineData(TcpMessageStyle.Rfc2510, Asked, AskedOld, FinalMsgRep)]
    public async Task Rule62_One_style_may_be_refused(TcpMessageStyle style, string refused, string taken, string answer)
    {
        using CmpTcpListener listener = Start(change: settings => settings with { Style = style });
        using RawTcp client = new(listener.Uri);
        TcpMessage error = TcpMessage.Decode(Hex.Parse(Assert.IsType<string>(await client.AskAsync(refused))), 1000);
        Assert.Equal(TcpMessageStyle.Rfc2510, error.Style);
        Assert.Equal(TcpMessageType.ErrorMsgRep, error.Type);
        Assert.NotEmpty(TcpErrorMessage.ReadText(error.Value.Span));
        Assert.Equal(answer, await client.AskAsync(taken));
    }

    [Theory]
    [InlineData("no reference")]
    [InlineData("2A")]
    public async Task A_handler_that_fails_is_a_failure_of_the_server_and_tells_nothing(string ticket)
    {
        List<Exception> failed = [];
        int turn = 0;
        using CmpTcpListener listener = Start(
            () => turn++ == 0 ? throw new FormatException("inside") : new TransportReply.NotYet(ticket, Now),
            settings => settings with { HandlerFailed = failed.Add });
        using RawTcp client = new(listener.Uri);
        string text = Hex.Of(Encoding.ASCII.GetBytes("The server failed."));
        Assert.Equal("000000190A000603000000" + text, await client.AskAsync(Asked));
        Assert.Equal("0000001306" + text, await client.AskAsync(AskedOld));
        Assert.Equal(2, failed.Count);
    }

    [Fact]
    public async Task Half_a_message_and_then_silence_is_closed_in_time()
    {
        using CmpTcpListener listener = Start(change: settings => settings with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        foreach (string start in new[] { "", "00", "0000000A", "000000080A0000300302" })
        {
            using RawTcp client = new(listener.Uri);
            await client.SendAsync(start);
            await client.UntilGoneAsync();
        }
    }

    [Fact]
    public async Task A_message_that_never_ends_is_closed_though_an_octet_comes_now_and_then()
    {
        using CmpTcpListener listener = Start(change: settings => settings with { RequestTimeout = TimeSpan.FromMilliseconds(300), IdleTimeout = TimeSpan.FromMinutes(1) });
        using RawTcp client = new(listener.Uri);
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
        await client.SendAsync("000010000A0000");
        await Assert.ThrowsAnyAsync<System.IO.IOException>(async () =>
        {
            while (true)
            {
                await client.SendAsync("30");
                await Task.Delay(20);
            }
        }).WaitAsync(Some.Time);
    }

    [Fact]
    public async Task An_idle_connection_is_closed_in_time()
    {
        using CmpTcpListener listener = Start(change: settings => settings with { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        using RawTcp client = new(listener.Uri);
        Assert.Equal(PkiRep, await client.AskAsync(Asked));
        await client.UntilGoneAsync();
    }

    [Fact]
    public async Task A_handler_may_take_its_time()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously), go = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CmpTcpListener listener = Start(async (_, _) =>
        {
            asked.SetResult();
            await go.Task;
            return new TransportReply.Octets(Some.Message);
        }, change: settings => settings with { RequestTimeout = TimeSpan.FromMilliseconds(100), IdleTimeout = TimeSpan.FromMilliseconds(100) });
        using RawTcp client = new(listener.Uri);
        Task<string?> answer = client.AskAsync(Asked);
        await asked.Task.WaitAsync(Some.Time);
        await Task.Delay(400);
        go.SetResult();
        Assert.Equal(PkiRep, await answer);
    }

    [Theory]
    [InlineData(Asked, "0A010603000000")]
    [InlineData(AskedOld, "06")]
    public async Task Connections_too_many_are_told_so(string question, string error)
    {
        using CmpTcpListener listener = Start(change: settings => settings with { MaxConnections = 2 });
        using RawTcp one = new(listener.Uri), two = new(listener.Uri);
        Assert.Equal(PkiRep, await one.AskAsync(Asked));
        Assert.Equal(PkiRep, await two.AskAsync(Asked));
        using (RawTcp three = new(listener.Uri))
        {
            Assert.StartsWith(error, Assert.IsType<string>(await three.AskAsync(question)).Substring(8), StringComparison.Ordinal);
            Assert.True(await three.IsClosedAsync());
        }
        Assert.Equal(PkiRep, await one.AskAsync(Asked));
    }

    [Fact]
    public async Task Stopping_lets_go_of_everybody_and_ends_what_runs()
    {
        TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CancellationToken seen = default;
        CmpTcpListener listener = Start(async (_, token) =>
        {
            seen = token;
            asked.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return new TransportReply.Nothing();
        });
        using RawTcp busy = new(listener.Uri), idle = new(listener.Uri);
        await busy.SendAsync(Asked);
        await asked.Task.WaitAsync(Some.Time);
        await listener.StopAsync().WaitAsync(Some.Time);
        Assert.True(seen.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<Exception>(async () => Assert.NotNull(await busy.AnswerAsync()));
        Assert.ThrowsAny<System.Net.Sockets.SocketException>(() => new RawTcp(listener.Uri));
        listener.Dispose();
    }

    [Fact]
    public void A_port_that_is_taken_is_an_error()
    {
        using CmpTcpListener listener = Start();
        CmpException error = Assert.Throws<CmpException>(() => Start(change: settings => settings with { Port = listener.Uri.Port }));
        Assert.Equal("CmpTransport.ListenFailed", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public void The_address_names_the_host_that_is_wanted()
    {
        using CmpTcpListener any = Start(change: settings => settings with { Address = IPAddress.Any });
        Assert.Equal("127.0.0.1", any.Uri.Host);
        using CmpTcpListener named = Start(change: settings => settings with { HostName = "localhost" });
        Assert.Equal("localhost", named.Uri.Host);
    }

    [Fact]
    public async Task Many_clients_are_served_at_once()
    {
        using CmpTcpListener listener = Start((request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets)));
        await Parallel.ForEachAsync(Enumerable.Range(0, 64), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (i, _) =>
        {
            using RawTcp client = new(listener.Uri);
            for (int turn = 0; turn < 10; turn++)
            {
                string message = "30040202" + i.ToString("X2") + turn.ToString("X2");
                Assert.Equal("000000090A0005" + message, await client.AskAsync("000000090A0000" + message));
            }
        });
    }
}
