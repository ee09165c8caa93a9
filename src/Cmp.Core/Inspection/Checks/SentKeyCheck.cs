using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Cmp.Cryptography;
using Cmp.Cryptography.Enveloping;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;
using Cmp.Possession;

namespace Cmp.Inspection;

/// <summary>Opens private keys that were sent to the CA, with the CA's own key: as a proof of possession, or for its archive. Nothing of them is kept.</summary>
/// <remarks>RFC 4211 4.2 and 6.4.</remarks>
internal static class SentKeyCheck
{
    private const string OnlyTheCA = "The private key itself is the proof, encrypted for the CA: only the CA can tell";

    /// <summary>Checks an encryptedKey.</summary>
    internal static (CheckResult Result, string Reason) CheckProof(CheckedMessage message, CertReqMsg request, PopoPrivKey proof)
    {
        if (Obstacle(message, request, OnlyTheCA) is { } obstacle)
            return obstacle;
        ReadOnlyMemory<byte> enveloped = proof.EnvelopedData!.Value;
        using EnvelopeKey opener = EnvelopeKey.Of(message.Settings.Key!);
        SentKeyResult result = EncryptedKeyProof.Judge(proof, opener, request.CertReq.CertTemplate.PublicKey!, OwnerOf(message, request), message.Settings.Limits, out PrivateKey? opened);
        opened?.Dispose();
        return Tell(result, Recipients.IsForKey(enveloped, message), "The private key that is the proof opens with the key that was given, is that of the request, and says whose it is.");
    }

    /// <summary>Checks a thisMessage, which does not say whose key it is.</summary>
    internal static (CheckResult Result, string Reason) CheckOldProof(CheckedMessage message, CertReqMsg request, PopoPrivKey proof)
    {
        if (Obstacle(message, request, OnlyTheCA) is { } obstacle)
            return obstacle;
        SentKeyResult result = ThisMessageProof.Judge(proof, message.Settings.Key!, request.CertReq.CertTemplate.PublicKey!, message.Settings.Limits, out PrivateKey? opened);
        opened?.Dispose();
        return Tell(result, isForKey: false, "The private key that is the proof opens with the key that was given, and is that of the request. The old form does not say whose it is.");
    }

    /// <summary>Checks a key for the archive, which should say whose it is.</summary>
    internal static (CheckResult Result, string Reason) CheckArchive(CheckedMessage message, CertReqMsg request, EncryptedKey archived)
    {
        if (Obstacle(message, request, "The private key goes to the archive of the CA, encrypted: only the CA can tell") is { } obstacle)
            return obstacle;
        const string Right = "The private key for the archive opens with the key that was given, and is that of the request";
        SubjectPublicKeyInfo asked = request.CertReq.CertTemplate.PublicKey!;
        if (archived.EnvelopedData is not { } enveloped)
        {
            SentKeyResult old = ThisMessageProof.Judge(archived.EncryptedValue!, message.Settings.Key!, asked, message.Settings.Limits, out PrivateKey? oldKey);
            oldKey?.Dispose();
            return Tell(old, isForKey: false, Right + ". The old form does not say whose it is.");
        }
        KeyOwner owner = OwnerOf(message, request);
        bool isNamed = false;
        using EnvelopeKey opener = EnvelopeKey.Of(message.Settings.Key!);
        SentKeyResult result = EncryptedKeyProof.Judge(enveloped, opener, asked, content =>
        {
            isNamed = content.Text is not null || content.Name is not null;
            return !isNamed || owner.Has(content) ? SentKeyResult.Right : SentKeyResult.AnotherOwner;
        }, message.Settings.Limits, out PrivateKey? opened);
        opened?.Dispose();
        return Tell(result, Recipients.IsForKey(enveloped, message), isNamed ? Right + ", and says whose it is." : Right + ". It does not say whose it is, as it should.");
    }

    private static (CheckResult Result, string Reason)? Obstacle(CheckedMessage message, CertReqMsg request, string onlyTheCA) =>
        message.Settings.Key is null ? (CheckResult.NotChecked, $"{onlyTheCA}, and its key was not given.")
        : request.CertReq.CertTemplate.PublicKey is not { Key.IsEmpty: false } ? (CheckResult.Failed, "A private key comes with a request that names no key.")
        : !message.Budget.Allows() ? (CheckResult.NotChecked, CheckBudget.IsSpent)
        : null;

    private static (CheckResult Result, string Reason) Tell(SentKeyResult result, bool isForKey, string right) => result switch
    {
        SentKeyResult.Right => (CheckResult.Verified, right),
        SentKeyResult.NotOpened when isForKey => (CheckResult.Failed, "What is encrypted for the key that was given does not open: it was changed, or is of another kind."),
        SentKeyResult.NotOpened => (CheckResult.NotChecked, "The private key that was sent does not open with the key that was given: it is for another one, or was changed."),
        SentKeyResult.NoKey => (CheckResult.Failed, "What was opened is no private key with whose it is."),
        SentKeyResult.NoOwner => (CheckResult.Failed, "The private key that is the proof does not say whose it is."),
        SentKeyResult.AnotherOwner => (CheckResult.Failed, "The private key that was sent says that it is somebody else's than the sender's."),
        _ => (CheckResult.Failed, "The private key that was sent is another one than that of the request."),
    };

    /// <summary>Who the sender is, by all names that he has: in the header, in the request, by the reference of his secret.</summary>
    private static KeyOwner OwnerOf(CheckedMessage message, CertReqMsg request)
    {
        PkiHeader header = message.Message.Header;
        var names = new List<GeneralName>();
        if (!header.Sender.IsNullDn)
            names.Add(header.Sender);
        if (request.CertReq.CertTemplate.Subject is { IsEmpty: false } subject)
            names.Add(GeneralName.FromName(subject));
        List<string> texts = [.. names.Select(name => name.DirectoryName?.CommonName()).OfType<string>()];
        if (header.SenderKid is { } kid)
            texts.Add(Encoding.UTF8.GetString(kid.ToArray()));
        if (request.CertReq.FindControl(Oids.RegToken) is { } token)
            texts.Add(Controls.ReadText(token));
        return new KeyOwner(names, texts);
    }
}
