using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;

namespace Cmp.Messages.Bodies;

/// <summary>The answer to one request.</summary>
/// <param name="CertReqId">Which request; -1 for a PKCS #10.</param>
/// <param name="Status">What came of it.</param>
/// <param name="CertifiedKeyPair">The certificate; <see langword="null"/> where none was issued.</param>
/// <param name="RspInfo">Further information, raw; <see langword="null"/> where absent.</param>
/// <remarks>
/// RFC 9810 5.3.4:
/// <code>CertResponse ::= SEQUENCE { certReqId INTEGER, status PKIStatusInfo, certifiedKeyPair CertifiedKeyPair OPTIONAL, rspInfo OCTET STRING OPTIONAL }</code>
/// </remarks>
public sealed record CertResponse(int CertReqId, PkiStatusInfo Status, CertifiedKeyPair? CertifiedKeyPair = null, ReadOnlyMemory<byte>? RspInfo = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The answer.</returns>
    public static CertResponse Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        int certReqId = inner.ReadInt32();
        PkiStatusInfo status = PkiStatusInfo.Read(ref inner);
        CertifiedKeyPair? pair = inner.IsNext(Asn1Tag.Sequence) ? Bodies.CertifiedKeyPair.Read(ref inner) : null;
        ReadOnlyMemory<byte>? rspInfo = inner.HasData ? inner.ReadOctetString() : (ReadOnlyMemory<byte>?)null;
        inner.ThrowIfNotEmpty();
        return new CertResponse(certReqId, status, pair, rspInfo) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(CertReqId);
            Status.Write(writer);
            CertifiedKeyPair?.Write(writer);
            if (RspInfo is { } rspInfo)
                writer.WriteOctetString(rspInfo.Span);
        }
    }
}
