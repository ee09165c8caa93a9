using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>Names a certificate by who issued it and its number.</summary>
/// <param name="Issuer">The issuer, a directoryName as a rule.</param>
/// <param name="SerialNumber">The content octets of the INTEGER.</param>
/// <remarks>RFC 4211 6.5: <code>CertId ::= SEQUENCE { issuer GeneralName, serialNumber INTEGER }</code></remarks>
public sealed record CertId(GeneralName Issuer, ReadOnlyMemory<byte> SerialNumber) : Asn1Structure
{
    /// <summary>The name of a certificate.</summary>
    /// <param name="certificate">Which one.</param>
    /// <returns>Its issuer and serial number.</returns>
    public static CertId Of(Certificate certificate) => new(GeneralName.FromName(certificate.Issuer), certificate.SerialNumber);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static CertId Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        GeneralName issuer = GeneralName.Read(ref inner);
        ReadOnlyMemory<byte> serial = inner.ReadIntegerContent();
        inner.ThrowIfNotEmpty();
        return new CertId(issuer, serial) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            Issuer.Write(writer);
            writer.WriteContent(0x02, SerialNumber.Span);
        }
    }
}
