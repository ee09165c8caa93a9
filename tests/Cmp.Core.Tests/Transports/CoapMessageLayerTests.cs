using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>RFC 7252 4 and 5.2, from the client's side: what is sent again, what belongs to what, and what is believed of it.</summary>
public class CoapMessageLayerTests
{
    private static readonly byte[] Temperature = "22.3 C"u8.ToArray();

    [Fact]
    public void A_request_is_confirmable_with_a_token_of_eight_octets_and_its_answer_comes_with_the_acknowledgement()
    {
        ScriptedPeer server = ScriptedPeer.Answering(Content());
        CoapNet net = new(server);
        Assert.Equal(Temperature, net.Response(CoapNet.Get("/temperature")).Body.ToArray());
        Assert.Equal(["> CON 0.01", "< ACK 2.05"], net.Log);
        Assert.Equal(8, server.Heard[0].Token.Length);
        Assert.Equal(CoapNet.Latency + CoapNet.Latency, net.Now - net.Start);
        Assert.Null(net.Layer.Due);
    }

    [Fact]
    public void Tokens_and_the_first_Message_ID_are_chosen_at_random_and_IDs_grow_by_one()
    {
        CoapNet one = new(ScriptedPeer.Answering(Content(), Content()), seed: 1), other = new(ScriptedPeer.Answering(Content()), seed: 2);
        one.Response(CoapNet.Get("/a"));
        one.Response(CoapNet.Get("/a"));
        other.Response(CoapNet.Get("/a"));
        List<CoapMessage> heard = [.. ((ScriptedPeer)one.Server).Heard, .. ((ScriptedPeer)other.Server).Heard];
        Assert.Equal(3, heard.Select(m => Hex.Of(m.Token.Span)).Distinct().Count());
        Assert.Equal((ushort)(heard[0].MessageId + 1), heard[1].MessageId);
        Assert.NotEqual(heard[0].MessageId, heard[2].MessageId);
    }

    /// <summary>RFC 7252 figures 18 and 19.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_request_or_an_acknowledgement_that_is_lost_has_the_request_sent_again_as_it_was(int lost)
    {
        CoapNet net = new(ScriptedPeer.Answering(Content())) { Fate = (number, _) => number == lost ? [] : [CoapNet.Latency] };
        Assert.Equal(Temperature, net.Response(CoapNet.Get("/temperature")).Body.ToArray());
        byte[][] requests = [.. net.Sent.Where(d => d.ToServer).Select(d => d.Octets)];
        Assert.Equal(2, requests.Length);
        Assert.Equal(requests[0], requests[1]);
        Assert.InRange((net.Now - net.Start).TotalSeconds, 2, 3.1);
    }

    [Fact]
    public void Who_never_answers_hears_a_message_five_times_and_then_it_is_given_up()
    {
        CoapNet net = new(new ScriptedPeer(_ => []));
        CmpException e = net.Error(CoapNet.Get("/temperature"), "CmpTransport.ConnectTimeout");
        Assert.Equal(CmpErrorKind.Timeout, e.Kind);
        Assert.Equal(5, net.Sent.Count);
        Assert.InRange((net.Now - net.Start).TotalSeconds, 62, 93);
        Assert.Contains("Nothing came from ca.example", e.Message);
    }

    /// <summary>RFC 7252 figure 20, and the same in the other order.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_separate_answer_is_acknowledged_whether_or_not_the_empty_acknowledgement_came_before(bool isEarly)
    {
        ScriptedPeer server = new(request => !request.Code.IsRequest ? [] : isEarly ? [Separate(request)] : [request.Acknowledge(), Separate(request)]);
        CoapNet net = new(server);
        Assert.Equal(Temperature, net.Response(CoapNet.Get("/temperature")).Body.ToArray());
        net.Wait(TimeSpan.FromMinutes(2));
        Assert.Equal(isEarly ? ["> CON 0.01", "< CON 2.05", "> ACK 0.00"] : ["> CON 0.01", "< ACK 0.00", "< CON 2.05", "> ACK 0.00"], net.Log);
        Assert.Equal(0xAD7B, server.Heard[^1].MessageId);
    }

