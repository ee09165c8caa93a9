using System;
using System.Collections.Generic;

namespace Cmp.Inspection;

/// <summary>utf8Pairs (RFC 4211 7.1), <c>name?value%</c> each: values whose names say that they are secret are not shown.</summary>
internal static class Utf8PairsText
{
    private static readonly string[] SecretWords = ["pass", "pwd", "pin", "secret", "token", "otp", "challenge"];

    /// <summary>The pairs, with dots in place of secrets.</summary>
    /// <param name="pairs">As they came; nothing of it is escaped here.</param>
    internal static string Of(string pairs)
    {
        var shown = new List<string>();
        bool isSecret = false;
        foreach (string part in pairs.Split('%'))
        {
            int mark = part.IndexOf('?');
            if (isSecret && GoesOn(part, mark))
                continue;
            isSecret = mark > 0 && Array.Exists(SecretWords, word => part.IndexOf(word, 0, mark, StringComparison.OrdinalIgnoreCase) >= 0);
            shown.Add(isSecret ? part.Substring(0, mark + 1) + NodeText.Secret : part);
        }
        return string.Join("%", shown);
    }

    /// <summary>Whether what follows a per cent sign is a character of the value before, by its number, and the rest of that value: <c>25</c> and <c>3f</c> by the RFC.</summary>
    private static bool GoesOn(string part, int mark) => part.Length >= 2 && Uri.IsHexDigit(part[0]) && Uri.IsHexDigit(part[1])
        && (mark < 0 || part.StartsWith("25", StringComparison.Ordinal) || part.StartsWith("3f", StringComparison.OrdinalIgnoreCase));
}
