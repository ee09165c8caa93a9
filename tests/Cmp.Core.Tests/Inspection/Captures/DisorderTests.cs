using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Inspection.Captures;
using Xunit;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Streams that are cut, repeated, overlapped and put out of order by chance, the same chance each time.</summary>
public class DisorderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Whatever_the_order_the_octets_are_the_same(int seed)
    {
        for (int round = 0; round < 50; round++)
        {
            var random = new Random((1000 * seed) + round);
            (byte[] client, byte[] server) = (Octets(random), Octets(random));
            RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(Scramble(random, client, server)), out CaptureSummary summary);
            RecordingTraffic.RecordedConnection connection = traffic.Connections.Single();
            Assert.Equal(client, connection.Octets[0].ToArray());
            Assert.Equal(server, connection.Octets[1].ToArray());
            Assert.Equal(0, summary.LostOctets);
        }
    }

    /// <summary>Beside a slow reader that has an octet a place: where segments contradict each other, and where some were never captured.</summary>
    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void What_contradicts_and_what_is_missing_is_as_an_octet_a_place_would_have_it(int seed)
    {
        for (int round = 0; round < 100; round++)
        {
            var random = new Random((1000 * seed) + round);
            uint begin = random.Next(2) == 0 ? uint.MaxValue - 500 : 77;
            Talk talk = new Talk(begin).Open();
            int length = 1 + random.Next(3000);
            var expected = new int?[length + 400];
            for (int segments = random.Next(1, 60); segments > 0; segments--)
            {
                int place = random.Next(length);
                byte[] octets = new byte[1 + random.Next(300)];
                random.NextBytes(octets);
                talk.Client(place, octets);
                for (int i = 0; i < octets.Length; i++)
                    expected[place + i] ??= octets[i];
            }
            int end = Array.FindLastIndex(expected, octet => octet is not null) + 1;
            RecordingTraffic traffic = RecordingTraffic.Read(CaptureFile.Pcap(talk.Packets), out CaptureSummary summary);
            Assert.Equal(expected.Take(end).Where(octet => octet is not null).Select(octet => (byte)octet!.Value), traffic.Connections.Single().Octets[0].ToArray());
            Assert.Equal(expected.Take(end).Count(octet => octet is null), summary.LostOctets);
        }
    }

    /// <summary>A connection of two streams: each cut into segments anew for each repetition, within a window of which they come in any order.</summary>
    internal static IReadOnlyList<byte[]> Scramble(Random random, byte[] client, byte[] server)
    {
        Talk talk = new Talk((uint)random.Next() * 2, random.Next(2) == 0 ? (uint)-random.Next(1, 20_000) : 1).Open();
        var sides = new[] { new Side(random, client), new Side(random, server) };
        while (sides.Any(side => side.Segments.Count > 0))
        {
            int from = random.Next(2);
            if (sides[from].Segments.Count == 0)
                from = 1 - from;
            (int place, byte[] octets) = sides[from].Segments.Dequeue();
            sides[from].Captured(place, octets.Length);
            _ = from == 0 ? talk.Client(place, octets, Packet.Psh, sides[1].Whole) : talk.Server(place, octets, Packet.Psh, sides[0].Whole);
            if (random.Next(4) == 0)
                _ = from == 0 ? talk.Server(sides[1].Whole, "", ack: sides[0].Whole) : talk.Client(sides[0].Whole, "", ack: sides[1].Whole);
        }
        return talk.Client(client.Length, "", Packet.Fin, server.Length).Server(server.Length, "", Packet.Fin, client.Length + 1).Packets;
    }

    internal static byte[] Octets(Random random)
    {
        byte[] octets = new byte[random.Next(1, 30_000)];
        random.NextBytes(octets);
        return octets;
    }

    private sealed class Side
    {
        private readonly bool[] _captured;

        internal Side(Random random, byte[] octets)
        {
            _captured = new bool[octets.Length];
            var segments = new List<(double Rank, int Place, byte[] Octets)>();
            for (int pass = random.Next(1, 4); pass > 0; pass--)
            {
                for (int place = 0; place < octets.Length;)
                {
                    int length = Math.Min(octets.Length - place, random.Next(1, random.Next(3) == 0 ? 20 : 1460));
                    // passes but the first repeat here and there only
                    if (pass == 1 || random.Next(3) == 0)
                        segments.Add((place + (random.NextDouble() * 8000), place, octets.AsSpan(place, length).ToArray()));
                    place += length;
                }
            }
            Segments = new Queue<(int, byte[])>(segments.OrderBy(segment => segment.Rank).Select(segment => (segment.Place, segment.Octets)));
        }

        internal Queue<(int Place, byte[] Octets)> Segments { get; }

        /// <summary>How many octets from the first on have come: what the other side may acknowledge.</summary>
        internal int Whole { get; private set; }

        internal void Captured(int place, int length)
        {
            _captured.AsSpan(place, length).Fill(true);
            while (Whole < _captured.Length && _captured[Whole])
                Whole++;
        }
    }
}
