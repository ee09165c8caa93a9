using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Globalization;
using System.IO;
using Cmp.Inspection.Syntax;
using Cmp.Messages.Asn1;

namespace Cmp.Inspection;

/// <summary>
/// A part of a message: one value with its tag and its length, under the name that its RFC gives it. Children and text are made when they are asked
/// for; nothing that a peer sends makes a node throw.
/// </summary>
/// <remarks>
/// An explicit tag is a value of its own: <c>messageTime</c> is the value with the tag <c>[0]</c>, and its one child is the GeneralizedTime. A value that
/// is written within octets, as an extension is, is their child.
/// </remarks>
public sealed class MessageNode
{
    private static readonly MessageNode[] None = [];

    // the node that this one is in, or the tree; many nodes are made, so what can be computed is not kept
    private readonly object _above;
    private readonly Part _part;
    private readonly int _offset;
    private readonly int _end;
    private MessageNode[]? _children;

    internal MessageNode(object above, Part part, int offset, int end)
    {
        _above = above;
        _part = part;
        _offset = offset;
        _end = end;
    }

    /// <summary>Its name: that of the component or of the alternative, of an element that of its type. What no RFC names is called by its tag.</summary>
    public string Name => _part.Name ?? Tag;

    /// <summary>The name of its type, as in <c>GeneralName</c>; <see langword="null"/> where nobody knows it.</summary>
    public string? Type => _part.Type;

    /// <summary>Which alternative of a CHOICE it is, as in <c>directoryName</c>; <see langword="null"/> where its type is none.</summary>
    public string? Alternative => _part.Alternative;

    /// <summary>Its tag as ASN.1 writes it, as in <c>[0]</c> or <c>SEQUENCE</c>; empty where there is no value.</summary>
    public string Tag => TryReadHeader(out TlvHeader header) ? Tags.NameOf(header.Tag) : string.Empty;

    /// <summary>Its text for people: one line, escaped and bounded; <see langword="null"/> where its parts say all. What is secret is shown as dots.</summary>
    public string? Value => NodeText.Of(this);

    /// <summary>Why it is not what it should be, as in <c>is not expected here</c>; <see langword="null"/> where nothing is wrong with its tag and length.</summary>
    public string? Defect
    {
        get
        {
            if (_part.Defect is not null)
                return _part.Defect;
            if (ReferenceEquals(_part, Part.Unreadable))
            {
                TlvHeader.TryRead(Octets.Span.Slice(_offset, _end - _offset), out _, out string? defect);
                return "cannot be read: " + (defect ?? "octets that are no value of its type");
            }
            bool? isConstructed = _part.Wrapped is null ? _part.Content.IsConstructed : true;
            return !TryReadHeader(out TlvHeader header) || isConstructed is not { } expected || expected == header.Tag.IsConstructed
                ? null
                : expected ? "is primitive" : "is in pieces";
        }
    }

    /// <summary>Its place in the message, in octets from the message's beginning.</summary>
    public int Offset => _offset;

    /// <summary>The octets of its tag and its length; 0 for octets that are no value, and for what is missing.</summary>
    public int HeaderLength => TryReadHeader(out TlvHeader header) ? header.HeaderLength : 0;

    /// <summary>The octets of its content.</summary>
    public int Length => _end - _offset - HeaderLength;

    /// <summary>The values in it, in their order.</summary>
    public IReadOnlyList<MessageNode> Children => _children ??= Expand();

    /// <summary>Whether it is an explicit tag around its one child.</summary>
    internal bool IsExplicitTag => _part.Wrapped is not null;

    /// <summary>Whether its value is not shown.</summary>
    internal bool IsSecret => _part.IsSecret;

    /// <summary>Whether there are a tag and a length.</summary>
    internal bool IsValue => !_part.IsNoValue;

    /// <summary>How its content is taken apart.</summary>
    internal Content Syntax => _part.Content;

    /// <summary>What stands in its explicit tags; itself where it has none.</summary>
    internal MessageNode Inner
    {
        get
        {
            MessageNode node = this;
            while (node.IsExplicitTag && node.Children.Count > 0)
                node = node.Children[0];
            return node;
        }
    }

    /// <summary>The octets of its content.</summary>
    internal ReadOnlySpan<byte> Content => Octets.Span.Slice(_offset + HeaderLength, Length);

    private ReadOnlyMemory<byte> Octets => Find(out _).Octets;

    /// <summary>A copy of its octets, tag and length included.</summary>
    /// <returns>The octets.</returns>
    public byte[] GetOctets() => Octets.Slice(_offset, _end - _offset).ToArray();

