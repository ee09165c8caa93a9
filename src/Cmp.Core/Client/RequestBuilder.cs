using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Client;

/// <summary>Makes the body of a request from what is asked for (rules 9 and 11 to 14).</summary>
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

    internal static PkiBody Build(EnrollmentRequest request, PrivateKey? key, ServerSettings settings, Credential? credential)
    {
        EnsureTaken(BodyType(request.Operation), settings, credential);
        if (request.Operation == EnrollmentOperation.Pkcs10)
            return Pkcs10(request, key);
        if (request.Operation == EnrollmentOperation.CrossCertification)
            return Build(request.Operation, [CrossCertificationBuilder.Build(request, settings, credential)]);
        return Build(request.Operation, [Message(request, key, settings, credential)]);
    }

    /// <summary>The body of several requests.</summary>
    internal static CertReqMessages Build(EnrollmentOperation operation, IReadOnlyList<CertReqMsg> messages) => new(BodyType(operation), messages);

    /// <summary>One request of several.</summary>
    internal static CertReqMsg Message(EnrollmentRequest request, PrivateKey? key, ServerSettings settings, Credential? credential, int certReqId = 0)
    {
        if (key is null)
            throw Argument("CmpArgument.Key", "The request needs a key.");
        if (request.KeyAlgorithms.Count > 0 && !request.KeyAlgorithms.Contains(key.Algorithm))
            throw Argument("CmpRequestTemplate.KeyAlgorithm", $"The CA's template wants a key of {string.Join(" or ", request.KeyAlgorithms.Select(kind => kind.Name))}, and this one is of {key.Algorithm}.");
        // rule 14: what cannot be proven is not asked for
        ProofOfPossessionKind kind = request.ProofOfPossession ?? ProofOfPossessionKind.Signature;
        if (kind is not (ProofOfPossessionKind.RaVerified or ProofOfPossessionKind.None) && !(kind == ProofOfPossessionKind.Signature && key.CanSign))
            throw new CmpException(CmpErrorKind.Argument, "CmpArgument.ProofOfPossession", $"A key of {key.Algorithm} cannot sign, so it needs another proof of possession.") { RecommendedAction = "Choose a key that signs: other proofs are not there yet." };
        if (kind == ProofOfPossessionKind.None)
            throw Argument("CmpArgument.ProofOfPossession", "Only a request for a key that the CA makes goes without a proof of possession.");
        if (request.Operation == EnrollmentOperation.KeyUpdate && request.OldCertificate is null)
            throw Argument("CmpArgument.OldCertificate", "kur needs the certificate that is updated.");

        CertTemplate template = Template(request, key, settings.AbsentSubject!.Value);
        var certReq = new CertRequest(certReqId, template, Controls(request));
        ProofOfPossession proof = kind == ProofOfPossessionKind.RaVerified
            ? new RaVerified()
            : SignatureProof.Create(
                certReq,
                key,
                SignatureAlgorithms.For(key, settings.HashAlgorithm, settings.RsaPadding == RsaPadding.Pss),
                template.Subject is null && settings.AbsentSubject == AbsentSubject.OmitWithInput ? ProofInput(key, credential, settings) : null);
        IReadOnlyList<AttributeTypeAndValue> regInfo = request.RegistrationInfo.Count > 0 ? [Messages.Crmf.Controls.Utf8Pairs(request.RegistrationInfo)] : [];
        return new CertReqMsg(certReq, proof, regInfo);
    }

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

    private static P10crBody Pkcs10(EnrollmentRequest request, PrivateKey? key)
    {
        CertificationRequest pkcs10 = request.Pkcs10 ?? throw Argument("CmpArgument.Pkcs10", "p10cr needs a PKCS #10 request.");
        key?.EnsureFits(pkcs10.PublicKey);
        return new P10crBody(pkcs10);
    }

    internal static PkiBodyType BodyType(EnrollmentOperation operation) => operation switch
    {
        EnrollmentOperation.Initialization => PkiBodyType.Ir,
        EnrollmentOperation.Certification => PkiBodyType.Cr,
        EnrollmentOperation.KeyUpdate => PkiBodyType.Kur,
        EnrollmentOperation.CrossCertification => PkiBodyType.Ccr,
        _ => PkiBodyType.P10cr,
    };

    private static CertTemplate Template(EnrollmentRequest request, PrivateKey key, AbsentSubject absentSubject)
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
            PublicKey = key.PublicKey,
            Extensions = Extensions(request, old, subjectAltNameIsCritical: !hasSubject),
        };
    }

    /// <summary>Rules 11 and 12: the names that were given, else the old certificate's; explicit extensions win over the old ones by OID.</summary>
    private static List<Extension> Extensions(EnrollmentRequest request, Certificate? old, bool subjectAltNameIsCritical)
    {
        var extensions = new List<Extension>();
        if (request.SubjectAltNames is { Count: > 0 } names)
            extensions.Add(CertificateExtensions.SubjectAltName(names, subjectAltNameIsCritical));
        AddMissing(request.Extensions);
        if (old is null)
            return extensions;
        if (request.SubjectAltNames is null && old.Extension(Oids.SubjectAltName) is { } kept)
            AddMissing([subjectAltNameIsCritical ? kept with { Critical = true } : kept]);
        AddMissing(old.Extensions.Where(extension => !IssuerExtensions.Contains(extension.Oid)));
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
