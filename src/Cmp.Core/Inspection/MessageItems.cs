using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Numerics;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>The parts of each body, as items.</summary>
internal static class MessageItems
{
    internal static CmpMessageItem[] Of(PkiBody body) => body switch
    {
        CertReqMessages requests => [.. requests.Requests.Select(Request)],
        P10crBody p10cr => [Request(p10cr.Request)],
        CertRepMessage responses => [.. responses.Responses.Select(Response)],
        KeyRecRepContent recovery => Recovery(recovery),
        PopoDecKeyChallContent challenges => [.. challenges.Challenges.Select(Challenge)],
        PopoDecKeyRespContent answers => [.. answers.Numbers.Select(number => new CmpMessageItem(CmpMessageItemKind.ChallengeResponse) { Value = [Number(number)] })],
        RevReqContent revocations => [.. revocations.Details.Select(Revocation)],
        RevRepContent revoked => Revoked(revoked),
        CertConfirmContent confirmed => [.. confirmed.Statuses.Select(Confirmation)],
        PkiConfirmContent => [new CmpMessageItem(CmpMessageItemKind.Confirmation)],
        PollReqContent polls => [.. polls.CertReqIds.Select(id => new CmpMessageItem(CmpMessageItemKind.PollRequest) { CertReqId = id })],
        PollRepContent polls => [.. polls.Entries.Select(Poll)],
        GenMsgContent questions => [.. questions.Items.Select(item => Information(item, isAnswer: false))],
        GenRepContent answers => [.. answers.Items.Select(item => Information(item, isAnswer: true))],
        ErrorMsgContent error => [Error(error)],
        NestedMessageContent nested => [.. nested.Messages.Select(message => new CmpMessageItem(CmpMessageItemKind.Message) { Name = PkiBodyTypeNames.Of(message.Body.Type) })],
        CaKeyUpdContent root => [.. RootUpdate(root)],
        CertAnnContent certificate => [new CmpMessageItem(CmpMessageItemKind.Certificate).With(certificate.Certificate)],
        RevAnnContent revocation => [Announcement(revocation)],
        CrlAnnContent crls => [.. crls.Crls.Select(Crl)],
        RawBody raw => [new CmpMessageItem(CmpMessageItemKind.Unknown) { Name = PkiBodyTypeNames.Of(raw.Type), Value = [ValueText.OfOctets(raw.Content)] }],
        _ => throw new InvalidOperationException($"A body of type {body.GetType().Name} has no items."),
    };

    /// <summary>The words of a status, and those beside it; <see langword="null"/> where there are none.</summary>
    internal static string? TextOf(params PkiFreeText?[] texts) =>
        PkiFreeText.Show(CmpLimits.Default, texts) is { Length: > 0 } words ? words : null;

    private static CmpMessageItem Request(CertReqMsg request)
    {
        CertTemplate template = request.CertReq.CertTemplate;
        return new CmpMessageItem(CmpMessageItemKind.CertificateRequest)
        {
            CertReqId = request.CertReq.CertReqId,
            Subject = template.Subject?.ToString(),
            SubjectAltNames = AltNames(template.Extensions),
            Issuer = template.Issuer?.ToString(),
            SerialNumber = template.SerialNumber is { } serial ? Hex.Of(serial.Span) : null,
            NotBefore = template.NotBefore,
            NotAfter = template.NotAfter,
            KeyAlgorithm = KeyText.Of(template.PublicKey),
            ProofOfPossession = ProofText(request.Popo),
            Extensions = Names(template.Extensions),
            Controls = [.. CmpMessageInformation.Of(request.CertReq.Controls), .. CmpMessageInformation.Of(request.RegInfo)],
        };
    }

    private static CmpMessageItem Request(CertificationRequest request) => new(CmpMessageItemKind.CertificateRequest)
    {
        Subject = request.Subject.ToString(),
        SubjectAltNames = AltNames(request.Extensions),
        KeyAlgorithm = KeyText.Of(request.PublicKey),
        ProofOfPossession = $"signature ({Oids.NameOf(request.SignatureAlgorithm.Oid)})",
        Extensions = Names(request.Extensions),
    };

