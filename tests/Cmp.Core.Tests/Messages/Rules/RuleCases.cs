using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;
using Cmp.Tests.Messages.Cms;

namespace Cmp.Tests.Messages.Rules;

/// <summary>One departure for each rule of the table. All begin from messages that RFC 9483 has nothing against.</summary>
internal static class RuleCases
{
    private static readonly byte[] Reference = [.. "router7"u8];
    private static readonly SubjectPublicKeyInfo EcKey = Samples.PublicKey;
    private static readonly SubjectPublicKeyInfo KemKey = new(new AlgorithmIdentifier(Oids.MLKem768), Samples.Octets(64));
    private static readonly AlgorithmIdentifier EcdsaWithSha256 = new(Oids.Sha256WithEcdsa);
    private static readonly CertTemplate Template = new() { Subject = Samples.Subject, PublicKey = EcKey };
    private static readonly Extension AltName = Samples.SubjectAltName;

    // with the subject of the certificate and its key identifier: what Samples.Certificate signs
    private static readonly PkiHeader Header = Samples.Header with { FreeText = null, GeneralInfo = [], RecipKid = null };

    internal static IReadOnlyList<RuleCase> All { get; } = [.. OfOctets(), .. OfHeaders(), .. OfGeneralInfo(), .. OfProtection(), .. OfRequests(), .. OfProofs(), .. OfEnvelopes(), .. OfAnswers(), .. OfOthers(), .. OfConversations()];

    private static CertReqMessages Ir => Ask(PkiBodyType.Ir);

    private static CertRepMessage Ip => Answer(PkiBodyType.Ip);

    private static CertConfirmContent Confirmation => new([new CertStatus(Samples.Octets(32), 0)]);

    private static RevReqContent Rr => new([RevDetails.Of(Samples.Certificate, Cmp.Messages.Pkix.RevocationReason.KeyCompromise)]);

    private static RevRepContent Rp => new([new PkiStatusInfo(PkiStatus.Accepted)]) { RevCerts = [CertId.Of(Samples.Certificate)] };

    private static ErrorMsgContent Error => new(PkiStatusInfo.Rejection(FailInfo.BadRequest));

    private static ErrorMsgContent Wait => new(new PkiStatusInfo(PkiStatus.Waiting));

    private static CertReqMessages Kur => Ask(PkiBodyType.Kur, controls: [Controls.OldCertId(Samples.Certificate)]);

    private static CertReqMessages Ccr => Ask(PkiBodyType.Ccr, Template with { Version = 2, SigningAlg = Samples.Sha256WithRsa, Issuer = Samples.CaName, NotBefore = Samples.Time, NotAfter = Samples.Time.AddYears(1) });

    private static PopoSigningKey Proof => new(null, EcdsaWithSha256, Samples.Octets(64));

    private static PkiHeader InPvno(int pvno, PkiBody body) => HeaderOf(body) with { Pvno = pvno };

    private static IEnumerable<RuleCase> OfOctets()
    {
        byte[] ip = Good(Ip with { CaPubs = [Samples.Certificate] });
        yield return new RuleCase(MessageRules.DerLength, [Broken(ip, tree => tree.Children![0].Children![0].Length = [0x81, 1])], [ip], message => message.Encoded.Slice(4 + 4));
        yield return new RuleCase(MessageRules.DerInteger, [Broken(ip, tree => tree.Children![0].Children![0].Content = [0, 2])], [ip], message => message.Encoded.Slice(4 + 4 + 2));
        byte[] named = Good(Ask(PkiBodyType.Ir, Template with { Extensions = [new Extension(Oids.SubjectAltName, true, AltName.Value)] }));
        yield return new RuleCase(MessageRules.DerBoolean, [Broken(named, tree => Find(tree, 1).Content = [1])], [named], message => First(message).CertReq.CertTemplate.Extensions[0].Encoded.Slice(2 + 1 + 5 + 2));
        byte[] error = Good(Error);
        yield return new RuleCase(MessageRules.DerNamedBits, [Broken(error, tree => Find(tree.Children![1], 3).Content = [0, 0x20, 0])], [error], message => ((ErrorMsgContent)message.Body).Status.Encoded.Slice(2 + 3 + 3));
        yield return new RuleCase(MessageRules.SyntaxNamedBits, [Broken(error, tree => Find(tree.Children![1], 3).Content = [0, 0x20, 0, 0, 0, 1])], [error], message => ((ErrorMsgContent)message.Body).Status.Encoded.Slice(2 + 3 + 3));
        yield return new RuleCase(MessageRules.SyntaxEmptyList, [Broken(ip, tree => tree.Children![1].Children![0].Children![0].Children![0].Children!.Clear())], [ip], message => message.Body.Encoded.Slice(8 + 2));
        byte[] words = Good(new ErrorMsgContent(PkiStatusInfo.Rejection(FailInfo.BadRequest, "no")));
        yield return new RuleCase(MessageRules.SyntaxUtf8, [Broken(words, tree => Find(tree.Children![1], 0x0C).Content = [0xFF, 0xFE])], [words], message => ((ErrorMsgContent)message.Body).Status.Encoded.Slice(2 + 3 + 2 + 2));
        byte[] time = [.. "20261123123456.5Z"u8], shortTime = [.. "261123123456Z"u8];
        yield return new RuleCase(MessageRules.SyntaxTime, [Broken(ip, tree => tree.Children![0].Children![3].Children![0].Content = time)], [ip], message => message.Header.Recipient.Encoded.Slice(message.Header.Recipient.Encoded.Length - 1));
        yield return new RuleCase(MessageRules.HeaderMessageTimeForm, [Broken(ip, tree => tree.Children![0].Children![3].Children![0] = DerNode.Primitive(0x17, shortTime))], [ip], message => message.Header.Recipient.Encoded.Slice(message.Header.Recipient.Encoded.Length - 1));
        yield return new RuleCase(MessageRules.ProtectionUnusedBits, [Broken(ip, tree => tree.Children![2].Children![0].Content[0] = 1)], [ip], message => message.Body.Encoded.Slice(message.Body.Encoded.Length - 1));
        byte[] pkiconf = Good(new PkiConfirmContent());
        yield return new RuleCase(MessageRules.PkiconfValue, [Broken(pkiconf, tree => tree.Children![1].Children![0] = DerNode.Constructed(0x30))], [pkiconf], message => message.Body.Encoded.Slice(2));
        byte[] ir = Good(Ir);
        yield return new RuleCase(MessageRules.PopUnusedBits, [Broken(ir, tree => tree.Children![1].Children![0].Children![0].Children![1].Children![1].Content[0] = 2)], [ir], message => ((PopoSigningKey)First(message).Popo!).Signature);
        byte[] limited = Good(Ask(PkiBodyType.Ir, Template with { NotAfter = Samples.Time }));
        yield return new RuleCase(MessageRules.TemplateEmptyValidity, [Broken(limited, tree => Find(tree.Children![1], 0xA4).Children!.Clear())], [limited], message => First(message).CertReq.CertTemplate.Encoded.Slice(2));
    }

