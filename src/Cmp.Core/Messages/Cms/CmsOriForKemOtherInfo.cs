using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>What the wrapping key of a <see cref="KemRecipientInfo"/> is bound to: the context of its derivation. It is not sent; both sides make it.</summary>
/// <param name="Wrap">The key wrap, with the octets received.</param>
/// <param name="KekLength">Octets of the wrapping key.</param>
/// <param name="Ukm">The ukm; <see langword="null"/> where there is none.</param>
/// <remarks>
/// RFC 9629 5, EXPLICIT TAGS:
/// <code>CMSORIforKEMOtherInfo ::= SEQUENCE { wrap AlgorithmIdentifier, kekLength INTEGER (1..65535), ukm [0] EXPLICIT OCTET STRING OPTIONAL }</code>
/// </remarks>
public sealed record CmsOriForKemOtherInfo(AlgorithmIdentifier Wrap, int KekLength, ReadOnlyMemory<byte>? Ukm = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The context.</returns>
    public static CmsOriForKemOtherInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        var wrap = AlgorithmIdentifier.Read(ref inner);
        int length = inner.ReadInt32();
        if (length is < 1 or > KemRecipientInfo.MaxKekLength)
            throw inner.Malformed($"a kekLength of {length}");
        ReadOnlyMemory<byte>? ukm = inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new CmsOriForKemOtherInfo(wrap, length, ukm) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Wrap.Write(writer);
            writer.WriteInteger(KekLength);
            writer.WriteExplicitOctets(0, Ukm);
        }
    }
}
