using System;
using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>Puts datagrams of IP together of their fragments, as far as memory is allowed: the oldest ones are dropped then.</summary>
/// <remarks>Where fragments overlap the octets that came first count, with IPv6 too, where RFC 5722 wants the datagram dropped: what a capture holds is to be seen.</remarks>
internal sealed class FragmentTable(CaptureOptions options, CaptureSummary summary)
{
    private const int MaxDatagramBytes = 65_535;
    private const int MaxPieces = 1024;

    /// <summary>What a datagram costs besides its fragments.</summary>
    private const int Overhead = 256;

    /// <summary>Fragments further apart are of two datagrams: IPv4 has 65536 numbers for them (RFC 8200 4.5 says 60 seconds).</summary>
    private static readonly long LongestWait = TimeSpan.FromSeconds(60).Ticks;

    private readonly Dictionary<FragmentKey, LinkedListNode<Datagram>> _datagrams = [];
    private readonly LinkedList<Datagram> _byAge = new();
    private int _cost;

    /// <summary>Takes a fragment.</summary>
    /// <param name="key">Its datagram.</param>
    /// <param name="place">Where it stands in that.</param>
    /// <param name="octets">Its octets, all that it had on the wire.</param>
    /// <param name="isLast">Whether it is the last one by its place.</param>
    /// <param name="ticks">When.</param>
    /// <param name="packet">The number of the packet.</param>
    /// <returns>The content of the datagram where it is whole now; <see langword="null"/> where it is not, or where there is no such fragment.</returns>
    internal byte[]? Add(in FragmentKey key, int place, ReadOnlySpan<byte> octets, bool isLast, long ticks, long packet)
    {
        if (place + octets.Length > MaxDatagramBytes || (!isLast && (octets.IsEmpty || octets.Length % 8 != 0)))
        {
            summary.Count(PacketDefect.Fragment);
            return null;
        }
        if (_datagrams.TryGetValue(key, out LinkedListNode<Datagram>? node) && Math.Abs(ticks - node.Value.Ticks) > LongestWait)
        {
            Drop(node);
            node = null;
        }
        if (node is null)
        {
            node = _byAge.AddLast(new Datagram(key, ticks));
            _datagrams.Add(key, node);
            _cost += Overhead;
        }
        Datagram datagram = node.Value;
        int cost = datagram.Pieces.Cost;
        datagram.Pieces.Add(place, octets, octets.Length, ticks, packet);
        datagram.Packets++;
        _cost += datagram.Pieces.Cost - cost;
        if (isLast && datagram.Length < 0)
            datagram.Length = place + octets.Length;
        if (datagram.Length >= 0 && datagram.Pieces.Length >= datagram.Length && datagram.Pieces.IsWhole(datagram.Length))
        {
            Remove(node);
            return datagram.ToArray();
        }
        if (datagram.Pieces.Count > MaxPieces)
            Drop(node);
        while (_cost > options.MaxFragmentBytes && _byAge.First is { } oldest)
            Drop(oldest);
        return null;
    }

    /// <summary>Counts those that never came whole.</summary>
    internal void End()
    {
        while (_byAge.First is { } oldest)
            Drop(oldest);
    }

    private void Drop(LinkedListNode<Datagram> node)
    {
        summary.Count(PacketDefect.Fragment, node.Value.Packets);
        Remove(node);
    }

    private void Remove(LinkedListNode<Datagram> node)
    {
        _datagrams.Remove(node.Value.Key);
        _byAge.Remove(node);
        _cost -= node.Value.Pieces.Cost + Overhead;
    }

    private sealed class Datagram(FragmentKey key, long ticks)
    {
        internal FragmentKey Key => key;

        internal long Ticks => ticks;

        internal OctetPieces Pieces { get; } = new();

        internal long Packets { get; set; }

        /// <summary>-1 until the last fragment came.</summary>
        internal int Length { get; set; } = -1;

        internal byte[] ToArray()
        {
            byte[] whole = new byte[Length];
            for (int i = 0; i < Pieces.Count && Pieces[i].Place < Length; i++)
            {
                OctetPiece piece = Pieces[i];
                Array.Copy(piece.Octets, 0, whole, (int)piece.Place, (int)Math.Min(piece.Length, Length - piece.Place));
            }
            return whole;
        }
    }
}