    private static IEnumerable<RuleCase> OfHeaders()
    {
        foreach (int pvno in new[] { 0, 4 })
            yield return Of(MessageRules.HeaderPvno, Make(InPvno(pvno, Ip), Ip), Good(Ip), Pvno);
        yield return Of(MessageRules.HeaderPvnoProfile, Make(InPvno(1, Ip), Ip), Good(Ip), Pvno);
        CertConfirmContent hashed = new([new CertStatus(Samples.Octets(32), 0, null, AlgorithmIdentifier.WithNull(Oids.Sha256))]);
        yield return Of(MessageRules.HeaderPvnoTooLow, Make(InPvno(2, hashed), hashed), Make(InPvno(3, hashed), hashed), Pvno);
        CertReqMessages central = Ask(PkiBodyType.Ir, Template with { PublicKey = null }, proof: null, noProof: true);
        yield return Of(MessageRules.HeaderPvnoCentralKey, Make(InPvno(2, central), central), Make(InPvno(3, central), central), Pvno);
        yield return Of(MessageRules.HeaderPvnoTooHigh, Make(InPvno(3, Ir), Ir), Make(InPvno(2, Ir), Ir), Pvno);
        PollReqContent poll = new([0]);
        yield return Of(MessageRules.BodyCmp1999, Make(InPvno(1, poll), poll), Good(poll), message => message.Body.Encoded);
        yield return Of(MessageRules.BodyUnknown, Broken(Good(poll), tree => tree.Children![1].Tag = 0xBB), Good(poll), message => message.Body.Encoded);

        GeneralName mail = GeneralName.FromText(GeneralNameType.Rfc822Name, "ann@example.com");
        yield return Of(MessageRules.HeaderSenderForm, Make(HeaderOf(Ir) with { Sender = mail }, Ir), Good(Ir), message => message.Header.Sender.Encoded);
        yield return Of(MessageRules.HeaderNullSender, Make(HeaderOf(Ir) with { Sender = GeneralName.NullDn, SenderKid = null }, Ir), Make(HeaderOf(Ir) with { Sender = GeneralName.NullDn }, Ir), message => message.Header.Sender.Encoded);
        PkiConfirmContent pkiconf = new();
        yield return Of(MessageRules.HeaderSenderKid, Make(HeaderOf(pkiconf) with { SenderKid = null }, pkiconf, []), Make(HeaderOf(pkiconf), pkiconf, []), message => message.Header.Encoded);
        foreach (PkiHeader wrong in new[] { UnderMac(Ir) with { Sender = GeneralName.FromName(Samples.CaName) }, UnderMac(Ir) with { SenderKid = null }, UnderMac(Ir) with { SenderKid = Samples.Octets(7) } })
            yield return Of(MessageRules.HeaderSenderReference, Make(wrong, Ir, []), Make(UnderMac(Ir), Ir, []), message => message.Header.Sender.Encoded);
        yield return Of(MessageRules.HeaderSenderKidSigner, Make(HeaderOf(Ir) with { SenderKid = null }, Ir), Good(Ir), message => message.Header.Encoded);

        yield return Of(MessageRules.HeaderTransactionId, Make(HeaderOf(Ir) with { TransactionId = null }, Ir), Good(Ir), message => message.Header.Encoded);
        yield return Of(MessageRules.HeaderTransactionIdNeeded, Make(HeaderOf(poll) with { TransactionId = null }, poll), Good(poll), message => message.Header.Encoded);
        yield return Of(MessageRules.HeaderTransactionIdLength, Make(HeaderOf(Ir) with { TransactionId = Samples.Octets(15) }, Ir), Good(Ir), message => message.Header.TransactionId!.Value);
        yield return Of(MessageRules.HeaderSenderNonce, Make(HeaderOf(Ir) with { SenderNonce = null }, Ir), Good(Ir), message => message.Header.Encoded);
        yield return Of(MessageRules.HeaderSenderNonce, Make(HeaderOf(Ir) with { SenderNonce = Samples.Octets(15) }, Ir), Make(HeaderOf(Ir) with { SenderNonce = Samples.Octets(17) }, Ir), message => message.Header.SenderNonce!.Value);
        yield return Of(MessageRules.HeaderSenderNonceFresh, Make(HeaderOf(Ip) with { SenderNonce = Samples.Octets(16, 0x30) }, Ip), Good(Ip), message => message.Header.SenderNonce!.Value);
        yield return Of(MessageRules.HeaderRecipNonce, Make(HeaderOf(Ip) with { RecipNonce = null }, Ip), Good(Ip), message => message.Header.Encoded);
        yield return Of(MessageRules.HeaderRecipNonceFirst, Make(HeaderOf(Ir) with { RecipNonce = Samples.Octets(16) }, Ir), Good(Ir), message => message.Header.RecipNonce!.Value);
    }

