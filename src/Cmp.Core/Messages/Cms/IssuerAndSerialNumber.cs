using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>Names a certificate by who issued it and its number.</summary>
/// <param name="Issuer">The issuer.</param>
/// <param name="SerialNumber">The content octets of the INTEGER.</param>
/// <remarks>RFC 5652 10.2.4: <code>IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER }</code></remarks>
public sealed record IssuerAndSerialNumber(Name Issuer, ReadOnlyMemory<byte> SerialNumber) : Asn1Structure
{
    /// <summary>The name of a certificate.</summary>
    /// <param name="certificate">Which one.</param>
    /// <returns>Its issuer and serial number.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate cannot be read.</exception>
    public static IssuerAndSerialNumber Of(Certificate certificate) => new(certificate.Issuer, certificate.SerialNumber);

    /// <summary>Whether it names this certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>True where it does.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate or the issuer cannot be read.</exception>
    public bool Names(Certificate certificate) =>
        SerialNumber.Span.SequenceEqual(certificate.SerialNumber.Span) && Issuer.IsSameAs(certificate.Issuer);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static IssuerAndSerialNumber Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        var issuer = Name.Read(ref inner);
        ReadOnlyMemory<byte> serial = inner.ReadIntegerContent();
        inner.ThrowIfNotEmpty();
        return new IssuerAndSerialNumber(issuer, serial) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override string? Describe() => $"{Issuer}, serial number {Hex.Of(SerialNumber.Span)}";

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
