using System;
using System.Collections.Generic;
using System.Globalization;

namespace Cmp.Inspection.Syntax;

/// <summary>Reads modules of ASN.1, as far as this house writes them: X.680 with TYPE-IDENTIFIER (X.681 annex A) and CONTAINING (X.682 11).</summary>
internal sealed class SyntaxParser
{
    private static readonly Dictionary<string, (SyntaxKind Kind, int Universal)> Words = new()
    {
        ["BOOLEAN"] = (SyntaxKind.Boolean, 1),
        ["INTEGER"] = (SyntaxKind.Integer, 2),
        ["NULL"] = (SyntaxKind.Null, 5),
        ["ENUMERATED"] = (SyntaxKind.Enumerated, 10),
        ["UTF8String"] = (SyntaxKind.Text, 12),
        ["PrintableString"] = (SyntaxKind.Text, 19),
        ["TeletexString"] = (SyntaxKind.Text, 20),
        ["IA5String"] = (SyntaxKind.Text, 22),
        ["UTCTime"] = (SyntaxKind.Time, 23),
        ["GeneralizedTime"] = (SyntaxKind.Time, 24),
        ["VisibleString"] = (SyntaxKind.Text, 26),
        ["GeneralString"] = (SyntaxKind.Text, 27),
        ["UniversalString"] = (SyntaxKind.Text, 28),
        ["BMPString"] = (SyntaxKind.Text, 30),
        ["ANY"] = (SyntaxKind.Any, 0),
    };

    private readonly List<string> _tokens = [];
    private int _at;
    private SyntaxModule _module = new(isImplicit: false);

    private SyntaxParser(string text) => Split(text);

    /// <summary>Reads all modules of a file.</summary>
    /// <param name="text">The file.</param>
    /// <returns>The modules.</returns>
    /// <exception cref="FormatException">The text is not what is read here.</exception>
    internal static IReadOnlyList<SyntaxModule> Parse(string text)
    {
        var parser = new SyntaxParser(text);
        var modules = new List<SyntaxModule>();
        while (parser._at < parser._tokens.Count)
            modules.Add(parser.ReadModule());
        return modules;
    }

    private string Next => _at < _tokens.Count ? _tokens[_at] : throw new FormatException("A module that does not end.");

    private SyntaxModule ReadModule()
    {
        Take();
        Expect("DEFINITIONS");
        _module = new SyntaxModule(Take() == "IMPLICIT");
        Expect("TAGS");
        Expect("::=");
        Expect("BEGIN");
        while (!Try("END"))
        {
            string name = Take();
            if (Try("TYPE-IDENTIFIER"))
            {
                Expect("::=");
                _module.Sets.Add(name, ReadSet());
            }
            else
            {
                Expect("::=");
                _module.Types.Add(name, ReadType());
            }
        }
        return _module;
    }

    private SyntaxSet ReadSet()
    {
        var rows = new List<(SyntaxType, string)>();
        Expect("{");
        do
        {
            Expect("{");
            SyntaxType type = ReadType();
            Expect("IDENTIFIED");
            Expect("BY");
            rows.Add((type, Take()));
            Expect("}");
        }
        while (Try("|"));
        bool isExtensible = Try(",");
        if (isExtensible)
            Expect("...");
        Expect("}");
        return new SyntaxSet(rows, isExtensible);
    }

    private SyntaxType ReadType()
    {
        if (!Try("["))
            return ReadConstrained(ReadUntagged());
        int tag = ReadNumber();
        Expect("]");
        bool? isExplicit = Try("EXPLICIT") ? true : Try("IMPLICIT") ? false : null;
        SyntaxType inner = ReadType();
        return new SyntaxType(SyntaxKind.Tagged, inner.Name, _module) { Tag = tag, IsExplicit = isExplicit, Element = inner };
    }