    private static IEnumerable<RuleCase> OfGeneralInfo()
    {
        byte[] utf8 = [0x0C, 3, 0x74, 0x6C, 0x73];
        InfoTypeAndValue wait = InfoTypeAndValue.ConfirmWaitTime(Samples.Time);
        yield return Info(MessageRules.InfoUnknown, Ir, [new("1.2.3.4")], []);
        yield return Info(MessageRules.InfoDoubled, Ir, [InfoTypes.SuppLangTags(["en"]), InfoTypes.SuppLangTags(["en"])], [InfoTypes.SuppLangTags(["en"])], 1);
        yield return Info(MessageRules.InfoValue, Ir, [new(Oids.ImplicitConfirm)], [InfoTypeAndValue.ImplicitConfirm]);
        yield return Info(MessageRules.InfoValue, Ir, [new(Oids.ImplicitConfirm, new byte[] { 1, 1, 0xFF })], [InfoTypeAndValue.ImplicitConfirm]);
        yield return Info(MessageRules.InfoValue, Ir, [new(Oids.SuppLangTags, utf8)], [InfoTypes.SuppLangTags(["tls"])]);
        yield return Info(MessageRules.InfoValue, Ip, [new(Oids.ConfirmWaitTime, utf8)], [wait]);
        yield return Info(MessageRules.ImplicitConfirmPlace, Confirmation, [InfoTypeAndValue.ImplicitConfirm], []);
        yield return Info(MessageRules.ConfirmWaitTimePlace, Ir, [wait], []);
        yield return Info(MessageRules.ConfirmWaitTimeImplicit, Ip, [InfoTypeAndValue.ImplicitConfirm, wait], [wait], 1);
        yield return Of(MessageRules.ConfirmWaitTimeMessageTime, Make(HeaderOf(Ip) with { MessageTime = null }, Ip), Good(Ip), message => message.Header.GeneralInfo[0].Encoded);
        yield return Of(MessageRules.ConfirmWaitTimeMissing, Make(HeaderOf(Ip) with { GeneralInfo = [] }, Ip), Make(HeaderOf(Ip) with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }, Ip), message => message.Header.Encoded);
        yield return Info(MessageRules.CertProfileForm, Ir, [new(Oids.CertProfile, utf8)], [InfoTypeAndValue.CertProfile("tls")]);
        yield return Info(MessageRules.CertProfileForm, Ir, [new(Oids.CertProfile)], [InfoTypeAndValue.CertProfile("tls")]);
        yield return Info(MessageRules.CertProfileCount, new P10crBody(Pkcs10()), [InfoTypeAndValue.CertProfile("tls", "vpn")], [InfoTypeAndValue.CertProfile("tls")]);
        yield return Info(MessageRules.CertProfileOne, Ir, [InfoTypeAndValue.CertProfile("tls", "vpn")], [InfoTypeAndValue.CertProfile("tls")]);
        yield return Info(MessageRules.CertProfilePlace, Rr, [InfoTypeAndValue.CertProfile("tls")], []);
        GenMsgContent asksForCerts = new([InfoTypes.CaCerts()]), asksForTemplate = new([InfoTypes.CertReqTemplate()]);
        yield return Of(
            MessageRules.CertProfilePlace,
            Make(HeaderOf(asksForCerts) with { GeneralInfo = [InfoTypeAndValue.CertProfile("tls")] }, asksForCerts),
            Make(HeaderOf(asksForTemplate) with { GeneralInfo = [InfoTypeAndValue.CertProfile("tls")] }, asksForTemplate),
            message => message.Header.GeneralInfo[0].Encoded);
        PkiMessage original = PkiMessage.Decode(Good(Ir));
        yield return Info(MessageRules.OrigPkiMessageCount, Ir, [InfoTypes.OrigPkiMessage([original, original])], [InfoTypes.OrigPkiMessage([original])]);
    }

    private static IEnumerable<RuleCase> OfProtection()
    {
        AlgorithmIdentifier Pbm(int salt, BigInteger count, AlgorithmIdentifier? owf = null) =>
            new(Oids.PasswordBasedMac, new PbmParameter(Samples.Octets(salt), owf ?? AlgorithmIdentifier.WithNull(Oids.Sha256), count, AlgorithmIdentifier.WithNull(Oids.HmacWithSha256)).Encoded);
        AlgorithmIdentifier Pbmac1(int salt, BigInteger count, AlgorithmIdentifier? prf = null) =>
            new(Oids.Pbmac1, Pbmac1Params.Create(new Pbkdf2Params(Samples.Octets(salt), count, 32, prf ?? Samples.HmacWithSha256), Samples.HmacWithSha256).Encoded);
        RuleCase Mac(MessageRule rule, AlgorithmIdentifier algorithm) =>
            Of(rule, Make(UnderMac(Ir) with { ProtectionAlg = algorithm }, Ir, []), Make(UnderMac(Ir), Ir, []), message => message.Header.ProtectionAlg!.Encoded);

        yield return Of(MessageRules.ProtectionMissing, Make(HeaderOf(Ir) with { ProtectionAlg = null }, Ir, isProtected: false), Good(Ir), message => message.Header.Encoded);
        yield return Of(MessageRules.ProtectionError, Make(HeaderOf(Error) with { ProtectionAlg = null }, Error, isProtected: false), Good(Error), message => message.Body.Encoded);
        yield return Of(MessageRules.ProtectionAlg, Make(HeaderOf(Ir) with { ProtectionAlg = null }, Ir), Good(Ir), message => message.Protection!.Value);
        yield return Of(MessageRules.ProtectionAlg, Make(HeaderOf(Ir), Ir, isProtected: false), Good(Ir), message => message.Header.ProtectionAlg!.Encoded);
        yield return Of(MessageRules.ProtectionWeakSignature, Make(HeaderOf(Ir) with { ProtectionAlg = AlgorithmIdentifier.WithNull(Oids.Sha1WithRsa) }, Ir), Good(Ir), message => message.Header.ProtectionAlg!.Encoded);
        yield return Mac(MessageRules.MacParameters, AlgorithmIdentifier.WithNull(Oids.PasswordBasedMac));
        yield return Mac(MessageRules.MacParameters, new AlgorithmIdentifier(Oids.Pbmac1));
        yield return Of(MessageRules.MacParameters, Make(HeaderOf(Ir) with { ProtectionAlg = new AlgorithmIdentifier(Oids.DhBasedMac, new byte[] { 0x30, 0 }) }, Ir), Good(Ir), message => message.Header.ProtectionAlg!.Encoded);
        yield return Of(MessageRules.MacParameters, Make(HeaderOf(Ir) with { ProtectionAlg = new AlgorithmIdentifier(Oids.KemBasedMac) }, Ir), Good(Ir), message => message.Header.ProtectionAlg!.Encoded);
        yield return Mac(MessageRules.MacIterations, Pbm(16, 99));
        yield return Mac(MessageRules.MacIterations, Pbm(16, -1));
        yield return Mac(MessageRules.MacFewIterations, Pbm(16, 9_999));
        yield return Mac(MessageRules.MacFewIterations, Pbmac1(16, 9_999));
        yield return Mac(MessageRules.MacSalt, Pbm(7, 10_000));
        yield return Mac(MessageRules.MacSalt, Pbmac1(7, 10_000));
        yield return Mac(MessageRules.MacSha1, Pbm(16, 10_000, AlgorithmIdentifier.WithNull(Oids.Sha1)));
        yield return Mac(MessageRules.MacSha1, Pbmac1(16, 10_000, AlgorithmIdentifier.WithNull(Oids.HmacWithSha1)));
        yield return Mac(MessageRules.MacSha1, AlgorithmIdentifier.WithNull(Oids.HmacWithSha1));
        AlgorithmIdentifier mislabelled = new(Oids.Pbmac1, new Pbmac1Params(new AlgorithmIdentifier(Oids.Pbes2, Samples.Pbkdf2Params.Encoded), Samples.HmacWithSha256).Encoded);
        yield return Mac(MessageRules.MacDerivation, mislabelled);

        Certificate other = Renamed("CN=another, O=Example, C=DE"), issuer = Renamed("CN=Test CA, O=Example, C=DE", "CN=Root, O=Example, C=DE");
        Certificate root = Renamed("CN=Root, O=Example, C=DE", "CN=Root, O=Example, C=DE", Samples.Octets(20));
        yield return Of(MessageRules.ExtraCertsMissing, Make(HeaderOf(Ir), Ir, []), Good(Ir), message => message.Header.Encoded);
        yield return Of(MessageRules.ExtraCertsSignerFirst, Make(HeaderOf(Ir), Ir, [other, Samples.Certificate]), Make(HeaderOf(Ir), Ir, [Samples.Certificate, other]), message => message.ExtraCerts[0].Encoded);
        yield return Of(MessageRules.ExtraCertsSignerFirst, Make(HeaderOf(Ir) with { SenderKid = Samples.Octets(20, 2) }, Ir), Good(Ir), message => message.ExtraCerts[0].Encoded);
        yield return Of(MessageRules.ExtraCertsOrder, Make(HeaderOf(Ir), Ir, [Samples.Certificate, other, issuer]), Make(HeaderOf(Ir), Ir, [Samples.Certificate, issuer, other]), message => message.ExtraCerts[2].Encoded);
        yield return Of(MessageRules.ExtraCertsSelfSigned, Make(HeaderOf(Ir), Ir, [Samples.Certificate, issuer, root]), Make(HeaderOf(Ir), Ir, [Samples.Certificate, issuer]), message => message.ExtraCerts[2].Encoded);
        yield return Of(MessageRules.ExtraCertsChain, Make(UnderMac(Ip), Ip, []), Make(UnderMac(Ip), Ip, [issuer]), message => message.Header.Encoded);
        yield return Of(MessageRules.CertificateSyntax, Broken(Make(UnderMac(Ip), Ip, [issuer]), tree => tree.Children![3].Children![0].Children![0].Children!.Clear()), Make(UnderMac(Ip), Ip, [issuer]), message => message.ExtraCerts[0].Encoded);
    }

    private static IEnumerable<RuleCase> OfRequests()
    {
        RuleCase Asked(MessageRule rule, CertTemplate template, CertTemplate? twin = null) =>
            Of(rule, Good(Ask(PkiBodyType.Ir, template)), Good(Ask(PkiBodyType.Ir, twin ?? Template)), message => First(message).CertReq.CertTemplate.Encoded);

        CertReqMsg one = Ir.Requests[0], two = one with { CertReq = one.CertReq with { CertReqId = 1 } };
        yield return Of(MessageRules.RequestCount, Good(new CertReqMessages(PkiBodyType.Ir, [one, two])), Good(Ir), message => message.Body.Encoded);
        yield return Of(MessageRules.RequestId, Good(new CertReqMessages(PkiBodyType.Ir, [two])), Good(Ir), message => First(message).Encoded);
        yield return Of(MessageRules.RequestIdDoubled, Good(new CertReqMessages(PkiBodyType.Ir, [one, one])), Good(Ir), message => ((CertReqMessages)message.Body).Requests[1].Encoded);
        yield return Asked(MessageRules.TemplateVersion, Template with { Version = 1 }, Template with { Version = 2 });
        yield return Asked(MessageRules.TemplateReserved, Template with { SerialNumber = Samples.Octets(3) });
        yield return Asked(MessageRules.TemplateReserved, Template with { SigningAlg = Samples.Sha256WithRsa });
        yield return Asked(MessageRules.TemplateReserved, Template with { IssuerUid = new byte[] { 0, 1 } });
        yield return Asked(MessageRules.TemplateReserved, Template with { SubjectUid = new byte[] { 0, 1 } });
        yield return Asked(MessageRules.TemplateValidity, Template with { NotBefore = Samples.Time, NotAfter = Samples.Time }, Template with { NotBefore = Samples.Time, NotAfter = Samples.Time.AddDays(1) });
        CertReqMessages subjectless = Ask(PkiBodyType.Ir, Template with { Subject = null, PublicKey = KemKey }, PopoPrivKey.Later(false, SubsequentMessage.EncrCert));
        yield return Of(MessageRules.TemplateSubject, Good(subjectless), Good(Ir), message => First(message).CertReq.CertTemplate.Encoded);
        Extension critical = AltName with { Critical = true };
        yield return Asked(MessageRules.TemplateNoName, Template with { Subject = Name.Empty }, Template with { Subject = Name.Empty, Extensions = [critical] });
        yield return Of(MessageRules.TemplateNoName, Good(new P10crBody(Pkcs10(Name.Empty))), Good(new P10crBody(Pkcs10())), message => ((P10crBody)message.Body).Request.Encoded);
        RuleCase OfExtension(MessageRule rule, CertTemplate template, CertTemplate twin, int index = 0) =>
            Of(rule, Good(Ask(PkiBodyType.Ir, template)), Good(Ask(PkiBodyType.Ir, twin)), message => First(message).CertReq.CertTemplate.Extensions[index].Encoded);
        yield return OfExtension(MessageRules.TemplateAltNameCritical, Template with { Subject = Name.Empty, Extensions = [AltName] }, Template with { Subject = Name.Empty, Extensions = [critical] });
        yield return OfExtension(MessageRules.TemplateEmptyAltName, Template with { Extensions = [new Extension(Oids.SubjectAltName, false, new byte[] { 0x30, 0 })] }, Template with { Extensions = [AltName] });
        yield return OfExtension(MessageRules.ExtensionsDoubled, Template with { Extensions = [AltName, AltName] }, Template with { Extensions = [AltName] }, 1);
        Extension[] many = [.. Enumerable.Range(1, 20).Select(number => new Extension("1.2.3." + number, false, new byte[] { 5, 0 }))];
        yield return OfExtension(MessageRules.ExtensionsDoubled, Template with { Extensions = [.. many, many[3]] }, Template with { Extensions = many }, 20);
        CertReqMessages keyless = Ask(PkiBodyType.Ir, Template with { PublicKey = null }, PopoPrivKey.Later(false, SubsequentMessage.EncrCert));
        CertReqMessages kem = Ask(PkiBodyType.Ir, Template with { PublicKey = KemKey }, PopoPrivKey.Later(false, SubsequentMessage.EncrCert));
        yield return Of(MessageRules.TemplateCentralKey, Good(keyless), Good(kem), message => First(message).Encoded);
        foreach (AttributeTypeAndValue control in new AttributeTypeAndValue[] { new(Oids.RegToken, new byte[] { 4, 0 }), new(Oids.OldCertId, new byte[] { 0x30, 0 }), new(Oids.RsaKeyLen, new byte[] { 2, 1, 0 }), new(Oids.PkiArchiveOptions, new byte[] { 4, 0 }) })
            yield return Of(MessageRules.ControlValue, Good(Ask(PkiBodyType.Ir, controls: [control])), Good(Ask(PkiBodyType.Ir, controls: [Controls.RegToken("token")])), message => First(message).CertReq.Controls[0].Encoded);
        yield return Of(MessageRules.UpdateProtection, Make(UnderMac(Kur), Kur, []), Good(Kur), message => message.Body.Encoded);
        yield return Of(MessageRules.UpdateOldCertId, Good(Ask(PkiBodyType.Kur)), Good(Kur), message => First(message).CertReq.Encoded);
        yield return Of(MessageRules.Pkcs10Version, Good(new P10crBody(Pkcs10(version: 1))), Good(new P10crBody(Pkcs10())), message => ((P10crBody)message.Body).Request.Info);
        CertReqMsg cross = Ccr.Requests[0];
        yield return Of(MessageRules.CrossCount, Good(new CertReqMessages(PkiBodyType.Ccr, [cross, cross with { CertReq = cross.CertReq with { CertReqId = 1 } }])), Good(Ccr), message => message.Body.Encoded);
        yield return Of(MessageRules.CrossProtection, Make(UnderMac(Ccr), Ccr, []), Good(Ccr), message => message.Body.Encoded);
        yield return Of(MessageRules.CrossTemplate, Good(Ask(PkiBodyType.Ccr, cross.CertReq.CertTemplate with { NotAfter = null })), Good(Ccr), message => First(message).CertReq.CertTemplate.Encoded);
    }

    private static IEnumerable<RuleCase> OfProofs()
    {
        RuleCase Proven(MessageRule rule, ProofOfPossession? proof, CertTemplate? template = null, ProofOfPossession? twin = null, CertTemplate? twinTemplate = null) => Of(
            rule,
            Good(Ask(PkiBodyType.Ir, template, proof, noProof: proof is null)),
            Good(Ask(PkiBodyType.Ir, twinTemplate ?? (twin is null ? Template : template), twin ?? Proof)),
            message => First(message).Popo?.Encoded ?? First(message).Encoded);

        PopoSigningKeyInput input = new(GeneralName.FromName(Samples.Subject), null, EcKey);
        CertTemplate nameless = Template with { Subject = null };
        yield return Proven(MessageRules.PopMissing, null);
        yield return Proven(MessageRules.PopSignature, PopoPrivKey.Later(false, SubsequentMessage.EncrCert), twin: PopoPrivKey.Later(false, SubsequentMessage.EncrCert), twinTemplate: Template with { PublicKey = KemKey });
        yield return Proven(MessageRules.PopInput, Proof with { PoposkInput = input });
        yield return Proven(MessageRules.PopInputProfile, Proof with { PoposkInput = input with { PublicKey = EcKey } }, Template with { PublicKey = null });
        yield return Proven(MessageRules.PopInputMissing, Proof, nameless);
        yield return Proven(MessageRules.PopInputKey, Proof with { PoposkInput = input with { PublicKey = EcKey with { Key = Samples.Octets(65, 5) } } }, nameless);
        yield return Proven(MessageRules.PopInputSender, Proof with { PoposkInput = input with { Sender = GeneralName.FromName(Samples.CaName) } }, nameless);
        CertReqMessages underMac = Ask(PkiBodyType.Ir, nameless, Proof with { PoposkInput = input });
        yield return Of(MessageRules.PopInputSender, Make(UnderMac(Ir) with { Sender = GeneralName.FromName(Samples.Subject), SenderKid = Reference }, underMac, []), Make(UnderMac(Ir), Ir, []), message => First(message).Popo!.Encoded);
        yield return Proven(MessageRules.PopAlgorithm, Proof with { Algorithm = Samples.Sha256WithRsa });
        yield return Proven(MessageRules.PopAlgorithm, Proof, Template with { PublicKey = KemKey });
        yield return Proven(MessageRules.PopWeakSignature, Proof with { Algorithm = new AlgorithmIdentifier(Oids.Sha1WithEcdsa) });
        yield return Proven(MessageRules.PopRaVerified, new RaVerified());
        yield return Proven(MessageRules.PopDeprecated, new PopoPrivKey(false, new byte[] { 0x80, 2, 0, 1 }), Template with { PublicKey = KemKey }, PopoPrivKey.Later(false, SubsequentMessage.EncrCert));

        PopoDecKeyChallContent challenges = new([Samples.Challenge]);
        yield return Of(MessageRules.ChallengeEmpty, Good(new PopoDecKeyChallContent([])), Good(challenges), message => message.Body.Encoded);
        yield return Of(MessageRules.ChallengeEmpty, Good(new PopoDecKeyRespContent([])), Good(new PopoDecKeyRespContent([7])), message => message.Body.Encoded);
        yield return Of(MessageRules.ChallengeOwf, Good(new PopoDecKeyChallContent([Samples.Challenge with { Owf = null }])), Good(new PopoDecKeyChallContent([Samples.Challenge, Samples.Challenge with { Owf = null }])), message => ((PopoDecKeyChallContent)message.Body).Challenges[0].Encoded);
        Challenge old = new(Samples.Challenge.Owf, Samples.Octets(32), Samples.Octets(128)), both = Samples.Challenge with { Encrypted = Samples.Octets(128) };
        PopoDecKeyChallContent inOldForm = new([old]);
        yield return Of(MessageRules.ChallengeForm, Make(InPvno(3, inOldForm), inOldForm), Make(InPvno(2, inOldForm), inOldForm), message => ((PopoDecKeyChallContent)message.Body).Challenges[0].Encoded);
        yield return Of(MessageRules.ChallengeForm, Good(new PopoDecKeyChallContent([both])), Good(challenges), message => ((PopoDecKeyChallContent)message.Body).Challenges[0].Encoded);
    }

    private static IEnumerable<RuleCase> OfEnvelopes()
    {
        EnvelopedData Of(RecipientInfo recipient) => new([recipient], CmsSamples.Content);
        EnvelopedData good = Of(CmsSamples.KeyTrans);
        CertRepMessage Issued(ReadOnlyMemory<byte> key) => new(PkiBodyType.Ip, [Ip.Responses[0] with { CertifiedKeyPair = Ip.Responses[0].CertifiedKeyPair! with { PrivateKey = key } }]);
        ReadOnlyMemory<byte> KeyOf(PkiMessage message) => ((CertRepMessage)message.Body).Responses[0].CertifiedKeyPair!.PrivateKey!.Value;
        RuleCase Sealed(MessageRule rule, byte[] departs, EnvelopedData? twin = null) =>
            RuleCases.Of(rule, Good(Issued(new EncryptedKey(departs).Encoded)), Good(Issued(new EncryptedKey((twin ?? good).Encoded).Encoded)), KeyOf);
        RuleCase SealedAs(MessageRule rule, EnvelopedData departs, EnvelopedData? twin = null) => Sealed(rule, departs.Encoded.ToArray(), twin);

        yield return Sealed(MessageRules.EnvelopeSyntax, Hex.Parse("30 05 02 01 02 31 00"));
        yield return RuleCases.Of(MessageRules.EnvelopeSyntax, Good(Issued(new byte[] { 0x30, 2, 5, 0 })), Good(Issued(new EncryptedKey(good.Encoded).Encoded)), KeyOf);
        yield return SealedAs(MessageRules.EnvelopeRecipients, good with { RecipientInfos = [CmsSamples.KeyTrans, CmsSamples.Password] });
        yield return SealedAs(MessageRules.EnvelopeRecipients, good with { RecipientInfos = [] });
        yield return SealedAs(MessageRules.EnvelopeRecipients, Of(CmsSamples.KeyAgree with { RecipientEncryptedKeys = [.. CmsSamples.KeyAgree.RecipientEncryptedKeys, .. CmsSamples.KeyAgree.RecipientEncryptedKeys] }), Of(CmsSamples.KeyAgree));
        yield return SealedAs(MessageRules.EnvelopeRecipientKind, Of(new UnknownRecipientInfo(2, DerNode.Constructed(0xA2, DerNode.Primitive(0x02, 4)).Encode())));
        yield return Sealed(MessageRules.EnvelopeVersion, Broken(good.Encoded.ToArray(), tree => tree.Children![0].Content = [3]));
        yield return Sealed(MessageRules.EnvelopeVersion, Broken(good.Encoded.ToArray(), tree => tree.Children![1].Children![0].Children![0].Content = [0]));
        yield return Sealed(MessageRules.EnvelopeVersion, Broken(Of(CmsSamples.Password).Encoded.ToArray(), tree => tree.Children![0].Content = [2]), EnvelopedData.Decode(Broken(Of(CmsSamples.Password).Encoded.ToArray(), tree => tree.Children![0].Content = [0])));
        yield return SealedAs(MessageRules.EnvelopeContent, good with { EncryptedContentInfo = CmsSamples.Content with { EncryptedContent = null } });
        yield return SealedAs(MessageRules.EnvelopeCipher, good with { EncryptedContentInfo = CmsSamples.Content with { ContentEncryptionAlgorithm = CmsSamples.Content.ContentEncryptionAlgorithm with { Oid = Oids.DesEde3Cbc } } });
        yield return SealedAs(MessageRules.EnvelopeSignedKey, good with { EncryptedContentInfo = CmsSamples.Content with { ContentType = Oids.Data } });
        var shorter = new AlgorithmIdentifier(Oids.Aes128Wrap);
        foreach ((RecipientInfo departs, RecipientInfo twin) in new (RecipientInfo, RecipientInfo)[]
        {
            (CmsSamples.KeyAgree with { KeyEncryptionAlgorithm = new AlgorithmIdentifier(Oids.StdDhSha256Kdf, shorter.Encoded) }, CmsSamples.KeyAgree),
            (CmsSamples.Password with { KeyEncryptionAlgorithm = shorter }, CmsSamples.Password),
            (CmsSamples.Kem with { Wrap = shorter }, CmsSamples.Kem),
        })
            yield return SealedAs(MessageRules.EnvelopeKeyWrap, Of(departs), Of(twin));

        EnvelopedData named = good with { EncryptedContentInfo = CmsSamples.Content with { ContentType = Oids.EncKeyWithId } };
        CertTemplate kem = Template with { PublicKey = KemKey };
        yield return RuleCases.Of(MessageRules.EnvelopeKeyWithId, Good(Ask(PkiBodyType.Ir, kem, PopoPrivKey.OfEnvelopedData(false, good.Encoded))), Good(Ask(PkiBodyType.Ir, kem, PopoPrivKey.OfEnvelopedData(false, named.Encoded))), message => First(message).Popo!.Encoded);
        CertReqMessages Archived(EncryptedKey key) => Ask(PkiBodyType.Ir, controls: [Controls.ArchiveOptions(new PkiArchiveOptions(key))]);
        CertReqMessages archived = Archived(new EncryptedKey(named.Encoded)), inOldForm = Archived(new EncryptedKey(Samples.EncryptedValue));
        ReadOnlyMemory<byte> ArchivedKey(PkiMessage message) => Controls.ReadArchiveOptions(First(message).CertReq.Controls[0]).EncryptedPrivKey!.Encoded;
        yield return RuleCases.Of(MessageRules.EnvelopeKeyWithId, Good(Archived(new EncryptedKey(good.Encoded))), Good(archived), ArchivedKey);
        yield return RuleCases.Of(MessageRules.EnvelopeEncryptedValue, Make(InPvno(3, inOldForm), inOldForm), Good(archived), ArchivedKey);
        yield return RuleCases.Of(MessageRules.EnvelopeEncryptedValue, Make(InPvno(3, inOldForm), inOldForm), Good(inOldForm), ArchivedKey);
        EncryptedKey none = new(Hex.Parse("30 05 02 01 02 31 00"));
        GenMsgContent Passphrase(EncryptedKey passphrase) => new([InfoTypes.RevPassphrase(passphrase)]);
        yield return RuleCases.Of(MessageRules.EnvelopeSyntax, Make(InPvno(3, Passphrase(none)), Passphrase(none)), Make(InPvno(3, Passphrase(none)), Passphrase(new EncryptedKey(good.Encoded))), message => ((GenMsgContent)message.Body).Items[0].InfoValue!.Value);
        PkiHeader InHeader(EncryptedKey passphrase) => HeaderOf(archived) with { GeneralInfo = [InfoTypes.RevPassphrase(passphrase)] };
        yield return RuleCases.Of(MessageRules.EnvelopeSyntax, Make(InHeader(none), archived), Make(InHeader(new EncryptedKey(good.Encoded)), archived), message => message.Header.GeneralInfo[0].InfoValue!.Value);
        PopoDecKeyChallContent Challenged(EnvelopedData rand) => new([Samples.Challenge with { EncryptedRand = rand.Encoded }]);
        yield return RuleCases.Of(MessageRules.EnvelopeRecipients, Good(Challenged(good with { RecipientInfos = [CmsSamples.KeyTrans, CmsSamples.KeyTrans] })), Good(Challenged(good)), message => ((PopoDecKeyChallContent)message.Body).Challenges[0].EncryptedRand!.Value);
        KeyRecRepContent Kept(EncryptedKey key) => new(new PkiStatusInfo(PkiStatus.Accepted)) { KeyPairHist = [new CertifiedKeyPair { Certificate = Samples.Certificate, PrivateKey = key.Encoded }] };
        yield return RuleCases.Of(MessageRules.EnvelopeContent, Good(Kept(new EncryptedKey((good with { EncryptedContentInfo = CmsSamples.Content with { EncryptedContent = ReadOnlyMemory<byte>.Empty } }).Encoded))), Good(Kept(new EncryptedKey(good.Encoded))), message => ((KeyRecRepContent)message.Body).KeyPairHist[0].PrivateKey!.Value);
        yield return RuleCases.Of(MessageRules.ResponseEncryptedValue, Good(Kept(new EncryptedKey(Samples.EncryptedValue))), Good(Kept(new EncryptedKey(good.Encoded))), message => ((KeyRecRepContent)message.Body).KeyPairHist[0].Encoded);
    }

    private static IEnumerable<RuleCase> OfAnswers()
    {
        RuleCase Answered(MessageRule rule, CertResponse response, CertResponse? twin = null, PkiBodyType type = PkiBodyType.Ip, bool atPair = false) => Of(
            rule,
            Good(new CertRepMessage(type, [response])),
            Good(new CertRepMessage(type, [twin ?? Ip.Responses[0]])),
            message => atPair ? ((CertRepMessage)message.Body).Responses[0].CertifiedKeyPair!.Encoded : ((CertRepMessage)message.Body).Responses[0].Encoded);
        RuleCase Said(MessageRule rule, PkiStatusInfo status, PkiStatusInfo? twin = null) =>
            Of(rule, Good(new ErrorMsgContent(status)), Good(new ErrorMsgContent(twin ?? PkiStatusInfo.Rejection(FailInfo.BadRequest))), message => ((ErrorMsgContent)message.Body).Status.Encoded);

        yield return Of(MessageRules.StatusUnknown, Good(new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo((PkiStatus)7))])), Good(new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))])), message => ((CertRepMessage)message.Body).Responses[0].Status.Encoded);
        yield return Said(MessageRules.StatusFailInfo, new PkiStatusInfo(PkiStatus.Waiting, null, FailInfo.BadPOP), new PkiStatusInfo(PkiStatus.Waiting));
        yield return Said(MessageRules.StatusFailInfoBits, PkiStatusInfo.Rejection((FailInfo)(1 << 27)));
        yield return Said(MessageRules.StatusFailInfoBits, PkiStatusInfo.Rejection(FailInfo.None));
        yield return Said(MessageRules.StatusNoReason, new PkiStatusInfo(PkiStatus.Rejection));

        CertResponse good = Ip.Responses[0], second = good with { CertReqId = 1 };
        yield return Of(MessageRules.ResponseEmpty, Good(new CertRepMessage(PkiBodyType.Ip, [])), Good(Ip), message => message.Body.Encoded);
        yield return Of(MessageRules.ResponseCount, Good(new CertRepMessage(PkiBodyType.Ip, [good, second])), Good(Ip), message => message.Body.Encoded);
        yield return Answered(MessageRules.ResponseId, second);
        yield return Answered(MessageRules.ResponseId, good with { CertReqId = 1 }, good with { CertReqId = -1 }, PkiBodyType.Cp);
        yield return Of(MessageRules.ResponseIdDoubled, Good(new CertRepMessage(PkiBodyType.Ip, [good, good])), Good(Ip), message => ((CertRepMessage)message.Body).Responses[1].Encoded);
        yield return Answered(MessageRules.ResponseStatus, good with { Status = new PkiStatusInfo(PkiStatus.RevocationWarning) }, good with { Status = new PkiStatusInfo(PkiStatus.GrantedWithMods) });
        yield return Answered(MessageRules.ResponseNoCertificate, good with { CertifiedKeyPair = null });
        yield return Answered(MessageRules.ResponseCertificate, good with { Status = PkiStatusInfo.Rejection(FailInfo.BadPOP) }, new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadPOP)), atPair: true);
        yield return Answered(MessageRules.ResponseEncryptedCert, good with { CertifiedKeyPair = new CertifiedKeyPair { EncryptedCert = new EncryptedKey(Samples.Enveloped).Encoded } }, atPair: true);
        yield return Answered(MessageRules.ResponsePrivateKey, good with { CertifiedKeyPair = good.CertifiedKeyPair! with { PrivateKey = Samples.EncryptedValue.Encoded } }, good with { CertifiedKeyPair = good.CertifiedKeyPair! with { PrivateKey = new EncryptedKey(Samples.Enveloped).Encoded } }, atPair: true);
        yield return Answered(MessageRules.ResponseEncryptedValue, good with { CertifiedKeyPair = good.CertifiedKeyPair! with { PrivateKey = Samples.EncryptedValue.Encoded } }, atPair: true);
        yield return Answered(MessageRules.ResponseCrossKey, good with { CertifiedKeyPair = good.CertifiedKeyPair! with { PrivateKey = new EncryptedKey(Samples.Enveloped).Encoded } }, type: PkiBodyType.Ccp, atPair: true);
        yield return Of(MessageRules.CaPubsPlace, Good(Answer(PkiBodyType.Kup) with { CaPubs = [Samples.Certificate] }), Good(Ip with { CaPubs = [Samples.Certificate] }), message => ((CertRepMessage)message.Body).CaPubs[0].Encoded);
        CertRepMessage refusal = new(PkiBodyType.Ip, [new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadPOP))]);
        yield return Of(MessageRules.CaPubsAlone, Good(refusal with { CaPubs = [Samples.Certificate] }), Good(refusal), message => ((CertRepMessage)message.Body).CaPubs[0].Encoded);
    }

    private static IEnumerable<RuleCase> OfOthers()
    {
        CertStatus status = Confirmation.Statuses[0];
        RuleCase Confirmed(MessageRule rule, CertStatus departs, CertStatus? twin = null) =>
            Of(rule, Good(new CertConfirmContent([departs])), Good(new CertConfirmContent([twin ?? status])), message => ((CertConfirmContent)message.Body).Statuses[0].Encoded);
        yield return Of(MessageRules.CertConfCount, Good(new CertConfirmContent([])), Good(Confirmation), message => message.Body.Encoded);
        yield return Confirmed(MessageRules.CertConfId, status with { CertReqId = 1 }, status with { CertReqId = -1 });
        yield return Of(MessageRules.CertConfIdDoubled, Good(new CertConfirmContent([status, status])), Good(Confirmation), message => ((CertConfirmContent)message.Body).Statuses[1].Encoded);
        yield return Confirmed(MessageRules.CertConfHashLength, status with { CertHash = Samples.Octets(31) });
        yield return Confirmed(MessageRules.CertConfHashLength, status with { HashAlg = AlgorithmIdentifier.WithNull(Oids.Sha512) }, status with { HashAlg = AlgorithmIdentifier.WithNull(Oids.Sha256) });
        yield return Confirmed(MessageRules.CertConfStatus, status with { StatusInfo = new PkiStatusInfo(PkiStatus.Waiting) }, status with { StatusInfo = PkiStatusInfo.Rejection(FailInfo.IncorrectData) });
        yield return Of(MessageRules.ErrorStatus, Good(new ErrorMsgContent(new PkiStatusInfo(PkiStatus.Accepted))), Good(Wait), message => ((ErrorMsgContent)message.Body).Status.Encoded);
        yield return Of(MessageRules.PollEmpty, Good(new PollReqContent([])), Good(new PollReqContent([0])), message => message.Body.Encoded);
        yield return Of(MessageRules.PollCount, Good(new PollReqContent([0, -1])), Good(new PollReqContent([0])), message => message.Body.Encoded);
        yield return Of(MessageRules.PollId, Good(new PollReqContent([1])), Good(new PollReqContent([-1])), message => message.Body.Encoded);
        yield return Of(MessageRules.PollId, Good(new PollRepContent([new PollRepEntry(1, 5)])), Good(new PollRepContent([new PollRepEntry(0, 5)])), message => ((PollRepContent)message.Body).Entries[0].Encoded);
        foreach (BigInteger wrong in new[] { BigInteger.MinusOne, BigInteger.Pow(2, 31) })
            yield return Of(MessageRules.PollCheckAfter, Good(new PollRepContent([new PollRepEntry(0, wrong)])), Good(new PollRepContent([new PollRepEntry(0, int.MaxValue)])), message => ((PollRepContent)message.Body).Entries[0].Encoded);

        RuleCase Revoked(MessageRule rule, RevDetails departs, RevDetails? twin = null, bool atCertificate = false) =>
            Of(rule, Good(new RevReqContent([departs])), Good(twin is null ? Rr : new RevReqContent([twin])), message => atCertificate ? ((RevReqContent)message.Body).Details[0].CertDetails.Encoded : ((RevReqContent)message.Body).Details[0].Encoded);
        RevDetails details = Rr.Details[0];
        yield return Of(MessageRules.RevocationEmpty, Good(new RevReqContent([])), Good(Rr), message => message.Body.Encoded);
        yield return Of(MessageRules.RevocationCount, Good(new RevReqContent([details, details])), Good(Rr), message => message.Body.Encoded);
        yield return Of(MessageRules.RevocationProtection, Make(UnderMac(Rr), Rr, []), Good(Rr), message => message.Body.Encoded);
        yield return Revoked(MessageRules.RevocationNothing, details with { CertDetails = new CertTemplate { Issuer = Samples.CaName } }, atCertificate: true);
        yield return Revoked(MessageRules.RevocationCertId, details with { CertDetails = new CertTemplate { SerialNumber = Samples.Octets(3) } }, atCertificate: true);
        yield return Revoked(MessageRules.RevocationReason, details with { CrlEntryDetails = [] });
        foreach (byte wrong in new byte[] { 7, 11 })
        {
            yield return Of(
                MessageRules.RevocationReasonValue,
                Good(new RevReqContent([details with { CrlEntryDetails = [new Extension(Oids.ReasonCode, false, new byte[] { 10, 1, wrong })] }])),
                Good(new RevReqContent([details with { CrlEntryDetails = [new Extension(Oids.ReasonCode, false, new byte[] { 10, 1, 10 })] }])),
                message => ((RevReqContent)message.Body).Details[0].CrlEntryDetails[0].Encoded);
        }
        yield return Of(MessageRules.RevocationDetails, Good(new RevReqContent([RevDetails.Of(Samples.Certificate, Cmp.Messages.Pkix.RevocationReason.Unspecified, Samples.Time)])), Good(Rr), message => ((RevReqContent)message.Body).Details[0].CrlEntryDetails[1].Encoded);
        PkiStatusInfo accepted = new(PkiStatus.Accepted);
        yield return Of(MessageRules.RevocationResponseCount, Good(new RevRepContent([accepted, accepted])), Good(Rp), message => message.Body.Encoded);
        yield return Of(MessageRules.RevocationResponseStatus, Good(new RevRepContent([new PkiStatusInfo(PkiStatus.Waiting)])), Good(Rp), message => ((RevRepContent)message.Body).Statuses[0].Encoded);
        yield return Of(MessageRules.RevocationResponseRevCerts, Good(Rp with { RevCerts = [.. Rp.RevCerts, .. Rp.RevCerts] }), Good(Rp), message => ((RevRepContent)message.Body).RevCerts[0].Encoded);
        yield return Of(MessageRules.AnnouncementStatus, Good(Announcement(PkiStatus.Accepted)), Good(Announcement(PkiStatus.RevocationNotification)), message => message.Body.Encoded);

        RuleCase General(MessageRule rule, InfoTypeAndValue departs, InfoTypeAndValue twin, bool isAnswer = false) => isAnswer
            ? Of(rule, Good(new GenRepContent([departs])), Good(new GenRepContent([twin])), message => ((GenRepContent)message.Body).Items[0].Encoded)
            : Of(rule, Good(new GenMsgContent([departs])), Good(new GenMsgContent([twin])), message => ((GenMsgContent)message.Body).Items[0].Encoded);
        yield return Of(MessageRules.GeneralCount, Good(new GenMsgContent([InfoTypes.CaCerts(), InfoTypes.CurrentCrl()])), Good(new GenMsgContent([InfoTypes.CaCerts()])), message => message.Body.Encoded);
        yield return Of(MessageRules.GeneralCount, Good(new GenRepContent([])), Good(new GenRepContent([InfoTypes.CaCerts()])), message => message.Body.Encoded);
        yield return General(MessageRules.GeneralUnknown, new("1.2.3.4"), InfoTypes.CaCerts());
        yield return General(MessageRules.GeneralPlace, InfoTypes.Crls([Samples.Crl]), InfoTypes.CrlStatusList([Samples.CrlStatus]));
        yield return General(MessageRules.GeneralPlace, InfoTypes.RootCaCert(), InfoTypes.RootCaKeyUpdate(), isAnswer: true);
        yield return General(MessageRules.GeneralPlace, InfoTypeAndValue.ImplicitConfirm, InfoTypes.CaCerts());
        yield return General(MessageRules.GeneralValue, new(Oids.CaCerts, new byte[] { 5, 0 }), InfoTypes.CaCerts());
        yield return General(MessageRules.GeneralValue, new(Oids.CrlStatusList), InfoTypes.CrlStatusList([Samples.CrlStatus]));
        yield return General(MessageRules.GeneralValue, new(Oids.CaCerts, new byte[] { 4, 0 }), InfoTypes.CaCerts([Samples.Certificate]), isAnswer: true);
        yield return General(MessageRules.GeneralValue, new(Oids.UnsupportedOids), InfoTypes.UnsupportedOids(["1.2.3"]), isAnswer: true);
        yield return General(MessageRules.GeneralOneCrl, InfoTypes.CrlStatusList([Samples.CrlStatus, Samples.CrlStatus]), InfoTypes.CrlStatusList([Samples.CrlStatus]));
        yield return General(MessageRules.GeneralOneCrl, InfoTypes.Crls([Samples.Crl, Samples.Crl]), InfoTypes.Crls([Samples.Crl]), isAnswer: true);
        yield return General(MessageRules.GeneralNewWithOld, InfoTypes.RootCaKeyUpdate(new RootCaKeyUpdateContent(Samples.Certificate)), InfoTypes.RootCaKeyUpdate(Samples.RootUpdate), isAnswer: true);
        foreach (CertReqTemplateContent wrong in new CertReqTemplateContent[] { new(Template, []), new(new CertTemplate(), [Controls.AlgId(new AlgorithmIdentifier(Oids.RsaEncryption))]), new(new CertTemplate(), [Controls.RegToken("token")]) })
            yield return General(MessageRules.GeneralTemplate, InfoTypes.CertReqTemplate(wrong), InfoTypes.CertReqTemplate(Samples.RequestTemplate), isAnswer: true);

        PkiMessage inner = PkiMessage.Decode(Good(Ir));
        NestedMessageContent nested = new([inner]), batch = new([inner, inner]);
        PkiHeader around = HeaderOf(nested) with { TransactionId = Samples.Octets(16, 0x50), SenderNonce = Samples.Octets(16, 0x60) };
        PkiHeader adding = HeaderOf(nested) with { TransactionId = inner.Header.TransactionId, SenderNonce = inner.Header.SenderNonce };
        yield return Of(MessageRules.NestedProtection, Make(UnderMac(nested) with { TransactionId = around.TransactionId }, nested, []), Make(around, nested), message => message.Body.Encoded);
        yield return Of(MessageRules.NestedNonce, Make(adding with { SenderNonce = around.SenderNonce }, nested), Make(adding, nested), message => message.Header.SenderNonce!.Value);
        yield return Of(MessageRules.NestedTransactionId, Make(around with { TransactionId = inner.Header.TransactionId }, batch), Make(around, batch), message => message.Header.TransactionId!.Value);
        NestedMessageContent wrongInside = new([PkiMessage.Decode(Good(new PollReqContent([])))]);
        yield return Of(MessageRules.PollEmpty, Make(around, wrongInside), Make(around, nested), message => ((NestedMessageContent)message.Body).Messages[0].Body.Encoded);
    }

    private static IEnumerable<RuleCase> OfConversations()
    {
        RuleCase Spoken(MessageRule rule, Conversation departs, Conversation twin, int at, Func<PkiMessage, ReadOnlyMemory<byte>>? where = null) =>
            new(rule, departs.Messages, twin.Messages, where ?? (message => message.Body.Encoded)) { At = at, IsConversation = true };
        Conversation Asked(PkiBody? request = null) => new Conversation().Client(request ?? Ir);
        Conversation Granted() => Asked().Server(Ip);
        PollRepContent later = new([new PollRepEntry(0, 5)]);
        CertRepMessage waiting = new(PkiBodyType.Ip, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Waiting))]);
        Conversation good = Granted().Client(Confirmation).Server(new PkiConfirmContent());

        yield return Spoken(MessageRules.ErrorFromClient, Asked().Server(new CertRepMessage(PkiBodyType.Ip, [new CertResponse(0, PkiStatusInfo.Rejection(FailInfo.BadPOP))])).Client(Error), good, 2);
        yield return Spoken(MessageRules.ConversationBody, Asked().Server(Answer(PkiBodyType.Cp)).Client(Confirmation).Server(new PkiConfirmContent()), good, 1);
        yield return Spoken(MessageRules.ConversationBody, Granted().Client(Confirmation).Server(later), good, 3);
        yield return Spoken(MessageRules.ConversationBody, Asked().Server(Ip).Client(Confirmation).Server(new PkiConfirmContent()).Client(new PollReqContent([0])).Server(later), good, 4);
        yield return Spoken(MessageRules.ConversationBody, good.Then().Client(Ir).Server(Ip).Client(Confirmation).Server(new PkiConfirmContent()), good, 4);
        yield return Spoken(MessageRules.ConversationBody, good.Then().Server(new PkiConfirmContent()), good, 4);
        yield return Spoken(MessageRules.ConversationRepeated, Asked().Again().Server(Ip).Client(Confirmation).Server(new PkiConfirmContent()), good, 1);
        yield return Spoken(MessageRules.ConversationTransactionId, Asked().Server(Ip, header => header with { TransactionId = Samples.Octets(16, 0x77) }).Client(Confirmation).Server(new PkiConfirmContent()), good, 1, message => message.Header.TransactionId!.Value);
        yield return Spoken(MessageRules.ConversationRecipNonce, Asked().Server(Ip, header => header with { RecipNonce = Samples.Octets(16, 0x77) }).Client(Confirmation).Server(new PkiConfirmContent()), good, 1, message => message.Header.RecipNonce!.Value);
        // the answer that was late may repeat the nonce of the request
        Conversation late = Asked().Server(waiting).Client(new PollReqContent([0]));
        yield return Spoken(MessageRules.ConversationRecipNonce, late.Then().Server(later, header => header with { RecipNonce = Conversation.Nonce(0) }), late.Then().Server(Ip, header => header with { RecipNonce = Conversation.Nonce(0) }).Client(Confirmation).Server(new PkiConfirmContent()), 3, message => message.Header.RecipNonce!.Value);
        yield return Spoken(MessageRules.ConversationSenderNonce, Granted().Client(Confirmation, header => header with { SenderNonce = Conversation.Nonce(0) }).Server(new PkiConfirmContent(), header => header with { RecipNonce = Conversation.Nonce(0) }), good, 2, message => message.Header.SenderNonce!.Value);
        yield return Spoken(MessageRules.ConversationPvno, Asked().Server(Ip, header => header with { Pvno = 3 }).Client(Confirmation).Server(new PkiConfirmContent()), good, 1, Pvno);
        yield return Spoken(MessageRules.ConversationProtection, Asked().Server(Ip, header => header with { ProtectionAlg = Samples.PasswordBasedMac }).Client(Confirmation).Server(new PkiConfirmContent(), header => header with { ProtectionAlg = null }), good, 1, message => message.Header.ProtectionAlg!.Encoded);
        yield return Spoken(MessageRules.ConversationSender, Granted().Client(Confirmation).Server(new PkiConfirmContent(), header => header with { Sender = GeneralName.FromName(Name.Parse("CN=somebody else")) }), good, 3, message => message.Header.Sender.Encoded);
        CertResponse other = Ip.Responses[0] with { CertReqId = 1 };
        yield return Spoken(MessageRules.ConversationCertReqId, Asked(new P10crBody(Pkcs10())).Server(new CertRepMessage(PkiBodyType.Cp, [other])).Client(new CertConfirmContent([Confirmation.Statuses[0] with { CertReqId = 1 }])).Server(new PkiConfirmContent()), Asked(new P10crBody(Pkcs10())).Server(Answer(PkiBodyType.Cp)).Client(Confirmation).Server(new PkiConfirmContent()), 1, message => ((CertRepMessage)message.Body).Responses[0].Encoded);
        CertReqMessages two = new(PkiBodyType.Ir, [Ir.Requests[0], Ir.Requests[0] with { CertReq = Ir.Requests[0].CertReq with { CertReqId = 1 } }]);
        yield return Spoken(MessageRules.ConversationCertReqId, Asked(two).Server(Ip).Client(Confirmation).Server(new PkiConfirmContent()), good, 1);
        CertReqMessages central = Ask(PkiBodyType.Ir, Template with { PublicKey = EcKey with { Key = ReadOnlyMemory<byte>.Empty } }, noProof: true);
        CertRepMessage withKey = new(PkiBodyType.Ip, [Ip.Responses[0] with { CertifiedKeyPair = Ip.Responses[0].CertifiedKeyPair! with { PrivateKey = new EncryptedKey(Samples.Enveloped).Encoded } }]);
        Conversation Central(CertRepMessage answer, CertReqMessages request) => new Conversation().Client(request, InV3).Server(answer, InV3).Client(Confirmation, InV3).Server(new PkiConfirmContent(), InV3);
        PkiHeader InV3(PkiHeader header) => header with { Pvno = 3 };
        yield return Spoken(MessageRules.ConversationPrivateKey, Central(Ip, central), Central(withKey, central), 1, message => ((CertRepMessage)message.Body).Responses[0].Encoded);
        yield return Spoken(MessageRules.ConversationPrivateKey, Central(withKey, Ir), Central(Ip, Ir), 1, message => ((CertRepMessage)message.Body).Responses[0].Encoded);
        yield return Spoken(MessageRules.ConversationImplicitConfirm, Asked().Server(Ip, header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }), new Conversation().Client(Ir, header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }).Server(Ip, header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }), 1, message => message.Header.GeneralInfo[0].Encoded);
        yield return Spoken(MessageRules.ConversationCertConf, new Conversation().Client(Ir, header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }).Server(Ip, header => header with { GeneralInfo = [InfoTypeAndValue.ImplicitConfirm] }).Client(Confirmation).Server(new PkiConfirmContent()), good, 2);
        yield return Spoken(MessageRules.ConversationCertConf, Granted().Client(new CertConfirmContent([Confirmation.Statuses[0] with { CertReqId = 5 }])).Server(new PkiConfirmContent()), good, 2, message => ((CertConfirmContent)message.Body).Statuses[0].Encoded);
        yield return Spoken(MessageRules.ConversationUnconfirmed, Granted(), good, 1);
        yield return Spoken(MessageRules.ConversationUnanswered, Granted().Client(Confirmation), good, 2);
        yield return Spoken(MessageRules.ConversationPollId, Asked().Server(waiting).Client(new PollReqContent([3])).Server(new PollRepContent([new PollRepEntry(3, 5)])), late.Then().Server(later), 2);
        yield return Spoken(MessageRules.ConversationPollId, late.Then().Server(new PollRepContent([new PollRepEntry(3, 5)])), late.Then().Server(later), 3, message => ((PollRepContent)message.Body).Entries[0].Encoded);
    }

    /// <summary>A message with this body that RFC 9483 has nothing against, signed by <see cref="Samples.Certificate"/>.</summary>
    internal static byte[] Good(PkiBody body) => Make(HeaderOf(body), body);

    internal static PkiHeader HeaderOf(PkiBody body)
    {
        bool begins = body.Type is PkiBodyType.Ir or PkiBodyType.Cr or PkiBodyType.P10cr or PkiBodyType.Kur or PkiBodyType.Krr or PkiBodyType.Rr or PkiBodyType.Ccr or PkiBodyType.Genm;
        bool wants = body is CertRepMessage rep && rep.Responses.Any(response => response.CertifiedKeyPair is not null);
        return Header with { Pvno = body.NeedsPvno3 ? 3 : 2, RecipNonce = begins ? null : Header.RecipNonce, GeneralInfo = wants ? [InfoTypeAndValue.ConfirmWaitTime(Samples.Time.AddDays(1))] : [] };
    }

    internal static CertRepMessage Answer(PkiBodyType type) => new(type, [new CertResponse(0, new PkiStatusInfo(PkiStatus.Accepted), new CertifiedKeyPair { Certificate = Samples.Certificate })]);

    internal static CertReqMessages Ask(PkiBodyType type, CertTemplate? template = null, ProofOfPossession? proof = null, IReadOnlyList<AttributeTypeAndValue>? controls = null, bool noProof = false) =>
        new(type, [new CertReqMsg(new CertRequest(0, template ?? Template, controls ?? []), noProof ? null : proof ?? Proof, [])]);

    internal static byte[] Make(PkiHeader header, PkiBody body, IReadOnlyList<Certificate>? extraCerts = null, bool isProtected = true) =>
        new PkiMessage(header, body) { Protection = isProtected ? Samples.Octets(64) : (ReadOnlyMemory<byte>?)null, ExtraCerts = extraCerts ?? [Samples.Certificate] }.Encoded.ToArray();

    private static PkiHeader UnderMac(PkiBody body) => HeaderOf(body) with
    {
        Sender = GeneralName.FromName(Name.FromCommonName("router7")),
        SenderKid = Reference,
        ProtectionAlg = Samples.PasswordBasedMac,
    };

    private static RevAnnContent Announcement(PkiStatus status) => new(status, CertId.Of(Samples.Certificate), Samples.Time, Samples.Time, []);

    private static RuleCase Of(MessageRule rule, byte[] departs, byte[] twin, Func<PkiMessage, ReadOnlyMemory<byte>> where) => new(rule, [departs], [twin], where);

    private static RuleCase Info(MessageRule rule, PkiBody body, IReadOnlyList<InfoTypeAndValue> departs, IReadOnlyList<InfoTypeAndValue> twin, int index = 0) =>
        Of(rule, Make(HeaderOf(body) with { GeneralInfo = departs }, body), Make(HeaderOf(body) with { GeneralInfo = twin }, body), message => message.Header.GeneralInfo[index].Encoded);

    private static ReadOnlyMemory<byte> Pvno(PkiMessage message) => message.Header.Encoded.Slice(message.Header.Encoded.Length >= 260 ? 4 : message.Header.Encoded.Length >= 131 ? 3 : 2);

    private static CertReqMsg First(PkiMessage message) => ((CertReqMessages)message.Body).Requests[0];

    private static byte[] Broken(byte[] octets, Action<DerNode> change)
    {
        DerNode tree = DerNode.Parse(octets);
        change(tree);
        return tree.Encode();
    }

    /// <summary>The first value with a tag.</summary>
    private static DerNode Find(DerNode node, byte tag) => node.Tag == tag ? node : (node.Children ?? []).Select(child => Search(child, tag)).First(found => found is not null)!;

    private static DerNode? Search(DerNode node, byte tag) => node.Tag == tag ? node : (node.Children ?? []).Select(child => Search(child, tag)).FirstOrDefault(found => found is not null);

    private static CertificationRequest Pkcs10(Name? subject = null, int version = 0) => CertificationRequest.Decode(Samples.Der(w =>
    {
        using (w.PushSequence())
        {
            using (w.PushSequence())
            {
                w.WriteInteger(version);
                w.WriteEncodedValue((subject ?? Samples.Subject).Encoded.Span);
                w.WriteEncodedValue(EcKey.Encoded.Span);
                using (w.PushSetOf(new System.Formats.Asn1.Asn1Tag(System.Formats.Asn1.TagClass.ContextSpecific, 0)))
                {
                }
            }
            w.WriteEncodedValue(EcdsaWithSha256.Encoded.Span);
            w.WriteBitString(Samples.Octets(64));
        }
    }));

    /// <summary>The certificate with other names, and with the authority key identifier of another key.</summary>
    private static Certificate Renamed(string subject, string issuer = "CN=Test CA, O=Example, C=DE", byte[]? authority = null)
    {
        DerNode tree = DerNode.Parse(Samples.Certificate.Encoded.ToArray());
        List<DerNode> fields = tree.Children![0].Children!;
        fields[3] = DerNode.Parse(Name.Parse(issuer).Encoded.ToArray());
        fields[5] = DerNode.Parse(Name.Parse(subject).Encoded.ToArray());
        if (authority is not null)
        {
            DerNode value = fields[9].Children![0].Children![3];
            value.Children![1].Content = [0x30, (byte)(authority.Length + 2), 0x80, (byte)authority.Length, .. authority];
        }
        return Certificate.Decode(tree.Encode());
    }
}
