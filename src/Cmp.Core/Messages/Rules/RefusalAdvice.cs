using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;

namespace Cmp.Messages.Rules;

/// <summary>What can be done about a refusal. The one place: errors of the client and findings of the inspector tell the same.</summary>
/// <remarks>RFC 9810 5.2.3 and F, RFC 9483 3.5 and 3.6.4; how servers use the bits is in the sentences.</remarks>
internal static class RefusalAdvice
{
    /// <summary>The most telling bit comes first.</summary>
    private static readonly (FailInfo Bit, Func<RefusalContext, string?> Advice)[] Rows =
    [
        (FailInfo.UnsupportedVersion, OfVersion),
        (FailInfo.BadTime, context => (context.ServerTime ?? context.Answer.MessageTime) is { } time ? $"The server's clock says {time:u}; compare it with this machine's." : "Compare this machine's clock with the server's."),
        (FailInfo.MissingTimeStamp, _ => "The server wants a messageTime in each message."),
        (FailInfo.BadMessageCheck, OfCredential),
        (FailInfo.SignerNotTrusted, OfSigner),
        (FailInfo.WrongIntegrity, OfKind),
        (FailInfo.NotAuthorized, OfAuthority),
        (FailInfo.WrongAuthority, OfWrongAuthority),
        (FailInfo.BadPOP, OfProof),
        (FailInfo.BadAlg, OfAlgorithm),
        (FailInfo.TransactionIdInUse, _ => "Begin again: every request has a transactionID of its own."),
        (FailInfo.DuplicateCertReq, _ => "A certificate was issued for the same request before: ask with a new key, or have the administrator release the name."),
        (FailInfo.CertRevoked, context => context.Asked == PkiBodyType.Rr ? "It is revoked: there is nothing to do." : "A revoked certificate is not updated: enrol anew, under another credential."),
        (FailInfo.CertConfirmed, _ => "The server has the confirmation: there is nothing to do."),
        (FailInfo.BadCertId, OfCertificate),
        (FailInfo.UnacceptedPolicy, context => OfProfile(context) ?? "Ask without -Policy, or for the policy that the CA issues under."),
        (FailInfo.UnacceptedExtension, OfExtension),
        (FailInfo.BadCertTemplate, OfTemplate),
        (FailInfo.AddInfoNotAvailable, context => OfProfile(context) ?? "The server does not understand what the request says besides: leave -GeneralInfo, -RegistrationInfo and -RegistrationToken out, or ask what it expects."),
        (FailInfo.IncorrectData, context => OfProfile(context) ?? "Something in the request is not what the CA has on record of the requester: compare names and reference with its administrator."),
        (FailInfo.SystemUnavail | FailInfo.SystemFailure, _ => "Try again later."),
        (FailInfo.TimeNotAvailable, _ => "Try again later: the server does not know the time."),
        (FailInfo.BadSenderNonce | FailInfo.BadRecipientNonce, _ => "The transaction broke off: begin again. If it comes again, something between here and the server mixes messages up."),
        (FailInfo.BadDataFormat, context => OfProfile(context) ?? "The server reads the request otherwise than it is meant: name its preset, such as -Preset Ejbca, or leave out what is out of the ordinary."),
        (FailInfo.BadRequest, OfRequest),
    ];

    /// <summary>The advice for a refusal.</summary>
    /// <param name="context">What is known of it.</param>
    /// <returns>One or two sentences; <see langword="null"/> where the server's words have to do.</returns>
    internal static string? Of(RefusalContext context)
    {
        if (context.Spoken is { } spoken && context.Answer.Pvno != spoken && context.Answer.Pvno is not (2 or 3))
            return OfVersion(context);
        foreach ((FailInfo bit, Func<RefusalContext, string?> advice) in Rows)
        {
            if ((context.FailInfo & bit) != 0 && advice(context) is { } text)
                return text;
        }
        return context.FailInfo == FailInfo.None ? OfRequest(context) : null;
    }

    private static string OfVersion(RefusalContext context)
    {
        int? spoken = context.Spoken ?? context.Request?.Header.Pvno;
        return spoken == context.Answer.Pvno
            ? "The server does not speak the version of the request: ask in another one (-ProtocolVersion)."
            : $"The server speaks {Version(context.Answer.Pvno)}: use -ProtocolVersion {context.Answer.Pvno}.";
    }

