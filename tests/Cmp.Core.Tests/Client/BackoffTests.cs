using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>A server that says that it is busy is left alone, and asked again within the time of the operation.</summary>
public sealed class BackoffTests
{
    private static CmpException Busy(int? seconds = null, int status = 503) => new(CmpErrorKind.Protocol, "CmpHttp." + status, "The server answered with HTTP status " + status + ".")
    {
        HttpStatus = status,
        RetryAfter = TimeSpan.FromSeconds(seconds ?? 0),
    };

    /// <summary>A road on which some messages, by their turn, meet a busy server, and the others that of the script.</summary>
    private static FakeRoad Road(Func<int, CmpException?> busy, params Func<PkiMessage, ReadOnlyMemory<byte>>[] script)
    {
        int turn = -1, served = -1;
        return new FakeRoad((request, token) =>
        {
            token.ThrowIfCancellationRequested();
            if (busy(++turn) is { } error)
                throw error;
            return Task.FromResult<TransportReply>(new TransportReply.Octets(script[++served](PkiMessage.Decode(request.Octets))));
        });
    }

    private static FakeRoad AlwaysBusy(int? seconds = null) => Road(_ => Busy(seconds));

    private static double Waited(Desk desk) => desk.Clock.Waits.Sum(wait => wait.TotalSeconds);

    [Theory]
    [InlineData(503)]
    [InlineData(429)]
    public async Task Rule55_A_busy_server_is_asked_again_when_it_wants_to_be(int status)
    {
        var desk = new Desk(Road(turn => turn == 0 ? Busy(30, status) : null, Desk.Good, Desk.PkiConf));
        await desk.EnrollAsync();
        Assert.Equal(30.5, Waited(desk), 3);
        Assert.Equal(["ir", "ir", "certConf"], desk.Road.Sent.Select(message => PkiBodyTypeNames.Of(message.Body.Type)));
        CmpProgress[] waiting = [.. desk.Progress.Where(progress => progress.Phase == "The server is busy")];
        Assert.All(waiting, progress => Assert.Equal("HTTP status " + status, progress.Reason));
        Assert.Equal(30.5, waiting[0].Remaining!.Value.TotalSeconds, 3);
        Assert.Contains(desk.Trace.Notes, note => note.Contains("asked again in 30.5 seconds"));
    }

    [Fact]
    public async Task Rule55_It_is_the_same_message_with_the_time_of_now()
    {
        var desk = new Desk(Road(turn => turn == 0 ? Busy(200) : null, Desk.Good, Desk.PkiConf));
        await desk.EnrollAsync();
        IReadOnlyList<PkiMessage> sent = desk.Road.Sent;
        Assert.Equal(Hex.Of(sent[0].Header.SenderNonce!.Value.Span), Hex.Of(sent[1].Header.SenderNonce!.Value.Span));
        Assert.Equal(Hex.Of(sent[0].Header.TransactionId!.Value.Span), Hex.Of(sent[1].Header.TransactionId!.Value.Span));
        Assert.Equal(Hex.Of(sent[0].Body.Encoded.Span), Hex.Of(sent[1].Body.Encoded.Span));
        Assert.True(sent[1].Header.MessageTime - sent[0].Header.MessageTime >= TimeSpan.FromSeconds(200));
        Assert.Equal([true, true, false], desk.Road.Requests.Select(request => request.First));
        Assert.Equal(1, desk.KeysMade);
    }

    [Fact]
    public async Task Rule55_A_later_message_waits_too()
    {
        PkiMessage? ir = null;
        var desk = new Desk(Road(
            turn => turn is 1 or 4 ? Busy(5) : null,
            request => Desk.Waiting(ir = request),
            Desk.PollRep(10),
            request => Peer.Shared.Answer(request, Desk.Response(ir!, Peer.Shared.Certify(Desk.KeyOf(ir!)))),
            Desk.PkiConf));
        Assert.True((await desk.EnrollAsync()).Confirmed);
        Assert.Equal(["ir", "pollReq", "pollReq", "pollReq", "certConf", "certConf"], desk.Road.Sent.Select(message => PkiBodyTypeNames.Of(message.Body.Type)));
        Assert.Equal([true, false, false, false, false, false], desk.Road.Requests.Select(request => request.First));
        Assert.Equal([false, false, false, false, true, true], desk.Road.Requests.Select(request => request.Last));
        Assert.Equal(5.5 + 10 + 5.5, Waited(desk), 3);
    }

    [Fact]
    public async Task Rule55_A_question_waits_too()
    {
        FakeRoad road = Road(turn => turn == 0 ? Busy(5) : null, request => Peer.Shared.Answer(request, new GenRepContent([])));
        var clock = new FakeClock();
        using var client = new CmpClient(new Desk(road).Said(), road, () => clock.Now, clock.Delay, random: () => 0);
        Assert.Empty(await client.SendGeneralMessageAsync([]));
        Assert.Equal(2, road.Requests.Count);
    }

    [Fact]
    public async Task Rule55_A_ticket_is_collected_again()
    {
        PkiMessage? ir = null;
        int asked = 0;
        FakeRoad road = new((request, _) =>
        {
            PkiMessage message = PkiMessage.Decode(request.Octets);
            ir ??= message;
            return Task.FromResult<TransportReply>(message == ir || message.Body is CertReqMessages ? new TransportReply.NotYet("one", Peer.Now) : new TransportReply.Octets(Desk.PkiConf(message)));
        })
        {
            Collect = ticket => ticket == "one" && ++asked == 2 ? new TransportReply.Octets(Desk.Good(ir!)) : throw Busy(3),
        };
        await new Desk(road).EnrollAsync();
        Assert.Equal((2, 2), (asked, road.Requests.Count));
    }

