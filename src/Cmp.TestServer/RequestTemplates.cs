using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>The request templates that a test server has where nobody gives it others (RFC 9483 4.3.3).</summary>
internal static class RequestTemplates
{
    /// <summary>
    /// By the names of their profiles; the empty name is that of no profile. It wants a common name beside the organization that stands, clientAuth, and a
    /// key on P-256 or RSA of 3072 bits; <c>tls-server</c> wants a DNS name, serverAuth, and a key on P-384.
    /// </summary>
    internal static IReadOnlyDictionary<string, CertReqTemplateContent> Default { get; } = new Dictionary<string, CertReqTemplateContent>
    {
        [string.Empty] = new(
            new CertTemplate
            {
                Subject = Subject(("2.5.4.10", "Cmp Test"), (Oids.CommonName, string.Empty)),
                Extensions = [CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature), CertificateExtensions.EnhancedKeyUsage([Oids.ClientAuth])],
            },
            [Controls.AlgId(KeyAlgorithm.Parse("ECDSA_P256").ToIdentifier()), Controls.RsaKeyLen(3072)]),
        ["tls-server"] = new(
            new CertTemplate
            {
                Subject = Subject((Oids.CommonName, string.Empty)),
                Extensions =
                [
                    new Extension(Oids.SubjectAltName, false, new byte[] { 0x30, 2, 0x82, 0 }), // one dNSName, empty
                    CertificateExtensions.KeyUsage(KeyUsages.DigitalSignature),
                    CertificateExtensions.EnhancedKeyUsage([Oids.ServerAuth]),
                ],
            },
            [Controls.AlgId(KeyAlgorithm.Parse("ECDSA_P384").ToIdentifier())]),
    };

    /// <summary>A value that is empty is to be filled in.</summary>
    private static Name Subject(params (string Oid, string Value)[] attributes)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            foreach ((string oid, string value) in attributes)
            {
                using (writer.PushSetOf())
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(oid);
                    writer.WriteCharacterString(UniversalTagNumber.UTF8String, value);
                }
            }
        }
        return Name.Decode(writer.Encode());
    }
}