    private static string OfCredential(RefusalContext context) => context.Family switch
    {
        ProtectionFamily.SharedSecret => $"Check the reference and the secret: the message was protected under the secret of the reference {context.Reference}, and the server has another one there, or none.{OfReference(context)}",
        ProtectionFamily.Signature => OfExpired(context) ?? "Check the certificate that signs: the server could not verify the signature with it, or did not find it. It wants the certificate of the sender's name and key, with its chain.",
        ProtectionFamily.AgreedSecret => "Check the certificates: server and client did not come to the same key.",
        ProtectionFamily.None => "The message was not protected: give -Credential or -ClientCertificate.",
        _ => "Check the reference and the secret, or the certificate that signs.",
    };

    /// <summary>A server that is strict refuses a message whose sender is another name, be the secret right or wrong.</summary>
    private static string OfReference(RefusalContext context) => context.Request is { Header: { SenderKid: not null } header } && !HeaderRules.IsOneReference(header)
        ? $" The sender is {header.Sender}: a strict server wants the reference to be its common name too."
        : string.Empty;

    private static string OfSigner(RefusalContext context) => context.Family == ProtectionFamily.SharedSecret
        ? $"The server has no secret for the reference {context.Reference}: check it with the CA's administrator."
        : OfExpired(context) ?? "The server does not trust the certificate that signs our messages; ask the CA's administrator which one it expects.";

    /// <summary>The first of the extraCerts is the one that signs (RFC 9483 3.3). Servers say of one that has ended only that it is not trusted.</summary>
    private static string? OfExpired(RefusalContext context)
    {
        try
        {
            return context.Family == ProtectionFamily.Signature && context.Request is { Header.MessageTime: { } time } request && request.ExtraCerts.Count > 0 && request.ExtraCerts[0] is var signer && signer.NotAfter < time
                ? $"The certificate that signs, {signer.Subject}, ended on {signer.NotAfter:yyyy-MM-dd}: enrol anew, under a secret for example (-Credential)."
                : null;
        }
        catch (CmpException)
        {
            return null; // told as what is no certificate
        }
    }

    private static string OfKind(RefusalContext context) => context.Family switch
    {
        ProtectionFamily.SharedSecret when context.Asked is PkiBodyType.Kur or PkiBodyType.Rr => "The server wants this request signed by the certificate that it is about: give that, and leave -Protection out.",
        ProtectionFamily.SharedSecret => "The server does not take a shared secret for this request: give -ClientCertificate.",
        ProtectionFamily.Signature => "The server does not take a signature for this request: give the reference and the secret as -Credential.",
        ProtectionFamily.None => "The server wants the request protected: give -Credential or -ClientCertificate.",
        _ => "The server wants another kind of protection: a secret (-Credential), or a certificate (-ClientCertificate).",
    };

    private static string OfAuthority(RefusalContext context) => context.Asking?.Popo is RaVerified
        ? "The server takes raVerified from registration authorities only: let the key prove itself, or sign as a registration authority."
        : "The server knows who asks and does not let him ask for this: have the CA's administrator allow it, or use another credential.";

    private static string OfWrongAuthority(RefusalContext context)
    {
        string asked = context.Request is { } request ? $" The request is for {request.Header.Recipient}{(context.Asking?.CertReq.CertTemplate.Issuer is { } issuer ? $", and wants the issuer {issuer}" : string.Empty)}." : string.Empty;
        string secret = context.Family == ProtectionFamily.SharedSecret ? $" Some servers say so of a reference that they do not know: it is {context.Reference}." : string.Empty;
        return $"The server is not the CA that the request names, by recipient, issuer or path: check -Recipient, -Issuer and the server's URI.{asked}{secret}";
    }

    private static string OfProof(RefusalContext context)
    {
        switch (context.Asking?.Popo)
        {
            case RaVerified:
                return "The server takes raVerified from registration authorities only: let the key prove itself (-ProofOfPossession Signature).";
            case PopoPrivKey { Subsequent: SubsequentMessage.EncrCert }:
                return "The server does not take it for a proof that an encrypted certificate is opened: try -ProofOfPossession ChallengeResponse.";
            case PopoPrivKey { Subsequent: SubsequentMessage.ChallengeResp }:
                return "The server does not take a challenge for a proof: choose another one with -ProofOfPossession, or a key that signs.";
            case null when context.Asking is not null:
                return "The request has no proof of possession, and the server wants one: leave -ProofOfPossession None out.";
            case PopoSigningKey { PoposkInput: null } when context.Asking!.CertReq.CertTemplate.Subject is null:
                return "The request names no subject, and what is signed to prove possession names nobody: give -Subject.";
            case PopoSigningKey proof:
                return $"The proof, signed by {proof.Algorithm}, does not hold for the key at the server, or is not the one that it wants: the private key is another one, the request was changed on its way, or another -ProofOfPossession is called for.";
            default:
                return "The proof does not hold for the key, or is not the one that the server wants: the private key is another one, the request was changed on its way, or another -ProofOfPossession is called for.";
        }
    }

