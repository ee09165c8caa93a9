using System;
using System.Formats.Asn1;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.TestServer;

/// <summary>Writes X.509 certificates. Ours, for .NET's CertificateRequest does not do what the editions share: keys of other makers, names kept octet by octet.</summary>
/// <remarks>RFC 5280 4.1; the ASN.1 stands at <see cref="Certificate"/>.</remarks>
internal sealed class CertificateWriter
{
    private const int SerialLength = 16;
    private static readonly Asn1Tag Explicit0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag Explicit3 = new(TagClass.ContextSpecific, 3, isConstructed: true);

    private readonly Name _issuer;
    private readonly PrivateKey _key;
    private readonly AlgorithmIdentifier _algorithm;
    private readonly byte[] _authorityKeyIdentifier;

    /// <summary>Writes in the name of an issuer.</summary>
    /// <param name="issuer">Its name.</param>
    /// <param name="key">Its key.</param>
    /// <param name="algorithm">How it signs.</param>
    internal CertificateWriter(Name issuer, PrivateKey key, AlgorithmIdentifier algorithm)
    {
        _issuer = issuer;
        _key = key;
        _algorithm = algorithm;
        _authorityKeyIdentifier = AuthorityKeyIdentifier(key.PublicKey);
    }

    /// <summary>The value of the extension that names an issuer's key.</summary>
    internal static byte[] AuthorityKeyIdentifier(SubjectPublicKeyInfo key)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
            writer.WriteOctetString(KeyIdentifier(key), new Asn1Tag(TagClass.ContextSpecific, 0));
        return writer.Encode();
    }

    internal Certificate Write(CertificateContent content)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            using (writer.PushSequence(Explicit0))
                writer.WriteInteger(2);
            writer.WriteInteger(NewSerialNumber());
            _algorithm.Write(writer);
            _issuer.Write(writer);
            using (writer.PushSequence())
            {
                WriteTime(writer, content.NotBefore);
                WriteTime(writer, content.NotAfter);
            }
            content.Subject.Write(writer);
            content.PublicKey.Write(writer);
            using (writer.PushSequence(Explicit3))
            using (writer.PushSequence())
            {
                // another CA has named its key, and what it issued names it so
                if (!content.Extensions.Any(extension => extension.Oid == Oids.SubjectKeyIdentifier))
                    new Extension(Oids.SubjectKeyIdentifier, false, OctetString(KeyIdentifier(content.PublicKey))).Write(writer);
                new Extension(Oids.AuthorityKeyIdentifier, false, _authorityKeyIdentifier).Write(writer);
                foreach (Extension extension in content.Extensions.Where(extension => extension.Oid != Oids.AuthorityKeyIdentifier))
                    extension.Write(writer);
            }
        }
        byte[] tbs = writer.Encode();
        byte[] signature = _key.Sign(tbs, _algorithm);
        writer.Reset();
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(tbs);
            _algorithm.Write(writer);
            writer.WriteBitString(signature);
        }
        return Certificate.Decode(writer.Encode());
    }

    /// <summary>160 bits of the key's SHA-256 (RFC 7093 2, method 1).</summary>
    private static byte[] KeyIdentifier(SubjectPublicKeyInfo key) => Digests.Compute(Oids.Sha256, key.Key).AsSpan(0, 20).ToArray();

    private static byte[] OctetString(byte[] octets)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteOctetString(octets);
        return writer.Encode();
    }

    /// <summary>Positive, of 16 octets without a leading zero (RFC 5280 4.1.2.2).</summary>
    private static byte[] NewSerialNumber()
    {
        byte[] serial = Secrets.Random(SerialLength);
        serial[0] = (byte)((serial[0] & 0x3F) | 0x40);
        return serial;
    }

    internal static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        DateTimeOffset utc = time.ToUniversalTime();
        if (utc.Year is >= 1950 and < 2050)
            writer.WriteUtcTime(utc, twoDigitYearMax: 2049);
        else
            writer.WriteGeneralizedTime(utc, omitFractionalSeconds: true);
    }
}
