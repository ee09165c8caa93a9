using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>Makes the body of a request from what is asked for (rules 9, 11 to 14 and 48).</summary>
internal static class RequestBuilder
{
    /// <summary>The extensions that are the CA's own matter, and are not carried over from an old certificate.</summary>
    private static readonly HashSet<string> IssuerExtensions =
    [
        Oids.SubjectKeyIdentifier, Oids.AuthorityKeyIdentifier, Oids.SubjectAltName,
        "2.5.29.18", // issuerAltName
        "2.5.29.31", // cRLDistributionPoints
        "2.5.29.46", // freshestCRL
        "1.3.6.1.5.5.7.1.1", // authorityInfoAccess
        "1.3.6.1.4.1.11129.2.4.2", // signed certificate timestamps
    ];

    /// <summary>Whether an extension is in certificates without that anybody asks for it: the issuer's own matter.</summary>
    internal static bool IsIssuersOwn(string oid) => oid != Oids.SubjectAltName && IssuerExtensions.Contains(oid);

    /// <summary>The body of one request.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="key">The key that is to be certified; <see langword="null"/> where the CA makes it, or it is elsewhere.</param>
    /// <param name="settings">What is said of the server.</param>
    /// <param name="credential">Who asks.</param>
    /// <param name="recipient">The key that a key which the CA makes is to be encrypted to, where it must be told (protocolEncrKey).</param>
    /// <param name="encryption">The CA's certificate to encrypt to or to agree with, where <see cref="NeedsEncryptionCertificate"/> says so.</param>
    internal static PkiBody Build(EnrollmentRequest request, PrivateKey? key, ServerSettings settings, Credential? credential, SubjectPublicKeyInfo? recipient = null, Certificate? encryption = null)
    {
        EnsureTaken(IsOnBehalf(request) ? PkiBodyType.Cr : BodyType(request.Operation), settings, credential);
        if (request.Operation == EnrollmentOperation.Pkcs10)
            return Pkcs10(request, key);
        if (request.Operation == EnrollmentOperation.CrossCertification)
            return Build(request.Operation, [CrossCertificationBuilder.Build(request, settings, credential)]);
        return Build(request.Operation, [Message(request, key, settings, credential, 0, recipient, encryption)]);
    }

    /// <summary>The body of several requests.</summary>
    internal static CertReqMessages Build(EnrollmentOperation operation, IReadOnlyList<CertReqMsg> messages) => new(BodyType(operation), messages);

