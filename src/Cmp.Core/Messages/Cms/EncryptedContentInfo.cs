using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>An encrypted content: what it is, how it is encrypted, and its octets.</summary>
/// <param name="ContentType">What is in it, dotted decimal.</param>
/// <param name="ContentEncryptionAlgorithm">The cipher, with its parameters.</param>
/// <param name="EncryptedContent">The octets; <see langword="null"/> where they are elsewhere.</param>
/// <remarks>
/// RFC 5652 6.1, IMPLICIT TAGS:
/// <code>EncryptedContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, contentEncryptionAlgorithm AlgorithmIdentifier, encryptedContent [0] OCTET STRING OPTIONAL }</code>
/// </remarks>
public sealed record EncryptedContentInfo(string ContentType, AlgorithmIdentifier ContentEncryptionAlgorithm, ReadOnlyMemory<byte>? EncryptedContent) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static EncryptedContentInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string type = inner.ReadOid();
        var algorithm = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte>? content = inner.IsNext(Tags.Primitive(0)) ? inner.ReadOctetString(Tags.Primitive(0)) : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new EncryptedContentInfo(type, algorithm, content) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(ContentType);
            ContentEncryptionAlgorithm.Write(writer);
            if (EncryptedContent is { } content)
                writer.WriteOctetString(content.Span, Tags.Primitive(0));
        }
    }
}
