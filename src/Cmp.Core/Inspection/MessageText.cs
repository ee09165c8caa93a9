using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Cmp.Inspection;

/// <summary>Writes a tree as text, for a ticket or a mail: a part a line, those in it below it.</summary>
public static class MessageText
{
    /// <summary>Types that their one line tells whole.</summary>
    private static readonly HashSet<string> Told =
    [
        "Name", "GeneralName", "GeneralNames", "AlgorithmIdentifier", "HashAlgorithm", "MaskGenAlgorithm", "PKIFreeText", "Validity", "OptionalValidity", "KeyUsage",
        "ExtKeyUsageSyntax", "BasicConstraints", "SubjectKeyIdentifier", "CRLReason", "CRLNumber", "CertId", "IssuerAndSerialNumber", "ReasonFlags",
        "SEQUENCE OF AlgorithmIdentifier", "SEQUENCE OF OBJECT IDENTIFIER", "SEQUENCE OF UTF8String", "SubjectPublicKeyInfo",
        "PKIStatusInfo", "RSAPublicKey", "Ecdsa-Sig-Value", "Dss-Sig-Value", "AuthorityKeyIdentifier",
    ];

    /// <summary>An object identifier and what stands under it: the line says both.</summary>
    private static readonly HashSet<string> Pairs = ["AttributeTypeAndValue", "InfoTypeAndValue", "Extension", "Attribute", "OtherName", "PolicyInformation", "AccessDescription"];

    /// <summary>Writes a tree.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="node">The part with all that is in it.</param>
    /// <param name="options">How; <see langword="null"/> for the default.</param>
    public static void Write(TextWriter writer, MessageNode node, MessageTextOptions? options = null)
    {
        options ??= MessageTextOptions.Default;
        int lines = options.MaxLines;
        int digits = (node.Offset + node.HeaderLength + node.Length).ToString(CultureInfo.InvariantCulture).Length;
        Write(writer, node, options, 0, digits, ref lines);
        if (lines < 0)
            writer.WriteLine("…");
    }

    /// <summary>Name, type and value of a part in one line.</summary>
    /// <param name="node">The part.</param>
    /// <returns>As in <c>pvno INTEGER: cmp2000 (2)</c>.</returns>
    internal static string LineOf(MessageNode node)
    {
        string text = PeerText.Escape(node.Name);
        string type = node.Type ?? node.Inner.Tag;
        string? tag = node.IsValue && node.Tag.StartsWith("[", StringComparison.Ordinal) && node.Tag != node.Name ? node.Tag : null;
        if (tag is not null)
            text += " " + tag;
        if (type.Length > 0 && type != node.Name)
            text += " " + type;
        if (node.Value is { } value)
            text += ": " + value;
        for (MessageNode? at = node; at is not null; at = at.IsExplicitTag ? at.Children.FirstOrDefault() : null)
        {
            if (at.Defect is { } defect)
                text += $" !! {defect}";
        }
        return text;
    }

    private static void Write(TextWriter writer, MessageNode node, MessageTextOptions options, int level, int digits, ref int lines)
    {
        if (--lines < 0)
            return;
        string margin = (options.Offsets ? node.Offset.ToString(CultureInfo.InvariantCulture).PadLeft(digits) + "  " : string.Empty) + new string(' ', 2 * level);
        Wrap(writer, margin, LineOf(node), options.Width);

        // an explicit tag and its value, and octets and what they contain, are one line
        MessageNode inner = node;
        while (inner.Children.Count == 1 && inner.Defect is null && inner.Children[0] is { Defect: null } only && (inner.IsExplicitTag || (inner.Syntax.IsConstructed == false && only.IsValue)))
            inner = only;
        if (!options.Everything && IsTold(node, inner))
            return;
        bool isPair = !options.Everything && Pairs.Contains(inner.Type ?? string.Empty) && node.Value is not null;
        foreach (MessageNode child in inner.Children)
        {
            if (isPair && IsToldByPair(child))
                continue;
            Write(writer, child, options, level + 1, digits, ref lines);
            if (lines < 0)
                return;
        }
    }

    /// <summary>Whether nothing stands in a part of a pair but what its line says.</summary>
    private static bool IsToldByPair(MessageNode part)
    {
        MessageNode inner = part;
        while (inner.Children.Count == 1 && inner.Defect is null)
            inner = inner.Children[0];
        return inner.Defect is null && (inner.Children.Count == 0 || IsTold(inner, inner));
    }

    /// <summary>Whether the line tells all; never where something in it is wrong.</summary>
    private static bool IsTold(MessageNode node, MessageNode inner) =>
        (Told.Contains(inner.Type ?? string.Empty) || Told.Contains(node.Type ?? string.Empty)) && node.Value is not null && !IsBroken(inner, 8);

    private static bool IsBroken(MessageNode node, int levels) => node.Defect is not null || (levels > 0 && node.Children.Any(child => IsBroken(child, levels - 1)));

    private static void Wrap(TextWriter writer, string margin, string text, int width)
    {
        int room = Math.Max(20, width - margin.Length);
        string next = margin;
        while (true)
        {
            if (text.Length <= room)
            {
                writer.Write(next);
                writer.WriteLine(text);
                return;
            }
            int at = text.LastIndexOf(' ', room, room / 2);
            int length = at > 0 ? at : room;
            if (length < text.Length && char.IsLowSurrogate(text[length]))
                length--;
            writer.Write(next);
            writer.WriteLine(text.Substring(0, length));
            text = text.Substring(at > 0 ? length + 1 : length);
            next = new string(' ', margin.Length + 4);
            room = Math.Max(20, width - next.Length);
        }
    }
}
