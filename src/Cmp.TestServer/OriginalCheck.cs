using System;
using System.Collections.Generic;
using System.Linq;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;
using Cmp.Messages.InfoTypes;
using Cmp.Messages.Rules;
using Cmp.Possession;

namespace Cmp.TestServer;

/// <summary>
/// Looks at what a registration authority received before it made a message of its own (origPKIMessage, RFC 9810 5.1.1.3): it is of the same transaction, and
/// where raVerified stands in place of a proof, the proof is there, and right (RFC 9810 5.2.8.1).
/// </summary>
internal static class OriginalCheck
{
    /// <summary>Checks the originals that come with a message, where there are any.</summary>
    /// <exception cref="RefusalException">notAuthorized: from who is no registration authority; badDataFormat; badRequest: of another transaction; badPOP.</exception>
    /// <exception cref="CmpException"><c>CmpMessage.Malformed</c>.</exception>
    internal static void Check(PkiMessage request, Requester requester, DecodeOptions decode)
    {
        if (request.Header.FindInfo(Oids.OrigPkiMessage) is not { } item)
            return;
        if (!requester.IsRegistrationAuthority)
            throw new RefusalException(FailInfo.NotAuthorized, "Only a registration authority has originals to show.");
        IReadOnlyList<PkiMessage> originals = InfoTypes.ReadOrigPkiMessage(item, decode);
        if (originals.Count > (request.Body is NestedMessageContent nested ? nested.Messages.Count : 1))
            throw new RefusalException(MessageRules.OrigPkiMessageCount);
        if (request.Body is NestedMessageContent)
            return; // what is of which message its order tells, and each message within shows its own
        PkiHeader original = originals[0].Header;
        if (!IsSame(original.TransactionId, request.Header.TransactionId) || !IsSame(original.SenderNonce, request.Header.SenderNonce))
            throw new RefusalException(FailInfo.BadRequest, "The origPKIMessage is of another transaction, or another message of it (RFC 9483 5.2.3).");
        if (request.Body is CertReqMessages made && originals[0].Body is CertReqMessages asked)
            CheckProofs(made, asked, original);
    }

    private static void CheckProofs(CertReqMessages made, CertReqMessages asked, PkiHeader original)
    {
        foreach (CertReqMsg request in made.Requests.Where(request => request.Popo is RaVerified))
        {
            if (asked.Requests.FirstOrDefault(other => other.CertReq.CertReqId == request.CertReq.CertReqId) is not { } before
                || before.CertReq.CertTemplate.PublicKey is not { } key || request.CertReq.CertTemplate.PublicKey?.IsSameAs(key) != true)
            {
                throw new RefusalException(FailInfo.BadPOP, "The origPKIMessage asks for another key.");
            }
            if (before.Popo is not PopoSigningKey proof)
                continue;
            if (!SignatureProof.Verify(before.CertReq, proof))
                throw new RefusalException(MessageRules.PopDoesNotVerify, "The proof of possession in the origPKIMessage is wrong.");
            if (proof.PoposkInput?.Sender is { } sender && !sender.IsSameAs(original.Sender))
                throw new RefusalException(MessageRules.PopInputSender, "The sender in poposkInput of the origPKIMessage is another one than its sender.");
        }
    }

    private static bool IsSame(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) => left is { } mine && right is { } theirs && mine.Span.SequenceEqual(theirs.Span);
}
