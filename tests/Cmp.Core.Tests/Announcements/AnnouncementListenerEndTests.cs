using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>A listener for pushes ends at once, or when what it owes has been said; nothing of it stays.</summary>
public sealed class AnnouncementListenerEndTests : IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Waits for a word, or for the end.</summary>
    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        _entered.TrySetResult();
        try
        {
            await _go.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            _cancelled.TrySetResult();
            throw;
        }
    }

    private static async Task StopsAsync(PushScene scene)
    {
        Uri uri = scene.Uri;
        var watch = Stopwatch.StartNew();
        await scene.Listener.StopAsync().WaitAsync(Some.Time);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, Bound);
        Assert.ThrowsAny<SocketException>(() => new RawClient(uri));
        // once more does no harm
        await scene.Listener.StopAsync();
        scene.Listener.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("POST / HT")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000\r\n\r\n0")]
    public async Task Stopping_closes_who_has_not_said_all(string begun)
    {
        await using PushScene scene = new();
        using RawClient client = new(scene.Uri);
        await client.SendAsync(begun);
        await StopsAsync(scene);
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(scene.Refusals);
    }

    [Fact]
    public async Task Stopping_closes_who_is_kept()
    {
        await using PushScene scene = new();
        using RawClient client = new(scene.Uri);
        await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        Assert.Equal(201, await client.StatusAsync());
        await StopsAsync(scene);
        Assert.True(await client.IsClosedAsync());
    }

    [Fact]
    public async Task Stopping_ends_the_judging_and_nothing_is_emitted()
    {
        await using PushScene scene = new();
        scene.Judge = async (octets, from, stopping) =>
        {
            await HoldAsync(stopping);
            return Judged(octets, from);
        };
        using RawClient client = new(scene.Uri);
        await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        await _entered.Task.WaitAsync(Some.Time);
        await StopsAsync(scene);
        Assert.True(_cancelled.Task.IsCompleted);
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(scene.Emitted);
        Assert.Empty(scene.Refusals);
    }

    [Fact]
    public async Task Stopping_ends_the_emitting_and_what_was_not_taken_comes_again()
    {
        string home = _folder.PathOf("home");
        await using (PushScene scene = new() { Memory = new AnnouncementMemory(home) })
        {
            scene.Emitting = (_, stopping) => HoldAsync(stopping);
            using RawClient client = new(scene.Uri), waiting = new(scene.Uri);
            await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
            await _entered.Task.WaitAsync(Some.Time);
            await waiting.SendAsync(RawClient.Post(Signed(ToPush.Revocation)));
            await StopsAsync(scene);
            Assert.True(_cancelled.Task.IsCompleted);
            Assert.True(await client.IsClosedAsync());
            Assert.True(await waiting.IsClosedAsync());
            Assert.Empty(scene.Emitted);
        }
        await using PushScene after = new() { Memory = new AnnouncementMemory(home) };
        Assert.Equal(201, await after.StatusAsync(Signed(ToPush.Crl)));
        Assert.Single(after.Emitted);
    }

    [Fact]
    public async Task Who_waits_for_his_turn_hears_nothing_when_it_stops()
    {
        for (int round = 0; round < 20; round++)
        {
            await using PushScene scene = new();
            TaskCompletionSource entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
            scene.Emitting = (_, stopping) =>
            {
                entered.TrySetResult();
                return Task.Delay(Timeout.Infinite, stopping);
            };
            RawClient[] clients = [.. Enumerable.Range(0, 8).Select(_ => new RawClient(scene.Uri))];
            foreach (RawClient client in clients)
                await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
            await entered.Task.WaitAsync(Some.Time);
            await scene.Listener.StopAsync().WaitAsync(Some.Time);
            foreach (RawClient client in clients)
            {
                Assert.True(await client.IsClosedAsync());
                client.Dispose();
            }
            Assert.Empty(scene.Refusals);
        }
    }

    [Fact]
    public async Task Stopping_ends_handshakes_of_TLS()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using PushScene scene = new("https://localhost:0/", settings => settings with { TlsCertificate = certificate });
        using RawClient silent = new(scene.Uri), begun = new(scene.Uri);
        await begun.SendAsync([22, 3, 1, 2, 0, 1]);
        await StopsAsync(scene);
        Assert.True(await silent.IsClosedAsync());
        Assert.True(await begun.IsClosedAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("000000")]
    [InlineData("000010000A0000300302")]
    public async Task Stopping_closes_who_has_not_said_all_over_TCP(string begun)
    {
        await using PushScene scene = new("tcp://localhost:0");
        using TcpTest.RawTcp client = new(scene.Uri);
        await client.SendAsync(begun);
        await scene.Listener.StopAsync().WaitAsync(Bound);
        await client.UntilGoneAsync();
    }

    [Fact]
    public async Task Finishing_says_what_it_owes_and_no_more()
    {
        await using PushScene scene = new();
        scene.Emitting = (_, stopping) => HoldAsync(stopping);
        Uri uri = scene.Uri;
        using RawClient pushing = new(uri), waiting = new(uri), half = new(uri), idle = new(uri);
        await half.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000\r\n\r\n0");
        await pushing.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        await _entered.Task.WaitAsync(Some.Time);
        // what is known to be answered stands behind this one: it waits for its turn now
        await waiting.SendAsync([.. RawClient.Post(Other()), .. RawClient.Post(Signed(ToPush.Revocation))]);
        Assert.Equal(400, await waiting.StatusAsync());

        Task finishing = scene.Listener.FinishAsync();
        Assert.True(await half.IsClosedAsync());
        Assert.True(await idle.IsClosedAsync());
        Assert.ThrowsAny<SocketException>(() => new RawClient(uri));
        Assert.False(finishing.IsCompleted);
        _go.SetResult();
        (string head, _) = (await pushing.ReceiveAsync())!.Value;
        Assert.StartsWith("HTTP/1.1 201 Created\r\n", head, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", head, StringComparison.Ordinal);
        Assert.True(await pushing.IsClosedAsync());
        pushing.Dispose();
        // either it was in line and is told, or it was not heard and is closed: it is not emitted
        try
        {
            Assert.True(await waiting.StatusAsync() is 503 or 0);
        }
        catch (IOException)
        {
            // a reset is a close too
        }
        waiting.Dispose();
        await finishing.WaitAsync(Some.Time);
        Assert.Single(scene.Emitted);
        Assert.False(_cancelled.Task.IsCompleted);
        await scene.Listener.FinishAsync();
        await scene.Listener.StopAsync();
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10, "000000040A010300")]
    [InlineData(TcpMessageStyle.Rfc2510, "000000020300")]
    public async Task Finishing_says_the_last_word_over_TCP(TcpMessageStyle style, string answer)
    {
        await using PushScene scene = new("tcp://localhost:0");
        scene.Emitting = (_, stopping) => HoldAsync(stopping);
        using TcpTest.RawTcp client = new(scene.Uri);
        await client.SendAsync(Hex.Of(new TcpMessage(style, TcpMessageType.PkiReq, Signed(ToPush.Crl)).ToArray()));
        await _entered.Task.WaitAsync(Some.Time);
        Task finishing = scene.Listener.FinishAsync();
        _go.SetResult();
        // version 10 says by its close flag that it was the last
        Assert.Equal(answer, await client.AnswerAsync());
        Assert.True(await client.IsClosedAsync());
        client.Dispose();
        await finishing.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task Finishing_over_TLS_gets_the_answer_out()
    {
        using TlsCertificates certificates = new();
        using X509Certificate2 certificate = certificates.Server();
        await using PushScene scene = new("https://localhost:0/", settings => settings with { TlsCertificate = certificate });
        scene.Emitting = (_, stopping) => HoldAsync(stopping);
        using RawClient client = new(scene.Uri);
        using SslStream tls = new(client.Stream, false, (_, _, _, _) => true);
        await tls.AuthenticateAsClientAsync("localhost");
        await tls.WriteAsync(RawClient.Post(Signed(ToPush.Crl)));
        await _entered.Task.WaitAsync(Some.Time);
        Task finishing = scene.Listener.FinishAsync();
        _go.SetResult();
        Assert.StartsWith("HTTP/1.1 201 ", (await ReceivedRequest.ReadAsync(tls, default).WaitAsync(Some.Time))!.Head, StringComparison.Ordinal);
        Assert.Equal(0, await tls.ReadAsync(new byte[1]).AsTask().WaitAsync(Some.Time));
        client.Dispose();
        await finishing.WaitAsync(Some.Time);
    }

    [Fact]
    public async Task Finishing_does_not_wait_for_ever()
    {
        await using PushScene scene = new();
        scene.Emitting = (_, stopping) => HoldAsync(stopping);
        using RawClient client = new(scene.Uri);
        await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        await _entered.Task.WaitAsync(Some.Time);
        await scene.Listener.FinishAsync().WaitAsync(Some.Time);
        Assert.True(_cancelled.Task.IsCompleted);
        Assert.True(await client.IsClosedAsync());
        Assert.Empty(scene.Emitted);
    }

    [Fact]
    public async Task Finishing_with_nothing_under_way_is_stopping()
    {
        await using PushScene scene = new();
        Uri uri = scene.Uri;
        await scene.Listener.FinishAsync().WaitAsync(Bound);
        Assert.ThrowsAny<SocketException>(() => new RawClient(uri));
    }
}
