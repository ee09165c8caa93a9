using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Cmp.Announcements;
using Cmp.Client;
using Cmp.Framing;
using Cmp.Messages;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Protection;
using Cmp.Tests.Transactions;
using Cmp.Tests.Transports;
using Cmp.Transports;
using Xunit;
using static Cmp.Tests.Announcements.PollingScene;

namespace Cmp.Tests.Announcements;

/// <summary>Picking up by a polling reference what a CA has to say (draft-ietf-pkix-cmp-tcp-00 3.3).</summary>
public class PollingByReferenceTests
{
    private static readonly AnnouncementQuestion Reference = new() { PollBy = PollingWay.TcpReference, Reference = new PollingReference(42) };

    private static readonly byte[] Crl = Say(new CrlAnnContent([CrlOfIssuing]));
    private static readonly byte[] Update = SayBySigner(new CaKeyUpdContent(PollingScene.Update));

    private static AnnouncingRoad Holding(params TransportReply[] replies) => new() { Held = new Queue<TransportReply>(replies) };

    private static TransportReply.NotYet Later(int seconds, string ticket = "Fake-0000002A") => new(ticket, Peer.Now.AddSeconds(seconds));

    private static byte[] Error(MessageProtector protector) => protector.Protect(
        new PkiHeader(2, GeneralName.FromName(Peer.Shared.Signer.Certificate.Subject), GeneralName.NullDn) { MessageTime = Peer.Now, SenderKid = protector.SenderKid, TransactionId = new byte[16] },
        Peer.Error(FailInfo.SystemFailure, "out of order"),
        [Peer.Shared.Signer.Certificate, Issuing.Certificate]).Encoded.ToArray();

    private static async Task<CmpException> FailsAsync(AnnouncingRoad road, RequestOptions? options = null, Func<ServerSettings, ServerSettings>? settings = null)
    {
        using var scene = new PollingScene(road, settings);
        CmpException error = await Assert.ThrowsAnyAsync<CmpException>(() => scene.PollAsync(Reference, options));
        Assert.Empty(scene.Emitted);
        Assert.Empty(scene.Failed);
        return error;
    }

    [Fact]
    public async Task What_is_there_comes_at_once_and_is_judged()
    {
        AnnouncingRoad road = Holding(Octets(Crl));
        using var scene = new PollingScene(road);
        await scene.PollAsync(Reference);
        Announcement announcement = Assert.Single(scene.Emitted);
        Assert.True(announcement.Verified, announcement.Problem?.Text);
        Assert.Equal(AnnouncementSource.TcpReference, announcement.Source);
        Assert.Equal(["Fake-0000002A"], road.Collected);
        Assert.Empty(road.Sent);
        Assert.Equal(Peer.Now, scene.Clock.Now);
    }

    [Fact]
    public async Task What_is_not_there_yet_is_waited_for()
    {
        AnnouncingRoad road = Holding(Later(30), Later(100), Octets(Crl));
        using var scene = new PollingScene(road);
        await scene.PollAsync(Reference);
        Assert.Single(scene.Emitted);
        Assert.Equal(3, road.Collected.Count);
        Assert.Equal(Peer.Now.AddSeconds(100), scene.Clock.Now);
    }

