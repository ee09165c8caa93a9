using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>A body of a kind that no RFC knows, carried as it came (rule 63).</summary>
public sealed record RawBody : PkiBody
{
    private RawBody(PkiBodyType type, ReadOnlyMemory<byte> content)
    {
        Type = type;
        Content = content;
    }

    /// <inheritdoc/>
    public override PkiBodyType Type { get; }

    /// <summary>The value within the tag, whole.</summary>
    public ReadOnlyMemory<byte> Content { get; }

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer) => writer.WriteEncodedValue(Content.Span);

    internal static RawBody Read(ref Asn1Reader reader, PkiBodyType type, ReadOnlyMemory<byte> encoded) =>
        new(type, reader.ReadEncoded()) { Encoded = encoded };
}
