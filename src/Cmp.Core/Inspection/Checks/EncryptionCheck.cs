using System;
using System.Collections.Generic;
using System.Numerics;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>Opens what comes encrypted, with the key or the secret that was given: challenges, certificates, keys that the CA made or kept, and keys for its archive.</summary>
/// <remarks>RFC 9810 5.2.2, 5.2.8.3 and 5.3.4, RFC 9483 4.1.6. Of what is opened nothing is kept but certificates and the numbers of challenges.</remarks>
internal static class EncryptionCheck
{
    private const string ChallengeSection = "RFC 9810 5.2.8.3.3";
    private const string CertificateSection = "RFC 9810 5.2.8.3.2";
    private const string KeySection = "RFC 9483 4.1.6";
    private const string ArchiveSection = "RFC 4211 6.4";

    /// <summary>Checks what of the kind a message has.</summary>
    internal static void Run(CheckedMessage message)
    {
        switch (message.Message.Body)
        {
            case PopoDecKeyChallContent challenges:
                Check(message, challenges);
                break;
            case CertRepMessage answers:
                foreach (CertResponse response in answers.Responses)
                    Check(message, response.CertifiedKeyPair, response.CertReqId);
                break;
            case KeyRecRepContent recovery:
                foreach (CertifiedKeyPair pair in recovery.KeyPairHist)
                    Check(message, pair, null);
                break;
            case CertReqMessages requests:
                foreach (CertReqMsg request in requests.Requests)
                    CheckArchive(message, request);
                break;
        }
    }

    private static void Check(CheckedMessage message, PopoDecKeyChallContent content)
    {
        var numbers = new BigInteger?[content.Challenges.Count];
        IReadOnlyList<SubjectPublicKeyInfo?> keys = message.Transaction.ChallengedKeys;
        AlgorithmIdentifier? owf = null;
        for (int i = 0; i < numbers.Length; i++)
        {
            Challenge challenge = content.Challenges[i];
            owf = challenge.Owf ?? owf;
            CheckResult result;
            string reason;
            try
            {
                (result, reason, numbers[i]) = Check(message, challenge, owf, i < keys.Count ? keys[i] : null);
            }
            catch (CmpException e)
            {
                (result, reason) = (ResultOf(e), e.Message);
            }
            message.Note(CheckKind.Encryption, result, ChallengeSection, $"Challenge {i + 1}: {reason}", challenge.Encoded);
        }
        message.Transaction.Open(numbers);
    }

    private static (CheckResult Result, string Reason, BigInteger? Number) Check(CheckedMessage message, Challenge challenge, AlgorithmIdentifier? owf, SubjectPublicKeyInfo? asked)
    {
        if (message.Settings.Key is not { } key)
            return (CheckResult.NotChecked, "The key that it is encrypted for was not given.", null);
        if (!message.Budget.Allows())
            return (CheckResult.NotChecked, CheckBudget.IsSpent, null);
        if (challenge.EncryptedRand is { } enveloped)
            EnvelopedData.Decode(enveloped, new DecodeOptions(message.Settings.Limits)); // what is none is for nobody
        switch (Challenges.Judge(challenge, key, message.Message.Header.Sender, message.Settings.Limits, out BigInteger number))
        {
            case ChallengeResult.Right:
                bool? fits = owf is null || !Digests.IsSupported(owf.Oid) ? null : Witness.Fits(challenge.Witness, owf.Oid, number);
                string remark = fits switch
                {
                    true => "its witness is the digest of its number.",
                    false => "its witness is not the digest of its number in any way that is known here.",
                    null => "the digest of its witness is not known here.",
                };
                return (CheckResult.Verified, $"It opens with the key that was given and names the sender; {remark}", number);
            case ChallengeResult.AnotherSender:
                return (CheckResult.Failed, $"It opens with the key that was given, and names another sender than {message.Sender}: it may be from another transaction.", null);
            default:
                return asked?.IsSameAs(key.PublicKey) == true
                    ? (CheckResult.Failed, "It does not open with the key of the request, or is no challenge inside: it is for another key, or was changed.", null)
                    : (CheckResult.NotChecked, "It does not open with the key that was given: it is for another one, or was changed.", null);
        }
    }

