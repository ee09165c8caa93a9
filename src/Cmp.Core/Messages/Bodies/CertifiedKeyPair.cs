using System;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Bodies;

/// <summary>A certificate, plain or encrypted, and the private key where the CA made it.</summary>
/// <remarks>
/// RFC 9810 5.3.4, EXPLICIT TAGS:
/// <code>
/// CertifiedKeyPair ::= SEQUENCE { certOrEncCert CertOrEncCert, privateKey [0] EncryptedKey OPTIONAL, publicationInfo [1] PKIPublicationInfo OPTIONAL }
/// CertOrEncCert ::= CHOICE { certificate [0] CMPCertificate, encryptedCert [1] EncryptedKey }
/// </code>
/// </remarks>
public sealed record CertifiedKeyPair : Asn1Structure
{
    /// <summary>The certificate; <see langword="null"/> where it is encrypted.</summary>
    public Certificate? Certificate { get; init; }

    /// <summary>The <see cref="EncryptedKey"/> that holds the certificate, whole; <see langword="null"/> where it is plain.</summary>
    public ReadOnlyMemory<byte>? EncryptedCert { get; init; }

    /// <summary>The <see cref="EncryptedKey"/> that holds the private key, whole; <see langword="null"/> where the requester made the key.</summary>
    public ReadOnlyMemory<byte>? PrivateKey { get; init; }

    /// <summary>The PKIPublicationInfo, whole; <see langword="null"/> where absent.</summary>
    public ReadOnlyMemory<byte>? PublicationInfo { get; init; }

    internal bool NeedsPvno3 => EncryptedKey.IsEnveloped(EncryptedCert) || EncryptedKey.IsEnveloped(PrivateKey);

    /// <summary>Reads one.</summary>
    /// <param name="reader">Stands before it.</param>
    /// <returns>The pair.</returns>
    public static CertifiedKeyPair Read(ref Asn1Reader reader)
    {
        Asn1Reader inner = reader.ReadSequence(out ReadOnlyMemory<byte> encoded);
        Certificate? certificate = null;
        ReadOnlyMemory<byte>? encryptedCert = null;
        if (!inner.TryReadExplicit(0, Pkix.Certificate.Read, out certificate))
        {
            if (!inner.TryReadExplicit(1, (ref Asn1Reader r) => r.ReadEncoded(), out ReadOnlyMemory<byte> encrypted))
                throw inner.Malformed("a CertOrEncCert that is neither");
            encryptedCert = encrypted;
        }
        var pair = new CertifiedKeyPair
        {
            Certificate = certificate,
            EncryptedCert = encryptedCert,
            PrivateKey = ReadWhole(ref inner, 0),
            PublicationInfo = ReadWhole(ref inner, 1),
            Encoded = encoded,
        };
        inner.ThrowIfNotEmpty();
        return pair;
    }

    /// <inheritdoc/>
    protected override void WriteFields(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteExplicit(0, Certificate);
            WriteWhole(writer, 1, EncryptedCert);
            WriteWhole(writer, 0, PrivateKey);
            WriteWhole(writer, 1, PublicationInfo);
        }
    }

    private static ReadOnlyMemory<byte>? ReadWhole(ref Asn1Reader reader, int tag) =>
        reader.TryReadExplicit(tag, (ref Asn1Reader r) => r.ReadEncoded(), out ReadOnlyMemory<byte> whole) ? whole : (ReadOnlyMemory<byte>?)null;

    private static void WriteWhole(AsnWriter writer, int tag, ReadOnlyMemory<byte>? whole)
    {
        if (whole is not { } octets)
            return;
        using (writer.PushSequence(Tags.Constructed(tag)))
            writer.WriteEncodedValue(octets.Span);
    }
}
