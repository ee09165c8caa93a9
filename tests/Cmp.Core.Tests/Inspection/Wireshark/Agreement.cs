using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using Cmp.Inspection;
using Cmp.Inspection.Syntax;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Holds our tree of a message against Wireshark's, in both directions: part by part, by the octets that each stands for.</summary>
internal sealed partial class Agreement
{
    private readonly Dictionary<(int Offset, int Length), List<MessageNode>> _nodes = [];
    private readonly Dictionary<MessageNode, MessageNode?> _parents = [];
    private readonly HashSet<MessageNode> _seen = [];
    private readonly string _message;
    private readonly DifferenceTable _table;
    private readonly int _start;

    private Agreement(string message, MessageNode root, Dissection theirs, DifferenceTable table)
    {
        _message = message;
        _table = table;
        // before the message stands what its road says; the header is the first of its parts
        _start = (theirs.Header?.Offset ?? theirs.Start + root.HeaderLength) - root.HeaderLength;
        Warnings = [.. theirs.Warnings];
        Index(root, null);
    }

    /// <summary>How many fields of Wireshark's stand in our tree under the same name with the same value.</summary>
    public int Agreed { get; private set; }

    /// <summary>How many fields were compared.</summary>
    public int Compared { get; private set; }

    /// <summary>What is different, that the table does not explain.</summary>
    public List<Disagreement> Found { get; } = [];

    /// <summary>What Wireshark warns of.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>Compares.</summary>
    /// <param name="name">What the message is called where something is different.</param>
    /// <param name="octets">The message.</param>
    /// <param name="theirs">What Wireshark makes of it.</param>
    /// <param name="table">The differences that are known.</param>
    /// <returns>What came of it.</returns>
    public static Agreement Of(string name, ReadOnlyMemory<byte> octets, Dissection theirs, DifferenceTable table)
    {
        MessageNode root = MessageTree.Read(octets);
        var agreement = new Agreement(name, root, theirs, table);
        foreach (WiresharkField field in theirs.Fields)
            agreement.Visit(field, null);
        agreement.FindSilent(root);
        foreach (string warning in agreement.Warnings)
            agreement.Find(DifferenceKind.Warning, warning, string.Empty);
        // what is wrong to us is malformed to Wireshark
        if (!agreement.Warnings.Any(warning => warning.Contains("Malformed", StringComparison.Ordinal)))
        {
            foreach (MessageNode node in Trees.All(root).Where(node => node.Defect is not null))
                agreement.Find(DifferenceKind.Warning, string.Empty, $"{agreement.PlaceOf(node)}: {node.Defect}");
        }
        return agreement;
    }

    private void Index(MessageNode node, MessageNode? parent)
    {
        _parents[node] = parent;
        if (node.HeaderLength > 0)
        {
            int content = node.Offset + node.HeaderLength;
            Add(node.Offset, node.HeaderLength + node.Length, node);
            Add(content, node.Length, node);
            // of a BIT STRING the octet that counts the bits unused is a field of its own
            if (node.Children.All(child => child.Offset > content) && node.Length > 0)
                Add(content + 1, node.Length - 1, node);
        }
        foreach (MessageNode child in node.Children)
            Index(child, node);
    }

    private void Add(int offset, int length, MessageNode node)
    {
        if (!_nodes.TryGetValue((offset, length), out List<MessageNode>? nodes))
            _nodes.Add((offset, length), nodes = []);
        nodes.Add(node);
    }

    private void Visit(WiresharkField field, MessageNode? above)
    {
        // what it warns of, the octet before bits, and what the road says, stand for no part
        if (field.IsWarning || field.Name == "ber.bitstring.padding" || field.Name.StartsWith("cmp.tcptrans", StringComparison.Ordinal))
            return;
        // a line of text, and the protocol itself after what the road says, are headings
        MessageNode? node = field.Name is "" or "cmp" ? null : Flag().Match(field.Label) is { Success: true } flag ? CompareFlag(field, flag, above) : Compare(field);
        foreach (WiresharkField child in field.Children)
            Visit(child, node ?? above);
    }

    private MessageNode? Compare(WiresharkField field)
    {
        Compared++;
        if (!_nodes.TryGetValue((field.Offset - _start, field.Length), out List<MessageNode>? nodes))
        {
            Find(DifferenceKind.Place, Told(field), string.Empty);
            return null;
        }
        MessageNode? node = nodes.FirstOrDefault(node => Names(node).Contains(field.Word, FieldName.Comparer));
        bool isSameName = node is not null;
        node ??= nodes.FirstOrDefault(node => _table.IsOtherName(field.Name, Names(node)));
        if (node is null)
        {
            // more than one may stand for the same octets: the innermost is the least ambiguous
            node = nodes[^1];
            Find(DifferenceKind.Name, field.Name, string.Join(" / ", nodes.Select(PlaceOf)));
        }
        See(node);
        if (!FieldValue.Agrees(field, node))
            Find(DifferenceKind.Value, Told(field), $"{PlaceOf(node)}: {node.Value}");
        else if (isSameName)
            Agreed++;
        return node;
    }