    private static void Check(CheckedMessage message, CertifiedKeyPair? pair, int? certReqId)
    {
        Certificate? certificate = pair?.Certificate;
        if (pair?.EncryptedCert is { } encrypted)
        {
            (CheckResult result, string reason) = Guard(() => CheckCertificate(message, encrypted, certReqId, out certificate));
            if (certificate is not null)
                message.Transaction.Open(pair, certificate);
            message.Note(CheckKind.Encryption, result, CertificateSection, reason, encrypted, certificate?.ToString(), certReqId);
        }
        if (pair?.PrivateKey is { } key)
        {
            (CheckResult result, string reason) = Guard(() => CheckKey(message, key, certificate, certReqId));
            message.Note(CheckKind.Encryption, result, KeySection, reason, key, certificate?.ToString(), certReqId);
        }
    }

    private static (CheckResult Result, string Reason) CheckCertificate(CheckedMessage message, ReadOnlyMemory<byte> encrypted, int? certReqId, out Certificate? certificate)
    {
        certificate = null;
        if (message.Settings.Key is not { } key)
            return (CheckResult.NotChecked, "The certificate is encrypted, and the key that it is for was not given.");
        if (!message.Budget.Allows())
            return (CheckResult.NotChecked, CheckBudget.IsSpent);
        try
        {
            certificate = EncryptedCertificate.Open(EncryptedKey.Decode(encrypted, new DecodeOptions(message.Settings.Limits)), key, message.Settings.Limits, allowEncryptedValue: true);
            return (CheckResult.Verified, $"The certificate of {certificate} opens with the key that was given, and is for it.");
        }
        catch (CmpException e) when (e.ErrorId == "CmpPossession.WrongCertificate")
        {
            return (CheckResult.Failed, e.Message);
        }
        catch (CmpException e) when (e.ErrorId == "CmpEnvelope.NotOpened")
        {
            return certReqId is { } id && message.Transaction.KeyOf(id)?.IsSameAs(key.PublicKey) == true
                ? (CheckResult.Failed, "The certificate does not open with the key of the request: it is encrypted for another one, or was changed.")
                : (CheckResult.NotChecked, "The certificate does not open with the key that was given: it is encrypted for another one, or was changed.");
        }
    }

    private static (CheckResult Result, string Reason) CheckKey(CheckedMessage message, ReadOnlyMemory<byte> encrypted, Certificate? certificate, int? certReqId)
    {
        CheckSettings settings = message.Settings;
        var sealedKey = EncryptedKey.Decode(encrypted, new DecodeOptions(settings.Limits));
        bool isForPassword = sealedKey.EnvelopedData is { } enveloped && Recipients.IsForPassword(enveloped);
        if (isForPassword ? settings.Secret is null : settings.Key is null)
            return (CheckResult.NotChecked, $"A private key is encrypted, and {(isForPassword ? "the shared secret" : "the key")} that it is for was not given.");
        if (!message.Budget.Allows(isForPassword ? CheckBudget.Derivation : 1))
            return (CheckResult.NotChecked, CheckBudget.IsSpent);
        using EnvelopeKey opener = isForPassword ? EnvelopeKey.OfPassword(settings.Secret!.Secret) : EnvelopeKey.Of(settings.Key!);
        OpenedEnvelope opened;
        try
        {
            opened = EncryptedKeys.Open(sealedKey, opener, settings.Limits, allowEncryptedValue: true);
        }
        catch (CmpException e) when (e.ErrorId == "CmpEnvelope.NotOpened")
        {
            return !isForPassword && sealedKey.EnvelopedData is { } whole && Recipients.IsForKey(whole, message)
                ? (CheckResult.Failed, "The private key is encrypted for the key that was given and does not open with it: it was changed.")
                : (CheckResult.NotChecked, $"The private key does not open with the {(isForPassword ? "secret" : "key")} that was given: it is for another one, or was changed.");
        }
        using (opened)
            return CheckOpened(message, opened, certificate, certReqId);
    }

