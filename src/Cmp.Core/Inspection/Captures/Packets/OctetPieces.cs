using System;
using System.Collections.Generic;

namespace Cmp.Inspection.Captures;

/// <summary>Octets that wait for those before them, in the order of their places; where some come twice, those that came first count.</summary>
internal sealed class OctetPieces
{
    /// <summary>What a piece costs besides its octets.</summary>
    private const int Overhead = 96;

    private readonly List<OctetPiece> _pieces = [];

    internal int Count => _pieces.Count;

    /// <summary>How many octets there are.</summary>
    internal long Length { get; private set; }

    /// <summary>The memory that they take, about.</summary>
    internal int Cost { get; private set; }

    internal OctetPiece this[int index] => _pieces[index];

    /// <summary>Whether all octets up to a place are there, from the first one on.</summary>
    internal bool IsWhole(long length)
    {
        long place = 0;
        foreach (OctetPiece piece in _pieces)
        {
            if (piece.Place != place)
                return false;
            place = piece.End;
        }
        return place >= length;
    }

    /// <summary>Copies the octets of a place on that are not there yet.</summary>
    /// <param name="place">Their place.</param>
    /// <param name="octets">Those that were captured.</param>
    /// <param name="length">How many there are.</param>
    /// <param name="ticks">When.</param>
    /// <param name="packet">The number of their packet.</param>
    internal void Add(long place, ReadOnlySpan<byte> octets, int length, long ticks, long packet)
    {
        long end = place + length;
        int index = Find(place);
        while (place < end)
        {
            bool hasNext = index < _pieces.Count;
            long until = hasNext ? Math.Min(end, _pieces[index].Place) : end;
            if (place < until)
            {
                int part = (int)(until - place);
                byte[] copy = octets.Slice(0, Math.Min(part, octets.Length)).ToArray();
                _pieces.Insert(index++, new OctetPiece(place, part, copy, ticks, packet));
                Cost += copy.Length + Overhead;
                Length += part;
            }
            long next = hasNext ? _pieces[index].End : end;
            octets = octets.Slice((int)Math.Min(next - place, octets.Length));
            place = next;
            index++;
        }
    }

    internal void RemoveFirst(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Cost -= _pieces[i].Octets.Length + Overhead;
            Length -= _pieces[i].Length;
        }
        _pieces.RemoveRange(0, count);
    }

    /// <summary>The index of the first piece that ends behind a place.</summary>
    private int Find(long place)
    {
        int low = 0, high = _pieces.Count;
        // what comes last mostly stands last
        if (high > 0 && _pieces[high - 1].End <= place)
            return high;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_pieces[middle].End <= place)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
