using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

public class CmpHttpListenerTests
{
    private static readonly Func<TransportRequest, CancellationToken, Task<TransportReply>> Echo =
        (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets));

    private static CmpHttpListener Start(HttpListenerSettings? settings = null, Func<TransportRequest, CancellationToken, Task<TransportReply>>? handler = null) =>
        CmpHttpListener.Start(settings ?? new HttpListenerSettings(), handler ?? Echo);

    private static async Task<int> StatusAsync(string request, HttpListenerSettings? settings = null)
    {
        await using CmpHttpListener listener = Start(settings);
        using RawClient client = new(listener.Uri);
        await client.SendAsync(request);
        return await client.StatusAsync();
    }

    /// <summary>Tries until there is room for a connection.</summary>
    private static async Task<int> UntilServedAsync(CmpHttpListener listener)
    {
        int status;
        do
        {
            using RawClient next = new(listener.Uri);
            try
            {
                await next.SendAsync(RawClient.Post(Some.Message));
                status = await next.StatusAsync();
            }
            catch (IOException)
            {
                status = 0;
            }
            await Task.Delay(10);
        }
        while (status is 503 or 0);
        return status;
    }

    [Fact]
    public async Task A_message_is_answered_and_the_connection_kept()
    {
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        for (int i = 0; i < 3; i++)
        {
            await client.SendAsync(RawClient.Post(Some.Message));
            (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
            Assert.StartsWith("HTTP/1.1 200 OK\r\nDate: ", head, StringComparison.Ordinal);
            Assert.Contains("\r\nContent-Type: application/pkixcmp\r\n", head, StringComparison.Ordinal);
            Assert.Equal(Some.Message, body);
        }
    }

    [Fact]
    public async Task Pieces_and_pipelines_are_put_together()
    {
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        byte[] two = [.. RawClient.Post([0x30, 1, 1]), 13, 10, .. RawClient.Post([0x30, 1, 2])];
        foreach (byte octet in two)
            await client.SendAsync([octet]);
        await client.SendAsync(two);
        foreach (byte expected in new byte[] { 1, 2, 1, 2 })
            Assert.Equal([0x30, 1, expected], (await client.ReceiveAsync())!.Value.Body);
    }

    [Fact]
    public async Task A_large_body_comes_whole()
    {
        byte[] message = Some.Sequence(1_000_000);
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(message));
        Assert.Equal(message, (await client.ReceiveAsync())!.Value.Body);
    }

    [Theory]
    [InlineData("/.well-known/cmp/initialization", CmpOperation.Initialization)]
    [InlineData("/.well-known/cmp/p/x/getcacerts", CmpOperation.CaCertificates)]
    [InlineData("/pkix/%2f?x", CmpOperation.General)]
    [InlineData("http://localhost/.well-known/cmp/nested", CmpOperation.Nested)]
    public async Task The_handler_is_told_the_operation_and_the_path(string target, CmpOperation operation)
    {
        TransportRequest? seen = null;
        await using CmpHttpListener listener = Start(handler: (request, _) =>
        {
            seen = request;
            return Task.FromResult<TransportReply>(new TransportReply.Nothing());
        });
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Some.Message, path: target));
        Assert.Equal(200, await client.StatusAsync());
        Assert.Equal(operation, seen!.Operation);
        Assert.Equal(target.Replace("http://localhost", "", StringComparison.Ordinal), seen.Path);
        Assert.Equal(Some.Message, seen.Octets.ToArray());
        Assert.False(seen.First || seen.Last);
        Assert.Equal(IPAddress.Loopback, seen.From!.Address);
    }

    [Fact]
    public async Task What_is_refused_without_the_handler_is_told_of_and_what_the_handler_refuses_is_not()
    {
        ConcurrentQueue<ListenerRefusal> refused = new();
        await using CmpHttpListener listener = Start(
            new HttpListenerSettings { Refused = refused.Enqueue }, (_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing { HttpStatus = 400 }));
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(400, await client.StatusAsync());
        Assert.Empty(refused);
        await client.SendAsync("GET\u007F / HTTP/1.1\r\n\r\n");
        Assert.Equal(400, await client.StatusAsync());
        using RawClient another = new(listener.Uri);
        await another.SendAsync("DELETE-EVERYTHING-THAT-IS-THERE / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(405, await another.StatusAsync());
        Assert.Equal([400, 405], refused.Select(refusal => refusal.Status));
        Assert.All(refused, refusal => Assert.Equal(IPAddress.Loopback, refusal.From!.Address));
        Assert.Equal("The method DELETE-EVERYTHING-TH… is not for this.", refused.Last().Reason);
    }

    [SkippableFact]
    public async Task It_listens_on_several_addresses_by_one_port_and_counts_connections_of_all()
    {
        IPAddress second = IPAddress.Parse("127.0.0.2");
        CmpHttpListener? listener = null;
        try
        {
            listener = Start(new HttpListenerSettings { AlsoOn = [second], MaxConnections = 2 });
        }
        catch (CmpException)
        {
            Skip.If(true, "this machine has one address of the loopback only");
        }
        await using (listener)
        {
            Uri other = new("http://127.0.0.2:" + listener!.Uri.Port);
            Assert.Equal("127.0.0.1", listener.Uri.Host);
            using RawClient one = new(listener.Uri), two = new(other);
            foreach (RawClient client in new[] { one, two })
            {
                await client.SendAsync(RawClient.Post(Some.Message));
                Assert.Equal(200, await client.StatusAsync());
            }
            using RawClient three = new(other);
            await three.SendAsync(RawClient.Post(Some.Message));
            Assert.Equal(503, await three.StatusAsync());
            // an address whose port is taken leaves none of them
            Assert.Equal("CmpTransport.ListenFailed", Assert.Throws<CmpException>(() => Start(new HttpListenerSettings { Address = IPAddress.Parse("127.0.0.3"), AlsoOn = [second], Port = other.Port })).ErrorId);
            await using CmpHttpListener third = Start(new HttpListenerSettings { Address = IPAddress.Parse("127.0.0.3"), Port = other.Port });
            await listener.StopAsync();
            Assert.ThrowsAny<SocketException>(() => new RawClient(other));
        }
    }

    [Fact]
    public async Task Finishing_answers_what_the_handler_has_and_closes_the_rest()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<TransportReply> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CmpHttpListener listener = Start(handler: (request, _) =>
        {
            if (request.Octets.Length != 1)
                return Echo(request, default);
            entered.SetResult();
            return answer.Task;
        });
        using RawClient asking = new(listener.Uri), idle = new(listener.Uri), half = new(listener.Uri);
        await idle.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(200, await idle.StatusAsync());
        await half.SendAsync("POST / HTTP/1.1\r\n");
        // a second question behind the first one is not answered any more, and does not cost the answer to the first
        await asking.SendAsync([.. RawClient.Post([7]), .. RawClient.Post(Some.Message)]);
        await entered.Task.WaitAsync(Some.Time);
        Task finishing = listener.FinishAsync();
        Assert.True(await idle.IsClosedAsync());
        Assert.True(await half.IsClosedAsync());
        Assert.ThrowsAny<SocketException>(() => new RawClient(listener.Uri));
        Assert.False(finishing.IsCompleted);
        answer.SetResult(new TransportReply.Octets(Some.Message));
        (string head, byte[] body) = (await asking.ReceiveAsync())!.Value;
        Assert.Contains("\r\nConnection: close\r\n", head, StringComparison.Ordinal);
        Assert.Equal(Some.Message, body);
        Assert.True(await asking.IsClosedAsync());
        asking.Dispose();
        await finishing.WaitAsync(Some.Time);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(204)]
    [InlineData(503)]
    public async Task Rule57_Nothing_is_an_empty_answer(int status)
    {
        await using CmpHttpListener listener = Start(handler: (_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing { HttpStatus = status }));
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Some.Message));
        (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
        Assert.StartsWith("HTTP/1.1 " + status, head, StringComparison.Ordinal);
        Assert.DoesNotContain("Content-Type", head, StringComparison.Ordinal);
        Assert.Empty(body);
    }

    [Theory]
    [InlineData(0.2, "1")]
    [InlineData(30, "30")]
    [InlineData(1e300, "2147483647")]
    public async Task Rule55_Who_is_busy_can_say_for_how_long(double seconds, string said)
    {
        TimeSpan wait = seconds > 1e9 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(seconds);
        await using CmpHttpListener listener = Start(handler: (_, _) => Task.FromResult<TransportReply>(new TransportReply.Nothing { HttpStatus = 503, RetryAfter = wait }));
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Some.Message));
        Assert.Contains("\r\nRetry-After: " + said + "\r\n", (await client.ReceiveAsync())!.Value.Head, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule55_A_message_can_come_with_another_status()
    {
        await using CmpHttpListener listener = Start(handler: (r, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(r.Octets) { HttpStatus = 500 }));
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Some.Message));
        (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
        Assert.StartsWith("HTTP/1.1 500 ", head, StringComparison.Ordinal);
        Assert.Equal(Some.Message, body);
    }

    [Fact]
    public async Task What_a_handler_throws_is_500_and_nothing_else_for_the_peer()
    {
        ConcurrentQueue<Exception> heard = new();
        Func<Task<TransportReply>>[] faults =
        [
            () => throw new InvalidOperationException("a secret"),
            () => Task.FromException<TransportReply>(new IOException("a secret")),
            () => Task.FromResult<TransportReply>(null!),
            () => Task.FromResult<TransportReply>(new TransportReply.NotYet("a secret", DateTimeOffset.UnixEpoch)),
            () => Task.FromResult<TransportReply>(new TransportReply.Nothing { HttpStatus = 99 }),
            () => Task.FromResult<TransportReply>(new TransportReply.Octets(Some.Message) { HttpStatus = 204 }),
        ];
        int call = 0;
        await using CmpHttpListener listener = Start(new HttpListenerSettings { HandlerFailed = heard.Enqueue }, (_, _) => faults[call++]());
        using RawClient client = new(listener.Uri);
        foreach (Func<Task<TransportReply>> _ in faults)
        {
            await client.SendAsync(RawClient.Post(Some.Message));
            (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
            Assert.StartsWith("HTTP/1.1 500 Internal Server Error\r\n", head, StringComparison.Ordinal);
            Assert.DoesNotContain("secret", head, StringComparison.Ordinal);
            Assert.Empty(body);
        }
        Assert.Equal(faults.Length, heard.Count);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 405)]
    [InlineData("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", 405)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\n\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1048577\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 999999999999999999\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 1\r\n\r\na", 415)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", 415)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-pkixcmp\r\nContent-Length: 1\r\n\r\na", 415)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", 415)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n", 417)]
    [InlineData("POST / HTTP/3.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("POST / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001\u0002\r\n\r\n", 400)]
    public async Task What_is_not_wanted_has_its_status(string request, int status) => Assert.Equal(status, await StatusAsync(request));

    [Fact]
    public async Task Rule54_Legacy_media_types_need_Lenient() => Assert.Equal(200, await StatusAsync(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-pkixcmp\r\nContent-Length: 1\r\n\r\na", new HttpListenerSettings { Lenient = true }));

    [Fact]
    public async Task A_method_that_is_not_allowed_is_told_which_one_is_and_the_connection_closed()
    {
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        (string head, _) = (await client.ReceiveAsync())!.Value;
        Assert.Contains("\r\nAllow: POST\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", head, StringComparison.Ordinal);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Other_methods_have_a_hook()
    {
        static Task<TransportReply?> Other(HttpRequestHead head, CancellationToken _) => Task.FromResult<TransportReply?>((head.Method, head.Target) switch
        {
            ("GET", "/there?a=b") => new TransportReply.Octets(Some.Message),
            ("GET", _) => new TransportReply.Nothing { HttpStatus = 404 },
            _ => null,
        });

        await using CmpHttpListener listener = Start(new HttpListenerSettings { OtherMethods = Other });
        using RawClient client = new(listener.Uri);
        await client.SendAsync("GET /there?a=b HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(Some.Message, (await client.ReceiveAsync())!.Value.Body);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(404, await client.StatusAsync());
        await client.SendAsync("DELETE / HTTP/1.1\r\nHost: a\r\n\r\n");
        Assert.Equal(405, await client.StatusAsync());
    }

    [Theory]
    [InlineData("HTTP/1.0", "", false)]
    [InlineData("HTTP/1.0", "Connection: keep-alive\r\n", true)]
    [InlineData("HTTP/1.1", "Connection: close\r\n", false)]
    public async Task Older_clients_are_served_as_they_are_used_to(string version, string field, bool kept)
    {
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        string request = "POST / " + version + "\r\nHost: a\r\n" + field + "Content-Type: application/pkixcmp\r\nContent-Length: 1\r\n\r\na";
        await client.SendAsync(request);
        (string head, _) = (await client.ReceiveAsync())!.Value;
        Assert.Contains(kept ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n", head, StringComparison.Ordinal);
        if (kept)
        {
            await client.SendAsync(request);
            Assert.Equal(200, await client.StatusAsync());
        }
        else
        {
            Assert.True(await client.IsClosedAsync());
        }
    }

    [Fact]
    public async Task A_client_that_waits_for_100_is_told_to_go_on()
    {
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: application/pkixcmp\r\nContent-Length: 3\r\n\r\n");
        Assert.Equal(100, await client.StatusAsync());
        await client.SendAsync("abc");
        Assert.Equal(200, await client.StatusAsync());
    }

    [Fact]
    public async Task A_head_over_the_bound_is_refused_even_where_it_never_ends()
    {
        HttpListenerSettings settings = new() { MaxHeaderBytes = 2000 };
        Assert.Equal(431, await StatusAsync("POST / HTTP/1.1\r\nHost: a\r\nX: " + new string('x', 2000) + "\r\n\r\n", settings));
        Assert.Equal(431, await StatusAsync(new string('x', 100_000), settings));
        Assert.Equal(200, await StatusAsync("POST / HTTP/1.1\r\nHost: a\r\nX: " + new string('x', 1800) + "\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1\r\n\r\na", settings));
        Assert.Equal(431, await StatusAsync("POST / HTTP/1.1\r\nHost: a\r\nX: " + new string('x', 20_000) + "\r\n\r\n"));
    }

    [Fact]
    public async Task A_body_over_the_bound_is_refused_though_the_client_still_sends()
    {
        await using CmpHttpListener listener = Start(new HttpListenerSettings { MaxRequestBytes = 1000 });
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Some.Sequence(500_000)));
        Assert.Equal(413, await client.StatusAsync());
        Assert.True(await client.IsClosedAsync());
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nX: ")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000000\r\n\r\n")]
    [InlineData("")]
    public async Task A_client_that_drips_gains_nothing_by_it(string start)
    {
        await using CmpHttpListener listener = Start(new HttpListenerSettings { RequestTimeout = TimeSpan.FromMilliseconds(400), IdleTimeout = TimeSpan.FromMinutes(5) });
        using RawClient client = new(listener.Uri);
        await client.SendAsync(start);
        Task<int> status = client.StatusAsync();
        try
        {
            while (!status.IsCompleted)
            {
                await client.SendAsync(start.Length == 0 ? "\r\n" : "x");
                await Task.WhenAny(status, Task.Delay(20));
            }
            Assert.Equal(408, await status);
        }
        catch (IOException)
        {
            // the answer was overtaken by the reset that our last octet met
        }
    }

    [Fact]
    public async Task A_silent_connection_is_closed_before_its_first_request_and_between_two()
    {
        await using CmpHttpListener impatient = Start(new HttpListenerSettings { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        await using CmpHttpListener listener = Start(new HttpListenerSettings { IdleTimeout = TimeSpan.FromMilliseconds(300) });
        using RawClient silent = new(impatient.Uri);
        using RawClient idle = new(listener.Uri);
        await idle.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(200, await idle.StatusAsync());
        Assert.True(await silent.IsClosedAsync());
        Assert.True(await idle.IsClosedAsync());
    }

    [Fact]
    public async Task A_handler_may_take_longer_than_a_request_may()
    {
        TaskCompletionSource<TransportReply> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CmpHttpListener listener = Start(
            new HttpListenerSettings { RequestTimeout = TimeSpan.FromSeconds(1), IdleTimeout = TimeSpan.FromSeconds(1) },
            (request, _) => request.Octets.Length == 1 ? answer.Task : Echo(request, default));
        using RawClient slow = new(listener.Uri);
        await slow.SendAsync(RawClient.Post([7]));
        // by when this one is closed, the slow one would be too
        using RawClient idle = new(listener.Uri);
        await idle.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(200, await idle.StatusAsync());
        Assert.True(await idle.IsClosedAsync());
        answer.SetResult(new TransportReply.Nothing());
        Assert.Equal(200, await slow.StatusAsync());
    }

    [Fact]
    public async Task A_client_that_does_not_read_its_answer_is_given_up()
    {
        byte[] endless = new byte[32_000_000];
        await using CmpHttpListener listener = Start(
            new HttpListenerSettings { RequestTimeout = TimeSpan.FromSeconds(1), MaxConnections = 1 },
            (request, _) => Task.FromResult<TransportReply>(new TransportReply.Octets(request.Octets.Length == 1 ? endless : request.Octets)));
        using RawClient greedy = new(listener.Uri);
        await greedy.SendAsync(RawClient.Post([7]));
        // there is room for another one as soon as the greedy one is given up
        Assert.Equal(200, await UntilServedAsync(listener).WaitAsync(Some.Time));
    }

    [Fact]
    public async Task A_silent_TLS_client_is_closed()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using CmpHttpListener listener = Start(new HttpListenerSettings { Certificate = certificate, RequestTimeout = TimeSpan.FromMilliseconds(300) });
        using RawClient silent = new(listener.Uri);
        Assert.True(await silent.IsClosedAsync());
    }

    [Fact]
    public async Task Who_speaks_HTTP_at_a_TLS_port_is_told_400_at_once()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using CmpHttpListener listener = CmpHttpListener.Start(new HttpListenerSettings { Certificate = certificate }, (_, _) => throw new InvalidOperationException("Nobody was to be asked."));
        using RawClient plain = new(listener.Uri);
        await plain.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(400, await plain.StatusAsync());
        Assert.True(await plain.IsClosedAsync());
    }

    [Theory]
    [InlineData(new byte[] { 22, 3, 1 })]
    [InlineData(new byte[] { 0 })]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { (byte)' ' })]
    public async Task What_cannot_begin_a_request_is_refused_at_its_first_octet(byte[] octets)
    {
        await using CmpHttpListener listener = Start();
        using RawClient client = new(listener.Uri);
        await client.SendAsync(octets);
        Assert.Equal(400, await client.StatusAsync());
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Connections_over_the_bound_are_told_503_until_one_ends()
    {
        await using CmpHttpListener listener = Start(new HttpListenerSettings { MaxConnections = 2 });
        RawClient first = new(listener.Uri);
        using RawClient second = new(listener.Uri);
        foreach (RawClient client in new[] { first, second })
        {
            await client.SendAsync(RawClient.Post(Some.Message));
            Assert.Equal(200, await client.StatusAsync());
        }
        using (RawClient third = new(listener.Uri))
        {
            await third.SendAsync(RawClient.Post(Some.Message));
            Assert.Equal(503, await third.StatusAsync());
            Assert.True(await third.IsClosedAsync());
        }
        first.Dispose();
        Assert.Equal(200, await UntilServedAsync(listener).WaitAsync(Some.Time));
    }

    [Fact]
    public async Task A_flood_over_the_bound_leaves_the_listener_well()
    {
        await using CmpHttpListener listener = Start(new HttpListenerSettings { MaxConnections = 4 });
        List<RawClient> flood = [];
        for (int i = 0; i < 200; i++)
            flood.Add(new RawClient(listener.Uri));
        flood.ForEach(c => c.Dispose());
        Assert.Equal(200, await UntilServedAsync(listener).WaitAsync(Some.Time));
    }

    [Fact]
    public async Task Stopping_closes_everything_at_once_and_tells_the_handlers()
    {
        TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        CmpHttpListener listener = Start(handler: async (request, stopping) =>
        {
            if (request.Octets.Length != 1)
                return new TransportReply.Octets(request.Octets);
            entered.SetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, stopping);
            }
            catch (OperationCanceledException)
            {
                cancelled.SetResult();
                throw;
            }
            return new TransportReply.Nothing();
        });
        using RawClient idle = new(listener.Uri);
        await idle.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(200, await idle.StatusAsync());
        using RawClient silent = new(listener.Uri);
        using RawClient waiting = new(listener.Uri);
        await waiting.SendAsync(RawClient.Post([7]));
        await entered.Task.WaitAsync(Some.Time);

        listener.Dispose();
        Assert.True(cancelled.Task.IsCompleted);
        Assert.True(await idle.IsClosedAsync());
        Assert.True(await silent.IsClosedAsync());
        Assert.True(await waiting.IsClosedAsync());
        Assert.ThrowsAny<SocketException>(() => new RawClient(listener.Uri));
        // once more does no harm, and the port is free again
        listener.Dispose();
        await using CmpHttpListener next = Start(new HttpListenerSettings { Port = listener.Uri.Port });
        Assert.Equal(listener.Uri, next.Uri);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_an_error()
    {
        await using CmpHttpListener listener = Start();
        CmpException error = Assert.Throws<CmpException>(() => Start(new HttpListenerSettings { Port = listener.Uri.Port }));
        Assert.Equal("CmpTransport.ListenFailed", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        Assert.Equal("CmpTransport.ListenFailed", Assert.Throws<CmpException>(() => Start(new HttpListenerSettings { Port = 70_000 })).ErrorId);
    }

    [SkippableFact]
    public async Task It_listens_on_the_loopback_unless_told_otherwise()
    {
        IPAddress? other = NetworkInterface.GetAllNetworkInterfaces().SelectMany(n => n.GetIPProperties().UnicastAddresses).Select(a => a.Address)
            .FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Skip.If(other is null, "this machine has no address but the loopback's");
        await using CmpHttpListener listener = Start();
        Assert.Equal("127.0.0.1", listener.Uri.Host);
        using TcpClient client = new();
        await Assert.ThrowsAnyAsync<SocketException>(() => client.ConnectAsync(other!, listener.Uri.Port).WaitAsync(Some.Time));
        await using CmpHttpListener open = Start(new HttpListenerSettings { Address = other! });
        using RawClient reached = new(open.Uri);
        Assert.Equal(other!.ToString(), open.Uri.Host);
    }

    [SkippableFact]
    public async Task It_listens_on_IPv6()
    {
        Skip.IfNot(Socket.OSSupportsIPv6, "this machine has no IPv6");
        CmpHttpListener? listener = null;
        try
        {
            listener = Start(new HttpListenerSettings { Address = IPAddress.IPv6Loopback });
        }
        catch (CmpException)
        {
            Skip.If(true, "this machine has no IPv6 loopback");
        }
        await using (listener)
        {
            using HttpTransport transport = new(HttpTest.Settings(listener!.Uri));
            await transport.OctetsAsync();
        }
    }

    [Fact]
    public async Task Rule64_Nothing_that_is_sent_harms_the_next_client()
    {
        await using CmpHttpListener listener = Start();
        byte[] seed = RawClient.Post(Some.Message, "Connection: x\r\n");
        Random random = new(56);
        for (int i = 0; i < 300; i++)
        {
            byte[] octets = (byte[])seed.Clone();
            for (int n = random.Next(1, 4); n > 0; n--)
                octets[random.Next(octets.Length)] = (byte)random.Next(256);
            using RawClient client = new(listener.Uri);
            await client.SendAsync(octets);
            if (i % 3 == 0)
                continue;
            try
            {
                client.EndSending();
                Assert.NotEqual(500, await client.StatusAsync());
            }
            catch (IOException)
            {
                // a close may be a reset
            }
        }
        using RawClient last = new(listener.Uri);
        await last.SendAsync(RawClient.Post(Some.Message));
        Assert.Equal(200, await last.StatusAsync());
    }
}
