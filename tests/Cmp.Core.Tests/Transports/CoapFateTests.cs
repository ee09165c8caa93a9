using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Framing;
using Cmp.Transports;
using Xunit;

namespace Cmp.Tests.Transports;

/// <summary>Our client and our server with a network between them that loses, doubles and delays datagrams, wherever that may happen.</summary>
public class CoapFateTests
{
    private static readonly byte[] Question = CoapDesk.Octets(2500);
    private static readonly byte[] Answer = CoapDesk.Octets(3100).Reverse().ToArray();

    /// <summary>Longer than a copy may be on its way at most; what comes after it counts as new.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(4.4);

    /// <summary>What may become of a datagram: after which times it arrives.</summary>
    private static readonly (string Name, TimeSpan[] After)[] Fates =
    [
        ("lost", []),
        ("doubled", [CoapNet.Latency, CoapNet.Latency + CoapNet.Latency]),
        ("doubled late", [CoapNet.Latency, Late]),
        ("late", [Late]),
        ("overtaken", [CoapNet.Latency * 2.5]),
        ("late and doubled", [Late, Late * 3]),
    ];

    /// <summary>A handler that answers at once, and one that has its answer sent by itself.</summary>
    public static TheoryData<double> Handlings => [0, 3];

    [Theory]
    [MemberData(nameof(Handlings))]
    public void Whatever_happens_to_one_datagram_the_message_is_handled_once_and_its_answer_comes_whole(double handling)
    {
        int datagrams = Run(handling, (_, _) => [CoapNet.Latency], out _);
        Assert.True(datagrams >= 12, "too few to be a test: " + datagrams);
        for (int victim = 0; victim < datagrams; victim++)
        {
            foreach ((string name, TimeSpan[] after) in Fates)
            {
                Run(handling, (number, _) => number == victim ? after : [CoapNet.Latency], out CoapNet net);
                Assert.True((net.Now - net.Start).TotalSeconds < 20, name + " " + victim);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Handlings))]
    public void Whatever_happens_to_two_datagrams_the_message_is_handled_once_and_its_answer_comes_whole(double handling)
    {
        int datagrams = Run(handling, (_, _) => [CoapNet.Latency], out _);
        for (int first = 0; first < datagrams; first++)
        {
            for (int second = first + 1; second < datagrams + 2; second++)
            {
                (_, TimeSpan[] one) = Fates[(first + second) % Fates.Length];
                (_, TimeSpan[] other) = Fates[(first * 5 + second) % 4];
                Run(handling, (number, _) => number == first ? one : number == second ? other : [CoapNet.Latency], out _);
            }
        }
    }

    [Theory]
    [InlineData(0.1, 120, true)]
    [InlineData(0.3, 120, false)]
    [InlineData(0.6, 120, false)]
    public void However_much_is_lost_there_is_an_end_and_nothing_is_handled_twice(double loss, int rounds, bool allArrive)
    {
        int whole = 0;
        for (int seed = 1; seed <= rounds; seed++)
        {
            Random random = new(seed);
            OwnPeer server = Server(seed % 3 == 0 ? 3 : 0);
            CoapNet net = new(server, seed)
            {
                Fate = (_, _) => [.. Enumerable.Range(0, random.NextDouble() < 0.2 ? 2 : 1).Where(_ => random.NextDouble() >= loss)
                    .Select(_ => TimeSpan.FromSeconds(random.NextDouble() < 0.1 ? random.NextDouble() * 6 : random.NextDouble() * 0.05))],
            };
            CoapTransfer transfer = net.Ask(CoapNet.Post(Question));
            Assert.InRange((net.Now - net.Start).TotalSeconds, 0, 120);
            Assert.InRange(server.Heard.Count, 0, 1);
            if (transfer.Response is { } response)
            {
                whole++;
                Assert.Equal(Answer, response.Body.ToArray());
                Assert.Equal(Question, server.Heard.Single());
            }
            else
            {
                Assert.Equal(net.Layer.HasHeard ? "CmpTransport.Timeout" : "CmpTransport.ConnectTimeout", transfer.Error!.ErrorId);
            }
        }
        Assert.InRange(whole, allArrive ? rounds : 0, rounds);
    }

