using System;
using System.Collections.Generic;
using Cmp.Tests.Messages;

namespace Cmp.Fuzz;

/// <summary>Breaks messages at random: the same way for the same seed.</summary>
public sealed class Mutator
{
    private readonly IReadOnlyList<byte[]> _seeds;
    private readonly List<List<DerNode>?> _parts = [];
    private readonly Random _random;

    /// <summary>Makes one.</summary>
    /// <param name="seeds">Whole messages.</param>
    /// <param name="seed">Where the dice begin.</param>
    public Mutator(IReadOnlyList<byte[]> seeds, int seed)
    {
        _seeds = seeds;
        _random = new Random(seed);
        foreach (byte[] octets in seeds)
            _parts.Add(TryParse(octets) is { } tree ? Flatten(tree) : null);
    }

    /// <summary>The next broken message.</summary>
    /// <returns>Its octets; now and then they are still whole.</returns>
    public byte[] Next()
    {
        int which = _random.Next(_seeds.Count);
        byte[] octets = _random.Next(2) == 0 && _parts[which] is not null ? Restructure(_seeds[which]) : (byte[])_seeds[which].Clone();
        int more = _random.Next(3);
        for (int i = 0; i < more && octets.Length > 0; i++)
            octets = Scramble(octets);
        return octets;
    }

    private static DerNode? TryParse(byte[] octets)
    {
        try
        {
            return DerNode.Parse(octets);
        }
        catch (Exception e) when (e is ArgumentException or IndexOutOfRangeException)
        {
            return null; // a seed that is no plain DER is mutated octet by octet only
        }
    }

    private static List<DerNode> Flatten(DerNode root)
    {
        var all = new List<DerNode> { root };
        for (int i = 0; i < all.Count; i++)
            all.AddRange(all[i].Children ?? []);
        return all;
    }

    /// <summary>Moves values about so that all lengths stay right: this reaches deep.</summary>
    private byte[] Restructure(byte[] seed)
    {
        DerNode root = DerNode.Parse(seed);
        int times = 1 + _random.Next(3);
        for (int i = 0; i < times; i++)
        {
            List<DerNode> inner = Flatten(root).FindAll(node => node.Children is { Count: > 0 });
            if (inner.Count == 0)
                break;
            DerNode parent = inner[_random.Next(inner.Count)];
            List<DerNode> children = parent.Children!;
            int at = _random.Next(children.Count);
            switch (_random.Next(9))
            {
                case 0:
                    children.RemoveAt(at);
                    break;
                case 1:
                    children.Insert(at, children[at]);
                    break;
                case 2:
                    children[at] = Foreign();
                    break;
                case 3:
                    children.Insert(at, Foreign());
                    break;
                case 4:
                    children[at].Tag = (byte)_random.Next(256);
                    break;
                case 5:
                    children[at] = DerNode.Nested(children[at].Tag, 2 + _random.Next(100));
                    break;
                case 6:
                    children[at] = DerNode.Primitive(children[at].Tag, Noise(_random.Next(70)));
                    break;
                case 7:
                    children[at].Length = Lengths[_random.Next(Lengths.Length)];
                    break;
                default:
                    children.Reverse();
                    break;
            }
        }
        return root.Encode();
    }

    private static readonly byte[][] Lengths =
    [
        [0x80], [0x84, 0x7F, 0xFF, 0xFF, 0xFF], [0x84, 0xFF, 0xFF, 0xFF, 0xFF], [0x88, 0, 0, 0, 0, 0, 0, 0, 1], [0xFF], [0x00], [0x7F], [0x81, 0x05], [0x82, 0x00, 0x10],
    ];

    private DerNode Foreign()
    {
        List<DerNode>? parts = _parts[_random.Next(_parts.Count)];
        return parts is null ? DerNode.Primitive(5) : parts[_random.Next(parts.Count)].Copy();
    }

    private byte[] Scramble(byte[] octets)
    {
        int at = _random.Next(octets.Length);
        switch (_random.Next(6))
        {
            case 0:
                for (int i = 1 + _random.Next(6); i > 0; i--)
                    octets[_random.Next(octets.Length)] ^= (byte)(1 << _random.Next(8));
                return octets;
            case 1:
                return octets.AsSpan(0, at).ToArray();
            case 2:
                Noise(1 + _random.Next(Math.Min(16, octets.Length - at))).CopyTo(octets, at);
                return octets;
            case 3:
                int length = 1 + _random.Next(Math.Min(64, octets.Length - at));
                return [.. octets.AsSpan(0, at).ToArray(), .. octets.AsSpan(at + length).ToArray()];
            case 4:
                return [.. octets.AsSpan(0, at).ToArray(), .. Noise(_random.Next(64)), .. octets.AsSpan(at).ToArray()];
            default:
                octets[at] = Interesting[_random.Next(Interesting.Length)];
                return octets;
        }
    }

    private static readonly byte[] Interesting = [0, 1, 0x7F, 0x80, 0x81, 0x82, 0x84, 0x30, 0x31, 0x02, 0x04, 0x05, 0x06, 0x0C, 0xA0, 0xA1, 0xFF];

    private byte[] Noise(int length)
    {
        var noise = new byte[length];
        _random.NextBytes(noise);
        return noise;
    }
}