    /// <summary>A field for a part stands for the tags around it as well, and for what an explicit tag is around.</summary>
    private void See(MessageNode node)
    {
        _seen.Add(node.Inner);
        for (MessageNode? tag = node.Inner; tag is not null; tag = _parents[tag] is { IsExplicitTag: true } above ? above : null)
            _seen.Add(tag);
    }

    /// <summary>A named bit: a field of its own to Wireshark, a word in the value to us.</summary>
    private MessageNode? CompareFlag(WiresharkField field, Match flag, MessageNode? above)
    {
        Compared++;
        bool isSet = above?.Value?.Split(", ").Contains(flag.Groups[1].Value) ?? false;
        if (above is null || isSet != (flag.Groups[2].Value == "True"))
            Find(DifferenceKind.Value, Told(field), above is null ? string.Empty : $"{PlaceOf(above)}: {above.Value}");
        else
            Agreed++;
        return above;
    }

    /// <summary>What none of Wireshark's fields stands for, nor for anything in it; of what is in it nothing more is said.</summary>
    private void FindSilent(MessageNode node)
    {
        if (!IsSeen(node))
        {
            Find(DifferenceKind.Silent, string.Empty, PlaceOf(node));
            return;
        }
        foreach (MessageNode child in node.Children)
            FindSilent(child);
    }

    private bool IsSeen(MessageNode node) => _seen.Contains(node) || node.Children.Any(IsSeen);

    private void Find(DifferenceKind kind, string theirs, string ours)
    {
        var found = new Disagreement(kind, theirs, ours, _message);
        if (!_table.Explains(found))
            Found.Add(found);
    }

    private static string Told(WiresharkField field) => field.Text.Length == 0 ? field.Name : $"{field.Name}: {field.Text}";

    /// <summary>The names that a field for these octets may have: of the component, of the alternative, of the type; of an element also that of the list.</summary>
    private IEnumerable<string> Names(MessageNode node)
    {
        foreach (string name in OwnNames(node).Append(node.Tag))
            yield return name;
        for (MessageNode? tag = _parents[node]; tag is { IsExplicitTag: true }; tag = _parents[tag])
        {
            foreach (string name in OwnNames(tag))
                yield return name;
        }
        // what an object identifier decides is called after it
        if (OidOf(node) is { } oid)
        {
            yield return oid;
            yield return oid + "Value";
        }
        if (ParentOf(node) is not { } list)
            yield break;
        foreach (string name in OwnNames(list))
            yield return name + "_item";
        if (OidOf(list) is { } listOid)
            yield return listOid + "Value_item";
    }

    private static IEnumerable<string> OwnNames(MessageNode node) => new[] { node.Name, node.Alternative, node.Type }.OfType<string>();

    private MessageNode? ParentOf(MessageNode node)
    {
        MessageNode? parent = _parents[node];
        while (parent is { IsExplicitTag: true })
            parent = _parents[parent];
        return parent;
    }

    /// <summary>The type that it is in and its name, and what an object identifier before it says, as in <c>InfoTypeAndValue.infoValue {caCerts}</c>.</summary>
    private string PlaceOf(MessageNode node)
    {
        MessageNode? parent = ParentOf(node);
        string name = node.Alternative is { } alternative && alternative != node.Name ? $"{node.Name} {alternative}" : node.Name;
        if (node.Tag == "NULL")
            name += " NULL";
        string place = parent is null ? name : $"{parent.Type ?? parent.Name}.{name}";
        if (node.IsExplicitTag)
            place += " " + node.Tag;
        return OidOf(node) is { } oid ? $"{place} {{{oid}}}" : place;
    }

    /// <summary>The name of the object identifier that stands first where a part is, or where the octets are that it is in; an element of a list has none.</summary>
    private string? OidOf(MessageNode node)
    {
        MessageNode? parent = ParentOf(node);
        while (parent is { Syntax.IsConstructed: false })
            (node, parent) = (parent, ParentOf(parent));
        return parent is { Syntax.Kind: SyntaxKind.Sequence } && parent.Children[0] is { Tag: "OBJECT IDENTIFIER", Value: { } value } oid && oid != node ? value.Split(' ')[0] : null;
    }

    [GeneratedRegex(@"^[.01 ]+ = ([\w-]+): (True|False)$")]
    private static partial Regex Flag();
}
