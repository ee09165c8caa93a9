using System;
using System.Globalization;
using System.Text;

namespace Cmp;

/// <summary>Makes text of a peer fit to be shown: in an error, a log, a table, a progress bar (rule 70).</summary>
public static class PeerText
{
    /// <summary>Replaces control, format and surrogate-broken characters by <c>\u{XXXX}</c> and cuts what is too long.</summary>
    /// <param name="text">Text that came from outside.</param>
    /// <param name="maxLength">Characters that are shown, give or take one escape.</param>
    /// <returns>Text without control characters, escapes or bidirectional overrides.</returns>
    public static string Escape(string? text, int maxLength = 2048)
    {
        if (string.IsNullOrEmpty(text))
            return string.Empty;
        StringBuilder? shown = null;
        int i = 0;
        for (; i < text!.Length && (shown?.Length ?? i) < maxLength; i++)
        {
            char c = text[i];
            bool pair = char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]);
            if (pair ? IsPlainPair(text, i) : IsPlain(c))
            {
                shown?.Append(text, i, pair ? 2 : 1);
            }
            else
            {
                shown ??= new StringBuilder(text, 0, i, i + 16);
                int codePoint = pair ? char.ConvertToUtf32(c, text[i + 1]) : c;
                shown.Append("\\u{").Append(codePoint.ToString("X4", CultureInfo.InvariantCulture)).Append('}');
            }
            if (pair)
                i++;
        }
        string result = shown?.ToString() ?? text.Substring(0, i);
        return i < text.Length ? result + "…" : result;
    }

    private static bool IsPlainPair(string text, int index) => CharUnicodeInfo.GetUnicodeCategory(text, index) is not
        (UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' || (c > '\u009F' && CharUnicodeInfo.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned));
}
