using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>A number that only the holder of a private key can read.</summary>
/// <param name="Owf">The digest of the witness; <see langword="null"/> where it is that of the challenge before.</param>
/// <param name="Witness">The digest of the number.</param>
/// <param name="Encrypted">The encrypted <see cref="Rand"/> before pvno 3; empty from then on.</param>
/// <param name="EncryptedRand">The encrypted <see cref="Rand"/> of pvno 3: an EnvelopedData, whole; <see langword="null"/> before.</param>
/// <remarks>
/// RFC 9810 5.2.8.3.3, EXPLICIT TAGS:
/// <code>
/// Challenge ::= SEQUENCE { owf AlgorithmIdentifier OPTIONAL, witness OCTET STRING, challenge OCTET STRING, encryptedRand [0] EnvelopedData OPTIONAL }
/// </code>
/// </remarks>
public sealed record Challenge(AlgorithmIdentifier? Owf, ReadOnlyMemory<byte> Witness, ReadOnlyMemory<byte> Encrypted, ReadOnlyMemory<byte>? EncryptedRand = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The challenge.</returns>
    public static Challenge Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        AlgorithmIdentifier? owf = inner.IsNext(Asn1Tag.Sequence) ? AlgorithmIdentifier.Read(ref inner) : null;
        ReadOnlyMemory<byte> witness = inner.ReadOctetString();
        ReadOnlyMemory<byte> challenge = inner.ReadOctetString();
        ReadOnlyMemory<byte>? rand = inner.TryReadExplicit(0, ReadEnveloped, out ReadOnlyMemory<byte> enveloped) ? enveloped : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new Challenge(owf, witness, challenge, rand) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Owf?.Write(writer);
            writer.WriteOctetString(Witness.Span);
            writer.WriteOctetString(Encrypted.Span);
            if (EncryptedRand is { } rand)
            {
                using (writer.PushSequence(Tags.Constructed(0)))
                    writer.WriteEncodedValue(rand.Span);
            }
        }
    }

    private static ReadOnlyMemory<byte> ReadEnveloped(ref Asn1Reader reader)
    {
        reader.ReadSequence(out ReadOnlyMemory<byte> whole);
        return whole;
    }
}
