using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Text;
using System.Threading;
using Cmp.Inspection.Captures;

namespace Cmp.Tests.Inspection.Captures;

/// <summary>Writes down what the packets of a capture come to.</summary>
internal sealed class RecordingTraffic : ITrafficReader
{
    internal List<RecordedConnection> Connections { get; } = [];

    internal List<(IPEndPoint Source, IPEndPoint Destination, DateTimeOffset Time, long Packet, byte[] Octets)> Datagrams { get; } = [];

    internal int Ends { get; private set; }

    /// <summary>Whether a connection is read.</summary>
    internal Func<IPEndPoint, IPEndPoint, bool> IsWanted { get; init; } = (_, _) => true;

    /// <summary>How many octets of a direction are read.</summary>
    internal long WantedOctets { get; init; } = long.MaxValue;

    /// <summary>Whether octets are kept, or only counted.</summary>
    internal bool IsKept { get; init; } = true;

    internal static RecordingTraffic Read(byte[] capture, out CaptureSummary summary, CaptureOptions? options = null, RecordingTraffic? traffic = null)
    {
        summary = new CaptureSummary();
        return Read(new MemoryStream(capture), summary, options, traffic);
    }

    internal static RecordingTraffic Read(Stream capture, CaptureSummary summary, CaptureOptions? options = null, RecordingTraffic? traffic = null)
    {
        traffic ??= new RecordingTraffic();
        if (CaptureReader.Read(capture, options ?? CaptureOptions.Default, summary, _ => traffic, null, CancellationToken.None).Any())
            throw new InvalidOperationException("Nobody found anything.");
        return traffic;
    }

    public IConnectionReader? Connect(IPEndPoint first, IPEndPoint second, bool isOpening)
    {
        var connection = new RecordedConnection(this, first, second, isOpening);
        Connections.Add(connection);
        return IsWanted(first, second) ? connection : null;
    }

    public void Datagram(IPEndPoint source, IPEndPoint destination, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets) =>
        Datagrams.Add((source, destination, time, packet, octets.ToArray()));

    public void End() => Ends++;

    internal sealed class RecordedConnection(RecordingTraffic traffic, IPEndPoint first, IPEndPoint second, bool isOpening) : IConnectionReader
    {
        private readonly long[] _counts = new long[2];
        private readonly bool[] _hasEnded = new bool[2];

        internal IPEndPoint First => first;

        internal IPEndPoint Second => second;

        internal bool IsOpening => isOpening;

        internal List<(bool FromFirst, DateTimeOffset Time, long Packet)> Reads { get; } = [];

        /// <summary>The octets from the first end and from the second, without what was lost.</summary>
        internal MemoryStream[] Octets { get; } = [new(), new()];

        /// <summary>The same as text, with a number in angle brackets for octets that were lost, and a bar where the direction ends.</summary>
        internal StringBuilder[] Texts { get; } = [new(), new()];

        public bool IsDone(bool fromFirst) => _counts[fromFirst ? 0 : 1] >= traffic.WantedOctets;

        public void Read(bool fromFirst, DateTimeOffset time, long packet, ReadOnlyMemory<byte> octets)
        {
            int side = Check(fromFirst);
            if (octets.IsEmpty)
                throw new InvalidOperationException("Nothing was read.");
            _counts[side] += octets.Length;
            if (!traffic.IsKept)
                return;
            Reads.Add((fromFirst, time, packet));
            byte[] copy = octets.ToArray();
            Octets[side].Write(copy, 0, copy.Length);
            if (Texts[side].Length < 10_000)
                Texts[side].Append(Encoding.GetEncoding("iso-8859-1").GetString(copy));
        }

        public void Lose(bool fromFirst, long octets)
        {
            if (octets <= 0)
                throw new InvalidOperationException("Nothing was lost.");
            Texts[Check(fromFirst)].Append('<').Append(octets).Append('>');
        }

        public void End(bool fromFirst)
        {
            int side = Check(fromFirst, isEnd: true);
            _hasEnded[side] = true;
            Texts[side].Append('|');
        }

        /// <summary>The contract of the seam: nothing after the end, and nothing of what is done but the end.</summary>
        private int Check(bool fromFirst, bool isEnd = false)
        {
            int side = fromFirst ? 0 : 1;
            if (_hasEnded[side])
                throw new InvalidOperationException("The direction had ended.");
            return !isEnd && IsDone(fromFirst) ? throw new InvalidOperationException("The direction was done.") : side;
        }
    }
}
