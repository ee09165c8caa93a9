using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Framing;

/// <summary>
/// What names one message of ours in the world of mail, <c>cmp.&lt;transaction&gt;-&lt;number&gt;-&lt;message&gt;</c>: it begins the Message-ID, so that In-Reply-To and
/// References bring it back, and stands in the Subject for mailers that drop those. It holds no secret, and nobody is believed for knowing it.
/// </summary>
public static class MailToken
{
    private const string Prefix = "cmp.";
    private const int MaxTransactionDigits = 128;
    private const int MessageDigits = 16;
    private const int MinNumberDigits = 3;
    private const int MaxNumberDigits = 10;

    /// <summary>How many of them one field is searched for.</summary>
    private const int MaxFound = 100;

    /// <summary>The token of a message.</summary>
    /// <param name="name">What the message is called: hexadecimal digits of the transaction, a number, hexadecimal digits of the message, with hyphens between.</param>
    /// <returns>The token.</returns>
    public static string Of(string name) => Prefix + name;

    /// <summary>The names of messages whose tokens stand in a text.</summary>
    /// <param name="text">The text; it may be a peer's.</param>
    /// <returns>The names, in capitals; of very many the first.</returns>
    public static IReadOnlyList<string> In(string? text)
    {
        var names = new List<string>();
        for (int at = 0; text is not null && names.Count < MaxFound && (at = text.IndexOf(Prefix, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += Prefix.Length)
        {
            int start = at + Prefix.Length;
            int number = AfterDigits(text, start, 2, MaxTransactionDigits, isHex: true);
            int message = AfterDigits(text, number, MinNumberDigits, MaxNumberDigits, isHex: false);
            if (message >= 0 && (number - start) % 2 == 1 && Digits(text, message, isHex: true) == MessageDigits)
                names.Add(text.Substring(start, message + MessageDigits - start).ToUpperInvariant());
        }
        return names;
    }

    /// <summary>Which messages of ours a mail answers: In-Reply-To says it, else References, else the Subject. Not the message itself, where it comes back to us.</summary>
    /// <param name="head">The mail's header.</param>
    /// <returns>Names as <see cref="In"/>; none where it answers nothing of ours.</returns>
    public static IReadOnlyList<string> AnsweredBy(MailHead head)
    {
        IReadOnlyList<string> own = In(head.MessageId);
        foreach (string field in new[] { "In-Reply-To", "References" })
        {
            string[] named = [.. head.All(field).SelectMany(In).Except(own)];
            if (named.Length > 0)
                return named;
        }
        return [.. In(head.Subject).Except(own)];
    }

    /// <summary>Where it goes on behind so many digits and a hyphen; -1 where there are none.</summary>
    private static int AfterDigits(string text, int start, int least, int most, bool isHex)
    {
        int digits = start < 0 ? -1 : Digits(text, start, isHex);
        return digits >= least && digits <= most && start + digits < text.Length && text[start + digits] == '-' ? start + digits + 1 : -1;
    }

    private static int Digits(string text, int start, bool isHex)
    {
        int end = start;
        while (end < text.Length && (text[end] is >= '0' and <= '9' || (isHex && text[end] is (>= 'a' and <= 'f') or (>= 'A' and <= 'F'))))
            end++;
        return end - start;
    }
}
