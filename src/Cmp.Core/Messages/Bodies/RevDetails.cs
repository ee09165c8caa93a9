using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>One certificate to revoke, and why.</summary>
/// <param name="CertDetails">Which certificate: issuer and serial number as a rule, else what is known of it.</param>
/// <param name="CrlEntryDetails">What its entry in the CRL shall say; empty where nothing is asked for.</param>
/// <remarks>
/// RFC 9810 5.3.9:
/// <code>RevDetails ::= SEQUENCE { certDetails CertTemplate, crlEntryDetails Extensions OPTIONAL }</code>
/// </remarks>
public sealed record RevDetails(CertTemplate CertDetails, IReadOnlyList<Extension> CrlEntryDetails) : Asn1Structure
{
    /// <summary>Why; <see langword="null"/> where no reason is given. A value without a name stays the number it is.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public RevocationReason? Reason => CrlExtensions.ReadReason(CrlEntryDetails);

    /// <summary>Since when the key is known or thought to be in wrong hands; <see langword="null"/> where nothing is said.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public DateTimeOffset? InvalidityDate => CrlExtensions.ReadInvalidityDate(CrlEntryDetails);

    /// <summary>Names a certificate by its issuer and serial number (RFC 9483 4.2).</summary>
    /// <param name="certificate">Which one.</param>
    /// <param name="reason">Why; <see langword="null"/>: nothing is said (rule 15).</param>
    /// <param name="invalidityDate">Since when it is not to be relied on.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.RevocationReason</c>: the reason does not exist.</exception>
    public static RevDetails Of(Certificate certificate, RevocationReason? reason = null, DateTimeOffset? invalidityDate = null) =>
        Of(certificate.Issuer, certificate.SerialNumber, reason, invalidityDate);

    /// <summary>Names a certificate that is not at hand.</summary>
    /// <param name="issuer">Who issued it.</param>
    /// <param name="serialNumber">Its serial number: content octets of the INTEGER.</param>
    /// <param name="reason">Why; <see langword="null"/>: nothing is said (rule 15).</param>
    /// <param name="invalidityDate">Since when it is not to be relied on.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.RevocationReason</c>: the reason does not exist.</exception>
    public static RevDetails Of(Name issuer, ReadOnlyMemory<byte> serialNumber, RevocationReason? reason = null, DateTimeOffset? invalidityDate = null) =>
        new(new CertTemplate { Issuer = issuer, SerialNumber = serialNumber }, CrlExtensions.OfEntry(reason, invalidityDate));

    /// <summary>Names the certificate that a PKCS #10 led to, by subject and key (rule 15).</summary>
    /// <param name="request">The request.</param>
    /// <param name="reason">Why; <see langword="null"/>: nothing is said (rule 15).</param>
    /// <param name="invalidityDate">Since when it is not to be relied on.</param>
    /// <returns>The entry.</returns>
    /// <exception cref="CmpException"><c>CmpArgument.RevocationReason</c>: the reason does not exist.</exception>
    public static RevDetails Of(CertificationRequest request, RevocationReason? reason = null, DateTimeOffset? invalidityDate = null) =>
        new(new CertTemplate { Subject = request.Subject, PublicKey = request.PublicKey }, CrlExtensions.OfEntry(reason, invalidityDate));

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The entry.</returns>
    public static RevDetails Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        CertTemplate certificate = CertTemplate.Read(ref inner);
        IReadOnlyList<Extension> entry = inner.HasData ? inner.ReadFilledList(Extension.Read) : [];
        inner.ThrowIfNotEmpty();
        return new RevDetails(certificate, entry) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            CertDetails.Write(writer);
            if (CrlEntryDetails.Count > 0)
                writer.WriteList(CrlEntryDetails);
        }
    }
}
