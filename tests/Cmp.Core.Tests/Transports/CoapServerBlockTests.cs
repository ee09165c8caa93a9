using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Bodies in blocks, both ways (RFC 7959).</summary>
public class CoapServerBlockTests
{
    public static TheoryData<int, int> Sizes()
    {
        var sizes = new TheoryData<int, int>();
        foreach (int size in new[] { 16, 32, 64, 128, 256, 512, 1024 })
        {
            foreach (int length in new[] { 1, size - 1, size, size + 1, (3 * size) - 1, 3 * size, 3000 })
                sizes.Add(length, size);
        }
        return sizes;
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_message_goes_and_comes_in_blocks(int length, int size)
    {
        byte[] body = CoapDesk.Octets(length), reply = CoapDesk.Octets(length + 7);
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(reply));
        (CoapMessage first, byte[] answer) = desk.Exchange(body, size);
        Assert.Equal(body, Assert.Single(desk.Heard).Octets.ToArray());
        Assert.Equal(reply, answer);
        Assert.Equal(CoapCode.Changed, first.Code);
        Assert.Equal(259u, first.FindNumber(CoapOptionNumber.ContentFormat));
        // RFC 7959 3.3: the last block is acknowledged where the answer begins, and the client's size is taken for it too
        CoapBlock acknowledged = first.FindBlock(CoapOptionNumber.Block1)!.Value;
        Assert.Equal(((length - 1) / size, false, size), (acknowledged.Number, acknowledged.HasMore, acknowledged.Size));
        Assert.Equal(reply.Length > size, first.FindBlock(CoapOptionNumber.Block2) is { HasMore: true });
        Assert.Equal(reply.Length > size ? (uint)reply.Length : null, first.FindNumber(CoapOptionNumber.Size2));
        Assert.Equal(0, desk.Server.Unfinished);
    }

