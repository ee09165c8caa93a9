using System;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.Pkix;

namespace Cmp.Messages.Rules;

/// <summary>What a header says (RFC 9810 5.1.1 and 7, RFC 9483 3.1 and 3.5), but for its generalInfo.</summary>
internal static class HeaderRules
{
    private const int NonceLength = 16;

    /// <summary>attributeType commonName, and the tag of the string that follows.</summary>
    private static readonly byte[] CommonName = [6, 3, 0x55, 4, 3];

    internal static void CheckVersion(ref FindingCollector found, PkiMessage message)
    {
        int pvno = message.Header.Pvno;
        if (pvno == 2 && !message.Body.NeedsPvno3)
            return;
        ReadOnlyMemory<byte> where = FirstIn(message.Header.Encoded);
        if (pvno is < 1 or > 3)
            found.Add(MessageRules.HeaderPvno, $"pvno is {pvno}.", where);
        else if (pvno == 1)
            found.Add(MessageRules.HeaderPvnoProfile, "pvno is 1 (cmp1999).", where);
        if (pvno == 1 && message.Body.Type is PkiBodyType.CertConf or PkiBodyType.PollReq or PkiBodyType.PollRep)
            found.Add(MessageRules.BodyCmp1999, $"pvno is 1, and the body a {PkiBodyTypeNames.Of(message.Body.Type)}.", message.Body.Encoded);
        if (pvno is 1 or 2 && message.Body.NeedsPvno3 && message.Body is not NestedMessageContent)
        {
            if (message.Body is CertReqMessages requests && !HasCmp2021Syntax(requests))
                found.Add(MessageRules.HeaderPvnoCentralKey, $"The CA is asked to make a key, and pvno is {pvno}.", where);
            else
                found.Add(MessageRules.HeaderPvnoTooLow, $"The body holds what only cmp2021 has, and pvno is {pvno}.", where);
        }
        if (pvno == 3 && message.Body.Type.Begins() && !NeedsPvno3(message))
            found.Add(MessageRules.HeaderPvnoTooHigh, "pvno is 3, and nothing in the request needs that; a server before cmp2021 refuses it.", where);
    }

    internal static void Check(ref FindingCollector found, PkiMessage message)
    {
        CheckSender(ref found, message);
        PkiHeader header = message.Header;
        PkiBodyType body = message.Body.Type;
        if (body.IsAnnouncement())
            return;
        // of what did not decode at the server nothing can be repeated
        bool isLostError = body == PkiBodyType.Error && header.TransactionId is null;
        if (header.TransactionId is not { } id)
        {
            if (header.Pvno > 1 && (body is PkiBodyType.CertConf or PkiBodyType.Pkiconf or PkiBodyType.PollReq or PkiBodyType.PollRep or PkiBodyType.Popdecc or PkiBodyType.Popdecr
                || header.FindInfo(Oids.KemCiphertextInfo) is not null))
            {
                found.Add(MessageRules.HeaderTransactionIdNeeded, $"A {PkiBodyTypeNames.Of(body)} has no transactionID.", header.Encoded);
            }
            else if (!isLostError)
            {
                found.Add(MessageRules.HeaderTransactionId, "There is no transactionID.", header.Encoded);
            }
        }
        else if (id.Length != NonceLength)
        {
            found.Add(MessageRules.HeaderTransactionIdLength, $"The transactionID has {id.Length * 8} bits.", id, header.Encoded);
        }
        if (header.SenderNonce is not { } nonce)
            found.Add(MessageRules.HeaderSenderNonce, "There is no senderNonce.", header.Encoded);
        else if (nonce.Length < NonceLength)
            found.Add(MessageRules.HeaderSenderNonce, $"The senderNonce has {nonce.Length * 8} bits only.", nonce, header.Encoded);
        else if (header.RecipNonce is { } repeated && repeated.Span.SequenceEqual(nonce.Span))
            found.Add(MessageRules.HeaderSenderNonceFresh, "The senderNonce repeats the recipNonce.", nonce, header.Encoded);
        if (body == PkiBodyType.Nested)
            return;
        if (!body.Begins() && header.RecipNonce is null && !isLostError)
            found.Add(MessageRules.HeaderRecipNonce, "There is no recipNonce.", header.Encoded);
        // what follows a ciphertext, or brings one that was asked for, is not the first message
        else if (body.Begins() && header.RecipNonce is { } recipNonce && header.ProtectionAlg?.Oid != Oids.KemBasedMac && header.FindInfo(Oids.KemCiphertextInfo) is null)
            found.Add(MessageRules.HeaderRecipNonceFirst, "The first message of a transaction has a recipNonce.", recipNonce, header.Encoded);
    }

    /// <summary>The first value within a structure.</summary>
    internal static ReadOnlyMemory<byte> FirstIn(ReadOnlyMemory<byte> structure) =>
        Tlv.TryMeasure(structure.Span, out int header, out _) ? structure.Slice(header) : structure;

