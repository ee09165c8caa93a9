using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using System.Text.RegularExpressions;
using Cmp.Inspection;
using Cmp.Inspection.Syntax;

namespace Cmp.Tests.Inspection.Wireshark;

/// <summary>Whether a value of Wireshark's and one of ours are the same, each in its own way of writing.</summary>
internal static partial class FieldValue
{
    /// <summary>Compares.</summary>
    /// <param name="field">Wireshark's field.</param>
    /// <param name="node">Our part of the same octets.</param>
    /// <returns>Whether they are the same, or Wireshark says nothing.</returns>
    public static bool Agrees(WiresharkField field, MessageNode node)
    {
        string theirs = field.Text;
        if (theirs.Length == 0)
            return true;
        string ours = node.Value ?? string.Empty;
        if (Count().Match(theirs) is { Success: true } count)
            return int.Parse(count.Groups[1].Value, CultureInfo.InvariantCulture) == node.Inner.Children.Count(child => child.HeaderLength > 0);
        ours = ours.StartsWith("0x", StringComparison.Ordinal) ? ours.Substring(2) : ours;
        string plain = node.Alternative is { } alternative && ours.StartsWith(alternative + " ", StringComparison.Ordinal) ? ours.Substring(alternative.Length + 1) : ours;
        if (Oid().Match(theirs) is { Success: true } oid && SameOid(oid, plain))
            return true;
        return SameChoice(theirs, node) || SameText(theirs, plain) || SameText(field.Show, plain) || SameNumber(theirs, plain, node) || SameTime(theirs, plain) || SameOctets(theirs, plain, node);
    }

    /// <summary>Whether two texts say the same time.</summary>
    /// <param name="theirs">Wireshark's, which has it in several ways.</param>
    /// <param name="ours">Ours.</param>
    /// <returns>Whether both are times, and the same.</returns>
    public static bool SameTime(string theirs, string ours) =>
        DateTime.TryParseExact(ours, "yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime own)
        && DateTime.TryParseExact(
            theirs, ["yyyy-MM-dd HH:mm:ss' (UTC)'", "yy-MM-dd HH:mm:ss' (UTC)'", "MMM d, yyyy HH:mm:ss'.000000000 UTC'", "MMM  d, yyyy HH:mm:ss'.000000000 UTC'"],
            CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out DateTime other)
        && own == other;

    /// <summary>Which alternative it is: the name, or for some CHOICEs of Wireshark's the number alone.</summary>
    private static bool SameChoice(string theirs, MessageNode node)
    {
        IEnumerable<MessageNode> choices = node.IsExplicitTag && node.Children.Count > 0 ? [node, node.Children[0], node.Inner] : [node];
        if (Named().Match(theirs) is { Success: true } named)
            return choices.Any(choice => FieldName.Comparer.Equals(choice.Alternative ?? choice.Tag, named.Groups[1].Value) || FieldName.Comparer.Equals(choice.Tag, named.Groups[1].Value));
        // Name has one alternative, which is counted
        return choices.Any(choice => choice.Alternative is not null && choice.Tag == $"[{theirs}]") || (theirs == "0" && node.Inner.Alternative == "rdnSequence");
    }

    /// <summary>Either may show the beginning alone.</summary>
    private static bool SameText(string theirs, string ours)
    {
        ours = Unquoted(ours);
        return theirs == ours
            || (theirs.EndsWith('…') && ours.StartsWith(theirs.TrimEnd('…'), StringComparison.Ordinal))
            || (ours.EndsWith('…') && ours.Length > 1 && theirs.StartsWith(ours.TrimEnd('…'), StringComparison.Ordinal));
    }

    private static string Unquoted(string text) => text.Length > 1 && text[0] == '"' && text[^1] == '"' ? text.Substring(1, text.Length - 2) : text;

    /// <summary>The numbers must be the same; names are compared without what many have in common, and Wireshark's only where it knows one.</summary>
    private static bool SameOid(Match theirs, string ours)
    {
        Match own = OwnOid().Match(ours);
        if ((own.Success ? own.Groups[2].Value : ours) != theirs.Groups[1].Value)
            return false;
        string name = theirs.Groups[3].Value;
        return name.Length == 0 || OnlyArc().IsMatch(name) || FieldName.Comparer.Equals(WithoutArc().Replace(name, string.Empty).Replace(" ", string.Empty), own.Groups[1].Value);
    }

    /// <summary>What we show in hexadecimal of an INTEGER Wireshark may show as a number.</summary>
    private static bool SameNumber(string theirs, string ours, MessageNode node) =>
        theirs switch
        {
            "True" => ours == "TRUE",
            "False" => ours == "FALSE",
            _ => node.Inner.Syntax.Kind == SyntaxKind.Integer && BigInteger.TryParse(theirs, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger number)
                && BigInteger.TryParse("0" + ours, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out BigInteger own) && number == own,
        };

    /// <summary>Hexadecimal of either, of which each may show the beginning alone; what we take apart or name we say in another way, but they are its octets.</summary>
    private static bool SameOctets(string theirs, string ours, MessageNode node)
    {
        if (theirs == "<MISSING>")
            return ours == "empty";
        string shown = (theirs.StartsWith("0x", StringComparison.Ordinal) ? theirs.Substring(2) : theirs).Replace(":", string.Empty);
        bool isCut = shown.EndsWith('…');
        shown = shown.TrimEnd('…');
        if (shown.Length == 0 || !shown.All(Uri.IsHexDigit))
            return false;
        string octets = Convert.ToHexString(node.Inner.Content);
        int at = octets.IndexOf(shown, StringComparison.OrdinalIgnoreCase);
        if (at is not (0 or 2) || (!isCut && at + shown.Length != octets.Length))
            return false;
        if (node.Inner.Children.Count > 0 || node.Inner.Syntax.Names is not null)
            return true;
        int cut = ours.IndexOf('…');
        string own = cut < 0 ? Unused().Replace(ours, string.Empty) : ours.Substring(0, cut);
        return own.Length > 0 && own.All(Uri.IsHexDigit) && (Begin(shown, own) || Begin(shown.Substring(2), own));
    }

    private static bool Begin(string one, string other) =>
        one.StartsWith(other, StringComparison.OrdinalIgnoreCase) || other.StartsWith(one, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^(\d+) items?\b")]
    private static partial Regex Count();

    [GeneratedRegex(@"^(\d+(?:\.\d+)+)( \((.+)\))?$")]
    private static partial Regex Oid();

    [GeneratedRegex(@"^(\S+) \((\d+(?:\.\d+)+)\)$")]
    private static partial Regex OwnOid();

    [GeneratedRegex(@"\.\d+$")]
    private static partial Regex OnlyArc();

    [GeneratedRegex("^(pkcs-?9-at|id-[a-zA-Z]+|id)-")]
    private static partial Regex WithoutArc();

    [GeneratedRegex(@"^(\S+) \(\d+\)$")]
    private static partial Regex Named();

    [GeneratedRegex(", [0-7] bits unused$")]
    private static partial Regex Unused();
}