    private static string ProofText(ProofOfPossession? proof) => proof switch
    {
        null => "none",
        RaVerified => "raVerified",
        PopoSigningKey signature => $"signature ({Oids.NameOf(signature.Algorithm.Oid)})",
        PopoPrivKey key => PeerValue.Of(() => key.Kind switch
        {
            PopoPrivKeyKind.SubsequentMessage => key.Subsequent == SubsequentMessage.EncrCert ? "encrCert" : "challengeResp",
            PopoPrivKeyKind.AgreeMac => "agreeMAC",
            PopoPrivKeyKind.DhMac => "dhMAC",
            PopoPrivKeyKind.EncryptedKey => "encryptedKey",
            _ => "thisMessage",
        }) ?? "unreadable",
        _ => proof.GetType().Name,
    };

    private static string[] Names(IReadOnlyList<Extension> extensions) => [.. extensions.Select(extension => Oids.NameOf(extension.Oid))];

    private static IReadOnlyList<string> AltNames(IReadOnlyList<Extension> extensions)
    {
        Extension? names = extensions.FirstOrDefault(extension => extension.Oid == Oids.SubjectAltName);
        return names is null ? [] : PeerValue.Of(() => GeneralName.DecodeList(names.Value).Select(name => name.ToString()).ToArray()) ?? [];
    }

    private static CmpMessageItem Response(CertResponse response)
    {
        CertifiedKeyPair? pair = response.CertifiedKeyPair;
        return new CmpMessageItem(CmpMessageItemKind.CertificateResponse)
        {
            CertReqId = response.CertReqId,
            Status = response.Status.Status,
            FailInfo = response.Status.FailInfo,
            StatusText = TextOf(response.Status.StatusString),
            IsCertificateEncrypted = pair is null ? null : pair.EncryptedCert is not null,
            HasPrivateKey = pair is null ? null : pair.PrivateKey is not null,
            Value = Encrypted(pair),
        }.With(pair?.Certificate);
    }

    /// <summary>What comes encrypted, as far as it shows.</summary>
    private static string[] Encrypted(CertifiedKeyPair? pair) =>
    [
        .. pair?.EncryptedCert is { } certificate ? [$"certificate: {EnvelopeText.OfKey(certificate)}"] : Array.Empty<string>(),
        .. pair?.PrivateKey is { } key ? [$"private key: {EnvelopeText.OfKey(key)}"] : Array.Empty<string>(),
    ];

    private static CmpMessageItem[] Recovery(KeyRecRepContent recovery)
    {
        CmpMessageItem[] keys = [.. recovery.KeyPairHist.Select((pair, index) => new CmpMessageItem(CmpMessageItemKind.CertificateResponse)
        {
            CertReqId = index,
            Status = recovery.Status.Status,
            IsCertificateEncrypted = pair.EncryptedCert is not null,
            HasPrivateKey = pair.PrivateKey is not null,
            Value = Encrypted(pair),
        }.With(pair.Certificate))];
        if (recovery.NewSigCert is null && keys.Length > 0)
            return keys;
        CmpMessageItem whole = new CmpMessageItem(CmpMessageItemKind.CertificateResponse)
        {
            Status = recovery.Status.Status,
            FailInfo = recovery.Status.FailInfo,
            StatusText = TextOf(recovery.Status.StatusString),
        }.With(recovery.NewSigCert);
        return [whole, .. keys];
    }

    private static CmpMessageItem Challenge(Challenge challenge, int index) => new(CmpMessageItemKind.Challenge)
    {
        CertReqId = index,
        HashAlgorithm = challenge.Owf is { } owf ? Oids.NameOf(owf.Oid) : null,
        Value = [challenge.EncryptedRand is { } rand ? EnvelopeText.Of(rand) : $"{challenge.Encrypted.Length} octets encrypted"],
    };

    private static CmpMessageItem Revocation(RevDetails details)
    {
        CertTemplate template = details.CertDetails;
        return new CmpMessageItem(CmpMessageItemKind.RevocationRequest)
        {
            Subject = template.Subject?.ToString(),
            Issuer = template.Issuer?.ToString(),
            SerialNumber = template.SerialNumber is { } serial ? Hex.Of(serial.Span) : null,
            KeyAlgorithm = KeyText.Of(template.PublicKey),
            Reason = PeerValue.OfValue(() => details.Reason),
            InvalidityDate = PeerValue.OfValue(() => details.InvalidityDate),
        };
    }

