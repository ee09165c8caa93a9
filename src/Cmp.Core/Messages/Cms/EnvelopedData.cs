using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>A content that is encrypted with a key of its own, and that key encrypted for each recipient. In CMP there is exactly one (RFC 9810 5.2.2).</summary>
/// <param name="RecipientInfos">The recipients; how many are allowed is for who opens it to say.</param>
/// <param name="EncryptedContentInfo">The encrypted content.</param>
/// <remarks>
/// RFC 5652 6.1, IMPLICIT TAGS:
/// <code>
/// EnvelopedData ::= SEQUENCE { version CMSVersion, originatorInfo [0] OriginatorInfo OPTIONAL, recipientInfos SET SIZE (1..MAX) OF RecipientInfo,
///   encryptedContentInfo EncryptedContentInfo, unprotectedAttrs [1] SET SIZE (1..MAX) OF Attribute OPTIONAL }
/// </code>
/// For a password RFC 5652 wants version 3 and RFC 9483 4.1.6.3 version 0: 3 is written, as others do, and any is read.
/// </remarks>
public sealed record EnvelopedData(IReadOnlyList<RecipientInfo> RecipientInfos, EncryptedContentInfo EncryptedContentInfo) : VersionedStructure
{
    /// <summary>Certificates and CRLs of who made it, with the tag [0], whole; <see langword="null"/> where absent. Nothing in CMP needs them.</summary>
    public ReadOnlyMemory<byte>? OriginatorInfo { get; init; }

    /// <summary>Attributes that nothing protects, with the tag [1], whole; <see langword="null"/> where absent.</summary>
    public ReadOnlyMemory<byte>? UnprotectedAttrs { get; init; }

    internal override int VersionDue
    {
        get
        {
            int originator = OriginatorInfo is { } info ? CertificateSet.VersionOf(info) : 0;
            if (originator == CertificateSet.WithOther)
                return 4;
            bool isZero = OriginatorInfo is null && UnprotectedAttrs is null;
            foreach (RecipientInfo recipient in RecipientInfos)
            {
                if (recipient.NeedsVersion3)
                    return 3;
                isZero &= recipient.Version == 0;
            }
            return originator == CertificateSet.WithAttributes2 ? 3 : isZero ? 0 : 2;
        }
    }

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static EnvelopedData Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int version = inner.ReadInt32();
        ReadOnlyMemory<byte>? originator = ReadRaw(ref inner, 0);
        IReadOnlyList<RecipientInfo> recipients = inner.ReadFilledList(RecipientInfo.Read, Asn1Tag.SetOf);
        var content = EncryptedContentInfo.Read(ref inner);
        ReadOnlyMemory<byte>? attributes = ReadRaw(ref inner, 1);
        inner.ThrowIfNotEmpty();
        return new EnvelopedData(recipients, content) { OriginatorInfo = originator, UnprotectedAttrs = attributes, VersionRead = version, Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one, as a SEQUENCE.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static EnvelopedData Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override string? Describe() => $"EnvelopedData of {Oids.NameOf(EncryptedContentInfo.ContentType)}";

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(VersionDue);
            if (OriginatorInfo is { } originator)
                writer.WriteEncodedValue(originator.Span);
            writer.WriteSet(RecipientInfos);
            EncryptedContentInfo.Write(writer);
            if (UnprotectedAttrs is { } attributes)
                writer.WriteEncodedValue(attributes.Span);
        }
    }

    private static ReadOnlyMemory<byte>? ReadRaw(ref Asn1Reader reader, int tag)
    {
        if (!reader.IsNext(Tags.Constructed(tag)))
            return null;
        reader.ReadConstructed(Tags.Constructed(tag), out ReadOnlyMemory<byte> whole);
        return whole;
    }
}
