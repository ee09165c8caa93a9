using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.Messages.Asn1;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>RFC 7959 from the client's side: a body in blocks, a response in blocks, and blocks that do not fit.</summary>
public class CoapTransferTests
{
    /// <summary>Figure 2: the server proposes a size, and the client agrees.</summary>
    [Fact]
    public void A_response_is_fetched_in_the_blocks_that_the_server_proposes()
    {
        byte[] body = CoapDesk.Octets(300);
        CoapNet net = new(ScriptedPeer.Answering(Page(body, 0, 128), Page(body, 1, 128), Page(body, 2, 128)));
        CoapResponse response = net.Response(CoapNet.Get("/status"));
        Assert.Equal(body, response.Body.ToArray());
        Assert.Equal(["> CON 0.01", "< ACK 2.05 2:0/1/128", "> CON 0.01 2:1/0/128", "< ACK 2.05 2:1/1/128", "> CON 0.01 2:2/0/128", "< ACK 2.05 2:2/0/128"], net.Log);
        Assert.All(((ScriptedPeer)net.Server).Heard, request => Assert.Equal("/status", CoapPath.TextOf(request)));
    }

    /// <summary>Figure 3: the client says before which size it wants.</summary>
    [Fact]
    public void Smaller_blocks_are_asked_for_with_the_first_request()
    {
        byte[] body = CoapDesk.Octets(150);
        CoapNet net = new(ScriptedPeer.Answering(Page(body, 0, 64), Page(body, 1, 64), Page(body, 2, 64)));
        Assert.Equal(body, net.Response(CoapNet.Get("/status", exponent: 2)).Body.ToArray());
        Assert.Equal(["> CON 0.01 2:0/0/64", "< ACK 2.05 2:0/1/64", "> CON 0.01 2:1/0/64", "< ACK 2.05 2:1/1/64", "> CON 0.01 2:2/0/64", "< ACK 2.05 2:2/0/64"], net.Log);
    }

    /// <summary>Figure 4: the server has sent a larger block than is wanted; the two that were in it are not asked for again.</summary>
    [Fact]
    public void Smaller_blocks_are_asked_for_after_a_larger_one()
    {
        byte[] body = CoapDesk.Octets(300);
        CoapNet net = new(ScriptedPeer.Answering(Page(body, 0, 128), Page(body, 2, 64), Page(body, 3, 64), Page(body, 4, 64)));
        Assert.Equal(body, net.Response(CoapNet.Get("/status", exponent: 2)).Body.ToArray());
        Assert.Equal(["> CON 0.01 2:0/0/64", "< ACK 2.05 2:0/1/128", "> CON 0.01 2:2/0/64", "< ACK 2.05 2:2/1/64", "> CON 0.01 2:3/0/64", "< ACK 2.05 2:3/1/64", "> CON 0.01 2:4/0/64", "< ACK 2.05 2:4/0/64"], net.Log);
    }

    /// <summary>Figures 5 and 6: a request or a response gets lost, and the blocks do not notice.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void A_block_that_gets_lost_is_the_message_layer_s(int lost)
    {
        byte[] body = CoapDesk.Octets(300);
        CoapNet net = new(ScriptedPeer.Answering(Page(body, 0, 128), Page(body, 1, 128), Page(body, 2, 128))) { Fate = (number, _) => number == lost ? [] : [CoapNet.Latency] };
        Assert.Equal(body, net.Response(CoapNet.Get("/status")).Body.ToArray());
        Assert.Equal(net.Log.ElementAt(2), net.Log.ElementAt(lost == 2 ? 3 : 4));
    }

