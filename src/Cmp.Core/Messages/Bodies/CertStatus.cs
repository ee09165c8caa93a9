using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>Whether one certificate is accepted.</summary>
/// <param name="CertHash">The hash of the certificate's octets.</param>
/// <param name="CertReqId">The certReqId of the answer that brought it.</param>
/// <param name="StatusInfo">Acceptance or refusal; absent means accepted.</param>
/// <param name="HashAlg">The digest, where the certificate's signature names none (pvno 3).</param>
/// <remarks>
/// RFC 9810 5.3.18, EXPLICIT TAGS:
/// <code>CertStatus ::= SEQUENCE { certHash OCTET STRING, certReqId INTEGER, statusInfo PKIStatusInfo OPTIONAL, hashAlg [0] AlgorithmIdentifier OPTIONAL }</code>
/// </remarks>
public sealed record CertStatus(ReadOnlyMemory<byte> CertHash, int CertReqId, PkiStatusInfo? StatusInfo = null, AlgorithmIdentifier? HashAlg = null) : Asn1Structure
{
    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The entry.</returns>
    public static CertStatus Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        ReadOnlyMemory<byte> hash = inner.ReadOctetString();
        int certReqId = inner.ReadInt32();
        PkiStatusInfo? status = inner.IsNext(Asn1Tag.Sequence) ? PkiStatusInfo.Read(ref inner) : null;
        inner.TryReadExplicit(0, AlgorithmIdentifier.Read, out AlgorithmIdentifier? hashAlg);
        inner.ThrowIfNotEmpty();
        return new CertStatus(hash, certReqId, status, hashAlg) { Encoded = encoded };
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteOctetString(CertHash.Span);
            writer.WriteInteger(CertReqId);
            StatusInfo?.Write(writer);
            writer.WriteExplicit(0, HashAlg);
        }
    }
}
