using System;
using System.Collections.Generic;
using System.Formats.Asn1;
using System.Net;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Messages;

/// <summary>One of each: structures with all their fields, the same octets at each run. Signatures and MACs in them are only octets.</summary>
public static class Samples
{
    /// <summary>A whole second.</summary>
    public static DateTimeOffset Time { get; } = new(2026, 11, 23, 12, 34, 56, TimeSpan.Zero);

    public static byte[] Octets(int count, byte first = 1)
    {
        var octets = new byte[count];
        for (int i = 0; i < count; i++)
            octets[i] = (byte)(first + i);
        return octets;
    }

    public static AlgorithmIdentifier Sha256WithRsa { get; } = AlgorithmIdentifier.WithNull(Oids.Sha256WithRsa);

    public static PbmParameter PbmParameter { get; } =
        new(Octets(16), AlgorithmIdentifier.WithNull(Oids.Sha256), 10_000, AlgorithmIdentifier.WithNull(Oids.HmacWithSha256));

    public static AlgorithmIdentifier HmacWithSha256 { get; } = AlgorithmIdentifier.WithNull(Oids.HmacWithSha256);

    public static Pbkdf2Params Pbkdf2Params { get; } = new(Octets(16), 10_000, 32, HmacWithSha256);

    public static AlgorithmIdentifier PasswordBasedMac { get; } = new(Oids.PasswordBasedMac, PbmParameter.Encoded);

    public static SubjectPublicKeyInfo PublicKey { get; } =
        new(new AlgorithmIdentifier(Oids.EcPublicKey, Der(w => w.WriteObjectIdentifier(Oids.Secp256r1))), Octets(65, 4));

    public static Name CaName { get; } = Name.Parse("CN=Test CA, O=Example, C=DE");

    public static Name Subject { get; } = Name.Parse("CN=router7, O=Example, C=DE");