    /// <summary>One request of several; the parameters are those of <see cref="Build(EnrollmentRequest, PrivateKey?, ServerSettings, Credential?, SubjectPublicKeyInfo?, Certificate?)"/>.</summary>
    internal static CertReqMsg Message(EnrollmentRequest request, PrivateKey? key, ServerSettings settings, Credential? credential, int certReqId = 0, SubjectPublicKeyInfo? recipient = null, Certificate? encryption = null)
    {
        if (request.Operation == EnrollmentOperation.KeyUpdate && request.OldCertificate is null)
            throw Argument("CmpArgument.OldCertificate", "kur needs the certificate that is updated.");
        if (request.IsCentralKey)
            return CentralKey(request, settings, certReqId, recipient);
        if (key is null)
            throw Argument("CmpArgument.Key", "The request needs a key.");
        if (request.KeyAlgorithms.Count > 0 && !request.KeyAlgorithms.Contains(key.Algorithm))
            throw Argument("CmpRequestTemplate.KeyAlgorithm", $"The CA's template wants a key of {string.Join(" or ", request.KeyAlgorithms.Select(kind => kind.Name))}, and this one is of {key.Algorithm}.");
        // rule 14: what cannot be proven is not asked for
        ProofOfPossessionKind kind = ProofKinds.Choose(request, key, settings);
        CertTemplate template = Template(request, key.Algorithm, key.PublicKey, settings.AbsentSubject!.Value);
        if (kind == ProofOfPossessionKind.KeyAgreement && template.Subject is not { IsEmpty: false })
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProofOfPossession", "A proof by KeyAgreement covers a request that names its subject (RFC 4211 4.3).") { RecommendedAction = "Give -Subject, or prove possession another way." };
        }
        var certReq = new CertRequest(certReqId, template, [.. Controls(request), .. Archive(request, key, template, settings, encryption)]);
        return new CertReqMsg(certReq, Proof(kind, certReq, key, settings, credential, encryption), RegInfo(request));
    }

    /// <summary>Whether the CA's certificate to encrypt to or to agree with must be known before the request can be made.</summary>
    internal static bool NeedsEncryptionCertificate(EnrollmentRequest request) => !request.IsCentralKey && request.Operation != EnrollmentOperation.Pkcs10
        && (request.ArchiveKey || request.ProofOfPossession is ProofOfPossessionKind.KeyAgreement or ProofOfPossessionKind.EncryptedKey);

    /// <summary>
    /// A request for a key that the CA makes: no key is named, or its algorithm alone, and nothing is proven (RFC 9483 4.1.6). What the algorithm cannot say, the
    /// length of RSA keys, says a control, and another one names the algorithm to those who look there (RFC 9810 5.3.19.16).
    /// </summary>
    private static CertReqMsg CentralKey(EnrollmentRequest request, ServerSettings settings, int certReqId, SubjectPublicKeyInfo? recipient)
    {
        if (request.ProofOfPossession is not (null or ProofOfPossessionKind.None))
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProofOfPossession", "A key that the CA makes is not proven to it.")
            {
                RecommendedAction = "Leave -ProofOfPossession out, or -CentralKeyGeneration.",
            };
        }
        KeyAlgorithm? algorithm = request.Key is { IsOfAnyKind: false } wanted ? wanted.Algorithm : null;
        if (algorithm is not null && request.KeyAlgorithms.Count > 0 && !request.KeyAlgorithms.Contains(algorithm))
            throw Argument("CmpRequestTemplate.KeyAlgorithm", $"The CA's template wants a key of {string.Join(" or ", request.KeyAlgorithms.Select(one => one.Name))}, and one of {algorithm} is asked for.");
        SubjectPublicKeyInfo? key = algorithm is null ? null : new SubjectPublicKeyInfo(algorithm.ToIdentifier(), ReadOnlyMemory<byte>.Empty);
        List<AttributeTypeAndValue> controls = Controls(request);
        if (algorithm is not null)
            controls.Add(algorithm.RsaBits is { } bits ? Messages.Crmf.Controls.RsaKeyLen(bits) : Messages.Crmf.Controls.AlgId(algorithm.ToIdentifier()));
        if (recipient is not null)
            controls.Add(Messages.Crmf.Controls.ProtocolEncrKey(recipient));
        if (request.ArchiveKey)
            controls.Add(Messages.Crmf.Controls.ArchiveOptions(ArchivedKey.OfCentralKey()));
        var certReq = new CertRequest(certReqId, Template(request, algorithm, key, settings.AbsentSubject!.Value), controls);
        return new CertReqMsg(certReq, null, RegInfo(request));
    }

    private static ProofOfPossession Proof(ProofOfPossessionKind kind, CertRequest certReq, PrivateKey key, ServerSettings settings, Credential? credential, Certificate? encryption)
    {
        // the forms of cmp2000 only where the user wants that version
        bool isOld = settings.ProtocolVersion is 1 or 2;
        bool isKeyAgreement = Proofs.Of(key.PublicKey).HasFlag(KeyProofs.KeyAgreement);
        switch (kind)
        {
            case ProofOfPossessionKind.RaVerified:
                return new RaVerified();
            case ProofOfPossessionKind.EncryptedCertificate:
                return PopoPrivKey.Later(isKeyAgreement, SubsequentMessage.EncrCert);
            case ProofOfPossessionKind.ChallengeResponse:
                return PopoPrivKey.Later(isKeyAgreement, SubsequentMessage.ChallengeResp);
            case ProofOfPossessionKind.KeyAgreement:
                return isOld ? DhMacProof.Create(certReq, key, encryption!) : AgreeMacProof.Create(certReq, key, encryption!);
            case ProofOfPossessionKind.EncryptedKey:
                return isOld
                    ? ThisMessageProof.Create(key, encryption!.PublicKey)
                    : EncryptedKeyProof.Create(key, EnvelopeRecipient.Of(encryption!), IdentifierOf(credential, certReq.CertTemplate));
            default:
                return SignatureProof.Create(
                    certReq,
                    key,
                    SignatureAlgorithms.For(key, settings.HashAlgorithm, settings.RsaPadding == RsaPadding.Pss),
                    certReq.CertTemplate.Subject is null && settings.AbsentSubject == AbsentSubject.OmitWithInput ? ProofInput(key, credential, settings) : null);
        }
    }

    /// <summary>Whose a key says that it is, where it is sent as its own proof: whom the CA knows the message to be of (RFC 4211 4.2.1).</summary>
    private static GeneralName IdentifierOf(Credential? credential, CertTemplate template) => credential switch
    {
        CertificateCredential signer => GeneralName.FromName(signer.Certificate.Subject),
        SharedSecret { Reference.IsEmpty: false } secret => GeneralName.FromName(Name.FromCommonName(secret.ReferenceText)),
        _ => template.Subject is { IsEmpty: false } subject ? GeneralName.FromName(subject) : throw Argument("CmpArgument.Subject", "A key that is sent as its own proof says whose it is: give -Subject, or a credential."),
    };

    private static IReadOnlyList<AttributeTypeAndValue> RegInfo(EnrollmentRequest request) => request.RegistrationInfo.Count > 0 ? [Messages.Crmf.Controls.Utf8Pairs(request.RegistrationInfo)] : [];

    /// <summary>What such a server is known not to take is not sent to it.</summary>
    /// <exception cref="CmpException"><c>CmpArgument.NotTaken</c>.</exception>
    internal static void EnsureTaken(PkiBodyType type, ServerSettings settings, Credential? credential)
    {
        string? why = settings.UnsupportedRequests!.Contains(PkiBodyTypeNames.Of(type)) ? $"takes no {PkiBodyTypeNames.Of(type)}"
            : type == PkiBodyType.Ir && settings.InitializationNeedsSecret!.Value && credential is SigningCertificate ? "takes an ir under a shared secret only"
            : null;
        if (why is not null)
        {
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.NotTaken", $"A server of the preset {PeerText.Escape(settings.Preset ?? Presets.Rfc9483)} {why}.")
            {
                RecommendedAction = type == PkiBodyType.Ir ? "Give -Credential, or ask by -Operation Certification." : "Ask for it another way, or use another preset.",
            };
        }
    }

    /// <summary>Whether a PKCS #10 request of somebody else becomes one of ours, of which we say that it was verified (RFC 9483 5.3.1).</summary>
    private static bool IsOnBehalf(EnrollmentRequest request) => request is { Operation: EnrollmentOperation.Pkcs10, ProofOfPossession: ProofOfPossessionKind.RaVerified };

    private static PkiBody Pkcs10(EnrollmentRequest request, PrivateKey? key)
    {
        CertificationRequest pkcs10 = request.Pkcs10 ?? throw Argument("CmpArgument.Pkcs10", "p10cr needs a PKCS #10 request.");
        key?.EnsureFits(pkcs10.PublicKey);
        if (IsOnBehalf(request))
            return OnBehalf(request, pkcs10);
        return request.ProofOfPossession is null or ProofOfPossessionKind.Signature ? new P10crBody(pkcs10)
            : throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProofOfPossession", "A PKCS #10 request proves possession by its signature.")
            {
                RecommendedAction = "Leave -ProofOfPossession out; RaVerified makes a request of ours of it, after its signature was checked.",
            };
    }

    /// <summary>A cr with the subject, key and extensions of a PKCS #10 request, whose signature is checked here and means nothing any more: raVerified stands for it.</summary>
    private static CertReqMessages OnBehalf(EnrollmentRequest request, CertificationRequest pkcs10)
    {
        RequesterProof.Check(pkcs10);
        IEnumerable<Extension> asked = pkcs10.Extensions.Where(extension => !request.Extensions.Any(other => other.Oid == extension.Oid));
        var template = new CertTemplate
        {
            Issuer = request.Issuer,
            NotBefore = request.NotBefore,
            NotAfter = request.NotAfter,
            Subject = pkcs10.Subject,
            PublicKey = pkcs10.PublicKey,
            Extensions = [.. request.Extensions, .. asked],
        };
        return new CertReqMessages(PkiBodyType.Cr, [new CertReqMsg(new CertRequest(0, template, Controls(request)), new RaVerified(), RegInfo(request))]);
    }

    internal static PkiBodyType BodyType(EnrollmentOperation operation) => operation switch
    {
        EnrollmentOperation.Initialization => PkiBodyType.Ir,
        EnrollmentOperation.Certification => PkiBodyType.Cr,
        EnrollmentOperation.KeyUpdate => PkiBodyType.Kur,
        EnrollmentOperation.CrossCertification => PkiBodyType.Ccr,
        _ => PkiBodyType.P10cr,
    };

    private static CertTemplate Template(EnrollmentRequest request, KeyAlgorithm? algorithm, SubjectPublicKeyInfo? key, AbsentSubject absentSubject)
    {
        Certificate? old = request.OldCertificate;
        Name? subject = request.Subject ?? old?.Subject;
        bool hasSubject = subject is { IsEmpty: false };
        return new CertTemplate
        {
            // who begins anew is not bound to who issued the old one
            Issuer = request.Issuer ?? (request.Operation == EnrollmentOperation.KeyUpdate ? old?.Issuer : null),
            NotBefore = request.NotBefore,
            NotAfter = request.NotAfter,
            Subject = hasSubject ? subject : absentSubject == AbsentSubject.NullDn ? Name.Empty : null,
            PublicKey = key,
            Extensions = Extensions(request, old, algorithm, subjectAltNameIsCritical: !hasSubject),
        };
    }

    /// <summary>Rules 11 and 12: the names that were given, else the old certificate's; explicit extensions win over the old ones by OID.</summary>
    private static List<Extension> Extensions(EnrollmentRequest request, Certificate? old, KeyAlgorithm? algorithm, bool subjectAltNameIsCritical)
    {
        var extensions = new List<Extension>();
        if (request.SubjectAltNames is { Count: > 0 } names)
            extensions.Add(CertificateExtensions.SubjectAltName(names, subjectAltNameIsCritical));
        AddMissing(request.Extensions);
        if (old is null)
            return extensions;
        if (request.SubjectAltNames is null && old.Extension(Oids.SubjectAltName) is { } kept)
            AddMissing([subjectAltNameIsCritical ? kept with { Critical = true } : kept]);
        // what a key that signs is for a key that does not cannot be for, and the other way round
        bool keepsUsage = algorithm is null || algorithm.CanSign == KeyAlgorithm.Of(old.PublicKey).CanSign;
        AddMissing(old.Extensions.Where(extension => !IssuerExtensions.Contains(extension.Oid) && (keepsUsage || extension.Oid != Oids.KeyUsage)));
        return extensions;

        void AddMissing(IEnumerable<Extension> more)
        {
            foreach (Extension extension in more)
            {
                if (!extensions.Exists(other => other.Oid == extension.Oid))
                    extensions.Add(extension);
            }
        }
    }

    private static List<AttributeTypeAndValue> Controls(EnrollmentRequest request)
    {
        var controls = new List<AttributeTypeAndValue>();
        if (request.RegistrationToken is { } token)
            controls.Add(Secret(token, Messages.Crmf.Controls.RegToken));
        if (request.Authenticator is { } authenticator)
            controls.Add(Secret(authenticator, Messages.Crmf.Controls.Authenticator));
        if (request.Operation == EnrollmentOperation.KeyUpdate)
            controls.Add(Messages.Crmf.Controls.OldCertId(request.OldCertificate!));
        controls.AddRange(request.Controls);
        return controls;
    }

    /// <summary>The private key itself, encrypted for the CA, where it is to keep a copy (RFC 4211 6.4).</summary>
    private static IEnumerable<AttributeTypeAndValue> Archive(EnrollmentRequest request, PrivateKey key, CertTemplate template, ServerSettings settings, Certificate? encryption)
    {
        if (!request.ArchiveKey)
            return [];
        GeneralName? owner = template.Subject is { IsEmpty: false } subject ? GeneralName.FromName(subject) : null;
        return [Messages.Crmf.Controls.ArchiveOptions(ArchivedKey.Create(key, encryption!, owner, settings.ProtocolVersion ?? 3))];
    }

    private static AttributeTypeAndValue Secret(System.Security.SecureString secret, Func<string, AttributeTypeAndValue> make)
    {
        byte[] octets = Secrets.Utf8(secret);
        try
        {
            return make(Encoding.UTF8.GetString(octets));
        }
        finally
        {
            Secrets.Clear(octets);
        }
    }

    /// <summary>RFC 4211 4.1: the authenticated name where there is one, else a MAC over the key by the shared secret.</summary>
    private static PopoSigningKeyInput ProofInput(PrivateKey key, Credential? credential, ServerSettings settings) => credential switch
    {
        CertificateCredential signer => new PopoSigningKeyInput(GeneralName.FromName(signer.Certificate.Subject), null, key.PublicKey),
        SharedSecret secret => new PopoSigningKeyInput(null, PublicKeyMac.Create(secret, key.PublicKey, Identity.PublicKeyMacOptions(settings)), key.PublicKey),
        _ => throw Argument("CmpArgument.Subject", "A request without a subject needs a credential that says who asks."),
    };

    private static CmpException Argument(string errorId, string message) => new(CmpErrorKind.Argument, errorId, message);
}
