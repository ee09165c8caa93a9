using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Cmp.Client;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Client;

/// <summary>Answers that come in parts, the next one by a ticket of the road: the only way in which a server of RFC 2510 can make us wait (5.2).</summary>
public sealed class PartialAnswerTests : IDisposable
{
    private static readonly Reply InVersion1 = new() { Header = header => header with { Pvno = 1 } };

    private readonly Folder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Rule62_In_cmp1999_a_waiting_request_is_answered_by_the_ticket_of_the_road()
    {
        Server server = new();
        Desk desk = server.Desk();
        EnrolledCertificate enrolled = await desk.EnrollAsync();
        Assert.True(enrolled.Confirmed);
        Assert.Equal(["ir", "pkiconf"], desk.Road.Kinds);
        Assert.Equal(["part 1"], server.Collected);
        Assert.Equal(TimeSpan.FromSeconds(30), TimeSpan.FromTicks(desk.Clock.Waits.Sum(wait => wait.Ticks)));
    }

    [Fact]
    public async Task Rule62_It_may_wait_in_several_parts()
    {
        Server server = new() { Parts = 3 };
        Desk desk = server.Desk();
        await desk.EnrollAsync();
        Assert.Equal(["ir", "pkiconf"], desk.Road.Kinds);
        Assert.Equal(["part 1", "part 2", "part 3"], server.Collected);
    }

    /// <summary>In pvno 2 there are messages for it, but what the road brings by itself needs none.</summary>
    [Fact]
    public async Task A_road_that_has_more_is_not_sent_a_pollReq()
    {
        Server server = new() { Pvno = 2 };
        Desk desk = server.Desk();
        await desk.EnrollAsync();
        Assert.Equal(["ir", "certConf"], desk.Road.Kinds);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task What_is_not_waited_for_is_not_asked_for(int pvno)
    {
        Server server = new() { Pvno = pvno, IsLate = false };
        await server.Desk().EnrollAsync();
        Assert.Empty(server.Collected);
    }

    [Fact]
    public async Task Without_a_ticket_cmp1999_cannot_wait()
    {
        Server server = new() { GivesTicket = false };
        CmpException error = await server.Desk().FailsAsync();
        Assert.Equal("CmpTransaction.Waiting", error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
    }

    [Fact]
    public async Task Where_the_last_part_is_none_there_is_no_answer()
    {
        Server server = new() { Last = _ => new TransportReply.Nothing() };
        Assert.Equal("CmpTransport.NoAnswer", (await server.Desk().FailsAsync()).ErrorId);
    }

    [Fact]
    public async Task Rule50_Where_the_server_forgot_the_reference_the_request_is_said_again()
    {
        int turn = 0;
        Server server = new();
        server.Last = ir => turn++ == 0 ? throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "It was forgotten.") : server.Good(ir);
        Desk desk = server.Desk();
        await desk.EnrollAsync();
        // there is no pollReq in cmp1999
        Assert.Equal(["ir", "ir", "pkiconf"], desk.Road.Kinds);
        Assert.Equal(Hex.Of(desk.Road.Sent[0].Header.SenderNonce!.Value.Span), Hex.Of(desk.Road.Sent[1].Header.SenderNonce!.Value.Span));
        Assert.True(desk.Road.Requests[1].First);
    }

    [Fact]
    public async Task Rule50_In_cmp2000_it_is_asked_for_by_a_pollReq_then()
    {
        Server server = new() { Pvno = 2, Last = _ => throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "It was forgotten.") };
        Desk desk = server.Desk();
        await desk.EnrollAsync();
        Assert.Equal(["ir", "pollReq", "certConf"], desk.Road.Kinds);
    }

    [Fact]
    public async Task Rule50_A_server_that_forgets_each_reference_is_asked_twice_and_no_more()
    {
        Server server = new() { Last = _ => throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "It was forgotten.") };
        Desk desk = server.Desk();
        Assert.Equal("CmpTransport.UnknownTicket", (await desk.FailsAsync()).ErrorId);
        Assert.Equal(["ir", "ir"], desk.Road.Kinds);
    }

    /// <summary>An rr is answered late in the same way, and said again where the reference is lost.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rule62_So_is_an_rr(bool isLost)
    {
        PkiMessage? rr = null;
        var road = new FakeRoad((request, _) =>
        {
            bool isFirst = rr is null;
            rr = PkiMessage.Decode(request.Octets);
            return Task.FromResult<TransportReply>(isFirst
                ? new TransportReply.Octets(Rp(rr, PkiStatus.Waiting)) { Next = new TransportReply.NotYet("one", Peer.Now.AddSeconds(30)) }
                : new TransportReply.Octets(Rp(rr, PkiStatus.Accepted)));
        })
        {
            Collect = _ => isLost ? throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "It was forgotten.") : new TransportReply.Octets(Rp(rr!, PkiStatus.Accepted)),
        };
        var desk = new Desk(road) { Settings = settings => settings with { ProtocolVersion = 1 } };
        Revocation revocation = Assert.Single(await desk.Client.RevokeAsync([new RevocationRequest { Issuer = Peer.Shared.Issuing.Certificate.Subject, SerialNumber = new byte[] { 5 } }]));
        Assert.Equal(PkiStatus.Accepted, revocation.Status);
        Assert.Equal(isLost ? ["rr", "rr"] : new[] { "rr" }, road.Kinds);

        static ReadOnlyMemory<byte> Rp(PkiMessage request, PkiStatus status) => Peer.Shared.Answer(request, new RevRepContent([new PkiStatusInfo(status)]), InVersion1);
    }