    /// <summary>Figure 7, as a POST.</summary>
    [Fact]
    public void A_message_goes_out_in_blocks()
    {
        byte[] body = CoapDesk.Octets(300);
        ScriptedPeer server = ScriptedPeer.Answering(Continue(0, 128), Continue(1, 128), Done(2, 128));
        CoapNet net = new(server);
        Assert.Equal(CoapCode.Changed, net.Response(CoapNet.Post(body, exponent: 3)).Code);
        Assert.Equal(
            ["> CON 0.02 1:0/1/128", "< ACK 2.31 1:0/1/128", "> CON 0.02 1:1/1/128", "< ACK 2.31 1:1/1/128", "> CON 0.02 1:2/0/128 2:0/0/128", "< ACK 2.04 1:2/0/128"],
            net.Log);
        Assert.Equal(body, server.Heard.SelectMany(m => m.Payload.ToArray()));
        Assert.Equal([300u, null, null], server.Heard.Select(m => m.FindNumber(CoapOptionNumber.Size1)));
        Assert.All(server.Heard, m => Assert.Equal((259u, 259u, "/.well-known/cmp/ir"), (m.FindNumber(CoapOptionNumber.ContentFormat), m.FindNumber(CoapOptionNumber.Accept), CoapPath.TextOf(m))));
    }

    /// <summary>A message of no more than a block has no Block1, one octet more has.</summary>
    [Theory]
    [InlineData(1024, 1)]
    [InlineData(1025, 2)]
    [InlineData(2048, 2)]
    [InlineData(2049, 3)]
    public void As_many_blocks_are_sent_as_it_takes(int length, int blocks)
    {
        ScriptedPeer server = ScriptedPeer.Answering(blocks == 1 ? [Changed()] : [.. Enumerable.Range(0, blocks - 1).Select(n => Continue(n, 1024)), Done(blocks - 1, 1024)]);
        CoapNet net = new(server);
        net.Response(CoapNet.Post(CoapDesk.Octets(length)));
        Assert.Equal(blocks, server.Heard.Count);
        Assert.Equal(blocks > 1, server.Heard[0].Has(CoapOptionNumber.Block1));
        Assert.Equal(CoapDesk.Octets(length), server.Heard.SelectMany(m => m.Payload.ToArray()));
        Assert.False(server.Heard[0].Has(CoapOptionNumber.Block2));
    }

    /// <summary>Figure 9: the server wants smaller blocks, and what it has is not sent again.</summary>
    [Fact]
    public void A_server_that_wants_smaller_blocks_gets_them_from_the_second_on()
    {
        byte[] body = CoapDesk.Octets(220);
        ScriptedPeer server = ScriptedPeer.Answering(Continue(0, 32), Continue(4, 32), Continue(5, 32), Done(6, 32));
        CoapNet net = new(server);
        net.Response(CoapNet.Post(body, exponent: 3));
        Assert.Equal(["> CON 0.02 1:0/1/128", "> CON 0.02 1:4/1/32", "> CON 0.02 1:5/1/32", "> CON 0.02 1:6/0/32 2:0/0/128"], net.Log.Where(l => l[0] == '>'));
        Assert.Equal(body, server.Heard.SelectMany(m => m.Payload.ToArray()));
    }

    [Fact]
    public void A_server_that_wants_smaller_blocks_later_gets_them_then()
    {
        byte[] body = CoapDesk.Octets(220);
        ScriptedPeer server = ScriptedPeer.Answering(Continue(0, 64), Continue(1, 32), Continue(4, 32), Continue(5, 16), Continue(12, 16), Done(13, 16));
        CoapNet net = new(server);
        net.Response(CoapNet.Post(body, exponent: 2));
        Assert.Equal(body, server.Heard.SelectMany(m => m.Payload.ToArray()));
    }

