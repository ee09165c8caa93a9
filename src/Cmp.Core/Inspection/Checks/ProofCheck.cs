using System;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>Checks whether requests prove that their private keys are there.</summary>
/// <remarks>RFC 4211 4, RFC 9810 5.2.8, RFC 2986 4.2.</remarks>
internal static class ProofCheck
{
    private const string Section = "RFC 4211 4";
    private const string SignatureSection = "RFC 4211 4.1";
    private const string Pkcs10Section = "RFC 2986 4.2";
    private const string ChallengeSection = "RFC 9810 5.2.8.3.3";

    /// <summary>Checks what of the kind a message has.</summary>
    internal static void Run(CheckedMessage message)
    {
        switch (message.Message.Body)
        {
            case CertReqMessages requests:
                foreach (CertReqMsg request in requests.Requests)
                    Check(message, request, isRecovery: requests.Type == PkiBodyType.Krr);
                break;
            case P10crBody pkcs10:
                Check(message, pkcs10.Request);
                break;
            case PopoDecKeyRespContent answers:
                Check(message, answers);
                break;
        }
    }

    private static void Check(CheckedMessage message, CertReqMsg request, bool isRecovery)
    {
        bool hasKey = request.CertReq.CertTemplate.PublicKey is { Key.IsEmpty: false };
        switch (request.Popo)
        {
            case PopoSigningKey proof:
                Check(message, request, proof);
                break;
            case RaVerified:
                Note(message, request, CheckResult.NotChecked, Section, $"raVerified: {message.Sender} says that the proof was checked before, and nothing here shows it.");
                break;
            case PopoPrivKey later:
                Check(message, request, later);
                break;
            case null when !hasKey:
                Note(message, request, CheckResult.Absent, Section, "The request names no key that would have to be proven.");
                break;
            case null when isRecovery:
                Note(message, request, CheckResult.Absent, Section, "Who asks for a key of before proves none.");
                break;
            default:
                Note(message, request, CheckResult.NotChecked, Section, "The request names a key and does not prove that it is there.");
                break;
        }
    }

    private static void Check(CheckedMessage message, CertReqMsg request, PopoSigningKey proof)
    {
        try
        {
            CertTemplate template = request.CertReq.CertTemplate;
            if (template.PublicKey is not { Key.IsEmpty: false } key)
                Note(message, request, CheckResult.Failed, SignatureSection, "There is a signature, and the request names no key.");
            else if (proof.PoposkInput is not null && template.Subject is not null)
                Note(message, request, CheckResult.Failed, SignatureSection, "poposkInput stands beside a subject: the signature leaves the rest of the request unproven.");
            else if (proof.PoposkInput is { } other && !other.PublicKey.IsSameAs(key))
                Note(message, request, CheckResult.Failed, SignatureSection, "The key in poposkInput is not the one of the request.");
            else if (DhBasedMacProof.Is(proof))
                CheckAgreed(message, request, proof);
            else if (!message.Budget.Allows())
                Note(message, request, CheckResult.NotChecked, SignatureSection, CheckBudget.IsSpent);
            else if (!SignatureProof.Verify(request.CertReq, proof))
                Note(message, request, CheckResult.Failed, SignatureSection, "The signature is wrong: another key made it, or the request was changed.");
            else if (proof.PoposkInput is { } input)
                CheckInput(message, request, input, "The signature over poposkInput is right under the key of the request");
            else
                Note(message, request, CheckResult.Verified, SignatureSection, "The signature is right under the key of the request.");
        }
        catch (CmpException e)
        {
            Note(message, request, ResultOf(e), SignatureSection, e.Message);
        }
    }

    /// <summary>DHBasedMAC in the place of a signature (RFC 9810 5.2.8.2).</summary>
    private static void CheckAgreed(CheckedMessage message, CertReqMsg request, PopoSigningKey proof)
    {
        (CheckResult result, string reason) = AgreedProofCheck.Check(message, request.CertReq.CertTemplate.PublicKey, () => null, (key, certificate) => DhBasedMacProof.Verify(request.CertReq, proof, key, certificate, allowSha1: true, message.Settings.Limits));
        if (result == CheckResult.Verified && proof.PoposkInput is { } input)
            CheckInput(message, request, input, reason.TrimEnd('.'));
        else
            Note(message, request, result, SignatureSection, reason);
    }

