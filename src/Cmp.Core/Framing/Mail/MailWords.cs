using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Cmp.Framing;

/// <summary>Text that is not ASCII in header fields: encoded words (RFC 2047), written in UTF-8 and base64, read in UTF-8, ISO 8859-1 or ASCII and both encodings.</summary>
internal static class MailWords
{
    /// <summary>Octets that one word holds: with what stands around them it stays within its 75 characters.</summary>
    private const int WordBytes = 45;

    private const int MaxWordLength = 1000;

    /// <summary>Writes a text.</summary>
    /// <param name="text">Text without control characters.</param>
    /// <returns>It, where it is ASCII and nobody could take it for encoded; else encoded words, each on a line of its own but the first.</returns>
    internal static string Encode(string text)
    {
        if (IsAscii(text) && !text.Contains("=?"))
            return text;
        var words = new List<string>();
        var word = new StringBuilder();
        TextElementEnumerator elements = StringInfo.GetTextElementEnumerator(text);
        while (elements.MoveNext())
        {
            string element = elements.GetTextElement();
            if (word.Length > 0 && Encoding.UTF8.GetByteCount(word.ToString()) + Encoding.UTF8.GetByteCount(element) > WordBytes)
                Take();
            word.Append(element);
        }
        Take();
        return string.Join("\r\n ", words);

        void Take()
        {
            words.Add("=?utf-8?B?" + Convert.ToBase64String(Encoding.UTF8.GetBytes(word.ToString())) + "?=");
            word.Clear();
        }
    }

    /// <summary>Reads a text. What is no encoded word, or of a charset that is not known here, stays as it is.</summary>
    /// <param name="text">The value of a field, unfolded.</param>
    /// <returns>The text; it may hold anything.</returns>
    internal static string Decode(string text)
    {
        if (!text.Contains("=?"))
            return text;
        var plain = new StringBuilder(text.Length);
        int i = 0;
        int afterWord = -1;
        while (i < text.Length)
        {
            if (text[i] == '=' && TryWord(text, i, out string word, out int end))
            {
                // blanks between two encoded words say nothing (RFC 2047 6.2)
                if (afterWord >= 0 && text.Substring(afterWord, i - afterWord).Trim().Length == 0)
                    plain.Length -= i - afterWord;
                plain.Append(word);
                i = afterWord = end;
                continue;
            }
            plain.Append(text[i++]);
        }
        return plain.ToString();
    }

    /// <summary>Octets of quoted-printable (RFC 2045 6.7), of an encoded word also with its underscores; an escape that is none stands for itself.</summary>
    internal static byte[] QuotedPrintable(string text, bool isWord)
    {
        var octets = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '=' && i + 2 < text.Length && byte.TryParse(text.Substring(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else if (text[i] == '=' && !isWord && i + 1 < text.Length && text[i + 1] is '\r' or '\n')
            {
                i += text[i + 1] == '\r' && i + 2 < text.Length && text[i + 2] == '\n' ? 2 : 1;
            }
            else
            {
                octets.Add(text[i] == '_' && isWord ? (byte)' ' : (byte)Math.Min(text[i], '\u00FF'));
            }
        }
        return [.. octets];
    }

    /// <summary>Octets as text, in what of charsets every platform has.</summary>
    internal static string? InCharset(string charset, byte[] octets) => charset.ToLowerInvariant() switch
    {
        "utf-8" or "us-ascii" or "ascii" => Encoding.UTF8.GetString(octets),
        "iso-8859-1" or "iso-8859-15" or "windows-1252" => Encoding.GetEncoding("iso-8859-1").GetString(octets),
        _ => null,
    };

    private static bool TryWord(string text, int start, out string word, out int end)
    {
        word = string.Empty;
        end = 0;
        // =?charset?B?text?=
        if (start + 1 >= text.Length || text[start + 1] != '?')
            return false;
        // no further than a word may go: a text of nothing but beginnings would be searched from each of them to its end
        int charset = text.IndexOf('?', start + 2, Math.Min(MaxWordLength, text.Length - start - 2));
        if (charset < 0 || charset + 2 >= text.Length || text[charset + 2] != '?')
            return false;
        int close = text.IndexOf("?=", charset + 3, Math.Min(MaxWordLength, text.Length - charset - 3), StringComparison.Ordinal);
        if (close < 0)
            return false;
        string content = text.Substring(charset + 3, close - charset - 3);
        byte[]? octets = text[charset + 1] switch
        {
            'B' or 'b' => FromBase64(content),
            'Q' or 'q' => QuotedPrintable(content, isWord: true),
            _ => null,
        };
        // a language may follow the charset behind an asterisk (RFC 2231 5)
        string name = text.Substring(start + 2, charset - start - 2).Split('*')[0];
        if (octets is null || InCharset(name, octets) is not { } decoded)
            return false;
        word = decoded;
        end = close + 2;
        return true;
    }

    private static byte[]? FromBase64(string text)
    {
        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsAscii(string text)
    {
        foreach (char c in text)
        {
            if (c > '~')
                return false;
        }
        return true;
    }
}