    private SyntaxType ReadUntagged()
    {
        string word = Take();
        switch (word)
        {
            case "SEQUENCE" when Next == "{":
                return new SyntaxType(SyntaxKind.Sequence, word, _module) { Universal = 16, Components = ReadComponents() };
            case "SEQUENCE" or "SET":
                Try("SIZE");
                if (Next == "(")
                    SkipParentheses();
                Expect("OF");
                SyntaxType element = ReadType();
                SyntaxKind kind = word == "SET" ? SyntaxKind.SetOf : SyntaxKind.SequenceOf;
                return new SyntaxType(kind, SyntaxType.ListOf(kind, element), _module) { Universal = word == "SET" ? 17 : 16, Element = element };
            case "CHOICE":
                return new SyntaxType(SyntaxKind.Choice, word, _module) { Components = ReadComponents() };
            case "BIT":
                Expect("STRING");
                return new SyntaxType(SyntaxKind.BitString, "BIT STRING", _module) { Universal = 3, Names = ReadNames() };
            case "OCTET":
                Expect("STRING");
                return new SyntaxType(SyntaxKind.OctetString, "OCTET STRING", _module) { Universal = 4 };
            case "OBJECT":
                Expect("IDENTIFIER");
                return new SyntaxType(SyntaxKind.ObjectIdentifier, "OBJECT IDENTIFIER", _module) { Universal = 6 };
            case "TYPE-IDENTIFIER":
                Expect(".");
                Expect("&");
                Expect("Type");
                return ReadOpen();
            default:
                return Words.TryGetValue(word, out (SyntaxKind Kind, int Universal) known)
                    ? new SyntaxType(known.Kind, word, _module) { Universal = known.Universal, Names = ReadNames() }
                    : char.IsUpper(word[0]) ? new SyntaxType(SyntaxKind.Reference, word, _module) : throw new FormatException($"'{word}' where a type should be.");
        }
    }

    /// <summary><c>({Set}{@path})</c>.</summary>
    private SyntaxType ReadOpen()
    {
        Expect("(");
        Expect("{");
        string set = Take();
        Expect("}");
        Expect("{");
        Expect("@");
        var path = new List<string> { Take() };
        while (Try("."))
            path.Add(Take());
        Expect("}");
        Expect(")");
        return new SyntaxType(SyntaxKind.Open, "ANY", _module) { Set = set, Path = path };
    }

    /// <summary>Sizes and ranges are passed over: what a peer sends is shown, whatever it is.</summary>
    private SyntaxType ReadConstrained(SyntaxType type)
    {
        while (_at < _tokens.Count && Next == "(")
        {
            if (_tokens[_at + 1] != "CONTAINING")
            {
                SkipParentheses();
                continue;
            }
            _at += 2;
            type = new SyntaxType(type.Kind, type.Name, _module) { Universal = type.Universal, Contained = ReadType() };
            Expect(")");
        }
        return type;
    }

    private List<SyntaxComponent> ReadComponents()
    {
        var components = new List<SyntaxComponent>();
        Expect("{");
        do
        {
            string name = Take();
            SyntaxType type = ReadType();
            bool isOptional = Try("OPTIONAL");
            if (Try("DEFAULT"))
            {
                isOptional = true;
                Take();
            }
            components.Add(new SyntaxComponent(name, type, isOptional));
        }
        while (Try(","));
        Expect("}");
        return components;
    }

    private Dictionary<int, string>? ReadNames()
    {
        if (_at >= _tokens.Count || !Try("{"))
            return null;
        var names = new Dictionary<int, string>();
        do
        {
            string name = Take();
            Expect("(");
            names.Add(ReadNumber(), name);
            Expect(")");
        }
        while (Try(","));
        Expect("}");
        return names;
    }

    private int ReadNumber() => int.Parse(Take(), CultureInfo.InvariantCulture);

    private void SkipParentheses()
    {
        int depth = 0;
        do
        {
            string token = Take();
            depth += token == "(" ? 1 : token == ")" ? -1 : 0;
        }
        while (depth > 0);
    }

    private string Take()
    {
        string token = Next;
        _at++;
        return token;
    }

    private bool Try(string token)
    {
        if (_at >= _tokens.Count || _tokens[_at] != token)
            return false;
        _at++;
        return true;
    }

    private void Expect(string token)
    {
        if (!Try(token))
            throw new FormatException($"'{(_at < _tokens.Count ? _tokens[_at] : "the end")}' where '{token}' should be.");
    }

    /// <summary>Words, numbers, <c>::=</c>, dots and single marks; comments go to the end of their line.</summary>
    private void Split(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            char c = text[i];
            if (char.IsWhiteSpace(c))
            {
                i++;
                continue;
            }
            if (c == '-' && i + 1 < text.Length && text[i + 1] == '-')
            {
                i = text.IndexOf('\n', i);
                if (i < 0)
                    return;
                continue;
            }
            if (c == '\'')
                i = text.IndexOf('\'', i + 1) + 2; // ''H
            else if (char.IsLetterOrDigit(c))
                while (i < text.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '-' || text[i] == '_'))
                    i++;
            else if (string.CompareOrdinal(text, i, "::=", 0, 3) == 0 || string.CompareOrdinal(text, i, "...", 0, 3) == 0)
                i += 3;
            else if (string.CompareOrdinal(text, i, "..", 0, 2) == 0)
                i += 2;
            else
                i++;
            _tokens.Add(string.Intern(text.Substring(start, i - start))); // names are compared often: the same ones are one object
        }
    }
}
