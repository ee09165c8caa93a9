using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Cryptography;
using Cmp.Cryptography.Paths;
using Cmp.Messages;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>
/// Checks whether a path leads from who protects a message to a trust anchor, offline (rule 69), and whether the certificates of that path are revoked.
/// Whether it may speak for a CA (rule 65) is not asked: that depends on who the receiver is.
/// </summary>
internal static class SignerCheck
{
    private const string Section = "RFC 9810 5.1.3.3";
    private const string PathSection = "RFC 5280 6.1";
    private const string RevocationSection = "RFC 5280 6.3";

    /// <summary>A part of what is allowed for one path: a message may hold many.</summary>
    private const int PartOfChecks = 5;

    /// <summary>Checks it.</summary>
    /// <param name="message">The message, whose protection is right.</param>
    /// <param name="signers">Certificates of the key that protects it, the likeliest first: one that is trusted is enough.</param>
    /// <param name="needed">What their key usage must allow.</param>
    internal static void Run(CheckedMessage message, IReadOnlyList<Certificate> signers, KeyUsages needed)
    {
        if (message.Settings.Anchors.Count == 0)
        {
            NoteUnknown(message, $"No trust anchor was given: whether {signers[0]} is who it says is not known.", signers[0]);
            return;
        }
        (Certificate Signer, string Section, string Reason)? failure = null;
        foreach (Certificate signer in signers)
        {
            if (!message.Budget.Allows(CheckBudget.Path))
            {
                NoteUnknown(message, CheckBudget.IsSpent, signer);
                return;
            }
            try
            {
                if (signer.KeyUsage is { } usage && (usage & needed) == 0)
                {
                    failure ??= (signer, Section, $"The key usage of {signer} does not allow it.");
                    continue;
                }
                Check(message, signer, needed);
                return;
            }
            catch (CmpException e)
            {
                failure ??= (signer, PathSection, e.Message);
            }
        }
        Note(message, CheckResult.Failed, failure!.Value.Section, failure.Value.Reason, failure.Value.Signer);
    }

    /// <summary>Says that it could not be checked.</summary>
    internal static void NoteUnknown(CheckedMessage message, string reason, Certificate? signer = null) => Note(message, CheckResult.NotChecked, PathSection, reason, signer);

    private static void Check(CheckedMessage message, Certificate signer, KeyUsages needed)
    {
        CheckSettings settings = message.Settings;
        if (needed == KeyUsages.DigitalSignature)
            settings.Algorithms.Check(message.Message.Header.ProtectionAlg!, signer.PublicKey);
        CmpLimits limits = settings.Limits with { MaxSignatureChecks = Math.Max(1, settings.Limits.MaxSignatureChecks / PartOfChecks) };
        var options = new PathOptions(settings.Time ?? message.Message.Header.MessageTime ?? message.Now, settings.Algorithms, limits);
        if (settings.Crls.Count == 0)
        {
            CertificatePath alone = PathBuilder.Build(signer, settings.Anchors, message.AtHand, options);
            Note(message, CheckResult.Verified, PathSection, TextOf(alone, options.Time), signer);
            return;
        }
        (CertificatePath path, RevocationReport report) = new RevocationChecker(new GivenCrls(settings.Crls), message.AtHand, options).Build(signer, settings.Anchors);
        Note(message, CheckResult.Verified, PathSection, TextOf(path, options.Time), signer);
        IReadOnlyList<string> unknown = report.Warnings;
        if (unknown.Count > 0)
            message.Note(CheckKind.Revocation, CheckResult.NotChecked, RevocationSection, string.Join(" ", unknown), message.Message.Protection!.Value, signer.ToString());
        else
            message.Note(CheckKind.Revocation, CheckResult.Verified, RevocationSection, "No certificate of the path is revoked.", message.Message.Protection!.Value, signer.ToString());
    }

    private static string TextOf(CertificatePath path, DateTimeOffset time) => path.Certificates.Count == 1
        ? $"{path.Leaf} is a trust anchor itself, valid at {time:u}."
        : $"{path.Leaf} leads to the trust anchor {path.Anchor}, valid at {time:u}.";

    private static void Note(CheckedMessage message, CheckResult result, string section, string reason, Certificate? signer) =>
        message.Note(CheckKind.SignerChain, result, section, reason, message.Message.Protection!.Value, signer?.ToString());

    /// <summary>CRLs that the user gave; nothing is fetched.</summary>
    private sealed class GivenCrls(IReadOnlyList<CertificateList> crls) : ICrlSource
    {
        public IReadOnlyList<CertificateList> Crls => crls;

        public bool CanFetch(Uri location) => false;
    }
}
