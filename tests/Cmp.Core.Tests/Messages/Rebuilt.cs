using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Tests.Messages;

/// <summary>Makes a structure anew from its fields, all levels, so that no received octets are left but those of values carried raw.</summary>
public static class Rebuilt
{
    public static PkiMessage From(PkiMessage m) => m with { Header = From(m.Header), Body = From(m.Body) };

    public static PkiHeader From(PkiHeader h) => h with
    {
        ProtectionAlg = From(h.ProtectionAlg),
        FreeText = From(h.FreeText),
        GeneralInfo = [.. h.GeneralInfo.Select(i => i with { })],
    };

    public static PkiBody From(PkiBody body) => body switch
    {
        CertReqMessages b => new CertReqMessages(b.Type, [.. b.Requests.Select(From)]),
        CertRepMessage b => new CertRepMessage(b.Type, [.. b.Responses.Select(From)]) { CaPubs = b.CaPubs },
        P10crBody b => b with { },
        CertConfirmContent b => new CertConfirmContent([.. b.Statuses.Select(From)]),
        PkiConfirmContent => new PkiConfirmContent(),
        ErrorMsgContent b => new ErrorMsgContent(From(b.Status)!, b.ErrorCode, From(b.ErrorDetails)),
        PollReqContent b => b with { },
        PollRepContent b => new PollRepContent([.. b.Entries.Select(e => e with { Reason = From(e.Reason) })]),
        PopoDecKeyChallContent b => new PopoDecKeyChallContent([.. b.Challenges.Select(c => c with { Owf = From(c.Owf) })]),
        PopoDecKeyRespContent b => b with { },
        KeyRecRepContent b => new KeyRecRepContent(From(b.Status)!) { NewSigCert = b.NewSigCert, CaCerts = b.CaCerts, KeyPairHist = [.. b.KeyPairHist.Select(p => p with { })] },
        RevReqContent b => new RevReqContent([.. b.Details.Select(d => new RevDetails(From(d.CertDetails), From(d.CrlEntryDetails)))]),
        RevRepContent b => new RevRepContent([.. b.Statuses.Select(s => From(s)!)]) { RevCerts = [.. b.RevCerts.Select(c => c with { })], Crls = b.Crls },
        CaKeyUpdContent { V2: { } v2 } => new CaKeyUpdContent(v2 with { }),
        CaKeyUpdContent { V3: { } v3 } => new CaKeyUpdContent(v3 with { }),
        CertAnnContent b => b with { },
        RevAnnContent b => b with { CertId = b.CertId with { }, CrlDetails = From(b.CrlDetails) },
        CrlAnnContent b => b with { },
        NestedMessageContent b => new NestedMessageContent([.. b.Messages.Select(From)]),
        GenMsgContent b => new GenMsgContent([.. b.Items.Select(i => i with { })]),
        GenRepContent b => new GenRepContent([.. b.Items.Select(i => i with { })]),
        RawBody b => b with { },
        _ => throw new ArgumentException(body.GetType().Name, nameof(body)),
    };

    public static CertReqMsg From(CertReqMsg m) => new(From(m.CertReq), From(m.Popo), From(m.RegInfo));

    public static CertRequest From(CertRequest r) => new(r.CertReqId, From(r.CertTemplate), From(r.Controls));

    public static CertTemplate From(CertTemplate t) => t with
    {
        SigningAlg = From(t.SigningAlg),
        PublicKey = From(t.PublicKey),
        Extensions = From(t.Extensions),
    };

    public static ProofOfPossession? From(ProofOfPossession? popo) => popo switch
    {
        null => null,
        RaVerified => new RaVerified(),
        PopoSigningKey p => new PopoSigningKey(From(p.PoposkInput), From(p.Algorithm)!, p.Signature),
        PopoPrivKey p => From(p),
        _ => throw new ArgumentException(popo.GetType().Name, nameof(popo)),
    };

    public static PopoPrivKey From(PopoPrivKey p) => p.Kind switch
    {
        PopoPrivKeyKind.SubsequentMessage => PopoPrivKey.Later(p.IsKeyAgreement, p.Subsequent!.Value),
        PopoPrivKeyKind.AgreeMac when p.IsKeyAgreement => PopoPrivKey.OfAgreeMac(new PkMacValue(From(p.AgreeMac!.Algorithm)!, p.AgreeMac.Value)),
        PopoPrivKeyKind.EncryptedKey => PopoPrivKey.OfEnvelopedData(p.IsKeyAgreement, p.EnvelopedData!.Value),
        _ => p with { },
    };

    public static PopoSigningKeyInput? From(PopoSigningKeyInput? i) => i is null ? null : new PopoSigningKeyInput(
        i.Sender,
        i.PublicKeyMac is { } mac ? new PkMacValue(From(mac.Algorithm)!, mac.Value) : null,
        From(i.PublicKey)!);

    public static CertResponse From(CertResponse r) => r with { Status = From(r.Status)!, CertifiedKeyPair = r.CertifiedKeyPair is { } pair ? pair with { } : null };

    public static CertStatus From(CertStatus s) => s with { StatusInfo = From(s.StatusInfo), HashAlg = From(s.HashAlg) };

    public static PkiStatusInfo? From(PkiStatusInfo? s) => s is null ? null : s with { StatusString = From(s.StatusString) };

    public static PkiFreeText? From(PkiFreeText? t) => t is null ? null : t with { };

    public static AlgorithmIdentifier? From(AlgorithmIdentifier? a) => a is null ? null : a with { };

    public static SubjectPublicKeyInfo? From(SubjectPublicKeyInfo? k) => k is null ? null : new SubjectPublicKeyInfo(From(k.Algorithm)!, k.Key);

    private static IReadOnlyList<Extension> From(IReadOnlyList<Extension> list) => [.. list.Select(e => e with { })];

    private static IReadOnlyList<AttributeTypeAndValue> From(IReadOnlyList<AttributeTypeAndValue> list) => [.. list.Select(a => a with { })];
}