    [Fact]
    public void A_separate_answer_that_is_not_confirmable_is_not_acknowledged()
    {
        CoapNet net = new(new ScriptedPeer(request => [request.Acknowledge(), Separate(request) with { Type = CoapType.NonConfirmable }]));
        net.Response(CoapNet.Get("/temperature"));
        Assert.Equal(["> CON 0.01", "< ACK 0.00", "< NON 2.05"], net.Log);
    }

    [Fact]
    public void A_copy_of_a_separate_answer_is_acknowledged_again_for_as_long_as_it_may_come()
    {
        CoapNet net = new(new ScriptedPeer(request => request.Code.IsRequest ? [request.Acknowledge(), Separate(request)] : []));
        net.Response(CoapNet.Get("/temperature"));
        byte[] copy = net.Sent.First(d => !d.ToServer && d.Octets[1] != 0).Octets;
        net.Arrive(copy);
        Assert.Equal("> ACK 0.00", net.Log.Last());
        net.Wait(TimeSpan.FromSeconds(240));
        net.Arrive(copy);
        Assert.Equal("> ACK 0.00", net.Log.Last());
        net.Wait(TimeSpan.FromSeconds(20));
        net.Arrive(copy);
        Assert.Equal("> RST 0.00", net.Log.Last());
    }

    [Fact]
    public void After_an_acknowledgement_the_request_is_not_sent_again_and_the_wait_ends_with_the_exchange()
    {
        CoapNet net = new(new ScriptedPeer(request => [request.Acknowledge()]));
        CmpException e = net.Error(CoapNet.Get("/temperature"), "CmpTransport.Timeout");
        Assert.Equal(["> CON 0.01", "< ACK 0.00"], net.Log);
        Assert.Equal(120, (net.Now - net.Start).TotalSeconds);
        Assert.Contains("No whole answer from ca.example within 120 s", e.Message);
    }

    [Fact]
    public void A_reset_ends_the_request_at_once()
    {
        CoapNet net = new(new ScriptedPeer(request => [CoapMessage.ResetOf(request.MessageId)]));
        Assert.Equal(CmpErrorKind.Protocol, net.Error(CoapNet.Get("/temperature"), "CmpCoap.Reset").Kind);
        Assert.Equal(2, net.Sent.Count);
    }

    [Fact]
    public void A_reset_of_another_message_or_of_one_that_was_acknowledged_ends_nothing()
    {
        CoapNet net = new(new ScriptedPeer(request => request.Code.IsRequest
            ? [CoapMessage.ResetOf((ushort)(request.MessageId + 1)), request.Acknowledge(), CoapMessage.ResetOf(request.MessageId), Separate(request)] : []));
        Assert.Equal(Temperature, net.Response(CoapNet.Get("/temperature")).Body.ToArray());
        Assert.Equal(2, net.Layer.Ignored);
    }

    [Fact]
    public void A_datagram_from_another_address_or_port_is_passed_over_and_nothing_is_sent_there()
    {
        IPEndPoint[] strangers = [new(IPAddress.Parse("192.0.2.2"), 5683), new(CoapNet.ServerPlace.Address, 5684)];
        foreach (IPEndPoint stranger in strangers)
        {
            CoapNet? net = null;
            net = new CoapNet(new ScriptedPeer(request =>
            {
                // it knows everything, and is not the server
                net!.Layer.Receive(stranger, Answer(request, Temperature).Encode(), net.Now);
                net.Layer.Receive(stranger, Separate(request).Encode(), net.Now);
                net.Layer.Receive(stranger, CoapMessage.ResetOf(request.MessageId).Encode(), net.Now);
                net.Layer.Receive(stranger, default, net.Now);
                return [Answer(request, "right"u8.ToArray())];
            }));
            Assert.Equal("right"u8.ToArray(), net.Response(CoapNet.Get("/temperature")).Body.ToArray());
            Assert.Equal(["> CON 0.01", "< ACK 2.05"], net.Log);
            Assert.Equal(4, net.Layer.Ignored);
            Assert.Equal("it came from " + stranger, net.Layer.LastIgnored);
        }
    }

    [Fact]
    public void Whatever_answers_a_stranger_gives_the_error_says_that_they_were_passed_over()
    {
        CoapNet? net = null;
        net = new CoapNet(new ScriptedPeer(request =>
        {
            net!.Layer.Receive(new IPEndPoint(IPAddress.Parse("198.51.100.9"), 5683), Answer(request, Temperature).Encode(), net.Now);
            return [];
        }));
        CmpException e = net.Error(CoapNet.Get("/temperature"), "CmpTransport.ConnectTimeout");
        Assert.Contains("5 datagrams were passed over, the last one because it came from 198.51.100.9:5683.", e.Message);
    }

