using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading.Tasks;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Announcements by Observe (RFC 9482 2.6, RFC 7641), and the directory (RFC 6690).</summary>
public class CoapServerObserveTests
{
    private const string Path = "/.well-known/cmp/ann";
    private static readonly CoapOption Register = CoapOption.Of(CoapOptionNumber.Observe, 0);
    private static readonly CoapOption Deregister = CoapOption.Of(CoapOptionNumber.Observe, 1);

    [Fact]
    public async Task A_client_registers_and_is_told()
    {
        CoapDesk desk = new();
        CoapMessage request = desk.Get(Path, Register);
        CoapMessage answer = desk.Ask(request);
        // RFC 9482 2.6: success, though there is nothing yet
        Assert.Equal((CoapType.Acknowledgement, CoapCode.Content), (answer.Type, answer.Code));
        Assert.True(answer.Payload.IsEmpty);
        Assert.Equal(259u, answer.FindNumber(CoapOptionNumber.ContentFormat));
        Assert.Equal(86_400u, answer.FindNumber(CoapOptionNumber.MaxAge));
        List<uint> numbers = [answer.FindNumber(CoapOptionNumber.Observe)!.Value];
        for (byte i = 1; i < 4; i++)
        {
            CoapMessage told = Assert.Single(desk.Announce([0x30, 1, i], out CoapAnnouncement announcement));
            Assert.Equal((CoapType.Confirmable, CoapCode.Content), (told.Type, told.Code));
            Assert.Equal(request.Token.ToArray(), told.Token.ToArray());
            Assert.Equal([0x30, 1, i], told.Payload.ToArray());
            Assert.Equal(259u, told.FindNumber(CoapOptionNumber.ContentFormat));
            numbers.Add(told.FindNumber(CoapOptionNumber.Observe)!.Value);
            Assert.False(announcement.Heard.IsCompleted);
            Assert.Empty(desk.Send(told.Acknowledge()));
            Assert.Equal(1, await announcement.Heard);
        }
        // RFC 7641 4.4: it grows
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.Equal(1, desk.Server.Observers);
    }

    [Fact]
    public async Task Nobody_waits_and_nobody_is_told()
    {
        CoapDesk desk = new();
        Assert.Equal("4.04", desk.Ask(desk.Get(Path)).Code.ToString());
        Assert.Empty(desk.Announce(Some.Message, out CoapAnnouncement announcement));
        Assert.Equal(0, await announcement.Heard);
        // the latest is there for whoever asks
        CoapMessage answer = desk.Ask(desk.Get(Path));
        Assert.Equal(Some.Message, answer.Payload.ToArray());
        Assert.False(answer.Has(CoapOptionNumber.Observe));
        Assert.Equal(0, desk.Server.Observers);
    }

    [Fact]
    public void Who_deregisters_is_told_no_more()
    {
        CoapDesk desk = new();
        CoapMessage request = desk.Get("/p/gold/ann", Register);
        desk.Ask(request);
        // another token, another client: not the one that registered
        desk.Ask(desk.Get("/p/gold/ann", Deregister));
        desk.Ask(desk.Get("/p/gold/ann", Deregister) with { Token = request.Token }, CoapDesk.Far);
        Assert.Equal(1, desk.Server.Observers);
        CoapMessage answer = desk.Ask(desk.Get("/p/gold/ann", Deregister) with { Token = request.Token });
        Assert.False(answer.Has(CoapOptionNumber.Observe));
        Assert.Equal(0, desk.Server.Observers);
        Assert.Empty(desk.Announce(Some.Message, out _));
    }

    [Fact]
    public void Who_registers_again_is_one_client_still()
    {
        CoapDesk desk = new();
        CoapMessage request = desk.Get(Path, Register);
        uint first = desk.Ask(request).FindNumber(CoapOptionNumber.Observe)!.Value;
        uint second = desk.Ask(desk.Get(Path, Register) with { Token = request.Token }).FindNumber(CoapOptionNumber.Observe)!.Value;
        Assert.True(second > first);
        Assert.Equal(1, desk.Server.Observers);
        Assert.Single(desk.Announce(Some.Message, out _));
    }