    private static CmpMessageItem[] Revoked(RevRepContent revoked)
    {
        IEnumerable<CmpMessageItem> statuses = revoked.Statuses.Select((status, index) => new CmpMessageItem(CmpMessageItemKind.RevocationResponse)
        {
            Status = status.Status,
            FailInfo = status.FailInfo,
            StatusText = TextOf(status.StatusString),
            Issuer = index < revoked.RevCerts.Count ? revoked.RevCerts[index].Issuer.ToString() : null,
            SerialNumber = index < revoked.RevCerts.Count ? Hex.Of(revoked.RevCerts[index].SerialNumber.Span) : null,
        });
        return [.. statuses, .. revoked.Crls.Select(Crl)];
    }

    private static CmpMessageItem Confirmation(CertStatus status) => new(CmpMessageItemKind.Confirmation)
    {
        CertReqId = status.CertReqId,
        // a status that is left out is accepted (RFC 9810 5.3.18)
        Status = status.StatusInfo?.Status ?? PkiStatus.Accepted,
        FailInfo = status.StatusInfo?.FailInfo,
        StatusText = TextOf(status.StatusInfo?.StatusString),
        CertHash = Hex.Of(status.CertHash.Span),
        HashAlgorithm = status.HashAlg is { } algorithm ? Oids.NameOf(algorithm.Oid) : null,
    };

    private static CmpMessageItem Poll(PollRepEntry entry) => new(CmpMessageItemKind.PollResponse)
    {
        CertReqId = entry.CertReqId,
        CheckAfterSec = entry.CheckAfter > long.MaxValue || entry.CheckAfter < long.MinValue ? null : (long)entry.CheckAfter,
        StatusText = TextOf(entry.Reason),
    };

    private static CmpMessageItem Information(InfoTypeAndValue item, bool isAnswer)
    {
        var information = CmpMessageInformation.Of(item, isAnswer);
        return new CmpMessageItem(CmpMessageItemKind.Information) { Name = information.Name, Value = information.Value };
    }

    private static CmpMessageItem Error(ErrorMsgContent error) => new(CmpMessageItemKind.Error)
    {
        Status = error.Status.Status,
        FailInfo = error.Status.FailInfo,
        StatusText = TextOf(error.Status.StatusString, error.ErrorDetails),
        Value = error.ErrorCode is { } code ? [code.ToString(CultureInfo.InvariantCulture)] : [],
    };

    private static IEnumerable<CmpMessageItem> RootUpdate(CaKeyUpdContent root)
    {
        yield return new CmpMessageItem(CmpMessageItemKind.RootUpdate) { Name = "newWithNew" }.With(root.NewWithNew);
        if (root.NewWithOld is { } link)
            yield return new CmpMessageItem(CmpMessageItemKind.RootUpdate) { Name = "newWithOld" }.With(link);
        if (root.OldWithNew is { } back)
            yield return new CmpMessageItem(CmpMessageItemKind.RootUpdate) { Name = "oldWithNew" }.With(back);
    }

    private static CmpMessageItem Announcement(RevAnnContent revocation) => new(CmpMessageItemKind.Revocation)
    {
        Status = revocation.Status,
        Issuer = revocation.CertId.Issuer.ToString(),
        SerialNumber = Hex.Of(revocation.CertId.SerialNumber.Span),
        Reason = PeerValue.OfValue(() => revocation.Reason),
        NotBefore = revocation.WillBeRevokedAt,
        InvalidityDate = revocation.BadSinceDate,
    };

    private static CmpMessageItem Crl(CertificateList crl) => new(CmpMessageItemKind.Crl)
    {
        Issuer = PeerValue.Of(() => crl.Issuer.ToString()),
        NotBefore = PeerValue.OfValue<DateTimeOffset>(() => crl.ThisUpdate),
        NotAfter = PeerValue.OfValue(() => crl.NextUpdate),
        Value = PeerValue.Of(() => crl.Number is { } number ? new[] { Number(number) } : []) ?? [],
    };

    private static string Number(BigInteger number) => number.ToString(CultureInfo.InvariantCulture);
}
