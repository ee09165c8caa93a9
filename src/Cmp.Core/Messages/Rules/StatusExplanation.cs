using System;
using System.Collections.Generic;
using Cmp.Messages.Bodies;

namespace Cmp.Messages.Rules;

/// <summary>Says what the statuses of a message mean to the person who asked: findings with the server's own words, and with what can be done.</summary>
/// <remarks>RFC 9810 5.2.3. Nothing of it is verified: whoever sent the message said so.</remarks>
public static class StatusExplanation
{
    private static readonly (FailInfo Bit, string Meaning)[] Meanings =
    [
        (FailInfo.BadAlg, "an algorithm is not known or not accepted there"),
        (FailInfo.BadMessageCheck, "the protection of the message did not verify"),
        (FailInfo.BadRequest, "the request is not permitted or not supported there"),
        (FailInfo.BadTime, "the time of the message is too far from the server's"),
        (FailInfo.BadCertId, "no certificate there is the one that was named"),
        (FailInfo.BadDataFormat, "the message has not the form that the server expects"),
        (FailInfo.WrongAuthority, "the request is for another authority"),
        (FailInfo.IncorrectData, "what the requester says is not right"),
        (FailInfo.MissingTimeStamp, "the message does not say its time"),
        (FailInfo.BadPOP, "the proof of possession does not hold"),
        (FailInfo.CertRevoked, "the certificate is revoked already"),
        (FailInfo.CertConfirmed, "the certificate is confirmed already"),
        (FailInfo.WrongIntegrity, "the message is protected in another way than the server wants"),
        (FailInfo.BadRecipientNonce, "the message does not repeat the server's nonce"),
        (FailInfo.TimeNotAvailable, "the server does not know the time"),
        (FailInfo.UnacceptedPolicy, "the policy that is asked for is not the CA's"),
        (FailInfo.UnacceptedExtension, "an extension that is asked for is not granted"),
        (FailInfo.AddInfoNotAvailable, "what the request says besides is not understood, or not there"),
        (FailInfo.BadSenderNonce, "the nonce of the message is missing or too short"),
        (FailInfo.BadCertTemplate, "what is asked for lacks something, or is not granted"),
        (FailInfo.SignerNotTrusted, "who protects the message is unknown or not trusted"),
        (FailInfo.TransactionIdInUse, "the transactionID was used before"),
        (FailInfo.UnsupportedVersion, "the version of the message is not spoken there"),
        (FailInfo.NotAuthorized, "the sender may not ask for this"),
        (FailInfo.SystemUnavail, "the server cannot handle it now"),
        (FailInfo.SystemFailure, "the server failed"),
        (FailInfo.DuplicateCertReq, "a certificate was issued for the same request before"),
    ];

    /// <summary>Explains a message.</summary>
    /// <param name="answer">An answer; or a certConf, whose statuses are the client's.</param>
    /// <param name="request">The message that it answers, where it is at hand: what is advised depends on it.</param>
    /// <param name="limits">How much of the server's words is shown; <see langword="null"/> for the default.</param>
    /// <returns>One finding for each status that is more than acceptance; each at its place.</returns>
    public static IReadOnlyList<Finding> Explain(PkiMessage answer, PkiMessage? request = null, CmpLimits? limits = null)
    {
        var findings = new List<Finding>();
        var place = new FindingCollector(answer.Encoded, profile: false);
        switch (answer.Body)
        {
            case ErrorMsgContent error:
                Add(error.Status, null, error);
                break;
            case CertRepMessage rep:
                foreach (CertResponse response in rep.Responses)
                    Add(response.Status, rep.Responses.Count > 1 ? response.CertReqId : null, null);
                break;
            case RevRepContent rep:
                foreach (PkiStatusInfo status in rep.Statuses)
                    Add(status, null, null);
                break;
            case KeyRecRepContent krp:
                Add(krp.Status, null, null);
                break;
            case CertConfirmContent confirmation:
                foreach (CertStatus status in confirmation.Statuses)
                {
                    if (status.StatusInfo is { Status: PkiStatus.Rejection } refused)
                        findings.Add(new Finding(MessageRules.StatusRejection, Tell("The client refuses the certificate that was issued", refused, null), place.OffsetOf(refused.Encoded) ?? 0)
                        {
                            RecommendedAction = "See what the client writes: often it does not trust the CA that issued the certificate, or the certificate is not what was asked for.",
                        });
                }
                break;
            default:
                break; // no other body has a status of a server
        }
        return findings;

        void Add(PkiStatusInfo status, int? certReqId, ErrorMsgContent? error)
        {
            if (RuleOf(status.Status) is not { } rule || findings.Count >= 1000)
                return;
            var context = new RefusalContext(status, answer.Header, request) { CertReqId = certReqId, Error = error };
            string said = rule.Title.TrimEnd('.') + (certReqId is { } id ? $" (certReqId {id})" : string.Empty);
            findings.Add(new Finding(rule, Tell(said, status, error), place.OffsetOf(status.Encoded) ?? 0)
            {
                RecommendedAction = rule == MessageRules.StatusRejection ? RefusalAdvice.Of(context) : AdviceFor(status.Status),
            });
        }

        string Tell(string said, PkiStatusInfo status, ErrorMsgContent? error)
        {
            CmpLimits shown = limits ?? CmpLimits.Default;
            string words = PkiFreeText.Show(shown, status.StatusString, error?.ErrorDetails);
            string code = error?.ErrorCode is { } number ? $" Its errorCode is {number}." : string.Empty;
            return $"{said}{Reasons(status.FailInfo)}.{(words.Length > 0 ? $" It says: \"{words}\"." : string.Empty)}{code}{Doubt(answer, status)}";
        }
    }

    /// <summary>The reasons with their meanings, as in <c>: badPOP (the proof of possession does not hold)</c>.</summary>
    private static string Reasons(FailInfo? failInfo)
    {
        if (failInfo is not { } bits || bits == FailInfo.None)
            return string.Empty;
        var reasons = new List<string>();
        foreach (string name in FailInfoNames.Of(bits))
        {
            string? meaning = null;
            foreach ((FailInfo bit, string text) in Meanings)
            {
                if ((bits & bit) != 0 && FailInfoNames.Of(bit)[0] == name)
                    meaning = text;
            }
            reasons.Add(meaning is null ? name : $"{name} ({meaning})");
        }
        return ": " + string.Join(", ", reasons);
    }

    private static string Doubt(PkiMessage answer, PkiStatusInfo status) =>
        answer.Protection is null && status.Status == PkiStatus.Rejection && answer.Body is not CertConfirmContent ? " The message is not protected: anybody can have said it." : string.Empty;

    private static MessageRule? RuleOf(PkiStatus status) => status switch
    {
        PkiStatus.Rejection => MessageRules.StatusRejection,
        PkiStatus.Waiting => MessageRules.StatusWaiting,
        PkiStatus.GrantedWithMods => MessageRules.StatusGrantedWithMods,
        PkiStatus.RevocationWarning => MessageRules.StatusRevocationWarning,
        PkiStatus.RevocationNotification => MessageRules.StatusRevocationNotification,
        PkiStatus.KeyUpdateWarning => MessageRules.StatusKeyUpdateWarning,
        _ => null,
    };

    private static string? AdviceFor(PkiStatus status) => status switch
    {
        PkiStatus.Waiting => "It is asked again by pollReq; Wait-CmpTransaction takes up an enrolment that was left so.",
        PkiStatus.GrantedWithMods => "Compare the certificate with what was asked for.",
        PkiStatus.KeyUpdateWarning => "See which certificate came of the update before.",
        _ => null,
    };
}