    [Fact]
    public async Task Who_resets_a_notification_or_is_gone_is_forgotten()
    {
        CoapDesk desk = new();
        desk.Ask(desk.Get(Path, Register));
        CoapMessage told = Assert.Single(desk.Announce(Some.Message, out CoapAnnouncement first));
        desk.Send(CoapMessage.ResetOf(told.MessageId));
        Assert.Equal(0, await first.Heard);
        Assert.Equal(0, desk.Server.Observers);

        desk.Ask(desk.Get(Path, Register));
        told = Assert.Single(desk.Announce(Some.Message, out CoapAnnouncement second));
        IReadOnlyList<CoapMessage> again = desk.Wait(TimeSpan.FromSeconds(100));
        Assert.Equal(4, again.Count);
        Assert.All(again, copy => Assert.Equal(told.Encode(), copy.Encode()));
        Assert.Equal(0, await second.Heard);
        Assert.Equal(0, desk.Server.Observers);
        Assert.Empty(desk.Announce(Some.Message, out _));
    }

    [Fact]
    public void A_notification_that_is_lost_comes_again_and_one_acknowledged_late_counts()
    {
        CoapDesk desk = new();
        desk.Ask(desk.Get(Path, Register));
        CoapMessage told = Assert.Single(desk.Announce(Some.Message, out CoapAnnouncement announcement));
        CoapMessage copy = Assert.Single(desk.Wait(TimeSpan.FromSeconds(3)));
        Assert.Equal(told.Encode(), copy.Encode());
        desk.Send(copy.Acknowledge());
        desk.Send(copy.Acknowledge());
        Assert.True(announcement.Heard.IsCompleted);
        Assert.Empty(desk.Wait(TimeSpan.FromSeconds(100)));
        Assert.Equal(1, desk.Server.Observers);
    }

    [Fact]
    public void Announcements_come_one_after_the_other_and_the_latest_ones_where_there_are_many()
    {
        CoapDesk desk = new();
        desk.Ask(desk.Get(Path, Register));
        List<byte> seen = [];
        CoapMessage told = Assert.Single(desk.Announce([0], out _));
        for (byte i = 1; i < 30; i++)
            Assert.Empty(desk.Announce([i], out _));
        while (true)
        {
            seen.Add(told.Payload.Span[0]);
            IReadOnlyList<CoapMessage> next = desk.Send(told.Acknowledge());
            if (next.Count == 0)
                break;
            told = Assert.Single(next);
        }
        Assert.Equal([0, .. Enumerable.Range(30 - CoapObservers.MaxWaiting, CoapObservers.MaxWaiting).Select(i => (byte)i)], seen);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(64)]
    [InlineData(1024)]
    public void A_large_announcement_is_fetched_in_blocks_and_the_next_waits_for_that(int size)
    {
        CoapDesk desk = new();
        byte[] first = CoapDesk.Octets(3000), second = [.. CoapDesk.Octets(3001).Skip(1)];
        desk.Ask(desk.Get(Path, Register, CoapDesk.Block2(0, size)));
        CoapMessage told = Assert.Single(desk.Announce(first, out _));
        Assert.Equal(new CoapBlock(0, HasMore: true, CoapBlock.ExponentOf(size)), told.FindBlock(CoapOptionNumber.Block2));
        Assert.Empty(desk.Announce(second, out _));
        // RFC 7959 3.4: acknowledged, then fetched by GET without Observe; also a client that repeats Observe does not register by it
        Assert.Empty(desk.Send(told.Acknowledge()));
        IReadOnlyList<CoapMessage> last = [];
        byte[] whole = CoapDesk.Fetch(told, asked =>
        {
            last = desk.Send(desk.Get(Path, asked, Register));
            Assert.False(last[0].Has(CoapOptionNumber.Observe));
            return last[0];
        });
        Assert.Equal(first, whole);
        Assert.Equal(2, last.Count);
        Assert.Equal(1, desk.Server.Observers);
        // with the last block the next announcement came
        Assert.Empty(desk.Send(last[1].Acknowledge()));
        Assert.Equal(second, CoapDesk.Fetch(last[1], asked => desk.Ask(desk.Get(Path, asked))));
    }