    [Fact]
    public void The_size_of_the_answer_is_the_clients()
    {
        byte[] reply = CoapDesk.Octets(300);
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(reply));
        // RFC 7959 figure 11: 128 there, 64 back
        CoapMessage first = desk.Ask(desk.Block(CoapDesk.Octets(128), 0, 128, CoapDesk.Block2(0, 64)));
        Assert.Equal("0/1/64", first.FindBlock(CoapOptionNumber.Block2).ToString());
        Assert.Equal("0/0/128", first.FindBlock(CoapOptionNumber.Block1).ToString());
        Assert.Equal(reply, CoapDesk.Fetch(first, asked => desk.Ask(desk.Post(default, asked))));
        // late: the rest in smaller blocks (figure 4); larger ones than the first are not had
        Assert.Equal("2/1/32", desk.Ask(desk.Post(default, CoapDesk.Block2(2, 32))).FindBlock(CoapOptionNumber.Block2).ToString());
        Assert.Equal("2/1/64", desk.Ask(desk.Post(default, CoapDesk.Block2(1, 128))).FindBlock(CoapOptionNumber.Block2).ToString());
    }

    [Fact]
    public void Our_size_is_preferred_where_it_is_smaller()
    {
        CoapDesk desk = new(new CoapListenerSettings { BlockSize = 32 }, _ => new TransportReply.Octets(CoapDesk.Octets(100)));
        byte[] body = CoapDesk.Octets(300);
        CoapMessage answer = desk.Ask(desk.Block(body, 0, 128));
        Assert.Equal("0/1/32", answer.FindBlock(CoapOptionNumber.Block1).ToString());
        // RFC 7959 figure 9: the client goes on in that size, or in its own
        for (int number = 4; number < 9; number++)
            Assert.Equal(number + "/1/32", desk.Ask(desk.Block(body, number, 32)).FindBlock(CoapOptionNumber.Block1).ToString());
        answer = desk.Ask(desk.Block(body, 9, 32));
        Assert.Equal("2.04 0/1/32", answer.Code + " " + answer.FindBlock(CoapOptionNumber.Block2));
        Assert.Equal(body, Assert.Single(desk.Heard).Octets.ToArray());
        (_, byte[] whole) = desk.Exchange(body, 128);
        Assert.Equal(CoapDesk.Octets(100), whole);
    }

    [Fact]
    public void A_block_that_comes_again_is_acknowledged_again_and_one_that_jumps_changes_nothing()
    {
        CoapDesk desk = new();
        byte[] body = CoapDesk.Octets(200);
        CoapMessage[] blocks = [.. Enumerable.Range(0, 4).Select(number => desk.Block(body, number, 64))];
        Assert.Equal("2.31", desk.Ask(blocks[0]).Code.ToString());
        Assert.Equal("2.31", desk.Ask(blocks[1]).Code.ToString());
        // copies, by Message ID and with another one
        Assert.Equal("2.31", desk.Ask(blocks[0]).Code.ToString());
        Assert.Equal("2.31", desk.Ask(blocks[1]).Code.ToString());
        Assert.Equal("2.31", desk.Ask(desk.Block(body, 1, 64)).Code.ToString());
        // a gap, the end too early, other octets than before, a block from the middle of another size
        Assert.Equal("4.08", desk.Ask(desk.Block(CoapDesk.Octets(600), 5, 64)).Code.ToString());
        Assert.Equal("4.08", desk.Ask(blocks[3]).Code.ToString());
        Assert.Equal("4.08", desk.Ask(desk.Block(new byte[200], 1, 64)).Code.ToString());
        Assert.Equal("4.08", desk.Ask(desk.Block(body, 10, 16)).Code.ToString());
        Assert.Equal("2.31", desk.Ask(blocks[2]).Code.ToString());
        // a copy has the answer that the message had: the client sends it anew
        Assert.Equal("4.08", desk.Ask(blocks[3]).Code.ToString());
        Assert.Equal("2.04", desk.Ask(desk.Block(body, 3, 64)).Code.ToString());
        Assert.Equal(body, Assert.Single(desk.Heard).Octets.ToArray());
        // it is over: nothing can be added
        Assert.Equal("4.08", desk.Ask(desk.Block(body, 3, 64)).Code.ToString());
    }

    [Fact]
    public void The_first_block_begins_anew()
    {
        CoapDesk desk = new();
        byte[] body = CoapDesk.Octets(100), other = new byte[100];
        desk.Ask(desk.Block(body, 0, 64));
        desk.Ask(desk.Block(other, 0, 64));
        Assert.Equal(1, desk.Server.Unfinished);
        desk.Ask(desk.Block(other, 1, 64));
        Assert.Equal(other, Assert.Single(desk.Heard).Octets.ToArray());
    }

    [Fact]
    public void Requests_of_one_client_are_told_apart_by_path_and_Request_Tag()
    {
        CoapDesk desk = new();
        byte[][] bodies = [CoapDesk.Octets(100), new byte[100], [.. CoapDesk.Octets(101).Skip(1)]];
        CoapOption[] tags = [new(CoapOptionNumber.RequestTag, new byte[] { 1 }), CoapOption.Of(CoapOptionNumber.UriPath, "x"), CoapOption.Of(CoapOptionNumber.UriQuery, "y")];
        for (int number = 0; number < 4; number++)
        {
            for (int i = 0; i < 3; i++)
                desk.Ask(desk.Block(bodies[i], number, 32, tags[i]));
        }
        Assert.Equal(bodies, desk.Heard.Select(heard => heard.Octets.ToArray()));
        // and so are the answers to them
        for (int i = 0; i < 3; i++)
            Assert.Equal(bodies[i].Skip(32).Take(32), desk.Ask(desk.Post(default, CoapDesk.Block2(1, 32), tags[i])).Payload.ToArray());
    }

    [Fact]
    public void Who_guesses_from_another_address_gets_nothing_and_spoils_nothing()
    {
        CoapDesk desk = new();
        byte[] body = CoapDesk.Octets(2000);
        CoapMessage first = desk.Block(body, 0, 1024);
        desk.Ask(first);
        // the same token and Message ID, from elsewhere
        CoapMessage second = desk.Block(body, 1, 1024);
        Assert.Equal("4.08", desk.Ask(second, CoapDesk.Far).Code.ToString());
        Assert.Equal("4.08", desk.Ask(second with { Token = first.Token }, new IPEndPoint(IPAddress.Loopback, 1)).Code.ToString());
        CoapMessage answer = desk.Ask(second);
        Assert.Equal("2.04", answer.Code.ToString());
        CoapMessage rest = desk.Post(default, CoapDesk.Block2(1, 1024));
        Assert.Equal("4.08", desk.Ask(rest with { Token = answer.Token }, CoapDesk.Far).Code.ToString());
        Assert.Equal(body, (byte[])[.. answer.Payload.ToArray(), .. desk.Ask(rest).Payload.ToArray()]);
        Assert.Single(desk.Heard);
    }

    [Theory]
    [InlineData(0, true, 63, "4.00")] // not the size it names
    [InlineData(0, true, 65, "4.00")]
    [InlineData(0, true, 0, "4.00")]
    [InlineData(0, false, 0, "4.00")] // nothing at all
    [InlineData(1, true, 64, "4.08")] // in the middle of nothing
    [InlineData(1, false, 10, "4.08")]
    [InlineData(1_048_575, true, 64, "4.13")] // beyond all bounds
    [InlineData(0, false, 100, "2.04")] // the size does not bind the last block (RFC 7959 2.3)
    public void Blocks_that_cannot_be_are_refused(int number, bool hasMore, int length, string code)
    {
        CoapDesk desk = new();
        CoapMessage block = desk.Post(CoapDesk.Octets(length), new CoapBlock(number, hasMore, 2).ToOption(CoapOptionNumber.Block1));
        Assert.Equal(code, desk.Ask(block).Code.ToString());
        Assert.Equal(0, desk.Server.Unfinished);
    }

    [Fact]
    public void Blocks_of_another_content_format_are_not_put_together()
    {
        CoapDesk desk = new();
        byte[] body = CoapDesk.Octets(100);
        desk.Ask(desk.Block(body, 0, 64));
        CoapMessage block = desk.Block(body, 1, 64);
        CoapMessage other = block with { MessageId = 9, Options = [.. block.Options.Where(option => option.Number != CoapOptionNumber.ContentFormat), CoapOption.Of(CoapOptionNumber.ContentFormat, 0)] };
        Assert.Equal("4.08", desk.Ask(other).Code.ToString());
        Assert.Equal("2.04", desk.Ask(block).Code.ToString());
    }

    [Fact]
    public void A_body_over_the_bound_is_refused_as_soon_as_it_is_seen()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxRequestBytes = 1000 });
        byte[] body = CoapDesk.Octets(1100);
        Assert.Equal("4.13", desk.Ask(desk.Block(body, 0, 512, CoapOption.Of(CoapOptionNumber.Size1, 1 << 30))).Code.ToString());
        Assert.Equal(0, desk.Server.Unfinished);
        Assert.Equal("2.31", desk.Ask(desk.Block(body, 0, 512, CoapOption.Of(CoapOptionNumber.Size1, 900))).Code.ToString());
        CoapMessage answer = desk.Ask(desk.Block(body, 1, 512));
        Assert.Equal("4.13", answer.Code.ToString());
        Assert.Equal(1000u, answer.FindNumber(CoapOptionNumber.Size1));
        Assert.Empty(desk.Heard);
    }

    [Fact]
    public void One_block_and_silence_is_forgotten()
    {
        CoapDesk desk = new();
        desk.Ask(desk.Block(CoapDesk.Octets(100), 0, 64));
        desk.Wait(TimeSpan.FromSeconds(246));
        Assert.Equal(1, desk.Server.Unfinished);
        desk.Wait(TimeSpan.FromSeconds(2));
        Assert.Equal((0, 0), (desk.Server.Unfinished, desk.Server.Remembered));
        Assert.Null(desk.Server.Due);
        Assert.Equal("4.08", desk.Ask(desk.Block(CoapDesk.Octets(100), 1, 64)).Code.ToString());
    }

    [Fact]
    public void An_answer_that_nobody_fetches_is_forgotten()
    {
        CoapDesk desk = new();
        desk.Exchange(CoapDesk.Octets(3000), 1024);
        Assert.Equal(1, desk.Server.Kept);
        desk.Wait(TimeSpan.FromSeconds(248));
        Assert.Equal(0, desk.Server.Kept);
        Assert.Equal("4.08", desk.Ask(desk.Post(default, CoapDesk.Block2(1, 1024))).Code.ToString());
    }

    [Fact]
    public void The_next_answer_takes_the_place_of_the_one_before()
    {
        byte answer = 0;
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(Enumerable.Repeat(++answer, answer == 3 ? 10 : 3000).ToArray()));
        CoapMessage first = desk.Ask(desk.Post(Some.Message));
        CoapMessage second = desk.Ask(desk.Post(Some.Message));
        Assert.NotEqual(first.Find(CoapOptionNumber.ETag)!.Value.Value.ToArray(), second.Find(CoapOptionNumber.ETag)!.Value.Value.ToArray());
        Assert.Equal(2, desk.Ask(desk.Post(default, CoapDesk.Block2(1, 1024))).Payload.Span[0]);
        Assert.Equal("4.00", desk.Ask(desk.Post(default, CoapDesk.Block2(3, 1024))).Code.ToString());
        desk.Ask(desk.Post(Some.Message));
        Assert.Equal("4.08", desk.Ask(desk.Post(default, CoapDesk.Block2(1, 1024))).Code.ToString());
    }

    [Fact]
    public void A_slow_answer_comes_in_blocks_too()
    {
        byte[] body = CoapDesk.Octets(3000);
        CoapDesk desk = new() { Handler = null };
        for (int number = 0; number < 3; number++)
            desk.Send(desk.Block(body, number, 1024));
        desk.Wait(TimeSpan.FromSeconds(1));
        CoapMessage first = Assert.Single(desk.Complete(new TransportReply.Octets(body)));
        Assert.Equal("CON 2/0/1024 0/1/1024", "CON " + first.FindBlock(CoapOptionNumber.Block1) + " " + first.FindBlock(CoapOptionNumber.Block2));
        desk.Send(first.Acknowledge());
        Assert.Equal(body, CoapDesk.Fetch(first, asked => desk.Ask(desk.Post(default, asked))));
    }

    [Fact]
    public void Of_unfinished_requests_the_one_that_is_silent_gives_way_and_one_at_work_does_not()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxUnfinished = 3 });
        byte[] body = CoapDesk.Octets(200);
        IPEndPoint[] clients = [.. Enumerable.Range(1, 4).Select(port => new IPEndPoint(IPAddress.Loopback, port))];
        for (int i = 0; i < 3; i++)
            Assert.Equal("2.31", desk.Ask(desk.Block(body, 0, 64), clients[i]).Code.ToString());
        CoapMessage busy = desk.Ask(desk.Block(body, 0, 64), clients[3]);
        Assert.Equal(("5.03", 5u), (busy.Code.ToString(), busy.FindNumber(CoapOptionNumber.MaxAge)));
        desk.Wait(TimeSpan.FromSeconds(4));
        desk.Ask(desk.Block(body, 1, 64), clients[0]);
        Assert.Equal("2.31", desk.Ask(desk.Block(body, 0, 64), clients[3]).Code.ToString());
        Assert.Equal("4.08", desk.Ask(desk.Block(body, 1, 64), clients[1]).Code.ToString());
        for (int number = 2; number < 4; number++)
            desk.Ask(desk.Block(body, number, 64), clients[0]);
        Assert.Equal(body, Assert.Single(desk.Heard).Octets.ToArray());
    }

    [Fact]
    public void Unfinished_requests_take_no_more_memory_than_is_borne()
    {
        CoapDesk desk = new(new CoapListenerSettings { MaxMemoryBytes = 50_000 });
        byte[] body = CoapDesk.Octets(60_000);
        CoapMessage? answer = null;
        for (int number = 0; answer is null || answer.Code == CoapCode.Continue; number++)
            answer = desk.Ask(desk.Block(body, number, 1024));
        Assert.Equal("5.03", answer.Code.ToString());
        Assert.Empty(desk.Heard);
    }

    [Fact]
    public void Rfc7252_11_3_A_small_question_from_far_away_gets_small_blocks()
    {
        byte[] large = CoapDesk.Octets(3000);
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(large));
        Assert.Equal(64, FirstBlock(desk.Post(CoapDesk.Octets(5)), CoapDesk.Far));
        Assert.Equal(256, FirstBlock(desk.Post(CoapDesk.Octets(100)), CoapDesk.Far));
        Assert.Equal(1024, FirstBlock(desk.Post(CoapDesk.Octets(400)), CoapDesk.Far));
        // all blocks of a request count
        (CoapMessage first, byte[] answer) = desk.Exchange(CoapDesk.Octets(600), 1024, CoapDesk.Far);
        Assert.Equal(1024, first.FindBlock(CoapOptionNumber.Block2)!.Value.Size);
        Assert.Equal(large, answer);
        // to this machine nobody writes from outside under a false address
        Assert.Equal(1024, FirstBlock(desk.Post(CoapDesk.Octets(5)), CoapDesk.Near));

        int FirstBlock(CoapMessage request, IPEndPoint from) => desk.Ask(request, from).FindBlock(CoapOptionNumber.Block2)!.Value.Size;
    }

    [Fact]
    public void Rfc7252_11_3_Nobody_is_flooded_in_anothers_name()
    {
        CoapDesk desk = new(handler: _ => new TransportReply.Octets(CoapDesk.Octets(3000)));
        CoapMessage request = desk.Post(CoapDesk.Octets(400));
        desk.Ask(request, CoapDesk.Far);
        long sent = 0, received = 0;
        for (int i = 0; i < 1000; i++)
        {
            CoapMessage block = desk.Post(default, CoapDesk.Block2(1, 1024));
            received += block.Encode().Length;
            // also from other ports
            desk.Server.Receive(CoapDesk.Far, block.Encode(), desk.Now);
            sent += desk.CollectAll().Sum(one => one.Length);
        }
        Assert.True(sent <= (CoapAllowance.Factor * received) + CoapAllowance.Advance, $"{sent} for {received}");
        // who is silent earns some
        desk.Wait(TimeSpan.FromSeconds(2));
        Assert.Equal("2.04", desk.Ask(desk.Post(default, CoapDesk.Block2(1, 1024)), CoapDesk.Far).Code.ToString());
    }
}
