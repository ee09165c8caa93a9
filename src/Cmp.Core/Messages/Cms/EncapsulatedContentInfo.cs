using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>A content that is signed: what it is, and its octets.</summary>
/// <param name="ContentType">What it is, dotted decimal.</param>
/// <param name="Content">The octets in the OCTET STRING, over which the digest goes; <see langword="null"/> where they are elsewhere.</param>
/// <remarks>
/// RFC 5652 5.2:
/// <code>EncapsulatedContentInfo ::= SEQUENCE { eContentType OBJECT IDENTIFIER, eContent [0] EXPLICIT OCTET STRING OPTIONAL }</code>
/// </remarks>
public sealed record EncapsulatedContentInfo(string ContentType, ReadOnlyMemory<byte>? Content) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static EncapsulatedContentInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string type = inner.ReadOid();
        ReadOnlyMemory<byte>? content = inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new EncapsulatedContentInfo(type, content) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Oids.NameOf(ContentType);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ContentType);
            writer.WriteExplicitOctets(0, Content);
        }
    }
}
