using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Announces that a certificate is about to be revoked, or has been: the body of rann.</summary>
/// <param name="Status">RevocationWarning or RevocationNotification, as a rule.</param>
/// <param name="CertId">Which certificate.</param>
/// <param name="WillBeRevokedAt">When it is revoked.</param>
/// <param name="BadSinceDate">Since when it is not to be relied on.</param>
/// <param name="CrlDetails">What the CRL says of it: number, reason, location; empty where nothing is said.</param>
/// <remarks>
/// RFC 9810 5.3.15:
/// <code>
/// RevAnnContent ::= SEQUENCE { status PKIStatus, certId CertId, willBeRevokedAt GeneralizedTime, badSinceDate GeneralizedTime,
///   crlDetails Extensions OPTIONAL }
/// </code>
/// </remarks>
public sealed record RevAnnContent(PkiStatus Status, CertId CertId, DateTimeOffset WillBeRevokedAt, DateTimeOffset BadSinceDate, IReadOnlyList<Extension> CrlDetails) : PkiBody
{
    /// <inheritdoc/>
    public override PkiBodyType Type => PkiBodyType.Rann;

    /// <summary>Why, as the CRL will say or says it; <see langword="null"/> where no reason is given. A value without a name stays the number it is.</summary>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public RevocationReason? Reason => CrlExtensions.ReadReason(CrlDetails);

    /// <inheritdoc/>
    protected override void WriteContent(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger((int)Status);
            CertId.Write(writer);
            writer.WriteWholeSeconds(WillBeRevokedAt);
            writer.WriteWholeSeconds(BadSinceDate);
            if (CrlDetails.Count > 0)
                writer.WriteList(CrlDetails);
        }
    }

    internal static RevAnnContent Read(ref Asn1Reader reader, ReadOnlyMemory<byte> encoded)
    {
        Asn1Reader inner = reader.ReadSequence();
        var status = (PkiStatus)inner.ReadInt32();
        CertId certId = CertId.Read(ref inner);
        DateTimeOffset revokedAt = inner.ReadGeneralizedTime();
        DateTimeOffset badSince = inner.ReadGeneralizedTime();
        IReadOnlyList<Extension> details = inner.HasData ? inner.ReadFilledList(Extension.Read) : [];
        inner.ThrowIfNotEmpty();
        return new RevAnnContent(status, certId, revokedAt, badSince, details) { Encoded = encoded };
    }
}
