using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Text;
using Cmp.Framing;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Whatever octets come: nothing is thrown, nothing waits for ever, and nothing holds more than it may.</summary>
public class RoadFuzzTests
{
    private static readonly IPEndPoint Client = Traffic.Client, Server = new(IPAddress.Parse("192.0.2.2"), 829), Web = new(IPAddress.Parse("192.0.2.2"), 80);

    private static readonly byte[][] Requests =
    [
        Traffic.Octets(Traffic.Post(Traffic.Ir.Length), Traffic.Ir),
        Traffic.Octets($"POST /x HTTP/1.1\nContent-Type: application/pkixcmp\nTransfer-Encoding: chunked\n\n{Traffic.Ir.Length:x};a=b\n", Traffic.Ir, "\n0\nT: 1\n\n"),
        Traffic.Octets("CONNECT a:1 HTTP/1.1\n\n"),
        Traffic.Octets("GET /CRLAnn.PKI?issuer=3003 HTTP/1.1\n\nHEAD / HTTP/1.1\n\n"),
        Traffic.Octets("POST /x HTTP/1.1\nContent-Encoding: gzip\nContent-Length: 20\n\n\u001f\u0008345678901234567890"),
        new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiReq, Traffic.Ir).ToArray(),
        new TcpMessage(TcpMessageStyle.Rfc2510, TcpMessageType.PkiReq, Traffic.Ir).ToArray(),
        TcpMessage.PollReq(TcpMessageStyle.Rfc2510, new PollingReference(1)).ToArray(),
    ];

    private static readonly byte[][] Responses =
    [
        Traffic.Octets("HTTP/1.1 100 Continue\n\n", Traffic.Ok(Traffic.Ip.Length), Traffic.Ip),
        Traffic.Octets($"HTTP/1.1 200 OK\nContent-Type: application/pkixcmp-poll\nTransfer-Encoding: chunked\n\n{Traffic.Ip.Length:x}\n", Traffic.Ip, "\n0\n\n"),
        Traffic.Octets("HTTP/1.1 404 Not Found\nContent-Type: text/html\nContent-Length: 5\n\n<a>\n\n"),
        Traffic.Octets("HTTP/1.0 200 OK\nContent-Type: application/pkixcmp\n\n", Traffic.Ip),
        new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.PkiRep, Traffic.Ip).ToArray(),
        TcpMessage.PartialMsgRep(new PollingReference(1), 30, Traffic.Ip).ToArray(),
        new TcpMessage(TcpMessageStyle.Version10, TcpMessageType.ErrorMsgRep, new TcpErrorMessage(TcpErrorType.InvalidPollId, new byte[4], "no").ToArray()).ToArray(),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Nothing_that_comes_over_a_connection_throws(int seed)
    {
        var random = new Random(seed);
        var reader = new RoadReader(CaptureOptions.Default, Check, new CaptureSummary());
        for (int round = 0; round < 4000; round++)
        {
            IConnectionReader connection = reader.Connect(Client, random.Next(2) == 0 ? Server : Web, random.Next(2) == 0)!;
            for (int step = random.Next(1, 8); step > 0; step--)
            {
                bool fromFirst = random.Next(2) == 0;
                byte[][] pool = random.Next(8) == 0 ? (fromFirst ? Responses : Requests) : fromFirst ? Requests : Responses;
                byte[] octets = Mutate(random, pool[random.Next(pool.Length)]);
                int place = 0;
                while (place < octets.Length)
                {
                    int length = random.Next(3) == 0 ? Math.Min(octets.Length - place, random.Next(1, 20)) : octets.Length - place;
                    if (!connection.IsDone(fromFirst))
                        connection.Read(fromFirst, default, round, octets.AsMemory(place, length));
                    place += length;
                    if (random.Next(10) == 0)
                        connection.Lose(fromFirst, random.Next(1, 2000));
                }
            }
            connection.End(random.Next(2) == 0);
            connection.End(true);
            connection.End(false);
            // what was gathered was given back
            Assert.True(reader.Budget.TryTake(1 << 26));
            reader.Budget.Give(1 << 26);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Nothing_that_comes_in_a_datagram_throws(int seed)
    {
        var random = new Random(seed);
        var reader = new RoadReader(CaptureOptions.Default, Check, new CaptureSummary());
        List<byte[]> seeds = [];
        for (int number = 0; number < 3; number++)
        {
            CoapMessage post = new()
            {
                Type = CoapType.Confirmable, Code = CoapCode.Post, MessageId = (ushort)number, Token = new byte[] { 1 }, Payload = Traffic.Ir.AsMemory(number * 64, 64),
                Options = [.. CoapPath.ToOptions("/.well-known/cmp"), new CoapBlock(number, number < 2, 2).ToOption(CoapOptionNumber.Block1)],
            };
            seeds.Add(post.Encode());
            seeds.Add((post with { Type = CoapType.Acknowledgement, Code = CoapCode.Changed, Options = [new CoapOption(CoapOptionNumber.ETag, new byte[] { 1 }), new CoapBlock(number, number < 2, 2).ToOption(CoapOptionNumber.Block2)] }).Encode());
            seeds.Add((post with { Type = CoapType.Confirmable, Code = CoapCode.Content, Options = [CoapOption.Of(CoapOptionNumber.Observe, 5), CoapOption.Of(CoapOptionNumber.ContentFormat, 259)] }).Encode());
            seeds.Add(CoapMessage.ResetOf((ushort)number).Encode());
        }
        for (int round = 0; round < 100_000; round++)
        {
            int index = random.Next(seeds.Count);
            byte[] octets = random.Next(4) == 0 ? seeds[index] : Mutate(random, seeds[index]);
            bool isClient = index % 4 == 0;
            reader.Datagram(isClient ? Client : Web, isClient ? Web : Client, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(round), round, octets);
        }
        reader.End();
        Assert.True(reader.Budget.TryTake(1 << 26));
    }

    /// <summary>Octet by octet, half a million of them, and always undecided: work and memory for each octet stay the same.</summary>
    [Theory]
    [InlineData("GET /", "x")]
    [InlineData("GET / HTTP/1.1\r\n", "X: y\r\n")]
    [InlineData("GET / HTTP/1.1\r\n", "\n \n")]
    [InlineData("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n")]
    [InlineData("POST / HTTP/1.1\r\nContent-Type: application/pkixcmp\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n0\r\n")]
    [InlineData("", "G")]
    [InlineData("", "POST ")]
    [InlineData("", "\0\0\0\u0009\u0001")]
    [InlineData("GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\n\r\n")]
    public void Nothing_takes_time_beyond_measure(string beginning, string repeated)
    {
        byte[] piece = Encoding.Latin1.GetBytes(repeated);
        foreach (bool isOpening in new[] { true, false })
        {
            var reader = new RoadReader(CaptureOptions.Default, _ => { }, new CaptureSummary());
            IConnectionReader connection = reader.Connect(Client, Server, isOpening)!;
            if (beginning.Length > 0)
                connection.Read(true, default, 1, Encoding.Latin1.GetBytes(beginning));
            long allocated = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 500_000; i++)
            {
                if (!connection.IsDone(true))
                    connection.Read(true, default, 1, piece.AsMemory(i % piece.Length, 1));
            }
            // what grew with the square would not come here while anybody waits
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - allocated, 0, 500_000 * 400L);
        }
    }

    [Fact]
    public void All_messages_that_are_under_way_together_hold_no_more_than_they_may()
    {
        List<CapturedItem> items = [];
        var reader = new RoadReader(CaptureOptions.Default, items.Add, new CaptureSummary());
        byte[] head = Traffic.Octets(Traffic.Post(1_000_000)), body = new byte[500_000];
        List<IConnectionReader> connections = [];
        for (int i = 0; i < 300; i++)
        {
            IConnectionReader connection = reader.Connect(Client, Web, true)!;
            connection.Read(true, default, 1, head);
            connection.Read(true, default, 1, body);
            connections.Add(connection);
        }
        foreach (IConnectionReader connection in connections)
        {
            connection.Read(true, default, 1, body);
            connection.End(true);
        }
        Assert.Equal(300, items.Count);
        Assert.Contains(items, item => item.Defect == "Too many messages are under way at once.");
        Assert.Contains(items, item => item.Octets.Length == 1_000_000);
        Assert.True(reader.Budget.TryTake(1 << 26));
    }

    /// <summary>Three octets of a TCP-Message, and no room for them: its length is not known, so nobody can pass over the rest.</summary>
    [Fact]
    public void Where_there_is_no_room_for_the_beginning_of_a_message_the_next_one_is_looked_for()
    {
        List<CapturedItem> items = [];
        var reader = new RoadReader(CaptureOptions.Default, items.Add, new CaptureSummary());
        byte[] message = new TcpMessage(TcpMessageStyle.Rfc2510, TcpMessageType.PkiReq, Traffic.Ir).ToArray();
        IConnectionReader connection = reader.Connect(Client, Server, true)!;
        connection.Read(true, default, 1, message);
        Assert.True(reader.Budget.TryTake(1 << 26));
        connection.Read(true, default, 2, message.AsMemory(0, 3));
        Assert.Equal([null, "Too many messages are under way at once."], items.Select(item => item.Defect));
        reader.Budget.Give(1 << 26);
        connection.Read(true, default, 3, message);
        Assert.Equal(Traffic.Ir, items[2].Octets.ToArray());
        connection.End(true);
        Assert.True(reader.Budget.TryTake(1 << 26));
    }

    /// <summary>What is not proved to be TCP-Messages is kept only while it is small: what claims to carry a message must carry one.</summary>
    [Fact]
    public void What_waits_for_a_proof_is_small()
    {
        List<CapturedItem> items = [];
        var reader = new RoadReader(CaptureOptions.Default, items.Add, new CaptureSummary());
        byte[] question = TcpMessage.PollReq(TcpMessageStyle.Rfc2510, new PollingReference(1)).ToArray();
        byte[] claim = new TcpMessage(TcpMessageStyle.Rfc2510, TcpMessageType.PkiReq, new byte[500_000]).ToArray();
        var other = new IPEndPoint(Server.Address, 9000);
        IConnectionReader claims = reader.Connect(Client, other, true)!, goesOn = reader.Connect(Client, other, true)!;
        claims.Read(true, default, 1, question);
        claims.Read(true, default, 2, claim);
        Assert.True(claims.IsDone(true) && claims.IsDone(false));
        // seventeen questions and a part of one more, at once: nothing is left of them
        goesOn.Read(true, default, 3, Enumerable.Repeat(question, 17).SelectMany(octets => octets).Concat(question.Take(5)).ToArray());
        Assert.True(goesOn.IsDone(true) && goesOn.IsDone(false));
        Assert.Empty(items);
        Assert.True(reader.Budget.TryTake(1 << 26));
    }

    private static void Check(CapturedItem item)
    {
        Assert.DoesNotContain(item.RoadText ?? "", c => char.IsControl(c));
        Assert.DoesNotContain(item.Defect ?? "", c => char.IsControl(c));
        Assert.InRange((item.RoadText ?? "").Length, 0, 1200);
        Assert.True(item.Octets.Length > 0 || item.RoadText is not null || item.Defect is not null);
    }

    private static byte[] Mutate(Random random, byte[] octets)
    {
        List<byte> made = [.. octets];
        for (int i = random.Next(0, 6); i > 0 && made.Count > 0; i--)
        {
            int place = random.Next(3) == 0 ? random.Next(made.Count) : random.Next(Math.Min(made.Count, 200));
            switch (random.Next(5))
            {
                case 0:
                    made[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    made[place] = (byte)random.Next(256);
                    break;
                case 2:
                    made.RemoveRange(place, Math.Min(made.Count - place, random.Next(1, 30)));
                    break;
                case 3:
                    made.InsertRange(place, made.Skip(random.Next(made.Count)).Take(random.Next(1, 30)).ToArray());
                    break;
                default:
                    made.Insert(place, "0\r\n ,;:"u8[random.Next(7)]);
                    break;
            }
        }
        return [.. made];
    }
}
