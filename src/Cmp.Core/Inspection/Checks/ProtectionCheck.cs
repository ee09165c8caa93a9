using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Pkix;
using Cmp.Protection;

namespace Cmp.Inspection;

/// <summary>Checks the MAC or the signature of a message, over the octets that came (rule 20).</summary>
/// <remarks>RFC 9810 5.1.3. MACs are compared in constant time (rule 34), and bounds on their parameters hold before any derivation (rule 18).</remarks>
internal static class ProtectionCheck
{
    /// <summary>Where signatures are checked, which can be without any secret.</summary>
    internal const string SignatureSection = "RFC 9810 5.1.3.3";

    private const string Section = "RFC 9810 5.1.3";
    private const string MacSection = "RFC 9810 5.1.3.1";
    private const string DhSection = "RFC 9810 5.1.3.2";
    private const string KemSection = "RFC 9810 5.1.3.4";

    /// <summary>Certificates whose keys are tried with the key that was given.</summary>
    private const int MaxPeers = 10;

    /// <summary>Certificates of others that are tried, to say who signed: as a rule it is the first one that came.</summary>
    private const int MaxStrangers = 3;

    /// <summary>Certificates of the signer's key whose paths are looked for.</summary>
    private const int MaxSigners = 5;

    /// <summary>How much a certificate looks like the signer's.</summary>
    private enum Likeness
    {
        /// <summary>Another name.</summary>
        Stranger,

        /// <summary>The name, and another key than senderKID says.</summary>
        AnotherKey,

        /// <summary>Nobody is named.</summary>
        Unnamed,

        /// <summary>The name, or the key where no name is given.</summary>
        Named,
    }

    /// <summary>Checks it.</summary>
    internal static void Run(CheckedMessage message)
    {
        PkiMessage checkedMessage = message.Message;
        AlgorithmIdentifier? algorithm = checkedMessage.Header.ProtectionAlg;
        if (algorithm is null && checkedMessage.Protection is null)
            NoteAbsence(message);
        else if (algorithm is null)
            Note(message, CheckResult.Failed, Section, "There is a protection, and the header does not name its algorithm.");
        else if (checkedMessage.Protection is null)
            Note(message, CheckResult.Failed, Section, $"The header names {Oids.NameOf(algorithm.Oid)}, and there is no protection.");
        else if (checkedMessage.UnusedProtectionBits != 0)
            Note(message, CheckResult.Failed, Section, "The protection does not end at a whole octet.");
        else
            Check(message, algorithm);
    }

    private static void Check(CheckedMessage message, AlgorithmIdentifier algorithm)
    {
        try
        {
            switch (ProtectionKinds.Of(algorithm))
            {
                case ProtectionKind.DhBasedMac:
                    CheckDh(message, algorithm);
                    break;
                case ProtectionKind.KemBasedMac:
                    CheckKem(message, algorithm);
                    break;
                case ProtectionKind.Signature:
                    CheckSignature(message, algorithm);
                    break;
                case var kind:
                    CheckSecret(message, algorithm, kind);
                    break;
            }
        }
        catch (CmpException e)
        {
            // parameters that do not decode protect nothing; those that are out of bounds, or not known here, may
            Note(message, e.Kind == CmpErrorKind.Malformed ? CheckResult.Failed : CheckResult.NotChecked, Section, e.Message);
        }
    }

    private static void NoteAbsence(CheckedMessage message)
    {
        bool isCiphertext = message.Message.Body is GenMsgContent { Items: [{ InfoType: Oids.KemCiphertextInfo }] } or GenRepContent { Items: [{ InfoType: Oids.KemCiphertextInfo }] };
        if (isCiphertext)
            Note(message, CheckResult.Absent, KemSection, "There is no protection: the secret that it would be made with is only being exchanged.");
        else
            Note(message, CheckResult.NotChecked, Section, "There is no protection: nobody vouches for the message.");
    }

    // under a shared secret

