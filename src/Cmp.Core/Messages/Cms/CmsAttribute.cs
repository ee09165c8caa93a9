using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>An attribute of a signature, its values raw.</summary>
/// <param name="Oid">Which kind, dotted decimal.</param>
/// <param name="Values">The values, each whole.</param>
/// <remarks>RFC 5652 5.3: <code>Attribute ::= SEQUENCE { attrType OBJECT IDENTIFIER, attrValues SET OF ANY }</code></remarks>
public sealed record CmsAttribute(string Oid, IReadOnlyList<ReadOnlyMemory<byte>> Values) : Asn1Structure
{
    /// <summary>The one value; <see langword="null"/> where there are none or more, which RFC 5652 11 forbids for the attributes it defines.</summary>
    public ReadOnlyMemory<byte>? Value => Values.Count == 1 ? Values[0] : (ReadOnlyMemory<byte>?)null;

    /// <summary>What is signed (RFC 5652 11.1).</summary>
    /// <param name="contentType">The eContentType.</param>
    /// <returns>The attribute.</returns>
    public static CmsAttribute ContentType(string contentType) => Of(Oids.ContentType, writer => writer.WriteObjectIdentifier(contentType));

    /// <summary>The digest of what is signed (RFC 5652 11.2).</summary>
    /// <param name="digest">The digest.</param>
    /// <returns>The attribute.</returns>
    public static CmsAttribute MessageDigest(ReadOnlyMemory<byte> digest) => Of(Oids.MessageDigest, writer => writer.WriteOctetString(digest.Span));

    /// <summary>When it was signed (RFC 5652 11.3).</summary>
    /// <param name="time">The time.</param>
    /// <returns>The attribute.</returns>
    public static CmsAttribute SigningTime(DateTimeOffset time) => Of(Oids.SigningTime, writer => writer.WriteTime(time));

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The attribute.</returns>
    public static CmsAttribute Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string oid = inner.ReadOid();
        IReadOnlyList<ReadOnlyMemory<byte>> values = inner.ReadList(CertificateSet.ReadWhole, Asn1Tag.SetOf);
        inner.ThrowIfNotEmpty();
        return new CmsAttribute(oid, values) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Oids.NameOf(Oid);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        var sorted = new AsnWriter(AsnEncodingRules.DER);
        using (sorted.PushSequence())
        {
            sorted.WriteObjectIdentifier(Oid);
            using (sorted.PushSetOf())
            {
                foreach (ReadOnlyMemory<byte> value in Values)
                    sorted.WriteEncodedValue(value.Span);
            }
        }
        writer.WriteEncodedValue(sorted.Encode());
    }

    private static CmsAttribute Of(string oid, Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return new CmsAttribute(oid, [writer.Encode()]);
    }
}
