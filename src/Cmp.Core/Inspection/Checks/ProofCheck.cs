using System;
using System.Linq;
using System.Numerics;
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
            else if (!message.Budget.Allows())
                Note(message, request, CheckResult.NotChecked, SignatureSection, CheckBudget.IsSpent);
            else if (!SignatureProof.Verify(request.CertReq, proof))
                Note(message, request, CheckResult.Failed, SignatureSection, "The signature is wrong: another key made it, or the request was changed.");
            else if (proof.PoposkInput is { } input)
                CheckInput(message, request, input);
            else
                Note(message, request, CheckResult.Verified, SignatureSection, "The signature is right under the key of the request.");
        }
        catch (CmpException e)
        {
            Note(message, request, ResultOf(e), SignatureSection, e.Message);
        }
    }

    /// <summary>The authInfo of a poposkInput binds the key to who asks.</summary>
    private static void CheckInput(CheckedMessage message, CertReqMsg request, PopoSigningKeyInput input)
    {
        const string Right = "The signature over poposkInput is right under the key of the request";
        if (input.Sender is { } sender)
        {
            if (sender.IsSameAs(message.Message.Header.Sender, ignoreOrder: true))
                Note(message, request, CheckResult.Verified, SignatureSection, $"{Right}, and names the sender.");
            else
                Note(message, request, CheckResult.Failed, SignatureSection, $"{Right}, but names {sender} as the sender, and the message comes from {message.Sender}.");
            return;
        }
        PkMacValue mac = input.PublicKeyMac!;
        if (!ProtectionKinds.Of(mac.Algorithm).IsUnderSharedSecret())
            Note(message, request, CheckResult.NotChecked, SignatureSection, $"{Right}, but its publicKeyMAC is under {Oids.NameOf(mac.Algorithm.Oid)}, which is no MAC under a shared secret.");
        else if (message.Settings.Secret is not { } secret)
            Note(message, request, CheckResult.NotChecked, SignatureSection, $"{Right}, but the shared secret that its publicKeyMAC is under was not given.");
        else if (!message.Budget.Allows(CheckBudget.Derivation))
            Note(message, request, CheckResult.NotChecked, SignatureSection, CheckBudget.IsSpent);
        else if (SharedSecretMac.Read(mac.Algorithm, message.Settings.Limits, message.Settings.Lenient).Verify(secret, input.PublicKey.Encoded, mac.Value) is null)
            Note(message, request, CheckResult.Failed, SignatureSection, $"{Right}, but its publicKeyMAC is wrong: the secret is another one, or the key was changed.");
        else
            Note(message, request, CheckResult.Verified, SignatureSection, $"{Right}, and so is its publicKeyMAC.");
    }

    private static void Check(CheckedMessage message, CertReqMsg request, PopoPrivKey proof)
    {
        string section = proof.IsKeyAgreement ? "RFC 4211 4.3" : "RFC 4211 4.2";
        switch (proof.Kind)
        {
            case PopoPrivKeyKind.SubsequentMessage:
                string how = proof.Subsequent switch
                {
                    SubsequentMessage.EncrCert => "the certificate comes encrypted, and who confirms it has opened it",
                    SubsequentMessage.ChallengeResp => "a challenge follows, and its answer",
                    _ => "by a way that nobody knows",
                };
                Note(message, request, Enum.IsDefined(typeof(SubsequentMessage), proof.Subsequent!.Value) ? CheckResult.Absent : CheckResult.NotChecked, section, $"The proof follows in other messages: {how}.");
                break;
            case PopoPrivKeyKind.ThisMessage or PopoPrivKeyKind.EncryptedKey:
                Note(message, request, CheckResult.NotChecked, section, "The private key itself is the proof, encrypted for the CA: only the CA can tell.");
                break;
            default:
                Note(message, request, CheckResult.NotChecked, section, "The proof is a MAC by a key that was agreed on with the CA's: only who has one of both keys can tell.");
                break;
        }
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
                : owf is null || !Digests.IsSupported(owf.Oid) ? (CheckResult.NotChecked, $"The digest of challenge {i + 1} is not known here.")
                : IsWitness(challenges.Challenges[i], owf.Oid, answers.Numbers[i]) ? (CheckResult.Verified, $"The number is the one that challenge {i + 1} hid.")
                : (CheckResult.NotChecked, $"The number is not the one that challenge {i + 1} hid, or it is hashed in a way that is not known here.");
            message.Note(CheckKind.Proof, result, ChallengeSection, reason, part);
        }
    }

    private static bool IsWitness(Challenge challenge, string owf, BigInteger number)
    {
        byte[] content = number.ToByteArray();
        Array.Reverse(content);
        byte[] magnitude = [.. content.SkipWhile(octet => octet == 0)];
        byte[] fixedWidth = [.. Enumerable.Repeat((byte)0, Math.Max(0, 4 - magnitude.Length)), .. magnitude];
        return Fits(content) || Fits(magnitude) || Fits(fixedWidth);

        bool Fits(byte[] octets) => Secrets.FixedTimeEquals(Digests.Compute(owf, octets), challenge.Witness.Span);
    }

    /// <summary>What does not decode proves nothing; what is not known here may.</summary>
    private static CheckResult ResultOf(CmpException error) => error.Kind == CmpErrorKind.Malformed ? CheckResult.Failed : CheckResult.NotChecked;

    private static void Note(CheckedMessage message, CertReqMsg request, CheckResult result, string section, string reason) =>
        message.Note(CheckKind.Proof, result, section, reason, request.Popo?.Encoded ?? request.Encoded, request.CertReq.CertTemplate.Subject?.ToString() ?? message.Sender, request.CertReq.CertReqId);
}
