using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Cmp.Messages.Asn1;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

public class CoapRoadTests
{
    private static readonly byte[] Ir = Traffic.Ir, Ip = Traffic.Ip;
    private static readonly IPEndPoint Client = Traffic.Client;

    private readonly List<CapturedItem> _items = [];
    private readonly CaptureSummary _summary = new();
    private RoadReader _reader;
    private IPEndPoint _server = new(IPAddress.Parse("192.0.2.2"), 5683);
    private long _packet;
    private ushort _id;

    public CoapRoadTests() => _reader = new RoadReader(CaptureOptions.Default, _items.Add, _summary);

    private string[] Lines
    {
        get
        {
            _reader.End();
            Assert.All(_items, item => Assert.Equal((Client, _server), (item.Client, item.Server)));
            return [.. _items.Select(Traffic.Line)];
        }
    }

    [Theory]
    [InlineData(5683)]
    [InlineData(61616)]
    public void A_question_and_its_piggybacked_answer_are_found_on_every_port(int port)
    {
        _server = new IPEndPoint(_server.Address, port);
        CoapMessage post = Ask("/.well-known/cmp/ir", Ir);
        Say(Answer(post, Ip));
        Assert.Equal(["Coap > POST /.well-known/cmp/ir [ir]", "Coap < CoAP 2.04 Changed [ip]"], Lines);
    }

    [Fact]
    public void A_separate_answer_is_found_and_copies_are_not_told_twice()
    {
        CoapMessage post = Ask("/cmp", Ir);
        Say(post, isClient: true);
        Say(post.Acknowledge());
        CoapMessage answer = Answer(post, Ip) with { Type = CoapType.Confirmable, MessageId = 500 };
        Say(answer);
        Say(answer);
        Say(answer.Acknowledge(), isClient: true);
        Assert.Equal(["Coap > POST /cmp [ir]", "Coap < CoAP 2.04 Changed [ip]"], Lines);
    }

    [Fact]
    public void The_same_message_ID_after_its_lifetime_is_another_message()
    {
        CoapMessage post = Ask("/cmp", Ir);
        _packet += 300;
        Say(post, isClient: true);
        Assert.Equal(["Coap > POST /cmp [ir]", "Coap > POST /cmp [ir]"], Lines);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(6)]
    public void Blocks_of_both_ways_are_put_together_whatever_their_tokens(int exponent)
    {
        CoapMessage last = Upload("/.well-known/cmp/ir", Ir, exponent);
        Download(last, Ip, exponent);
        Assert.Equal(["Coap > POST /.well-known/cmp/ir [ir]", "Coap < CoAP 2.04 Changed [ip]"], Lines);
        Assert.True(_items[0].Packet < _items[1].Packet);
    }

    [Fact]
    public void The_size_of_blocks_may_change_on_the_way()
    {
        Say(Block(Ir, new CoapBlock(0, true, 6)), isClient: true);
        for (int number = 16; number * 64 < Ir.Length; number++)
            Say(Block(Ir, new CoapBlock(number, (number + 1) * 64 < Ir.Length, 2)), isClient: true);
        if (Ir.Length > 1024)
            Assert.Equal(["Coap > POST /cmp [ir]"], Lines);
        _items.Clear();
        Say(Block(Ir, new CoapBlock(0, true, 2)), isClient: true);
        for (int number = 4; number * 16 < Ir.Length; number++)
            Say(Block(Ir, new CoapBlock(number, (number + 1) * 16 < Ir.Length, 0)), isClient: true);
        Assert.Equal(["Coap > POST /cmp [ir]"], Lines);
    }

    [Fact]
    public void Blocks_that_come_again_or_in_another_order_do_no_harm()
    {
        int last = (Ir.Length - 1) / 64;
        int[] order = [0, 2, 1, 1, .. Enumerable.Range(3, last - 3), 3];
        foreach (int number in order)
            Say(Block(Ir, new CoapBlock(number, true, 2)), isClient: true);
        Say(Block(Ir, new CoapBlock(last, false, 2)), isClient: true);
        Assert.Equal(["Coap > POST /cmp [ir]"], Lines);
    }

