using System;

namespace Cmp.Framing;

/// <summary>The media types that say "a CMP message": the one of the RFCs, and those of the drafts before them.</summary>
/// <remarks>Which text has which, and what of it is in a body, says <see cref="HttpDialect"/>; the name alone does not.</remarks>
public static class CmpMediaType
{
    /// <summary>The media type of a PKIMessage (RFC 9811 3.2).</summary>
    public const string Pkixcmp = "application/pkixcmp";

    /// <summary>What the type was called before it was registered.</summary>
    public const string XPkixcmp = "application/x-pkixcmp";

    /// <summary>The media type of a TCP-Message in the drafts (transport-protocols-06 4.5).</summary>
    public const string PkixcmpPoll = "application/pkixcmp-poll";

    /// <summary>What that was called before.</summary>
    public const string XPkixcmpPoll = "application/x-pkixcmp-poll";

    private static readonly string[] All = [Pkixcmp, PkixcmpPoll, XPkixcmp, XPkixcmpPoll];

    /// <summary>Which of the four a Content-Type names; case and parameters do not matter (rule 54).</summary>
    /// <param name="contentType">The value of the header field, or <see langword="null"/>.</param>
    /// <returns>One of the constants of this class; <see langword="null"/> where it is none of them.</returns>
    public static string? Of(string? contentType)
    {
        ReadOnlySpan<char> value = contentType.AsSpan();
        int parameters = value.IndexOf(';');
        ReadOnlySpan<char> bare = (parameters < 0 ? value : value.Slice(0, parameters)).Trim();
        foreach (string type in All)
        {
            if (bare.Equals(type.AsSpan(), StringComparison.OrdinalIgnoreCase))
                return type;
        }
        return null;
    }

    /// <summary>Whether a Content-Type names CMP as RFC 9811 does; case and parameters do not matter (rule 54).</summary>
    /// <param name="contentType">The value of the header field, or <see langword="null"/>.</param>
    /// <returns>Whether it is <c>application/pkixcmp</c>.</returns>
    public static bool IsPkixcmp(string? contentType) => Of(contentType) == Pkixcmp;

    /// <summary>Whether a Content-Type names CMP as drafts before RFC 6712 did: <c>application/x-pkixcmp</c>, <c>application/pkixcmp-poll</c>, <c>application/x-pkixcmp-poll</c>.</summary>
    /// <param name="contentType">The value of the header field, or <see langword="null"/>.</param>
    /// <returns>Whether it is one of the legacy types.</returns>
    public static bool IsLegacy(string? contentType) => Of(contentType) is not (null or Pkixcmp);
}
