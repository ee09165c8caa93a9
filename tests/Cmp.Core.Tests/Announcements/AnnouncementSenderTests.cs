using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Tests.Client;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Announcements;

/// <summary>An announcement is pushed until somebody has stored it (RFC 9811 3.5), and nothing else counts as that.</summary>
public sealed class AnnouncementSenderTests
{
    private readonly FakeClock _clock = new();
    private readonly ListTrace _trace = new();
    private readonly ReadOnlyMemory<byte> _octets = ToPush.Signed(ToPush.Crl).Encoded;

    private static TransportReply Status(int? status) => new TransportReply.Nothing { HttpStatus = status };

    private static Func<TransportReply> Fails(string errorId, CmpErrorKind kind = CmpErrorKind.Transport, int? status = null, int? retryAfter = null) => () =>
        throw new CmpException(kind, errorId, $"It went wrong: {errorId}.") { HttpStatus = status, RetryAfter = retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null };

    private static Func<TransportReply> Busy(int seconds) => Fails("CmpHttp.503", CmpErrorKind.Protocol, 503, seconds);

    /// <summary>A road that does one thing after the other, and the last one again and again.</summary>
    private static FakeRoad Road(params Func<TransportReply>[] script)
    {
        int turn = 0;
        return new FakeRoad((_, token) =>
        {
            token.ThrowIfCancellationRequested();
            return Task.FromResult(script[Math.Min(turn++, script.Length - 1)]());
        });
    }

    private CmpClient Client(FakeRoad road, string uri = "http://ee.example/") =>
        new(new ServerSettings { Uri = new Uri(uri), Timeout = TimeSpan.FromMinutes(5) }, road, () => _clock.Now, _clock.Delay, random: () => 1);

    private async Task<Delivery> SendAsync(FakeRoad road, string uri = "http://ee.example/", bool isImpatient = false, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        using CmpClient client = Client(road, uri);
        return await new AnnouncementSender(client).SendAsync(_octets, new RequestOptions { Trace = _trace, IsImpatient = isImpatient, Timeout = timeout }, cancellationToken);
    }

    private Task<CmpException> FailsAsync(FakeRoad road) => Assert.ThrowsAnyAsync<CmpException>(() => SendAsync(road));

    private double Waited => _clock.Waits.Sum(wait => wait.TotalSeconds);

    [Theory]
    [InlineData(201, DeliveryStatus.Stored)]
    [InlineData(200, DeliveryStatus.Delivered)]
    [InlineData(204, DeliveryStatus.Delivered)]
    [InlineData(null, DeliveryStatus.Delivered)]
    public async Task One_word_ends_it(int? status, DeliveryStatus expected)
    {
        FakeRoad road = Road(() => Status(status));
        Delivery delivery = await SendAsync(road);
        Assert.Equal((expected, status, 1, (ReadOnlyMemory<byte>?)null), (delivery.Status, delivery.HttpStatus, delivery.Attempts, delivery.Answer));
        TransportRequest request = Assert.Single(road.Requests);
        Assert.True(request.Octets.Span.SequenceEqual(_octets.Span));
        Assert.False(request.IsAnswerDue);
        Assert.Equal((CmpOperation.General, true, true), (request.Operation, request.First, request.Last));
        Assert.Empty(_clock.Waits);
        Assert.Empty(_trace.Warnings);
        Assert.Equal(["crlann"], _trace.Sent);
    }

    [Fact]
    public async Task Who_has_only_accepted_it_gets_the_same_octets_again_after_growing_delays()
    {
        FakeRoad road = Road(() => Status(202), () => Status(202), () => Status(202), () => Status(202), () => Status(201));
        Delivery delivery = await SendAsync(road);
        Assert.Equal((DeliveryStatus.Stored, 201, 5), (delivery.Status, delivery.HttpStatus!.Value, delivery.Attempts));
        Assert.All(road.Requests, request => Assert.True(request.Octets.Span.SequenceEqual(_octets.Span)));
        Assert.Equal(1 + 2 + 4 + 8, Waited, 3);
        Assert.Empty(_trace.Warnings);
        Assert.Contains(_trace.Notes, note => note.Contains("sent again in 8 seconds"));
    }