    private static void CheckSecret(CheckedMessage message, AlgorithmIdentifier algorithm, ProtectionKind kind)
    {
        ReadOnlyMemory<byte>? named = message.Message.Header.SenderKid;
        if (message.Settings.Secret is not { } secret)
        {
            Note(message, CheckResult.NotChecked, MacSection, $"The message is under {kind}, and the shared secret{(named is { } kid ? $" that it calls {TextOf(kid)}" : string.Empty)} was not given.");
            return;
        }
        string? remark = null;
        if (algorithm is { Oid: Oids.PasswordBasedMac, HasNoParameters: true } && message.Transaction.LastMac is { } last)
        {
            algorithm = last;
            remark = " Its parameters are those of a message before, which RFC 9810 does not know.";
        }
        SharedSecretMac mac = SharedSecretMac.Read(algorithm, message.Settings.Limits, message.Settings.Lenient);
        if (!message.Budget.Allows(CheckBudget.Derivation))
        {
            Note(message, CheckResult.NotChecked, MacSection, CheckBudget.IsSpent);
            return;
        }
        bool isNamed = named is not { } reference || secret.Reference.IsEmpty || reference.Span.SequenceEqual(secret.Reference.Span);
        if (mac.Verify(secret, message.Message.ProtectedPart, message.Message.Protection!.Value) is { } right)
        {
            if (!isNamed)
                remark += $" The message calls the secret {TextOf(named!.Value)}, and it was given as {TextOf(secret.Reference)}.";
            if (right.Finding is { } finding)
                remark += " " + finding;
            if (mac.UsesSha1)
                remark += " It rests on SHA-1, which is taken only where that is allowed.";
            Note(message, CheckResult.Verified, MacSection, $"The MAC is right: {mac}.{remark}");
        }
        else if (isNamed)
        {
            Note(message, CheckResult.Failed, MacSection, $"The MAC is wrong: the secret is another one, or the message was changed.{remark}");
        }
        else
        {
            Note(message, CheckResult.NotChecked, MacSection, $"The message is under a secret that it calls {TextOf(named!.Value)}, and the one that was given is {TextOf(secret.Reference)}, under which its MAC is not right.");
        }
    }

    /// <summary>A reference as people write it, or in hexadecimal where it is no text.</summary>
    private static string TextOf(ReadOnlyMemory<byte> reference)
    {
        try
        {
            return $"'{PeerText.Escape(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(reference.ToArray()), 128)}'";
        }
        catch (DecoderFallbackException)
        {
            return PeerText.Escape(Hex.Of(reference.Span), 128);
        }
    }

    // under what keys give

