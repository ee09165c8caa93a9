using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Crmf;

/// <summary>What is asked for; the octets over which a proof by signature is made.</summary>
/// <param name="CertReqId">The number of the request within its message; 0 in RFC 9483.</param>
/// <param name="CertTemplate">The certificate wanted.</param>
/// <param name="Controls">What the CA shall do or know besides; empty where there is nothing.</param>
/// <remarks>
/// RFC 4211 5:
/// <code>CertRequest ::= SEQUENCE { certReqId INTEGER, certTemplate CertTemplate, controls Controls OPTIONAL }</code>
/// <code>Controls ::= SEQUENCE SIZE(1..MAX) OF AttributeTypeAndValue</code>
/// </remarks>
public sealed record CertRequest(int CertReqId, CertTemplate CertTemplate, IReadOnlyList<AttributeTypeAndValue> Controls) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The request.</returns>
    public static CertRequest Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int id = inner.ReadInt32();
        CertTemplate template = CertTemplate.Read(ref inner);
        IReadOnlyList<AttributeTypeAndValue> controls = inner.HasData ? inner.ReadFilledList(AttributeTypeAndValue.Read) : [];
        inner.ThrowIfNotEmpty();
        return new CertRequest(id, template, controls) { Encoded = encoded };
    }

    /// <summary>The first control of a kind.</summary>
    /// <param name="oid">Which kind, dotted decimal.</param>
    /// <returns>The control, or <see langword="null"/>.</returns>
    public AttributeTypeAndValue? FindControl(string oid)
    {
        foreach (AttributeTypeAndValue control in Controls)
        {
            if (control.Oid == oid)
                return control;
        }
        return null;
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(CertReqId);
            CertTemplate.Write(writer);
            if (Controls.Count > 0)
                writer.WriteList(Controls);
        }
    }
}