    /// <summary>A certificate with every field, written by .NET alone.</summary>
    public static Certificate Certificate { get; } = Certificate.Decode(Der(w =>
    {
        using (w.PushSequence())
        {
            using (w.PushSequence())
            {
                using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                    w.WriteInteger(2);
                w.WriteInteger(0x1234567890);
                w.WriteEncodedValue(Sha256WithRsa.Encoded.Span);
                w.WriteEncodedValue(CaName.Encoded.Span);
                using (w.PushSequence())
                {
                    w.WriteUtcTime(Time);
                    w.WriteGeneralizedTime(Time.AddYears(40), omitFractionalSeconds: true);
                }
                w.WriteEncodedValue(Subject.Encoded.Span);
                w.WriteEncodedValue(PublicKey.Encoded.Span);
                w.WriteBitString([0xA0], 5, new Asn1Tag(TagClass.ContextSpecific, 1));
                w.WriteBitString([0x55], 0, new Asn1Tag(TagClass.ContextSpecific, 2));
                using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3)))
                using (w.PushSequence())
                {
                    foreach (Extension extension in Extensions)
                        w.WriteEncodedValue(extension.Encoded.Span);
                }
            }
            w.WriteEncodedValue(Sha256WithRsa.Encoded.Span);
            w.WriteBitString(Octets(64));
        }
    }));

    /// <summary>The extensions of <see cref="Certificate"/>.</summary>
    public static IReadOnlyList<Extension> Extensions =>
    [
        new(Oids.BasicConstraints, true, Der(w =>
        {
            using (w.PushSequence())
            {
                w.WriteBoolean(true);
                w.WriteInteger(3);
            }
        })),
        new(Oids.KeyUsage, true, Der(w => w.WriteBitString([0x86], 1))),
        new(Oids.SubjectKeyIdentifier, false, Der(w => w.WriteOctetString(Octets(20)))),
        new(Oids.AuthorityKeyIdentifier, false, Der(w =>
        {
            using (w.PushSequence())
                w.WriteOctetString(Octets(20, 0x80), new Asn1Tag(TagClass.ContextSpecific, 0));
        })),
        new(Oids.ExtendedKeyUsage, false, Der(w =>
        {
            using (w.PushSequence())
            {
                w.WriteObjectIdentifier(Oids.CmcCA);
                w.WriteObjectIdentifier(Oids.CmcRA);
            }
        })),
        SubjectAltName,
    ];

    public static Extension SubjectAltName => new(Oids.SubjectAltName, false, Der(w =>
    {
        using (w.PushSequence())
        {
            w.WriteEncodedValue(GeneralName.FromText(GeneralNameType.DnsName, "router7.example.com").Encoded.Span);
            w.WriteEncodedValue(GeneralName.FromText(GeneralNameType.Rfc822Name, "ann@example.com").Encoded.Span);
            w.WriteEncodedValue(GeneralName.FromText(GeneralNameType.Uri, "https://example.com/").Encoded.Span);
            w.WriteEncodedValue(GeneralName.FromAddress(IPAddress.Parse("2001:db8::7")).Encoded.Span);
            w.WriteEncodedValue(GeneralName.FromUserPrincipalName("ann@example.com").Encoded.Span);
            w.WriteEncodedValue(GeneralName.FromName(Subject).Encoded.Span);
        }
    }));

    /// <summary>A PKCS #10 request with extensions, written by .NET alone.</summary>
    public static CertificationRequest Pkcs10 { get; } = CertificationRequest.Decode(Der(w =>
    {
        using (w.PushSequence())
        {
            using (w.PushSequence())
            {
                w.WriteInteger(0);
                w.WriteEncodedValue(Subject.Encoded.Span);
                w.WriteEncodedValue(PublicKey.Encoded.Span);
                using (w.PushSetOf(new Asn1Tag(TagClass.ContextSpecific, 0)))
                using (w.PushSequence())
                {
                    w.WriteObjectIdentifier(Oids.ExtensionRequest);
                    using (w.PushSetOf())
                    using (w.PushSequence())
                        w.WriteEncodedValue(SubjectAltName.Encoded.Span);
                }
            }
            w.WriteEncodedValue(Sha256WithRsa.Encoded.Span);
            w.WriteBitString(Octets(64));
        }
    }));

    public static CertTemplate Template { get; } = new()
    {
        Version = 2,
        SerialNumber = Octets(9),
        SigningAlg = Sha256WithRsa,
        Issuer = CaName,
        NotBefore = Time,
        NotAfter = Time.AddYears(40),
        Subject = Subject,
        PublicKey = PublicKey,
        IssuerUid = new byte[] { 5, 0xA0 },
        SubjectUid = new byte[] { 0, 0x55, 0xAA },
        Extensions = [SubjectAltName],
    };

    public static IReadOnlyList<AttributeTypeAndValue> AllControls { get; } =
    [
        Controls.RegToken("token"),
        Controls.Authenticator("mother's maiden name"),
        Controls.PublicationInfo(new PkiPublicationInfo(true, [new SinglePubInfo(2, GeneralName.FromText(GeneralNameType.Uri, "http://example.com/"))])),
        Controls.ArchiveOptions(new PkiArchiveOptions(true)),
        Controls.OldCertId(Certificate),
        Controls.ProtocolEncrKey(PublicKey),
        Controls.AltCertTemplate(new AttributeTypeAndValue("1.2.3.4", new byte[] { 0x30, 0 })),
        Controls.AlgId(Sha256WithRsa),
        Controls.RsaKeyLen(3072),
        new("1.2.3.4.5", new byte[] { 0x0C, 2, 0xC3, 0xA4 }),
    ];

    public static CertRequest Request { get; } = new(0, Template, AllControls);

    public static PopoSigningKeyInput InputWithSender { get; } = new(GeneralName.FromName(Subject), null, PublicKey);

    public static PopoSigningKeyInput InputWithMac { get; } = new(null, new PkMacValue(PasswordBasedMac, Octets(32)), PublicKey);

    public static CertReqMsg RequestMessage { get; } = new(
        Request,
        new PopoSigningKey(InputWithMac, Sha256WithRsa, Octets(64)),
        [Controls.Utf8Pairs([new("Name?", "50%"), new("a", "b")])]);

    public static PkiStatusInfo Refusal { get; } = new(PkiStatus.Rejection, new PkiFreeText(["no", "nein"]), FailInfo.BadPOP | FailInfo.DuplicateCertReq);

    public static CertifiedKeyPair KeyPair { get; } = new()
    {
        Certificate = Certificate,
        PrivateKey = new byte[] { 0xA0, 2, 0x05, 0 },
        PublicationInfo = new PkiPublicationInfo(false, []).Encoded,
    };

    public static CertResponse Response { get; } = new(0, new PkiStatusInfo(PkiStatus.GrantedWithMods), KeyPair, Octets(5));

    public static DistributionPointName DistributionPoint { get; } = new([GeneralName.FromText(GeneralNameType.Uri, "http://example.com/crl")]);

    /// <summary>A CRL with every field, written by .NET alone.</summary>
    public static CertificateList Crl { get; } = CertificateList.Decode(Der(w =>
    {
        using (w.PushSequence())
        {
            using (w.PushSequence())
            {
                w.WriteInteger(1);
                w.WriteEncodedValue(Sha256WithRsa.Encoded.Span);
                w.WriteEncodedValue(CaName.Encoded.Span);
                w.WriteUtcTime(Time);
                w.WriteGeneralizedTime(Time.AddYears(40), omitFractionalSeconds: true);
                using (w.PushSequence())
                {
                    Entry(w, 0x1234567890, CrlExtensions.Reason(RevocationReason.KeyCompromise), CrlExtensions.InvalidityDate(Time.AddDays(-2)));
                    Entry(w, 7);
                    Entry(w, 8, CrlExtensions.Reason(RevocationReason.RemoveFromCrl), CertificateIssuer(Subject));
                    Entry(w, 9);
                }
                using (w.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0)))
                using (w.PushSequence())
                {
                    foreach (Extension extension in CrlExtensionsOfAll)
                        w.WriteEncodedValue(extension.Encoded.Span);
                }
            }
            w.WriteEncodedValue(Sha256WithRsa.Encoded.Span);
            w.WriteBitString(Octets(64));
        }
    }));

    /// <summary>The extensions of <see cref="Crl"/>.</summary>
    public static IReadOnlyList<Extension> CrlExtensionsOfAll =>
    [
        Extensions[3],
        new(Oids.CrlNumber, false, Der(w => w.WriteInteger(42))),
        new(Oids.DeltaCrlIndicator, true, Der(w => w.WriteInteger(40))),
        new(Oids.IssuingDistributionPoint, true, IssuingDistributionPoint.Encoded),
    ];

    public static CrlDistributionPoint CrlDistributionPoint => new() { Name = DistributionPoint, Reasons = 6, CrlIssuer = [GeneralName.FromName(Name.Parse("CN=CRL issuer"))] };

    public static IssuingDistributionPoint IssuingDistributionPoint => new() { DistributionPoint = DistributionPoint, OnlyContainsUserCerts = true, OnlySomeReasons = 6, IndirectCrl = true };

    /// <summary>An EnvelopedData for the holder of an RSA key.</summary>
    public static byte[] Enveloped { get; } = new EnvelopedData(
        [new KeyTransRecipientInfo(new RecipientIdentifier(Octets(20)), AlgorithmIdentifier.WithNull(Oids.RsaEncryption), Octets(64))],
        new EncryptedContentInfo(Oids.SignedData, new AlgorithmIdentifier(Oids.Aes256Cbc, Der(w => w.WriteOctetString(Octets(16)))), Octets(48))).Encoded.ToArray();

    public static EncryptedValue EncryptedValue { get; } = new(Octets(16))
    {
        IntendedAlg = Sha256WithRsa,
        SymmAlg = HmacWithSha256,
        EncSymmKey = Octets(8),
        KeyAlg = Sha256WithRsa,
        ValueHint = Octets(3),
    };

    public static RootCaKeyUpdateContent RootUpdate { get; } = new(Certificate, Certificate, Certificate);

    public static CertReqTemplateContent RequestTemplate { get; } = new(new CertTemplate { Subject = Name.Empty, Extensions = [SubjectAltName] }, [Controls.AlgId(PublicKey.Algorithm), Controls.RsaKeyLen(3072)]);

    public static CrlStatus CrlStatus { get; } = new(new CrlSource([GeneralName.FromName(CaName)]), Time);

    /// <summary>One item of each type, as a question.</summary>
    public static IReadOnlyList<InfoTypeAndValue> Questions { get; } =
    [
        InfoTypes.CaProtEncCert(), InfoTypes.SignKeyPairTypes(), InfoTypes.EncKeyPairTypes(), InfoTypes.PreferredSymmAlg(), InfoTypes.CaKeyUpdateInfo(),
        InfoTypes.CurrentCrl(), InfoTypes.KeyPairParamReq(Oids.EcPublicKey), InfoTypes.RevPassphrase(new EncryptedKey(EncryptedValue)), InfoTypes.SuppLangTags(["de", "en"]),
        InfoTypes.CaCerts(), InfoTypes.CertReqTemplate(), InfoTypes.RootCaCert(Certificate), InfoTypes.CrlStatusList([CrlStatus, new CrlStatus(new CrlSource(DistributionPoint))]),
        InfoTypes.KemCiphertextInfo(), InfoTypes.CryptlibPresenceCheck(), InfoTypes.CryptlibPkiBoot(), new("1.2.3.4.5", Hex.Parse("05 00")),
    ];

    /// <summary>One item of each type, as an answer.</summary>
    public static IReadOnlyList<InfoTypeAndValue> Answers { get; } =
    [
        InfoTypes.CaProtEncCert(Certificate), InfoTypes.SignKeyPairTypes([Sha256WithRsa]), InfoTypes.EncKeyPairTypes([PublicKey.Algorithm]), InfoTypes.PreferredSymmAlg(HmacWithSha256),
        InfoTypes.CaKeyUpdateInfo(new CaKeyUpdAnnContent(Certificate, Certificate, Certificate)), InfoTypes.CurrentCrl(Crl), InfoTypes.UnsupportedOids(["1.2.3.4.5", "1.2.3"]),
        InfoTypes.KeyPairParamRep(PublicKey.Algorithm), InfoTypes.RevPassphrase(), InfoTypes.SuppLangTags(["en"]), InfoTypes.CaCerts([Certificate, Certificate]), InfoTypes.RootCaKeyUpdate(RootUpdate),
        InfoTypes.CertReqTemplate(RequestTemplate), InfoTypes.Crls([Crl]), InfoTypes.KemCiphertextInfo(new KemCiphertextInfo(new AlgorithmIdentifier(Oids.MLKem768), Octets(20))),
        new("1.2.3.4.5", Hex.Parse("05 00")),
    ];

    public static Challenge Challenge { get; } = new(AlgorithmIdentifier.WithNull(Oids.Sha256), Octets(32), ReadOnlyMemory<byte>.Empty, Enveloped);

    public static PkiHeader Header { get; } = new(2, GeneralName.FromName(Subject), GeneralName.FromName(CaName))
    {
        MessageTime = Time,
        ProtectionAlg = Sha256WithRsa,
        SenderKid = Octets(20),
        RecipKid = Octets(20, 0x40),
        TransactionId = Octets(16, 0x10),
        SenderNonce = Octets(16, 0x20),
        RecipNonce = Octets(16, 0x30),
        FreeText = new PkiFreeText(["hello"]),
        GeneralInfo = [InfoTypeAndValue.ImplicitConfirm, InfoTypeAndValue.ConfirmWaitTime(Time), InfoTypeAndValue.CertProfile("tls", "vpn"), new InfoTypeAndValue("1.2.3.4")],
    };

    public static IReadOnlyList<PkiBody> Bodies { get; } =
    [
        new CertReqMessages(PkiBodyType.Ir, [RequestMessage, RequestMessage with { Popo = new PopoSigningKey(InputWithSender, Sha256WithRsa, Octets(64)) }]),
        new CertRepMessage(PkiBodyType.Ip, [Response, new CertResponse(1, Refusal)]) { CaPubs = [Certificate] },
        new CertReqMessages(PkiBodyType.Cr, [RequestMessage with { Popo = new RaVerified() }]),
        new CertRepMessage(PkiBodyType.Cp, [Response with { CertifiedKeyPair = new CertifiedKeyPair { EncryptedCert = new EncryptedKey(Enveloped).Encoded } }]),
        new P10crBody(Pkcs10),
        new CertReqMessages(PkiBodyType.Kur, [RequestMessage with { Popo = new PopoPrivKey(false, new byte[] { 0x81, 1, 1 }), RegInfo = [] }]),
        new CertRepMessage(PkiBodyType.Kup, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))]),
        new CertConfirmContent([new CertStatus(Octets(32), 0, new PkiStatusInfo(PkiStatus.Accepted), AlgorithmIdentifier.WithNull(Oids.Sha256)), new CertStatus(Octets(32), 1, Refusal)]),
        new PkiConfirmContent(),
        new ErrorMsgContent(Refusal, -7, new PkiFreeText(["details"])),
        new PollReqContent([0, -1]),
        new PollRepContent([new PollRepEntry(0, 3600, new PkiFreeText(["a person decides"])), new PollRepEntry(-1, 0)]),
        new PopoDecKeyChallContent([Challenge, new Challenge(null, Octets(32, 9), Octets(128))]),
        new PopoDecKeyRespContent([1234567890, -1, BigInteger.Pow(2, 255)]),
        new CertReqMessages(PkiBodyType.Krr, [new CertReqMsg(new CertRequest(0, new CertTemplate { Subject = Subject }, [Controls.ProtocolEncrKey(PublicKey)]), null, [])]),
        new KeyRecRepContent(new PkiStatusInfo(PkiStatus.Accepted)) { NewSigCert = Certificate, CaCerts = [Certificate], KeyPairHist = [KeyPair, KeyPair with { PrivateKey = EncryptedValue.Encoded }] },
        new RevReqContent([RevDetails.Of(Certificate, RevocationReason.KeyCompromise, Time), RevDetails.Of(Pkcs10), new RevDetails(Template, Extensions)]),
        new RevRepContent([new PkiStatusInfo(PkiStatus.Accepted), Refusal]) { RevCerts = [CertId.Of(Certificate), CertId.Of(Certificate)], Crls = [Crl] },
        new CertReqMessages(PkiBodyType.Ccr, [RequestMessage with { Popo = PopoPrivKey.OfAgreeMac(new PkMacValue(PasswordBasedMac, Octets(32))) }]),
        new CertRepMessage(PkiBodyType.Ccp, [Response with { CertifiedKeyPair = KeyPair with { PrivateKey = null } }]),
        new CaKeyUpdContent(new CaKeyUpdAnnContent(Certificate, Certificate, Certificate)),
        new CertAnnContent(Certificate),
        new RevAnnContent(PkiStatus.RevocationWarning, CertId.Of(Certificate), Time.AddDays(1), Time.AddDays(-1), [CrlExtensions.Reason(RevocationReason.Superseded)]),
        new CrlAnnContent([Crl, Crl]),
        new NestedMessageContent([new PkiMessage(Header, new PkiConfirmContent()) { Protection = Octets(20) }, new PkiMessage(Header, new PollReqContent([0])) { ExtraCerts = [Certificate] }]),
        new GenMsgContent(Questions),
        new GenRepContent(Answers),
        new CaKeyUpdContent(RootUpdate),
    ];

    /// <summary>A message around each body, with protection and extraCerts.</summary>
    public static IReadOnlyList<PkiMessage> AllMessages { get; } = Wrap();

    /// <summary>One DER value.</summary>
    public static byte[] Der(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }

    private static void Entry(AsnWriter w, long serial, params Extension[] extensions)
    {
        using (w.PushSequence())
        {
            w.WriteInteger(serial);
            w.WriteUtcTime(Time.AddDays(-1));
            if (extensions.Length == 0)
                return;
            using (w.PushSequence())
            {
                foreach (Extension extension in extensions)
                    w.WriteEncodedValue(extension.Encoded.Span);
            }
        }
    }

    private static Extension CertificateIssuer(Name name) => new(Oids.CertificateIssuer, true, Der(w =>
    {
        using (w.PushSequence())
            w.WriteEncodedValue(GeneralName.FromName(name).Encoded.Span);
    }));

    private static IReadOnlyList<PkiMessage> Wrap()
    {
        var messages = new List<PkiMessage>();
        foreach (PkiBody body in Bodies)
            messages.Add(new PkiMessage(Header, body) { Protection = Octets(64), ExtraCerts = [Certificate] });
        return messages;
    }
}
