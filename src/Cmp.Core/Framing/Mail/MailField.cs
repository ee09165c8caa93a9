using System;
using System.Collections.Generic;
using System.Text;

namespace Cmp.Framing;

/// <summary>
/// The value of a structured header field of MIME, such as Content-Type: one value and its parameters (RFC 2045 5.1, RFC 2183), with quoted strings and
/// comments. Of a parameter that stands there twice the first counts; those in pieces or in another charset (RFC 2231) keep their names with the asterisk.
/// </summary>
public sealed class MailField
{
    private const int MaxParameters = 50;
    private const int MaxCommentDepth = 10;

    private MailField(string value, IReadOnlyDictionary<string, string> parameters)
    {
        Value = value;
        Parameters = parameters;
    }

    /// <summary>The value in small letters, as <c>application/pkixcmp</c>.</summary>
    public string Value { get; }

    /// <summary>Its parameters, by names in any case.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; }

    /// <summary>Reads a value.</summary>
    /// <param name="text">What stands behind the colon, unfolded; <see langword="null"/> where there is no such field.</param>
    /// <returns>What it says; <see langword="null"/> where there is no field, or it breaks the syntax.</returns>
    public static MailField? Parse(string? text)
    {
        if (text is null || WithoutComments(text) is not { } plain)
            return null;
        List<string>? parts = Split(plain);
        if (parts is null || parts.Count - 1 > MaxParameters)
            return null;
        var value = new StringBuilder();
        foreach (char c in parts[0])
        {
            // blanks around the slash were legal once, and stand for nothing
            if (c is not (' ' or '\t'))
                value.Append(char.ToLowerInvariant(c));
        }
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string part in parts.GetRange(1, parts.Count - 1))
        {
            if (part.Trim().Length == 0)
                continue;
            int equals = part.IndexOf('=');
            string name = equals < 0 ? string.Empty : part.Substring(0, equals).Trim();
            if (name.Length == 0)
                return null;
            if (!parameters.ContainsKey(name))
                parameters.Add(name, Unquote(part.Substring(equals + 1).Trim()));
        }
        return new MailField(value.ToString(), parameters);
    }

    /// <summary>Comments say nothing (RFC 5322 3.2.2); within quotes there are none.</summary>
    private static string? WithoutComments(string text)
    {
        if (text.IndexOf('(') < 0)
            return text;
        var plain = new StringBuilder(text.Length);
        int depth = 0;
        bool isQuoted = false;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '\\' && (isQuoted || depth > 0) && i + 1 < text.Length)
            {
                if (depth == 0)
                    plain.Append(c).Append(text[i + 1]);
                i++;
                continue;
            }
            if (c == '"' && depth == 0)
                isQuoted = !isQuoted;
            if (c == '(' && !isQuoted && ++depth > MaxCommentDepth)
                return null;
            if (depth == 0)
                plain.Append(c);
            if (c == ')' && !isQuoted && depth > 0)
                depth--;
        }
        return depth == 0 ? plain.ToString() : null;
    }

    /// <summary>Splits at semicolons, but not within quotes.</summary>
    private static List<string>? Split(string text)
    {
        var parts = new List<string>();
        bool isQuoted = false;
        int start = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && isQuoted)
                i++;
            else if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (text[i] == ';' && !isQuoted)
                Take(i);
        }
        Take(text.Length);
        return isQuoted ? null : parts;

        void Take(int end)
        {
            parts.Add(text.Substring(start, end - start));
            start = end + 1;
        }
    }

    private static string Unquote(string text)
    {
        if (text.Length < 2 || text[0] != '"' || text[text.Length - 1] != '"')
            return text;
        var plain = new StringBuilder(text.Length);
        for (int i = 1; i < text.Length - 1; i++)
        {
            if (text[i] == '\\' && i + 1 < text.Length - 1)
                i++;
            plain.Append(text[i]);
        }
        return plain.ToString();
    }
}
