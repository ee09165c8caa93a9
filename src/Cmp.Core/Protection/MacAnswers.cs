using System.Collections.Generic;
using Cmp.Cryptography;
using Cmp.Messages;
using Cmp.Messages.Asn1;
using Cmp.Messages.Pkix;
using Cmp.Messages.Rules;

namespace Cmp.Protection;

/// <summary>Verifies answers under the secret that we share with the server (rules 18, 20, 30 and 68).</summary>
/// <param name="trust">Whom we believe.</param>
/// <param name="secret">The secret.</param>
/// <param name="ours">How our own messages are protected.</param>
internal sealed class MacAnswers(TrustSettings trust, SharedSecret secret, ProtectionKind ours) : AnswerCheck(trust)
{
    /// <summary>Verifies one, over the octets that arrived.</summary>
    internal VerifiedAnswer Verify(PkiMessage answer, AlgorithmIdentifier algorithm)
    {
        CheckExpectedSender(answer, underMac: true);
        SharedSecretMac mac = SharedSecretMac.Read(algorithm, Trust.Limits, Trust.LenientPbmac1);
        if (mac.UsesSha1 && !Trust.AllowPbmSha1)
        {
            throw new CmpException(CmpErrorKind.Protection, "CmpProtection.Algorithm", $"The server protects by {mac}, which is not accepted here.")
            {
                RecommendedAction = "If the server can do no better, name its preset, such as OpenSslMock, or register it with -MacAlgorithm HMAC-SHA1.",
                Octets = answer.Encoded,
            };
        }
        if (mac.Verify(secret, answer.ProtectedPart, answer.Protection!.Value) is not { } right)
        {
            throw Invalid(
                "The MAC of the message is wrong: the server has another secret, or the message was changed on its way.",
                answer,
                "Check the reference (the user name of -Credential) and the secret with the CA's administrator.");
        }
        var warnings = new List<string>();
        if (right.Finding is { } finding)
            warnings.Add(finding);
        if (mac.Kind != ours && Trust.WarnOnMixedProtection)
            warnings.Add($"The server answers under {mac.Kind} where the request has {ours}; {MessageRules.ConversationProtection.Section} wants one kind for both.");
        return new VerifiedAnswer(mac.Kind, null, warnings);
    }
}
