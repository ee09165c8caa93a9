using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>Requests for certificates and their proofs (RFC 4211, RFC 9810 5.2.8, C.4 and D.6, RFC 9483 4.1).</summary>
internal static class RequestRules
{
    /// <summary>Fewer are compared with each other, more by a set.</summary>
    private const int Few = 8;

    internal static void Check(ref FindingCollector found, CertReqMessages body, PkiMessage message)
    {
        IReadOnlyList<CertReqMsg> requests = body.Requests;
        bool isCross = body.Type == PkiBodyType.Ccr;
        if (requests.Count > 1)
        {
            found.Add(isCross ? MessageRules.CrossCount : MessageRules.RequestCount, $"The message holds {requests.Count} requests.", body.Encoded);
            var ids = new HashSet<int>();
            foreach (CertReqMsg request in requests)
            {
                if (!ids.Add(request.CertReq.CertReqId))
                    found.Add(MessageRules.RequestIdDoubled, $"Two requests have the certReqId {request.CertReq.CertReqId}.", request.Encoded, body.Encoded);
            }
        }
        else if (requests[0].CertReq.CertReqId != 0 && !isCross)
        {
            found.Add(MessageRules.RequestId, $"The certReqId is {requests[0].CertReq.CertReqId}.", requests[0].Encoded, body.Encoded);
        }
        ProtectionFamily family = ProtectionFamilies.Of(message.Header.ProtectionAlg);
        if (body.Type == PkiBodyType.Kur && family == ProtectionFamily.SharedSecret)
            found.Add(MessageRules.UpdateProtection, "The kur is protected by a shared secret.", body.Encoded);
        if (isCross && family != ProtectionFamily.Signature)
            found.Add(MessageRules.CrossProtection, $"The ccr is {(family == ProtectionFamily.None ? "not protected" : "protected by a MAC")}.", body.Encoded);
        for (int i = 0; i < requests.Count; i++)
        {
            CertReqMsg request = requests[i];
            CheckTemplate(ref found, request.CertReq.CertTemplate, body.Type);
            CheckControls(ref found, request.CertReq, message.Header.Pvno);
            if (body.Type != PkiBodyType.Krr)
                CheckProof(ref found, request, message.Header, family, isCross);
            if (body.Type == PkiBodyType.Kur && request.CertReq.FindControl(Oids.OldCertId) is null)
                found.Add(MessageRules.UpdateOldCertId, "The kur does not say by oldCertID which certificate is to be updated.", request.CertReq.Encoded, body.Encoded);
        }
    }

    internal static void Check(ref FindingCollector found, P10crBody body)
    {
        CertificationRequest request = body.Request;
        ReadOnlySpan<byte> info = request.Info.Span;
        if (Tlv.TryEnter(info, 0x30, out ReadOnlySpan<byte> fields) && !(Tlv.TryEnter(fields, 2, out ReadOnlySpan<byte> version) && version.Length == 1 && version[0] == 0))
            found.Add(MessageRules.Pkcs10Version, "The version of the PKCS #10 request is not 0.", request.Info, body.Encoded);
        if (request.Subject.IsEmpty && Find(request.Extensions, Oids.SubjectAltName) is null)
            found.Add(MessageRules.TemplateNoName, "The PKCS #10 request names nobody, neither by a subject nor by alternative names.", request.Encoded, body.Encoded);
        CheckExtensions(ref found, request.Extensions, request.Subject.IsEmpty, body.Encoded);
        CheckSignature(ref found, request.SignatureAlgorithm, request.PublicKey.Algorithm, body.Encoded);
    }

    /// <summary>Whether an extension is there twice.</summary>
    internal static void CheckDoubled(ref FindingCollector found, IReadOnlyList<Extension> extensions, ReadOnlyMemory<byte> around)
    {
        HashSet<string>? seen = extensions.Count > Few ? [] : null;
        for (int i = 0; i < extensions.Count; i++)
        {
            bool isAgain = seen is not null && !seen.Add(extensions[i].Oid);
            for (int k = 0; seen is null && k < i && !isAgain; k++)
                isAgain = extensions[k].Oid == extensions[i].Oid;
            if (isAgain)
                found.Add(MessageRules.ExtensionsDoubled, $"The extension {extensions[i]} is there twice.", extensions[i].Encoded, around);
        }
    }

