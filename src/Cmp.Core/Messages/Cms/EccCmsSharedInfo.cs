using System;
using System.Buffers.Binary;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>What the key that two agree on is bound to: the context of its derivation. It is not sent; both sides make it.</summary>
/// <param name="KeyInfo">The key wrap, with the octets received: NULL and absent parameters make different keys.</param>
/// <param name="EntityUInfo">The ukm; <see langword="null"/> where there is none.</param>
/// <param name="KeyBits">Bits of the derived key.</param>
/// <remarks>
/// RFC 5753 7.2, and RFC 8418 2 for X25519 and X448:
/// <code>
/// ECC-CMS-SharedInfo ::= SEQUENCE { keyInfo AlgorithmIdentifier, entityUInfo [0] EXPLICIT OCTET STRING OPTIONAL,
///   suppPubInfo [2] EXPLICIT OCTET STRING -- the bits of the derived key, 32 bits big-endian -- }
/// </code>
/// </remarks>
public sealed record EccCmsSharedInfo(AlgorithmIdentifier KeyInfo, ReadOnlyMemory<byte>? EntityUInfo, int KeyBits) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The context.</returns>
    public static EccCmsSharedInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        var keyInfo = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte>? entity = inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        if (!inner.TryReadExplicit(2, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> bits) || bits.Length != 4)
            throw inner.Malformed("an ECC-CMS-SharedInfo without the 32 bits of suppPubInfo");
        inner.ThrowIfNotEmpty();
        return new EccCmsSharedInfo(keyInfo, entity, BinaryPrimitives.ReadInt32BigEndian(bits.Span)) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        var bits = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bits, KeyBits);
        using (writer.PushSequence())
        {
            KeyInfo.Write(writer);
            writer.WriteExplicitOctets(0, EntityUInfo);
            writer.WriteExplicitOctets(2, bits);
        }
    }
}