    private static void CheckSender(ref FindingCollector found, PkiMessage message)
    {
        PkiHeader header = message.Header;
        ProtectionFamily family = ProtectionFamilies.Of(header.ProtectionAlg);
        if (family == ProtectionFamily.None || header.Pvno < 2)
            return;
        GeneralName sender = header.Sender;
        if (sender.Type != GeneralNameType.DirectoryName && family != ProtectionFamily.SharedSecret)
            found.Add(MessageRules.HeaderSenderForm, $"The sender is a name of the form {sender.Type}, not a directoryName.", sender.Encoded, header.Encoded);
        if (header.SenderKid is null && sender.IsNullDn)
        {
            found.Add(MessageRules.HeaderNullSender, "The sender has neither a name nor a senderKID: nothing says which key or secret protects.", sender.Encoded, header.Encoded);
            return;
        }
        if (family == ProtectionFamily.SharedSecret && found.IsProfile && message.Body.Type.IsOfClient())
        {
            if (!IsOneReference(header))
                found.Add(MessageRules.HeaderSenderReference, $"The sender is {sender}, and senderKID {Show(header.SenderKid)}: they are not one reference.", sender.Encoded, header.Encoded);
            return;
        }
        if (header.SenderKid is not null)
            return;
        if (family == ProtectionFamily.Signature && found.IsProfile && message.ExtraCerts.Count > 0 && HasKeyIdentifier(message.ExtraCerts[0]))
            found.Add(MessageRules.HeaderSenderKidSigner, "There is no senderKID, and the certificate that signs has a subject key identifier.", header.Encoded);
        else
            found.Add(MessageRules.HeaderSenderKid, "There is no senderKID.", header.Encoded);
    }

    /// <summary>Whether the common name is a reference; where it lies as it should the name is not taken apart for that.</summary>
    private static bool HasCommonName(Name name, ReadOnlySpan<byte> reference)
    {
        if (reference.IsEmpty)
            return false;
        ReadOnlySpan<byte> octets = name.Encoded.Span;
        int at = octets.LastIndexOf(reference);
        int type = at - 2 - CommonName.Length;
        if (type >= 0 && octets[at - 1] == reference.Length && octets.Slice(type, CommonName.Length).SequenceEqual(CommonName))
            return true;
        try
        {
            return name.CommonName() is { } text && System.Text.Encoding.UTF8.GetBytes(text).AsSpan().SequenceEqual(reference);
        }
        catch (CmpException)
        {
            return false; // a name that does not decode names nobody
        }
    }

    private static bool HasKeyIdentifier(Certificate certificate)
    {
        try
        {
            return certificate.SubjectKeyIdentifier is not null;
        }
        catch (CmpException)
        {
            return false; // what is wrong with it is told where certificates are
        }
    }

    private static bool HasCmp2021Syntax(CertReqMessages requests)
    {
        foreach (CertReqMsg request in requests.Requests)
        {
            if (request.HasCmp2021Syntax)
                return true;
        }
        return false;
    }

    /// <summary>Whether a request needs pvno 3, for itself or for the answer that it asks for.</summary>
    private static bool NeedsPvno3(PkiMessage message)
    {
        if (message.Body.NeedsPvno3 || message.Body.Type == PkiBodyType.Krr || message.Header.FindInfo(Oids.KemCiphertextInfo) is not null || message.Header.ProtectionAlg?.Oid == Oids.KemBasedMac)
            return true;
        switch (message.Body)
        {
            case CertReqMessages requests:
                foreach (CertReqMsg request in requests.Requests)
                {
                    // an encrypted certificate, or a challenge, may come in an EnvelopedData
                    if (request.Popo is PopoPrivKey || request.CertReq.FindControl(Oids.ProtocolEncrKey) is not null)
                        return true;
                }
                return false;
            case GenMsgContent general:
                foreach (InfoTypeAndValue item in general.Items)
                {
                    if (item.InfoType is Oids.KemCiphertextInfo or Oids.RevPassphrase)
                        return true;
                }
                return false;
            default:
                return false;
        }
    }

    /// <summary>Whether sender and senderKID are the same reference of a shared secret (RFC 9483 4.1.5).</summary>
    internal static bool IsOneReference(PkiHeader header) => header.SenderKid is { } reference && header.Sender.DirectoryName is { } name && HasCommonName(name, reference.Span);

    /// <summary>A reference as text where it is one, else as digits.</summary>
    internal static string Show(ReadOnlyMemory<byte>? kid)
    {
        if (kid is not { Length: > 0 } octets)
            return "is absent";
        foreach (byte octet in octets.Span)
        {
            if (octet is < 0x20 or > 0x7E)
                return octets.Length > 64 ? Hex.Of(octets.Span.Slice(0, 64)) + "…" : Hex.Of(octets.Span);
        }
        return $"'{PeerText.Escape(System.Text.Encoding.ASCII.GetString(octets.ToArray()), 64)}'";
    }
}
