using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Cmp.Framing;

/// <summary>One link of <c>/.well-known/core</c>, by which a CoAP server tells what it has (RFC 6690).</summary>
/// <param name="Target">Where the link leads, as it was written: mostly a path.</param>
/// <param name="Attributes">Its attributes, such as <c>ct</c> and <c>rt</c>, in their order; one without a value has an empty one.</param>
public sealed record CoreLink(string Target, IReadOnlyList<KeyValuePair<string, string>> Attributes)
{
    /// <summary>The links that one document may have.</summary>
    public const int MaxLinks = 1000;

    /// <summary>The attributes that one link may have.</summary>
    public const int MaxAttributes = 32;

    /// <summary>The content formats that the resource has (<c>ct</c>, RFC 7252 7.2.1): one number, or several with blanks between them.</summary>
    public IReadOnlyList<int> ContentFormats
    {
        get
        {
            List<int> formats = [];
            foreach (string word in Words("ct"))
            {
                if (int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out int format))
                    formats.Add(format);
            }
            return formats;
        }
    }

    /// <summary>The resource types (<c>rt</c>).</summary>
    public IReadOnlyList<string> ResourceTypes => Words("rt");

    /// <summary>Whether the resource can be observed (<c>obs</c>, RFC 7641 6).</summary>
    public bool IsObservable => Find("obs") is not null;

    /// <summary>Reads a document.</summary>
    /// <param name="document">The octets, UTF-8.</param>
    /// <returns>Its links, each as it was written; none of it is escaped.</returns>
    /// <exception cref="CmpException"><c>CmpCoap.LinkFormat</c>: it is none, or has more links or attributes than are borne.</exception>
    public static IReadOnlyList<CoreLink> Parse(ReadOnlySpan<byte> document)
    {
        string text = Encoding.UTF8.GetString(document.ToArray());
        List<CoreLink> links = [];
        int place = 0;
        SkipBlanks(text, ref place);
        while (place < text.Length)
        {
            if (links.Count == MaxLinks)
                throw Malformed("it has more than " + MaxLinks.ToString(CultureInfo.InvariantCulture) + " links", place);
            links.Add(ReadLink(text, ref place));
            SkipBlanks(text, ref place);
            if (place < text.Length && text[place++] != ',')
                throw Malformed("a comma is missing between two links", place - 1);
            SkipBlanks(text, ref place);
        }
        return links;
    }

    /// <summary>Writes a document.</summary>
    /// <param name="links">Its links. Numbers are written bare, all other values quoted.</param>
    /// <returns>The octets.</returns>
    public static byte[] Write(IEnumerable<CoreLink> links)
    {
        var text = new StringBuilder();
        foreach (CoreLink link in links)
        {
            text.Append(text.Length == 0 ? "<" : ",<").Append(link.Target).Append('>');
            foreach (KeyValuePair<string, string> attribute in link.Attributes)
            {
                text.Append(';').Append(attribute.Key);
                if (attribute.Value.Length == 0)
                    continue;
                if (int.TryParse(attribute.Value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                    text.Append('=').Append(attribute.Value);
                else
                    text.Append("=\"").Append(attribute.Value.Replace("\\", "\\\\").Replace("\"", "\\\"")).Append('"');
            }
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The link as it is written.</summary>
    /// <returns>As in <c>&lt;/.well-known/cmp&gt;;ct=259</c>.</returns>
    public override string ToString() => Encoding.UTF8.GetString(Write([this]));

    private string? Find(string name)
    {
        foreach (KeyValuePair<string, string> attribute in Attributes)
        {
            if (attribute.Key == name)
                return attribute.Value;
        }
        return null;
    }

    private string[] Words(string name) => Find(name)?.Split([' '], StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static CoreLink ReadLink(string text, ref int place)
    {
        int end = text[place] == '<' ? text.IndexOf('>', place) : -1;
        if (end < 0)
            throw Malformed("a link has no target between < and >", place);
        string target = text.Substring(place + 1, end - place - 1);
        place = end + 1;
        List<KeyValuePair<string, string>> attributes = [];
        SkipBlanks(text, ref place);
        while (place < text.Length && text[place] == ';')
        {
            place++;
            if (attributes.Count == MaxAttributes)
                throw Malformed("a link has more than " + MaxAttributes.ToString(CultureInfo.InvariantCulture) + " attributes", place);
            SkipBlanks(text, ref place);
            int start = place;
            while (place < text.Length && IsNameCharacter(text[place]))
                place++;
            if (place == start)
                throw Malformed("an attribute has no name", place);
            string name = text.Substring(start, place - start);
            string value = string.Empty;
            SkipBlanks(text, ref place);
            if (place < text.Length && text[place] == '=')
            {
                place++;
                SkipBlanks(text, ref place);
                value = ReadValue(text, ref place);
                SkipBlanks(text, ref place);
            }
            attributes.Add(new KeyValuePair<string, string>(name, value));
        }
        return new CoreLink(target, attributes);
    }

    private static string ReadValue(string text, ref int place)
    {
        if (place == text.Length || text[place] != '"')
        {
            int start = place;
            while (place < text.Length && text[place] is not (',' or ';' or ' ' or '\t' or '\r' or '\n' or '"' or '<'))
                place++;
            return place > start ? text.Substring(start, place - start) : throw Malformed("an attribute has no value after its =", place);
        }
        var value = new StringBuilder();
        for (int i = place + 1; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                place = i + 1;
                return value.ToString();
            }
            if (text[i] == '\\' && i + 1 < text.Length)
                i++;
            value.Append(text[i]);
        }
        throw Malformed("a quotation mark is not closed", place);
    }

    private static bool IsNameCharacter(char c) => c is > ' ' and <= '~' and not ('"' or ',' or ';' or '=' or '<' or '>' or '\\');

    private static void SkipBlanks(string text, ref int place)
    {
        while (place < text.Length && text[place] is (' ' or '\t' or '\r' or '\n'))
            place++;
    }

    private static CmpException Malformed(string reason, int place) => new(CmpErrorKind.Malformed, "CmpCoap.LinkFormat",
        "What the server says to have is no list of links: " + reason + " (at character " + place.ToString(CultureInfo.InvariantCulture) + ").");
}
