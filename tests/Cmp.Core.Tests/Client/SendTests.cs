using System;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>A message that was made before goes out as it is, and what comes back is given as it came.</summary>
public sealed class SendTests
{
    private readonly FakeClock _clock = new();
    private readonly ListTrace _trace = new();

    private static PkiMessage Question(PkiBody? body = null) => PkiMessage.Decode(Peer.Shared.Answer(new PkiMessage(new PkiHeader(2, Cmp.Messages.Pkix.GeneralName.NullDn, Cmp.Messages.Pkix.GeneralName.NullDn)
    {
        TransactionId = new byte[] { 1, 2, 3 },
    }, new GenMsgContent([])), body ?? new GenMsgContent([])));

    private async Task<Delivery> SendAsync(FakeRoad road, PkiMessage? message = null, string uri = "http://ca.example/", bool isImpatient = false)
    {
        using var client = new CmpClient(new ServerSettings { Uri = new Uri(uri), Timeout = TimeSpan.FromMinutes(5) }, road, () => _clock.Now, _clock.Delay, random: () => 1);
        return await client.SendAsync((message ?? Question()).Encoded, new RequestOptions { Trace = _trace, IsImpatient = isImpatient });
    }

    private static TransportReply.Octets Answer(PkiMessage request, int? status = null) =>
        new(Peer.Shared.Answer(request, new GenRepContent([]))) { HttpStatus = status };

    [Fact]
    public async Task An_answer_is_given_as_it_came()
    {
        PkiMessage question = Question();
        ReadOnlyMemory<byte> answer = default;
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(request => Answer(request, 200) is var reply ? reply with { Value = answer = reply.Value } : null!));
        Delivery delivery = await SendAsync(road, question);
        Assert.Equal((DeliveryStatus.Answered, 200, 1), (delivery.Status, delivery.HttpStatus!.Value, delivery.Attempts));
        Assert.True(delivery.Answer!.Value.Span.SequenceEqual(answer.Span));
        Assert.True(road.Requests[0].Octets.Span.SequenceEqual(question.Encoded.Span));
        Assert.True(road.Requests[0].IsAnswerDue);
        Assert.Equal(["genp"], _trace.Received);
    }

    [Fact]
    public async Task Nobody_looks_whether_it_is_the_right_one()
    {
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(_ => new TransportReply.Octets(Question(Peer.Error()).Encoded)));
        Assert.Equal(DeliveryStatus.Answered, (await SendAsync(road)).Status);
    }

    [Fact]
    public async Task What_is_no_message_is_no_answer()
    {
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(_ => new TransportReply.Octets(new byte[] { 0x30, 0 })));
        Assert.Equal("CmpMessage.Malformed", (await Assert.ThrowsAsync<CmpException>(() => SendAsync(road))).ErrorId);
    }

    [Fact]
    public async Task Rule55_A_message_counts_whatever_the_status()
    {
        var error = new CmpException(CmpErrorKind.Protocol, "CmpHttp.500", "broken") { HttpStatus = 500 };
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(request => Answer(request, 500) with { StatusError = error }));
        Assert.Equal((DeliveryStatus.Answered, 500), (await SendAsync(road)) is var delivery ? (delivery.Status, delivery.HttpStatus!.Value) : default);
        road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(_ => new TransportReply.Octets(new byte[] { 0x30, 0 }) { HttpStatus = 500, StatusError = error }));
        Assert.Same(error, await Assert.ThrowsAsync<CmpException>(() => SendAsync(road)));
    }

    [Fact]
    public async Task An_answer_that_comes_later_is_waited_for()
    {
        PkiMessage question = Question();
        FakeRoad road = new((_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", _clock.Now.AddSeconds(7)))) { Collect = _ => Answer(question) };
        Delivery delivery = await SendAsync(road, question, "tcp://ca.example");
        Assert.Equal((DeliveryStatus.Answered, 1), (delivery.Status, delivery.Attempts));
        Assert.Equal(7, _clock.Waits.Sum(wait => wait.TotalSeconds), 3);
    }

    [Theory]
    [InlineData("tcp://ca.example", DeliveryStatus.Accepted)]
    [InlineData("file:///srv/cmp", DeliveryStatus.Sent)]
    public async Task Who_is_impatient_does_not_wait_for_it(string uri, DeliveryStatus expected)
    {
        FakeRoad road = new((_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", _clock.Now.AddSeconds(7))));
        Delivery delivery = await SendAsync(road, uri: uri, isImpatient: true);
        Assert.Equal((expected, (ReadOnlyMemory<byte>?)null), (delivery.Status, delivery.Answer));
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task An_answer_that_comes_too_late_is_an_error()
    {
        FakeRoad road = new((_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", _clock.Now.AddSeconds(400))));
        Assert.Equal("CmpTransaction.StillWaiting", (await Assert.ThrowsAsync<CmpException>(() => SendAsync(road))).ErrorId);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task A_busy_server_gets_the_same_octets_again()
    {
        int turn = 0;
        FakeRoad road = new((request, _) => turn++ == 0
            ? throw new CmpException(CmpErrorKind.Protocol, "CmpHttp.503", "busy") { HttpStatus = 503, RetryAfter = TimeSpan.FromSeconds(3) }
            : Task.FromResult<TransportReply>(Answer(PkiMessage.Decode(request.Octets))));
        Assert.Equal(2, (await SendAsync(road)).Attempts);
        Assert.True(road.Requests[0].Octets.Span.SequenceEqual(road.Requests[1].Octets.Span));
    }

    [Fact]
    public async Task A_part_of_an_answer_comes_with_a_warning()
    {
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(request => Answer(request) with { Next = new TransportReply.NotYet("next", _clock.Now) }));
        Assert.Equal(DeliveryStatus.Answered, (await SendAsync(road)).Status);
        Assert.Contains("a part of the answer", Assert.Single(_trace.Warnings));
    }

    [Fact]
    public async Task To_a_pkiConf_nothing_is_due()
    {
        FakeRoad road = FakeRoad.Of(new Func<PkiMessage, TransportReply>(_ => new TransportReply.Nothing { HttpStatus = 200 }));
        Assert.Equal(DeliveryStatus.Delivered, (await SendAsync(road, Question(new PkiConfirmContent()))).Status);
        Assert.False(road.Requests[0].IsAnswerDue);
    }

    [Fact]
    public async Task A_road_is_told_what_it_must_know()
    {
        FakeRoad road = FakeRoad.Of([.. Enumerable.Repeat(new Func<PkiMessage, TransportReply>(request => Answer(request)), 8)]);
        (PkiBody Body, CmpOperation Operation, bool First)[] each =
        [
            (new GenMsgContent([]), CmpOperation.General, true),
            (new GenMsgContent([new InfoTypeAndValue(Oids.CaCerts)]), CmpOperation.CaCertificates, true),
            (new RevReqContent([]), CmpOperation.Revocation, true),
            (new NestedMessageContent([Question(new RevReqContent([]))]), CmpOperation.Revocation, true),
            (new NestedMessageContent([Question(), Question()]), CmpOperation.Nested, true),
            (new PollReqContent([0]), CmpOperation.General, false),
            (Peer.Error(), CmpOperation.General, false),
        ];
        foreach ((PkiBody body, _, _) in each)
            await SendAsync(road, Question(body));
        Assert.Equal(each.Select(one => (one.Operation, one.First, true, "010203")), road.Requests.Select(request => (request.Operation, request.First, request.Last, request.TransactionId!)));
    }
}
