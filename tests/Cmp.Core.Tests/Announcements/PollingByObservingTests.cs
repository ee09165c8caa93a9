using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages.Bodies;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PollingScene;

namespace Cmp.Tests.Announcements;

/// <summary>Observing announcements over CoAP (RFC 9482 2.6) for as long as anybody wants them, be the network as it is.</summary>
public class PollingByObservingTests
{
    private static readonly AnnouncementQuestion Observed = new() { PollBy = PollingWay.Observe };

    private static readonly byte[] Crl = Say(new CrlAnnContent([CrlOfIssuing]));
    private static readonly byte[] Update = SayBySigner(new CaKeyUpdContent(PollingScene.Update));
    private static readonly byte[] Warning = Say(PollingScene.Revocation);

    private static readonly CoapNotification Nothing = Told([]) with { ContentFormat = null };

    private static CoapNotification Told(byte[] octets) => new(octets, IsRegistered: true) { ContentFormat = CoapContentFormat.Pkixcmp };

    private static CmpException Away(string errorId = "CmpTransport.Timeout", CmpErrorKind kind = CmpErrorKind.Timeout) => new(kind, errorId, "It is away.");

    /// <summary>Observes until a number of announcements came, or what the road throws.</summary>
    private static async Task<PollingScene> ObserveAsync(
        int until,
        Func<int, Func<CoapNotification, CancellationToken, Task>, CancellationToken, Task> observe,
        AnnouncementQuestion? question = null,
        Func<ServerSettings, ServerSettings>? settings = null,
        Action<PollingScene>? before = null)
    {
        using var stop = new CancellationTokenSource();
        var scene = new PollingScene(new AnnouncingRoad { Observe = observe }, said => (settings ?? (same => same))(said with { Uri = new Uri("coap://ca.example") }));
        scene.Emitting = _ =>
        {
            if (scene.Emitted.Count == until)
                stop.Cancel();
            return Task.CompletedTask;
        };
        before?.Invoke(scene);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.PollAsync(question ?? Observed, token: stop.Token).WaitAsync(Some.Time, CancellationToken.None));
        Assert.Equal(until, scene.Emitted.Count);
        scene.Dispose();
        return scene;
    }

    [Fact]
    public async Task What_comes_is_judged_until_nobody_wants_it_any_more()
    {
        PollingScene scene = await ObserveAsync(3, async (_, take, token) =>
        {
            foreach (byte[] message in new[] { [], Crl, Update, Warning, Crl })
                await take(message.Length == 0 ? Nothing : Told(message), token);
        });
        Assert.Equal([AnnouncementType.Crl, AnnouncementType.CaKeyUpdate, AnnouncementType.Revocation], scene.Emitted.Select(one => one.Type));
        Assert.All(scene.Emitted, one => Assert.Equal((AnnouncementSource.Observe, true), (one.Source, one.Verified)));
        Assert.Equal(["crlann", "ckuann", "rann"], scene.Trace.Received.Take(3));
        Assert.Empty(scene.Trace.Warnings);
    }

    [Fact]
    public async Task What_is_no_announcement_is_warned_of_and_ends_nothing()
    {
        PollingScene scene = await ObserveAsync(1, async (_, take, token) =>
        {
            await take(Told(Some.Message), token);
            await take(Told([0x1B, 0x5B]), token);
            await take(Told(Crl) with { ContentFormat = CoapContentFormat.Text }, token);
            await take(Told(Update) with { ContentFormat = null }, token);
            await take(Told(Crl), token);
        });
        Assert.Equal(4, scene.Trace.Warnings.Count);
        Assert.All(scene.Trace.Warnings, warning => Assert.Equal(PeerText.Escape(warning), warning));
        // -Lenient takes what does not say what it is
        Assert.Single((await ObserveAsync(1, (_, take, token) => take(Told(Update) with { ContentFormat = null }, token), settings: said => said with { Lenient = true })).Emitted);
    }

    [Fact]
    public async Task What_is_not_wanted_is_left_out()
    {
        PollingScene scene = await ObserveAsync(1, async (_, take, token) =>
        {
            await take(Told(Crl), token);
            await take(Told(Update), token);
        }, Observed with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Equal(AnnouncementType.CaKeyUpdate, Assert.Single(scene.Emitted).Type);
        Assert.Contains(scene.Trace.Notes, note => note.Contains("A Crl was announced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_break_is_waited_out_ever_longer_and_what_was_told_before_it_comes_once()
    {
        PollingScene scene = await ObserveAsync(2, async (attempt, take, token) =>
        {
            if (attempt is 2 or 3)
                throw Away(attempt == 2 ? "CmpTransport.Timeout" : "CmpTransport.ConnectFailed", attempt == 2 ? CmpErrorKind.Timeout : CmpErrorKind.Transport);
            await take(Told(Crl), token);
            if (attempt == 1)
                throw Away();
            await take(Told(Update), token);
        });
        Assert.Equal([AnnouncementType.Crl, AnnouncementType.CaKeyUpdate], scene.Emitted.Select(one => one.Type));
        // 1, 2 and 4 seconds, less a half of each where chance gives nothing
        Assert.Equal(TimeSpan.FromSeconds(3.5), scene.Clock.Now - Peer.Now);
        Assert.Equal(3, scene.Trace.Warnings.Count);
    }

    [Fact]
    public async Task An_observation_that_stood_with_nothing_to_tell_is_begun_anew_too()
    {
        PollingScene scene = await ObserveAsync(1, async (attempt, take, token) =>
        {
            await take(attempt == 1 ? Nothing : Told(Crl), token);
            if (attempt == 1)
                throw Away("CmpCoap.Reset", CmpErrorKind.Protocol);
        });
        Assert.Single(scene.Trace.Warnings);
    }

    [Fact]
    public async Task A_busy_server_is_left_alone_for_as_long_as_it_asks_but_no_longer_than_is_sensible()
    {
        PollingScene scene = await ObserveAsync(2, async (attempt, take, token) =>
        {
            await take(Told(attempt == 1 ? Crl : Update), token);
            throw new CmpException(CmpErrorKind.Protocol, "CmpCoap.503", "Busy.") { RetryAfter = attempt == 1 ? TimeSpan.FromMinutes(10) : TimeSpan.FromDays(1000) };
        });
        Assert.Equal(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(0.5), scene.Clock.Now - Peer.Now);
    }

    [Theory]
    [InlineData("CmpTransport.ConnectTimeout", CmpErrorKind.Timeout)]
    [InlineData("CmpTransport.ConnectFailed", CmpErrorKind.Transport)]
    [InlineData("CmpCoap.404", CmpErrorKind.Protocol)]
    public async Task What_never_stood_is_an_error(string errorId, CmpErrorKind kind)
    {
        var road = new AnnouncingRoad { Observe = (_, _, _) => throw Away(errorId, kind) };
        using var scene = new PollingScene(road, said => said with { Uri = new Uri("coap://ca.example") });
        Assert.Equal(errorId, (await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Observed))).ErrorId);
        Assert.Equal(1, road.Observations);
    }

    [Theory]
    [InlineData("CmpCoap.404", CmpErrorKind.Protocol, 1)]
    [InlineData("CmpCoap.401", CmpErrorKind.Protocol, 1)]
    [InlineData("CmpKey.Missing", CmpErrorKind.Key, 1)]
    [InlineData("CmpCoap.500", CmpErrorKind.Protocol, 2)]
    [InlineData("CmpMessage.TooLarge", CmpErrorKind.Malformed, 2)]
    public async Task A_server_that_refuses_later_is_an_error_and_one_that_is_out_of_order_is_asked_again(string errorId, CmpErrorKind kind, int observations)
    {
        var road = new AnnouncingRoad
        {
            Observe = async (attempt, take, token) =>
            {
                if (attempt == 1)
                    await take(Nothing, token);
                throw attempt == 1 ? Away(errorId, kind) : Away("CmpCoap.404", CmpErrorKind.Protocol);
            },
        };
        using var scene = new PollingScene(road, said => said with { Uri = new Uri("coap://ca.example") });
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Observed));
        Assert.Equal(observations, road.Observations);
        Assert.Equal(observations == 1 ? errorId : "CmpCoap.404", error.ErrorId);
    }

    [Fact]
    public async Task What_who_takes_it_throws_ends_it_whatever_it_is()
    {
        var road = new AnnouncingRoad { Observe = (_, take, token) => take(Told(Crl), token) };
        using var scene = new PollingScene(road, said => said with { Uri = new Uri("coap://ca.example") });
        scene.Emitting = _ => throw Away("Test.Full", CmpErrorKind.Timeout);
        Assert.Equal("Test.Full", (await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Observed))).ErrorId);
        Assert.Equal(1, road.Observations);
    }

    [Fact]
    public async Task Where_a_time_is_named_it_ends_without_an_error()
    {
        // the break outlasts the time
        var road = new AnnouncingRoad
        {
            Observe = async (attempt, take, token) =>
            {
                if (attempt == 1)
                    await take(Told(Crl), token);
                throw Away();
            },
        };
        using var scene = new PollingScene(road, said => said with { Uri = new Uri("coap://ca.example") });
        await scene.PollAsync(Observed, new RequestOptions { Timeout = TimeSpan.FromMinutes(3) });
        Assert.Single(scene.Emitted);
        Assert.Equal(TimeSpan.FromMinutes(3), scene.Clock.Now - Peer.Now);
        // and so it does while nothing is said
        using var silent = new PollingScene(new AnnouncingRoad { Observe = (_, take, token) => take(Nothing, token) }, said => said with { Uri = new Uri("coap://ca.example") });
        await silent.PollAsync(Observed, new RequestOptions { Timeout = TimeSpan.FromMilliseconds(50) }).WaitAsync(Some.Time);
        Assert.Empty(silent.Emitted);
    }
}
