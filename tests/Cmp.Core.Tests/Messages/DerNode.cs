using System;
using System.Collections.Generic;

namespace Cmp.Tests.Messages;

/// <summary>A DER value that tests take apart and put together wrongly. It shares nothing with the code under test.</summary>
public sealed class DerNode
{
    private DerNode(byte tag, byte[] content, List<DerNode>? children)
    {
        Tag = tag;
        Content = content;
        Children = children;
    }

    private bool _isRaw;

    /// <summary>The tag octet.</summary>
    public byte Tag { get; set; }

    /// <summary>The content of a primitive value.</summary>
    public byte[] Content { get; set; }

    /// <summary>The values in a constructed one.</summary>
    public List<DerNode>? Children { get; }

    /// <summary>What stands in place of the length, where it is to be wrong.</summary>
    public byte[]? Length { get; set; }

    /// <summary>A primitive value.</summary>
    public static DerNode Primitive(byte tag, params byte[] content) => new(tag, content, null);

    /// <summary>A constructed value.</summary>
    public static DerNode Constructed(byte tag, params DerNode[] children) => new(tag, [], [.. children]);

    /// <summary>Octets that stand where a value should.</summary>
    public static DerNode Raw(byte[] octets) => new(octets[0], octets, null) { _isRaw = true };

    /// <summary>The same value in itself, so many times.</summary>
    public static DerNode Nested(byte tag, int levels)
    {
        DerNode node = Constructed(tag);
        for (int i = 1; i < levels; i++)
            node = Constructed(tag, node);
        return node;
    }

    /// <summary>Takes a value apart, all levels.</summary>
    public static DerNode Parse(byte[] octets)
    {
        int offset = 0;
        DerNode node = Parse(octets, ref offset);
        return offset == octets.Length ? node : throw new ArgumentException("More than one value.", nameof(octets));
    }

    /// <summary>A copy of this value and of all that is in it.</summary>
    public DerNode Copy() => new(Tag, Content, Children?.ConvertAll(child => child.Copy())) { Length = Length, _isRaw = _isRaw };

    /// <summary>Tag, length and content.</summary>
    public byte[] Encode()
    {
        if (_isRaw)
            return Content;
        var content = new List<byte>(Content);
        foreach (DerNode child in Children ?? [])
            content.AddRange(child.Encode());
        return [Tag, .. Length ?? LengthOf(content.Count), .. content];
    }

    /// <summary>The shortest length octets.</summary>
    public static byte[] LengthOf(int length) => length switch
    {
        < 0x80 => [(byte)length],
        < 0x100 => [0x81, (byte)length],
        < 0x10000 => [0x82, (byte)(length >> 8), (byte)length],
        _ => [0x83, (byte)(length >> 16), (byte)(length >> 8), (byte)length],
    };

    private static DerNode Parse(byte[] octets, ref int offset)
    {
        byte tag = octets[offset++];
        int length = octets[offset++];
        if (length > 0x80)
        {
            int count = length & 0x7F;
            length = 0;
            while (count-- > 0)
                length = (length << 8) | octets[offset++];
        }
        int end = offset + length;
        if ((tag & 0x20) == 0)
        {
            byte[] content = octets.AsSpan(offset, length).ToArray();
            offset = end;
            return new DerNode(tag, content, null);
        }
        var children = new List<DerNode>();
        while (offset < end)
            children.Add(Parse(octets, ref offset));
        return new DerNode(tag, [], children);
    }
}
