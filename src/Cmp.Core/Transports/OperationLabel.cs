using System;

namespace Cmp.Transports;

/// <summary>The path segments that name an operation (IANA "CMP Well-Known URI Path Segments"): over HTTP those of RFC 9483 table 1, over CoAP those of table 2 and of RFC 9482 2.6.</summary>
internal static class OperationLabel
{
    /// <summary>The operations, in the order of their numbers.</summary>
    private static readonly string?[] Labels =
    [
        "initialization", "certification", "keyupdate", "pkcs10", "revocation", null, null,
        "getcacerts", "getrootupdate", "getcertreqtemplate", "getcrls", null, "nested", null,
    ];

    private static readonly string?[] CoapLabels =
    [
        "ir", "cr", "kur", "p10", "rr", null, null,
        "crts", "rcu", "att", "crls", null, "nest", "ann",
    ];

    /// <summary>The number of operations.</summary>
    public static int Count => Labels.Length;

    /// <summary>The label of an operation over HTTP.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>The path segment, or <see langword="null"/> where none is registered.</returns>
    public static string? Of(CmpOperation operation) => Labels[(int)operation];

    /// <summary>The label of an operation over CoAP.</summary>
    /// <param name="operation">The operation.</param>
    /// <returns>The path segment, or <see langword="null"/> where none is registered.</returns>
    public static string? OfCoap(CmpOperation operation) => CoapLabels[(int)operation];

    /// <summary>The operation that a path of HTTP names by its last segment; a slash at the end does not matter (RFC 6712 3.6).</summary>
    /// <param name="target">A path, perhaps with a query.</param>
    /// <returns>The operation, <see cref="CmpOperation.General"/> where the path names none.</returns>
    public static CmpOperation In(string target) => In(target, Labels);

    /// <summary>The operation that a path of CoAP names by its last segment.</summary>
    /// <param name="target">A path, perhaps with a query.</param>
    /// <returns>The operation, <see cref="CmpOperation.General"/> where the path names none.</returns>
    public static CmpOperation InCoap(string target) => In(target, CoapLabels);

    private static CmpOperation In(string target, string?[] labels)
    {
        ReadOnlySpan<char> path = target.AsSpan();
        int query = path.IndexOf('?');
        path = (query < 0 ? path : path.Slice(0, query)).TrimEnd('/');
        path = path.Slice(path.LastIndexOf('/') + 1);
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] is string label && path.Equals(label.AsSpan(), StringComparison.Ordinal))
                return (CmpOperation)i;
        }
        return CmpOperation.General;
    }
}
