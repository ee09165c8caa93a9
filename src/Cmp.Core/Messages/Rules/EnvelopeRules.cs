using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>What is encrypted in messages, as far as its outside tells (RFC 9810 5.2.2, RFC 4211 4.2 and 6.4, RFC 9483 4.1.6, RFC 9481 4.3 and 5).</summary>
internal static class EnvelopeRules
{
    /// <summary>Checks an EncryptedKey.</summary>
    /// <param name="found">Takes what is found.</param>
    /// <param name="octets">It, whole: a slice of the message.</param>
    /// <param name="content">What it holds.</param>
    /// <returns>Whether it has the form EncryptedValue, which its place has a word about.</returns>
    internal static bool CheckKey(ref FindingCollector found, ReadOnlyMemory<byte> octets, EnvelopedContent content)
    {
        EncryptedKey key;
        try
        {
            key = EncryptedKey.Decode(octets);
        }
        catch (CmpException)
        {
            found.Add(MessageRules.EnvelopeSyntax, "What is encrypted is neither an EnvelopedData nor an EncryptedValue.", octets);
            return false;
        }
        if (key.EnvelopedData is not { } enveloped)
            return true;
        Check(ref found, enveloped, content, octets);
        return false;
    }

    /// <summary>Checks an EncryptedKey that somebody sends to the CA; under pvno 3 nothing keeps him from the newer form.</summary>
    internal static void CheckSent(ref FindingCollector found, ReadOnlyMemory<byte> octets, EnvelopedContent content, int pvno)
    {
        if (CheckKey(ref found, octets, content) && pvno >= 3)
            found.Add(MessageRules.EnvelopeEncryptedValue, "What is encrypted stands in an EncryptedValue, under pvno 3.", octets);
    }

    /// <summary>Checks an EnvelopedData.</summary>
    /// <param name="found">Takes what is found.</param>
    /// <param name="octets">It as a SEQUENCE, whole.</param>
    /// <param name="content">What it holds.</param>
    /// <param name="where">Where it stands in the message.</param>
    /// <param name="around">What that stands in, for a part that is a copy.</param>
    internal static void Check(ref FindingCollector found, ReadOnlyMemory<byte> octets, EnvelopedContent content, ReadOnlyMemory<byte> where, ReadOnlyMemory<byte> around = default)
    {
        EnvelopedData envelope;
        int versionDue;
        try
        {
            envelope = EnvelopedData.Decode(octets);
            versionDue = envelope.VersionDue;
        }
        catch (CmpException)
        {
            found.Add(MessageRules.EnvelopeSyntax, "What should be an EnvelopedData is none.", where, around);
            return;
        }
        IReadOnlyList<RecipientInfo> recipients = envelope.RecipientInfos;
        if (recipients.Count != 1)
            found.Add(MessageRules.EnvelopeRecipients, $"The EnvelopedData is for {recipients.Count} recipients.", where, around);
        else if (recipients[0] is KeyAgreeRecipientInfo { RecipientEncryptedKeys.Count: var keys and not 1 })
            found.Add(MessageRules.EnvelopeRecipients, $"The EnvelopedData is for {keys} keys of its recipient.", where, around);
        else
            CheckRecipient(ref found, recipients[0], envelope, versionDue, where, around);
        CheckContent(ref found, envelope.EncryptedContentInfo, content, where, around);
    }

    private static void CheckRecipient(ref FindingCollector found, RecipientInfo recipient, EnvelopedData envelope, int versionDue, ReadOnlyMemory<byte> where, ReadOnlyMemory<byte> around)
    {
        if (recipient is UnknownRecipientInfo)
        {
            found.Add(MessageRules.EnvelopeRecipientKind, $"The EnvelopedData is for a recipient of the kind {recipient}.", where, around);
            return;
        }
        // RFC 5652 and RFC 9483 differ
        bool isZeroForPassword = recipient is PasswordRecipientInfo && envelope.Version == 0;
        if (envelope.Version != versionDue && !isZeroForPassword)
            found.Add(MessageRules.EnvelopeVersion, $"The EnvelopedData says version {envelope.Version}, and is of version {versionDue}.", where, around);
        else if (recipient.Version != recipient.VersionDue)
            found.Add(MessageRules.EnvelopeVersion, $"The recipient of the EnvelopedData says version {recipient.Version}, and is of version {recipient.VersionDue}.", where, around);
        string cipher = envelope.EncryptedContentInfo.ContentEncryptionAlgorithm.Oid;
        if (WrapOf(recipient) is { } wrap && AesBits(wrap) is { } wrapBits && AesBits(cipher) is { } contentBits && wrapBits != contentBits)
            found.Add(MessageRules.EnvelopeKeyWrap, $"The key of a content in {Oids.NameOf(cipher)} is wrapped by {Oids.NameOf(wrap)}.", where, around);
    }

    private static void CheckContent(ref FindingCollector found, EncryptedContentInfo content, EnvelopedContent holds, ReadOnlyMemory<byte> where, ReadOnlyMemory<byte> around)
    {
        if (content.EncryptedContent is not { IsEmpty: false })
            found.Add(MessageRules.EnvelopeContent, "The EnvelopedData is empty.", where, around);
        if (holds == EnvelopedContent.IssuedKey && content.ContentType != Oids.SignedData)
            found.Add(MessageRules.EnvelopeSignedKey, $"The private key comes as {Oids.NameOf(content.ContentType)}.", where, around);
        if (holds == EnvelopedContent.SentKey && content.ContentType != Oids.EncKeyWithId)
            found.Add(MessageRules.EnvelopeKeyWithId, $"The private key is sent as {Oids.NameOf(content.ContentType)}.", where, around);
        if (content.ContentEncryptionAlgorithm.Oid is not (Oids.Aes128Cbc or Oids.Aes192Cbc or Oids.Aes256Cbc))
            found.Add(MessageRules.EnvelopeCipher, $"The content is encrypted by {content.ContentEncryptionAlgorithm}.", where, around);
    }

    private static string? WrapOf(RecipientInfo recipient)
    {
        try
        {
            return recipient switch
            {
                KeyAgreeRecipientInfo { KeyEncryptionAlgorithm.Parameters: { } wrap } => AlgorithmIdentifier.Decode(wrap).Oid,
                PasswordRecipientInfo password => password.KeyEncryptionAlgorithm.Oid,
                KemRecipientInfo kem => kem.Wrap.Oid,
                _ => null,
            };
        }
        catch (CmpException)
        {
            return null; // parameters of an agreement that is not known here
        }
    }

    private static int? AesBits(string oid) => oid switch
    {
        Oids.Aes128Cbc or Oids.Aes128Wrap => 128,
        Oids.Aes192Cbc or Oids.Aes192Wrap => 192,
        Oids.Aes256Cbc or Oids.Aes256Wrap => 256,
        _ => null,
    };
}
