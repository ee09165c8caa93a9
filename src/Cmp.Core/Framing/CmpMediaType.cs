using System;

namespace Cmp.Framing;

/// <summary>The media types that say "a CMP message".</summary>
public static class CmpMediaType
{
    /// <summary>The media type of a PKIMessage (RFC 9811 3.2).</summary>
    public const string Pkixcmp = "application/pkixcmp";

    /// <summary>Whether a Content-Type names CMP as RFC 9811 does; case and parameters do not matter (rule 54).</summary>
    /// <param name="contentType">The value of the header field, or <see langword="null"/>.</param>
    /// <returns>Whether it is <c>application/pkixcmp</c>.</returns>
    public static bool IsPkixcmp(string? contentType) => Bare(contentType).Equals(Pkixcmp.AsSpan(), StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a Content-Type names CMP as drafts before RFC 6712 did: <c>application/x-pkixcmp</c>, <c>application/pkixcmp-poll</c>, <c>application/x-pkixcmp-poll</c>.</summary>
    /// <param name="contentType">The value of the header field, or <see langword="null"/>.</param>
    /// <returns>Whether it is one of the legacy types.</returns>
    public static bool IsLegacy(string? contentType)
    {
        ReadOnlySpan<char> bare = Bare(contentType);
        return bare.Equals("application/x-pkixcmp".AsSpan(), StringComparison.OrdinalIgnoreCase)
            || bare.Equals("application/pkixcmp-poll".AsSpan(), StringComparison.OrdinalIgnoreCase)
            || bare.Equals("application/x-pkixcmp-poll".AsSpan(), StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<char> Bare(string? contentType)
    {
        ReadOnlySpan<char> value = contentType.AsSpan();
        int parameters = value.IndexOf(';');
        return (parameters < 0 ? value : value.Slice(0, parameters)).Trim();
    }
}
