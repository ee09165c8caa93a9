using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Cms;

/// <summary>Names the certificate of a recipient who agrees on a key.</summary>
/// <remarks>
/// RFC 5652 6.2.2, IMPLICIT TAGS; date and other are passed over:
/// <code>
/// KeyAgreeRecipientIdentifier ::= CHOICE { issuerAndSerialNumber IssuerAndSerialNumber, rKeyId [0] RecipientKeyIdentifier }
/// RecipientKeyIdentifier ::= SEQUENCE { subjectKeyIdentifier OCTET STRING, date GeneralizedTime OPTIONAL, other OtherKeyAttribute OPTIONAL }
/// </code>
/// </remarks>
public sealed record KeyAgreeRecipientIdentifier : Asn1Structure
{
    private readonly RecipientIdentifier _rid;

    /// <summary>Names it as recipients of the other kinds are named.</summary>
    /// <param name="rid">The name.</param>
    public KeyAgreeRecipientIdentifier(RecipientIdentifier rid) => _rid = rid;

    /// <summary>Issuer and serial number; <see langword="null"/> where it is the other way.</summary>
    public IssuerAndSerialNumber? IssuerAndSerialNumber => _rid.IssuerAndSerialNumber;

    /// <summary>The subject key identifier; <see langword="null"/> where it is the other way.</summary>
    public ReadOnlyMemory<byte>? SubjectKeyIdentifier => _rid.SubjectKeyIdentifier;

    /// <summary>Whether it names this certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <returns>True where it does.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>: the certificate or the name cannot be read.</exception>
    public bool Names(Certificate certificate) => _rid.Names(certificate);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The name.</returns>
    public static KeyAgreeRecipientIdentifier Read(ref Asn1Reader reader)
    {
        if (reader.IsNext(Asn1Tag.Sequence))
        {
            var issuerAndSerial = Cms.IssuerAndSerialNumber.Read(ref reader);
            return new KeyAgreeRecipientIdentifier(new RecipientIdentifier(issuerAndSerial)) { Encoded = issuerAndSerial.Encoded };
        }
        Asn1Reader inner = reader.ReadConstructed(Tags.Constructed(0), out ReadOnlyMemory<byte> tagged);
        ReadOnlyMemory<byte> identifier = inner.ReadOctetString();
        if (inner.IsNext(Asn1Tag.GeneralizedTime))
            inner.ReadGeneralizedTime();
        if (inner.IsNext(Asn1Tag.Sequence))
            inner.ReadSequence();
        inner.ThrowIfNotEmpty();
        return new KeyAgreeRecipientIdentifier(new RecipientIdentifier(identifier)) { Encoded = tagged };
    }

    /// <inheritdoc/>
    protected override string? Describe() => _rid.ToString();

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        if (SubjectKeyIdentifier is not { } identifier)
        {
            _rid.Write(writer);
            return;
        }
        using (writer.PushSequence(Tags.Constructed(0)))
            writer.WriteOctetString(identifier.Span);
    }
}
