using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Fuzz;
using Cmp.Messages.Bodies;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PushScene;

namespace Cmp.Tests.Announcements;

/// <summary>What a push over HTTP is answered by, and what becomes of it (RFC 6712 3.7, RFC 9811 3.5).</summary>
public sealed class AnnouncementListenerTests : IDisposable
{
    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<AnnouncementType> Types => [AnnouncementType.CaKeyUpdate, AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl];

    private static PkiBody Content(AnnouncementType type) => ToPush.All.Single(content => Announcement.TypeOf(content) == type);

    [Theory]
    [MemberData(nameof(Types))]
    public async Task What_is_believed_is_emitted_and_created(AnnouncementType type)
    {
        await using PushScene scene = new();
        Assert.Equal(201, await scene.StatusAsync(Signed(Content(type))));
        Announcement emitted = Assert.Single(scene.Emitted);
        Assert.Equal((type, AnnouncementSource.Push, true), (emitted.Type, emitted.Source, emitted.Verified));
        Assert.True(IPAddress.IsLoopback(IPEndPoint.Parse(emitted.From!).Address));
        Assert.Empty(scene.Refusals);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task What_is_not_believed_is_emitted_and_only_accepted(AnnouncementType type)
    {
        await using PushScene scene = new();
        Assert.Equal(202, await scene.StatusAsync(Unprotected(Content(type))));
        Assert.False(Assert.Single(scene.Emitted).Verified);
        Assert.Empty(scene.Refusals);
    }

    [Fact]
    public async Task The_answer_waits_until_somebody_has_taken_it()
    {
        await using PushScene scene = new();
        TaskCompletionSource entered = Signal(), go = Signal();
        scene.Emitting = (_, _) =>
        {
            entered.SetResult();
            return go.Task;
        };
        using RawClient client = new(scene.Uri);
        await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        Task<int> status = client.StatusAsync();
        await entered.Task.WaitAsync(Some.Time);
        Assert.False(status.IsCompleted);
        go.SetResult();
        Assert.Equal(201, await status);
    }

    [Fact]
    public async Task A_connection_takes_one_push_after_the_other()
    {
        await using PushScene scene = new();
        using RawClient client = new(scene.Uri);
        foreach ((byte[] message, int status) in new[] { (Signed(ToPush.Crl), 201), (Unprotected(ToPush.Revocation), 202), (Other(), 400), (Signed(ToPush.Certificate), 201) })
        {
            await client.SendAsync(RawClient.Post(message));
            Assert.Equal(status, await client.StatusAsync());
        }
        Assert.Equal(3, scene.Emitted.Count);
    }

    public static TheoryData<string, byte[]> NoAnnouncements => new()
    {
        { "nothing", [] },
        { "one octet", [0x30] },
        { "an empty message", [0x30, 0] },
        { "a text", "announcement"u8.ToArray() },
        { "another message", Other() },
        { "a message that is cut off", Signed(ToPush.Crl)[..^1] },
        { "a message and more", [.. Signed(ToPush.Crl), 0] },
        { "a batch with another message", Batch(Signed(ToPush.Crl), Other()) },
        { "a megabyte of zeros", Some.Sequence(1_000_000) },
    };

    [Theory]
    [MemberData(nameof(NoAnnouncements))]
    public async Task What_is_no_announcement_is_refused_and_changes_nothing(string what, byte[] octets)
    {
        await using PushScene scene = new();
        Assert.Equal(400, await scene.StatusAsync(octets));
        Assert.Empty(scene.Emitted);
        Assert.Equal(400, scene.Refusal.Status);
        Assert.NotEmpty(scene.Refusal.Reason);
        Assert.True(IPAddress.IsLoopback(IPEndPoint.Parse(scene.Refusal.From!).Address), what);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: a\r\n\r\n", 405)]
    [InlineData("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", 405)]
    [InlineData("PUT / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 3\r\n\r\nabc", 405)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\n\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", 411)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1073741824\r\n\r\n0", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1048577\r\n\r\n", 413)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/html\r\nContent-Length: 1\r\n\r\na", 415)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", 415)]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nExpect: the-unexpected\r\n\r\n", 417)]
    [InlineData("POST / HTTP/2.0\r\nHost: a\r\n\r\n", 505)]
    [InlineData("POST / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("\u001B[2J", 400)]
    public async Task What_HTTP_refuses_is_told_of_once(string request, int status)
    {
        await using PushScene scene = new();
        using (RawClient client = new(scene.Uri))
        {
            await client.SendAsync(request);
            (string head, byte[] body) = (await client.ReceiveAsync())!.Value;
            Assert.StartsWith("HTTP/1.1 " + status + " ", head, StringComparison.Ordinal);
            Assert.Contains("\r\nContent-Length: 0\r\n", head, StringComparison.Ordinal);
            Assert.Empty(body);
            client.EndSending();
            Assert.True(await client.IsClosedAsync());
        }
        Assert.Equal(status, scene.Refusal.Status);
        Assert.Equal(PeerText.Escape(scene.Refusal.Reason), scene.Refusal.Reason);
        Assert.True(IPAddress.IsLoopback(IPEndPoint.Parse(scene.Refusal.From!).Address));
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Single(scene.Refusals);
    }

    [Fact]
    public async Task A_head_over_the_bound_is_431()
    {
        await using PushScene scene = new();
        using RawClient client = new(scene.Uri);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: a\r\nX: " + new string('x', 20_000) + "\r\n\r\n");
        Assert.Equal(431, await client.StatusAsync());
        Assert.Equal(431, scene.Refusal.Status);
    }

    [Fact]
    public async Task A_push_may_be_as_large_as_is_borne_and_no_larger()
    {
        byte[] message = Signed(ToPush.Crl);
        await using PushScene exact = new(change: settings => settings with { MaxPushBytes = message.Length });
        Assert.Equal(201, await exact.StatusAsync(message));
        await using PushScene small = new(change: settings => settings with { MaxPushBytes = message.Length - 1 });
        Assert.Equal(413, await small.StatusAsync(message));
        Assert.Equal(413, small.Refusal.Status);
    }

    [Fact]
    public async Task Rule54_Older_media_types_need_Lenient()
    {
        byte[] message = Signed(ToPush.Crl);
        byte[] request = [.. System.Text.Encoding.ASCII.GetBytes("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-pkixcmp\r\nContent-Length: " + message.Length + "\r\n\r\n"), .. message];
        foreach ((bool lenient, int status) in new[] { (false, 415), (true, 201) })
        {
            await using PushScene scene = new(change: settings => settings with { Lenient = lenient });
            using RawClient client = new(scene.Uri);
            await client.SendAsync(request);
            Assert.Equal(status, await client.StatusAsync());
        }
    }

    [Theory]
    [InlineData("/pkix/ann", "/pkix/ann", true)]
    [InlineData("/pkix/ann", "/pkix/ann/", true)]
    [InlineData("/pkix/ann/", "/pkix/ann", true)]
    [InlineData("/pkix/ann", "/pkix/Ann", false)]
    [InlineData("/pkix/ann", "/", false)]
    [InlineData("/pkix/ann", "/pkix", false)]
    [InlineData("/pkix/ann", "/pkix/ann/x", false)]
    [InlineData("/pkix/ann", "/pkix/%61nn", false)]
    [InlineData("/pkix/%61nn", "/pkix/%61nn", true)]
    [InlineData("/pkix/./ann", "/pkix/./ann", true)]
    [InlineData("/pkix/ann", "/pkix/ann?x", false)]
    [InlineData("/", "/anything?at=all", true)]
    [InlineData("", "/anything", true)]
    public async Task One_path_is_answered_or_all(string listened, string pushed, bool answered)
    {
        await using PushScene scene = new("http://localhost:0" + listened);
        Assert.Equal(answered ? 201 : 404, await scene.StatusAsync(Signed(ToPush.Crl), pushed));
        Assert.Equal(answered ? [] : new int?[] { 404 }, scene.Refusals.Select(refusal => refusal.Status));
        Assert.Equal(listened.Length == 0 ? "/" : listened, scene.Uri.OriginalString.Substring(scene.Uri.GetLeftPart(UriPartial.Authority).Length));
    }

    [Fact]
    public async Task What_comes_again_is_there_already()
    {
        await using PushScene scene = new();
        byte[] message = Signed(ToPush.Crl);
        Assert.Equal(201, await scene.StatusAsync(message));
        Assert.Equal(201, await scene.StatusAsync(message));
        // another message that says the same
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Single(scene.Emitted);
        Assert.Empty(scene.Refusals);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Revocation)));
        Assert.Equal(2, scene.Emitted.Count);
    }