    /// <summary>Figures 10 and 11: blocks both ways.</summary>
    [Fact]
    public void Blocks_go_both_ways_and_what_asks_for_the_rest_has_no_payload()
    {
        byte[] body = CoapDesk.Octets(300), answer = CoapDesk.Octets(450);
        ScriptedPeer server = ScriptedPeer.Answering(
            Continue(0, 128), Continue(1, 128), Both(Page(answer, 0, 128), 2), Page(answer, 1, 128), Page(answer, 2, 128), Page(answer, 3, 128));
        CoapNet net = new(server);
        Assert.Equal(answer, net.Response(CoapNet.Post(body, exponent: 3)).Body.ToArray());
        Assert.Equal(
            [
                "> CON 0.02 1:0/1/128", "> CON 0.02 1:1/1/128", "> CON 0.02 1:2/0/128 2:0/0/128",
                "> CON 0.02 2:1/0/128", "> CON 0.02 2:2/0/128", "> CON 0.02 2:3/0/128",
            ],
            net.Log.Where(l => l[0] == '>'));
        Assert.All(server.Heard.Skip(3), m => Assert.True(m.Payload.IsEmpty && !m.Has(CoapOptionNumber.ContentFormat) && m.Has(CoapOptionNumber.Accept)));

        CoapMessage Both(CoapMessage page, int number) => page with { Options = [.. page.Options, new CoapBlock(number, false, 3).ToOption(CoapOptionNumber.Block1)] };
    }

    [Fact]
    public void Blocks_that_a_server_lost_are_sent_once_more_from_the_beginning()
    {
        byte[] body = CoapDesk.Octets(300);
        CoapMessage lost = new() { Type = CoapType.Acknowledgement, Code = CoapCode.RequestEntityIncomplete };
        CoapNet net = new(ScriptedPeer.Answering(Continue(0, 128), lost, Continue(0, 128), Continue(1, 128), Done(2, 128)));
        net.Response(CoapNet.Post(body, exponent: 3));
        net = new CoapNet(ScriptedPeer.Answering(Continue(0, 128), lost, Continue(0, 128), Continue(1, 128), lost));
        Assert.Equal(CoapCode.RequestEntityIncomplete, net.Response(CoapNet.Post(body, exponent: 3)).Code);
    }

    [Fact]
    public void A_block_that_is_too_large_is_sent_in_smaller_ones_from_the_beginning()
    {
        byte[] body = CoapDesk.Octets(300);
        ScriptedPeer server = ScriptedPeer.Answering(TooLarge(64), Continue(0, 64), Continue(1, 64), Continue(2, 64), Continue(3, 64), Done(4, 64));
        CoapNet net = new(server);
        Assert.Equal(CoapCode.Changed, net.Response(CoapNet.Post(body)).Code);
        Assert.Equal(body, server.Heard.Skip(1).SelectMany(m => m.Payload.ToArray()));
        // each turn makes them smaller, so it ends
        server = new ScriptedPeer(request => [TooLarge(16) with { MessageId = request.MessageId, Token = request.Token }]);
        Assert.Equal(CoapCode.RequestEntityTooLarge, new CoapNet(server).Response(CoapNet.Post(body)).Code);
        Assert.Equal(2, server.Heard.Count);
    }

    [Fact]
    public void A_message_that_is_too_large_as_a_whole_is_not_sent_again()
    {
        CoapMessage tooLarge = TooLarge(64);
        ScriptedPeer server = ScriptedPeer.Answering(tooLarge with { Options = [.. tooLarge.Options, CoapOption.Of(CoapOptionNumber.Size1, 299)] });
        CoapResponse response = new CoapNet(server).Response(CoapNet.Post(CoapDesk.Octets(300)));
        Assert.Equal((CoapCode.RequestEntityTooLarge, 299u), (response.Code, response.MaxRequestBytes));
        Assert.Contains("it takes 299 octets at most", CoapFailure.Status(response, "x").Message);
        Assert.Equal(CoapCode.RequestEntityTooLarge, new CoapNet(ScriptedPeer.Answering(Code(CoapCode.RequestEntityTooLarge))).Response(CoapNet.Post(CoapDesk.Octets(300))).Code);
    }

