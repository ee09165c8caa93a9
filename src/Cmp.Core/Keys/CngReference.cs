using System;
using Cmp.Cryptography.Cng;

namespace Cmp.Keys;

/// <summary>A key of CNG as a <see cref="KeyReference"/>, and back: <c>cng:&lt;provider&gt;/&lt;name&gt;</c>, percent-encoded, with <c>?machine</c> where it is the computer's.</summary>
internal static class CngReference
{
    internal const string Scheme = "cng";

    private const string Machine = "machine";

    internal static KeyReference Of(CngName name) =>
        KeyReference.Parse($"{Scheme}:{Uri.EscapeDataString(name.Provider)}/{Uri.EscapeDataString(name.Name)}{(name.IsMachine ? "?" + Machine : string.Empty)}");

    /// <exception cref="CmpException"><c>CmpKey.Reference</c>.</exception>
    internal static CngName Read(KeyReference reference)
    {
        string text = reference.Text.Substring(reference.Text.IndexOf(':') + 1);
        int query = text.IndexOf('?');
        string[] parts = (query < 0 ? text : text.Substring(0, query)).Split('/');
        bool isMachine = query >= 0;
        if (reference.Scheme != Scheme || parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0 || (isMachine && text.Substring(query + 1) != Machine))
            throw KeyReference.Malformed(reference.Text);
        return new CngName(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts[1]), isMachine);
    }
}
