using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Cmp.Stores;

/// <summary>Thumbprints as people paste them.</summary>
internal static class Thumbprints
{
    private const int Digits = 40;

    /// <summary>Reads 40 hexadecimal digits. Blanks, colons and invisible characters do not count: Windows' own dialog puts one before them.</summary>
    /// <param name="text">The text.</param>
    /// <param name="thumbprint">The digits in upper case.</param>
    /// <returns>Whether it is a thumbprint.</returns>
    internal static bool TryParse(string text, [NotNullWhen(true)] out string? thumbprint)
    {
        thumbprint = null;
        var digits = new StringBuilder(Digits);
        foreach (char c in text)
        {
            if (c is >= '0' and <= '9' or >= 'a' and <= 'f' or >= 'A' and <= 'F')
                digits.Append(char.ToUpperInvariant(c));
            else if (c != ':' && !char.IsWhiteSpace(c) && CharUnicodeInfo.GetUnicodeCategory(c) != UnicodeCategory.Format)
                return false;
        }
        if (digits.Length != Digits)
            return false;
        thumbprint = digits.ToString();
        return true;
    }
}