    /// <summary>What a server may answer to block 1 of 3 of a message, and what is wrong with it.</summary>
    public static TheoryData<string, CoapMessage> WrongContinuations => new()
    {
        { "number ahead", Continue(2, 128) },
        { "number behind", Continue(0, 128) },
        { "number of another size", Continue(4, 32) },
        { "no block", Code(CoapCode.Continue) },
        { "no block that there is", Code(CoapCode.Continue) with { Options = [new CoapOption(CoapOptionNumber.Block1, new byte[] { 0x1F })] } },
        { "done too early", Done(1, 128) },
        { "done without a word of blocks", Changed() },
        { "answer too early", Page(CoapDesk.Octets(300), 0, 128) },
    };

    [Theory]
    [MemberData(nameof(WrongContinuations))]
    public void An_answer_that_does_not_fit_the_block_that_was_sent_ends_the_exchange(string what, CoapMessage answer)
    {
        CoapNet net = new(ScriptedPeer.Answering(Continue(0, 128), answer));
        CmpException e = net.Error(CoapNet.Post(CoapDesk.Octets(300), exponent: 3), "CmpCoap.Block");
        Assert.True(e.Kind == CmpErrorKind.Protocol, what);
        Assert.Equal(4, net.Sent.Count);
    }

    [Fact]
    public void To_the_last_block_nothing_more_may_be_asked_for()
    {
        new CoapNet(ScriptedPeer.Answering(Continue(0, 128), Continue(1, 128))).Error(CoapNet.Post(CoapDesk.Octets(200), exponent: 3), "CmpCoap.Block");
        new CoapNet(ScriptedPeer.Answering(Continue(0, 1024))).Error(CoapNet.Post(CoapDesk.Octets(200)), "CmpCoap.Block");
        new CoapNet(ScriptedPeer.Answering(Continue(0, 128), Done(0, 128))).Error(CoapNet.Post(CoapDesk.Octets(200), exponent: 3), "CmpCoap.Block");
        new CoapNet(ScriptedPeer.Answering(Continue(0, 128), Done(1, 128))).Response(CoapNet.Post(CoapDesk.Octets(200), exponent: 3));
    }

    /// <summary>What may come as the second of three blocks of 64 octets, and what it ends in.</summary>
    public static TheoryData<string, CoapMessage, string> WrongBlocks => new()
    {
        { "a number that jumps ahead", Page(Body, 2, 64), "CmpCoap.Block" },
        { "a number that jumps far", Page(Body, 1, 64) with { Options = [new CoapBlock(CoapBlock.MaxNumber, true, 2).ToOption(CoapOptionNumber.Block2), Tag] }, "CmpCoap.Block" },
        { "the first one again", Page(Body, 0, 64), "CmpCoap.Block" },
        { "a larger one", Page(Body, 1, 64) with { Options = [new CoapBlock(1, false, 3).ToOption(CoapOptionNumber.Block2), Tag] }, "CmpCoap.Block" },
        { "no block", Page(Body, 1, 64) with { Options = [Tag] }, "CmpCoap.Block" },
        { "the reserved size", Page(Body, 1, 64) with { Options = [new CoapOption(CoapOptionNumber.Block2, new byte[] { 0x1F }), Tag] }, "CmpCoap.Block" },
        { "too little in it", Page(Body, 1, 64) with { Payload = new byte[63] }, "CmpCoap.Block" },
        { "too much in it", Page(Body, 1, 64) with { Payload = new byte[65] }, "CmpCoap.Block" },
        { "nothing in it", Page(Body, 1, 64) with { Payload = default }, "CmpCoap.Block" },
        { "another ETag", Page(Body, 1, 64) with { Options = [Block(1), new CoapOption(CoapOptionNumber.ETag, new byte[] { 8 })] }, "CmpCoap.Changed" },
        { "no ETag any more", Page(Body, 1, 64) with { Options = [Block(1)] }, "CmpCoap.Changed" },
        { "another total", Page(Body, 1, 64) with { Options = [Block(1), Tag, CoapOption.Of(CoapOptionNumber.Size2, 151)] }, "CmpCoap.Block" },
        { "another code", Page(Body, 1, 64) with { Code = CoapCode.Created }, "CmpCoap.201" },
        { "an error", Code(CoapCode.RequestEntityIncomplete), "CmpCoap.408" },
        { "a word of being busy", Code(CoapCode.ServiceUnavailable), "CmpCoap.503" },
    };

