using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>The client's road over CoAP, on real sockets.</summary>
public class CoapTransportTests
{
    /// <summary>The message layer with everything a hundred times as fast.</summary>
    private static readonly CoapTiming Fast = new() { AckTimeout = TimeSpan.FromMilliseconds(20), MaxLatency = TimeSpan.FromSeconds(1) };

    private static readonly CoapOption Cmp259 = CoapOption.Of(CoapOptionNumber.ContentFormat, 259);

    [Fact]
    public async Task A_message_is_a_confirmable_POST_with_its_content_format_and_its_answer_a_message()
    {
        await using UdpServer server = UdpServer.Answering(CoapCode.Changed, Some.Message, Cmp259);
        using CoapTransport transport = new(Settings(new Uri("coap://127.0.0.1:" + server.Place.Port)));
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
        Assert.Equal(Some.Message, reply.Value.ToArray());
        Assert.Null(reply.Warning);
        Assert.Null(reply.StatusError);
        CoapMessage sent = Assert.Single(server.Heard).Message;
        Assert.Equal((CoapType.Confirmable, CoapCode.Post, "/.well-known/cmp/ir"), (sent.Type, sent.Code, CoapPath.TextOf(sent)));
        Assert.Equal([11, 11, 11, 12, 17], sent.Options.Select(o => o.Number));
        Assert.Equal((259u, 259u), (sent.FindNumber(CoapOptionNumber.ContentFormat), sent.FindNumber(CoapOptionNumber.Accept)));
        Assert.Equal(HttpTest.First.Octets.ToArray(), sent.Payload.ToArray());
    }

