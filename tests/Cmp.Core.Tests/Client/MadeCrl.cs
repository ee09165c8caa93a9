using System;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Tests.Transactions;

namespace Cmp.Tests.Client;

/// <summary>A CRL put together octet by octet.</summary>
internal static class MadeCrl
{
    internal static CertificateList Write(MadeCertificate signer, Name issuer, params Certificate[] revoked)
    {
        AlgorithmIdentifier algorithm = SignatureAlgorithms.For(signer.Key);
        byte[] tbs = Encode(writer =>
        {
            writer.WriteInteger(1);
            algorithm.Write(writer);
            issuer.Write(writer);
            writer.WriteUtcTime(Peer.Now);
            writer.WriteUtcTime(Peer.Now.AddDays(7));
            if (revoked.Length == 0)
                return;
            using (writer.PushSequence())
            {
                foreach (Certificate certificate in revoked)
                {
                    using (writer.PushSequence())
                    {
                        writer.WriteInteger(certificate.SerialNumber.Span);
                        writer.WriteUtcTime(Peer.Now);
                    }
                }
            }
        });
        return CertificateList.Decode(Encode(writer =>
        {
            writer.WriteEncodedValue(tbs);
            algorithm.Write(writer);
            writer.WriteBitString(signer.Key.Sign(tbs, algorithm));
        }));
    }

    private static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            write(writer);
        return writer.Encode();
    }
}
