using System;

namespace Cmp.Transports;

/// <summary>The path segments that name an operation over HTTP (IANA "CMP Well-Known URI Path Segments"; RFC 9483 table 1).</summary>
internal static class OperationLabel
{
    /// <summary>The operations, in the order of their numbers.</summary>
    private static readonly string?[] Labels =
    [
        "initialization", "certification", "keyupdate", "pkcs10", "revocation", null, null,
        "getcacerts", "getrootupdate", "getcertreqtemplate", "getcrls", null, "nested", null,
    ];

    /// <summary>The number of operations.</summary>
    public static int Count => Labels.Length;

    /// <summary>The label of an operation.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>The path segment, or <see langword="null"/> where none is registered.</returns>
    public static string? Of(CmpOperation operation) => Labels[(int)operation];

    /// <summary>The operation that a path names by its last segment; a slash at the end does not matter (RFC 6712 3.6).</summary>
    /// <param name="target">A path, perhaps with a query.</param>
    /// <returns>The operation, <see cref="CmpOperation.General"/> where the path names none.</returns>
    public static CmpOperation In(string target)
    {
        ReadOnlySpan<char> path = target.AsSpan();
        int query = path.IndexOf('?');
        path = (query < 0 ? path : path.Slice(0, query)).TrimEnd('/');
        path = path.Slice(path.LastIndexOf('/') + 1);
        for (int i = 0; i < Labels.Length; i++)
        {
            if (Labels[i] is string label && path.Equals(label.AsSpan(), StringComparison.Ordinal))
                return (CmpOperation)i;
        }
        return CmpOperation.General;
    }
}
