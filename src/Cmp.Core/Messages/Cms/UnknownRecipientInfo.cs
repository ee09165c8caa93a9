using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Cms;

/// <summary>A recipient of a kind that CMP does not use: a key that both have (kekri), or an OtherRecipientInfo that is no KEM's.</summary>
/// <param name="Tag">The number of its tag: 2 or 4.</param>
/// <param name="Whole">Its octets with the tag.</param>
/// <remarks>RFC 5652 6.2.3 and 6.2.5. It is carried as it came; who opens the envelope passes it over.</remarks>
public sealed record UnknownRecipientInfo(int Tag, ReadOnlyMemory<byte> Whole) : RecipientInfo
{
    /// <summary>The oriType, dotted decimal; <see langword="null"/> where it is no OtherRecipientInfo.</summary>
    public string? OriType { get; private init; }

    // a KEKRecipientInfo is of version 4; an OtherRecipientInfo has none
    internal override int VersionDue => Tag == 2 ? 4 : 0;

    internal override bool NeedsVersion3 => Tag == 4;

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The recipient.</returns>
    public static new UnknownRecipientInfo Read(ref Asn1Reader reader)
    {
        Asn1Tag tag = reader.PeekTag();
        Asn1Reader inner = reader.ReadConstructed(tag, out ReadOnlyMemory<byte> encoded);
        return tag.TagValue == 2
            ? new UnknownRecipientInfo(2, encoded) { VersionRead = inner.ReadInt32(), Encoded = encoded }
            : new UnknownRecipientInfo(tag.TagValue, encoded) { OriType = inner.ReadOid(), Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => OriType is null ? "kekri" : Oids.NameOf(OriType);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer) => writer.WriteEncodedValue(Whole.Span);
}
