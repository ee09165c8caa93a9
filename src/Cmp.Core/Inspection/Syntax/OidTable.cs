using System;
using System.Collections.Generic;
using System.Formats.Asn1;

namespace Cmp.Inspection.Syntax;

/// <summary>Finds by the content octets of an OBJECT IDENTIFIER, without making text of them.</summary>
/// <typeparam name="T">What is found.</typeparam>
internal sealed class OidTable<T>
    where T : class
{
    private readonly (byte[] Octets, T Value)[]?[] _buckets;

    /// <summary>Makes one.</summary>
    /// <param name="rows">Dotted decimal, and what is found under it.</param>
    internal OidTable(IReadOnlyCollection<KeyValuePair<string, T>> rows)
    {
        _buckets = new (byte[], T)[]?[rows.Count * 2 + 1];
        foreach (KeyValuePair<string, T> row in rows)
        {
            byte[] octets = Encode(row.Key);
            ref (byte[], T)[]? bucket = ref _buckets[IndexOf(octets)];
            bucket = [.. bucket ?? [], (octets, row.Value)];
        }
    }

    /// <summary>Looks for one.</summary>
    /// <param name="content">The content octets.</param>
    /// <returns>What is found; <see langword="null"/> where nothing is.</returns>
    internal T? Find(ReadOnlySpan<byte> content)
    {
        foreach ((byte[] octets, T value) in _buckets[IndexOf(content)] ?? [])
        {
            if (content.SequenceEqual(octets))
                return value;
        }
        return null;
    }

    private static byte[] Encode(string oid)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteObjectIdentifier(oid);
        return writer.Encode().AsSpan(2).ToArray();
    }

    /// <summary>The last octets differ most. Who sends identifiers that collide gains nothing: the table is ours, and small.</summary>
    private int IndexOf(ReadOnlySpan<byte> content)
    {
        uint hash = (uint)content.Length;
        for (int i = Math.Max(0, content.Length - 8); i < content.Length; i++)
            hash = hash * 31 + content[i];
        return (int)(hash % (uint)_buckets.Length);
    }
}
