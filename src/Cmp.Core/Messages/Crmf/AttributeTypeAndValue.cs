using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>A control or a piece of registration information, its value raw; unknown ones are sent on as they came (rule 63).</summary>
/// <param name="Oid">Which kind, dotted decimal.</param>
/// <param name="Value">The value whole. It may be a secret (regToken, authenticator): it is never shown.</param>
/// <remarks>RFC 4211 3: <code>AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY DEFINED BY type }</code></remarks>
public sealed record AttributeTypeAndValue(string Oid, ReadOnlyMemory<byte> Value) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        string oid = inner.ReadOid();
        ReadOnlyMemory<byte> value = inner.ReadEncoded();
        inner.ThrowIfNotEmpty();
        return new AttributeTypeAndValue(oid, value) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => Oids.NameOf(Oid);

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oid);
            writer.WriteEncodedValue(Value.Span);
        }
    }
}
