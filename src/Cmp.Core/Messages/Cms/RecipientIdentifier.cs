using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>Names the certificate of a recipient or of a signer, one way or the other.</summary>
/// <remarks>
/// RFC 5652 6.2.1 and, as SignerIdentifier, 5.3; IMPLICIT TAGS:
/// <code>RecipientIdentifier ::= CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, subjectKeyIdentifier [0] OCTET STRING }</code>
/// </remarks>
public sealed record RecipientIdentifier : Asn1Structure
{
    /// <summary>Names it by issuer and serial number.</summary>
    /// <param name="issuerAndSerialNumber">They.</param>
    public RecipientIdentifier(IssuerAndSerialNumber issuerAndSerialNumber) => IssuerAndSerialNumber = issuerAndSerialNumber;

    /// <summary>Names it by the identifier of its key.</summary>
    /// <param name="subjectKeyIdentifier">The identifier.</param>
    public RecipientIdentifier(ReadOnlyMemory<byte> subjectKeyIdentifier) => SubjectKeyIdentifier = subjectKeyIdentifier;

    /// <summary>Issuer and serial number; <see langword="null"/> where it is the other way.</summary>
    public IssuerAndSerialNumber? IssuerAndSerialNumber { get; }

    /// <summary>The subject key identifier; <see langword="null"/> where it is the other way.</summary>
    public ReadOnlyMemory<byte>? SubjectKeyIdentifier { get; }

    /// <summary>The name of a certificate: its subject key identifier, or issuer and serial number where it has none.</summary>
    /// <param name="certificate">Which one.</param>
    /// <returns>The name.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate cannot be read.</exception>
    public static RecipientIdentifier Of(Certificate certificate) =>
        certificate.SubjectKeyIdentifier is { } identifier ? new RecipientIdentifier(identifier) : new RecipientIdentifier(Cms.IssuerAndSerialNumber.Of(certificate));

    /// <summary>Whether it names this certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>True where it does.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate or the name cannot be read.</exception>
    public bool Names(Certificate certificate) =>
        IssuerAndSerialNumber?.Names(certificate)
        ?? (certificate.SubjectKeyIdentifier is { } identifier && identifier.Span.SequenceEqual(SubjectKeyIdentifier!.Value.Span));

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static RecipientIdentifier Read(ref Asn1Reader reader)
    {
        if (reader.IsNext(Asn1Tag.Sequence))
        {
            var issuerAndSerial = Cms.IssuerAndSerialNumber.Read(ref reader);
            return new RecipientIdentifier(issuerAndSerial) { Encoded = issuerAndSerial.Encoded };
        }
        ReadOnlyMemory<byte> tagged = reader.PeekEncoded();
        return new RecipientIdentifier(reader.ReadOctetString(Tags.Primitive(0))) { Encoded = tagged };
    }

    /// <inheritdoc/>
    protected override string? Describe() => IssuerAndSerialNumber?.ToString() ?? $"subject key identifier {Hex.Of(SubjectKeyIdentifier!.Value.Span)}";

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        IssuerAndSerialNumber?.Write(writer);
        if (SubjectKeyIdentifier is { } identifier)
            writer.WriteOctetString(identifier.Span, Tags.Primitive(0));
    }
}