    [Fact]
    public void Blocks_that_are_missing_are_named()
    {
        int last = (Ir.Length - 1) / 64;
        foreach (int number in Enumerable.Range(0, last + 1).Where(number => number is not (1 or 2)))
            Say(Block(Ir, new CoapBlock(number, number < last, 2)), isClient: true);
        CoapMessage ask = Ask("/cmp", Ir);
        Say(Answer(ask, Ip[..64], CoapCode.Changed, new CoapBlock(0, true, 2).ToOption(CoapOptionNumber.Block2)));
        Say(Answer(ask, Ip[192..200], CoapCode.Changed, new CoapBlock(3, false, 2).ToOption(CoapOptionNumber.Block2)) with { MessageId = 900 });
        Assert.Equal(
            [
                "Coap > POST /cmp ! Blocks 1 to 2 are missing in the capture.", "Coap > POST /cmp [ir]",
                "Coap < CoAP 2.04 Changed ! Blocks 1 to 2 are missing in the capture.",
            ], Lines);
    }

    [Fact]
    public void What_is_unfinished_is_told_where_it_begins_anew_is_refused_or_ends()
    {
        Say(Block(Ir, new CoapBlock(0, true, 2)), isClient: true);
        Say(Block(Ir, new CoapBlock(1, true, 2)), isClient: true);
        Say(Block(Ir, new CoapBlock(0, true, 1)), isClient: true);
        CoapMessage more = Block(Ir, new CoapBlock(1, true, 1));
        Say(more, isClient: true);
        Say(Answer(more, default, CoapCode.RequestEntityIncomplete));
        CoapMessage ask = Ask("/cmp", Ir);
        Say(Answer(ask, Ip[..64], CoapCode.Changed, new CoapBlock(0, true, 2).ToOption(CoapOptionNumber.Block2)));
        Assert.Equal(
            [
                "Coap > POST /cmp ! After 128 octets no more blocks come.", "Coap > POST /cmp ! After 64 octets no more blocks come.",
                "Coap < CoAP 4.08 Request Entity Incomplete", "Coap > POST /cmp [ir]", "Coap < CoAP 2.04 Changed ! After 64 octets no more blocks come.",
            ], Lines);
    }

    [Fact]
    public void Blocks_of_two_versions_are_not_mixed()
    {
        CoapMessage ask = Ask("/cmp", Ir);
        CoapOption first = new(CoapOptionNumber.ETag, new byte[] { 1 }), second = new(CoapOptionNumber.ETag, new byte[] { 2 });
        Say(Answer(ask, Ip[..64], CoapCode.Changed, first, new CoapBlock(0, true, 2).ToOption(CoapOptionNumber.Block2)));
        Say(Answer(ask, Ip[64..70], CoapCode.Changed, second, new CoapBlock(1, false, 2).ToOption(CoapOptionNumber.Block2)) with { MessageId = 901 });
        Assert.Equal(["Coap > POST /cmp [ir]", "Coap < CoAP 2.04 Changed ! After 64 octets no more blocks come.", "Coap < CoAP 2.04 Changed ! Block 0 is missing in the capture."], Lines);
    }

    [Fact]
    public void Codes_that_are_no_success_are_told()
    {
        CoapMessage ask = Ask("/cmp/p/x", Ir);
        Say(Answer(ask, "no\u001b such profile"u8.ToArray(), CoapCode.NotFound));
        ask = Ask("/cmp", Ir);
        Say(Answer(ask, Ip, CoapCode.InternalServerError, CoapOption.Of(CoapOptionNumber.ContentFormat, CoapContentFormat.Pkixcmp)));
        ask = Ask("/cmp", Ir);
        Say(CoapMessage.ResetOf(ask.MessageId));
        Assert.Equal(
            [
                "Coap > POST /cmp/p/x [ir]", "Coap < CoAP 4.04 Not Found: no\\u{001B} such profile", "Coap > POST /cmp [ir]", "Coap < CoAP 5.00 Internal Server Error [ip]",
                "Coap > POST /cmp [ir]", "Coap < CoAP reset",
            ], Lines);
    }