    private static string OfAlgorithm(RefusalContext context)
    {
        string used = context.Request?.Header.ProtectionAlg is { } protection ? $" The message is protected by {protection}{(context.Key is { } key ? $", and the key to be certified is one of {key}" : string.Empty)}." : string.Empty;
        string choice = context.Family == ProtectionFamily.SharedSecret ? "-MacAlgorithm, -Protection or -KeyAlgorithm" : "-HashAlgorithm or -KeyAlgorithm";
        return $"The server does not take one of the algorithms: choose another with {choice}.{used}";
    }

    private static string OfCertificate(RefusalContext context) => context.Asked switch
    {
        PkiBodyType.Kur => "The server does not know the certificate that is to be updated, or holds it for expired: see that it was issued by this CA, else enrol anew.",
        PkiBodyType.Rr => "The server does not know the certificate that is to be revoked: see that issuer and serial number are those of a certificate of this CA.",
        PkiBodyType.Krr => "The CA keeps no key for that name or certificate: give the name as it stands in the certificate; only what was archived comes back.",
        PkiBodyType.CertConf => "The hash or the number in the confirmation is not that of the certificate that the server issued: it may have issued another one since.",
        _ => "No certificate at the server is the one that was named.",
    };

    private static string OfExtension(RefusalContext context)
    {
        if (OfProfile(context) is { } profile)
            return profile;
        var names = new List<string>();
        for (int i = 0; i < context.Extensions.Count && i < 16; i++)
            names.Add(Oids.NameOf(context.Extensions[i].Oid));
        return names.Count > 0 ? $"The CA does not grant one of the extensions that are asked for ({string.Join(", ", names)}): leave it out." : "The CA does not grant what the request asks for: leave extensions out.";
    }

    private static string OfTemplate(RefusalContext context) => OfProfile(context)
        ?? (context.Asking?.CertReq.CertTemplate.Subject is null && context.Request?.Body is CertReqMessages ? "The request names no subject: give -Subject." : "Ask for what the CA issues: Get-CmpRequestTemplate shows what it expects, if it says so; subject, alternative names, key and validity are what it judges.");

    /// <summary>A profile that was asked for is the first thing to doubt.</summary>
    private static string? OfProfile(RefusalContext context) => context.Profiles is { } profiles
        ? $"The request names the certificate profile {profiles}: see that the CA has it, and that the request fits it (-CertificateProfile)."
        : null;

    private static string? OfRequest(RefusalContext context)
    {
        // OpenSSL's server and EJBCA say badRequest of much, and some say nothing at all: then their words tell
        if (context.Says("wrong pbm", "validating protection", "protection check failed", "wrong mac", "mac does not", "shared secret", "authentication failed", "failed verification"))
            return OfCredential(context);
        if (context.Says("suitable sender cert", "certificate has expired", "local issuer certificate"))
            return OfSigner(context);
        if (context.Says("possession", "POPO", "proof of"))
            return OfProof(context);
        if (OfProfile(context) is { } profile)
            return profile;
        if (context.Says("profile", "alias"))
            return "The server lacks the profile or alias that was named, in the request or in the path of its URI.";
        if (context.FailInfo == FailInfo.None)
            return null;
        return context.Asked switch
        {
            PkiBodyType.Rr => "Some servers want a reason with a revocation: give -Reason.",
            PkiBodyType.Genm => "The server does not answer this question.",
            PkiBodyType.PollReq or PkiBodyType.CertConf when context.Error is not null => "The server has ended the transaction, or never had it: begin again.",
            PkiBodyType.P10cr => "The server may not take PKCS #10 requests: try without -Pkcs10.",
            _ => "The server does not take such a request: compare its settings with what is asked for, and name its preset if it has one.",
        };
    }

    private static string Version(int pvno) => pvno switch
    {
        1 => "cmp1999",
        2 => "cmp2000",
        3 => "cmp2021",
        _ => $"version {pvno}",
    };
}
