using System;
using System.Collections.Generic;
using System.Linq;

namespace Cmp.Binding;

/// <summary>The names of extended key usages, for completion and for translation into OIDs.</summary>
public sealed class EnhancedKeyUsageCompleter : WordCompleter
{
    private static readonly Dictionary<string, string> Names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ServerAuthentication"] = "1.3.6.1.5.5.7.3.1",
        ["ClientAuthentication"] = "1.3.6.1.5.5.7.3.2",
        ["CodeSigning"] = "1.3.6.1.5.5.7.3.3",
        ["EmailProtection"] = "1.3.6.1.5.5.7.3.4",
        ["TimeStamping"] = "1.3.6.1.5.5.7.3.8",
        ["OcspSigning"] = "1.3.6.1.5.5.7.3.9",
        ["IpsecIke"] = "1.3.6.1.5.5.7.3.17",
        ["SmartcardLogon"] = "1.3.6.1.4.1.311.20.2.2",
        ["DocumentSigning"] = "1.3.6.1.4.1.311.10.3.12",
        ["CmcCA"] = "1.3.6.1.5.5.7.3.27",
        ["CmcRA"] = "1.3.6.1.5.5.7.3.28",
        ["CmKGA"] = "1.3.6.1.5.5.7.3.32",
        ["EncryptingFileSystem"] = "1.3.6.1.4.1.311.10.3.4",
    };

    /// <summary>The OID of a name; what is no name is taken for an OID.</summary>
    internal static string ToOid(string name) => Names.TryGetValue(name, out string? oid) ? oid : name;

    /// <summary>The name of an OID; its dots where it has none here.</summary>
    internal static string NameOf(string oid) => Names.FirstOrDefault(name => name.Value == oid).Key ?? oid;

    /// <inheritdoc/>
    protected override IEnumerable<(string Word, string Tooltip)> Words() => Names.Select(name => (name.Key, name.Value));
}