    [Fact]
    public async Task Who_never_stores_it_has_accepted_it_when_the_time_is_up_and_a_warning_says_so()
    {
        FakeRoad road = Road(() => Status(202));
        Delivery delivery = await SendAsync(road);
        // 1, 2, 4, 8, 16, 32 and then each minute, within five
        Assert.Equal((DeliveryStatus.Accepted, 202, 10), (delivery.Status, delivery.HttpStatus!.Value, delivery.Attempts));
        Assert.Equal(63 + (3 * 60), Waited, 3);
        Assert.Contains("sent 10 times", Assert.Single(_trace.Warnings));
    }

    [Fact]
    public async Task Chance_parts_those_that_are_sent_together()
    {
        FakeRoad road = Road(() => Status(202), () => Status(202), () => Status(201));
        using var client = new CmpClient(new ServerSettings { Uri = new Uri("http://ee.example/") }, road, () => _clock.Now, _clock.Delay, random: () => 0);
        await new AnnouncementSender(client).SendAsync(_octets);
        Assert.Equal(0.5 + 1, Waited, 3);
    }

    [Fact]
    public async Task Who_is_impatient_sends_it_once_and_is_not_warned()
    {
        FakeRoad road = Road(() => Status(202));
        Assert.Equal(DeliveryStatus.Accepted, (await SendAsync(road, isImpatient: true)).Status);
        Assert.Single(road.Requests);
        Assert.Empty(_clock.Waits);
        Assert.Empty(_trace.Warnings);
    }

    [Fact]
    public async Task Rule55_Who_is_busy_is_left_alone_for_as_long_as_he_asks()
    {
        Delivery delivery = await SendAsync(Road(Busy(30), () => Status(201)));
        Assert.Equal((DeliveryStatus.Stored, 2), (delivery.Status, delivery.Attempts));
        Assert.Equal(31, Waited, 3);
    }