    private static void CheckDh(CheckedMessage message, AlgorithmIdentifier algorithm)
    {
        SharedSecretMac mac = SharedSecretMac.ReadAgreed(algorithm, ReadOnlyMemory<byte>.Empty, message.Settings.Limits);
        if (KeyFor(message, DhSection, key => key.CanAgree, "agrees on nothing") is not { } key)
            return;
        Name? recipient = message.Message.Header.Recipient.DirectoryName, sender = message.Message.Header.Sender.DirectoryName;
        bool isAnyNamed = false;
        int tried = 0;
        foreach (Certificate peer in message.AtHand)
        {
            if (Agree(key, peer) is not { } agreed)
                continue;
            using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, agreed);
            if (++tried > MaxPeers || !message.Budget.Allows())
                break;
            if (mac.Verify(secret, message.Message.ProtectedPart, message.Message.Protection!.Value) is not null)
            {
                Note(message, CheckResult.Verified, DhSection, $"The MAC is right: {mac}, under what the key that was given agrees on with that of {peer}.");
                SignerCheck.Run(message, [peer], KeyUsages.KeyAgreement);
                return;
            }
            isAnyNamed |= sender?.IsSameAs(peer.Subject, ignoreOrder: true) == true || recipient?.IsSameAs(peer.Subject, ignoreOrder: true) == true;
        }
        if (isAnyNamed)
            Note(message, CheckResult.Failed, DhSection, "The MAC is wrong: the key is another one, or the message was changed.");
        else
            Note(message, CheckResult.NotChecked, DhSection, "The message is under DHBasedMac, and no certificate of the other side is at hand.");
    }

    private static byte[]? Agree(PrivateKey key, Certificate peer)
    {
        try
        {
            return peer.PublicKey.IsSameAs(key.PublicKey) ? null : key.Agree(peer.PublicKey);
        }
        catch (CmpException)
        {
            return null; // of another kind, or unreadable
        }
    }

    private static void CheckKem(CheckedMessage message, AlgorithmIdentifier algorithm)
    {
        ReadOnlyMemory<byte> transactionId = message.Message.Header.TransactionId ?? ReadOnlyMemory<byte>.Empty;
        SharedSecretMac mac = SharedSecretMac.ReadAgreed(algorithm, transactionId, message.Settings.Limits);
        if (KeyFor(message, KemSection, key => key.CanDecapsulate, "opens no encapsulated secret") is not { } key)
            return;
        List<KemCiphertextInfo> ciphertexts = [.. message.Transaction.Ciphertexts.Where(ciphertext => ciphertext.Kem.IsSameAs(key.PublicKey.Algorithm))];
        if (ciphertexts.Count == 0)
        {
            Note(message, CheckResult.NotChecked, KemSection, "The message is under KemBasedMac, and no ciphertext for a key like the one that was given is at hand: it went with an earlier message of the transaction.");
            return;
        }
        foreach (KemCiphertextInfo ciphertext in ciphertexts)
        {
            if (!message.Budget.Allows())
                break;
            using var secret = new SharedSecret(ReadOnlyMemory<byte>.Empty, key.Decapsulate(ciphertext.Ct));
            if (mac.Verify(secret, message.Message.ProtectedPart, message.Message.Protection!.Value) is null)
                continue;
            Note(message, CheckResult.Verified, KemSection, $"The MAC is right: {mac}, under what was encapsulated for the key that was given.");
            if (message.AtHand.FirstOrDefault(certificate => IsOf(certificate, key)) is { } own)
                SignerCheck.Run(message, [own], KeyUsages.KeyEncipherment);
            else
                SignerCheck.NoteUnknown(message, "The certificate of the key that was given is not at hand.");
            return;
        }
        Note(message, CheckResult.Failed, KemSection, "The MAC is wrong: what was encapsulated was for another key, or the message was changed.");
    }

    private static bool IsOf(Certificate certificate, PrivateKey key)
    {
        try
        {
            return certificate.PublicKey.IsSameAs(key.PublicKey);
        }
        catch (CmpException)
        {
            return false; // unreadable
        }
    }

    private static PrivateKey? KeyFor(CheckedMessage message, string section, Func<PrivateKey, bool> isAble, string lack)
    {
        ProtectionKind kind = ProtectionKinds.Of(message.Message.Header.ProtectionAlg);
        if (message.Settings.Key is not { } key)
            Note(message, CheckResult.NotChecked, section, $"The message is under {kind}, and the private key of neither side was given.");
        else if (!isAble(key))
            Note(message, CheckResult.NotChecked, section, $"The message is under {kind}, and the key that was given, {key.Algorithm}, {lack}.");
        else
            return key;
        return null;
    }

    // signed

    private static void CheckSignature(CheckedMessage message, AlgorithmIdentifier algorithm)
    {
        var signers = new List<Certificate>();
        Likeness right = default;
        Certificate? named = null;
        string? unknown = null;
        int strangers = 0;
        foreach ((Certificate candidate, Likeness likeness) in Candidates(message))
        {
            // another certificate of the same key may be the one that is trusted: anybody can add to extraCerts
            if (likeness == Likeness.Stranger && (signers.Count > 0 || ++strangers > MaxStrangers))
                break;
            if (!message.Budget.Allows())
            {
                unknown ??= CheckBudget.IsSpent;
                break;
            }
            try
            {
                if (IsSignedBy(message, algorithm, candidate))
                {
                    right = signers.Count == 0 ? likeness : right;
                    signers.Add(candidate);
                    if (likeness == Likeness.Stranger || signers.Count == MaxSigners)
                        break;
                }
                else
                {
                    named ??= likeness == Likeness.Named ? candidate : null;
                }
            }
            catch (CmpException e)
            {
                unknown ??= likeness == Likeness.Stranger ? null : e.Message;
            }
        }
        if (signers.Count > 0)
            NoteSigners(message, signers, right);
        else if (named is not null)
            Note(message, CheckResult.Failed, SignatureSection, $"The signature is wrong under the key of {named}: another key made it, or the message was changed.", named.ToString());
        else
            Note(message, CheckResult.NotChecked, SignatureSection, unknown ?? $"No certificate at hand is that of the signer, {message.Sender}.");
    }

    private static void NoteSigners(CheckedMessage message, List<Certificate> signers, Likeness likeness)
    {
        Certificate signer = signers[0];
        if (likeness == Likeness.Stranger)
        {
            Note(message, CheckResult.Failed, SignatureSection, $"The signature is right under the key of {signer}, which is not the sender {message.Sender}.", signer.ToString());
            return;
        }
        string remark = likeness switch
        {
            Likeness.AnotherKey => " senderKID names another key.",
            Likeness.Unnamed => " Neither sender nor senderKID says whose it is.",
            _ => string.Empty,
        };
        Note(message, CheckResult.Verified, SignatureSection, $"The signature is right under the key of {signer}.{remark}", signer.ToString());
        SignerCheck.Run(message, signers, KeyUsages.DigitalSignature);
    }

    /// <summary>The likeliest ones first.</summary>
    private static IEnumerable<(Certificate Certificate, Likeness Likeness)> Candidates(CheckedMessage message) =>
        message.AtHand.Select(certificate => (certificate, Likeness: LikenessOf(certificate, message.Message.Header)))
            .Where(pair => pair.Likeness is not null)
            .OrderByDescending(pair => pair.Likeness)
            .Select(pair => (pair.certificate, pair.Likeness!.Value));

    private static Likeness? LikenessOf(Certificate candidate, PkiHeader header)
    {
        try
        {
            bool? isKey = header.SenderKid is { } kid && candidate.SubjectKeyIdentifier is { } identifier ? kid.Span.SequenceEqual(identifier.Span) : null;
            bool? isName = header.Sender.DirectoryName switch
            {
                { IsEmpty: true } => null,
                { } name => name.IsSameAs(candidate.Subject, ignoreOrder: true),
                null => candidate.SubjectAltNames.Any(name => name.IsSameAs(header.Sender)),
            };
            return (isName, isKey) switch
            {
                (false, _) => Likeness.Stranger,
                (true, false) => Likeness.AnotherKey,
                (true, _) or (null, true) => Likeness.Named,
                (null, null) => header.SenderKid is null ? Likeness.Unnamed : Likeness.Stranger,
                _ => Likeness.Stranger,
            };
        }
        catch (CmpException)
        {
            return null; // a certificate that does not decode is nobody's
        }
    }

    private static bool IsSignedBy(CheckedMessage message, AlgorithmIdentifier algorithm, Certificate candidate)
    {
        try
        {
            return SignatureAlgorithms.Verify(algorithm, candidate.PublicKey, message.Message.ProtectedPart, message.Message.Protection!.Value, message.Settings.Limits);
        }
        catch (CmpException e) when (e.Kind == CmpErrorKind.Malformed)
        {
            return false; // a key that does not decode signed nothing
        }
    }

    private static void Note(CheckedMessage message, CheckResult result, string section, string reason, string? subject = null) =>
        message.Note(CheckKind.Protection, result, section, reason, message.Message.Protection ?? message.Message.Header.Encoded, subject);
}
