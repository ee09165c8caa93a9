using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages;

/// <summary>The parameters of KemBasedMac.</summary>
/// <param name="Kdf">How the key of the MAC is derived from the shared secret.</param>
/// <param name="KemContext">Further context of the derivation; <see langword="null"/> where there is none.</param>
/// <param name="Len">Octets of the derived key, at least one: bound it before use.</param>
/// <param name="Mac">The MAC that the derived key serves.</param>
/// <remarks>
/// RFC 9810 5.1.3.4, EXPLICIT TAGS:
/// <code>
/// KemBMParameter ::= SEQUENCE { kdf AlgorithmIdentifier, kemContext [0] OCTET STRING OPTIONAL, len INTEGER (1..MAX), mac AlgorithmIdentifier }
/// </code>
/// </remarks>
public sealed record KemBMParameter(AlgorithmIdentifier Kdf, ReadOnlyMemory<byte>? KemContext, int Len, AlgorithmIdentifier Mac) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The parameters.</returns>
    public static KemBMParameter Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        AlgorithmIdentifier kdf = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte>? context = inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        int length = inner.ReadInt32();
        if (length < 1)
            throw inner.Malformed($"a KemBasedMac whose key has {length} octets");
        AlgorithmIdentifier mac = AlgorithmIdentifier.Read(ref inner);
        inner.ThrowIfNotEmpty();
        return new KemBMParameter(kdf, context, length, mac) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The parameters.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static KemBMParameter Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Kdf.Write(writer);
            writer.WriteExplicitOctets(0, KemContext);
            writer.WriteInteger(Len);
            Mac.Write(writer);
        }
    }
}