    [Fact]
    public async Task Rule55_Who_is_busy_for_longer_than_there_is_time_is_an_error_at_once()
    {
        Assert.Equal("CmpHttp.503", (await FailsAsync(Road(Busy(300)))).ErrorId);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task Delays_for_one_reason_grow_with_those_for_the_other()
    {
        await SendAsync(Road(() => Status(202), Busy(10), () => Status(202), () => Status(201)));
        Assert.Equal(1 + (10 + 2) + 4, Waited, 3);
    }

    [Theory]
    [InlineData("CmpHttp.400", 400)]
    [InlineData("CmpHttp.404", 404)]
    [InlineData("CmpHttp.405", 405)]
    [InlineData("CmpHttp.411", 411)]
    [InlineData("CmpHttp.413", 413)]
    [InlineData("CmpHttp.415", 415)]
    [InlineData("CmpHttp.500", 500)]
    public async Task Another_status_is_an_error_at_once(string errorId, int status)
    {
        FakeRoad road = Road(Fails(errorId, CmpErrorKind.Protocol, status));
        CmpException error = await FailsAsync(road);
        Assert.Equal((errorId, status), (error.ErrorId, error.HttpStatus!.Value));
        Assert.Single(road.Requests);
        // what may be wrong with a request for a certificate need not be wrong with this
        Assert.Equal(status == 400, error.RecommendedAction?.Contains("Get-CmpAnnouncement") == true);
    }

    [Theory]
    [InlineData("CmpTransport.ConnectFailed", CmpErrorKind.Transport)]
    [InlineData("CmpTransport.Timeout", CmpErrorKind.Timeout)]
    [InlineData("CmpTcp.GeneralClientError", CmpErrorKind.Protocol)]
    public async Task Without_an_answer_it_is_not_delivered(string errorId, CmpErrorKind kind)
    {
        FakeRoad road = Road(Fails(errorId, kind));
        Assert.Equal(errorId, (await FailsAsync(road)).ErrorId);
        Assert.Single(road.Requests);
    }

    [Fact]
    public async Task Who_closes_the_connection_without_a_word_gets_it_again()
    {
        Delivery delivery = await SendAsync(Road(Fails("CmpTransport.ConnectionClosed"), Fails("CmpTransport.ConnectionClosed"), () => Status(201)));
        Assert.Equal((DeliveryStatus.Stored, 3), (delivery.Status, delivery.Attempts));
    }

    [Fact]
    public async Task Who_never_says_a_word_is_no_listener()
    {
        FakeRoad road = Road(Fails("CmpTransport.ConnectionClosed"));
        Assert.Equal("CmpTransport.ConnectionClosed", (await FailsAsync(road)).ErrorId);
        Assert.Equal(6, road.Requests.Count);
        road = Road(Fails("CmpTransport.ConnectionClosed"));
        Assert.Equal("CmpTransport.ConnectionClosed", (await Assert.ThrowsAnyAsync<CmpException>(() => SendAsync(road, isImpatient: true))).ErrorId);
        Assert.Single(road.Requests);
    }

    [Fact]
    public async Task Once_it_was_accepted_a_road_that_breaks_is_no_error()
    {
        Delivery delivery = await SendAsync(Road(() => Status(202), Fails("CmpTransport.ConnectFailed"), Fails("CmpTransport.Timeout", CmpErrorKind.Timeout), () => Status(201)));
        Assert.Equal((DeliveryStatus.Stored, 4), (delivery.Status, delivery.Attempts));
    }

    [Fact]
    public async Task Once_it_was_accepted_who_is_away_for_good_has_accepted_it()
    {
        Delivery delivery = await SendAsync(Road(() => Status(202), Fails("CmpTransport.ConnectFailed")));
        Assert.Equal((DeliveryStatus.Accepted, 202, 10), (delivery.Status, delivery.HttpStatus!.Value, delivery.Attempts));
        Assert.Single(_trace.Warnings);
    }

    [Fact]
    public async Task Once_it_was_accepted_a_refusal_is_one_all_the_same()
    {
        Assert.Equal("CmpHttp.400", (await FailsAsync(Road(() => Status(202), Fails("CmpHttp.400", CmpErrorKind.Protocol, 400)))).ErrorId);
    }

    [Fact]
    public async Task A_message_in_answer_is_an_error()
    {
        FakeRoad road = Road(() => new TransportReply.Octets(Peer.Shared.Answer(ToPush.Signed(ToPush.Crl), new PkiConfirmContent())) { HttpStatus = 200 });
        CmpException error = await FailsAsync(road);
        Assert.Equal(("CmpAnnouncement.Answered", 200), (error.ErrorId, error.HttpStatus!.Value));
        Assert.Contains("pkiconf", error.Message);
        Assert.False(error.Octets.IsEmpty);
    }

    [Fact]
    public async Task A_message_that_refuses_it_is_told_with_its_words_and_nobody_vouches_for_it()
    {
        FakeRoad road = Road(() => new TransportReply.Octets(Peer.Shared.Answer(ToPush.Signed(ToPush.Crl), Peer.Error(FailInfo.BadMessageCheck, "no\u001B[31m thanks"))) { HttpStatus = 400 });
        CmpServerException error = Assert.IsType<CmpServerException>(await FailsAsync(road));
        Assert.Equal(("CmpServer.badMessageCheck", false, 400), (error.ErrorId, error.IsAuthenticated, error.HttpStatus!.Value));
        Assert.Contains("thanks", error.Message);
        Assert.DoesNotContain("\u001B", error.Message);
    }

    [Fact]
    public async Task Rule55_What_only_claims_to_be_a_message_leaves_the_status()
    {
        FakeRoad road = Road(() => new TransportReply.Octets(new byte[] { 0x30, 0 }) { HttpStatus = 500, StatusError = new CmpException(CmpErrorKind.Protocol, "CmpHttp.500", "broken") { HttpStatus = 500 } });
        Assert.Equal("CmpHttp.500", (await FailsAsync(road)).ErrorId);
    }

    [Theory]
    [InlineData(201, DeliveryStatus.Stored)]
    [InlineData(202, DeliveryStatus.Accepted)]
    public async Task A_body_beside_a_status_that_says_it_all_does_not_matter(int status, DeliveryStatus expected)
    {
        FakeRoad road = Road(Fails("CmpHttp.ContentType", CmpErrorKind.Protocol, status));
        Assert.Equal(expected, (await SendAsync(road, isImpatient: true)).Status);
        Assert.Contains(_trace.Notes, note => note.Contains("is to be empty"));
    }

    [Fact]
    public async Task A_page_in_place_of_an_answer_is_an_error()
    {
        Assert.Equal("CmpHttp.ContentType", (await FailsAsync(Road(Fails("CmpHttp.ContentType", CmpErrorKind.Protocol, 200)))).ErrorId);
    }

    [Fact]
    public async Task The_last_word_may_come_by_a_reference()
    {
        int asked = 0;
        FakeRoad road = new((_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", _clock.Now.AddSeconds(20))))
        {
            Collect = ticket => ++asked < 3 ? new TransportReply.NotYet(ticket, _clock.Now.AddSeconds(20)) : Status(null),
        };
        Delivery delivery = await SendAsync(road, "tcp://ee.example");
        Assert.Equal((DeliveryStatus.Delivered, 1, 3), (delivery.Status, delivery.Attempts, asked));
        Assert.Equal(60, Waited, 3);
    }

    [Fact]
    public async Task Who_holds_his_last_word_back_for_too_long_has_accepted_it_and_does_not_get_it_again()
    {
        FakeRoad road = new((_, _) => Task.FromResult<TransportReply>(new TransportReply.NotYet("one", _clock.Now.AddHours(1))));
        Assert.Equal(DeliveryStatus.Accepted, (await SendAsync(road, "tcp://ee.example")).Status);
        Assert.Single(road.Requests);
        Assert.Single(_trace.Warnings);
    }

    [Theory]
    [InlineData("file:///srv/cmp")]
    [InlineData("mailto:ee@example.com")]
    public async Task What_others_carry_is_sent_and_no_more_is_known(string uri)
    {
        FakeRoad road = Road(() => Status(null));
        Assert.Equal(DeliveryStatus.Sent, (await SendAsync(road, uri)).Status);
        TransportRequest request = Assert.Single(road.Requests);
        Assert.Equal(Hex.Of(PkiMessage.Decode(_octets).Header.TransactionId!.Value.Span), request.TransactionId);
        Assert.Equal(Hex.Of(PkiMessage.Decode(_octets).Header.SenderNonce!.Value.Span), request.MessageId);
    }

    [Fact]
    public async Task Cancelling_ends_a_delay_at_once()
    {
        using var stop = new CancellationTokenSource();
        FakeRoad road = Road(() => Status(202));
        _clock.Waiting = () =>
        {
            if (_clock.Waits.Count == 2)
                stop.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => SendAsync(road, cancellationToken: stop.Token));
        Assert.Equal(2, road.Requests.Count);
    }

    [Fact]
    public async Task A_batch_of_announcements_is_pushed_too()
    {
        PkiMessage batch = Peer.Signature(Peer.Shared.Issuing).Protect(
            ToPush.Signed(ToPush.Crl).Header with { SenderNonce = new byte[16] },
            new NestedMessageContent([ToPush.Signed(ToPush.Crl), ToPush.Signed(ToPush.Revocation)]),
            []);
        FakeRoad road = Road(() => Status(201));
        using CmpClient client = Client(road);
        Assert.Equal(DeliveryStatus.Stored, (await new AnnouncementSender(client).SendAsync(batch.Encoded)).Status);
        Assert.Equal(CmpOperation.Nested, road.Requests[0].Operation);
    }

    [Fact]
    public async Task A_batch_with_anything_else_in_it_is_none()
    {
        PkiMessage request = PkiMessage.Decode(Peer.Shared.Answer(ToPush.Signed(ToPush.Crl), new GenMsgContent([])));
        PkiMessage batch = Peer.Signature(Peer.Shared.Issuing).Protect(ToPush.Signed(ToPush.Crl).Header, new NestedMessageContent([ToPush.Signed(ToPush.Crl), request]), []);
        using CmpClient client = Client(FakeRoad.ToNobody());
        foreach (ReadOnlyMemory<byte> octets in new[] { batch.Encoded, request.Encoded })
            Assert.Equal("CmpAnnouncement.NotOne", (await Assert.ThrowsAsync<CmpException>(() => new AnnouncementSender(client).SendAsync(octets))).ErrorId);
    }

    [Fact]
    public async Task What_is_no_message_is_not_sent()
    {
        using CmpClient client = Client(FakeRoad.ToNobody());
        foreach (byte[] octets in new[] { [], [0x30, 0], [.. _octets.ToArray(), 0], _octets.Slice(0, _octets.Length - 1).ToArray() })
            Assert.Equal("CmpMessage.Malformed", (await Assert.ThrowsAsync<CmpException>(() => new AnnouncementSender(client).SendAsync(octets))).ErrorId);
    }

    [Fact]
    public void Each_kind_is_an_announcement()
    {
        Assert.All(ToPush.All, content => Assert.True(AnnouncementSender.IsAnnouncement(ToPush.Signed(content))));
        IEnumerable<PkiBody> others = [new GenMsgContent([]), new PkiConfirmContent(), Peer.Error()];
        Assert.All(others, body => Assert.False(AnnouncementSender.IsAnnouncement(PkiMessage.Decode(Peer.Shared.Answer(ToPush.Signed(ToPush.Crl), body)))));
    }
}