    /// <summary>The authInfo of a poposkInput binds the key to who asks.</summary>
    private static void CheckInput(CheckedMessage message, CertReqMsg request, PopoSigningKeyInput input, string right)
    {
        bool mayDerive = input.PublicKeyMac is null || message.Settings.Secret is null || message.Budget.Allows(CheckBudget.Derivation);
        Func<PkMacValue, ReadOnlyMemory<byte>, bool>? verify = message.Settings.Secret is not { } secret ? null
            : (mac, octets) => mayDerive && SharedSecretMac.Read(mac.Algorithm, message.Settings.Limits, message.Settings.Lenient).Verify(secret, octets, mac.Value) is not null;
        (CheckResult result, string reason) = SignatureProof.CheckInput(input, message.Message.Header.Sender, verify) switch
        {
            AuthInfoResult.Right when input.Sender is not null => (CheckResult.Verified, $"{right}, and names the sender."),
            AuthInfoResult.Right => (CheckResult.Verified, $"{right}, and so is its publicKeyMAC."),
            AuthInfoResult.AnotherSender => (CheckResult.Failed, $"{right}, but names {input.Sender} as the sender, and the message comes from {message.Sender}."),
            AuthInfoResult.NotUnderSecret => (CheckResult.NotChecked, $"{right}, but its publicKeyMAC is under {Oids.NameOf(input.PublicKeyMac!.Algorithm.Oid)}, which is no MAC under a shared secret."),
            AuthInfoResult.NoSecret => (CheckResult.NotChecked, $"{right}, but the shared secret that its publicKeyMAC is under was not given."),
            _ when !mayDerive => (CheckResult.NotChecked, CheckBudget.IsSpent),
            _ => (CheckResult.Failed, $"{right}, but its publicKeyMAC is wrong: the secret is another one, or the key was changed."),
        };
        Note(message, request, result, SignatureSection, reason);
    }

    private static void Check(CheckedMessage message, CertReqMsg request, PopoPrivKey proof)
    {
        string section = proof.IsKeyAgreement ? "RFC 4211 4.3" : "RFC 4211 4.2";
        CheckResult result;
        string reason;
        try
        {
            (result, reason) = proof.Kind switch
            {
                PopoPrivKeyKind.SubsequentMessage => proof.Subsequent switch
                {
                    SubsequentMessage.EncrCert => (CheckResult.Absent, "The proof follows in other messages: the certificate comes encrypted, and who confirms it has opened it."),
                    SubsequentMessage.ChallengeResp => (CheckResult.Absent, "The proof follows in other messages: a challenge follows, and its answer."),
                    _ => (CheckResult.NotChecked, "The proof follows in other messages: by a way that nobody knows."),
                },
                PopoPrivKeyKind.EncryptedKey => SentKeyCheck.CheckProof(message, request, proof),
                PopoPrivKeyKind.ThisMessage => SentKeyCheck.CheckOldProof(message, request, proof),
                PopoPrivKeyKind.AgreeMac or PopoPrivKeyKind.DhMac when !proof.IsKeyAgreement => (CheckResult.Failed, "A MAC by a key that was agreed on stands with keyEncipherment: it is for keys that agree."),
                PopoPrivKeyKind.AgreeMac or PopoPrivKeyKind.DhMac when request.CertReq.CertTemplate.Subject is null => (CheckResult.Failed, "The proof is a MAC over a request that does not name its subject."),
                PopoPrivKeyKind.AgreeMac => CheckAgreeMac(message, request, proof),
                _ => AgreedProofCheck.Check(message, request.CertReq.CertTemplate.PublicKey, () => DhMacProof.CertificateOf(proof), (key, certificate) => DhMacProof.Verify(request.CertReq, proof, key, certificate)),
            };
        }
        catch (CmpException e)
        {
            (result, reason) = (ResultOf(e), e.Message);
        }
        Note(message, request, result, section, reason);
    }

