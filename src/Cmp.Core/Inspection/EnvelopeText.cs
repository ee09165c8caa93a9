using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Cms;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Inspection;

/// <summary>What shows of something encrypted without opening it: what it says it is, for whom and how it is encrypted.</summary>
internal static class EnvelopeText
{
    /// <summary>Of an EncryptedKey, whole.</summary>
    internal static string OfKey(ReadOnlyMemory<byte> encrypted) => PeerValue.Of(() =>
    {
        var key = EncryptedKey.Decode(encrypted);
        return key.EnvelopedData is { } enveloped ? Of(enveloped)
            : $"EncryptedValue by {NameOf(key.EncryptedValue!.SymmAlg)}, its key by {NameOf(key.EncryptedValue.KeyAlg)}";
    }) ?? "unreadable";

    /// <summary>Of an EnvelopedData, whole.</summary>
    internal static string Of(ReadOnlyMemory<byte> enveloped) => PeerValue.Of(() =>
    {
        var envelope = EnvelopedData.Decode(enveloped);
        EncryptedContentInfo content = envelope.EncryptedContentInfo;
        string recipients = envelope.RecipientInfos.Count == 1 ? Of(envelope.RecipientInfos[0]) : $"{envelope.RecipientInfos.Count} recipients";
        return $"{Oids.NameOf(content.ContentType)} by {NameOf(content.ContentEncryptionAlgorithm)}, for {recipients}";
    }) ?? "unreadable";

    private static string Of(RecipientInfo recipient) => recipient switch
    {
        KeyTransRecipientInfo transport => $"{Of(transport.Rid)} by {NameOf(transport.KeyEncryptionAlgorithm)}",
        KeyAgreeRecipientInfo agreement => $"{(agreement.RecipientEncryptedKeys.Count == 1 ? Of(agreement.RecipientEncryptedKeys[0].Rid) : $"{agreement.RecipientEncryptedKeys.Count} keys")} by {NameOf(agreement.KeyEncryptionAlgorithm)}",
        KemRecipientInfo kem => $"{Of(kem.Rid)} by {NameOf(kem.Kem)}",
        PasswordRecipientInfo => "a password",
        _ => "somebody in a way that is not known here",
    };

    private static string Of(RecipientIdentifier rid) => Of(rid.IssuerAndSerialNumber, rid.SubjectKeyIdentifier);

    private static string Of(KeyAgreeRecipientIdentifier rid) => Of(rid.IssuerAndSerialNumber, rid.SubjectKeyIdentifier);

    private static string Of(IssuerAndSerialNumber? named, ReadOnlyMemory<byte>? identifier) => named switch
    {
        { Issuer.IsEmpty: true } => $"request {Hex.Of(named.SerialNumber.Span)}",
        not null => $"certificate {Hex.Of(named.SerialNumber.Span)} of {named.Issuer}",
        null => $"key {PeerText.Escape(Hex.Of(identifier!.Value.Span), 128)}",
    };

    private static string NameOf(AlgorithmIdentifier? algorithm) => algorithm is null ? "nothing that is named" : Oids.NameOf(algorithm.Oid);
}