    [Fact]
    public void An_acknowledgement_with_another_token_or_another_Message_ID_is_no_answer()
    {
        CoapNet net = new(new ScriptedPeer(request =>
        [
            Answer(request, Temperature) with { Token = new byte[8] },
            Answer(request, Temperature) with { Token = request.Token.Slice(0, 7) },
            Answer(request, Temperature) with { MessageId = (ushort)(request.MessageId + 1) },
            Answer(request, "right"u8.ToArray()),
        ]));
        Assert.Equal("right"u8.ToArray(), net.Response(CoapNet.Get("/temperature")).Body.ToArray());
        Assert.Equal(3, net.Layer.Ignored);
        Assert.Equal(5, net.Sent.Count);
    }

    /// <summary>RFC 7252 figure 21.</summary>
    [Fact]
    public void What_nobody_asked_for_is_reset_where_it_wants_to_be_acknowledged()
    {
        CoapNet net = new(ScriptedPeer.Answering());
        CoapMessage unexpected = new() { Type = CoapType.Confirmable, Code = CoapCode.Content, MessageId = 0xAD7C, Token = new byte[] { 0x64 }, Payload = Temperature };
        net.Arrive(unexpected.Encode());
        Assert.Equal("7000AD7C", Hex.Of(net.Sent.Single().Octets));
        // the copy too, in the same words
        net.Arrive(unexpected.Encode());
        Assert.Equal("7000AD7C", Hex.Of(net.Sent.Last().Octets));
        // a ping
        net.Arrive(Hex.Parse("4000AD7D"));
        Assert.Equal("7000AD7D", Hex.Of(net.Sent.Last().Octets));
        // a request: we are no server
        net.Arrive(Hex.Parse("4001AD7E"));
        Assert.Equal("7000AD7E", Hex.Of(net.Sent.Last().Octets));
        // RFC 7641 3.6: a notification for nobody
        net.Arrive((unexpected with { Type = CoapType.NonConfirmable, MessageId = 0xAD7F }).Encode());
        Assert.Equal("7000AD7F", Hex.Of(net.Sent.Last().Octets));
        int sent = net.Sent.Count;
        net.Arrive(Hex.Parse("5001AD80"));
        net.Arrive((unexpected with { Type = CoapType.Acknowledgement }).Encode());
        net.Arrive(Hex.Parse("6000AD7C"));
        net.Arrive(Hex.Parse("7000AD7C"));
        Assert.Equal(sent, net.Sent.Count);
    }

    [Fact]
    public void What_is_no_message_is_passed_over_and_reset_only_where_it_is_confirmable()
    {
        CoapNet net = new(ScriptedPeer.Answering());
        foreach (string garbage in new[] { "", "00", "FFFFFFFF", "80450001", "60450001 FF", "60E10001", "50450001 FF", "70450001" })
            net.Arrive(Hex.Parse(garbage));
        Assert.Empty(net.Sent);
        net.Arrive(Hex.Parse("40450102 FF"));
        Assert.Equal("70000102", Hex.Of(net.Sent.Single().Octets));
        Assert.Equal(9, net.Layer.Ignored);
    }

    [Fact]
    public void Garbage_between_question_and_answer_changes_nothing()
    {
        Random random = new(3);
        CoapNet? net = null;
        net = new CoapNet(new ScriptedPeer(request =>
        {
            for (int i = 0; i < 500 && request.Code.IsRequest; i++)
            {
                byte[] octets = Answer(request, Temperature).Encode();
                if (i % 2 == 0)
                    random.NextBytes(octets);
                else
                    octets = octets[..random.Next(4 + 8)];
                // a changed copy may by chance be one that counts: the Message ID must not be it
                if (octets.Length >= 4)
                    octets[2] ^= 0x80;
                net!.Layer.Receive(CoapNet.ServerPlace, octets, net.Now);
            }
            return request.Code.IsRequest ? [Answer(request, "right"u8.ToArray())] : [];
        }));
        Assert.Equal("right"u8.ToArray(), net.Response(CoapNet.Get("/temperature")).Body.ToArray());
    }