    [Theory]
    [InlineData(61)]
    [InlineData(60)]
    [InlineData(int.MaxValue)]
    public async Task Rule55_Who_asks_for_more_time_than_there_is_is_an_error_at_once(int seconds)
    {
        var desk = new Desk(AlwaysBusy(seconds)) { Settings = settings => settings with { Timeout = TimeSpan.FromSeconds(60) } };
        Assert.Equal("CmpHttp.503", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Clock.Waits);
        Assert.Single(desk.Road.Requests);
    }

    [Fact]
    public async Task Rule55_A_time_that_no_calendar_holds_is_an_error_at_once()
    {
        var desk = new Desk(Road(_ => new CmpException(CmpErrorKind.Protocol, "CmpHttp.503", "busy") { HttpStatus = 503, RetryAfter = TimeSpan.MaxValue }));
        Assert.Equal("CmpHttp.503", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Clock.Waits);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Rule55_Who_asks_for_a_second_for_ever_is_left_alone_for_longer_each_time_and_given_up_in_time(int seconds)
    {
        var desk = new Desk(AlwaysBusy(seconds)) { Settings = settings => settings with { Timeout = TimeSpan.FromSeconds(300) } };
        Assert.Equal("CmpHttp.503", (await desk.FailsAsync()).ErrorId);
        Assert.True(Waited(desk) < 300);
        Assert.InRange(desk.Road.Requests.Count, 6, 20);
    }

    [Fact]
    public async Task Rule55_Who_does_not_say_how_long_is_asked_five_times_more()
    {
        var desk = new Desk(AlwaysBusy()) { Chance = 1, Settings = settings => settings with { Timeout = TimeSpan.FromHours(1) } };
        Assert.Equal("CmpHttp.503", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(6, desk.Road.Requests.Count);
        Assert.Equal(1 + 2 + 4 + 8 + 16, Waited(desk), 3);
    }

    [Fact]
    public async Task Rule55_Chance_parts_those_who_were_sent_away_together()
    {
        var waits = new List<double>();
        foreach (double chance in new[] { 0, 0.5, 1 })
        {
            var desk = new Desk(Road(turn => turn < 2 ? Busy(10) : null, Desk.Good, Desk.PkiConf)) { Chance = chance };
            await desk.EnrollAsync();
            waits.Add(Math.Round(Waited(desk), 3));
        }
        Assert.Equal([21.5, 22.25, 23], waits);
    }

    [Fact]
    public async Task Rule55_Another_status_is_an_error_at_once()
    {
        var desk = new Desk(Road(_ => new CmpException(CmpErrorKind.Protocol, "CmpHttp.500", "broken") { HttpStatus = 500 }));
        Assert.Equal("CmpHttp.500", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Clock.Waits);
    }

    [Fact]
    public async Task Rule55_Who_is_impatient_waits_for_nothing()
    {
        var desk = new Desk(AlwaysBusy(1)) { Request = request => request with { IsImpatient = true } };
        Assert.Equal("CmpHttp.503", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Clock.Waits);
        Assert.Single(desk.Road.Requests);
    }

    [Fact]
    public async Task Rule55_Who_probes_hears_that_the_server_is_busy()
    {
        FakeRoad road = AlwaysBusy(1);
        var clock = new FakeClock();
        using var client = new CmpClient(new Desk(road).Said(), road, () => clock.Now, clock.Delay);
        ServerProbe probe = await client.ProbeAsync();
        Assert.Equal((ProbeStage.Reached, "CmpHttp.503", 503), (probe.Stage, probe.Error!.ErrorId, probe.HttpStatus));
        Assert.Empty(clock.Waits);
    }

    [Fact]
    public async Task Rule55_A_message_of_a_busy_server_is_its_answer()
    {
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(request =>
            new TransportReply.Octets(Peer.Shared.Answer(request, Peer.Error(FailInfo.SystemUnavail, "later"))) { HttpStatus = 503, StatusError = Busy(1) }));
        var desk = new Desk(road);
        Assert.Equal("CmpServer.systemUnavail", (await desk.FailsAsync()).ErrorId);
        Assert.Empty(desk.Clock.Waits);
    }

    [Fact]
    public async Task Rule55_What_only_claims_to_be_a_message_is_none()
    {
        int turn = 0;
        FakeRoad road = new((request, _) => Task.FromResult<TransportReply>(turn++ == 0
            ? new TransportReply.Octets(new byte[] { 0x30, 0 }) { HttpStatus = 503, StatusError = Busy(2) }
            : new TransportReply.Octets(turn == 2 ? Desk.Good(PkiMessage.Decode(request.Octets)) : Desk.PkiConf(PkiMessage.Decode(request.Octets)))));
        var desk = new Desk(road);
        await desk.EnrollAsync();
        Assert.Equal(2.5, Waited(desk), 3);
    }

    [Fact]
    public async Task Rule44_A_confirmation_that_a_busy_server_never_takes_leaves_the_certificate()
    {
        var desk = new Desk(Road(turn => turn > 0 ? Busy(1000) : null, Desk.Good));
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.False(enrolled.Confirmed);
        Assert.Contains(enrolled.Warnings, warning => warning.Contains("did not acknowledge"));
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_at_once_and_undoes_all()
    {
        using var stop = new CancellationTokenSource();
        var desk = new Desk(AlwaysBusy(100));
        desk.Clock.Waiting = () =>
        {
            if (desk.Clock.Waits.Count == 3)
                stop.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => desk.RunAsync(token: stop.Token));
        Assert.Equal(3, desk.Clock.Waits.Count);
        Assert.Single(desk.Road.Requests);
        desk.Undone();
    }
}