    private static byte[] Body { get; } = CoapDesk.Octets(150);

    private static CoapOption Tag { get; } = new(CoapOptionNumber.ETag, new byte[] { 7 });

    [Theory]
    [MemberData(nameof(WrongBlocks))]
    public void A_block_that_does_not_fit_the_ones_before_it_ends_the_exchange(string what, CoapMessage second, string errorId)
    {
        CoapMessage first = Page(Body, 0, 64) with { Options = [.. Page(Body, 0, 64).Options, CoapOption.Of(CoapOptionNumber.Size2, 150)] };
        CoapNet net = new(ScriptedPeer.Answering(first, second));
        CmpException e = net.Error(CoapNet.Get("/status"), errorId);
        Assert.True(e.Kind == CmpErrorKind.Protocol, what);
        // the message was handled: there is nothing to come again with
        Assert.Null(e.RetryAfter);
        Assert.Equal(4, net.Sent.Count);
        Assert.Null(net.Layer.Due);
        // and its twin
        net = new CoapNet(ScriptedPeer.Answering(first, Page(Body, 1, 64), Page(Body, 2, 64)));
        Assert.Equal(Body, net.Response(CoapNet.Get("/status")).Body.ToArray());
    }

    [Fact]
    public void The_first_block_is_number_0_and_no_ETag_becomes_one()
    {
        new CoapNet(ScriptedPeer.Answering(Page(Body, 1, 64))).Error(CoapNet.Get("/status"), "CmpCoap.Block");
        new CoapNet(ScriptedPeer.Answering(Page(Body, 0, 64) with { Options = [Block(0)] }, Page(Body, 1, 64))).Error(CoapNet.Get("/status"), "CmpCoap.Changed");
    }

    [Fact]
    public void A_server_may_go_on_in_smaller_blocks_than_it_was_asked_for()
    {
        CoapNet net = new(ScriptedPeer.Answering(Page(Body, 0, 64), Page(Body, 2, 32), Page(Body, 3, 32), Page(Body, 8, 16), Page(Body, 9, 16)));
        Assert.Equal(Body, net.Response(CoapNet.Get("/status")).Body.ToArray());
    }

    [Fact]
    public void Of_a_body_that_ends_with_a_full_block_an_empty_one_may_follow()
    {
        byte[] body = CoapDesk.Octets(128);
        CoapNet net = new(ScriptedPeer.Answering(
            Page(body, 0, 64), Page(body, 1, 64) with { Options = [new CoapBlock(1, true, 2).ToOption(CoapOptionNumber.Block2), Tag] },
            Page(body, 1, 64) with { Payload = default, Options = [new CoapBlock(2, false, 2).ToOption(CoapOptionNumber.Block2), Tag] }));
        Assert.Equal(body, net.Response(CoapNet.Get("/status")).Body.ToArray());
    }

    [Fact]
    public void A_response_may_be_as_long_as_is_borne_and_no_longer()
    {
        CoapMessage[] pages = [Page(Body, 0, 64), Page(Body, 1, 64), Page(Body, 2, 64)];
        Assert.Equal(150, new CoapNet(ScriptedPeer.Answering(pages)).Response(CoapNet.Get("/status", maxBytes: 150)).Body.Length);
        Assert.Equal(CmpErrorKind.Malformed, new CoapNet(ScriptedPeer.Answering(pages)).Error(CoapNet.Get("/status", maxBytes: 149), "CmpMessage.TooLarge").Kind);
        // without waiting for what cannot end well: a full block that has more, a total that is said, a single message
        CoapNet net = new(ScriptedPeer.Answering(pages));
        net.Error(CoapNet.Get("/status", maxBytes: 128), "CmpMessage.TooLarge");
        Assert.Equal(4, net.Sent.Count);
        net = new CoapNet(ScriptedPeer.Answering(pages[0] with { Options = [.. pages[0].Options, CoapOption.Of(CoapOptionNumber.Size2, uint.MaxValue)] }));
        net.Error(CoapNet.Get("/status", maxBytes: 149), "CmpMessage.TooLarge");
        Assert.Equal(2, net.Sent.Count);
        new CoapNet(ScriptedPeer.Answering(Changed() with { Payload = new byte[150] })).Error(CoapNet.Get("/status", maxBytes: 149), "CmpMessage.TooLarge");
    }