    [Fact]
    public void Who_does_not_fetch_the_rest_gets_the_next_one_after_a_while()
    {
        CoapDesk desk = new();
        desk.Ask(desk.Get(Path, Register));
        CoapMessage told = Assert.Single(desk.Announce(CoapDesk.Octets(3000), out _));
        desk.Send(told.Acknowledge());
        Assert.Empty(desk.Announce(Some.Message, out _));
        Assert.Empty(desk.Wait(TimeSpan.FromSeconds(92)));
        Assert.Equal(Some.Message, Assert.Single(desk.Wait(TimeSpan.FromSeconds(2))).Payload.ToArray());
    }

    [Fact]
    public void The_latest_is_fetched_in_blocks_from_where_one_likes()
    {
        CoapDesk desk = new();
        byte[] message = CoapDesk.Octets(3000);
        desk.Announce(message, out _);
        Assert.Equal(message, CoapDesk.Fetch(desk.Ask(desk.Get(Path)), asked => desk.Ask(desk.Get(Path, asked))));
        // registering brings it too
        CoapMessage first = desk.Ask(desk.Get(Path, Register));
        Assert.True(first.Has(CoapOptionNumber.Observe));
        Assert.Equal(message, CoapDesk.Fetch(first, asked => desk.Ask(desk.Get(Path, asked))));
        Assert.Equal(message.Skip(512).Take(256), desk.Ask(desk.Get(Path, CoapDesk.Block2(2, 256)), CoapDesk.Near).Payload.ToArray());
    }