    private static void CheckTemplate(ref FindingCollector found, CertTemplate template, PkiBodyType type)
    {
        bool isCross = type == PkiBodyType.Ccr;
        if (template.Version is { } version && version != 2 && !(isCross && version == 0))
            found.Add(MessageRules.TemplateVersion, $"The version of the template is {version}.", template.Encoded);
        if (template.SerialNumber is not null || template.IssuerUid is not null || template.SubjectUid is not null || (template.SigningAlg is not null && !isCross))
        {
            string what = template.SerialNumber is not null ? "a serialNumber" : template.IssuerUid is not null ? "an issuerUID" : template.SubjectUid is not null ? "a subjectUID" : "a signingAlg";
            found.Add(MessageRules.TemplateReserved, $"The template names {what}.", template.Encoded);
        }
        if (template is { NotBefore: { } from, NotAfter: { } to } && to <= from)
            found.Add(MessageRules.TemplateValidity, $"The certificate that is asked for would end on {to:u}, and begin on {from:u}.", template.Encoded);
        bool hasNames = Find(template.Extensions, Oids.SubjectAltName) is not null;
        if (isCross)
        {
            if (template is not { Version: not null, SigningAlg: not null, Issuer: not null, NotBefore: not null, NotAfter: not null, Subject: not null, PublicKey.Key.IsEmpty: false })
                found.Add(MessageRules.CrossTemplate, "The template of the cross-certificate leaves something open.", template.Encoded);
        }
        else if (template.Subject is null && type != PkiBodyType.Krr)
        {
            found.Add(MessageRules.TemplateSubject, "The template has no subject.", template.Encoded);
        }
        else if (template.Subject is { IsEmpty: true } && !hasNames)
        {
            found.Add(MessageRules.TemplateNoName, "The template names nobody, neither by a subject nor by alternative names.", template.Encoded);
        }
        CheckExtensions(ref found, template.Extensions, template.Subject is { IsEmpty: true }, template.Encoded);
    }

    private static void CheckExtensions(ref FindingCollector found, IReadOnlyList<Extension> extensions, bool isNameless, ReadOnlyMemory<byte> around)
    {
        CheckDoubled(ref found, extensions, around);
        if (Find(extensions, Oids.SubjectAltName) is not { } names)
            return;
        if (names.Value.Length <= 2)
            found.Add(MessageRules.TemplateEmptyAltName, "subjectAltName is empty.", names.Encoded, around);
        else if (isNameless && !names.Critical)
            found.Add(MessageRules.TemplateAltNameCritical, "subjectAltName stands for the subject, and is not critical.", names.Encoded, around);
    }

    private static Extension? Find(IReadOnlyList<Extension> extensions, string oid)
    {
        for (int i = 0; i < extensions.Count; i++)
        {
            if (extensions[i].Oid == oid)
                return extensions[i];
        }
        return null;
    }

    private static void CheckControls(ref FindingCollector found, CertRequest request, int pvno)
    {
        for (int i = 0; i < request.Controls.Count; i++)
        {
            AttributeTypeAndValue control = request.Controls[i];
            if (!HasGoodValue(control))
                found.Add(MessageRules.ControlValue, $"The value of the control {control} is of another syntax.", control.Encoded, request.Encoded);
            else if (control.Oid == Oids.PkiArchiveOptions && Controls.ReadArchiveOptions(control).EncryptedPrivKey is { } key)
                EnvelopeRules.CheckSent(ref found, key.Encoded, EnvelopedContent.SentKey, pvno);
        }
    }

    /// <summary>Of those whose content nobody reads later only the tag is looked at.</summary>
    private static bool HasGoodValue(AttributeTypeAndValue control)
    {
        try
        {
            switch (control.Oid)
            {
                case Oids.RegToken or Oids.Authenticator:
                    return control.Value.Span[0] == 0x0C;
                case Oids.OldCertId:
                    Controls.ReadOldCertId(control);
                    return true;
                case Oids.ProtocolEncrKey:
                    SubjectPublicKeyInfo.Decode(control.Value);
                    return true;
                case Oids.PkiPublicationInfo or Oids.AltCertTemplate:
                    return control.Value.Span[0] == 0x30;
                case Oids.PkiArchiveOptions:
                    Controls.ReadArchiveOptions(control);
                    return true;
                case Oids.AlgId:
                    Controls.ReadAlgId(control);
                    return true;
                case Oids.RsaKeyLen:
                    return Controls.ReadRsaKeyLen(control) > 0;
                default:
                    return true; // those of others are theirs
            }
        }
        catch (CmpException)
        {
            return false;
        }
    }

    private static void CheckProof(ref FindingCollector found, CertReqMsg request, PkiHeader header, ProtectionFamily family, bool isCross)
    {
        CertTemplate template = request.CertReq.CertTemplate;
        SubjectPublicKeyInfo? key = template.PublicKey is { Key.IsEmpty: false } given ? given : null;
        if (key is null && request.Popo is RaVerified or PopoPrivKey)
            found.Add(MessageRules.TemplateCentralKey, "There is a proof of possession, and no public key that it could be of.", request.Encoded);
        switch (request.Popo)
        {
            case RaVerified raVerified:
                found.Add(MessageRules.PopRaVerified, "The request says raVerified in place of a proof: it is taken from registration authorities only.", raVerified.Encoded, request.Encoded);
                break;
            case PopoSigningKey proof:
                CheckSignature(ref found, proof.Algorithm, (key ?? proof.PoposkInput?.PublicKey)?.Algorithm, proof.Encoded);
                CheckInput(ref found, proof, request.CertReq, header, family);
                break;
            case PopoPrivKey proof:
                if (proof.Kind is PopoPrivKeyKind.ThisMessage or PopoPrivKeyKind.DhMac)
                    found.Add(MessageRules.PopDeprecated, $"The proof is by {(proof.Kind == PopoPrivKeyKind.DhMac ? "dhMAC" : "thisMessage")}.", proof.Encoded, request.Encoded);
                else if (proof.EnvelopedData is { } enveloped)
                    EnvelopeRules.Check(ref found, enveloped, EnvelopedContent.SentKey, proof.Encoded, request.Encoded);
                if (isCross || (key is not null && CanSign(key.Algorithm.Oid)))
                    found.Add(MessageRules.PopSignature, "A key that can sign proves possession otherwise.", proof.Encoded, request.Encoded);
                break;
            default:
                if (key is not null)
                    found.Add(MessageRules.PopMissing, "There is no proof of possession of the private key.", request.Encoded);
                break;
        }
    }

