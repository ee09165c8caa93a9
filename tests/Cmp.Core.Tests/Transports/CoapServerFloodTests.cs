using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Whatever comes from wherever: nothing is thrown, nothing grows without bound, and all is forgotten in the end.</summary>
public class CoapServerFloodTests
{
    private static readonly CoapListenerSettings Small = new() { MaxRequests = 4, MaxUnfinished = 5, MaxMemoryBytes = 60_000, MaxObservers = 6, MaxRequestBytes = 4000 };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public void Whatever_comes_ends_in_answers_and_silence(int seed)
    {
        Random random = new(seed);
        CoapDesk desk = new(Small) { Handler = null };
        IPEndPoint[] clients = [.. Enumerable.Range(1, 12).Select(i => new IPEndPoint(i % 2 == 0 ? IPAddress.Loopback : IPAddress.Parse("192.0.2." + i), i))];
        long sentFar = 0, receivedFar = 0;
        for (int i = 0; i < 3000; i++)
        {
            IPEndPoint from = clients[random.Next(clients.Length)];
            byte[] datagram = Mutate(random, Next(random, desk).Encode());
            desk.Server.Receive(from, datagram, desk.Now);
            receivedFar += IPAddress.IsLoopback(from.Address) ? 0 : datagram.Length;
            foreach ((IPEndPoint peer, CoapMessage message, int length) in desk.CollectAll())
            {
                sentFar += IPAddress.IsLoopback(peer.Address) ? 0 : length;
                // some of them listen
                if (message.Type == CoapType.Confirmable && random.Next(3) > 0)
                    desk.Server.Receive(peer, (random.Next(4) == 0 ? CoapMessage.ResetOf(message.MessageId) : message.Acknowledge()).Encode(), desk.Now);
            }
            if (desk.Calls.Count > 0 && random.Next(3) == 0)
                desk.Server.Complete(desk.Calls.Dequeue(), random.Next(5) == 0 ? null : new TransportReply.Octets(CoapDesk.Octets(random.Next(5000))), desk.Now);
            if (random.Next(20) == 0)
                desk.Server.Announce(CoapDesk.Octets(random.Next(1, 3000)), desk.Now);
            if (random.Next(30) == 0)
                Pass(desk, TimeSpan.FromSeconds(random.Next(60)));
            Assert.InRange(desk.Server.Running, 0, 4);
            Assert.InRange(desk.Server.Unfinished, 0, 5);
            Assert.InRange(desk.Server.Observers, 0, 6);
            Assert.InRange(desk.Server.Remembered, 0, 60_000 / CoapStore<int, string>.Overhead);
            Assert.InRange(desk.Server.Kept, 0, 60_000 / CoapStore<int, string>.Overhead);
        }
        Assert.True(desk.Heard.Count > 100, "too few came through to be a test: " + desk.Heard.Count);
        Assert.All(desk.Heard, heard => Assert.InRange(heard.Octets.Length, 1, 4000));
        // six addresses, each with its advance, and what an hour brings
        Assert.InRange(sentFar, 0, (CoapAllowance.Factor * receivedFar) + (6 * (CoapAllowance.Advance + (CoapAllowance.PerSecond * (long)(desk.Now - TimeSpan.FromHours(1)).TotalSeconds))));

        while (desk.Calls.Count > 0)
            desk.Server.Complete(desk.Calls.Dequeue(), new TransportReply.Nothing(), desk.Now);
        Pass(desk, TimeSpan.FromDays(2));
        Assert.Equal((0, 0, 0, 0, 0), (desk.Server.Running, desk.Server.Unfinished, desk.Server.Kept, desk.Server.Remembered, desk.Server.Observers));
        Assert.Null(desk.Server.Due);
        desk.Handler = request => new TransportReply.Octets(request.Octets);
        Assert.Equal(CoapCode.Changed, desk.Ask(desk.Post(Some.Message)).Code);
    }

    [Fact]
    public void A_flood_of_observers_under_false_addresses_leaves_when_it_is_told_something()
    {
        CoapDesk desk = new();
        for (int i = 0; i < 1000; i++)
        {
            desk.Server.Receive(new IPEndPoint(new IPAddress(new byte[] { 192, 0, 2, (byte)i }), 1024 + i), desk.Get("/ann", CoapOption.Of(CoapOptionNumber.Observe, 0)).Encode(), desk.Now);
            desk.CollectAll();
        }
        Assert.Equal(desk.Settings.MaxObservers, desk.Server.Observers);
        desk.Server.Announce(Some.Message, desk.Now);
        Assert.Equal(desk.Settings.MaxObservers, desk.CollectAll().Count);
        Pass(desk, TimeSpan.FromSeconds(100));
        Assert.Equal(0, desk.Server.Observers);
    }

    [Fact]
    public void First_blocks_from_everywhere_keep_nobody_out_for_long()
    {
        CoapDesk desk = new();
        byte[] body = CoapDesk.Octets(2000);
        for (int i = 0; i < 1000; i++)
        {
            desk.Server.Receive(new IPEndPoint(new IPAddress(new byte[] { 192, 0, 2, (byte)i }), 1024 + i), desk.Block(body, 0, 1024).Encode(), desk.Now);
            desk.CollectAll();
        }
        Assert.Equal(desk.Settings.MaxUnfinished, desk.Server.Unfinished);
        Assert.Equal("5.03", desk.Ask(desk.Block(body, 0, 1024)).Code.ToString());
        desk.Wait(TimeSpan.FromSeconds(5));
        desk.Exchange(body, 1024);
        Assert.Equal(body, Assert.Single(desk.Heard).Octets.ToArray());
    }

    private static CoapMessage Next(Random random, CoapDesk desk)
    {
        CoapOption block2 = CoapDesk.Block2(random.Next(3), 16 << random.Next(7));
        int size = 16 << random.Next(4, 7);
        CoapMessage message = random.Next(8) switch
        {
            0 => desk.Get("/.well-known/core", block2),
            1 => desk.Get("/.well-known/cmp/ann", CoapOption.Of(CoapOptionNumber.Observe, (uint)random.Next(3))),
            2 => desk.Get("/ann", block2, CoapOption.Of(CoapOptionNumber.Observe, 0)),
            3 => desk.Post(default, block2),
            4 => desk.Post(CoapDesk.Octets(random.Next(1, 900)), block2),
            _ => desk.Block(CoapDesk.Octets(size * 3), random.Next(3), size),
        };
        return message with
        {
            Type = random.Next(4) == 0 ? CoapType.NonConfirmable : CoapType.Confirmable,
            MessageId = random.Next(5) == 0 ? (ushort)random.Next(20) : message.MessageId,
        };
    }

    private static byte[] Mutate(Random random, byte[] datagram)
    {
        for (int i = random.Next(4) == 0 ? random.Next(1, 4) : 0; i > 0 && datagram.Length > 0; i--)
        {
            int place = random.Next(Math.Min(datagram.Length, 60));
            datagram = random.Next(4) switch
            {
                0 => datagram[..place],
                1 => [.. datagram[..place], (byte)random.Next(256), .. datagram[place..]],
                2 => [.. datagram[..place], .. datagram[(place + 1)..]],
                _ => [.. datagram[..place], (byte)(datagram[place] ^ (1 << random.Next(8))), .. datagram[(place + 1)..]],
            };
        }
        return datagram;
    }

    /// <summary>Time passes; whoever is told something meanwhile is not there.</summary>
    private static void Pass(CoapDesk desk, TimeSpan time) => desk.Wait(time, of: null, anybody: true);
}