    [Fact]
    public void An_answer_with_a_critical_option_that_is_not_understood_is_rejected_and_an_elective_one_does_not_matter()
    {
        CoapOption critical = new(65_001, default), elective = new(65_000, default);
        CoapNet net = new(new ScriptedPeer(request => [Answer(request, Temperature) with { Options = [critical] }]));
        CmpException e = net.Error(CoapNet.Get("/temperature"), "CmpTransport.ConnectTimeout");
        Assert.Contains("it has the critical option 65001", e.Message);

        net = new CoapNet(new ScriptedPeer(request => request.Code.IsRequest ? [request.Acknowledge(), Separate(request) with { Options = [critical] }] : []));
        net.Error(CoapNet.Get("/temperature"), "CmpTransport.Timeout");
        Assert.Equal("> RST 0.00", net.Log.Last());

        net = new CoapNet(new ScriptedPeer(request => [Answer(request, Temperature) with { Options = [elective] }]));
        net.Response(CoapNet.Get("/temperature"));
    }

    [Fact]
    public void That_nobody_listens_counts_when_the_network_says_it_again_for_a_repetition()
    {
        CoapNet net = new(new ScriptedPeer(_ => []));
        var transfer = new CoapTransfer(net.Layer, CoapNet.Get("/temperature"), net.Now + TimeSpan.FromSeconds(120), net.Now);
        net.Work = transfer;
        net.Wait(TimeSpan.FromMilliseconds(100));
        // twice for one datagram is no more than once
        net.Layer.TakeRefusal();
        net.Layer.TakeRefusal();
        net.Wait(TimeSpan.FromSeconds(1));
        Assert.False(transfer.IsOver);
        net.Wait(TimeSpan.FromSeconds(2.5));
        Assert.Equal(2, net.Sent.Count);
        net.Layer.TakeRefusal();
        net.Wait(TimeSpan.Zero);
        Assert.Equal(("CmpTransport.ConnectFailed", CmpErrorKind.Transport), (transfer.Error!.ErrorId, transfer.Error.Kind));
    }

    [Fact]
    public void That_nobody_listens_does_not_count_where_somebody_answers()
    {
        int requests = 0;
        CoapNet? net = null;
        net = new CoapNet(new ScriptedPeer(request =>
        {
            if (requests++ == 1)
                return [Answer(request, Temperature)];
            net!.Layer.TakeRefusal();
            return [];
        }));
        net.Response(CoapNet.Get("/temperature"));
        Assert.Equal(2, requests);
    }

    [Fact]
    public void An_end_is_worn_when_half_of_the_Message_IDs_are_used()
    {
        CoapMessageLayer layer = new(CoapNet.ServerPlace, CoapTiming.Default, count => Guid.NewGuid().ToByteArray()[..count]);
        for (int i = 0; i < 0x8000; i++)
        {
            Assert.False(layer.IsWorn);
            layer.Forget(layer.Send(CoapCode.Get, [], default, isObserving: false, TimeSpan.Zero));
            Assert.True(layer.TryTake(out _));
        }
        Assert.True(layer.IsWorn);
    }

    [Fact]
    public void What_a_server_sends_unasked_takes_no_more_memory_than_is_borne()
    {
        CoapNet net = new(ScriptedPeer.Answering());
        for (int id = 0; id < 2000; id++)
            net.Arrive([0x40, 0x45, (byte)(id >> 8), (byte)id]);
        Assert.Equal(2000, net.Sent.Count);
        // of the newest ones the copies are still known: they are answered, and counted no more
        int ignored = net.Layer.Ignored;
        net.Arrive([0x40, 0x45, 1999 >> 8, 1999 & 0xFF]);
        Assert.Equal((2001, ignored), (net.Sent.Count, net.Layer.Ignored));
        net.Arrive([0x40, 0x45, 0, 1]);
        Assert.Equal((2002, ignored + 1), (net.Sent.Count, net.Layer.Ignored));
    }

    private static CoapMessage Content() => new() { Type = CoapType.Acknowledgement, Code = CoapCode.Content, Payload = Temperature };

    private static CoapMessage Answer(CoapMessage request, byte[] payload) => Content() with { MessageId = request.MessageId, Token = request.Token, Payload = payload };

    private static CoapMessage Separate(CoapMessage request) => Content() with { Type = CoapType.Confirmable, MessageId = 0xAD7B, Token = request.Token };
}
