using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Cmp.Inspection;

namespace Cmp.Fuzz;

/// <summary>What must hold for the tree of any octets whatever (rules 64 and 70): it is made without throwing, within bounds, and its text is fit to be shown.</summary>
public static class TreeTarget
{
    /// <summary>More octets than the tree of a message may take for each of its own.</summary>
    public const int MaxFactor = 50;

    /// <summary>Walks the whole tree, asks for all texts, and writes it down.</summary>
    /// <param name="octets">Octets of anybody.</param>
    /// <returns>How many parts there are.</returns>
    /// <exception cref="InvalidOperationException">What must hold does not; any other exception is such a fault too.</exception>
    public static int Run(byte[] octets)
    {
        MessageTree.Read(ReadOnlyMemory<byte>.Empty); // reads the modules, where nobody has yet
        long before = GC.GetAllocatedBytesForCurrentThread();
        MessageNode root = MessageTree.Read(octets);
        int count = Walk(root, 1);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;
        if (taken > MaxFactor * (long)octets.Length + 1024)
            throw new InvalidOperationException($"A tree of {taken} octets for {octets.Length}.");
        int shown = Ask(root, 0, octets.Length);
        if (shown != count)
            throw new InvalidOperationException("A tree is another one when it is walked again.");
        var lines = new LineCheck();
        MessageText.Write(lines, root, new MessageTextOptions { Everything = true, Offsets = true });
        MessageText.Write(lines, root);
        return count;
    }

    private static int Walk(MessageNode node, int level)
    {
        if (level > MessageTree.MaxLevels + 1)
            throw new InvalidOperationException("A tree is deeper than it may be.");
        int count = 1;
        IReadOnlyList<MessageNode> children = node.Children;
        for (int i = 0; i < children.Count; i++)
            count += Walk(children[i], level + 1);
        return count;
    }

    private static int Ask(MessageNode node, int start, int end)
    {
        int after = node.Offset + node.HeaderLength + node.Length;
        if (node.Offset < start || after > end || node.HeaderLength < 0 || node.Length < 0)
            throw new InvalidOperationException($"{node.Name} at {node.Offset} to {after} reaches beyond {start} to {end}.");
        foreach (string? text in new[] { node.Name, node.Type, node.Value, node.Defect, node.Alternative, node.Tag, node.ToString() })
        {
            if (text is { Length: > 16_384 } || text?.Any(char.IsControl) == true)
                throw new InvalidOperationException($"{node.Name} at {node.Offset} has a text that is not fit to be shown.");
        }
        int count = 1, at = node.Offset + node.HeaderLength;
        foreach (MessageNode child in node.Children)
        {
            // what follows after the message is a part of it
            count += Ask(child, at, child.Name == "(surplus)" ? end : after);
            at = child.Offset + child.HeaderLength + child.Length;
        }
        return count;
    }

    /// <summary>Looks at what is written, and keeps nothing.</summary>
    private sealed class LineCheck : StringWriter
    {
        public override void Write(string? value)
        {
            if (value is { Length: > 256 } || value?.Any(char.IsControl) == true)
                throw new InvalidOperationException("A line is too long, or is not fit to be shown.");
        }

        public override void WriteLine(string? value) => Write(value);
    }
}
