using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Tests.Messages;

namespace Cmp.Interop;

/// <summary>One change of a message, and where it is: always the same ones, in the same order, for messages of the same structure.</summary>
/// <param name="Part">Which part of the message: header, body, protection, extraCerts, or whole.</param>
/// <param name="Kind">What is done, as in <c>flip</c> or <c>length+1</c>.</param>
/// <param name="Path">The value, by its indexes from the outermost one, as in <c>0.3.0</c>.</param>
/// <param name="Octets">The message with it.</param>
internal sealed record Mutation(string Part, string Kind, string Path, byte[] Octets)
{
    private static readonly string[] Parts = ["header", "body", "protection", "extraCerts"];

    /// <summary>All changes of a message.</summary>
    internal static IEnumerable<Mutation> All(byte[] message)
    {
        yield return new Mutation("whole", "cut", string.Empty, message[..^1]);
        yield return new Mutation("whole", "cut", string.Empty, message[..(message.Length / 2)]);
        yield return new Mutation("whole", "trailing", string.Empty, [.. message, 0]);
        yield return new Mutation("whole", "trailing", string.Empty, [.. message, .. message]);
        foreach (int[] path in Paths(DerNode.Parse(message), []))
        {
            foreach ((string kind, Action<DerNode, DerNode?> change) in Changes)
            {
                DerNode root = DerNode.Parse(message);
                DerNode? parent = null;
                DerNode node = root;
                foreach (int index in path)
                    (parent, node) = (node, node.Children![index]);
                change(node, parent);
                byte[] octets = root.Encode();
                if (!octets.AsSpan().SequenceEqual(message))
                    yield return new Mutation(path.Length == 0 ? "whole" : PartOf(message, path[0]), kind, string.Join(".", path), octets);
            }
        }
    }

    public override string ToString() => $"{Part} {Kind} at {Path}";

    private static IEnumerable<(string Kind, Action<DerNode, DerNode?> Change)> Changes =>
    [
        ("flip", (node, _) => Flip(node, 0, 1)),
        ("flip", (node, _) => Flip(node, node.Content.Length - 1, 1)),
        ("flip", (node, _) => Flip(node, node.Content.Length / 2, 0x40)),
        ("tag", (node, _) => node.Tag ^= 1),
        ("form", (node, _) => node.Tag ^= 0x20),
        ("length+1", (node, _) => node.Length = LengthOf(node, 1)),
        ("length-1", (node, _) => node.Length = LengthOf(node, -1)),
        ("long length", (node, _) => node.Length = [0x84, .. FourOf(ContentLength(node))]),
        ("indefinite", (node, _) => node.Length = [0x80]),
        ("removed", (node, parent) => parent?.Children!.Remove(node)),
        ("twice", (node, parent) => parent?.Children!.Add(node.Copy())),
        ("empty", (node, _) => Empty(node)),
    ];

    private static string PartOf(byte[] message, int index)
    {
        DerNode part = DerNode.Parse(message).Children![index];
        return index < 2 ? Parts[index] : part.Tag == 0xA0 ? Parts[2] : Parts[3];
    }

    private static IEnumerable<int[]> Paths(DerNode node, int[] path)
    {
        yield return path;
        for (int i = 0; i < (node.Children?.Count ?? 0); i++)
        {
            foreach (int[] below in Paths(node.Children![i], [.. path, i]))
                yield return below;
        }
    }

    private static void Flip(DerNode node, int index, byte bits)
    {
        if (index < 0 || index >= node.Content.Length)
            return;
        node.Content = [.. node.Content];
        node.Content[index] ^= bits;
    }

    private static void Empty(DerNode node)
    {
        node.Content = [];
        node.Children?.Clear();
    }

    private static int ContentLength(DerNode node) => node.Content.Length + (node.Children ?? []).Sum(child => child.Encode().Length);

    private static byte[] LengthOf(DerNode node, int more) => DerNode.LengthOf(Math.Max(0, ContentLength(node) + more));

    private static byte[] FourOf(int length) => [(byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
}
