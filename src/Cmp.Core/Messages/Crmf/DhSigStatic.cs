using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;

namespace Cmp.Messages.Crmf;

/// <summary>A MAC by a key that was agreed with a certificate's: the proof of who cannot sign, in the place of a signature.</summary>
/// <param name="IssuerAndSerial">Which certificate; <see langword="null"/> where the other side knows.</param>
/// <param name="HashValue">The MAC.</param>
/// <remarks>
/// RFC 6955 4:
/// <code>DhSigStatic ::= SEQUENCE { issuerAndSerial IssuerAndSerialNumber OPTIONAL, hashValue OCTET STRING }</code>
/// </remarks>
public sealed record DhSigStatic(IssuerAndSerialNumber? IssuerAndSerial, ReadOnlyMemory<byte> HashValue) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static DhSigStatic Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        IssuerAndSerialNumber? certificate = inner.IsNext(Asn1Tag.Sequence) ? IssuerAndSerialNumber.Read(ref inner) : null;
        ReadOnlyMemory<byte> mac = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new DhSigStatic(certificate, mac) { Encoded = encoded };
    }

    /// <summary>Reads one from octets.</summary>
    /// <param name="octets">Exactly one.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The structure.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static DhSigStatic Decode(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) => Asn1Reader.Decode(octets, options, Read);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            IssuerAndSerial?.Write(writer);
            writer.WriteOctetString(HashValue.Span);
        }
    }
}
