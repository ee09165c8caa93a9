using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Crmf;

/// <summary>The controls that RFC 4211 6 and RFC 9810 5.2.8 define, built and read.</summary>
public static class Controls
{
    /// <summary>A one-time token of the requester (RFC 4211 6.1).</summary>
    /// <param name="token">The secret.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue RegToken(string token) => new(Oids.RegToken, Utf8(token));

    /// <summary>A secret that the requester uses more than once (RFC 4211 6.2).</summary>
    /// <param name="secret">The secret.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue Authenticator(string secret) => new(Oids.Authenticator, Utf8(secret));

    /// <summary>Where the certificate shall be published, or that it shall not be (RFC 4211 6.3).</summary>
    /// <param name="info">How.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue PublicationInfo(PkiPublicationInfo info) => new(Oids.PkiPublicationInfo, info.Encoded);

    /// <summary>What the CA shall archive (RFC 4211 6.4).</summary>
    /// <param name="options">The key, or how the CA comes to it.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue ArchiveOptions(PkiArchiveOptions options) => new(Oids.PkiArchiveOptions, options.Encoded);

    /// <summary>The certificate that is updated (RFC 4211 6.5; rule 12).</summary>
    /// <param name="certificate">The old one.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue OldCertId(Certificate certificate) => new(Oids.OldCertId, CertId.Of(certificate).Encoded);

    /// <summary>The key to which the CA shall encrypt (RFC 4211 6.6).</summary>
    /// <param name="key">The public key.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue ProtocolEncrKey(SubjectPublicKeyInfo key) => new(Oids.ProtocolEncrKey, key.Encoded);

    /// <summary>A template for a certificate that is no X.509 certificate, beside an empty CertTemplate (RFC 9810 5.2.1).</summary>
    /// <param name="template">The kind of certificate and its template.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue AltCertTemplate(AttributeTypeAndValue template) => new(Oids.AltCertTemplate, template.Encoded);

    /// <summary>A key algorithm that the CA wants (RFC 9810 5.3.19.16).</summary>
    /// <param name="algorithm">The algorithm.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue AlgId(AlgorithmIdentifier algorithm) => new(Oids.AlgId, algorithm.Encoded);

    /// <summary>A length of RSA keys that the CA wants (RFC 9810 5.3.19.16).</summary>
    /// <param name="bits">Bits of the modulus.</param>
    /// <returns>The control.</returns>
    public static AttributeTypeAndValue RsaKeyLen(int bits)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteInteger(bits);
        return new AttributeTypeAndValue(Oids.RsaKeyLen, writer.Encode());
    }

    /// <summary>Registration information as pairs of names and values: <c>Name?Value%</c> (RFC 4211 7.1).</summary>
    /// <param name="pairs">The pairs; <c>?</c> and <c>%</c> in them are escaped.</param>
    /// <returns>The regInfo item.</returns>
    public static AttributeTypeAndValue Utf8Pairs(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var text = new System.Text.StringBuilder();
        foreach (KeyValuePair<string, string> pair in pairs)
            text.Append(Escape(pair.Key)).Append('?').Append(Escape(pair.Value)).Append('%');
        return new AttributeTypeAndValue(Oids.Utf8Pairs, Utf8(text.ToString()));
    }

    /// <summary>The text of a regToken, an authenticator or utf8Pairs.</summary>
    /// <param name="control">The control.</param>
    /// <returns>The text; a secret where the control holds one.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static string ReadText(AttributeTypeAndValue control) => Asn1Reader.Decode(control.Value, null, (ref Asn1Reader reader) => reader.ReadUtf8String());

    /// <summary>The certificate that an oldCertID names.</summary>
    /// <param name="control">The control.</param>
    /// <returns>Issuer and serial number.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static CertId ReadOldCertId(AttributeTypeAndValue control) => Asn1Reader.Decode(control.Value, null, CertId.Read);

    /// <summary>What a pkiArchiveOptions asks to archive.</summary>
    /// <param name="control">The control.</param>
    /// <returns>The key, or how the CA comes to it.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static PkiArchiveOptions ReadArchiveOptions(AttributeTypeAndValue control) => PkiArchiveOptions.Decode(control.Value);

    /// <summary>The key that a protocolEncrKey holds.</summary>
    /// <param name="control">The control.</param>
    /// <returns>The public key to encrypt to.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static SubjectPublicKeyInfo ReadProtocolEncrKey(AttributeTypeAndValue control) => SubjectPublicKeyInfo.Decode(control.Value);

    /// <summary>The algorithm that an algId holds.</summary>
    /// <param name="control">The control.</param>
    /// <returns>The algorithm.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static AlgorithmIdentifier ReadAlgId(AttributeTypeAndValue control) => AlgorithmIdentifier.Decode(control.Value);

    /// <summary>The length that a rsaKeyLen holds.</summary>
    /// <param name="control">The control.</param>
    /// <returns>Bits of the modulus.</returns>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    public static int ReadRsaKeyLen(AttributeTypeAndValue control) => Asn1Reader.Decode(control.Value, null, (ref Asn1Reader reader) => reader.ReadInt32());

    private static ReadOnlyMemory<byte> Utf8(string text)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
        return writer.Encode();
    }

    private static string Escape(string text) => text.Replace("%", "%25").Replace("?", "%3f");
}
