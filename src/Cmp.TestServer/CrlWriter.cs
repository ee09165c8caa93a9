using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>Writes CRLs of version 2 (RFC 5280 5; the ASN.1 stands at <see cref="CertificateList"/>).</summary>
internal static class CrlWriter
{
    private static readonly Asn1Tag Explicit0 = new(TagClass.ContextSpecific, 0, isConstructed: true);

    /// <summary>Writes one that covers all that an issuer issued.</summary>
    /// <param name="issuer">The certificate of the issuer.</param>
    /// <param name="key">Its key.</param>
    /// <param name="algorithm">How it signs.</param>
    /// <param name="number">The number of the CRL.</param>
    /// <param name="thisUpdate">When it is made.</param>
    /// <param name="nextUpdate">When the next one comes at the latest.</param>
    /// <param name="revoked">The certificates that are revoked or held.</param>
    /// <returns>The CRL.</returns>
    internal static CertificateList Write(Certificate issuer, PrivateKey key, AlgorithmIdentifier algorithm, long number, DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, IReadOnlyList<(Certificate Certificate, CertificateRevocation Revocation)> revoked)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);
            algorithm.Write(writer);
            issuer.Subject.Write(writer);
            CertificateWriter.WriteTime(writer, thisUpdate);
            CertificateWriter.WriteTime(writer, nextUpdate);
            // RFC 5280 5.1.2.6: where nobody is revoked there is no list
            if (revoked.Count > 0)
            {
                using (writer.PushSequence())
                {
                    foreach ((Certificate certificate, CertificateRevocation revocation) in revoked)
                        WriteEntry(writer, certificate, revocation);
                }
            }
            using (writer.PushSequence(Explicit0))
            using (writer.PushSequence())
            {
                new Extension(Oids.AuthorityKeyIdentifier, false, CertificateWriter.AuthorityKeyIdentifier(key.PublicKey)).Write(writer);
                new Extension(Oids.CrlNumber, false, Integer(number)).Write(writer);
            }
        }
        byte[] tbs = writer.Encode();
        byte[] signature = key.Sign(tbs, algorithm);
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(tbs);
            algorithm.Write(writer);
            writer.WriteBitString(signature);
        }
        return CertificateList.Decode(writer.Encode());
    }

    private static void WriteEntry(AsnWriter writer, Certificate certificate, CertificateRevocation revocation)
    {
        using (writer.PushSequence())
        {
            writer.WriteInteger(certificate.SerialNumber.Span);
            CertificateWriter.WriteTime(writer, revocation.At);
            var extensions = new List<Extension>(2);
            // RFC 5280 5.3.1: the reason 0 is said by its absence
            if (revocation.Reason is { } reason and not RevocationReason.Unspecified)
                extensions.Add(CrlExtensions.Reason(reason));
            if (revocation.InvalidityDate is { } since)
                extensions.Add(CrlExtensions.InvalidityDate(since));
            if (extensions.Count == 0)
                return;
            using (writer.PushSequence())
            {
                foreach (Extension extension in extensions)
                    extension.Write(writer);
            }
        }
    }

    private static byte[] Integer(long number)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger(number);
        return writer.Encode();
    }
}
