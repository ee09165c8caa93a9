using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Pkix;

/// <summary>A certificate extension, its value raw.</summary>
/// <param name="Oid">Which one, dotted decimal.</param>
/// <param name="Critical">Whether who does not know it must refuse the certificate.</param>
/// <param name="Value">The DER within the OCTET STRING.</param>
/// <remarks>
/// RFC 5280 4.1.2.9:
/// <code>
/// Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension
/// Extension ::= SEQUENCE { extnID OBJECT IDENTIFIER, critical BOOLEAN DEFAULT FALSE, extnValue OCTET STRING }
/// </code>
/// </remarks>
public sealed record Extension(string Oid, bool Critical, ReadOnlyMemory<byte> Value) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The extension.</returns>
    public static Extension Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string oid = inner.ReadOid();
        bool critical = inner.IsNext(Asn1Tag.Boolean) && inner.ReadBoolean();
        ReadOnlyMemory<byte> value = inner.ReadOctetString();
        inner.ThrowIfNotEmpty();
        return new Extension(oid, critical, value) { Encoded = encoded };
    }

    /// <summary>Reads Extensions.</summary>
    /// <param name="octets">The SEQUENCE OF Extension.</param>
    /// <param name="options">Limits and findings.</param>
    /// <returns>The extensions.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static IReadOnlyList<Extension> DecodeList(ReadOnlyMemory<byte> octets, DecodeOptions? options = null) =>
        Asn1Reader.Decode(octets, options, (ref Asn1Reader reader) => reader.ReadList(Read));

    /// <inheritdoc/>
    protected override string? Describe() => Oids.NameOf(Oid);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            if (Critical)
                writer.WriteBoolean(true);
            writer.WriteOctetString(Value.Span);
        }
    }
}
