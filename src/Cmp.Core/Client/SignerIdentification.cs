using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Client;

/// <summary>Names the certificate that signs a message by its hashes, in generalInfo: cryptlib finds it by nothing else.</summary>
/// <remarks>
/// RFC 2634 5.4 and RFC 5035 4, each in a SET as an attribute has it:
/// <code>
/// SET { SigningCertificate ::= SEQUENCE { certs SEQUENCE OF ESSCertID } }, ESSCertID ::= SEQUENCE { certHash OCTET STRING -- SHA-1 -- }
/// SET { SigningCertificateV2 ::= SEQUENCE { certs SEQUENCE OF ESSCertIDv2 } }, ESSCertIDv2 ::= SEQUENCE { certHash OCTET STRING -- SHA-256, the default -- }
/// </code>
/// </remarks>
internal static class SignerIdentification
{
    internal static IReadOnlyList<InfoTypeAndValue> Of(Certificate signer) => [Item(Oids.SigningCertificate, Oids.Sha1, signer), Item(Oids.SigningCertificateV2, Oids.Sha256, signer)];

    private static InfoTypeAndValue Item(string attribute, string digest, Certificate signer)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSetOf())
        using (writer.PushSequence())
        using (writer.PushSequence())
        using (writer.PushSequence())
            writer.WriteOctetString(Digests.Compute(digest, signer.Encoded));
        return new InfoTypeAndValue(attribute, writer.Encode());
    }
}