    private static void CheckInput(ref FindingCollector found, PopoSigningKey proof, CertRequest request, PkiHeader header, ProtectionFamily family)
    {
        CertTemplate template = request.CertTemplate;
        SubjectPublicKeyInfo? key = template.PublicKey is { Key.IsEmpty: false } given ? given : null;
        // such a template says elsewhere what is asked for (RFC 9810 5.2.1)
        bool isWhole = (template.Subject is not null && key is not null) || request.FindControl(Oids.AltCertTemplate) is not null;
        if (proof.PoposkInput is not { } input)
        {
            if (!isWhole)
                found.Add(MessageRules.PopInputMissing, $"The template has no {(template.Subject is null ? "subject" : "public key")}, and there is no poposkInput.", proof.Encoded);
            return;
        }
        if (isWhole)
            found.Add(MessageRules.PopInput, "There is a poposkInput, and the template has subject and public key.", proof.Encoded);
        else
            found.Add(MessageRules.PopInputProfile, "There is a poposkInput.", proof.Encoded);
        if (key is not null && !key.IsSameAs(input.PublicKey))
            found.Add(MessageRules.PopInputKey, "The key in poposkInput is another one than that of the template.", proof.Encoded);
        if (input.Sender is { } sender && (family == ProtectionFamily.SharedSecret || !sender.Encoded.Span.SequenceEqual(header.Sender.Encoded.Span)))
            found.Add(MessageRules.PopInputSender, $"poposkInput names the sender {sender}{(family == ProtectionFamily.SharedSecret ? ", and the message is under a shared secret" : ", and the header another one")}.", proof.Encoded);
    }

    private static void CheckSignature(ref FindingCollector found, AlgorithmIdentifier signature, AlgorithmIdentifier? key, ReadOnlyMemory<byte> where)
    {
        if (ProtectionFamilies.IsWeakSignature(signature.Oid))
            found.Add(MessageRules.PopWeakSignature, $"The proof of possession is signed by {signature}.", where);
        if (key is not null && KeyOf(signature.Oid) is { } expected && expected != key.Oid && !(expected == Oids.RsaEncryption && key.Oid == Oids.RsassaPss))
            found.Add(MessageRules.PopAlgorithm, $"The proof of possession is signed by {signature}, and the key is one of {key}.", where);
    }

    /// <summary>The algorithm of the keys that sign so; <see langword="null"/> where it is not known here.</summary>
    private static string? KeyOf(string signature) => signature switch
    {
        Oids.Md5WithRsa or Oids.Sha1WithRsa or Oids.Sha224WithRsa or Oids.Sha256WithRsa or Oids.Sha384WithRsa or Oids.Sha512WithRsa
            or Oids.RsassaPss or Oids.RsassaPssShake128 or Oids.RsassaPssShake256 => Oids.RsaEncryption,
        Oids.Sha1WithEcdsa or Oids.Sha224WithEcdsa or Oids.Sha256WithEcdsa or Oids.Sha384WithEcdsa or Oids.Sha512WithEcdsa
            or Oids.EcdsaWithShake128 or Oids.EcdsaWithShake256 => Oids.EcPublicKey,
        _ => CanSign(signature) ? signature : null,
    };

    /// <summary>Whether keys of an algorithm can sign, whatever their usage is to be (RFC 9483 4.1).</summary>
    private static bool CanSign(string key) => key is Oids.RsaEncryption or Oids.RsassaPss or Oids.EcPublicKey or Oids.Ed25519 or Oids.Ed448
        or Oids.MLDsa44 or Oids.MLDsa65 or Oids.MLDsa87
        or Oids.SlhDsaSha2128s or Oids.SlhDsaSha2128f or Oids.SlhDsaSha2192s or Oids.SlhDsaSha2192f or Oids.SlhDsaSha2256s or Oids.SlhDsaSha2256f
        or Oids.SlhDsaShake128s or Oids.SlhDsaShake128f or Oids.SlhDsaShake192s or Oids.SlhDsaShake192f or Oids.SlhDsaShake256s or Oids.SlhDsaShake256f;
}