    [Fact]
    public void A_server_that_sends_block_after_block_for_ever_is_stopped_by_time_and_size()
    {
        byte[] endless = CoapDesk.Octets(1 << 20);
        ScriptedPeer server = new(request =>
        {
            int number = request.FindBlock(CoapOptionNumber.Block2)?.Number ?? 0;
            return [Page(endless, number, 16) with { MessageId = request.MessageId, Token = request.Token, Options = [new CoapBlock(number, true, 0).ToOption(CoapOptionNumber.Block2)] }];
        });
        CoapNet net = new(server);
        net.Error(CoapNet.Get("/status"), "CmpTransport.Timeout");
        Assert.InRange((net.Now - net.Start).TotalSeconds, 119, 121);
        net = new CoapNet(server) { Fate = (_, _) => [TimeSpan.FromTicks(1)] };
        net.Error(CoapNet.Get("/status", maxBytes: 10_000), "CmpMessage.TooLarge");
    }

    [Fact]
    public void A_response_says_what_it_is_and_how_long_it_holds()
    {
        CoapMessage busy = Code(CoapCode.ServiceUnavailable) with { Options = [CoapOption.Of(CoapOptionNumber.MaxAge, 7)], Payload = "later"u8.ToArray() };
        CoapResponse response = new CoapNet(ScriptedPeer.Answering(busy)).Response(CoapNet.Post([1]));
        Assert.Equal((CoapCode.ServiceUnavailable, TimeSpan.FromSeconds(7), true, null), (response.Code, response.MaxAge, response.HasMaxAge, response.ContentFormat));
        response = new CoapNet(ScriptedPeer.Answering(Changed() with { Options = [CoapOption.Of(CoapOptionNumber.ContentFormat, 259)] })).Response(CoapNet.Post([1]));
        Assert.Equal((TimeSpan.FromSeconds(60), false, 259), (response.MaxAge, response.HasMaxAge, response.ContentFormat));
    }

    private static CoapOption Block(int number) => new CoapBlock(number, (number + 1) * 64 < Body.Length, 2).ToOption(CoapOptionNumber.Block2);

    private static CoapMessage Code(CoapCode code) => new() { Type = CoapType.Acknowledgement, Code = code };

    private static CoapMessage Changed() => Code(CoapCode.Changed);

    private static CoapMessage Continue(int number, int size) =>
        Code(CoapCode.Continue) with { Options = [new CoapBlock(number, true, CoapBlock.ExponentOf(size)).ToOption(CoapOptionNumber.Block1)] };

    private static CoapMessage Done(int number, int size) => Changed() with { Options = [new CoapBlock(number, false, CoapBlock.ExponentOf(size)).ToOption(CoapOptionNumber.Block1)] };

    private static CoapMessage TooLarge(int size) =>
        Code(CoapCode.RequestEntityTooLarge) with { Options = [new CoapBlock(0, false, CoapBlock.ExponentOf(size)).ToOption(CoapOptionNumber.Block1)] };

    private static CoapMessage Page(byte[] body, int number, int size)
    {
        int offset = number * size;
        var block = new CoapBlock(number, offset + size < body.Length, CoapBlock.ExponentOf(size));
        return Code(CoapCode.Content) with { Options = [block.ToOption(CoapOptionNumber.Block2), Tag], Payload = body.AsMemory(offset, Math.Min(size, body.Length - offset)) };
    }
}