    [Fact]
    public async Task With_our_listener_messages_of_any_length_go_there_and_back_many_at_once()
    {
        ConcurrentQueue<TransportRequest> heard = new();
        await using CmpCoapListener listener = CmpCoapListener.Start(new CoapListenerSettings(), (request, _) =>
        {
            heard.Enqueue(request);
            return Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));
        });
        using CoapTransport transport = new(Settings(listener.Uri));
        int[] lengths = [1, 500, 1018, 1019, 1020, 3000, 20_000];
        TransportReply[] replies = await Task.WhenAll(lengths.SelectMany(length => Enumerable.Repeat(length, 8)).Select(length => SendAsync(transport, Some.Sequence(length))));
        Assert.Equal(lengths.SelectMany(length => Enumerable.Repeat(length + 5, 8)), replies.Select(reply => Assert.IsType<TransportReply.Octets>(reply).Value.Length));
        Assert.Equal(lengths.Length * 8, heard.Count);
        Assert.All(heard, request => Assert.Equal((CmpOperation.Initialization, "/.well-known/cmp/ir"), (request.Operation, request.Path)));
    }

    [SkippableFact]
    public async Task It_goes_over_IPv6()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "this machine has no IPv6");
        await using UdpServer server = new(request => [UdpServer.Answer(request, CoapCode.Changed, Some.Message, Cmp259)], IPAddress.IPv6Loopback);
        using CoapTransport transport = new(Settings(server.Uri));
        Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
    }

    [Fact]
    public async Task A_name_is_sent_along_and_each_of_its_addresses_is_tried()
    {
        // of the two addresses that localhost mostly has, one answers
        await using UdpServer server = UdpServer.Answering(CoapCode.Changed, Some.Message, Cmp259);
        using CoapTransport transport = new(Settings(new Uri("coap://LocalHost:" + server.Place.Port + "/x")));
        for (int i = 0; i < 2; i++)
            Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
        Assert.All(server.Heard, heard => Assert.Equal("localhost", heard.Message.Find(CoapOptionNumber.UriHost)?.ToText()));
    }

    [Fact]
    public async Task A_name_without_an_address_is_an_error()
    {
        using CoapTransport transport = new(Settings(new Uri("coap://no-such-host.invalid/x")));
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport));
        Assert.Equal(("CmpTransport.ConnectFailed", CmpErrorKind.Transport), (e.ErrorId, e.Kind));
    }

    [Fact]
    public async Task A_port_is_kept_for_the_next_message_and_each_exchange_at_once_has_its_own()
    {
        using SemaphoreSlim all = new(0);
        int waiting = 0;
        await using CmpCoapListener listener = CmpCoapListener.Start(new CoapListenerSettings { AckDelay = TimeSpan.Zero }, async (request, stop) =>
        {
            if (Interlocked.Increment(ref waiting) == 4)
                all.Release(4);
            await all.WaitAsync(stop);
            return new TransportReply.Octets(request.Octets);
        });
        using CoapTransport transport = new(Settings(listener.Uri));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => SendAsync(transport)));

        await using UdpServer server = UdpServer.Answering(CoapCode.Changed, Some.Message, Cmp259);
        using CoapTransport again = new(Settings(server.Uri));
        for (int i = 0; i < 5; i++)
            await SendAsync(again);
        Assert.Single(server.Heard.Select(h => h.Port).Distinct());
        Assert.Equal(5, server.Heard.Select(h => h.Message.MessageId).Distinct().Count());
    }

    [Fact]
    public async Task After_anything_went_wrong_the_port_is_another()
    {
        int requests = 0;
        await using UdpServer server = new(request => Interlocked.Increment(ref requests) == 2
            ? [CoapMessage.ResetOf(request.MessageId).Encode()] : [UdpServer.Answer(request, CoapCode.Changed, Some.Message, Cmp259)]);
        using CoapTransport transport = new(Settings(server.Uri));
        await SendAsync(transport);
        Assert.Equal("CmpCoap.Reset", (await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport))).ErrorId);
        await SendAsync(transport);
        int[] ports = [.. server.Heard.Select(h => h.Port)];
        Assert.Equal(ports[0], ports[1]);
        Assert.NotEqual(ports[1], ports[2]);
    }

    [Fact]
    public async Task More_exchanges_than_are_allowed_at_once_wait_and_a_wait_can_be_cancelled()
    {
        await using UdpServer server = new(request => [request.Acknowledge().Encode()]);
        using CoapTransport transport = new(Settings(server.Uri) with { MaxConnections = 1 });
        using CancellationTokenSource first = new(), second = new();
        Task<TransportReply> one = transport.ExchangeAsync(HttpTest.First, first.Token);
        await UntilAsync(() => server.Heard.Count == 1);
        Task<TransportReply> other = transport.ExchangeAsync(HttpTest.First, second.Token);
        second.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other.WaitAsync(Some.Time));
        Assert.Single(server.Heard);
        first.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one.WaitAsync(Some.Time));
        // the place is free again
        using CancellationTokenSource third = new();
        Task<TransportReply> next = transport.ExchangeAsync(HttpTest.First, third.Token);
        await UntilAsync(() => server.Heard.Count == 2);
        third.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Some.Time));
    }

    [Fact]
    public async Task The_wait_for_a_place_is_part_of_the_time_and_the_time_may_be_years()
    {
        await using UdpServer server = new(request => [request.Acknowledge().Encode()]), other = UdpServer.Answering(CoapCode.Changed, Some.Message, Cmp259);
        using CoapTransport transport = new(Settings(server.Uri) with { MaxConnections = 1, ExchangeTimeout = TimeSpan.FromSeconds(0.3) });
        Task<TransportReply> one = SendAsync(transport), next = SendAsync(transport);
        Assert.Equal("CmpTransport.Timeout", (await Assert.ThrowsAsync<CmpException>(() => one)).ErrorId);
        Assert.Equal(CmpErrorKind.Timeout, (await Assert.ThrowsAsync<CmpException>(() => next)).Kind);
        using CoapTransport patient = new(Settings(new Uri("coap://localhost:" + other.Place.Port)) with { ExchangeTimeout = TimeSpan.FromSeconds(int.MaxValue) });
        Assert.IsType<TransportReply.Octets>(await SendAsync(patient));
    }

    [Fact]
    public async Task A_cancellation_reaches_the_socket_at_once()
    {
        await using UdpServer server = new(_ => []);
        using CoapTransport transport = new(Settings(server.Uri));
        using CancellationTokenSource cancel = new();
        Task<TransportReply> exchange = transport.ExchangeAsync(HttpTest.First, cancel.Token);
        await UntilAsync(() => !server.Heard.IsEmpty);
        cancel.Cancel();
        OperationCanceledException e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exchange.WaitAsync(Some.Time));
        Assert.Equal(cancel.Token, e.CancellationToken);
        // nobody listens at that port any more
        using Socket probe = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, server.Heard.First().Port));
    }

    [Fact]
    public async Task The_end_of_the_road_ends_what_is_under_way()
    {
        await using UdpServer server = new(request => [request.Acknowledge().Encode()]);
        CoapTransport transport = new(Settings(server.Uri));
        Task<TransportReply> exchange = transport.ExchangeAsync(HttpTest.First, CancellationToken.None);
        Task observing = transport.ObserveAsync(null, (_, _) => Task.CompletedTask, CancellationToken.None);
        await UntilAsync(() => server.Heard.Count >= 2);
        transport.Dispose();
        transport.Dispose();
        Assert.Equal("CmpTransport.ConnectFailed", (await Assert.ThrowsAsync<CmpException>(() => exchange.WaitAsync(Some.Time))).ErrorId);
        Assert.Equal("CmpTransport.ConnectFailed", (await Assert.ThrowsAsync<CmpException>(() => observing.WaitAsync(Some.Time))).ErrorId);
        Assert.Equal("CmpTransport.ConnectFailed", (await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport))).ErrorId);
    }

    [Fact]
    public async Task A_port_where_nobody_listens_is_known_after_a_repetition_and_not_after_all_of_them()
    {
        using Socket taken = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        taken.Dispose();
        using CoapTransport transport = new(Settings(new Uri("coap://127.0.0.1:" + port + "/x")) with { Timing = new CoapTiming { AckTimeout = TimeSpan.FromSeconds(0.2), MaxRetransmit = 12 } });
        Stopwatch watch = Stopwatch.StartNew();
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport));
        Assert.Equal(("CmpTransport.ConnectFailed", CmpErrorKind.Transport), (e.ErrorId, e.Kind));
        // not at once: such a word counts when it comes again
        Assert.True(watch.Elapsed >= TimeSpan.FromSeconds(0.19));
    }

    [Fact]
    public async Task A_server_that_is_silent_or_only_acknowledges_ends_it_by_its_time()
    {
        await using UdpServer silent = new(_ => []);
        using CoapTransport one = new(Settings(silent.Uri) with { Timing = Fast });
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(one));
        Assert.Equal(("CmpTransport.ConnectTimeout", CmpErrorKind.Timeout), (e.ErrorId, e.Kind));
        // a machine that is busy may miss a repetition
        Assert.InRange(silent.Heard.Count, 1, 5);
        Assert.Single(silent.Heard.Select(h => h.Message.MessageId).Distinct());
        await using UdpServer late = new(request => [request.Acknowledge().Encode()]);
        using CoapTransport other = new(Settings(late.Uri) with { ExchangeTimeout = TimeSpan.FromSeconds(0.3) });
        e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(other));
        Assert.Equal("CmpTransport.Timeout", e.ErrorId);
        Assert.Contains("0.3 s", e.Message);
    }

    [Fact]
    public async Task A_datagram_from_another_socket_does_not_arrive()
    {
        using Socket stranger = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        int port = 0;
        UdpServer? server = null;
        server = new UdpServer(request =>
        {
            port = server!.Heard.Last().Port;
            stranger.SendTo(UdpServer.Answer(request, CoapCode.Changed, [0x30, 1, 0xFF], Cmp259), new IPEndPoint(IPAddress.Loopback, port));
            return [[1, 2, 3], [0xFF], UdpServer.Answer(request, CoapCode.Changed, Some.Message, Cmp259)];
        });
        await using (server)
        {
            using CoapTransport transport = new(Settings(server.Uri));
            Assert.Equal(Some.Message, Assert.IsType<TransportReply.Octets>(await SendAsync(transport)).Value.ToArray());
        }
    }

    [Theory]
    [InlineData(0x41)]
    [InlineData(0x44)]
    [InlineData(0x45)]
    [InlineData(0x51)]
    public async Task Any_success_with_a_message_is_an_answer_and_without_one_it_is_delivered(byte code)
    {
        await using UdpServer full = UdpServer.Answering(new CoapCode(code), Some.Message, Cmp259);
        using CoapTransport one = new(Settings(full.Uri));
        Assert.IsType<TransportReply.Octets>(await SendAsync(one));
        await using UdpServer empty = UdpServer.Answering(new CoapCode(code), []);
        using CoapTransport other = new(Settings(empty.Uri));
        Assert.IsType<TransportReply.Nothing>(await SendAsync(other));
    }

    [Fact]
    public async Task An_answer_without_a_content_format_is_taken_where_that_is_allowed()
    {
        await using UdpServer server = UdpServer.Answering(CoapCode.Changed, Some.Message);
        using CoapTransport strict = new(Settings(server.Uri)), lenient = new(Settings(server.Uri) with { Lenient = true });
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(strict));
        Assert.Equal(("CmpCoap.ContentFormat", CmpErrorKind.Protocol), (e.ErrorId, e.Kind));
        Assert.Contains("-Lenient", e.RecommendedAction);
        Assert.Equal("The answer has no content format.", Assert.IsType<TransportReply.Octets>(await SendAsync(lenient)).Warning);
        // another one never is
        await using UdpServer other = UdpServer.Answering(CoapCode.Content, "<a>\u001b"u8.ToArray(), CoapOption.Of(CoapOptionNumber.ContentFormat, 0));
        using CoapTransport text = new(Settings(other.Uri) with { Lenient = true });
        e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(text));
        Assert.Equal("CmpCoap.ContentFormat", e.ErrorId);
        Assert.Contains("<a>\\u{001B}", e.Message);
    }

    [Theory]
    [InlineData(0x84, "CmpCoap.404", "4.04 (Not Found)")]
    [InlineData(0x85, "CmpCoap.405", "4.05 (Method Not Allowed)")]
    [InlineData(0x8F, "CmpCoap.415", "4.15 (Unsupported Content-Format)")]
    [InlineData(0xA3, "CmpCoap.503", "5.03 (Service Unavailable)")]
    [InlineData(0x9C, "CmpCoap.428", "4.28")]
    public async Task Rule55_A_code_is_the_error_where_no_message_explains_it(byte code, string errorId, string shown)
    {
        await using UdpServer server = UdpServer.Answering(new CoapCode(code), "no\u202e such\n thing"u8.ToArray());
        using CoapTransport transport = new(Settings(server.Uri) with { Lenient = true });
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport));
        Assert.Equal((errorId, CmpErrorKind.Protocol), (e.ErrorId, e.Kind));
        Assert.Contains(shown, e.Message);
        Assert.Contains("no\\u{202E} such\\u{000A} thing", e.Message);
    }

    [Theory]
    [InlineData(0xA3, 7u, 7.0)]
    [InlineData(0x9D, 0u, 0.0)]
    [InlineData(0xA3, null, 0.0)]
    [InlineData(0xA3, uint.MaxValue, 4294967295.0)]
    [InlineData(0xA0, 7u, null)]
    [InlineData(0x84, 7u, null)]
    public async Task Rule55_A_busy_server_says_when_to_come_again(byte code, uint? maxAge, double? seconds)
    {
        CoapOption[] options = maxAge is { } age ? [CoapOption.Of(CoapOptionNumber.MaxAge, age)] : [];
        await using UdpServer server = UdpServer.Answering(new CoapCode(code), [], options), withMessage = UdpServer.Answering(new CoapCode(code), Some.Message, [Cmp259, .. options]);
        using CoapTransport one = new(Settings(server.Uri)), other = new(Settings(withMessage.Uri));
        Assert.Equal(seconds, (await Assert.ThrowsAsync<CmpException>(() => SendAsync(one))).RetryAfter?.TotalSeconds);
        Assert.Equal(seconds, Assert.IsType<TransportReply.Octets>(await SendAsync(other)).StatusError!.RetryAfter?.TotalSeconds);
    }

    [Fact]
    public async Task Rule55_A_message_with_an_error_code_is_looked_at_first()
    {
        await using UdpServer server = UdpServer.Answering(CoapCode.InternalServerError, Some.Message, Cmp259);
        using CoapTransport transport = new(Settings(server.Uri));
        TransportReply.Octets reply = Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
        Assert.Equal("CmpCoap.500", reply.StatusError!.ErrorId);
        // what only claims to be one is not
        await using UdpServer other = UdpServer.Answering(CoapCode.InternalServerError, "oops"u8.ToArray(), Cmp259);
        using CoapTransport broken = new(Settings(other.Uri));
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(broken));
        Assert.Equal("CmpCoap.500", e.ErrorId);
        Assert.Equal("CmpMessage.Malformed", Assert.IsType<CmpException>(e.InnerException).ErrorId);
    }

    [Theory]
    [InlineData("300302010500", "CmpMessage.Malformed")]
    [InlineData("3003020105", null)]
    [InlineData("30030201", "CmpMessage.Malformed")]
    [InlineData("3080020105 0000", "CmpMessage.Malformed")]
    [InlineData("30843FFFFFFF", "CmpMessage.TooLarge")]
    [InlineData("0203020105", "CmpMessage.Malformed")]
    public async Task Rule56_An_answer_is_one_SEQUENCE_and_nothing_else(string octets, string? errorId)
    {
        await using UdpServer server = UdpServer.Answering(CoapCode.Changed, Cmp.Messages.Asn1.Hex.Parse(octets), Cmp259);
        using CoapTransport transport = new(Settings(server.Uri));
        if (errorId is null)
            Assert.IsType<TransportReply.Octets>(await SendAsync(transport));
        else
            Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport))).ErrorId);
    }

    [Fact]
    public async Task An_answer_that_is_too_large_is_refused()
    {
        await using CmpCoapListener listener = CmpCoapListener.Start(new CoapListenerSettings(), (_, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Sequence(10_000))));
        using CoapTransport transport = new(Settings(listener.Uri) with { MaxResponseBytes = 10_004 }), enough = new(Settings(listener.Uri) with { MaxResponseBytes = 10_005 });
        CmpException e = await Assert.ThrowsAsync<CmpException>(() => SendAsync(transport));
        Assert.Equal(("CmpMessage.TooLarge", CmpErrorKind.Malformed), (e.ErrorId, e.Kind));
        Assert.IsType<TransportReply.Octets>(await SendAsync(enough));
    }

    [Fact]
    public async Task CoAP_gives_no_tickets()
    {
        using CoapTransport transport = new(Settings(new Uri("coap://192.0.2.1")));
        Assert.Equal("CmpTransport.UnknownTicket", (await Assert.ThrowsAsync<CmpException>(() => transport.CollectAsync("x", CancellationToken.None))).ErrorId);
    }

    [Fact]
    public void Settings_that_cannot_hold_are_refused()
    {
        CoapTransportSettings good = Settings(new Uri("coap://192.0.2.1"));
        CoapTransportSettings[] bad =
        [
            good with { ExchangeTimeout = TimeSpan.Zero }, good with { MaxResponseBytes = 0 }, good with { MaxConnections = 0 },
            good with { BlockSize = 8 }, good with { BlockSize = 100 }, good with { BlockSize = 2048 },
            good with { Timing = new CoapTiming { AckTimeout = TimeSpan.Zero } }, good with { Timing = new CoapTiming { AckRandomFactor = 0.9 } }, good with { Timing = new CoapTiming { MaxRetransmit = -1 } },
        ];
        Assert.All(bad, settings => Assert.Equal("CmpTransport.InvalidSetting", Assert.Throws<CmpException>(() => new CoapTransport(settings)).ErrorId));
        new CoapTransport(good).Dispose();
        Assert.Equal("coap://192.0.2.1", good.ToString());
    }

    [Fact]
    public async Task What_a_server_has_is_asked_for_by_discovery()
    {
        await using CmpCoapListener listener = CmpCoapListener.Start(new CoapListenerSettings(), (_, _) => throw new InvalidOperationException());
        using CoapTransport transport = new(Settings(listener.Uri));
        IReadOnlyList<CoreLink> links = await transport.DiscoverAsync(CancellationToken.None).WaitAsync(Some.Time);
        Assert.Contains(links, link => link.Target == "/.well-known/cmp" && link.ContentFormats.Contains(CoapContentFormat.Pkixcmp));

        await using UdpServer none = UdpServer.Answering(CoapCode.NotFound, []);
        using CoapTransport other = new(Settings(none.Uri));
        Assert.Equal("CmpCoap.404", (await Assert.ThrowsAsync<CmpException>(() => other.DiscoverAsync(CancellationToken.None))).ErrorId);
        Assert.Equal("/.well-known/core", CoapPath.TextOf(none.Heard.Single().Message));
        await using UdpServer page = UdpServer.Answering(CoapCode.Content, "</a>"u8.ToArray(), CoapOption.Of(CoapOptionNumber.ContentFormat, 0));
        using CoapTransport text = new(Settings(page.Uri));
        Assert.Equal("CmpCoap.LinkFormat", (await Assert.ThrowsAsync<CmpException>(() => text.DiscoverAsync(CancellationToken.None))).ErrorId);
    }

    [Fact]
    public async Task Announcements_arrive_and_the_server_hears_the_end()
    {
        await using CmpCoapListener listener = CmpCoapListener.Start(new CoapListenerSettings(), (_, _) => throw new InvalidOperationException());
        using CoapTransport transport = new(Settings(listener.Uri));
        using CancellationTokenSource end = new();
        BlockingCollection<CoapNotification> taken = [];
        Task observing = transport.ObserveAsync(null, (notification, _) =>
        {
            taken.Add(notification);
            return Task.CompletedTask;
        }, end.Token);
        CoapNotification first = Next();
        Assert.True(first.IsRegistered && first.Octets.IsEmpty);
        foreach (int length in new[] { 10, 5000 })
        {
            Task<int> told = listener.NotifyAsync(Some.Sequence(length));
            CoapNotification notification = Next();
            Assert.Equal(Some.Sequence(length), notification.Octets.ToArray());
            Assert.Equal(259, notification.ContentFormat);
            Assert.Equal(1, await told.WaitAsync(Some.Time));
        }
        end.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => observing.WaitAsync(Some.Time));

        CoapNotification Next() => taken.TryTake(out CoapNotification? notification, Some.Time) ? notification : throw new TimeoutException();
    }

    [Fact]
    public async Task At_the_end_of_an_observation_the_server_is_told_also_where_who_takes_them_fails()
    {
        await using UdpServer server = new(request => request.Code == CoapCode.Get
            ? [UdpServer.Answer(request, CoapCode.Content, Some.Message, CoapOption.Of(CoapOptionNumber.Observe, 1), Cmp259)] : []);
        using CoapTransport transport = new(Settings(server.Uri));
        await Assert.ThrowsAsync<FormatException>(() => transport.ObserveAsync("/y", (_, _) => throw new FormatException(), CancellationToken.None).WaitAsync(Some.Time));
        await UntilAsync(() => server.Heard.Count == 2);
        Assert.Equal(new uint?[] { 0, 1 }, server.Heard.Select(h => h.Message.FindNumber(CoapOptionNumber.Observe)));
        Assert.All(server.Heard, h => Assert.Equal("/y", CoapPath.TextOf(h.Message)));
        // whoever is refused has nothing to end
        await using UdpServer other = UdpServer.Answering(CoapCode.NotFound, []);
        using CoapTransport refused = new(Settings(other.Uri));
        Assert.Equal("CmpCoap.404", (await Assert.ThrowsAsync<CmpException>(() => refused.ObserveAsync(null, (_, _) => Task.CompletedTask, CancellationToken.None).WaitAsync(Some.Time))).ErrorId);
        Assert.Equal("/x/ann", CoapPath.TextOf(Assert.Single(other.Heard).Message));
    }

    private static CoapTransportSettings Settings(Uri uri) => new() { Uri = uri, ExchangeTimeout = Some.Time };

    private static Task<TransportReply> SendAsync(CoapTransport transport, byte[]? message = null) =>
        transport.ExchangeAsync(message is null ? HttpTest.First : HttpTest.First with { Octets = message }, CancellationToken.None).WaitAsync(Some.Time);

    private static async Task UntilAsync(Func<bool> isReached)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (!isReached())
        {
            Assert.True(watch.Elapsed < Some.Time, "it does not come about");
            await Task.Delay(5);
        }
    }
}
