using System;
using System.Collections.Generic;
using Cmp.Messages.Asn1;
using Cmp.Messages.Bodies;
using Cmp.Messages.Crmf;

namespace Cmp.Messages.Rules;

/// <summary>
/// Holds messages against the rules of <see cref="MessageRules"/>, as far as one message tells by itself and without cryptography. Pure and fast: a
/// message that is as it should be costs next to nothing. <see cref="ConversationChecker"/> looks at several.
/// </summary>
/// <remarks>RFC 9810 5.1 to 5.3, C and D, RFC 4211, and for the profile RFC 9483 3 and 4.</remarks>
public static class RuleChecker
{
    /// <summary>Checks a message. What was met while it was read is not in it: see <see cref="DecodeOptions.Findings"/>.</summary>
    /// <param name="message">A message that was read: places are told of its own octets only.</param>
    /// <param name="profile">Whether what only RFC 9483 asks for is looked for too.</param>
    /// <returns>What departs from the rules, or is worth a word: header, protection, extraCerts, then body; empty as a rule.</returns>
    public static IReadOnlyList<Finding> Check(PkiMessage message, bool profile)
    {
        var found = new FindingCollector(message.Encoded, profile);
        Check(ref found, message);
        return found.Findings;
    }

    /// <summary>Checks what an answer is by itself, and whether it answers a request. Of longer conversations see <see cref="ConversationChecker"/>.</summary>
    /// <param name="request">The message before.</param>
    /// <param name="response">The answer.</param>
    /// <param name="profile">Whether what only RFC 9483 asks for is looked for too.</param>
    /// <returns>What is to be said of the answer.</returns>
    public static IReadOnlyList<Finding> CheckPair(PkiMessage request, PkiMessage response, bool profile)
    {
        var conversation = new ConversationChecker(profile);
        conversation.Add(request);
        return [.. Check(response, profile), .. conversation.Add(response)];
    }

    /// <summary>Checks a whole conversation in its order: how its messages follow each other, not what each is by itself.</summary>
    /// <param name="messages">All messages of one transaction.</param>
    /// <param name="profile">Whether what only RFC 9483 asks for is looked for too.</param>
    /// <returns>One list for each message; what is missing at the end stands with the last.</returns>
    public static IReadOnlyList<IReadOnlyList<Finding>> CheckConversation(IEnumerable<PkiMessage> messages, bool profile)
    {
        var conversation = new ConversationChecker(profile);
        var findings = new List<IReadOnlyList<Finding>>();
        foreach (PkiMessage message in messages)
            findings.Add(conversation.Add(message));
        if (findings.Count > 0)
            findings[findings.Count - 1] = [.. findings[findings.Count - 1], .. conversation.End()];
        return findings;
    }

    /// <summary>Checks a message, or one within another: nested messages are as deep as the decoder lets them be.</summary>
    private static void Check(ref FindingCollector found, PkiMessage message)
    {
        bool profile = found.IsProfile;
        HeaderRules.CheckVersion(ref found, message);
        // cmp1999 is another protocol, of which RFC 9483 has nothing to say
        if (message.Header.Pvno < 2)
            found.IsProfile = false;
        HeaderRules.Check(ref found, message);
        GeneralInfoRules.Check(ref found, message);
        ProtectionRules.Check(ref found, message);
        switch (message.Body)
        {
            case CertReqMessages requests:
                RequestRules.Check(ref found, requests, message);
                break;
            case P10crBody pkcs10:
                RequestRules.Check(ref found, pkcs10);
                break;
            case CertRepMessage rep:
                ResponseRules.Check(ref found, rep, message);
                break;
            case KeyRecRepContent krp:
                ResponseRules.Check(ref found, krp);
                break;
            case CertConfirmContent confirmation:
                ConfirmationRules.Check(ref found, confirmation);
                break;
            case ErrorMsgContent error:
                ConfirmationRules.Check(ref found, error);
                break;
            case PollReqContent poll:
                ConfirmationRules.Check(ref found, poll);
                break;
            case PollRepContent poll:
                ConfirmationRules.Check(ref found, poll);
                break;
            case RevReqContent revocation:
                RevocationRules.Check(ref found, revocation, message);
                break;
            case RevRepContent rep:
                RevocationRules.Check(ref found, rep);
                break;
            case RevAnnContent announcement:
                RevocationRules.Check(ref found, announcement);
                break;
            case GenMsgContent general:
                GeneralRules.Check(ref found, general.Items, general, message.Header.Pvno, isAnswer: false);
                break;
            case GenRepContent general:
                GeneralRules.Check(ref found, general.Items, general, message.Header.Pvno, isAnswer: true);
                break;
            case PopoDecKeyChallContent challenges:
                ChallengeRules.Check(ref found, challenges, message.Header);
                break;
            case PopoDecKeyRespContent response:
                ChallengeRules.Check(ref found, response);
                break;
            case NestedMessageContent nested:
                CheckNested(ref found, nested, message);
                break;
            case RawBody unknown:
                found.Add(MessageRules.BodyUnknown, $"The body has the tag {(int)unknown.Type}, which no version of CMP knows.", unknown.Encoded);
                break;
            case PkiConfirmContent or CaKeyUpdContent or CertAnnContent or CrlAnnContent:
                break; // nothing in them can be told wrong without cryptography, but what the decoder tells
            default:
                throw new InvalidOperationException($"There are no rules for {message.Body}.");
        }
        found.IsProfile = profile;
    }

    /// <summary>RFC 9483 5.2.2: a signature around one message of the same transaction, or a batch with a transactionID of its own.</summary>
    private static void CheckNested(ref FindingCollector found, NestedMessageContent nested, PkiMessage message)
    {
        PkiHeader header = message.Header;
        if (ProtectionFamilies.Of(header.ProtectionAlg) == ProtectionFamily.SharedSecret)
            found.Add(MessageRules.NestedProtection, $"The nested message is protected by {header.ProtectionAlg}, not by a signature.", nested.Encoded);
        if (found.IsProfile)
        {
            bool repeats = false;
            foreach (PkiMessage inner in nested.Messages)
                repeats |= IsSame(inner.Header.TransactionId, header.TransactionId);
            if (repeats && nested.Messages.Count > 1)
                found.Add(MessageRules.NestedTransactionId, "The nested message has the transactionID of one of those that it carries.", header.TransactionId!.Value, header.Encoded);
            else if (repeats && !IsSame(nested.Messages[0].Header.SenderNonce, header.SenderNonce))
                found.Add(MessageRules.NestedNonce, "The nested message has the transactionID of the one that it carries, and another senderNonce.", header.SenderNonce ?? default, header.Encoded);
        }
        foreach (PkiMessage inner in nested.Messages)
            Check(ref found, inner);
    }

    private static bool IsSame(ReadOnlyMemory<byte>? left, ReadOnlyMemory<byte>? right) => left is { } mine && right is { } theirs && mine.Span.SequenceEqual(theirs.Span);
}