    [Fact]
    public async Task Rule61_But_no_longer_than_there_is_time_and_the_reference_is_told()
    {
        CmpException error = await FailsAsync(Holding(Later(1000, "Version10-0000002B")));
        Assert.Equal("CmpTransaction.StillWaiting", error.ErrorId);
        Assert.Contains("-PollingReference 0000002B", error.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("CmpTransaction.StillWaiting", (await FailsAsync(Holding(Later(1)), new RequestOptions { IsImpatient = true })).ErrorId);
    }

    [Fact]
    public async Task A_finRep_means_that_there_is_nothing()
    {
        using var scene = new PollingScene(Holding(new TransportReply.Nothing()));
        await scene.PollAsync(Reference);
        Assert.Empty(scene.Emitted);
    }

    [Fact]
    public async Task A_reference_that_the_server_does_not_know_is_said_to_be_that()
    {
        await using ScriptedServer server = new(async connection =>
        {
            await TcpTest.ReadFrameAsync(connection.Stream, connection.Stopping);
            await connection.SendAsync(Convert.FromHexString("0000000D0A0006" + "0202" + "0004" + "0000002A" + "6E6F"));
        });
        using var road = new TcpTransport(TcpTest.Settings(server.Uri()));
        using var scene = new PollingScene(road);
        CmpException error = await Assert.ThrowsAsync<CmpException>(() => scene.PollAsync(Reference).WaitAsync(Some.Time));
        Assert.Equal("CmpTransport.UnknownTicket", error.ErrorId);
        Assert.Contains("0000002A", error.Message, StringComparison.Ordinal);
        Assert.Contains("-TcpStyle", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_parts_of_the_old_style_are_announcements_each()
    {
        AnnouncingRoad road = Holding(Octets(Crl) with { Next = Later(10, "Rfc2510-0000002B") }, Octets(Update) with { Next = Later(20, "Rfc2510-0000002C") }, new TransportReply.Nothing());
        using var scene = new PollingScene(road);
        await scene.PollAsync(Reference);
        Assert.Equal([AnnouncementType.Crl, AnnouncementType.CaKeyUpdate], scene.Emitted.Select(one => one.Type));
        Assert.Equal(["Fake-0000002A", "Rfc2510-0000002B", "Rfc2510-0000002C"], road.Collected);
        Assert.Equal(Peer.Now.AddSeconds(20), scene.Clock.Now);
    }

    [Fact]
    public async Task What_is_not_wanted_is_left_out_and_told_to_the_trace()
    {
        using var scene = new PollingScene(Holding(Octets(Crl) with { Next = Later(0, "Rfc2510-0000002B") }, Octets(Update)));
        await scene.PollAsync(Reference with { Types = [AnnouncementType.CaKeyUpdate] });
        Assert.Equal(AnnouncementType.CaKeyUpdate, Assert.Single(scene.Emitted).Type);
        Assert.Contains(scene.Trace.Notes, note => note.Contains("A Crl was announced", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rule33_An_error_in_its_place_is_the_servers_only_where_somebody_vouches_for_it()
    {
        foreach (MessageProtector good in new[] { Peer.Mac(), Peer.Signature(Peer.Shared.Signer) })
        {
            var refusal = Assert.IsType<CmpServerException>(await FailsAsync(Holding(Octets(Error(good)))));
            Assert.Equal(("CmpServer.systemFailure", true), (refusal.ErrorId, refusal.IsAuthenticated));
            Assert.Contains("out of order", refusal.Message, StringComparison.Ordinal);
        }
        foreach (MessageProtector bad in new[] { MessageProtector.None(null), Peer.Mac("wrong horse"), Peer.Signature(Peer.Shared.Client) })
        {
            var words = Assert.IsType<CmpServerException>(await FailsAsync(Holding(Octets(Error(bad)))));
            Assert.Equal(("CmpProtection.UnauthenticatedAnswer", false), (words.ErrorId, words.IsAuthenticated));
        }
        CmpException wanted = await FailsAsync(Holding(Octets(Error(MessageProtector.None(null)))), settings: said => said with { AllowUnprotectedErrors = true });
        Assert.Equal("CmpServer.systemFailure", wanted.ErrorId);
    }

    [Fact]
    public async Task What_announces_nothing_is_said_to_be_none()
    {
        byte[] other = MessageProtector.None(null).Protect(new PkiHeader(2, GeneralName.NullDn, GeneralName.NullDn), new GenMsgContent([]), []).Encoded.ToArray();
        Assert.Equal("CmpAnnouncement.NotOne", (await FailsAsync(Holding(Octets(other)))).ErrorId);
        Assert.Equal("CmpMessage.Malformed", (await FailsAsync(Holding(Octets(Some.Message)))).ErrorId);
        // rule 55: of what is none the status is the error
        var busy = new CmpException(CmpErrorKind.Protocol, "CmpHttp.500", "It failed.");
        Assert.Equal("CmpHttp.500", (await FailsAsync(Holding(Octets(other) with { StatusError = busy }))).ErrorId);
        using var scene = new PollingScene(Holding(Octets(Crl) with { StatusError = busy }));
        await scene.PollAsync(Reference);
        Assert.True(Assert.Single(scene.Emitted).Verified);
    }

    [Theory]
    [InlineData(TcpMessageStyle.Version10, "000000070A0002" + "0000002A", "0A0005")]
    [InlineData(TcpMessageStyle.Rfc2510, "0000000502" + "0000002A", "05")]
    public async Task Over_a_real_road_a_pollReq_has_the_reference_in_the_style_that_is_spoken(TcpMessageStyle style, string asked, string head)
    {
        string? question = null;
        await using ScriptedServer server = new(async connection =>
        {
            question = await TcpTest.ReadFrameAsync(connection.Stream, connection.Stopping);
            byte[] type = Convert.FromHexString(head), length = BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(type.Length + Crl.Length));
            await connection.SendAsync([.. length, .. type, .. Crl]);
            await connection.UntilClosedAsync();
        });
        using var road = new TcpTransport(TcpTest.Settings(server.Uri()) with { Style = style });
        using var scene = new PollingScene(road);
        await scene.PollAsync(Reference).WaitAsync(Some.Time);
        Assert.Equal(asked, question);
        Assert.True(Assert.Single(scene.Emitted).Verified);
    }

    [Fact]
    public async Task Who_gives_up_gets_what_he_threw()
    {
        using var stop = new CancellationTokenSource();
        using var scene = new PollingScene(Holding(Later(30), Octets(Crl)));
        scene.Clock.Waiting = stop.Cancel;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.PollAsync(Reference, token: stop.Token));
        Assert.Empty(scene.Emitted);
    }
}