    [Fact]
    public void Notifications_of_an_observation_are_told_each()
    {
        CoapMessage get = Get("/.well-known/cmp/ann", CoapOption.Of(CoapOptionNumber.Observe, 0));
        Say(get, isClient: true);
        Say(Answer(get, default, CoapCode.Content, CoapOption.Of(CoapOptionNumber.Observe, 4)));
        CoapMessage small = Notification(get, 5, Ip);
        Say(small);
        // the rest of a large one is asked for with another token
        Say(Notification(get, 6, Ip[..64], new CoapBlock(0, true, 2).ToOption(CoapOptionNumber.Block2)));
        for (int number = 1; number * 64 < Ip.Length; number++)
        {
            CoapMessage rest = Get("/.well-known/cmp/ann", new CoapBlock(number, false, 2).ToOption(CoapOptionNumber.Block2));
            Say(rest, isClient: true);
            Say(Answer(rest, Ip[(number * 64)..Math.Min(Ip.Length, (number + 1) * 64)], CoapCode.Content, new CoapBlock(number, (number + 1) * 64 < Ip.Length, 2).ToOption(CoapOptionNumber.Block2)));
        }
        CoapMessage last = Notification(get, 7, Ip);
        Say(last);
        Say(CoapMessage.ResetOf(last.MessageId), isClient: true);
        Assert.Equal(
            [
                "Coap > GET /.well-known/cmp/ann, Observe 0", "Coap < CoAP 2.05 Content, Observe 4", "Coap < CoAP 2.05 Content, Observe 5 [ip]", "Coap < CoAP 2.05 Content, Observe 6 [ip]",
                "Coap < CoAP 2.05 Content, Observe 7 [ip]", "Coap > CoAP reset",
            ], Lines);
    }

    [Fact]
    public void An_answer_without_its_question_is_found_by_its_format_or_its_octets()
    {
        CoapMessage post = new() { Type = CoapType.Confirmable, Code = CoapCode.Post, MessageId = 1, Token = new byte[] { 1 } };
        Say(Answer(post, Ip));
        Say(Answer(post, "text"u8.ToArray()) with { MessageId = 2 });
        Say(Answer(post, new byte[] { 1, 2 }, CoapCode.Content, CoapOption.Of(CoapOptionNumber.ContentFormat, CoapContentFormat.Pkixcmp)) with { MessageId = 3 });
        Assert.Equal(2, Lines.Length);
        Assert.Equal("Coap < CoAP 2.04 Changed [ip]", Traffic.Line(_items[0]));
        Assert.StartsWith("Coap < CoAP 2.05 Content [2] ! What came is no CMP message", Traffic.Line(_items[1]), StringComparison.Ordinal);
    }

    [Fact]
    public void What_others_say_over_CoAP_is_not_told()
    {
        CoapMessage get = Get("/sensors/temperature");
        Say(get, isClient: true);
        Say(Answer(get, "21.5"u8.ToArray(), CoapCode.Content));
        CoapMessage post = Ask("/cmpx", "hello"u8.ToArray());
        Say(Answer(post, "there"u8.ToArray(), CoapCode.NotFound));
        Assert.Empty(Lines);
    }

    [Fact]
    public void On_a_port_that_is_named_every_POST_is_CMP()
    {
        _server = new IPEndPoint(_server.Address, 7000);
        _reader = new RoadReader(CaptureOptions.Default with { Ports = [7000] }, _items.Add, _summary);
        CoapMessage post = Ask("/pki", new byte[] { 1, 2 });
        Say(Answer(post, default, CoapCode.BadRequest));
        Assert.Equal(["Coap > POST /pki [2] ! What came is no CMP message: it begins with octet 0x01, not with a SEQUENCE.", "Coap < CoAP 4.00 Bad Request"], Lines);
    }

    [Fact]
    public void A_POST_is_known_by_its_format_by_what_it_wants_or_by_its_octets()
    {
        Say(Post("/a", Ir, CoapOption.Of(CoapOptionNumber.ContentFormat, CoapContentFormat.Pkixcmp)), isClient: true);
        Say(Post("/b", Ir, CoapOption.Of(CoapOptionNumber.Accept, CoapContentFormat.Pkixcmp)), isClient: true);
        Say(Post("/c?x=1", Ir, CoapOption.Of(CoapOptionNumber.ContentFormat, 42)), isClient: true);
        Say(Post("/d", [1, 2]), isClient: true);
        Assert.Equal(["Coap > POST /a [ir]", "Coap > POST /b [ir]", "Coap > POST /c?x=1 (Content-Format 42) [ir]"], Lines);
    }