    /// <summary>A cut: from some datagram on nothing arrives any more, in one direction or in both.</summary>
    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Where_the_road_is_cut_the_exchange_ends_within_its_time(bool cutsToServer, bool cutsToClient)
    {
        int datagrams = Run(0, (_, _) => [CoapNet.Latency], out _);
        for (int cut = 0; cut < datagrams - 1; cut++)
        {
            OwnPeer server = Server(0);
            CoapNet net = new(server) { Fate = (number, toServer) => number >= cut && (toServer ? cutsToServer : cutsToClient) ? [] : [CoapNet.Latency] };
            CoapTransfer transfer = net.Ask(CoapNet.Post(Question));
            Assert.Null(transfer.Response);
            Assert.Equal(net.Layer.HasHeard ? "CmpTransport.Timeout" : "CmpTransport.ConnectTimeout", transfer.Error!.ErrorId);
            Assert.InRange((net.Now - net.Start).TotalSeconds, 60, 121);
            Assert.InRange(server.Heard.Count, 0, 1);
            // the server forgets too
            net.Wait(TimeSpan.FromHours(1));
            Assert.Equal((0, 0, 0), (server.Server.Unfinished, server.Server.Kept, server.Server.Remembered));
        }
    }

    [Fact]
    public void A_server_that_is_started_anew_between_two_blocks_gets_the_message_from_the_beginning_and_one_that_lost_the_answer_says_so()
    {
        int datagrams = Run(0, (_, _) => [CoapNet.Latency], out _);
        int answered = 0;
        for (int at = 1; at < datagrams; at++)
        {
            OwnPeer server = Server(0);
            CoapNet net = new(server)
            {
                Fate = (number, _) =>
                {
                    if (number == at)
                        server.Restart();
                    return [CoapNet.Latency];
                },
            };
            CoapTransfer transfer = net.Ask(CoapNet.Post(Question));
            if (transfer.Response is { } response)
            {
                answered++;
                Assert.Equal(Answer, response.Body.ToArray());
            }
            else
            {
                Assert.Equal("CmpCoap.408", transfer.Error!.ErrorId);
            }
        }
        Assert.InRange(answered, 5, datagrams - 2);
    }

    [Fact]
    public void Blocks_of_each_size_carry_a_message_there_and_back()
    {
        foreach (int ours in new[] { 0, 2, 4, 6 })
        {
            foreach (int theirs in new[] { 16, 128, 1024 })
            {
                OwnPeer server = new(new CoapListenerSettings { BlockSize = theirs }, _ => new TransportReply.Octets(Answer));
                CoapNet net = new(server);
                Assert.Equal(Answer, net.Response(CoapNet.Post(Question, ours)).Body.ToArray());
                Assert.Equal(Question, server.Heard.Single());
                int largest = Math.Min(theirs, 1 << (ours + 4));
                Assert.InRange(net.Sent.Skip(2).Max(d => d.Octets.Length), largest, largest + 80);
            }
        }
    }

    private static OwnPeer Server(double handling) => new(new CoapListenerSettings(), _ => new TransportReply.Octets(Answer), TimeSpan.FromSeconds(handling));

    /// <summary>One exchange that is to end well.</summary>
    /// <returns>The datagrams that it took.</returns>
    private static int Run(double handling, Func<int, bool, TimeSpan[]> fate, out CoapNet net)
    {
        OwnPeer server = Server(handling);
        net = new CoapNet(server) { Fate = fate };
        CoapResponse response = net.Response(CoapNet.Post(Question));
        Assert.Equal(CoapCode.Changed, response.Code);
        Assert.Equal(Answer, response.Body.ToArray());
        Assert.Equal(Question, server.Heard.Single());
        return net.Sent.Count;
    }
}