    [Fact]
    public async Task What_was_not_believed_is_accepted_again_until_it_is_believed()
    {
        await using PushScene scene = new();
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Crl)));
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Crl)));
        Assert.Single(scene.Emitted);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal([false, true], scene.Emitted.Select(one => one.Verified));
        // what is here is not vouched for by whoever says it too
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Crl)));
        Assert.Equal(2, scene.Emitted.Count);
    }

    [Fact]
    public async Task Who_says_without_proof_what_was_believed_is_accepted_and_emitted_as_such()
    {
        await using PushScene scene = new();
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Crl)));
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Crl)));
        Assert.Equal([true, false], scene.Emitted.Select(one => one.Verified));
    }

    [Fact]
    public async Task A_message_that_was_believed_is_there_already_whatever_speaks_against_it_later()
    {
        await using PushScene scene = new();
        byte[] message = Signed(ToPush.Crl);
        Assert.Equal(201, await scene.StatusAsync(message));
        scene.Judge = (octets, from, _) => Task.FromResult<IReadOnlyList<Announcement>>([.. Judged(octets, from).Select(one => one with { Reasons = [AnnouncementReason.Against("CmpAnnouncement.TooOld", "It is old now.")] })]);
        Assert.Equal(201, await scene.StatusAsync(message));
        // another message is not that one, though it says the same
        Assert.Equal(202, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal([true, false], scene.Emitted.Select(one => one.Verified));
    }

    [Fact]
    public async Task Rule70_What_fails_here_is_told_escaped()
    {
        await using PushScene scene = new() { Judge = (_, _, _) => throw new InvalidOperationException("\u001b[2J\u202e") };
        Assert.Equal(500, await scene.StatusAsync(Signed(ToPush.Crl)));
        await UntilAsync(() => !scene.Refusals.IsEmpty);
        Assert.Equal("\\u{001B}[2J\\u{202E}", scene.Refusal.Reason);
    }

    [Fact]
    public async Task What_was_emitted_by_another_process_is_there_already()
    {
        string home = _folder.PathOf("home");
        await using (PushScene before = new() { Memory = new AnnouncementMemory(home) })
        {
            Assert.Equal(201, await before.StatusAsync(Signed(ToPush.Crl)));
            Assert.Equal(202, await before.StatusAsync(Unprotected(ToPush.Revocation)));
            Assert.Equal(2, before.Emitted.Count);
        }
        await using PushScene scene = new() { Memory = new AnnouncementMemory(home) };
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Revocation)));
        Assert.Empty(scene.Emitted);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Revocation)));
        Assert.True(Assert.Single(scene.Emitted).Verified);
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Crl)));
        Assert.Equal(2, scene.Emitted.Count);
    }

    [Fact]
    public async Task The_same_twice_at_once_is_emitted_once_and_both_are_answered()
    {
        await using PushScene scene = new();
        TaskCompletionSource entered = Signal(), go = Signal();
        scene.Emitting = (_, _) =>
        {
            entered.SetResult();
            return go.Task;
        };
        byte[] message = Signed(ToPush.Crl);
        Task<int> one = scene.StatusAsync(message);
        await entered.Task.WaitAsync(Some.Time);
        Task<int> two = scene.StatusAsync(message);
        go.SetResult();
        int[] statuses = await Task.WhenAll(one, two);
        Assert.Equal([201, 201], statuses);
        Assert.Single(scene.Emitted);
    }

    [Fact]
    public async Task Those_that_come_at_once_are_emitted_one_after_the_other()
    {
        await using PushScene scene = new();
        scene.Emitting = async (_, _) => await Task.Yield();
        byte[][] messages = [.. ToPush.All.Select(Signed), .. ToPush.All.Select(Signed), .. ToPush.All.Select(Signed)];
        Assert.All(await Task.WhenAll(messages.Select(message => scene.StatusAsync(message))), status => Assert.Equal(201, status));
        Assert.Equal(4, scene.Emitted.Count);
        Assert.False(scene.Overlapped);
    }

    [Fact]
    public async Task More_than_may_wait_are_told_that_we_are_busy()
    {
        await using PushScene scene = new(change: settings => settings with { MaxWaiting = 2 });
        TaskCompletionSource entered = Signal(), go = Signal();
        int judged = 0;
        scene.Judge = (octets, from, _) =>
        {
            judged++;
            return Task.FromResult(Judged(octets, from));
        };
        scene.Emitting = (_, _) =>
        {
            entered.TrySetResult();
            return go.Task;
        };
        Task<int> first = scene.StatusAsync(Signed(ToPush.Crl));
        await entered.Task.WaitAsync(Some.Time);
        // of two more, one has room; the other is answered while nothing else is
        Task<(int Status, string Head)>[] more = [scene.PushAsync(Signed(ToPush.Certificate)), scene.PushAsync(Signed(ToPush.Revocation))];
        (int status, string head) = await await Task.WhenAny(more).WaitAsync(Some.Time);
        Assert.Equal(503, status);
        Assert.Contains("\r\nRetry-After: 5\r\n", head, StringComparison.Ordinal);
        Assert.Equal(503, scene.Refusal.Status);
        go.SetResult();
        Assert.Equal(201, await first);
        (int Status, string Head)[] answers = await Task.WhenAll(more);
        Assert.Equal([201, 503], answers.Select(one => one.Status).Order());
        Assert.Equal(2, judged);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Revocation)));
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Certificate)));
        Assert.Equal(3, scene.Emitted.Count);
    }

    [Fact]
    public async Task What_is_none_need_not_wait_for_those_that_are()
    {
        await using PushScene scene = new();
        TaskCompletionSource entered = Signal(), go = Signal();
        scene.Emitting = (_, _) =>
        {
            entered.SetResult();
            return go.Task;
        };
        Task<int> first = scene.StatusAsync(Signed(ToPush.Crl));
        await entered.Task.WaitAsync(Some.Time);
        Assert.Equal(400, await scene.StatusAsync(Other()));
        go.SetResult();
        Assert.Equal(201, await first);
    }

    [Fact]
    public async Task More_than_may_come_in_a_minute_are_told_how_long_to_wait()
    {
        await using PushScene scene = new(change: settings => settings with { MaxPushesPerMinute = 3 });
        int judged = 0;
        scene.Judge = (octets, from, _) =>
        {
            judged++;
            return Task.FromResult(Judged(octets, from));
        };
        // what is no announcement costs as much
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal(400, await scene.StatusAsync(Other()));
        Assert.Equal(202, await scene.StatusAsync(Unprotected(ToPush.Revocation)));
        (int status, string head) = await scene.PushAsync(Signed(ToPush.Certificate));
        Assert.Equal(503, status);
        Assert.Contains("\r\nRetry-After: 20\r\n", head, StringComparison.Ordinal);
        scene.Time += TimeSpan.FromSeconds(19);
        (status, head) = await scene.PushAsync(Signed(ToPush.Certificate));
        Assert.Equal(503, status);
        Assert.Contains("\r\nRetry-After: 1\r\n", head, StringComparison.Ordinal);
        scene.Time += TimeSpan.FromSeconds(1);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Certificate)));
        Assert.Equal(503, await scene.StatusAsync(Signed(ToPush.Certificate)));
        Assert.Equal(3, judged);
        Assert.Equal([400, 503, 503, 503], scene.Refusals.Select(refusal => refusal.Status));
    }

    [Fact]
    public async Task A_batch_counts_for_as_many_as_it_carries()
    {
        await using PushScene scene = new(change: settings => settings with { MaxPushesPerMinute = 4 });
        byte[] batch = Batch([.. ToPush.All.Select(Signed)]);
        Assert.Equal(201, await scene.StatusAsync(batch));
        Assert.Equal(503, await scene.StatusAsync(Signed(ToPush.Crl)));
        scene.Time += TimeSpan.FromSeconds(45);
        (int status, string head) = await scene.PushAsync(batch);
        Assert.Equal(503, status);
        Assert.Contains("\r\nRetry-After: 15\r\n", head, StringComparison.Ordinal);
        scene.Time += TimeSpan.FromMinutes(1);
        Assert.Equal(201, await scene.StatusAsync(batch));
        Assert.Equal(4, scene.Emitted.Count);
    }

    [Fact]
    public async Task What_nobody_takes_is_not_remembered_and_may_come_again()
    {
        await using PushScene scene = new() { Memory = new AnnouncementMemory(_folder.PathOf("home")) };
        foreach (Exception failure in new Exception[] { new IOException("the pipe\u001B[2J broke"), new OperationCanceledException() })
        {
            scene.Emitting = (_, _) => Task.FromException(failure);
            (int status, string head) = await scene.PushAsync(Signed(ToPush.Crl));
            Assert.Equal(503, status);
            Assert.Contains("\r\nRetry-After: 5\r\n", head, StringComparison.Ordinal);
        }
        Assert.Equal([503, 503], scene.Refusals.Select(refusal => refusal.Status));
        Assert.Contains("the pipe\\u{001B}[2J broke", scene.Refusals.First().Reason, StringComparison.Ordinal);
        scene.Emitting = (_, _) => Task.CompletedTask;
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Single(scene.Emitted);
    }

    [Fact]
    public async Task What_fails_here_is_told_to_us_and_not_to_the_peer()
    {
        await using PushScene scene = new();
        foreach (Exception failure in new Exception[] { new CmpException(CmpErrorKind.Store, "CmpState.Damaged", "a secret"), new InvalidOperationException("a secret") })
        {
            scene.Judge = (_, _, _) => Task.FromException<IReadOnlyList<Announcement>>(failure);
            (int status, string head) = await scene.PushAsync(Signed(ToPush.Crl));
            Assert.Equal(500, status);
            Assert.DoesNotContain("secret", head, StringComparison.Ordinal);
        }
        Assert.All(scene.Refusals, refusal => Assert.Equal((500, "a secret"), (refusal.Status, refusal.Reason)));
        Assert.Equal(2, scene.Refusals.Count);
        scene.Judge = (octets, from, _) => Task.FromResult(Judged(octets, from));
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
    }

    [Fact]
    public async Task A_memory_that_cannot_be_read_is_500_and_nothing_is_emitted()
    {
        string home = _folder.PathOf("home");
        await using (PushScene before = new() { Memory = new AnnouncementMemory(home) })
            Assert.Equal(201, await before.StatusAsync(Signed(ToPush.Crl)));
        foreach (string file in Directory.GetFiles(home, "*", SearchOption.AllDirectories))
            File.WriteAllText(file, "{");
        await using PushScene scene = new() { Memory = new AnnouncementMemory(home) };
        Assert.Equal(500, await scene.StatusAsync(Signed(ToPush.Revocation)));
        Assert.Equal(500, scene.Refusal.Status);
        Assert.Empty(scene.Emitted);
    }

    [Fact]
    public async Task Of_a_batch_each_is_emitted_and_all_decide_the_answer()
    {
        await using PushScene scene = new();
        Assert.Equal(201, await scene.StatusAsync(Batch(Signed(ToPush.Crl), Signed(ToPush.Certificate))));
        Assert.Equal([AnnouncementType.Crl, AnnouncementType.Certificate], scene.Emitted.Select(one => one.Type));
        Assert.Equal(202, await scene.StatusAsync(Batch(Signed(ToPush.Crl), Unprotected(ToPush.Revocation))));
        Assert.Equal(3, scene.Emitted.Count);
        Assert.Equal(201, await scene.StatusAsync(Batch(Signed(ToPush.Crl), Signed(ToPush.Revocation), Signed(ToPush.Revocation))));
        Assert.Equal([AnnouncementType.Revocation, AnnouncementType.Revocation], scene.Emitted.Skip(2).Select(one => one.Type));
        Assert.Equal([false, true], scene.Emitted.Skip(2).Select(one => one.Verified));
    }

    [Fact]
    public async Task Of_a_batch_that_was_taken_in_part_only_the_rest_is_emitted_when_it_comes_again()
    {
        await using PushScene scene = new();
        scene.Emitting = (announcement, _) => announcement.Type == AnnouncementType.Crl ? Task.CompletedTask : Task.FromException(new IOException("full"));
        byte[] batch = Batch(Signed(ToPush.Crl), Signed(ToPush.Certificate));
        Assert.Equal(503, await scene.StatusAsync(batch));
        scene.Emitting = (_, _) => Task.CompletedTask;
        Assert.Equal(201, await scene.StatusAsync(batch));
        Assert.Equal([AnnouncementType.Crl, AnnouncementType.Certificate], scene.Emitted.Select(one => one.Type));
    }

    [Theory]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nX: ")]
    [InlineData("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000000\r\n\r\n")]
    public async Task Who_sends_an_octet_now_and_then_is_cut_off(string start)
    {
        await using PushScene scene = new(change: settings => settings with { RequestTimeout = TimeSpan.FromMilliseconds(300), IdleTimeout = TimeSpan.FromMinutes(5) });
        using RawClient client = new(scene.Uri);
        await client.SendAsync(start);
        Task<int> status = client.StatusAsync();
        try
        {
            while (!status.IsCompleted)
            {
                await client.SendAsync("x");
                await Task.WhenAny(status, Task.Delay(20));
            }
            Assert.Equal(408, await status);
        }
        catch (IOException)
        {
            // the answer was overtaken by the reset that our last octet met
        }
        Assert.Equal(408, scene.Refusal.Status);
        Assert.Equal(201, await scene.StatusAsync(Signed(ToPush.Crl)));
    }

    [Fact]
    public async Task Connections_over_the_bound_are_told_so()
    {
        await using PushScene scene = new(change: settings => settings with { MaxConnections = 2 });
        List<RawClient> kept = [new(scene.Uri), new(scene.Uri)];
        foreach (RawClient client in kept)
        {
            await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
            Assert.Equal(201, await client.StatusAsync());
        }
        Assert.Equal(503, await scene.StatusAsync(Signed(ToPush.Crl)));
        Assert.Equal(503, scene.Refusal.Status);
        kept.ForEach(client => client.Dispose());
        await UntilServedAsync(scene);
    }

    [Fact]
    public async Task A_thousand_connections_are_answered_or_closed_and_the_next_push_is_taken()
    {
        await using PushScene scene = new(change: settings => settings with { MaxConnections = 8, RequestTimeout = TimeSpan.FromSeconds(2), MaxRefusalsPerMinute = 10 });
        Uri uri = scene.Uri;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        RawClient[] clients = new RawClient[1000];
        int served = 0, refused = 0;
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = new RawClient(uri);
            await clients[i].SendAsync("POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/pkixcmp\r\nContent-Length: 1000000\r\n\r\n");
        }
        await Task.WhenAll(clients.Select(async client =>
        {
            int status;
            try
            {
                status = await client.StatusAsync();
            }
            catch (IOException)
            {
                status = 0; // a reset is a close too
            }
            Interlocked.Increment(ref status is 408 ? ref served : ref refused);
        }));
        Assert.Equal(1000, served + refused);
        Assert.InRange(served, 1, 8);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 64 * 1024 * 1024);
        foreach (RawClient client in clients)
            client.Dispose();
        await UntilServedAsync(scene);
        await scene.Listener.StopAsync();
        // ten are told of, the others are counted
        Assert.InRange(scene.Refusals.Count, 10, 11);
        Assert.InRange(scene.Refusals.Sum(refusal => 1 + refusal.Others), 1000 - 8, 2000);
    }

    [Fact]
    public async Task A_thousand_connections_that_say_nothing_are_told_that_we_are_busy()
    {
        await using PushScene scene = new(change: settings => settings with { MaxConnections = 8, RequestTimeout = Some.Time });
        RawClient[] served = [.. Enumerable.Range(0, 8).Select(_ => new RawClient(scene.Uri))];
        RawClient[] clients = [.. Enumerable.Range(0, 1000).Select(_ => new RawClient(scene.Uri))];
        Assert.All(await Task.WhenAll(clients.Select(client => client.StatusAsync())), status => Assert.Equal(503, status));
        foreach (RawClient client in clients.Concat(served))
            client.Dispose();
        await UntilServedAsync(scene);
    }

    [Fact]
    public async Task Refusals_that_come_too_fast_are_counted()
    {
        await using PushScene scene = new(change: settings => settings with { MaxRefusalsPerMinute = 2 });
        for (int i = 0; i < 5; i++)
            Assert.Equal(400, await scene.StatusAsync(Other()));
        Assert.Equal([0, 0], scene.Refusals.Select(refusal => refusal.Others));
        scene.Time += TimeSpan.FromSeconds(30);
        Assert.Equal(400, await scene.StatusAsync(Other()));
        Assert.Equal([0, 0, 3], scene.Refusals.Select(refusal => refusal.Others));
        for (int i = 0; i < 3; i++)
            Assert.Equal(400, await scene.StatusAsync(Other()));
        await scene.Listener.StopAsync();
        Assert.Equal([0, 0, 3, 2], scene.Refusals.Select(refusal => refusal.Others));
        await scene.Listener.StopAsync();
        Assert.Equal(4, scene.Refusals.Count);
    }

    [Fact]
    public async Task Who_hears_of_refusals_cannot_end_the_listening()
    {
        var settings = new AnnouncementListenerSettings { Uri = new Uri("http://localhost:0/") };
        await using AnnouncementListener listener = AnnouncementListener.Start(settings, (octets, from, _) => Task.FromResult(Judged(octets, from)), null, (_, _) => Task.CompletedTask, _ => throw new InvalidOperationException());
        using RawClient client = new(listener.Uri);
        await client.SendAsync(RawClient.Post(Other()));
        Assert.Equal(400, await client.StatusAsync());
        await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        Assert.Equal(201, await client.StatusAsync());
    }

    [Fact]
    public void A_refusal_says_what_happened_in_one_line()
    {
        Assert.Equal("A push from 127.0.0.1:9 was refused (400): It is none.", new PushRefusal(400, "It is none.", "127.0.0.1:9").ToString());
        Assert.Equal("A push was refused: TLS. So were 7 more before it.", new PushRefusal(null, "TLS.", null) { Others = 7 }.ToString());
    }

    /// <summary>The judge itself in place of one of these tests: who is trusted, and what was believed before.</summary>
    [Fact]
    public async Task Rule74_What_the_judge_believes_is_created_and_what_it_does_not_is_accepted()
    {
        using CmpClient client = CmpClient.ByHand(new ServerSettings { TrustAnchor = [Peer.Shared.Root.Certificate] });
        var memory = new AnnouncementMemory(_folder.PathOf("home"));
        var judge = new AnnouncementJudge(client, memory, new JudgeSettings { Clock = () => Peer.Now });
        List<Announcement> emitted = [];
        await using AnnouncementListener listener = AnnouncementListener.Start(new AnnouncementListenerSettings { Uri = new Uri("http://127.0.0.1:0/") }, judge, memory, (announcement, _) =>
        {
            emitted.Add(announcement);
            return Task.CompletedTask;
        });
        using RawClient pusher = new(listener.Uri);
        byte[] forged = AnnouncementWriter.Write(ToPush.Revocation, Peer.Shared.Issuing.Certificate.Subject, Peer.Signature(ToPush.NewRoot), Peer.Now, extraCerts: [ToPush.NewRoot.Certificate]).Encoded.ToArray();
        foreach ((byte[] message, int status) in new[] { (Unprotected(ToPush.Certificate), 202), (forged, 202), (Signed(ToPush.Certificate), 201), (Signed(ToPush.Crl), 201), (Signed(ToPush.Crl), 201), (Other(), 400) })
        {
            await pusher.SendAsync(RawClient.Post(message));
            Assert.Equal(status, await pusher.StatusAsync());
        }
        Assert.Equal([false, false, true, true], emitted.Select(one => one.Verified));
        Assert.All(emitted, one => Assert.Equal(AnnouncementSource.Push, one.Source));
        Assert.StartsWith("127.0.0.1:", emitted[0].From, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rule64_Hundreds_of_broken_pushes_are_answered_and_none_is_emitted_twice()
    {
        const int Count = 600;
        using CmpClient client = CmpClient.ByHand(new ServerSettings { TrustAnchor = [Peer.Shared.Root.Certificate] });
        var memory = new AnnouncementMemory(_folder.PathOf("home"));
        var judge = new AnnouncementJudge(client, memory, new JudgeSettings { Clock = () => Peer.Now });
        var mutator = new Mutator([.. ToPush.All.Select(Signed), Batch(Signed(ToPush.Crl), Signed(ToPush.Revocation))], seed: 6712);
        List<Announcement> emitted = [];
        List<PushRefusal> refused = [];
        var settings = new AnnouncementListenerSettings { Uri = new Uri("http://127.0.0.1:0/"), MaxPushesPerMinute = 100 * Count, MaxRefusalsPerMinute = Count };
        await using AnnouncementListener listener = AnnouncementListener.Start(settings, judge, memory, (announcement, _) =>
        {
            emitted.Add(announcement);
            return Task.CompletedTask;
        }, refused.Add);
        using RawClient pusher = new(listener.Uri);
        Dictionary<int, int> statuses = [];
        for (int i = 0; i < Count; i++)
        {
            byte[] octets = mutator.Next();
            await pusher.SendAsync(RawClient.Post(octets));
            int status = await pusher.StatusAsync();
            Assert.True(status is 201 or 202 or 400, $"{status} to {Convert.ToBase64String(octets)}");
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }
        Assert.Equal(3, statuses.Count);
        Assert.Equal(statuses[400], refused.Count);
        Assert.Equal(emitted.Count, emitted.Select(one => (one.Id, one.Verified)).Distinct().Count());
        // those that came whole, but for the key update: it is the root that may say that
        Assert.Equal([AnnouncementType.Certificate, AnnouncementType.Revocation, AnnouncementType.Crl], emitted.Where(one => one.Verified).Select(one => one.Type).Order());
    }

    [Fact]
    public async Task Who_does_not_wait_for_the_answer_may_push_again()
    {
        await using PushScene scene = new();
        TaskCompletionSource go = Signal();
        scene.Emitting = (_, _) => go.Task;
        using (RawClient client = new(scene.Uri))
            await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
        Task<int> again = scene.StatusAsync(Signed(ToPush.Crl));
        go.SetResult();
        Assert.Equal(201, await again);
        Assert.Single(scene.Emitted);
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static async Task UntilServedAsync(PushScene scene)
    {
        using CancellationTokenSource limit = new(Some.Time);
        int status = 0;
        while (status != 201)
        {
            try
            {
                using RawClient client = new(scene.Uri);
                await client.SendAsync(RawClient.Post(Signed(ToPush.Crl)));
                status = await client.StatusAsync();
            }
            catch (IOException)
            {
                // refused by a reset
            }
            await Task.Delay(10, limit.Token);
        }
    }
}
