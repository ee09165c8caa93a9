using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>RFC 7641 and RFC 9482 2.6 from the client's side.</summary>
public class CoapObservationTests
{
    private static readonly byte[] First = [0x30, 1, 1], Second = [0x30, 1, 2], Third = [0x30, 1, 3];

    private ushort _nextId = 0x5000;

    [Fact]
    public void It_registers_shows_what_is_and_what_becomes_and_acknowledges_each_notification()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, observe: 10, maxAge: 1000)]);
        Assert.Equal("> CON 0.01 o:0", net.Log.First());
        Assert.Equal(First, Take(observation, isRegistered: true));
        net.Wait(TimeSpan.FromSeconds(30));
        Notify(net, server, Second, observe: 11);
        Assert.Equal(Second, Take(observation, isRegistered: true));
        Assert.Equal("> ACK 0.00", net.Log.Last());
        Notify(net, server, Third, observe: 12, type: CoapType.NonConfirmable);
        Assert.Equal(Third, Take(observation, isRegistered: true));
        Assert.Equal("> ACK 0.00", net.Log.Last());
        Assert.False(observation.HasNotification || observation.IsOver);
        Assert.Single(server.Heard, m => m.Code == CoapCode.Get);
    }

    [Fact]
    public void A_copy_of_a_notification_and_one_that_shows_the_same_are_not_shown_again()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, observe: 10, maxAge: 1000)]);
        Take(observation, isRegistered: true);
        CoapMessage notification = Notify(net, server, Second, observe: 11);
        int sent = net.Sent.Count;
        net.Arrive(notification.Encode());
        Assert.Equal(sent + 1, net.Sent.Count);
        Notify(net, server, Second, observe: 12);
        Assert.Equal(Second, Take(observation, isRegistered: true));
        Assert.False(observation.HasNotification);
        // what was before is news again
        Notify(net, server, First, observe: 13);
        Assert.Equal(First, Take(observation, isRegistered: true));
    }

    /// <summary>RFC 7641 3.4.</summary>
    [Theory]
    [InlineData(10, 11, 0, true)]
    [InlineData(11, 10, 0, false)]
    [InlineData(10, 10, 0, false)]
    [InlineData(11, 10, 127, false)]
    [InlineData(11, 10, 129, true)]
    [InlineData(0xFFFFFF, 0, 0, true)]
    [InlineData(0, 0xFFFFFF, 0, false)]
    [InlineData(0, 0x7FFFFF, 0, true)]
    [InlineData(0, 0x800001, 0, false)]
    public void A_notification_that_was_overtaken_is_passed_over_but_acknowledged(uint last, uint next, int seconds, bool isNewer)
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, last, maxAge: 1000)]);
        Take(observation, isRegistered: true);
        net.Wait(TimeSpan.FromSeconds(seconds));
        Notify(net, server, Second, next);
        Assert.Equal("> ACK 0.00", net.Log.Last());
        Assert.Equal(isNewer, observation.HasNotification);
    }

    [Fact]
    public void A_registration_is_renewed_with_its_token_some_seconds_after_the_time_that_the_server_named()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, observe: 10, maxAge: 30)]);
        Take(observation, isRegistered: true);
        net.Wait(TimeSpan.FromSeconds(34));
        Assert.Single(server.Heard);
        net.Wait(TimeSpan.FromSeconds(12));
        Assert.Equal(2, server.Heard.Count);
        Assert.Equal(server.Heard[0].Token.ToArray(), server.Heard[1].Token.ToArray());
        Assert.NotEqual(server.Heard[0].MessageId, server.Heard[1].MessageId);
        Assert.Equal(0u, server.Heard[1].FindNumber(CoapOptionNumber.Observe));
        // and again, and again; a notification puts it off
        Notify(net, server, Second, observe: 11, maxAge: 1000);
        net.Wait(TimeSpan.FromSeconds(900));
        Assert.Equal(2, server.Heard.Count(m => m.Code == CoapCode.Get));
        net.Wait(TimeSpan.FromSeconds(120));
        Assert.Equal(3, server.Heard.Count(m => m.Code == CoapCode.Get));
        Assert.False(observation.IsOver);
    }

    [Fact]
    public void However_long_a_server_says_that_nothing_changes_it_is_asked_each_hour()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, observe: 10, maxAge: uint.MaxValue)]);
        net.Wait(TimeSpan.FromHours(5.2));
        Assert.Equal(6, server.Heard.Count);
        Assert.Equal(First, Take(observation, isRegistered: true));
        Assert.False(observation.HasNotification);
    }

    [Fact]
    public void A_server_that_forgot_us_has_us_again_with_the_next_renewal_whatever_number_it_begins_with()
    {
        uint number = 1_000_000;
        byte[] state = First;
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, state, number, maxAge: 60)]);
        Take(observation, isRegistered: true);
        (number, state) = (5, Second);
        net.Wait(TimeSpan.FromSeconds(80));
        Assert.Equal(Second, Take(observation, isRegistered: true));
        Notify(net, server, Third, observe: 6);
        Assert.Equal(Third, Take(observation, isRegistered: true));
    }

    [Fact]
    public void Where_the_server_does_not_register_that_is_told_and_it_is_asked_again_later()
    {
        bool hasRoom = false;
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, hasRoom ? 7u : null, maxAge: 20)]);
        Assert.Equal(First, Take(observation, isRegistered: false));
        net.Wait(TimeSpan.FromSeconds(40));
        Assert.InRange(server.Heard.Count, 2, 2);
        Assert.False(observation.HasNotification);
        hasRoom = true;
        net.Wait(TimeSpan.FromSeconds(40));
        Assert.Equal(First, Take(observation, isRegistered: true));
    }

    [Fact]
    public void That_there_is_nothing_to_show_yet_is_shown()
    {
        (CoapNet _, CoapObservation observation, _) = Observe(request => [Shown(request, [], observe: 0, maxAge: 60)]);
        Assert.Empty(Take(observation, isRegistered: true));
    }

    [Fact]
    public void A_refusal_ends_it_at_the_beginning_and_later()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, "no such thing\u001b[2J"u8.ToArray(), observe: null, maxAge: null) with { Code = CoapCode.NotFound }]);
        Assert.Equal("CmpCoap.404", observation.Error!.ErrorId);
        Assert.Contains("no such thing\\u{001B}[2J", observation.Error.Message);
        Assert.Null(observation.Due);

        (net, observation, server) = Observe(request => [Shown(request, First, observe: 10, maxAge: 60)]);
        Take(observation, isRegistered: true);
        CoapMessage notification = Notify(net, server, [], observe: 11, code: CoapCode.InternalServerError);
        Assert.Equal("CmpCoap.500", observation.Error!.ErrorId);
        Assert.Equal("> ACK 0.00", net.Log.Last());
        // nobody listens any more
        net.Arrive((notification with { MessageId = _nextId++, Code = CoapCode.Content }).Encode());
        Assert.Equal("> RST 0.00", net.Log.Last());
    }

    [Fact]
    public void A_server_that_is_not_there_or_acknowledges_and_says_nothing_or_does_not_understand_ends_it_in_its_time()
    {
        (CoapNet net, CoapObservation observation, _) = Observe(_ => []);
        net.RunUntil(() => observation.IsOver);
        Assert.Equal(("CmpTransport.ConnectTimeout", 5), (observation.Error!.ErrorId, net.Sent.Count));
        (net, observation, _) = Observe(request => [request.Acknowledge()]);
        net.RunUntil(() => observation.IsOver);
        Assert.Equal(("CmpTransport.Timeout", 120), (observation.Error!.ErrorId, (net.Now - net.Start).TotalSeconds));
        (_, observation, _) = Observe(request => [CoapMessage.ResetOf(request.MessageId)]);
        Assert.Equal("CmpCoap.Reset", observation.Error!.ErrorId);
        // the same when it goes away later
        bool isThere = true;
        (net, observation, _) = Observe(request => isThere ? [Shown(request, First, observe: 1, maxAge: 60)] : []);
        Take(observation, isRegistered: true);
        isThere = false;
        net.RunUntil(() => observation.IsOver);
        Assert.Equal("CmpTransport.Timeout", observation.Error!.ErrorId);
        Assert.InRange((net.Now - net.Start).TotalSeconds, 60 + 5 + 62, 60 + 15 + 94);
    }

    /// <summary>RFC 7959 3.4: the rest of a notification is fetched by requests of their own.</summary>
    [Fact]
    public void A_notification_in_blocks_is_fetched_without_registering_again()
    {
        byte[] first = CoapDesk.Octets(150), second = CoapDesk.Octets(200);
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => Pages(request, first, 1, observe: 10));
        net.RunUntil(() => observation.HasNotification);
        Assert.Equal(first, Take(observation, isRegistered: true));
        Assert.Equal(["> CON 0.01 o:0", "> CON 0.01 2:1/0/64", "> CON 0.01 2:2/0/64"], net.Log.Where(l => l[0] == '>'));
        _answer = request => Pages(request, second, 2, observe: null);
        Notify(net, server, second.AsMemory(0, 64).ToArray(), observe: 11, tag: 2, hasMore: true);
        net.RunUntil(() => observation.HasNotification);
        Assert.Equal(second, Take(observation, isRegistered: true));
        Assert.Equal(4, server.Heard.Where(m => m.Code == CoapCode.Get).Select(m => Convert.ToHexString(m.Token.Span)).Distinct().Count() - 2);
        Assert.All(server.Heard.Where(m => m.Code == CoapCode.Get).Skip(1), m => Assert.False(m.Has(CoapOptionNumber.Observe)));
    }

    [Fact]
    public void A_notification_that_comes_while_another_is_fetched_stands_in_its_place()
    {
        byte[] first = CoapDesk.Octets(150);
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => request.Has(CoapOptionNumber.Block2) ? [] : Pages(request, first, 1, observe: 10));
        Assert.False(observation.HasNotification);
        Notify(net, server, Second, observe: 11);
        Assert.Equal(Second, Take(observation, isRegistered: true));
        net.Wait(TimeSpan.FromSeconds(3));
        Assert.False(observation.IsOver || observation.HasNotification);
        Assert.Equal(2, server.Heard.Count(m => m.Code == CoapCode.Get));
    }

    [Fact]
    public void What_changed_while_it_was_fetched_is_asked_for_anew_but_not_for_ever()
    {
        byte tag = 0;
        byte[] body = CoapDesk.Octets(150);
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => Pages(request, body, tag < 3 ? tag++ : tag, observe: tag));
        net.RunUntil(() => observation.HasNotification);
        Assert.Equal(body, Take(observation, isRegistered: true));
        (net, observation, _) = Observe(request => Pages(request, body, tag++, observe: tag));
        net.RunUntil(() => observation.IsOver);
        Assert.Equal("CmpCoap.Changed", observation.Error!.ErrorId);
        // a number that jumps is no change
        (net, observation, _) = Observe(request => [.. Pages(request, body, 1, observe: 1).Select(m => request.Has(CoapOptionNumber.Block2)
            ? m with { Options = [.. m.Options.Where(o => o.Number != CoapOptionNumber.Block2), new CoapBlock(7, true, 2).ToOption(CoapOptionNumber.Block2)] } : m)]);
        net.RunUntil(() => observation.IsOver);
        Assert.Equal("CmpCoap.Block", observation.Error!.ErrorId);
    }

    [Fact]
    public void At_the_end_the_server_is_told_once_and_what_comes_still_is_reset()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, observe: 10, maxAge: 10)]);
        Take(observation, isRegistered: true);
        observation.Deregister();
        net.Wait(TimeSpan.FromMinutes(10));
        Assert.Equal(2, server.Heard.Count);
        Assert.Equal(1u, server.Heard[1].FindNumber(CoapOptionNumber.Observe));
        Assert.Equal(server.Heard[0].Token.ToArray(), server.Heard[1].Token.ToArray());
        Assert.True(observation.IsOver);
        Notify(net, server, Second, observe: 11);
        Assert.Equal("> RST 0.00", net.Log.Last());
        Assert.False(observation.HasNotification);
    }

    [Fact]
    public void Who_takes_them_slowly_gets_the_newest_ones()
    {
        (CoapNet net, CoapObservation observation, ScriptedPeer server) = Observe(request => [Shown(request, First, observe: 0, maxAge: 60)]);
        for (byte i = 1; i <= 100; i++)
            Notify(net, server, [0x30, 1, i], observe: i);
        List<byte> shown = [];
        while (observation.HasNotification)
            shown.Add(observation.Take().Octets.Span[2]);
        Assert.Equal(Enumerable.Range(85, 16).Select(i => (byte)i), shown);
    }

    /// <summary>With our own server: who is lost on the way comes again, and the newest announcement arrives whatever happens to the datagrams.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void The_newest_announcement_arrives(double loss)
    {
        for (int seed = 1; seed <= 20; seed++)
        {
            Random random = new(seed);
            OwnPeer server = new(new CoapListenerSettings { ObserverLifetime = TimeSpan.FromSeconds(100) }, _ => null);
            CoapNet net = new(server, seed) { Fate = (_, _) => random.NextDouble() < loss ? [] : [TimeSpan.FromSeconds(random.NextDouble() * 0.2)] };
            CoapObservation observation = Begin(net, CoapNet.Get("/.well-known/cmp/ann"));
            List<byte[]> shown = [];
            for (int i = 1; i <= 5 && !observation.IsOver; i++)
            {
                net.Wait(TimeSpan.FromSeconds(random.Next(1, 60)));
                server.Server.Announce(CoapDesk.Octets(500 * i), net.Now);
                net.Wait(TimeSpan.FromSeconds(random.Next(1, 60)));
            }
            net.Wait(TimeSpan.FromMinutes(30));
            while (observation.HasNotification)
                shown.Add(observation.Take().Octets.ToArray());
            if (loss == 0)
                Assert.Equal([0, 500, 1000, 1500, 2000, 2500], shown.Select(o => o.Length));
            if (!observation.IsOver)
                Assert.Equal(CoapDesk.Octets(2500), shown[^1]);
            else
                Assert.Equal("CmpTransport.Timeout", observation.Error!.ErrorId);
        }
    }

    private Func<CoapMessage, IEnumerable<CoapMessage>> _answer = _ => [];

    private CoapObservation Begin(CoapNet net, CoapQuestion question)
    {
        var observation = new CoapObservation(net.Layer, question, net.Octets, net.Now);
        net.Work = observation;
        return observation;
    }

    /// <summary>Begins to observe; half a second later.</summary>
    private (CoapNet Net, CoapObservation Observation, ScriptedPeer Server) Observe(Func<CoapMessage, IEnumerable<CoapMessage>> answer)
    {
        _answer = answer;
        ScriptedPeer server = new(request => request.Code == CoapCode.Get ? _answer(request) : []);
        CoapNet net = new(server);
        CoapObservation observation = Begin(net, CoapNet.Get("/ann"));
        net.Wait(TimeSpan.FromSeconds(0.5));
        return (net, observation, server);
    }

    private static byte[] Take(CoapObservation observation, bool isRegistered)
    {
        Assert.True(observation.Error is null, observation.Error?.Message);
        Assert.True(observation.HasNotification);
        CoapNotification notification = observation.Take();
        Assert.Equal(isRegistered, notification.IsRegistered);
        return notification.Octets.ToArray();
    }

    private static CoapMessage Shown(CoapMessage request, byte[] payload, uint? observe, uint? maxAge)
    {
        List<CoapOption> options = [CoapOption.Of(CoapOptionNumber.ContentFormat, 259)];
        if (observe is { } number)
            options.Add(CoapOption.Of(CoapOptionNumber.Observe, number));
        if (maxAge is { } age)
            options.Add(CoapOption.Of(CoapOptionNumber.MaxAge, age));
        if (!payload.AsSpan().StartsWith("\x30"u8))
            options.RemoveAt(0);
        return new CoapMessage { Type = CoapType.Acknowledgement, Code = CoapCode.Content, MessageId = request.MessageId, Token = request.Token, Options = options, Payload = payload };
    }

    /// <summary>A representation in blocks of 64 octets: the first one, or the one that is asked for.</summary>
    private static CoapMessage[] Pages(CoapMessage request, byte[] body, byte tag, uint? observe)
    {
        CoapBlock asked = request.FindBlock(CoapOptionNumber.Block2) ?? new CoapBlock(0, false, 2);
        int offset = (int)asked.Offset;
        CoapMessage page = Shown(request, body.AsMemory(offset, Math.Min(64, body.Length - offset)).ToArray(), asked.Number == 0 ? observe : null, maxAge: 1000);
        return [page with { Options = [.. page.Options, (asked with { HasMore = offset + 64 < body.Length }).ToOption(CoapOptionNumber.Block2), new CoapOption(CoapOptionNumber.ETag, new[] { tag })] }];
    }

    /// <summary>The server tells of a change.</summary>
    private CoapMessage Notify(CoapNet net, ScriptedPeer server, byte[] payload, uint observe, CoapType type = CoapType.Confirmable, uint maxAge = 1000, CoapCode? code = null, byte? tag = null, bool hasMore = false)
    {
        CoapMessage message = Shown(server.Heard[0], payload, observe, maxAge) with { Type = type, MessageId = _nextId++, Code = code ?? CoapCode.Content };
        if (tag is { } t)
            message = message with { Options = [.. message.Options, new CoapBlock(0, hasMore, 2).ToOption(CoapOptionNumber.Block2), new CoapOption(CoapOptionNumber.ETag, new[] { t })] };
        net.Arrive(message.Encode());
        return message;
    }
}
