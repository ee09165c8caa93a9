using System;
using System.Diagnostics.CodeAnalysis;

namespace Cmp.Framing;

/// <summary>
/// A mail address as it goes into a header field: <c>local@domain</c> in ASCII, both of dot-separated atoms (addr-spec of RFC 5322 3.4.1), or the domain an
/// address literal. Quoted local parts, and with them whatever could end a field or begin another one, are refused; an international domain is written in
/// its <c>xn--</c> form.
/// </summary>
public sealed record MailAddress
{
    private const int MaxLocal = 64;
    private const int MaxDomain = 255;

    private MailAddress(string local, string domain)
    {
        Local = local;
        Domain = domain;
    }

    /// <summary>What stands before the @.</summary>
    public string Local { get; }

    /// <summary>What stands behind it.</summary>
    public string Domain { get; }

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address, without a name and without angle brackets.</param>
    /// <param name="address">It; <see langword="null"/> where it is none.</param>
    /// <returns>Whether it is one.</returns>
    public static bool TryParse(string? text, [NotNullWhen(true)] out MailAddress? address)
    {
        address = null;
        int at = text?.LastIndexOf('@') ?? -1;
        if (at < 1)
            return false;
        string local = text!.Substring(0, at), domain = text.Substring(at + 1);
        bool isDomain = domain is ['[', _, .., ']'] ? IsLiteral(domain) : IsDotAtom(domain);
        if (local.Length > MaxLocal || domain.Length > MaxDomain || !IsDotAtom(local) || !isDomain)
            return false;
        address = new MailAddress(local, domain);
        return true;
    }

    /// <summary>Looks for the one address in a field such as From: <c>a@b</c>, <c>Name &lt;a@b&gt;</c>.</summary>
    /// <param name="field">The value of the field; it may be a peer's.</param>
    /// <returns>The address; <see langword="null"/> where there is none that we could write to.</returns>
    public static MailAddress? Find(string? field)
    {
        string text = field?.Trim() ?? string.Empty;
        if (text.EndsWith(">", StringComparison.Ordinal))
            text = text.Substring(text.LastIndexOf('<') + 1).TrimEnd('>');
        return TryParse(text.Trim(), out MailAddress? address) ? address : null;
    }

    /// <summary>The address.</summary>
    /// <returns>As it goes into a header field.</returns>
    public override string ToString() => $"{Local}@{Domain}";

    private static bool IsDotAtom(string text)
    {
        bool wasDot = true;
        foreach (char c in text)
        {
            bool isDot = c == '.';
            if (isDot ? wasDot : !IsAtomText(c))
                return false;
            wasDot = isDot;
        }
        return !wasDot;
    }

    /// <summary>atext of RFC 5322 3.2.3.</summary>
    private static bool IsAtomText(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') || "!#$%&'*+-/=?^_`{|}~".IndexOf(c) >= 0;

    private static bool IsLiteral(string text)
    {
        for (int i = 1; i < text.Length - 1; i++)
        {
            if (text[i] is not ((>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '0' and <= '9') or '.' or ':'))
                return false;
        }
        return true;
    }
}