    /// <summary>Finds a part in this one.</summary>
    /// <param name="path">
    /// Names of parts and of alternatives with dots between them, explicit tags left out, as in <c>header.sender</c> or
    /// <c>body.ir.CertReqMsg.certReq</c>; <c>[1]</c> after a name is the second of the values in it, as in <c>body.genm[1].infoType</c>.
    /// </param>
    /// <returns>The first part of that path; <see langword="null"/> where there is none.</returns>
    public MessageNode? Find(string path)
    {
        MessageNode? node = this;
        foreach (string step in path.Split('.'))
        {
            int bracket = step.IndexOf('[');
            string name = bracket < 0 ? step : step.Substring(0, bracket);
            if (name.Length > 0)
                node = node.Child(name);
            for (; bracket >= 0 && node is not null; bracket = step.IndexOf('[', bracket + 1))
            {
                int end = step.IndexOf(']', bracket);
                if (end < 0 || !int.TryParse(step.Substring(bracket + 1, end - bracket - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
                    return null;
                IReadOnlyList<MessageNode> children = node.Inner.Children;
                node = index < children.Count ? children[index] : null;
            }
            if (node is null)
                return null;
        }
        return node;
    }

    /// <summary>Name, type and value.</summary>
    /// <returns>One line.</returns>
    public override string ToString() => MessageText.LineOf(this);

    /// <summary>The part and all that is in it as text: a part a line, those in it below it.</summary>
    /// <param name="width">How many characters a line has. Nothing above zero: 100.</param>
    /// <returns>Lines, without one at the end.</returns>
    public string GetText(int width = 0)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = Environment.NewLine };
        MessageText.Write(writer, this, new MessageTextOptions { Width = TextLines.WidthOf(width) });
        return writer.ToString().TrimEnd();
    }

    /// <summary>A part of this one by its name, or by the alternative that it is.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The first of that name; <see langword="null"/> where there is none.</returns>
    internal MessageNode? Child(string name)
    {
        MessageNode node = this;
        while (true)
        {
            foreach (MessageNode child in node.Children)
            {
                if (child.Name == name || child.Alternative == name)
                    return child;
            }
            if (!node.IsExplicitTag || node.Children.Count == 0)
                return null;
            node = node.Children[0];
        }
    }

    private bool TryReadHeader(out TlvHeader header)
    {
        header = default;
        return !_part.IsNoValue && TlvHeader.TryRead(Octets.Span.Slice(_offset, _end - _offset), out header, out _);
    }

    private MessageTree Find(out int levels)
    {
        object above = _above;
        for (levels = 1; above is MessageNode node; levels++)
            above = node._above;
        return (MessageTree)above;
    }

    private MessageNode[] Expand()
    {
        if (_part.IsNoValue)
            return None;
        MessageTree tree = Find(out int levels);
        ReadOnlySpan<byte> octets = tree.Octets.Span;
        TlvHeader.TryRead(octets.Slice(_offset, _end - _offset), out TlvHeader header, out _);
        int start = _offset + header.HeaderLength;
        MessageNode[] children = _part.IsSecret ? None
            : levels >= MessageTree.MaxLevels ? ExpandsTooDeep(header) ? [new MessageNode(this, Part.TooDeep, start, _end)] : None
            : _part.Wrapped is { } wrapped ? header.Tag.IsConstructed ? ExpandAll(tree, start, wrapped, isList: false) : None
            : header.Tag.IsConstructed ? _part.Content.Kind switch
            {
                SyntaxKind.Sequence => ExpandComponents(tree, start),
                SyntaxKind.SequenceOf or SyntaxKind.SetOf => ExpandAll(tree, start, _part.Content.Element!, isList: true),
                _ => ExpandUnknown(tree, start),
            }
            : _part.Content is { Kind: SyntaxKind.OctetString, Element: { } inOctets } && start < _end ? ExpandContained(octets, start, inOctets)
            : _part.Content is { Kind: SyntaxKind.BitString, Element: { } inBits } && start + 1 < _end ? ExpandContained(octets, start + 1, inBits)
            : None;
        if (_above is not MessageTree || _end == octets.Length)
            return children;
        return Append(children, new MessageNode(this, Part.Surplus, _end, octets.Length));
    }

    private bool ExpandsTooDeep(TlvHeader header) => header.Tag.IsConstructed || (_part.Content.Element is not null && !_part.Content.IsConstructed!.Value);

    /// <summary>The components of a SEQUENCE: what is OPTIONAL may be passed over, what is something else stands in the place of what should be there.</summary>
    private MessageNode[] ExpandComponents(MessageTree tree, int start)
    {
        ReadOnlySpan<byte> octets = tree.Octets.Span;
        MessageNode[] children = Make(tree, start);
        Place[] components = _part.Content.Components;
        int next = 0;
        for (int i = 0; i < children.Length; i++)
        {
            if (!TryReadChild(tree, i, ref start, children, out TlvHeader header))
                return children;
            int key = Part.KeyOf(header.Tag);
            int at = next;
            Part? part = null;
            while (at < components.Length && (part = components[at].Match(key)) is null && components[at].IsOptional)
                at++;
            if (at < components.Length)
            {
                next = at + 1;
                Place place = components[at];
                if (place.ByOid is not null && FindOid(children, i, place.Path) is { } oid && place.ByOid.Find(oid.Content) is { } known)
                    (place, part) = (known, known.Match(key));
                part ??= place.Mistaken;
            }
            part ??= Part.Unexpected;
            int end = start + header.HeaderLength + header.Length;
            children[i] = new MessageNode(this, part, start, end);
            start = end;
        }
        while (next < components.Length && components[next].IsOptional)
            next++;
        return next < components.Length ? Append(children, new MessageNode(this, components[next].Missing, _end, _end)) : children;
    }

    /// <summary>The elements of a list, or the one value in an explicit tag.</summary>
    private MessageNode[] ExpandAll(MessageTree tree, int start, Place place, bool isList)
    {
        MessageNode[] children = Make(tree, start);
        for (int i = 0; i < children.Length; i++)
        {
            if (!TryReadChild(tree, i, ref start, children, out TlvHeader header))
                return children;
            Part part = isList || i == 0 ? place.Match(Part.KeyOf(header.Tag)) ?? place.Mistaken : Part.Unexpected;
            int end = start + header.HeaderLength + header.Length;
            children[i] = new MessageNode(this, part, start, end);
            start = end;
        }
        return !isList && children.Length == 0 ? [new MessageNode(this, place.Missing, _end, _end)] : children;
    }

    /// <summary>Values that no module knows. Beside the name of a secret stands the secret.</summary>
    private MessageNode[] ExpandUnknown(MessageTree tree, int start)
    {
        MessageNode[] children = Make(tree, start);
        bool isSecret = false;
        for (int i = 0; i < children.Length; i++)
        {
            if (!TryReadChild(tree, i, ref start, children, out TlvHeader header))
                return children;
            int content = start + header.HeaderLength, end = content + header.Length;
            children[i] = new MessageNode(this, isSecret ? Part.UnknownSecret : Part.Unknown, start, end);
            isSecret |= header.Tag == Asn1Tag.ObjectIdentifier && MessageSyntax.Instance.SecretOids.Find(tree.Octets.Span.Slice(content, header.Length)) is not null;
            start = end;
        }
        return children;
    }

    /// <summary>A value that is written within octets.</summary>
    private MessageNode[] ExpandContained(ReadOnlySpan<byte> octets, int start, Place place)
    {
        if (!TlvHeader.TryRead(octets.Slice(start, _end - start), out TlvHeader header, out _))
            return [new MessageNode(this, Part.Unreadable, start, _end)];
        int end = start + header.HeaderLength + header.Length;
        var value = new MessageNode(this, place.Match(Part.KeyOf(header.Tag)) ?? place.Mistaken, start, end);
        return end == _end ? [value] : [value, new MessageNode(this, Part.Surplus, end, _end)];
    }

    /// <summary>Room for the children, one for what cannot be read or is too much among them.</summary>
    private MessageNode[] Make(MessageTree tree, int start)
    {
        ReadOnlySpan<byte> octets = tree.Octets.Span;
        int count = 0;
        while (start < _end && count <= tree.Limits.MaxElements && TlvHeader.TryRead(octets.Slice(start, _end - start), out TlvHeader header, out _))
        {
            start += header.HeaderLength + header.Length;
            count++;
        }
        if (start < _end && count <= tree.Limits.MaxElements)
            count++;
        return count == 0 ? None : new MessageNode[count];
    }

    /// <summary>Reads the header of the next child; where there is none, or no more are shown, the rest is the last child.</summary>
    private bool TryReadChild(MessageTree tree, int index, ref int start, MessageNode[] children, out TlvHeader header)
    {
        bool isTooMany = index == tree.Limits.MaxElements;
        if (TlvHeader.TryRead(tree.Octets.Span.Slice(start, _end - start), out header, out _) && !isTooMany)
            return true;
        children[index] = new MessageNode(this, isTooMany ? Part.TooMany : Part.Unreadable, start, _end);
        return false;
    }

    /// <summary>The object identifier that decides what a component is: in one that came before it.</summary>
    private static MessageNode? FindOid(MessageNode[] children, int count, string[] path)
    {
        for (int i = 0; i < count; i++)
        {
            if (children[i].Name != path[0])
                continue;
            MessageNode? node = children[i];
            for (int step = 1; step < path.Length; step++)
                node = node?.Child(path[step]);
            return node;
        }
        return null;
    }

    private static MessageNode[] Append(MessageNode[] children, MessageNode last)
    {
        Array.Resize(ref children, children.Length + 1);
        children[children.Length - 1] = last;
        return children;
    }
}
