using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages;

/// <summary>What the key of KemBasedMac is bound to: the context of its derivation. It is not sent; both sides make it.</summary>
/// <param name="TransactionId">That of the message which carried the ciphertext.</param>
/// <param name="KemContext">The kemContext of <see cref="KemBMParameter"/>; <see langword="null"/> where there is none.</param>
/// <remarks>
/// RFC 9810 5.1.3.4, EXPLICIT TAGS:
/// <code>
/// KemOtherInfo ::= SEQUENCE { staticString PKIFreeText -- MUST be "CMP-KEM" --, transactionID OCTET STRING, kemContext [0] OCTET STRING OPTIONAL }
/// </code>
/// </remarks>
public sealed record KemOtherInfo(ReadOnlyMemory<byte> TransactionId, ReadOnlyMemory<byte>? KemContext = null) : Asn1Structure
{
    private static readonly PkiFreeText StaticString = new(["CMP-KEM"]);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The context.</returns>
    public static KemOtherInfo Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        PkiFreeText text = PkiFreeText.Read(ref inner);
        if (text.Texts.Count != 1 || text.Texts[0] != StaticString.Texts[0])
            throw inner.Malformed("a KemOtherInfo that does not say CMP-KEM");
        ReadOnlyMemory<byte> transactionId = inner.ReadOctetString();
        ReadOnlyMemory<byte>? context = inner.TryReadExplicit(0, (ref Asn1Reader r) => r.ReadOctetString(), out ReadOnlyMemory<byte> octets) ? octets : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new KemOtherInfo(transactionId, context) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            StaticString.Write(writer);
            writer.WriteOctetString(TransactionId.Span);
            writer.WriteExplicitOctets(0, KemContext);
        }
    }
}