    [Fact]
    public void A_message_that_is_too_long_is_named()
    {
        _reader = new RoadReader(CaptureOptions.Default with { Limits = CmpLimits.Default with { MaxResponseBytes = 100 } }, _items.Add, _summary);
        for (int number = 0; number < 3; number++)
            Say(Block(Ir, new CoapBlock(number, number < 2, 2)), isClient: true);
        Say(Block(Ir[..64], new CoapBlock(CoapBlock.MaxNumber, false, 2), "/cmp/far"), isClient: true);
        Assert.Equal(["Coap > POST /cmp ! It is longer than the 100 octets that are read.", "Coap > POST /cmp/far ! It is longer than the 100 octets that are read."], Lines);
    }

    [Fact]
    public void A_block_of_another_length_than_its_own_is_named()
    {
        Say(Block(Ir, new CoapBlock(0, true, 2)) with { Payload = Ir.AsMemory(0, 60) }, isClient: true);
        Say(Block(Ir, new CoapBlock(1, false, 2)), isClient: true);
        Assert.Equal(["Coap > POST /cmp ! Block 0 has 60 octets, and is to have 64."], Lines);
    }

    [Fact]
    public void DTLS_is_counted_once_a_pair()
    {
        byte[] record = Hex.Parse("16FEFD0000000000000000000101"), withId = Hex.Parse("19FEFD00000000000000000000AABBCC");
        foreach (byte[] octets in new[] { record, record, withId })
        {
            _reader.Datagram(Client, _server, default, 1, octets);
            _reader.Datagram(_server, Client, default, 1, octets);
        }
        _reader.Datagram(Client, new IPEndPoint(_server.Address, 5684), default, 1, record);
        _reader.Datagram(Client, new IPEndPoint(_server.Address, 5685), default, 1, Hex.Parse("16FEFD000000000000000000FF01"));
        _reader.Datagram(Client, new IPEndPoint(_server.Address, 5686), default, 1, Hex.Parse("16030300000000000000000001"));
        Assert.Empty(Lines);
        Assert.Equal(2, _summary.DtlsConnections);
    }

