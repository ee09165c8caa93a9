using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.InfoTypes;

/// <summary>A shared secret, encapsulated for who receives it.</summary>
/// <param name="Kem">The key encapsulation mechanism.</param>
/// <param name="Ct">The ciphertext.</param>
/// <remarks>RFC 9810 5.3.19.18: <code>KemCiphertextInfo ::= SEQUENCE { kem AlgorithmIdentifier, ct OCTET STRING }</code></remarks>
public sealed record KemCiphertextInfo(AlgorithmIdentifier Kem, ReadOnlyMemory<byte> Ct) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static KemCiphertextInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        AlgorithmIdentifier kem = AlgorithmIdentifier.Read(ref inner);
        ReadOnlyMemory<byte> ciphertext = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new KemCiphertextInfo(kem, ciphertext) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Kem.Write(writer);
            writer.WriteOctetString(Ct.Span);
        }
    }
}
