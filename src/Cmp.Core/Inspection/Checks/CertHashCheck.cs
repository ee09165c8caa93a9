using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>Checks whether a certConf names certificates that were issued in its transaction.</summary>
/// <remarks>RFC 9810 5.3.18 and RFC 9481 3.3; rule 42.</remarks>
internal static class CertHashCheck
{
    private const string Section = "RFC 9810 5.3.18";

    /// <summary>Whether a hash is a certificate's.</summary>
    private enum Comparison
    {
        /// <summary>It is.</summary>
        Same,

        /// <summary>It is not.</summary>
        Different,

        /// <summary>Nobody says which digest it is, or it is one that is not known here.</summary>
        Unknown,

        /// <summary>There was too much to compare.</summary>
        NotDone,
    }

    /// <summary>Checks it, where the message is one.</summary>
    internal static void Run(CheckedMessage message)
    {
        if (message.Message.Body is not CertConfirmContent confirmation)
            return;
        if (confirmation.Statuses.Count == 0)
            message.Note(CheckKind.CertHash, CheckResult.Absent, Section, "The certConf names no certificate: all are refused.", confirmation.Encoded);
        foreach (CertStatus status in confirmation.Statuses)
            Check(message, status);
    }

    private static void Check(CheckedMessage message, CertStatus status)
    {
        // a PKCS #10 has no number: both 0 and -1 mean it (rule 9)
        List<KnownAnswer> answers = [.. message.Transaction.Answers.Where(answer => answer.CertReqId == status.CertReqId)];
        if (answers.Count == 0 && status.CertReqId is 0 or -1)
            answers = [.. message.Transaction.Answers.Where(answer => answer.CertReqId is 0 or -1)];
        string refused = status.StatusInfo is { Status: PkiStatus.Rejection } ? " The certConf refuses it." : string.Empty;

        Certificate? lacking = null;
        foreach (Certificate certificate in answers.Select(answer => answer.Certificate).OfType<Certificate>())
        {
            switch (Compare(message, status, certificate))
            {
                case Comparison.Same:
                    Note(message, status, CheckResult.Verified, $"The hash is that of {certificate}.{refused}", certificate);
                    return;
                case Comparison.NotDone:
                    Note(message, status, CheckResult.NotChecked, CheckBudget.IsSpent, certificate);
                    return;
                case Comparison.Unknown:
                    lacking = certificate;
                    break;
            }
        }
        if (lacking is not null)
            Note(message, status, CheckResult.NotChecked, $"The digest of the hash is {(status.HashAlg is { } named ? Oids.NameOf(named.Oid) + ", which is not known here" : $"not named, and the signature of {lacking} implies none")}.", lacking);
        else if (answers.Any(answer => answer.Certificate is null))
            Note(message, status, CheckResult.NotChecked, "The certificate came encrypted, and was not opened.", null);
        else if (answers.Count > 0)
            NoteWrong(message, status, answers[0].Certificate!);
        else
            CheckOthers(message, status, refused);
    }

    /// <summary>There was no answer to the request: a certificate that was given may be the one.</summary>
    private static void CheckOthers(CheckedMessage message, CertStatus status, string refused)
    {
        if (message.Transaction.Answers.Count > 0)
            Note(message, status, CheckResult.Failed, "No certificate was issued for this request.", null);
        else if (message.AtHand.FirstOrDefault(certificate => Compare(message, status, certificate) == Comparison.Same) is { } given)
            Note(message, status, CheckResult.Verified, $"The hash is that of {given}. Whether that was issued for this request is not known.{refused}", given);
        else
            Note(message, status, CheckResult.NotChecked, "The certificate is not at hand: it came in an earlier message of the transaction.", null);
    }

    private static void NoteWrong(CheckedMessage message, CertStatus status, Certificate issued)
    {
        KnownAnswer? another = message.Transaction.Answers.FirstOrDefault(answer => answer.Certificate is { } certificate && Compare(message, status, certificate) == Comparison.Same);
        string whose = another is null ? string.Empty : $" It is that of {another.Certificate}, which was issued for request {another.CertReqId}.";
        Note(message, status, CheckResult.Failed, $"The hash is not that of {issued}, which was issued for this request.{whose}", issued);
    }

    private static Comparison Compare(CheckedMessage message, CertStatus status, Certificate certificate)
    {
        if (!message.Budget.Allows())
            return Comparison.NotDone;
        try
        {
            string? digest = status.HashAlg?.Oid ?? SignatureAlgorithms.DigestOid(certificate.SignatureAlgorithm);
            if (digest is null || !Digests.IsSupported(digest))
                return Comparison.Unknown;
            return Secrets.FixedTimeEquals(Digests.Compute(digest, certificate.Encoded), status.CertHash.Span) ? Comparison.Same : Comparison.Different;
        }
        catch (CmpException)
        {
            return Comparison.Unknown; // a certificate that does not decode names no digest
        }
    }

    private static void Note(CheckedMessage message, CertStatus status, CheckResult result, string reason, Certificate? certificate) =>
        message.Note(CheckKind.CertHash, result, Section, reason, status.Encoded, certificate?.ToString(), status.CertReqId);
}
