using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>A content of CMS that says what it is, as files and mails hold it; in CMP contents stand without it.</summary>
/// <param name="ContentType">What it is, dotted decimal.</param>
/// <param name="Content">The content whole.</param>
/// <remarks>
/// RFC 5652 3:
/// <code>ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY DEFINED BY contentType }</code>
/// </remarks>
public sealed record ContentInfo(string ContentType, ReadOnlyMemory<byte> Content) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static ContentInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string type = inner.ReadOid();
        if (!inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadEncoded(), out ReadOnlyMemory<byte> content))
            throw inner.Malformed("a ContentInfo without its content");
        inner.ThrowIfNotEmpty();
        return new ContentInfo(type, content) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static ContentInfo Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override string? Describe() => Oids.NameOf(ContentType);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ContentType);
            using (writer.PushSequence(Tags.Constructed(0)))
                writer.WriteEncodedValue(Content.Span);
        }
    }
}