    [Fact]
    public void There_is_room_for_so_many_and_the_others_are_told_by_the_missing_option()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxObservers = 6 });
        for (int i = 0; i < 6; i++)
            Assert.Equal(i < CoapObservers.MaxOfPeer, desk.Ask(desk.Get(Path, Register)).Has(CoapOptionNumber.Observe));
        Assert.True(desk.Ask(desk.Get(Path, Register), CoapDesk.Far).Has(CoapOptionNumber.Observe));
        Assert.True(desk.Ask(desk.Get(Path, Register), CoapDesk.Far).Has(CoapOptionNumber.Observe));
        CoapMessage answer = desk.Ask(desk.Get(Path, Register), CoapDesk.Far);
        Assert.Equal("2.05", answer.Code.ToString());
        Assert.False(answer.Has(CoapOptionNumber.Observe));
        Assert.Equal(6, desk.Server.Observers);
        // silence for more than a day, and the time in which it could have come again
        desk.Wait(TimeSpan.FromDays(1));
        Assert.Equal(6, desk.Server.Observers);
        desk.Wait(TimeSpan.FromMinutes(2));
        Assert.Equal(0, desk.Server.Observers);
        desk.Wait(TimeSpan.FromMinutes(5));
        Assert.Null(desk.Server.Due);
    }

    [Fact]
    public void Without_announcements_there_is_no_such_resource()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxObservers = 0 });
        Assert.Equal("4.04", desk.Ask(desk.Get(Path, Register)).Code.ToString());
        Assert.Equal("</.well-known/cmp>;rt=\"cmp\";ct=259", Encoding.UTF8.GetString(desk.Ask(desk.Get("/.well-known/core")).Payload.Span));
    }

    [Fact]
    public void Rfc7252_11_3_Announcements_far_away_come_in_small_blocks_until_the_client_has_shown_itself()
    {
        CoapDesk desk = new();
        byte[] message = CoapDesk.Octets(3000);
        Assert.True(desk.Ask(desk.Get(Path, Register), CoapDesk.Far).Has(CoapOptionNumber.Observe));
        CoapMessage told = Assert.Single(desk.Announce(message, out _, CoapDesk.Far));
        Assert.Equal(64, told.FindBlock(CoapOptionNumber.Block2)!.Value.Size);
        desk.Send(told.Acknowledge(), CoapDesk.Far);
        Assert.Equal(message, CoapDesk.Fetch(told, asked => desk.Ask(desk.Get(Path, asked), CoapDesk.Far)));
        told = Assert.Single(desk.Announce(message, out _, CoapDesk.Far));
        Assert.Equal(1024, told.FindBlock(CoapOptionNumber.Block2)!.Value.Size);
    }

    [Fact]
    public async Task Whoever_stops_leaves_nobody_waiting()
    {
        CoapDesk desk = new();
        desk.Ask(desk.Get(Path, Register));
        desk.Announce(Some.Message, out CoapAnnouncement first);
        desk.Announce(Some.Message, out CoapAnnouncement second);
        desk.Server.Stop();
        Assert.Equal((0, 0), (await first.Heard, await second.Heard));
    }

    [Theory]
    [InlineData("", 2)]
    [InlineData("?rt=cmp", 2)]
    [InlineData("?rt=cm*", 2)]
    [InlineData("?rt=x", 0)]
    [InlineData("?rt=cm", 0)]
    [InlineData("?ct=259", 2)]
    [InlineData("?ct=40", 0)]
    [InlineData("?obs", 1)]
    [InlineData("?href=/.well-known/cmp", 1)]
    [InlineData("?href=/.well-known/cmp*", 2)]
    [InlineData("?href=/.well-known/c%6Dp/*", 1)]
    [InlineData("?href=/x*", 0)]
    [InlineData("?rt=cmp&href=/.well-known/cmp", 1)]
    [InlineData("?title=x", 0)]
    public void The_directory_names_what_there_is(string query, int links)
    {
        CoapDesk desk = new();
        CoapMessage answer = desk.Ask(desk.Get("/.well-known/core" + query));
        Assert.Equal((CoapCode.Content, 40u), (answer.Code, answer.FindNumber(CoapOptionNumber.ContentFormat)));
        IReadOnlyList<CoreLink> read = CoreLink.Parse(answer.Payload.Span);
        Assert.Equal(links, read.Count);
        // RFC 9482 2.2
        Assert.All(read, link => Assert.Equal([259], link.ContentFormats));
        Assert.All(read, link => Assert.Equal(link.Target.EndsWith("/ann", StringComparison.Ordinal), link.IsObservable));
    }

    [Fact]
    public void The_directory_is_asked_by_GET_in_its_format_and_in_blocks()
    {
        CoapDesk desk = new();
        Assert.Equal("4.05", desk.Ask(desk.Get("/.well-known/core") with { Code = CoapCode.Post }).Code.ToString());
        Assert.Equal("4.06", desk.Ask(desk.Get("/.well-known/core", CoapOption.Of(CoapOptionNumber.Accept, 259))).Code.ToString());
        Assert.Equal("2.05", desk.Ask(desk.Get("/.well-known/core", CoapOption.Of(CoapOptionNumber.Accept, 40))).Code.ToString());
        Assert.Equal("4.06", desk.Ask(desk.Get(Path, CoapOption.Of(CoapOptionNumber.Accept, 40))).Code.ToString());
        Assert.Equal("4.02", desk.Ask(desk.Get("/.well-known/core", CoapOption.Of(CoapOptionNumber.Block1, 0))).Code.ToString());
        CoapMessage first = desk.Ask(desk.Get("/.well-known/core", CoapDesk.Block2(0, 16)));
        byte[] whole = CoapDesk.Fetch(first, asked => desk.Ask(desk.Get("/.well-known/core", asked)));
        Assert.Equal(desk.Ask(desk.Get("/.well-known/core")).Payload.ToArray(), whole);
    }
}
