using System;
using System.Collections.Generic;
using System.Globalization;
using Cmp.Framing;

namespace Cmp.Inspection.Captures;

/// <summary>A body that comes in blocks (RFC 7959), as they were seen: in any order, of any size, some of them missing. Only what came takes room.</summary>
/// <param name="budget">What it takes its room from.</param>
/// <param name="maxBytes">The octets that a message may have.</param>
/// <param name="road">What is told with it.</param>
internal sealed class CoapPieces(OctetBudget budget, int maxBytes, string road)
{
    /// <summary>What a block costs beside its octets.</summary>
    private const int Overhead = 96;

    private readonly SortedDictionary<long, byte[]> _pieces = [];
    private long _taken;
    private string? _defect;

    /// <summary>What is told with it: the request, or the code of the response.</summary>
    public string Road { get; } = road;

    /// <summary>When the last block was captured.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>The packet that it came in.</summary>
    public long Packet { get; private set; }

    /// <summary>Which version of a resource it shows; <see langword="null"/> where nobody says so.</summary>
    public string? ETag { get; init; }

    /// <summary>Takes a block.</summary>
    /// <param name="block">Which.</param>
    /// <param name="octets">What is in it.</param>
    /// <param name="time">When it was captured.</param>
    /// <param name="packet">Its packet.</param>
    public void Add(CoapBlock block, ReadOnlySpan<byte> octets, DateTimeOffset time, long packet)
    {
        Time = time;
        Packet = packet;
        if (_defect is not null || octets.IsEmpty)
            return;
        if (block.Offset + octets.Length > maxBytes)
            GiveUp("It is longer than the " + Number(maxBytes) + " octets that are read.");
        else if (block.HasMore && octets.Length != block.Size)
            GiveUp("Block " + Number(block.Number) + " has " + Number(octets.Length) + " octets, and is to have " + Number(block.Size) + ".");
        else if (_pieces.TryGetValue(block.Offset, out byte[]? known) && known.Length >= octets.Length)
            return;
        else if (!budget.TryTake(octets.Length + Overhead))
            GiveUp("Too many messages are under way at once.");
        else
        {
            _taken += octets.Length + Overhead;
            _pieces[block.Offset] = octets.ToArray();
        }
    }

    /// <summary>Puts together what came, and forgets it.</summary>
    /// <param name="last">The block that ends it; <see langword="null"/> where none came.</param>
    /// <param name="defect">Why it is not whole, in one sentence; <see langword="null"/> where it is.</param>
    /// <returns>The octets; empty where it is not whole.</returns>
    public ReadOnlyMemory<byte> Finish(CoapBlock? last, out string? defect)
    {
        long end = 0;
        byte[] body = [];
        if (_defect is null)
        {
            long missingFrom = -1;
            foreach (KeyValuePair<long, byte[]> piece in _pieces)
            {
                if (piece.Key > end && missingFrom < 0)
                {
                    missingFrom = end;
                    int size = last?.Size ?? piece.Value.Length;
                    _defect = Missing(end / size, (piece.Key - 1) / size);
                }
                end = Math.Max(end, piece.Key + piece.Value.Length);
            }
            if (last is { } block && block.Offset > end)
                _defect ??= Missing(end / block.Size, block.Number - 1);
            if (last is null)
                _defect ??= "After " + Number(end) + " octets no more blocks come.";
        }
        if (_defect is null)
        {
            body = new byte[end];
            foreach (KeyValuePair<long, byte[]> piece in _pieces)
                piece.Value.CopyTo(body, (int)piece.Key);
        }
        defect = _defect;
        _pieces.Clear();
        budget.Give(_taken);
        _taken = 0;
        return body;
    }

    private void GiveUp(string defect)
    {
        _defect = defect;
        _pieces.Clear();
        budget.Give(_taken);
        _taken = 0;
    }

    private static string Missing(long first, long last) =>
        first == last ? "Block " + Number(first) + " is missing in the capture." : "Blocks " + Number(first) + " to " + Number(last) + " are missing in the capture.";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
