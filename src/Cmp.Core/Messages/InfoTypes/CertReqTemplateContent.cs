using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.InfoTypes;

/// <summary>What a CA wants requests for certificates to look like.</summary>
/// <param name="CertTemplate">The fields, filled in or to be filled in; without a key.</param>
/// <param name="KeySpec">The keys that it takes, as controls algId and rsaKeyLen; empty where it does not say.</param>
/// <remarks>
/// RFC 9810 5.3.19.16:
/// <code>CertReqTemplateContent ::= SEQUENCE { certTemplate CertTemplate, keySpec Controls OPTIONAL }</code>
/// </remarks>
public sealed record CertReqTemplateContent(CertTemplate CertTemplate, IReadOnlyList<AttributeTypeAndValue> KeySpec) : Asn1Structure
{
    /// <summary>The key algorithms that the CA takes, with their parameters; RSA stands in <see cref="ReadRsaKeyLengths"/>.</summary>
    /// <returns>One entry a control algId, in their order.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public IReadOnlyList<AlgorithmIdentifier> ReadAlgorithms() => [.. KeySpec.Where(control => control.Oid == Oids.AlgId).Select(Controls.ReadAlgId)];

    /// <summary>The lengths of RSA keys that the CA takes.</summary>
    /// <returns>Bits of the modulus, one entry a control rsaKeyLen, in their order.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public IReadOnlyList<int> ReadRsaKeyLengths() => [.. KeySpec.Where(control => control.Oid == Oids.RsaKeyLen).Select(Controls.ReadRsaKeyLen)];

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The structure.</returns>
    public static CertReqTemplateContent Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        CertTemplate template = CertTemplate.Read(ref inner);
        IReadOnlyList<AttributeTypeAndValue> keySpec = inner.HasData ? inner.ReadFilledList(AttributeTypeAndValue.Read) : [];
        inner.ThrowIfNotEmpty();
        return new CertReqTemplateContent(template, keySpec) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            CertTemplate.Write(writer);
            if (KeySpec.Count > 0)
                writer.WriteList(KeySpec);
        }
    }
}