    private static (CheckResult Result, string Reason) CheckAgreeMac(CheckedMessage message, CertReqMsg request, PopoPrivKey proof)
    {
        (CheckResult result, string reason) = AgreedProofCheck.Check(message, request.CertReq.CertTemplate.PublicKey, () => AgreeMacProof.CertificateOf(proof), (key, certificate) => AgreeMacProof.Verify(request.CertReq, proof, key, certificate, allowSha1: true));
        return (result, proof.AgreeMac!.Algorithm.Oid == Oids.DhPopSha1 && result == CheckResult.Verified ? reason + " It rests on SHA-1, which is taken only where that is allowed." : reason);
    }

    private static void Check(CheckedMessage message, CertificationRequest request)
    {
        CheckResult result;
        string reason;
        try
        {
            if (!message.Budget.Allows())
                (result, reason) = (CheckResult.NotChecked, CheckBudget.IsSpent);
            else if (SignatureAlgorithms.Verify(request.SignatureAlgorithm, request.PublicKey, request.Info, request.Signature, message.Settings.Limits))
                (result, reason) = (CheckResult.Verified, "The signature of the PKCS #10 request is right under its key.");
            else
                (result, reason) = (CheckResult.Failed, "The signature of the PKCS #10 request is wrong: another key made it, or the request was changed.");
        }
        catch (CmpException e)
        {
            (result, reason) = (ResultOf(e), e.Message);
        }
        message.Note(CheckKind.Proof, result, Pkcs10Section, reason, request.Encoded, request.Subject.ToString());
    }

    /// <summary>RFC 9810 does not say which octets of the number are hashed: the content of the INTEGER, its magnitude, or four octets, as others do. So what does not fit is not wrong yet.</summary>
    private static void Check(CheckedMessage message, PopoDecKeyRespContent answers)
    {
        ReadOnlyMemory<byte> part = answers.Encoded;
        if (message.Transaction.Challenges is not { } challenges)
        {
            message.Note(CheckKind.Proof, CheckResult.NotChecked, ChallengeSection, "The challenges that the numbers answer are not at hand.", part);
            return;
        }
        if (challenges.Challenges.Count != answers.Numbers.Count)
        {
            message.Note(CheckKind.Proof, CheckResult.Failed, ChallengeSection, $"There are {answers.Numbers.Count} answers to {challenges.Challenges.Count} challenges.", part);
            return;
        }
        AlgorithmIdentifier? owf = null;
        for (int i = 0; i < answers.Numbers.Count; i++)
        {
            owf = challenges.Challenges[i].Owf ?? owf;
            (CheckResult result, string reason) = !message.Budget.Allows() ? (CheckResult.NotChecked, CheckBudget.IsSpent)
                : message.Transaction.Numbers is { } opened && i < opened.Count && opened[i] is { } number ? answers.Numbers[i] == number
                    ? (CheckResult.Verified, $"The number is the one that challenge {i + 1} hid.")
                    : (CheckResult.Failed, $"The number is not the one that challenge {i + 1} hid.")
                : owf is null || !Digests.IsSupported(owf.Oid) ? (CheckResult.NotChecked, $"The digest of challenge {i + 1} is not known here.")
                : Witness.Fits(challenges.Challenges[i].Witness, owf.Oid, answers.Numbers[i]) ? (CheckResult.Verified, $"The number is the one that challenge {i + 1} hid.")
                : (CheckResult.NotChecked, $"The number is not the one that challenge {i + 1} hid, or it is hashed in a way that is not known here.");
            message.Note(CheckKind.Proof, result, ChallengeSection, reason, part);
        }
    }

    /// <summary>What does not decode proves nothing; what is not known here may.</summary>
    private static CheckResult ResultOf(CmpException error) => error.Kind == CmpErrorKind.Malformed ? CheckResult.Failed : CheckResult.NotChecked;

    private static void Note(CheckedMessage message, CertReqMsg request, CheckResult result, string section, string reason) =>
        message.Note(CheckKind.Proof, result, section, reason, request.Popo?.Encoded ?? request.Encoded, request.CertReq.CertTemplate.Subject?.ToString() ?? message.Sender, request.CertReq.CertReqId);
}