    [Fact]
    public void Neither_pairs_nor_what_is_unfinished_grow_without_bound()
    {
        for (int i = 0; i < 20_000; i++)
        {
            var client = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 1024 + i);
            _reader.Datagram(client, _server, default, i + 1, Block(new byte[1024], new CoapBlock(0, true, 6)).Encode());
        }
        for (int i = 0; i < 20_000; i++)
            _reader.Datagram(Client, _server, default, i + 1, Block(new byte[1024], new CoapBlock(0, true, 6), "/cmp/" + i).Encode());
        int told = _items.Count;
        Assert.InRange(told, 38_000, 40_000);
        _items.Clear();
        // what 1024 pairs hold, of which one has 64 bodies
        Assert.True(_reader.Budget.TryTake((1 << 26) - 1_300_000));
        _reader.Budget.Give((1 << 26) - 1_300_000);
        _reader.End();
        Assert.True(_reader.Budget.TryTake(1 << 26));
        Assert.Equal(40_000, told + _items.Count);
    }

    /// <summary>A path may have 64 segments of a thousand octets, however little is done with it.</summary>
    [Fact]
    public void Paths_and_tags_without_measure_are_told_apart_and_not_kept()
    {
        CoapMessage Long(int i, int tag) => Block(new byte[1024], new CoapBlock(0, true, 6)) with
        {
            Options =
            [
                .. Enumerable.Repeat(new CoapOption(CoapOptionNumber.UriPath, "cmp"u8.ToArray()), 2), .. Enumerable.Range(0, 59).Select(_ => new CoapOption(CoapOptionNumber.UriPath, new byte[1000])),
                new CoapOption(CoapOptionNumber.UriPath, new[] { (byte)i }), new CoapBlock(0, true, 6).ToOption(CoapOptionNumber.Block1), new CoapOption(CoapOptionNumber.RequestTag, new[] { (byte)tag }),
            ],
        };
        for (int i = 0; i < 8; i++)
        {
            for (int tag = 0; tag < 8; tag++)
                _reader.Datagram(Client, _server, default, i + 1, Long(i, tag).Encode());
        }
        // 64 bodies that have nothing in common
        Assert.Empty(_items);
        Say(Long(0, 0), isClient: true);
        Assert.Single(_items);
        _reader.End();
        Assert.Equal(65, _items.Count);
        Assert.All(_items, item => Assert.InRange(item.RoadText!.Length, 0, 300));
    }

    private CoapMessage Ask(string path, byte[] octets)
    {
        CoapMessage post = Post(path, octets);
        Say(post, isClient: true);
        return post;
    }

    private CoapMessage Post(string path, byte[] octets, params CoapOption[] options) => Request(CoapCode.Post, path, octets, options);

    private CoapMessage Get(string path, params CoapOption[] options) => Request(CoapCode.Get, path, [], options);

    private CoapMessage Block(byte[] whole, CoapBlock block, string path = "/cmp") =>
        Post(path, block.Offset >= whole.Length ? whole : whole[(int)block.Offset..(int)Math.Min(whole.Length, block.Offset + block.Size)], block.ToOption(CoapOptionNumber.Block1));

    private CoapMessage Request(CoapCode code, string path, byte[] octets, CoapOption[] options)
    {
        _id++;
        return new CoapMessage { Type = CoapType.Confirmable, Code = code, MessageId = _id, Token = new[] { (byte)(_id >> 8), (byte)_id }, Options = [.. CoapPath.ToOptions(path), .. options], Payload = octets };
    }

    private static CoapMessage Answer(CoapMessage request, byte[]? octets, CoapCode? code = null, params CoapOption[] options) =>
        new() { Type = CoapType.Acknowledgement, Code = code ?? CoapCode.Changed, MessageId = request.MessageId, Token = request.Token, Options = options, Payload = octets ?? [] };

    private static CoapMessage Notification(CoapMessage get, uint observe, byte[] octets, params CoapOption[] options) =>
        Answer(get, octets, CoapCode.Content, [CoapOption.Of(CoapOptionNumber.Observe, observe), .. options]) with { Type = CoapType.Confirmable, MessageId = (ushort)(1000 + observe) };

    private CoapMessage Upload(string path, byte[] octets, int exponent)
    {
        int size = 16 << exponent;
        for (int number = 0; ; number++)
        {
            bool hasMore = (number + 1) * size < octets.Length;
            CoapMessage post = Block(octets, new CoapBlock(number, hasMore, exponent), path);
            Say(post, isClient: true);
            if (!hasMore)
                return post;
            Say(Answer(post, [], CoapCode.Continue, new CoapBlock(number, true, exponent).ToOption(CoapOptionNumber.Block1)));
        }
    }

    private void Download(CoapMessage ask, byte[] octets, int exponent)
    {
        int size = 16 << exponent;
        for (int number = 0; number * size < octets.Length; number++)
        {
            if (number > 0)
            {
                ask = ask with { MessageId = ++_id, Token = new byte[] { 9, (byte)(_id >> 8), (byte)_id }, Payload = default, Options = [.. ask.Options.Where(o => o.Number == CoapOptionNumber.UriPath), new CoapBlock(number, false, exponent).ToOption(CoapOptionNumber.Block2)] };
                Say(ask, isClient: true);
            }
            Say(Answer(ask, octets[(number * size)..Math.Min(octets.Length, (number + 1) * size)], CoapCode.Changed, new CoapBlock(number, (number + 1) * size < octets.Length, exponent).ToOption(CoapOptionNumber.Block2)));
        }
    }

    private void Say(CoapMessage message, bool isClient = false)
    {
        _packet++;
        byte[] lent = message.Encode();
        DateTimeOffset time = new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero).AddSeconds(_packet);
        _reader.Datagram(isClient ? Client : _server, isClient ? _server : Client, time, _packet, lent);
        Array.Fill(lent, (byte)0xEE);
    }
}