#if NET // keys that wait in files are not for Mono
    [Fact]
    public async Task Who_has_no_time_to_wait_goes_on_later()
    {
        Server server = new();
        var store = new EnrollmentStore(_folder.PathOf("home"));
        Desk desk = server.Desk(store);
        Assert.Null(await desk.RunAsync(TimeSpan.FromSeconds(10)));
        desk.Enrollment.Dispose();
        PendingEnrollment pending = Assert.Single(store.All(error => Assert.Fail(error.Message)));
        Assert.Equal("part 1", pending.Ticket);
        Assert.Equal(Peer.Now.AddSeconds(30), pending.WaitUntil);

        FakeRoad road = server.Road();
        var clock = new FakeClock { Now = Peer.Now.AddSeconds(20) };
        using Enrollment again = Enrollment.Resume(store, pending.Id, new ResumeOptions
        {
            Said = new ServerSettings { Secret = Desk.Secret() },
            OpenClient = settings => new CmpClient(settings, road, () => clock.Now, clock.Delay),
        });
        Assert.True(Assert.IsType<EnrolledCertificate>(await again.RunAsync()).Confirmed);
        Assert.Equal(["pkiconf"], road.Kinds);
        Assert.Equal(["part 1"], server.Collected);
        Assert.Equal(TimeSpan.FromSeconds(10), TimeSpan.FromTicks(clock.Waits.Sum(wait => wait.Ticks)));
    }

    [Fact]
    public async Task A_forgotten_reference_is_no_end_for_who_goes_on_later()
    {
        Server server = new() { Parts = 2 };
        var store = new EnrollmentStore(_folder.PathOf("home"));
        Desk desk = server.Desk(store);
        Assert.Null(await desk.RunAsync(TimeSpan.FromSeconds(10)));
        desk.Enrollment.Dispose();
        // it was started anew: it knows no reference, and answers the request as before
        Server anew = new() { Parts = 0 };
        FakeRoad road = anew.Road(_ => throw new CmpException(CmpErrorKind.Protocol, "CmpTransport.UnknownTicket", "It was forgotten."));
        var clock = new FakeClock { Now = Peer.Now.AddSeconds(60) };
        using Enrollment again = Enrollment.Resume(store, Assert.Single(store.All(error => Assert.Fail(error.Message))).Id, new ResumeOptions
        {
            Said = new ServerSettings { Secret = Desk.Secret() },
            OpenClient = settings => new CmpClient(settings, road, () => clock.Now, clock.Delay),
        });
        Assert.NotNull(await again.RunAsync());
        Assert.Equal(["ir", "pkiconf"], road.Kinds);
        Assert.Equal(Hex.Of(desk.Road.Sent[0].Header.SenderNonce!.Value.Span), Hex.Of(road.Sent[0].Header.SenderNonce!.Value.Span));
    }
#endif

    /// <summary>A server that needs time, and says so in parts of an answer.</summary>
    private sealed class Server
    {
        private PkiMessage? _ir;
        private int _given;

        internal int Pvno { get; init; } = 1;

        /// <summary>Parts that say that there is a wait.</summary>
        internal int Parts { get; init; } = 1;

        internal bool IsLate { get; init; } = true;

        internal bool GivesTicket { get; init; } = true;

        /// <summary>What comes by the last ticket.</summary>
        internal Func<PkiMessage, TransportReply>? Last { get; set; }

        internal List<string> Collected { get; } = [];

        internal TransportReply Good(PkiMessage ir) => new TransportReply.Octets(Client.Desk.Good(ir, Said));

        internal FakeRoad Road(Func<string, TransportReply>? collect = null) => new((request, _) => Task.FromResult(Answer(PkiMessage.Decode(request.Octets)))) { Collect = collect ?? Collect };

        internal Desk Desk(EnrollmentStore? store = null) => new(Road())
        {
            Store = store,
            Settings = settings => settings with { ProtocolVersion = Pvno, ImplicitConfirm = false },
        };

        private Reply Said => Pvno == 1 ? InVersion1 : new Reply();

        private TransportReply Answer(PkiMessage message)
        {
            switch (message.Body.Type)
            {
                case PkiBodyType.Ir:
                    _ir = message;
                    return Parts == 0 ? Good(message) : Part();
                case PkiBodyType.PollReq:
                    return new TransportReply.Octets(Peer.Shared.Answer(message, Client.Desk.Response(_ir!, Peer.Shared.Certify(Client.Desk.KeyOf(_ir!)))));
                case PkiBodyType.Pkiconf:
                    return new TransportReply.Nothing();
                default:
                    return new TransportReply.Octets(Client.Desk.PkiConf(message));
            }
        }

        private TransportReply Collect(string ticket)
        {
            Assert.Equal($"part {_given}", ticket);
            Collected.Add(ticket);
            return _given < Parts ? Part() : Last?.Invoke(_ir!) ?? Good(_ir!);
        }

        private TransportReply.Octets Part()
        {
            _given++;
            ReadOnlyMemory<byte> answer = IsLate ? Peer.Shared.Answer(_ir!, Client.Desk.Response(_ir!, null, PkiStatus.Waiting), Said) : Client.Desk.Good(_ir!, Said);
            return new TransportReply.Octets(answer) { Next = GivesTicket ? new TransportReply.NotYet($"part {_given}", Peer.Now.AddSeconds(30)) : null };
        }
    }
}