    private static (CheckResult Result, string Reason) CheckOpened(CheckedMessage message, OpenedEnvelope opened, Certificate? certificate, int? certReqId)
    {
        if (opened.ContentType != Oids.SignedData)
        {
            // the old form holds the key as it is, and nobody signs for it
            using PrivateKey bare = PrivateKey.FromPkcs8(opened.Content);
            return Fits(bare, certificate, "Nobody signed for who made it.");
        }
        if (!message.Budget.Allows())
            return (CheckResult.NotChecked, CheckBudget.IsSpent);
        using SignedKeyPackage package = SignedKeyPackage.Open(opened.Content, message.Settings.Algorithms, message.Settings.Limits);
        using PrivateKey key = package.OpenKey();
        (CheckResult result, string reason) = Fits(key, certificate, $"It is signed by {package.Signer}.");
        if (result == CheckResult.Verified)
            CheckAuthority(message, package, certificate, certReqId);
        return (result, reason);
    }

    private static (CheckResult Result, string Reason) Fits(PrivateKey key, Certificate? certificate, string remark)
    {
        if (certificate is null)
            return (CheckResult.NotChecked, $"A private key of {key.Algorithm} opens with what was given, and the certificate that it should fit is not at hand. {remark}");
        try
        {
            key.EnsureFits(certificate.PublicKey);
        }
        catch (CmpException e) when (e.ErrorId == "CmpKey.Mismatch")
        {
            return (CheckResult.Failed, $"The private key that was opened, of {key.Algorithm}, is not that of the certificate of {certificate}. {remark}");
        }
        return (CheckResult.Verified, $"The private key opens with what was given, and is that of the certificate of {certificate}. {remark}");
    }

    /// <summary>Whether who signed a key may make keys (rule 48).</summary>
    private static void CheckAuthority(CheckedMessage message, SignedKeyPackage package, Certificate? certificate, int? certReqId)
    {
        CheckSettings settings = message.Settings;
        CheckResult result;
        string reason;
        if (settings.Anchors.Count == 0)
        {
            (result, reason) = (CheckResult.NotChecked, $"No trust anchor was given: whether {package.Signer} may make keys is not known.");
        }
        else if (!message.Budget.Allows(CheckBudget.Path))
        {
            (result, reason) = (CheckResult.NotChecked, CheckBudget.IsSpent);
        }
        else
        {
            (result, reason) = Guard(() =>
            {
                var warnings = new List<string>();
                var trust = new TrustSettings { Anchors = settings.Anchors, Algorithms = settings.Algorithms, Limits = settings.Limits };
                try
                {
                    KeyGenerationAuthority.Check(package, trust, settings.Time ?? message.Message.Header.MessageTime ?? message.Now, warnings, message.AtHand, certificate);
                }
                catch (CmpException e) when (e.Kind == CmpErrorKind.Trust)
                {
                    return (CheckResult.Failed, e.Message);
                }
                return (CheckResult.Verified, string.Join(" ", [$"{package.Signer} may make keys, and leads to a trust anchor.", .. warnings]));
            });
        }
        message.Note(CheckKind.SignerChain, result, KeySection, reason, message.Message.Body.Encoded, package.Signer.ToString(), certReqId);
    }

    private static void CheckArchive(CheckedMessage message, CertReqMsg request)
    {
        if (request.CertReq.FindControl(Oids.PkiArchiveOptions) is not { } control)
            return;
        bool isSent = false;
        (CheckResult result, string reason) = Guard(() =>
        {
            EncryptedKey? archived = Controls.ReadArchiveOptions(control).EncryptedPrivKey;
            isSent = archived is not null;
            return archived is null ? default : SentKeyCheck.CheckArchive(message, request, archived);
        });
        // options that hold no key ask for something, and encrypt nothing
        if (isSent || result == CheckResult.Failed)
            message.Note(CheckKind.Encryption, result, ArchiveSection, reason, control.Encoded, request.CertReq.CertTemplate.Subject?.ToString(), request.CertReq.CertReqId);
    }

    private static (CheckResult Result, string Reason) Guard(Func<(CheckResult Result, string Reason)> check)
    {
        try
        {
            return check();
        }
        catch (CmpException e)
        {
            return (ResultOf(e), e.Message);
        }
    }

    /// <summary>What does not decode, or is signed wrongly, is wrong; what is not known here, or a key that cannot be used, says nothing.</summary>
    private static CheckResult ResultOf(CmpException error) =>
        error.Kind == CmpErrorKind.Malformed || error.ErrorId is "CmpKey.Malformed" or "CmpEnvelope.KeyPackage" or "CmpProtection.PublicKey" ? CheckResult.Failed : CheckResult.NotChecked;
}
